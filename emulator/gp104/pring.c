// SPDX-License-Identifier: MIT
/*
 * pring.c - the privileged ring: counts of units, errors (there are none), and its commands.
 *
 * Facts: nouveau privring/gk104.c, ltc/gp100.c (0x12006c).
 */
#include "gp104.h"
#include "pring.h"

static uint32_t gpcs_read(struct gp104 *g, uint32_t addr)
{
	return g->cfg.gpcs;
}

static void ignore_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

/* A command is done when it is written: bits 5:0 read back as idle. */
static uint32_t command_read(struct gp104 *g, uint32_t addr)
{
	return 0;
}

static const struct reg regs[] = {
	{ 0x12004c, "PRING.COMMAND", .read = command_read, .write = ignore_write },
	{ 0x120058, "PRING.INTR_0", REG_RO },
	{ 0x12005c, "PRING.INTR_1", REG_RO },
	{ 0x12006c, "PRING.LTC_COUNT", REG_RO, PRING_LTCS },
	{ 0x120070, "PRING.HUB_COUNT", REG_RO, PRING_HUBS },
	{ 0x120074, "PRING.FBP_COUNT", REG_RO, PRING_FBPS },
	{ 0x120078, "PRING.GPC_COUNT", .read = gpcs_read, .write = ignore_write },
	{ 0x122120, "PRING.HUB.ERROR", REG_RO, .count = 3, .count2 = PRING_HUBS, .stride2 = 0x800 },
	{ 0x124120, "PRING.FBP.ERROR", REG_RO, .count = 3, .count2 = PRING_FBPS, .stride2 = 0x800 },
	{ 0x128120, "PRING.GPC.ERROR", REG_RO, .count = 3, .count2 = 8, .stride2 = 0x800 },
};

const struct unit pring_unit = {
	.name = "pring",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
