// SPDX-License-Identifier: MIT
/*
 * pnvio.c - GPIO lines and the interrupts of GPIO and AUX: nothing is wired to them on this board.
 *
 * Facts: nouveau gpio/gf119.c, gk104.c, i2c/gk104.c.
 */
#include "gp104.h"

#define GPIO_LINES	32

static const struct reg regs[] = {
	{ 0x00d604, "PNVIO.GPIO_UPDATE", REG_RO, 0 },
	{ 0x00d610, "PNVIO.GPIO", .mask = 0x000030ff, .count = GPIO_LINES },
	{ 0x00d740, "PNVIO.GPIO_INPUT", .mask = 0xff, .count = GPIO_LINES },
	{ 0x00dc00, "PNVIO.GPIO_INTR_0", REG_W1C },
	{ 0x00dc08, "PNVIO.GPIO_INTR_EN_0" },
	{ 0x00dc60, "PNVIO.AUX_INTR", REG_W1C },
	{ 0x00dc68, "PNVIO.AUX_INTR_EN" },
	{ 0x00dc80, "PNVIO.GPIO_INTR_1", REG_W1C },
	{ 0x00dc88, "PNVIO.GPIO_INTR_EN_1" },
};

const struct unit pnvio_unit = {
	.name = "pnvio",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
