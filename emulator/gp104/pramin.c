// SPDX-License-Identifier: MIT
/*
 * pramin.c - PRAMIN: 1 MiB of BAR0 that shows physical memory, wherever 0x1700 points it.
 *
 * rnndb/bus/pbus.xml (PRAMIN_WINDOW): base in units of 64 KiB, target in bits 25:24; nouveau
 * instmem/nv50.c uses it before BAR2 works.
 */
#include "gp104.h"

#define PRAMIN		0x700000
#define PRAMIN_SIZE	0x100000
#define PRAMIN_WINDOW	0x001700

static uint64_t phys(struct gp104 *g, uint32_t addr)
{
	return ((uint64_t)(reg_get(g, PRAMIN_WINDOW) & 0xffffff) << 16) + (addr - PRAMIN);
}

static enum aperture aperture(struct gp104 *g)
{
	return (enum aperture)((reg_get(g, PRAMIN_WINDOW) >> 24) & 3);
}

static uint32_t window_read(struct gp104 *g, uint32_t addr)
{
	return mem_rd32(g, aperture(g), phys(g, addr));
}

static void window_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	mem_wr32(g, aperture(g), phys(g, addr), val);
}

static const struct reg regs[] = {
	{ PRAMIN_WINDOW, "PBUS.PRAMIN_WINDOW", .mask = 0x03ffffff },
	{ PRAMIN, "PRAMIN", .count = PRAMIN_SIZE / 4, .read = window_read, .write = window_write },
};

const struct unit pramin_unit = {
	.name = "pramin",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
