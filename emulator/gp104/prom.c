// SPDX-License-Identifier: MIT
/*
 * prom.c - the flash memory with the VBIOS, as BAR0 shows it at 0x300000.
 *
 * nouveau bios/shadowrom.c. Behind the image the flash is erased.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "prom.h"
#include "vbios.h"

#define PROM		0x300000
#define PROM_SIZE	0x100000

struct prom {
	uint8_t image[VBIOS_SIZE];
};

const void *prom_image(struct gp104 *g, size_t *size)
{
	*size = VBIOS_SIZE;
	return g->prom->image;
}

static uint32_t prom_read(struct gp104 *g, uint32_t addr)
{
	uint32_t val;

	if (addr - PROM >= VBIOS_SIZE)
		return 0xffffffff;
	memcpy(&val, g->prom->image + (addr - PROM), 4);
	return val;
}

static void prom_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	guest_error(g, "prom", "write of %08x to the flash at %x", val, addr - PROM);
}

static const struct reg regs[] = {
	{ PROM, "PROM", .count = PROM_SIZE / 4, .read = prom_read, .write = prom_write },
};

static int prom_init(struct gp104 *g)
{
	g->prom = calloc(1, sizeof(*g->prom));
	if (!g->prom)
		return -ENOMEM;
	vbios_build(g->prom->image);
	return 0;
}

static void prom_fini(struct gp104 *g)
{
	free(g->prom);
}

const struct unit prom_unit = {
	.name = "prom",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = prom_init,
	.fini = prom_fini,
};
