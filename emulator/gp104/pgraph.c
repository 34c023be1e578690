// SPDX-License-Identifier: MIT
/*
 * pgraph.c - the graphics engine: registers, interrupts and traps, and the front end that takes
 * methods from host and hands them to the classes.
 *
 * Register facts: nouveau nvkm/engine/gr/gf100.c, gm200.c, gp100.c, gp102.c, gp104.c and
 * ctxgf100.c and its descendants; envytools rnndb/graph/gf100_pgraph.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pfalcon.h"
#include "pgraph.h"
#include "pgraph-regs.h"
#include "pmc.h"

#define UNIT		"pgraph"

/* Warp instructions per slice: about a millisecond. */
#define SLICE_BUDGET	8192

const struct mmu_client gr_client_fe = { MMU_ENG_GR, true, 0, MMU_HUB_FE, false };
const struct mmu_client gr_client_sked = { MMU_ENG_GR, true, 0, MMU_HUB_SKED, false };
const struct mmu_client gr_client_2d = { MMU_ENG_GR, true, 0, MMU_HUB_RASTERTWOD, false };
const struct mmu_client gr_client_fecs = { MMU_ENG_GR, true, 0, MMU_HUB_FECS, true };
const struct mmu_client gr_client_prop = { MMU_ENG_GR, false, 0, MMU_GPC_PROP_0, false };

/* ---- interrupts ---- */

static void update_intr(struct gp104 *g)
{
	pmc_intr(g, PMC_INTR_PGRAPH, (reg_get(g, INTR) & reg_get(g, INTR_EN)) != 0);
}

void gr_raise_intr(struct gp104 *g, uint32_t bits)
{
	reg_set(g, INTR, bits);
	update_intr(g);
}

/* The front end stops where it is and says where that was. */
static void stop_front_end(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;

	p->halted = true;
	reg_put(g, TRAPPED_ADDR, 0x80000000u | p->subc << 16 | (p->mthd & 0x3ffc));
	reg_put(g, TRAPPED_DATA, p->data);
}

enum fifo_result gr_data_error(struct gp104 *g, uint32_t code)
{
	stop_front_end(g);
	guest_error(g, UNIT, "data error %02x, subchannel %u method %04x data %08x", code,
		    g->pgraph->subc, g->pgraph->mthd, g->pgraph->data);
	reg_put(g, ERROR_CODE, code);
	gr_raise_intr(g, GR_INTR_DATA_ERROR);
	return FIFO_DONE;
}

enum fifo_result gr_illegal_class(struct gp104 *g, uint32_t number)
{
	stop_front_end(g);
	guest_error(g, UNIT, "no class %04x (subchannel %u)", number, g->pgraph->subc);
	gr_raise_intr(g, GR_INTR_ILLEGAL_CLASS);
	return FIFO_DONE;
}

void gr_trap(struct gp104 *g, uint32_t trap_bit, uint32_t esr_reg, uint32_t esr)
{
	g->stats.traps++;
	stop_front_end(g);
	if (esr_reg)
		reg_set(g, esr_reg, esr);
	reg_set(g, TRAP, trap_bit);
	if (reg_get(g, TRAP_EN) & trap_bit)
		gr_raise_intr(g, GR_INTR_TRAP);
}

static void intr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, INTR, reg_get(g, INTR) & ~val);
	update_intr(g);
}

static void intr_en_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, INTR_EN, val);
	update_intr(g);
}

/* Both bits give host access again; the driver writes them when it has looked at an exception. */
bool gr_fifo_access(struct gp104 *g)
{
	return (reg_get(g, FIFO_ACCESS) & 0x00010001) == 0x00010001;
}

static void fifo_access_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, FIFO_ACCESS, val);
	if (gr_fifo_access(g) && !(reg_get(g, INTR) & reg_get(g, INTR_EN)))
		g->pgraph->halted = false;
	gp104_kick(g);
}

