// SPDX-License-Identifier: MIT
/*
 * pdisp.c - the display that is not there: fused off, nobody answers for its registers.
 *
 * Drivers touch the VGA registers behind it all the same (nouveau devinit/base.c unlocks the CRTC
 * before it knows the fuses). Only those are listed: other display registers stay unknown. Boards
 * without display are known to report such an access as a bus error, too (nouveau then prints "MMIO
 * read ... FAULT at 6013d4"); this one does not.
 */
#include "gp104.h"

#define PRI_NO_TARGET	0xbadf1100	/* see mmio.c */

static const struct reg regs[] = {
	{ 0x6013c0, "PDISP.VGA", REG_RO, PRI_NO_TARGET, .count = 8 },
};

const struct unit pdisp_unit = {
	.name = "pdisp",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
