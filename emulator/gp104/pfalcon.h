/* SPDX-License-Identifier: MIT */
/*
 * pfalcon.h - the falcon microcontrollers: memories, ports, interrupts, start and reset.
 *
 * The processor itself is not emulated: what a signed image does once it runs is done by its owner
 * (pmu.c, sec2.c, fecs.c) in started(). pfalcon.c owns base + 0x000..0x3ff of every falcon, and for
 * PMU, SEC2 and NVDEC the rest of their registers too; 0x409400.. and 0x41a400.. belong to pgraph.
 */
#ifndef PFALCON_H
#define PFALCON_H

#include "gp104.h"

enum falcon_id {
	FALCON_PMU,
	FALCON_SEC2,
	FALCON_NVDEC,
	FALCON_FECS,
	FALCON_GPCCS,
	FALCON_COUNT
};

/* IRQSTAT bits (nouveau gp102_sec2_intr, gt215_pmu_intr; rnndb/falcon.xml). */
#define FALCON_IRQ_WATCHDOG	BIT(1)
#define FALCON_IRQ_MTHD		BIT(2)
#define FALCON_IRQ_CTXSW	BIT(3)
#define FALCON_IRQ_HALT		BIT(4)
#define FALCON_IRQ_SWGEN0	BIT(6)
#define FALCON_IRQ_SWGEN1	BIT(7)

struct falcon {
	const char *name;
	uint32_t base;
	unsigned int intr_bit;		/* enum pmc_intr_bit */
	int enable_bit;			/* enum pmc_enable_bit, -1: reset with its engine */
	uint32_t imem_size, dmem_size, emem_size;
	uint8_t *imem, *dmem, *emem;
	bool running;			/* started and not halted */
	bool ls_loaded;			/* ACR has put a verified image into it */
	uint32_t bootvec, mailbox[2];
	uint32_t irqstat, irqmask, irqdest;

	/* The owner's part; each may be NULL. Lock held, any thread. */
	void (*started)(struct gp104 *g, struct falcon *f);	/* CPUCTL.STARTCPU at bootvec */
	void (*halted)(struct gp104 *g, struct falcon *f);
	void (*reset)(struct gp104 *g, struct falcon *f);	/* engine reset */
	void (*irq)(struct gp104 *g, struct falcon *f, bool level); /* NULL: pmc_intr(intr_bit) */
};

/* Good from pfalcon's init on (before the engines' in units.c); owners set their callbacks in init. */
struct falcon *falcon_get(struct gp104 *g, enum falcon_id id);
struct falcon *falcon_at(struct gp104 *g, uint32_t addr);

/* For owners. */
void falcon_raise(struct gp104 *g, struct falcon *f, uint32_t irqstat);	/* set IRQSTAT bits */
void falcon_halt(struct gp104 *g, struct falcon *f);	/* the program executed 'exit' */
void falcon_reset(struct gp104 *g, struct falcon *f);

/*
 * ACR's bootstrap: take @f's image from the write-protected region into its memories, so that a
 * following start runs it. 0 or the error code that the firmware would answer.
 */
uint32_t falcon_bootstrap(struct gp104 *g, struct falcon *f, uint32_t lsf_id);

extern const struct unit pfalcon_unit;

#endif