/* An ESR register: bit 31 enables, bit 30 written as one clears what it has latched. */
static void esr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	uint32_t old = reg_get(g, addr);

	if (val & BIT(30))
		old &= 0xc0000000;
	reg_put(g, addr, (old & ~BIT(31)) | (val & BIT(31)));
}

enum fifo_result gr_mem_result(struct gp104 *g, enum mmu_result r)
{
	switch (r) {
	case MMU_OK:
		return FIFO_DONE;
	case MMU_FAULT_REPLAY:
		return FIFO_BUSY;
	default:
		g->pgraph->hung = true;
		return FIFO_DONE;
	}
}

static uint32_t tpc_exception_read(struct gp104 *g, uint32_t addr)
{
	uint32_t base = addr - TPC_EXCEPTION;

	if (reg_get(g, base + SM_WARP_ESR) || reg_get(g, base + SM_GLOBAL_ESR))
		return TPC_EXCEPTION_SM;
	return 0;
}

/* ---- topology ---- */

/* TPCs of a GPC behind its PPCs, in turn. Which TPC sits where is a choice of this board. */
static uint32_t ppc_mask(const struct gp104 *g, unsigned int ppc)
{
	uint32_t mask = 0;
	unsigned int tpc;

	for (tpc = ppc; tpc < g->cfg.tpcs; tpc += GR_PPCS)
		mask |= BIT(tpc);
	return mask;
}

static bool gpc_present(const struct gp104 *g, uint32_t addr)
{
	return (addr - 0x500000) / 0x8000 < g->cfg.gpcs;
}

static uint32_t ppc_mask_read(struct gp104 *g, uint32_t addr)
{
	return gpc_present(g, addr) ? ppc_mask(g, (addr & 0xf) / 4) : 0;
}

static uint32_t pes_mask_read(struct gp104 *g, uint32_t addr)
{
	uint32_t mask = 0;
	unsigned int i;

	for (i = 0; i < GR_PPCS; i++)
		if (gpc_present(g, addr) && ppc_mask(g, i))
			mask |= BIT(i);
	return mask;
}

static uint32_t tpc_count_read(struct gp104 *g, uint32_t addr)
{
	return gpc_present(g, addr) ? g->cfg.tpcs : 0;
}

/* ---- the front end's registers ---- */

static uint32_t status_read(struct gp104 *g, uint32_t addr)
{
	return gr_idle(g->pgraph) ? 0 : 1;
}

static uint32_t object_read(struct gp104 *g, uint32_t addr)
{
	int c = g->pgraph->ctx->object[(addr - 0x404200) / 4];

	return c < 0 ? 0 : gr_class_number((enum gr_class)c);
}

/* sw_method_init: the class's method state, past host (nouveau gf100_gr_mthd). */
static void mthd_ctrl_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	uint32_t mthd = (val >> 16 & 0xfff) << 2;
	int c = gr_class_of(val & 0xffff);

	reg_put(g, MTHD_CTRL, val);
	if (!(val & BIT(31)))
		return;
	if (c < 0) {
		unknown(g, "method", "class %04x by register 404488", val & 0xffff);
		return;
	}
	if (!gr_method_find((enum gr_class)c, mthd, NULL))
		unknown(g, "method", "%s %04x", gr_class_name((enum gr_class)c), mthd);
	gr_method_store(g, (enum gr_class)c, mthd, reg_get(g, MTHD_DATA));
}

/* The power mode change is done at once: bit 4 is "in progress" (nouveau gf100_grctx_generate). */
static void fe_pwr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, FE_PWR_MODE, val & ~BIT(4));
}

/* Broadcast to all TPCs of all GPCs. */
static void tpc_bcast_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	unsigned int gpc, tpc;

	reg_put(g, addr, val);
	for (gpc = 0; gpc < GR_GPCS; gpc++)
		for (tpc = 0; tpc < GR_TPCS; tpc++)
			reg_put(g, TPC(gpc, tpc, addr - 0x419800), val);
}

