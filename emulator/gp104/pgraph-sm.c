// SPDX-License-Identifier: MIT
/*
 * pgraph-sm.c - between the board and its SMs: what they ask for memory, how their grids end, how
 * their traps reach the driver, and what happens when the guest answers replayable faults.
 *
 * Sources: as in pgraph.c.
 */
#include <stdlib.h>

#include "pgraph.h"
#include "pgraph-regs.h"
#include "../sm/isa.h"

#define UNIT	"pgraph"

/* ---- traps ---- */

/* One SM's error goes up the tree: SM, TPC, GPC, GR; each level can be masked. */
static void sm_exception(struct gp104 *g, const struct sm_trap *t)
{
	unsigned int gpc = t->gpc % GR_GPCS, tpc = t->tpc % GR_TPCS;
	uint32_t code = t->code;

	/* the report masks have one bit for each code */
	if (code && !(code < 32 && (reg_get(g, TPC(gpc, tpc, SM_WARP_REPORT_MASK)) >> code & 1)))
		code = 0;
	if (code)
		reg_put(g, TPC(gpc, tpc, SM_WARP_ESR), code | (uint32_t)(t->warp & 0x7f) << 16);
	reg_set(g, TPC(gpc, tpc, SM_GLOBAL_ESR),
		t->global & reg_get(g, TPC(gpc, tpc, SM_GLOBAL_REPORT_MASK)));
	if (!code && !reg_get(g, TPC(gpc, tpc, SM_GLOBAL_ESR)))
		return;
	if (!(reg_get(g, TPC(gpc, tpc, TPC_EXCEPTION_EN)) & TPC_EXCEPTION_SM))
		return;
	reg_set(g, GPC(gpc, GPC_EXCEPTION), BIT(16) << tpc);
	if (!(reg_get(g, GPC(gpc, GPC_EXCEPTION_EN)) & (BIT(16) << tpc)))
		return;
	reg_set(g, GPC_TRAP, BIT(gpc));
	if (reg_get(g, GPC_TRAP_EN) & BIT(gpc))
		gr_trap(g, GR_TRAP_GPC, 0, 0);
}

static void on_trap(void *opaque, struct sm_grid *grid, const struct sm_trap *t)
{
	struct gp104 *g = opaque;

	if (t->unimplemented)
		unknown(g, "instruction", "%s", t->what);
	guest_error(g, UNIT, "GPC%u TPC%u: %s at %llx (word %016llx, address %llx): %s", t->gpc,
		    t->tpc, sm_trap_name(t->code), (unsigned long long)t->pc,
		    (unsigned long long)t->word, (unsigned long long)t->addr, t->what);
	sm_exception(g, t);
}

/* ---- memory, and the end of a grid ---- */

static struct mmu_client sm_mmu_client(struct sm_client c)
{
	struct mmu_client m = { MMU_ENG_GR, false, c.gpc, 0, false };

	m.id = c.unit == SM_UNIT_GCC ? MMU_GPC_GCC : pmmu_gpc_tex(c.tpc);
	return m;
}

static enum mmu_access sm_mmu_access(enum sm_access a)
{
	switch (a) {
	case SM_WRITE:
		return MMU_WRITE;
	case SM_ATOMIC:
		return MMU_ATOMIC;
	default:
		return MMU_READ;
	}
}

static enum sm_translate on_translate(void *opaque, const struct sm_grid *sm, struct sm_client c,
				      uint64_t va, enum sm_access access, struct sm_span *out)
{
	const struct gr_grid *grid = (const struct gr_grid *)sm;
	struct mmu_client client = sm_mmu_client(c);
	struct gp104 *g = opaque;
	struct mmu_span span;

	switch (pmmu_translate(g, &grid->mmu, va, sm_mmu_access(access), &client, &span)) {
	case MMU_OK:
		out->host = span.host;
		out->size = span.len;
		out->writable = span.writable;
		out->atomic = span.atomic;
		return SM_OK;
	case MMU_FAULT_REPLAY:
		return SM_FAULT_REPLAY;
	default:
		g->pgraph->hung = true;
		return SM_FAULT_FATAL;
	}
}

void gr_grid_remove(struct pgraph *p, struct gr_grid *grid)
{
	struct gr_grid **pp;

	for (pp = &p->grids; *pp; pp = &(*pp)->next) {
		if (*pp == grid) {
			*pp = grid->next;
			p->ngrids--;
			free(grid);
			return;
		}
	}
}

static void release(struct gp104 *g, const struct gr_grid *grid, const struct qmd_release *r)
{
	enum mmu_result res;

	if (!r->enable)
		return;
	if (r->reduce)
		unknown(g, "method", "QMD RELEASE_REDUCTION op %u", r->op);
	res = pfifo_sem_release(g, &grid->mmu, r->addr, r->payload, !r->one_word, &gr_client_sked);
	gr_mem_result(g, res);
}

static void on_grid_done(void *opaque, struct sm_grid *sm, enum sm_grid_status status)
{
	struct gr_grid *grid = (struct gr_grid *)sm;
	struct gp104 *g = opaque;

	trace(g, UNIT, "grid of QMD %llx ends: %s", (unsigned long long)grid->qmd_va,
	      status == SM_GRID_DONE ? "done" : status == SM_GRID_TRAPPED ? "trapped" :
	      status == SM_GRID_FAULTED ? "faulted" : "killed");
	if (status == SM_GRID_DONE) {
		release(g, grid, &grid->qmd.release[0]);
		release(g, grid, &grid->qmd.release[1]);
	}
	gr_grid_remove(g->pgraph, grid);
	gp104_kick(g);
}

/* --trace pgraph shows each instruction once, when it is first met. */
static void on_decoded(void *opaque, const struct sm_grid *grid, uint64_t pc, uint64_t word)
{
	struct gp104 *g = opaque;
	struct sm_insn insn;
	char text[128];

	if (!trace_on(g, UNIT))
		return;
	sm_decode(word, pc, &insn);
	sm_disasm(&insn, text, sizeof(text));
	trace(g, UNIT, "%llx: %016llx  %s", (unsigned long long)pc, (unsigned long long)word, text);
}

const struct sm_ops gr_sm_ops = {
	.translate = on_translate,
	.grid_done = on_grid_done,
	.trap = on_trap,
	.decoded = on_decoded,
};

/* ---- answers to replayable faults ---- */

static void on_replay(struct gp104 *g)
{
	sm_replay(g->pgraph->sm);
	gp104_kick(g);
}

static void on_cancel(struct gp104 *g, uint8_t gpc, uint8_t id)
{
	struct sm_client c = { .gpc = gpc, .unit = SM_UNIT_TEX };
	unsigned int tpc;

	if (id == MMU_GPC_GCC) {
		c.unit = SM_UNIT_GCC;
	} else {
		for (tpc = 0; tpc < GR_TPCS && pmmu_gpc_tex(tpc) != id; tpc++)
			;
		if (tpc == GR_TPCS)
			return;
		c.tpc = (uint8_t)tpc;
	}
	if (sm_cancel(g->pgraph->sm, &c))
		g->pgraph->hung = true;
	gp104_kick(g);
}

static void on_cancel_all(struct gp104 *g)
{
	if (sm_cancel(g->pgraph->sm, NULL))
		g->pgraph->hung = true;
	gp104_kick(g);
}

const struct mmu_gr_ops gr_mmu_ops = {
	.replay = on_replay,
	.cancel = on_cancel,
	.cancel_all = on_cancel_all,
};
