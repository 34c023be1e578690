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
#include "pmc.h"
#include "../sm/isa.h"

#define UNIT		"pgraph"

#define GPC(n, r)	(0x500000u + (n) * 0x8000u + (r))
#define TPC(g, t, r)	(0x504000u + (g) * 0x8000u + (t) * 0x800u + (r))

#define INTR		0x400100
#define TRAP		0x400108
#define ERROR_CODE	0x400110
#define GPC_TRAP	0x400118
#define GPC_TRAP_EN	0x400130
#define TRAP_EN		0x400138
#define INTR_EN		0x40013c
#define FIFO_ACCESS	0x400500
#define TRAPPED_ADDR	0x400704
#define TRAPPED_DATA	0x400708
#define DISPATCH_ESR	0x404000
#define FE_PWR_MODE	0x404170
#define MME_ESR		0x404490
#define MME_ESR_PC	0x404494
#define MME_ESR_OP	0x40449c
#define MTHD_CTRL	0x404488
#define MTHD_DATA	0x40448c
#define SKED_ESR	0x407020

/* Registers of a GPC and of a TPC that traps go through. */
#define GPC_EXCEPTION		0x2c90
#define GPC_EXCEPTION_EN	0x2c94
#define TPC_EXCEPTION		0x0508
#define TPC_EXCEPTION_EN	0x050c
#define SM_WARP_ESR		0x0648
#define SM_GLOBAL_ESR		0x0650
#define SM_WARP_REPORT_MASK	0x0644
#define SM_GLOBAL_REPORT_MASK	0x064c
#define TPC_EXCEPTION_SM	BIT(1)

/* Warp instructions per slice: about a millisecond. */
#define SLICE_BUDGET	8192

const struct mmu_client gr_client_fe = { MMU_ENG_GR, true, 0, MMU_HUB_FE, false };
const struct mmu_client gr_client_sked = { MMU_ENG_GR, true, 0, MMU_HUB_SKED, false };
const struct mmu_client gr_client_2d = { MMU_ENG_GR, true, 0, MMU_HUB_RASTERTWOD, false };
const struct mmu_client gr_client_fecs = { MMU_ENG_GR, true, 0, MMU_HUB_FECS, true };
const struct mmu_client gr_client_prop = { MMU_ENG_GR, false, 0, MMU_GPC_PROP_0, false };

/* ---- interrupts ------------------------------------------------------------------------------ */

static void update_intr(struct gp104 *g)
{
	pmc_intr(g, PMC_INTR_PGRAPH, (reg_get(g, INTR) & reg_get(g, INTR_EN)) != 0);
}

static void raise_intr(struct gp104 *g, uint32_t bits)
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
	raise_intr(g, GR_INTR_DATA_ERROR);
	return FIFO_DONE;
}

enum fifo_result gr_illegal_method(struct gp104 *g)
{
	stop_front_end(g);
	raise_intr(g, GR_INTR_ILLEGAL_MTHD);
	return FIFO_DONE;
}

static enum fifo_result illegal_class(struct gp104 *g, uint32_t number)
{
	stop_front_end(g);
	guest_error(g, UNIT, "no class %04x (subchannel %u)", number, g->pgraph->subc);
	raise_intr(g, GR_INTR_ILLEGAL_CLASS);
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
		raise_intr(g, GR_INTR_TRAP);
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
static bool fifo_access(struct gp104 *g)
{
	return (reg_get(g, FIFO_ACCESS) & 0x00010001) == 0x00010001;
}

static void fifo_access_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, FIFO_ACCESS, val);
	if (fifo_access(g) && !(reg_get(g, INTR) & reg_get(g, INTR_EN)))
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

/* ---- traps of the SMs ------------------------------------------------------------------------ */

static uint32_t tpc_exception_read(struct gp104 *g, uint32_t addr)
{
	uint32_t base = addr - TPC_EXCEPTION;

	if (reg_get(g, base + SM_WARP_ESR) || reg_get(g, base + SM_GLOBAL_ESR))
		return TPC_EXCEPTION_SM;
	return 0;
}

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