#define GPC_REG(off, nm, ...) \
	{ .addr = GPC(0, off), .name = "PGRAPH.GPC." nm, .count = GR_GPCS, .stride = 0x8000, \
	  __VA_ARGS__ }
#define TPC_REG(off, nm, ...) \
	{ .addr = TPC(0, 0, off), .name = "PGRAPH.TPC." nm, .count = GR_TPCS, .stride = 0x800, \
	  .count2 = GR_GPCS, .stride2 = 0x8000, __VA_ARGS__ }

static const struct reg regs[] = {
	REG(INTR, "PGRAPH.INTR", REG_RW, .write = intr_write),
	REG(TRAP, "PGRAPH.TRAP", REG_W1C),
	REG(ERROR_CODE, "PGRAPH.DATA_ERROR_CODE", REG_RO),
	REG(GPC_TRAP, "PGRAPH.TRAP_GPC", REG_W1C),
	REG(0x40011c, "PGRAPH.TRAP_ROP", REG_W1C),
	REG(0x400124, "PGRAPH.INTR_ROUTE", REG_RW),
	REG(GPC_TRAP_EN, "PGRAPH.TRAP_GPC_EN", REG_RW),
	REG(0x400134, "PGRAPH.TRAP_ROP_EN", REG_RW),
	REG(TRAP_EN, "PGRAPH.TRAP_EN", REG_RW),
	REG(INTR_EN, "PGRAPH.INTR_EN", REG_RW, .write = intr_en_write),
	REG(0x400200, "PGRAPH.ICMD_CMD", REG_RW),
	REG(0x400204, "PGRAPH.ICMD_DATA", REG_RW),
	REG(0x400208, "PGRAPH.ICMD_ENABLE", REG_RW),
	REG(0x40020c, "PGRAPH.ICMD_DATA_HIGH", REG_RW),
	REG(FIFO_ACCESS, "PGRAPH.FIFO_CTRL", REG_RW, .write = fifo_access_write),
	REG(0x40060c, "PGRAPH.ENGINE_STATUS", REG_RO, .read = status_read),
	REG(0x400700, "PGRAPH.STATUS", REG_RO, .read = status_read),
	REG(TRAPPED_ADDR, "PGRAPH.TRAPPED_ADDR", REG_RW),
	REG(TRAPPED_DATA, "PGRAPH.TRAPPED_DATA", REG_RW),
	REG(DISPATCH_ESR, "PGRAPH.FE.HWW_ESR", REG_RW, .write = esr_write),
	REG(FE_PWR_MODE, "PGRAPH.FE.PWR_MODE", REG_RW, .write = fe_pwr_write),
	REG(0x404200, "PGRAPH.FE.OBJECT", REG_RO, .count = GR_SUBCHANNELS, .read = object_read),
	REG(MTHD_CTRL, "PGRAPH.MME.MTHD_CTRL", REG_RW, .write = mthd_ctrl_write),
	REG(MTHD_DATA, "PGRAPH.MME.MTHD_DATA", REG_RW),
	REG(MME_ESR, "PGRAPH.MME.HWW_ESR", REG_RW, .write = esr_write),
	REG(MME_ESR_PC, "PGRAPH.MME.HWW_ESR_PC", REG_RO),
	REG(MME_ESR_OP, "PGRAPH.MME.HWW_ESR_OPCODE", REG_RO),
	REG(0x404600, "PGRAPH.M2MF.HWW_ESR", REG_RW, .write = esr_write),
	REG(0x405840, "PGRAPH.DS.HWW_ESR", REG_RW, .write = esr_write),
	REG(0x405848, "PGRAPH.DS.HWW_ESR_2", REG_RW, .write = esr_write),
	REG(0x406018, "PGRAPH.PD.HWW_ESR", REG_RW, .write = esr_write),
	REG(0x40601c, "PGRAPH.PD.UNK1C", REG_RW, .write = esr_write),
	REG(SKED_ESR, "PGRAPH.SKED.HWW_ESR", REG_RW, .write = esr_write),
	REG(0x408030, "PGRAPH.SCC.HWW_ESR", REG_RW, .write = esr_write),
	REG(0x40802c, "PGRAPH.SCC.INIT", REG_RW),
	REG(0x419e44, "PGRAPH.TPCS.SM.WARP_ESR_REPORT_MASK", REG_RW, .write = tpc_bcast_write),
	REG(0x419e4c, "PGRAPH.TPCS.SM.GLOBAL_ESR_REPORT_MASK", REG_RW, .write = tpc_bcast_write),

	GPC_REG(0x2608, "GPCCS.TPC_COUNT", .kind = REG_RO, .read = tpc_count_read),
	GPC_REG(0x0c30, "GPM.PPC0_TPC_MASK", .kind = REG_RO, .read = ppc_mask_read),
	GPC_REG(0x0c34, "GPM.PPC1_TPC_MASK", .kind = REG_RO, .read = ppc_mask_read),
	GPC_REG(0x0c38, "GPM.PPC2_TPC_MASK", .kind = REG_RO, .read = ppc_mask_read),
	GPC_REG(0x0c50, "GPM.PES_MASK", .kind = REG_RO, .read = pes_mask_read),
	GPC_REG(0x0420, "PROP.HWW_ESR", .write = esr_write),
	GPC_REG(0x0434, "PROP.HWW_ESR_COORD", .kind = REG_RO),
	GPC_REG(0x0438, "PROP.HWW_ESR_FORMAT", .kind = REG_RO),
	GPC_REG(0x043c, "PROP.HWW_ESR_STATE", .kind = REG_RO),
	GPC_REG(0x0824, "SETUP.HWW_ESR", .write = esr_write),
	GPC_REG(0x0900, "ZCULL.HWW_ESR", .write = esr_write),
	GPC_REG(0x0910, "ZCULL.UNK10", .kind = REG_RW),
	GPC_REG(0x0914, "ZCULL.UNK14", .kind = REG_RW),
	GPC_REG(0x0918, "ZCULL.UNK18", .kind = REG_RW),
	GPC_REG(0x1028, "GCC.HWW_ESR", .write = esr_write),
	GPC_REG(GPC_EXCEPTION, "GPCCS.EXCEPTION", .kind = REG_W1C),
	GPC_REG(GPC_EXCEPTION_EN, "GPCCS.EXCEPTION_EN", .kind = REG_RW),

	TPC_REG(0x005c, "PE.STREAM_MASTER", .kind = REG_RW),
	TPC_REG(0x0084, "PE.HWW_ESR", .write = esr_write),
	TPC_REG(0x0224, "TEX.HWW_ESR", .write = esr_write),
	TPC_REG(0x0430, "MPC.HWW_ESR", .write = esr_write),
	TPC_REG(0x048c, "L1C.HWW_ESR", .write = esr_write),
	TPC_REG(TPC_EXCEPTION, "TPCCS.EXCEPTION", .kind = REG_RO, .read = tpc_exception_read),
	TPC_REG(TPC_EXCEPTION_EN, "TPCCS.EXCEPTION_EN", .kind = REG_RW),
	TPC_REG(SM_WARP_REPORT_MASK, "SM.WARP_ESR_REPORT_MASK", .kind = REG_RW),
	TPC_REG(SM_WARP_ESR, "SM.WARP_ESR", .kind = REG_RW),
	TPC_REG(SM_GLOBAL_REPORT_MASK, "SM.GLOBAL_ESR_REPORT_MASK", .kind = REG_RW),
	TPC_REG(SM_GLOBAL_ESR, "SM.GLOBAL_ESR", .kind = REG_W1C),
};

