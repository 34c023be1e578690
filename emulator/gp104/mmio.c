// SPDX-License-Identifier: MIT
/*
 * mmio.c - the register file: finds the table row of a BAR0 address in one step.
 *
 * The rows of all units are laid out over the 16 MiB of BAR0 once, at start: one 16-bit row number
 * per register word. Two units that claim the same word are a mistake in the emulator, and found
 * there and then.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gp104.h"
#include "mmio.h"

/*
 * What the privileged ring answers when nobody claims an address: 0xbadf followed by a reason
 * (nouveau nvkm/subdev/privring/gf100.c and therm/gk20a know the 0xbad pattern; envytools
 * docs/hw/bus/pring.rst).
 */
#define PRI_NO_TARGET	0xbadf1100

static const char *unit_name(const struct gp104 *g, uint16_t row)
{
	return gp104_units[g->row_unit[row]]->name;
}

static void claim(struct gp104 *g, uint32_t addr, uint16_t row)
{
	uint16_t *slot;

	assert(addr < BAR0_SIZE && !(addr & 3));
	slot = &g->reg_row[addr / 4];
	if (*slot && *slot != row) {
		fprintf(stderr, "register %06x claimed twice: %s.%s and %s.%s\n", addr,
			unit_name(g, *slot), g->rows[*slot]->name,
			unit_name(g, row), g->rows[row]->name);
		abort();
	}
	*slot = row;
}

static unsigned int dim(unsigned int count)
{
	return count ? count : 1;
}

static void for_each_word(struct gp104 *g, uint16_t row,
			  void (*fn)(struct gp104 *, uint32_t, uint16_t))
{
	const struct reg *r = g->rows[row];
	uint32_t stride = r->stride ? r->stride : 4;
	unsigned int i, j;

	for (j = 0; j < dim(r->count2); j++)
		for (i = 0; i < dim(r->count); i++)
			fn(g, r->addr + j * r->stride2 + i * stride, row);
}

static void reset_word(struct gp104 *g, uint32_t addr, uint16_t row)
{
	g->regs[addr / 4] = g->rows[row]->reset;
}

int mmio_init(struct gp104 *g)
{
	size_t total = 1, row = 1, i, j;

	for (i = 0; i < gp104_nunits; i++)
		total += gp104_units[i]->nregs;
	assert(total < UINT16_MAX && gp104_nunits <= GP104_MAX_UNITS);
	g->regs = calloc(NREGS, sizeof(*g->regs));
	g->reg_row = calloc(NREGS, sizeof(*g->reg_row));
	g->rows = calloc(total, sizeof(const struct reg *));
	g->row_unit = calloc(total, sizeof(*g->row_unit));
	if (!g->regs || !g->reg_row || !g->rows || !g->row_unit)
		return -ENOMEM;
	g->nrows = total;
	for (i = 0; i < gp104_nunits; i++) {
		for (j = 0; j < gp104_units[i]->nregs; j++, row++) {
			g->rows[row] = &gp104_units[i]->regs[j];
			g->row_unit[row] = (uint8_t)i;
			for_each_word(g, (uint16_t)row, claim);
		}
		if (trace_on(g, gp104_units[i]->name))
			g->traced |= UINT64_C(1) << i;
	}
	return 0;
}

void mmio_reset(struct gp104 *g)
{
	size_t row;

	for (row = 1; row < g->nrows; row++)
		if (!g->rows[row]->read)
			for_each_word(g, (uint16_t)row, reset_word);
}

void mmio_fini(struct gp104 *g)
{
	free(g->regs);
	free(g->reg_row);
	free(g->rows);
	free(g->row_unit);
}

static void trace_reg(struct gp104 *g, uint16_t row, const char *op, uint32_t addr, uint32_t val)
{
	const struct reg *r = g->rows[row];

	if (addr == r->addr)
		trace(g, unit_name(g, row), "%s %06x %-40s %08x", op, addr, r->name, val);
	else
		trace(g, unit_name(g, row), "%s %06x %s+%-6x %08x", op, addr, r->name,
		      addr - r->addr, val);
}

static unsigned int note_access(struct gp104 *g, uint16_t row, int write)
{
	unsigned int unit = g->row_unit[row];

	stats_mmio(g, unit, write);
	return (g->traced >> unit) & 1;
}

uint32_t mmio_read(struct gp104 *g, uint32_t addr)
{
	const struct reg *r;
	uint32_t val;
	uint16_t row;

	addr &= (BAR0_SIZE - 1) & ~3u;
	row = g->reg_row[addr / 4];
	if (!row) {
		unknown(g, "register", "read %06x", addr);
		return PRI_NO_TARGET;
	}
	r = g->rows[row];
	val = r->read ? r->read(g, addr) : g->regs[addr / 4];
	if (note_access(g, row, 0))
		trace_reg(g, row, "rd", addr, val);
	return val;
}

void mmio_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	const struct reg *r;
	uint32_t *p;
	uint16_t row;

	addr &= (BAR0_SIZE - 1) & ~3u;
	row = g->reg_row[addr / 4];
	if (!row) {
		unknown(g, "register", "write %06x", addr);
		return;
	}
	r = g->rows[row];
	if (note_access(g, row, 1))
		trace_reg(g, row, "wr", addr, val);
	p = &g->regs[addr / 4];
	if (r->write)
		r->write(g, addr, val);
	else if (r->kind == REG_W1C)
		*p &= ~val;
	else if (r->kind == REG_RW)
		*p = r->mask ? (*p & ~r->mask) | (val & r->mask) : val;
}