/* ---- what the SMs ask of the board ----------------------------------------------------------- */

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

static const struct sm_ops sm_ops = {
	.translate = on_translate,
	.grid_done = on_grid_done,
	.trap = on_trap,
	.decoded = on_decoded,
};

/* ---- answers to replayable faults ------------------------------------------------------------ */

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

static const struct mmu_gr_ops mmu_ops = {
	.replay = on_replay,
	.cancel = on_cancel,
	.cancel_all = on_cancel_all,
};

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

/* ---- methods --------------------------------------------------------------------------------- */

/* Present in every class at the same place, and without a function of its own here. */
#define M_NO_OPERATION			0x0100
#define M_NOTIFY			0x010c
#define M_WAIT_FOR_IDLE			0x0110
#define M_LOAD_MME_RAM_POINTER		0x0114
#define M_LOAD_MME_RAM			0x0118
#define M_LOAD_MME_START_POINTER	0x011c
#define M_LOAD_MME_START		0x0120
#define M_SEND_GO_IDLE			0x013c
#define M_PM_TRIGGER_WFI		0x0144
#define M_SCRATCH			0x3400
#define M_CALL_MME			0x3800

static enum fifo_result notify(struct gp104 *g, enum gr_class c, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	const uint32_t *m = gr_state(p, c);
	enum mmu_result r;

	if (!gr_idle(p))
		return FIFO_BUSY;
	/* 16 bytes: time stamp first, then status; the semaphore's order is the other way round */
	r = pfifo_sem_release(g, &p->mmu, gr_addr(m, 0x0104), 0, true, &gr_client_fe);
	if (r == MMU_OK && data == 1)
		raise_intr(g, GR_INTR_NOTIFY);
	return gr_mem_result(g, r);
}

/* The methods that all classes have. False: the class's own. */
static bool common_method(struct gp104 *g, enum gr_class c, uint32_t mthd, uint32_t data,
			  enum fifo_result *res)
{
	struct pgraph *p = g->pgraph;

	*res = FIFO_DONE;
	switch (mthd) {
	case M_NO_OPERATION:
		return true;
	case M_NOTIFY:
		*res = notify(g, c, data);
		return true;
	case M_WAIT_FOR_IDLE:
	case M_SEND_GO_IDLE:
	case M_PM_TRIGGER_WFI:
		if (!gr_idle(p))
			*res = FIFO_BUSY;
		return true;
	case M_LOAD_MME_RAM_POINTER:
		p->ctx->mme.code_ptr = data % MME_CODE_WORDS;
		return true;
	case M_LOAD_MME_RAM:
		mme_upload(&p->ctx->mme, data);
		return true;
	case M_LOAD_MME_START_POINTER:
		p->ctx->mme.start_ptr = data % MME_MACROS;
		return true;
	case M_LOAD_MME_START:
		mme_set_start(&p->ctx->mme, data);
		return true;
	default:
		return false;
	}
}

/* One scratch RAM behind all classes. */
static void store(struct pgraph *p, enum gr_class c, uint32_t mthd, uint32_t data)
{
	unsigned int i;

	if (mthd >= M_SCRATCH && mthd < M_CALL_MME) {
		for (i = 0; i < GR_CLASSES; i++)
			p->ctx->m[i][mthd / 4] = data;
	} else {
		p->ctx->m[c][mthd / 4] = data;
	}
}

void gr_method_store(struct gp104 *g, enum gr_class c, uint32_t mthd, uint32_t data)
{
	if (mthd / 4 < GR_METHOD_WORDS)
		store(g->pgraph, c, mthd, data);
}

