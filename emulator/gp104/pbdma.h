/* SPDX-License-Identifier: MIT */
/*
 * pbdma.h - between pfifo.c, which decides who runs, and pbdma.c, which runs it.
 */
#ifndef PBDMA_H
#define PBDMA_H

#include "pfifo.h"

/* NV_PPBDMA_INTR_0 and _1 (nouveau gk104_runq_intr_0_names, gk104_runq_intr_1_names). */
#define PBDMA_INTR0_GPPTR	BIT(14)
#define PBDMA_INTR0_GPENTRY	BIT(15)
#define PBDMA_INTR0_PBENTRY	BIT(18)
#define PBDMA_INTR0_METHOD	BIT(21)
#define PBDMA_INTR0_DEVICE	BIT(23)
#define PBDMA_INTR0_SEMAPHORE	BIT(25)
#define PBDMA_INTR0_ACQUIRE	BIT(26)
#define PBDMA_INTR0_SIGNATURE	BIT(31)

/* Why pbdma_run() came back. */
enum pbdma_result {
	PBDMA_MORE,	/* the budget is used up */
	PBDMA_EMPTY,	/* GP_GET has reached GP_PUT */
	PBDMA_BLOCKED,	/* a semaphore has not the value yet; memory must be looked at again */
	PBDMA_BUSY,	/* an engine does not take more now, or is waited for */
	PBDMA_STALLED,	/* an interrupt of this PBDMA waits for the driver */
	PBDMA_YIELD,	/* gave up the rest of its time */
	PBDMA_DEAD,	/* the channel faulted */
};

/* Read the channel's RAMFC / write back what a driver or a later bind reads. */
struct pbdma_state *pbdma_load(struct gp104 *g, struct fifo_chan *chan);
void pbdma_save(struct gp104 *g, struct fifo_chan *chan);
void pbdma_gone(struct gp104 *g, struct fifo_chan *chan);

/* Anything to do? Looks at USERD when chan->poll is set. */
bool pbdma_has_work(struct gp104 *g, struct fifo_chan *chan);
/* Does it wait for a semaphore? Then when to look again, in ns. */
bool pbdma_blocked(const struct fifo_chan *chan, int64_t *delay);

/* Run @chan on PBDMA @n for up to *budget methods. */
enum pbdma_result pbdma_run(struct gp104 *g, struct fifo_chan *chan, unsigned int n,
			    unsigned int *budget);

bool pbdma_stalled(const struct gp104 *g, unsigned int n);
/* Bit per PBDMA with an enabled interrupt (0x25a0). */
uint32_t pbdma_pending(const struct gp104 *g);
void pbdma_reset(struct gp104 *g);
/* A semaphore may have changed: look again at once. */
void pbdma_poke(struct fifo_chan *chan);

/* pfifo.c, for pbdma.c. */
enum fifo_result pfifo_engine_method(struct gp104 *g, struct fifo_chan *chan, unsigned int subc,
				     uint32_t mthd, uint32_t data);
bool pfifo_chan_idle(struct gp104 *g, struct fifo_chan *chan);
/* What the channel on PBDMA @n is, or NULL. */
struct fifo_chan *pfifo_pbdma_chan(struct gp104 *g, unsigned int n);

extern const struct unit pbdma_unit;

#endif
