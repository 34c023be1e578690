// SPDX-License-Identifier: MIT
/*
 * pfuse.c - the fuses: which units of the chip this board may use.
 *
 * Facts: nouveau devinit/gm107.c (0x21c00 copy engines, 0x21c04 display), fuse/gm107.c (0x21100...).
 * A Tesla P4 has no display.
 */
#include "gp104.h"

#define DISPLAY_DISABLED	BIT(0)

static const struct reg regs[] = {
	{ 0x021c00, "PFUSE.OPT_CE", REG_RO, 0 },
	{ 0x021c04, "PFUSE.OPT_DISPLAY", REG_RO, DISPLAY_DISABLED },
};

const struct unit pfuse_unit = {
	.name = "pfuse",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