static void trace_method(struct gp104 *g, unsigned int subc, enum gr_class c,
			 const struct gr_method *m, unsigned int index, uint32_t mthd, uint32_t data)
{
	if (m->count > 1)
		trace(g, UNIT, "%u %04x %s.%s(%u) %08x", subc, mthd, gr_class_name(c), m->name,
		      index, data);
	else
		trace(g, UNIT, "%u %04x %s.%s %08x", subc, mthd, gr_class_name(c), m->name, data);
}

static enum fifo_result dispatch(struct gp104 *g, enum gr_class c, uint32_t mthd, uint32_t data)
{
	enum fifo_result res;

	if (common_method(g, c, mthd, data, &res))
		return res;
	if (c != GR_2D && gr_i2m_owns(mthd))
		return gr_i2m_method(g, c, mthd, data);
	switch (c) {
	case GR_3D:
		return gr_3d_method(g, mthd, data);
	case GR_COMPUTE:
		return gr_compute_method(g, mthd, data);
	case GR_2D:
		return gr_2d_method(g, mthd, data);
	default:
		return FIFO_DONE;
	}
}

enum fifo_result gr_method(struct gp104 *g, unsigned int subc, enum gr_class c, uint32_t mthd,
			   uint32_t data)
{
	struct pgraph *p = g->pgraph;
	const struct gr_method *m;
	enum fifo_result res;
	unsigned int index;

	if (p->halted || p->hung)
		return FIFO_BUSY;
	m = gr_method_find(c, mthd, &index);
	if (!m)
		unknown(g, "method", "%s %04x", gr_class_name(c), mthd);
	p->subc = subc;
	p->mthd = mthd;
	p->data = data;
	store(p, c, mthd, data);
	res = dispatch(g, c, mthd, data);
	if (res == FIFO_DONE) {
		g->stats.gr_methods++;
		if (m && trace_on(g, UNIT))
			trace_method(g, subc, c, m, index, mthd, data);
	}
	return res;
}

struct macro_call {
	struct gp104 *g;
	unsigned int subc;
	enum gr_class c;
	unsigned int sent;
};

/* Methods that a macro sends before others get their turn. */
#define MACRO_SLICE	512

static bool macro_send(void *opaque, uint32_t mthd, uint32_t data)
{
	struct macro_call *call = opaque;

	/* a macro cannot call a macro */
	if (mthd >= M_CALL_MME)
		return true;
	if (call->sent++ >= MACRO_SLICE) {
		gp104_kick(call->g);
		return false;
	}
	return gr_method(call->g, call->subc, call->c, mthd, data) != FIFO_BUSY;
}

static uint32_t macro_read(void *opaque, uint32_t mthd)
{
	struct macro_call *call = opaque;

	return gr_state(call->g->pgraph, call->c)[(mthd / 4) % GR_METHOD_WORDS];
}

static const struct mme_ops mme_ops = { macro_send, macro_read };

static void macro_trap(struct gp104 *g, uint32_t why)
{
	struct mme *m = &g->pgraph->ctx->mme;

	guest_error(g, UNIT, "macro at %03x: error %02x", m->pc, why);
	m->running = m->taken = false;
	reg_put(g, MME_ESR_PC, 0x10000000u | m->pc);
	reg_put(g, MME_ESR_OP, m->code[m->pc % MME_CODE_WORDS]);
	gr_trap(g, GR_TRAP_MACRO, MME_ESR, why);
}

/* CALL_MME_MACRO (even) and CALL_MME_DATA (odd words). */
static enum fifo_result macro_method(struct gp104 *g, unsigned int subc, enum gr_class c,
				     uint32_t mthd, uint32_t data)
{
	struct macro_call call = { g, subc, c, 0 };
	struct mme *m = &g->pgraph->ctx->mme;
	bool is_data = mthd & 4, param_taken;
	const uint32_t *param = NULL;
	enum mme_status st;
	uint32_t why;

	if (!m->taken) {
		if (!is_data && m->running) {
			macro_trap(g, MME_TOO_FEW_PARAMS);
			return FIFO_DONE;
		}
		if (is_data && !m->running) {
			macro_trap(g, MME_TOO_MANY_PARAMS);
			return FIFO_DONE;
		}
		if (is_data)
			param = &data;
		else
			mme_call(m, (mthd - M_CALL_MME) / 8, data);
		m->taken = !is_data;
	}
	st = mme_run(m, &mme_ops, &call, param, &param_taken, &why);
	if (st == MME_BUSY) {
		m->taken |= param_taken;
		return FIFO_BUSY;
	}
	m->taken = false;
	if (st == MME_TRAP)
		macro_trap(g, why);
	return FIFO_DONE;
}