/* ---- the unit ---- */

static void free_grids(struct pgraph *p)
{
	while (p->grids)
		gr_grid_remove(p, p->grids);
}

static void reset_registers(struct gp104 *g)
{
	unsigned int i, j;
	size_t row;

	for (row = 0; row < ARRAY_SIZE(regs); row++) {
		const struct reg *r = &regs[row];

		for (j = 0; j < (r->count2 ? r->count2 : 1); j++)
			for (i = 0; i < (r->count ? r->count : 1); i++)
				reg_put(g, r->addr + i * (r->stride ? r->stride : 4) +
					j * r->stride2, r->reset);
	}
}

/* The engine goes into reset: whatever ran is gone, contexts in memory stay as they were. */
static void engine_reset(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;

	trace(g, UNIT, "engine reset");
	sm_gpu_reset(p->sm);
	free_grids(p);
	p->halted = p->hung = false;
	reset_registers(g);
	update_intr(g);
	fecs_engine_reset(g);
	pfifo_engine_reset(g, FIFO_ENG_GR);
}

static int pgraph_init(struct gp104 *g)
{
	struct sm_config sm = { .gpcs = g->cfg.gpcs, .tpcs = g->cfg.tpcs, .ops = &gr_sm_ops,
				.opaque = g };
	struct pgraph *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	g->pgraph = p;
	gr_method_find(GR_3D, 0, NULL);
	p->blank = calloc(1, sizeof(*p->blank));
	p->sm = sm_gpu_create(&sm);
	if (!p->blank || !p->sm)
		return -ENOMEM;
	p->ctx = p->blank;
	memset(p->blank->object, -1, sizeof(p->blank->object));
	pmmu_set_gr_ops(g, &gr_mmu_ops);
	pfifo_set_engine(g, FIFO_ENG_GR, &gr_fifo_ops);
	return pmc_add_reset(g, PMC_ENABLE_PGRAPH, engine_reset);
}

