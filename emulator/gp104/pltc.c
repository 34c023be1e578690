// SPDX-License-Identifier: MIT
/*
 * pltc.c - the L2 cache's slices: configuration that drivers read, clear values that they store.
 *
 * Memory here has no caches, so nothing is ever dirty and the compression bits are never asked for.
 * Facts: nouveau ltc/gp100.c, gp102.c, gm107.c.
 */
#include "gp104.h"
#include "pring.h"

#define LTC(n)		(0x140000 + (n) * 0x2000)

static const struct reg regs[] = {
	/* Broadcast to all slices. */
	{ 0x17e204, "PLTC.LTCS.ZBC_CLEAR_STENCIL" },
	{ 0x17e264, "PLTC.LTCS.CFG" },
	{ 0x17e26c, "PLTC.LTCS.CBC_CTRL1", REG_RO, 0 },	/* a clear is over when it is asked for */
	{ 0x17e270, "PLTC.LTCS.CBC_CLEAR_START" },
	{ 0x17e274, "PLTC.LTCS.CBC_CLEAR_LIMIT" },
	{ 0x17e278, "PLTC.LTCS.CBC_BASE" },
	{ 0x17e27c, "PLTC.LTCS.CBC_NUM_ACTIVE_LTCS", .reset = PRING_LTCS },
	{ 0x17e280, "PLTC.LTCS.CBC_PARAM", REG_RO, PRING_LTS_PER_LTC << 28 },
	{ 0x17e338, "PLTC.LTCS.ZBC_INDEX" },
	{ 0x17e33c, "PLTC.LTCS.ZBC_CLEAR_COLOR", .count = 4 },
	{ 0x17e34c, "PLTC.LTCS.ZBC_CLEAR_DEPTH" },
	/* Each slice. */
	{ LTC(0) + 0x40c, "PLTC.LTC.LTS.INTR", REG_W1C, .count = PRING_LTS_PER_LTC, .stride = 0x200,
	  .count2 = PRING_LTCS, .stride2 = 0x2000 },
	{ LTC(0) + 0x46c, "PLTC.LTC.LTS.CBC_CTRL1", REG_RO, .count = PRING_LTS_PER_LTC,
	  .stride = 0x200, .count2 = PRING_LTCS, .stride2 = 0x2000 },
};

const struct unit pltc_unit = {
	.name = "pltc",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
