// SPDX-License-Identifier: MIT
/*
 * pbus.c - the bus interface: interrupts for accesses that went nowhere, flushes.
 *
 * Facts: nouveau bus/gf100.c (0x1100, 0x1140, 0x9084, 0x9088), bar/g84.c (0x70000), ltc/gf100.c
 * (0x70004, 0x70010), rnndb/bus/pbus.xml. The BAR1 and BAR2 blocks (0x1704..0x1714) are pmmu's.
 *
 * The interrupt never rises: an access to a register that is not there is the emulator's to report
 * (unknown()), not the guest's.
 */
#include "gp104.h"

static uint32_t done_read(struct gp104 *g, uint32_t addr)
{
	return 0;	/* neither pending nor busy: memory here has no write buffers */
}

static void flush_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	atomic_thread_fence(memory_order_seq_cst);
}

static const struct reg regs[] = {
	{ 0x001100, "PBUS.INTR", REG_W1C },
	{ 0x001140, "PBUS.INTR_EN" },
	{ 0x009084, "PTIMER.PRI_TIMEOUT_SAVE_0" },
	{ 0x009088, "PTIMER.PRI_TIMEOUT_SAVE_1" },
	{ 0x070000, "HOST.BAR_FLUSH", .read = done_read, .write = flush_write },
	{ 0x070004, "HOST.L2_SYSMEM_INVALIDATE", .read = done_read, .write = flush_write },
	{ 0x070010, "HOST.L2_FLUSH_DIRTY", .read = done_read, .write = flush_write },
};

const struct unit pbus_unit = {
	.name = "pbus",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
