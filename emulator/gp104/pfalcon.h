/* SPDX-License-Identifier: MIT */
/*
 * pfalcon.h - the falcon microcontrollers: memories, ports, interrupts, start and reset.
 *
 * The processor itself is not emulated: what a signed image does once it runs is done by its owner
 * (pmu.c, sec2.c, fecs.c) in started(). pfalcon.c owns base + 0x000..0x3ff of every falcon;
 * 0x409400.. and 0x41a400.. belong to pgraph, the rest of PMU, SEC2 and NVDEC to their own files.
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

#define FALCON_PAGE	256	/* of IMEM: each has a tag and a secure bit */
#define FALCON_PORTS	8

struct falcon_page {
	uint16_t tag;		/* virtual page number */
	bool valid, secure;
};

struct falcon {
	const char *name;
	uint32_t base;
	int intr_bit;			/* enum pmc_intr_bit, -1: through its engine */
	unsigned int enable_bit;	/* enum pmc_enable_bit */
	uint32_t imem_size, dmem_size, emem_size;
	uint8_t *imem, *dmem, *emem;
	struct falcon_page *page;	/* of IMEM, imem_size / FALCON_PAGE */
	bool running;			/* started and not halted */
	bool ls_loaded;			/* ACR has put a verified image into it */
	uint32_t bootvec, mailbox[2];
	uint32_t irqstat, irqmask, irqdest;
	uint32_t inst;			/* bound instance block: NXTCTX */
	unsigned int ctx_state;		/* of the binding, in 0x0dc */
	uint32_t imemc[FALCON_PORTS], dmemc[FALCON_PORTS], ememc[FALCON_PORTS];
	uint16_t imemt[FALCON_PORTS];

	/* The owner's part; each may be NULL. Lock held, any thread. */
	void (*started)(struct gp104 *g, struct falcon *f);	/* CPUCTL.STARTCPU at bootvec */
	void (*reset)(struct gp104 *g, struct falcon *f);	/* engine reset */
};

/* Good from pfalcon's init on (before the engines' in units.c); owners set their callbacks in init. */
struct falcon *falcon_get(struct gp104 *g, enum falcon_id id);
struct falcon *falcon_at(struct gp104 *g, uint32_t addr);

/* For owners. */
void falcon_raise(struct gp104 *g, struct falcon *f, uint32_t irqstat);	/* set IRQSTAT bits */
/* What a program does with IRQMSET and IRQDEST: these interrupts go to the host. */
void falcon_route_host(struct gp104 *g, struct falcon *f, uint32_t irqs);
void falcon_halt(struct gp104 *g, struct falcon *f);	/* the program stopped by itself */
void falcon_reset(struct gp104 *g, struct falcon *f);
void falcon_bind(struct gp104 *g, struct falcon *f, uint32_t inst);	/* write of NXTCTX */
/* The IMEM page that a virtual code address is in, or NULL. */
uint8_t *falcon_code(struct falcon *f, uint32_t vaddr);
/* Rows for an EMEM window at base + 0xac0, and for TRANSCFG: used by sec2.c. */
uint32_t falcon_ememc_read(struct gp104 *g, uint32_t addr);
void falcon_ememc_write(struct gp104 *g, uint32_t addr, uint32_t val);
uint32_t falcon_ememd_read(struct gp104 *g, uint32_t addr);
void falcon_ememd_write(struct gp104 *g, uint32_t addr, uint32_t val);

extern const struct unit pfalcon_unit;

#endif