static void pgraph_fini(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;

	if (!p)
		return;
	if (p->sm)
		sm_gpu_destroy(p->sm);
	free_grids(p);
	free(p->blank);
	free(p);
	g->pgraph = NULL;
}

static void pgraph_reset(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;

	sm_gpu_reset(p->sm);
	free_grids(p);
	p->halted = p->hung = false;
	p->chan = NULL;
	memset(&p->mmu, 0, sizeof(p->mmu));
	p->ctx = p->blank;
	memset(p->blank, 0, sizeof(*p->blank));
	memset(p->blank->object, -1, sizeof(p->blank->object));
	fecs_board_reset(g);
}

static void add_stats(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;
	const struct sm_stats *s = sm_gpu_stats(p->sm);

	g->stats.grids += s->grids - p->seen.grids;
	g->stats.ctas += s->ctas - p->seen.ctas;
	g->stats.warps += s->warps - p->seen.warps;
	g->stats.warp_insns += s->warp_insns - p->seen.warp_insns;
	g->stats.thread_insns += s->thread_insns - p->seen.thread_insns;
	p->seen = *s;
}

static int64_t pgraph_run(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;
	enum sm_run_status st;

	/* The driver can make the engine fault (0x2a30): like any fatal fault, that stops it. */
	if (pfifo_engine_faulted(g, FIFO_ENG_GR))
		p->hung = true;
	if (!p->grids || p->hung)
		return RUN_IDLE;
	if (p->generation != pmmu_generation(g)) {
		p->generation = pmmu_generation(g);
		sm_gpu_flush(p->sm, SM_FLUSH_TLB);
	}
	st = sm_gpu_run(p->sm, SLICE_BUDGET);
	add_stats(g);
	return st == SM_BUSY ? RUN_AGAIN : RUN_IDLE;
}

const struct unit pgraph_unit = {
	.name = UNIT,
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pgraph_init,
	.fini = pgraph_fini,
	.reset = pgraph_reset,
	.run = pgraph_run,
};