static enum fifo_result set_object(struct gp104 *g, unsigned int subc, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	int c = gr_class_of(data & 0xffff);

	if (!gr_idle(p))
		return FIFO_BUSY;
	if (c < 0)
		return illegal_class(g, data & 0xffff);
	p->ctx->object[subc] = (int8_t)c;
	p->ctx->m[c][0] = data;
	trace(g, UNIT, "%u 0000 SET_OBJECT %s", subc, gr_class_name((enum gr_class)c));
	return FIFO_DONE;
}

static enum fifo_result fifo_method(struct gp104 *g, struct fifo_chan *chan, unsigned int subc,
				    uint32_t mthd, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	int c;

	if (p->halted || p->hung || !fifo_access(g))
		return FIFO_BUSY;
	subc %= GR_SUBCHANNELS;
	mthd &= 0x3ffc;
	p->subc = subc;
	p->mthd = mthd;
	p->data = data;
	if (mthd == 0)
		return set_object(g, subc, data);
	c = p->ctx->object[subc];
	if (c < 0)
		return illegal_class(g, 0);
	if (mthd >= M_CALL_MME && c != GR_COMPUTE && c != GR_I2M)
		return macro_method(g, subc, (enum gr_class)c, mthd, data);
	if (p->ctx->mme.running) {
		macro_trap(g, MME_TOO_FEW_PARAMS);
		return FIFO_BUSY;
	}
	return gr_method(g, subc, (enum gr_class)c, mthd, data);
}

static bool fifo_idle(struct gp104 *g, struct fifo_chan *chan)
{
	const struct gr_grid *grid;

	for (grid = g->pgraph->grids; grid; grid = grid->next)
		if (grid->sm.owner == chan)
			return false;
	return true;
}

static void fifo_load(struct gp104 *g, struct fifo_chan *chan)
{
	fecs_load(g, chan, &chan->mmu);
}

/* Context switches wait for idle: nouveau leaves compute preemption at its reset value. */
static bool fifo_unload(struct gp104 *g, struct fifo_chan *chan)
{
	struct pgraph *p = g->pgraph;

	if (p->hung || p->halted || !gr_idle(p))
		return false;
	fecs_unload(g);
	return true;
}

static void fifo_gone(struct gp104 *g, struct fifo_chan *chan)
{
	struct pgraph *p = g->pgraph;

	sm_kill_owner(p->sm, chan);
	if (p->chan == chan)
		fecs_unload(g);
}

const struct fifo_engine gr_fifo_ops = {
	.name = "gr",
	.method = fifo_method,
	.idle = fifo_idle,
	.load = fifo_load,
	.unload = fifo_unload,
	.gone = fifo_gone,
};

/* ---- topology -------------------------------------------------------------------------------- */

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

/* ---- the front end's registers --------------------------------------------------------------- */

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
	{ .addr = GPC(0, off), .name = "PGRAPH.GPC." nm, .count = GR_GPCS, .stride = 0x8000, __VA_ARGS__ }
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

/* ---- the unit -------------------------------------------------------------------------------- */

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
	struct sm_config sm = { .gpcs = g->cfg.gpcs, .tpcs = g->cfg.tpcs, .ops = &sm_ops, .opaque = g };
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
	pmmu_set_gr_ops(g, &mmu_ops);
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
	fecs_forget(g);
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

	/* The driver can make the engine fault (0x2a30): like any fatal fault, that stops its accesses. */
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
