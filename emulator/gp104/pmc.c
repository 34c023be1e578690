// SPDX-License-Identifier: MIT
/*
 * pmc.c - the master control: chip id, interrupt tree, engine enables.
 *
 * Two trees: 0 for interrupts that stall their engine until they are served, 1 for notifications. A
 * tree raises the board's interrupt while one of its enabled lines is high. Registers: nouveau
 * mc/gp100.c (NV_PMC_INTR 0x100, EN 0x140, EN_SET 0x160, EN_CLR 0x180), rnndb/bus/pmc.xml.
 */
#include <errno.h>
#include <stdlib.h>

#include "pmc.h"

#define BOOT_0_GP104	0x134000a1	/* chipset 0x134, revision a1: nouveau device/base.c */
#define INTR_TREES	2
#define MAX_RESETS	32

struct pmc {
	uint32_t line[INTR_TREES];	/* levels of the units */
	uint32_t en[INTR_TREES];
	uint32_t enable;
	bool out;
	struct {
		unsigned int bit;
		void (*fn)(struct gp104 *g);
	} reset[MAX_RESETS];
	unsigned int nresets;
};

static bool tree_high(const struct pmc *p)
{
	return (p->line[0] & p->en[0]) || (p->line[1] & p->en[1]);
}

static void update(struct gp104 *g)
{
	struct pmc *p = g->pmc;
	bool out = tree_high(p);

	if (out == p->out)
		return;
	p->out = out;
	if (out)
		g->stats.irqs_raised++;
	trace(g, "pmc", "interrupt %s (lines %08x %08x)", out ? "high" : "low", p->line[0], p->line[1]);
	if (g->host.irq_level)
		g->host.irq_level(g->host.opaque, out);
}

static void set_line(struct gp104 *g, unsigned int tree, unsigned int bit, bool level)
{
	uint32_t *line = &g->pmc->line[tree];

	*line = level ? *line | BIT(bit) : *line & ~BIT(bit);
	update(g);
}

void pmc_intr(struct gp104 *g, unsigned int bit, bool level)
{
	set_line(g, 0, bit, level);
}

void pmc_intr_nonstall(struct gp104 *g, unsigned int bit, bool level)
{
	set_line(g, 1, bit, level);
}

void pmc_msi_rearm(struct gp104 *g)
{
	if (g->pmc->out && g->host.msi_send)
		g->host.msi_send(g->host.opaque);
}

bool pmc_enabled(struct gp104 *g, unsigned int bit)
{
	return g->pmc->enable & BIT(bit);
}

int pmc_add_reset(struct gp104 *g, unsigned int bit, void (*reset)(struct gp104 *g))
{
	struct pmc *p = g->pmc;

	if (p->nresets == MAX_RESETS)
		return -ENOSPC;
	p->reset[p->nresets].bit = bit;
	p->reset[p->nresets++].fn = reset;
	return 0;
}

static uint32_t intr_read(struct gp104 *g, uint32_t addr)
{
	return g->pmc->line[(addr - 0x100) / 4];
}

static uint32_t en_read(struct gp104 *g, uint32_t addr)
{
	return g->pmc->en[(addr & 0x1f) / 4];
}

static void en_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->pmc->en[(addr & 0x1f) / 4] = val;
	update(g);
}

static void en_set_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->pmc->en[(addr & 0x1f) / 4] |= val;
	update(g);
}

static void en_clr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->pmc->en[(addr & 0x1f) / 4] &= ~val;
	update(g);
}

static void ignore_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

static uint32_t enable_read(struct gp104 *g, uint32_t addr)
{
	return g->pmc->enable;
}

static void enable_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct pmc *p = g->pmc;
	uint32_t gone = p->enable & ~val;
	unsigned int i;

	p->enable = val;
	for (i = 0; i < p->nresets; i++)
		if (gone & BIT(p->reset[i].bit))
			p->reset[i].fn(g);
}

static const struct reg regs[] = {
	{ 0x000000, "PMC.BOOT_0", REG_RO, BOOT_0_GP104 },
	{ 0x000004, "PMC.BOOT_1", REG_RO, 0 },	/* little endian, no virtual function */
	{ 0x000100, "PMC.INTR", .count = INTR_TREES, .read = intr_read, .write = ignore_write },
	{ 0x000140, "PMC.INTR_EN", .count = INTR_TREES, .read = en_read, .write = en_write },
	{ 0x000160, "PMC.INTR_EN_SET", .count = INTR_TREES, .read = en_read, .write = en_set_write },
	{ 0x000180, "PMC.INTR_EN_CLR", .count = INTR_TREES, .read = en_read, .write = en_clr_write },
	{ 0x0001c0, "PMC.INTR_LTC", REG_RO, 0 },	/* nouveau gp100_ltc_intr: no LTC ever reports */
	{ 0x000204, "PMC.ENABLE_PBDMA" },	/* nouveau gk104_fifo_init_pbdmas: stored */
	{ 0x000200, "PMC.ENABLE", .read = enable_read, .write = enable_write },
};

static int pmc_init(struct gp104 *g)
{
	g->pmc = calloc(1, sizeof(*g->pmc));
	return g->pmc ? 0 : -ENOMEM;
}

static void pmc_fini(struct gp104 *g)
{
	free(g->pmc);
}

/* At power-on every engine is held in reset; the lines fall as the units reset. */
static void pmc_reset(struct gp104 *g)
{
	struct pmc *p = g->pmc;

	p->line[0] = p->line[1] = 0;
	p->en[0] = p->en[1] = 0;
	p->enable = 0;
	update(g);
}

const struct unit pmc_unit = {
	.name = "pmc",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pmc_init,
	.fini = pmc_fini,
	.reset = pmc_reset,
};
