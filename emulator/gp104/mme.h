/* SPDX-License-Identifier: MIT */
/*
 * mme.h - the macro method expander: small programs, uploaded by the driver, that turn one method
 * into many.
 */
#ifndef MME_H
#define MME_H

#include <stdbool.h>
#include <stdint.h>

#define MME_CODE_WORDS	0x800
#define MME_MACROS	256
#define MME_REGS	8

struct mme {
	uint32_t code[MME_CODE_WORDS];
	uint16_t start[MME_MACROS];
	uint32_t code_ptr, start_ptr;

	/* The macro that runs: it stops on the way when it wants a parameter or a method waits. */
	bool running;
	bool exiting;			/* the delay slot of an exit */
	bool branching;			/* the delay slot of a taken branch */
	bool carry;
	bool taken;			/* the method that host repeats has been taken already */
	uint16_t pc, target;
	uint16_t maddr, incr;		/* in words */
	uint32_t r[MME_REGS];
	uint32_t steps;
};

enum mme_status {
	MME_DONE,			/* the macro ended, or none runs */
	MME_WANT_PARAM,			/* it waits for a CALL_MME_DATA */
	MME_BUSY,			/* a method that it sent must be sent again: call again */
	MME_TRAP,			/* it made a mistake: *trap */
};

/* NV_PGRAPH_PRI_MME_HWW_ESR, 0x404490 (nouveau gf100_macro_error). */
#define MME_TOO_FEW_PARAMS	0x01
#define MME_TOO_MANY_PARAMS	0x02
#define MME_ILLEGAL_OPCODE	0x04
#define MME_DOUBLE_BRANCH	0x08
#define MME_WATCHDOG		0x10

struct mme_ops {
	/* false: not now, the same again later */
	bool (*send)(void *opaque, uint32_t mthd, uint32_t data);
	uint32_t (*read)(void *opaque, uint32_t mthd);
};

void mme_upload(struct mme *m, uint32_t word);
void mme_set_start(struct mme *m, uint32_t addr);
void mme_call(struct mme *m, unsigned int macro, uint32_t arg);
/* Run on. @param: the next parameter, or NULL; *param_taken says whether it was used. */
enum mme_status mme_run(struct mme *m, const struct mme_ops *ops, void *opaque,
			const uint32_t *param, bool *param_taken, uint32_t *trap);

#endif
