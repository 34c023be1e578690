// SPDX-License-Identifier: MIT
/*
 * pbus.c - the bus interface: interrupts for accesses that went nowhere, flushes.
 *
 * Facts: nouveau bus/gf100.c (0x1100, 0x1140, 0x9084, 0x9088), bar/g84.c (0x70000), ltc/gf100.c
 * (0x70004, 0x70010), rnndb/bus/pbus.xml. The BAR1 and BAR2 blocks (0x1704..0x1714) are pmmu's.
 */
#include "pbus.h"
#include "pmc.h"

#define PBUS_INTR		0x001100
#define PBUS_INTR_EN		0x001140
#define PBUS_INTR_PRI_FECSERR	BIT(2)	/* nouveau prints it as PRIVRING */
#define PRI_TIMEOUT_SAVE_0	0x009084
#define PRI_TIMEOUT_SAVE_1	0x009088
#define SAVE_0_VALID		BIT(0)
#define SAVE_0_WRITE		BIT(1)

static void update(struct gp104 *g)
{
	pmc_intr(g, PMC_INTR_PBUS, reg_get(g, PBUS_INTR) & reg_get(g, PBUS_INTR_EN));
}

void pbus_fault(struct gp104 *g, uint32_t addr, uint32_t data, bool write)
{
	if (!(reg_get(g, PRI_TIMEOUT_SAVE_0) & SAVE_0_VALID)) {
		reg_put(g, PRI_TIMEOUT_SAVE_0, (addr & 0xfffffc) | (write ? SAVE_0_WRITE : 0) |
						SAVE_0_VALID);
		reg_put(g, PRI_TIMEOUT_SAVE_1, data);
	}
	reg_set(g, PBUS_INTR, PBUS_INTR_PRI_FECSERR);
	update(g);
}

static void intr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, reg_get(g, addr) & ~val);
	update(g);
}

static void intr_en_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	update(g);
}

static uint32_t done_read(struct gp104 *g, uint32_t addr)
{
	return 0;	/* neither pending nor busy: memory here has no write buffers */
}

static void flush_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	atomic_thread_fence(memory_order_seq_cst);
}

static const struct reg regs[] = {
	{ PBUS_INTR, "PBUS.INTR", .write = intr_write },
	{ PBUS_INTR_EN, "PBUS.INTR_EN", .write = intr_en_write },
	{ 0x001098, "PBUS.HWSQ_CTRL" },
	{ PRI_TIMEOUT_SAVE_0, "PTIMER.PRI_TIMEOUT_SAVE_0" },
	{ PRI_TIMEOUT_SAVE_1, "PTIMER.PRI_TIMEOUT_SAVE_1" },
	{ 0x070000, "HOST.BAR_FLUSH", .read = done_read, .write = flush_write },
	{ 0x070004, "HOST.L2_SYSMEM_INVALIDATE", .read = done_read, .write = flush_write },
	{ 0x070010, "HOST.L2_FLUSH_DIRTY", .read = done_read, .write = flush_write },
};

const struct unit pbus_unit = {
	.name = "pbus",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
