/* SPDX-License-Identifier: MIT */
/*
 * pfifo.h - the host: channels, runlists, PBDMAs, and the engines behind them.
 *
 * A runlist is a list of channel groups (TSGs) that share engines. PFIFO picks a group, its
 * channels' PBDMA fetches the push buffers and hands each method to the engine of the method's
 * subchannel. Engines register themselves; they know channels, not runlists.
 */
#ifndef PFIFO_H
#define PFIFO_H

#include "gp104.h"
#include "pmmu.h"

/*
 * The channels of this board, NV_PFIFO 0x2008. GP10x can have 4096; the count differs between
 * boards and drivers ask for it (nouveau gm200_fifo_chid_nr).
 */
#define FIFO_CHANNELS	512
#define FIFO_PBDMAS	4	/* two for the graphics runlist, one for each other */

/* The engines that take methods; the numbers are ptop_engines[].engine. */
enum fifo_engine_id {
	FIFO_ENG_GR = 0,
	FIFO_ENG_CE0 = 1,
	FIFO_ENG_CE1 = 2,
	FIFO_ENG_CE2 = 3,	/* graphics runlist, runqueue 0 (nouveau uchan.c: */
	FIFO_ENG_CE3 = 4,	/* "each runqueue has its own LCE"), runqueue 1 */
	FIFO_ENGINES
};

enum fifo_result {
	FIFO_DONE,	/* taken; next method, please */
	FIFO_BUSY,	/* not now: the same method again in a later slice; gp104_kick() */
	FIFO_ERROR,	/* the channel stops here until the driver has recovered it */
};

/* A channel that is bound to an instance block. Lives from bind to unbind. */
struct fifo_chan {
	unsigned int id;
	int tsg;			/* group that it was last listed in, -1 = none */
	unsigned int runlist, runq;
	struct mmu_ctx mmu;		/* read from the instance block when the group is loaded */
	bool enabled;
	bool pbdma_faulted, eng_faulted;
	bool listed;			/* in a runlist */
	bool poll;			/* USERD may have a new GP_PUT */
	bool priv;			/* HCE privilege (RAMFC 0xe4) */
	void *engine[FIFO_ENGINES];	/* whatever the engines keep for this channel */
	struct pbdma_state *pb;		/* pbdma.c */
};

/*
 * All calls come with the lock held, from pfifo's run() except where noted; none may wait.
 */
struct fifo_engine {
	const char *name;
	/* One method. @subc 0-7, @mthd a byte offset, 0x0000 = SET_OBJECT. */
	enum fifo_result (*method)(struct gp104 *g, struct fifo_chan *chan, unsigned int subc,
				   uint32_t mthd, uint32_t data);
	/* Is all that @chan submitted done and visible? Host's wait-for-idle asks. */
	bool (*idle)(struct gp104 *g, struct fifo_chan *chan);
	/*
	 * Context switch: the channel gets the engine, before its first method there. It keeps it
	 * until a channel of another group wants it, or its own group is preempted. May be NULL.
	 */
	void (*load)(struct gp104 *g, struct fifo_chan *chan);
	/*
	 * The group loses the engine: stop and save. False: not possible now (work that cannot be
	 * preempted, a replayable fault that waits); asked again in later slices. May be NULL.
	 */
	bool (*unload)(struct gp104 *g, struct fifo_chan *chan);
	/* The channel was unbound: free chan->engine[...], drop its work. May be NULL. */
	void (*gone)(struct gp104 *g, struct fifo_chan *chan);
};
void pfifo_set_engine(struct gp104 *g, enum fifo_engine_id id, const struct fifo_engine *ops);
/*
 * The engine was put into reset (PMC_ENABLE): whoever was on it is off, without a save. The
 * engine's own unit calls this from its pmc_add_reset() function.
 */
void pfifo_engine_reset(struct gp104 *g, enum fifo_engine_id id);

/* The channel whose context is on the engine, or NULL (any thread, lock held). */
struct fifo_chan *pfifo_engine_chan(struct gp104 *g, enum fifo_engine_id id);
/* A fatal fault, or the driver (0x2a30), has stopped the engine: no accesses until it is reset. */
bool pfifo_engine_faulted(struct gp104 *g, enum fifo_engine_id id);
/* NULL when the id is not bound. */
struct fifo_chan *pfifo_chan(struct gp104 *g, unsigned int id);
/* The channel of an instance block, or NULL. */
struct fifo_chan *pfifo_chan_of_inst(struct gp104 *g, enum aperture aper, uint64_t inst);

/*
 * pmmu's: a fatal MMU fault of this unit in this address space has been posted. Stops its channel
 * (eng_faulted or pbdma_faulted), and its runlist until the driver clears 0x262c.
 */
void pfifo_mmu_fault(struct gp104 *g, const struct mmu_client *client, const struct mmu_ctx *ctx);
/* pfault's: is this the address space of a channel that is on a PBDMA or an engine? */
bool pfifo_pdb_loaded(struct gp104 *g, enum aperture aper, uint64_t pdb);
/* pfault's: the graphics engine tries again; waiting for faults is not its own slowness. */
void pfifo_replayed(struct gp104 *g);
/* Interrupt lines into NV_PFIFO_INTR (0x2100), for pfault. */
#define PFIFO_INTR_BIND		BIT(0)
#define PFIFO_INTR_SCHED	BIT(8)
#define PFIFO_INTR_CHSW		BIT(16)
#define PFIFO_INTR_FB_FLUSH	BIT(23)
#define PFIFO_INTR_LB		BIT(24)
#define PFIFO_INTR_DROPPED	BIT(27)
#define PFIFO_INTR_MMU_FAULT	BIT(28)
#define PFIFO_INTR_PBDMA	BIT(29)
#define PFIFO_INTR_RUNLIST	BIT(30)
#define PFIFO_INTR_NONSTALL	BIT(31)
void pfifo_intr(struct gp104 *g, uint32_t bits);	/* set bits */
void pfifo_update_intr(struct gp104 *g);		/* an input's level may have changed */

/* pmmu's: the guest wrote [off, off + len) of BAR1; host watches the USERDs there (0x2254). */
void pfifo_bar1_written(struct gp104 *g, uint64_t off, uint32_t len);

/* Somebody wrote a semaphore: channels that wait for one look again. */
void pfifo_poke(struct gp104 *g);

/* A release as host and engines do it: 4 bytes, or 16 with the timer's time. */
enum mmu_result pfifo_sem_release(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
				  uint32_t payload, bool four_words,
				  const struct mmu_client *client);

/* A semaphore reduction: the word becomes op(word, arg). Ops of clc06f.h and clc0b5.h, below this. */
#define FIFO_REDUCTIONS	8
enum mmu_result pfifo_sem_reduce(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
				 unsigned int op, bool is_unsigned, uint32_t arg,
				 const struct mmu_client *client);

extern const struct unit pfifo_unit;

#endif
