// SPDX-License-Identifier: MIT
/*
 * pdisp.c - the display that is not there: fused off, so accesses to it end as errors of the bus.
 *
 * Drivers touch the VGA registers behind it all the same (nouveau devinit/base.c unlocks the CRTC
 * before it knows the fuses). Only those are listed: other display registers stay unknown.
 */
#include "gp104.h"
#include "pbus.h"

#define PRI_NO_TARGET	0xbadf1100	/* see mmio.c */

static uint32_t gone_read(struct gp104 *g, uint32_t addr)
{
	pbus_fault(g, addr, 0, false);
	return PRI_NO_TARGET;
}

static void gone_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	pbus_fault(g, addr, val, true);
}

static const struct reg regs[] = {
	{ 0x6013c0, "PDISP.VGA", .count = 8, .read = gone_read, .write = gone_write },
};

const struct unit pdisp_unit = {
	.name = "pdisp",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
