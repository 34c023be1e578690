// SPDX-License-Identifier: MIT
/*
 * pgraph-fe.c - the front end: methods come from host or from a macro, and go to the class whose
 * object is on their subchannel.
 */
#include "pgraph.h"
#include "pgraph-regs.h"
#include "ptimer.h"

#define UNIT	"pgraph"

/* Present in every class at the same place, and without a function of its own here. */
#define M_NO_OPERATION			0x0100
#define M_SET_NOTIFY			0x0104
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

/* A notifier: the time, then 32 bits of information and a status of 0, done. */
static enum fifo_result notify(struct gp104 *g, enum gr_class c, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	uint64_t notifier[2] = { ptimer_now(g), 0 };
	enum mmu_result r;

	if (!gr_idle(p))
		return FIFO_BUSY;
	r = pmmu_write(g, &p->mmu, gr_addr(gr_state(p, c), M_SET_NOTIFY), notifier,
		       sizeof(notifier), &gr_client_fe);
	if (r == MMU_OK && data == 1)
		gr_raise_intr(g, GR_INTR_NOTIFY);
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
			 const struct gr_method *m, unsigned int index, uint32_t mthd,
			 uint32_t data)
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
		return gr_illegal_class(g, data & 0xffff);
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

	if (p->halted || p->hung || !gr_fifo_access(g))
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
		return gr_illegal_class(g, 0);
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
