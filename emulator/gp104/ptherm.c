// SPDX-License-Identifier: MIT
/*
 * ptherm.c - the temperature sensor: this board is always at 40 degrees.
 *
 * Facts: nouveau therm/gp100.c (0x20460: bit 29 valid, degrees in 16:8).
 */
#include "gp104.h"

#define TSENSOR_VALID	BIT(29)
#define DEGREES(t)	((t) << 8)

static const struct reg regs[] = {
	{ 0x020460, "PTHERM.TSENSOR", REG_RO, TSENSOR_VALID | DEGREES(40) },
};

const struct unit ptherm_unit = {
	.name = "ptherm",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
