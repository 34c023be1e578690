// SPDX-License-Identifier: MIT
/*
 * Branches, calls, the instructions that work the divergence stack (warp.c), and barriers.
 */
#include "exec.h"

/* lanes for which the condition-code test of a flow instruction holds */
static uint32_t cc_test(const struct warp *w, unsigned int test)
{
	const struct ccode *cc = &w->cc;
	uint32_t lt = cc->s ^ cc->o;	/* after a subtraction that may have overflowed */
	uint32_t v = 0;

	switch (test) {
	case SM_CC_F:
		return 0;
	case SM_CC_T:
		return FULL;
	case SM_CC_OFF:
		return ~cc->o;
	case SM_CC_LO:
		return ~cc->c;
	case SM_CC_SFF:
		return ~cc->s;
	case SM_CC_LS:
		return cc->z | ~cc->c;
	case SM_CC_HI:
		return cc->c & ~cc->z;
	case SM_CC_SFT:
		return cc->s;
	case SM_CC_HS:
		return cc->c;
	case SM_CC_OFT:
		return cc->o;
	default:
		break;
	}
	/* less, equal, greater, unordered as in a comparison; Z and S together mean unordered */
	if (test & 1)
		v |= lt & ~cc->z;
	if (test & 2)
		v |= cc->z & ~cc->s;
	if (test & 4)
		v |= ~lt & ~cc->z;
	if (test & 8)
		v |= cc->z & cc->s;
	return v;
}

uint32_t V(cc_lanes)(const struct warp *w, unsigned int test)
{
	return cc_test(w, test);
}

static bool cc_known(unsigned int test)
{
	return test <= SM_CC_OFT;
}

static enum step stack_full(struct warp *w, const struct insn *i)
{
	return warp_trap(w, SM_TRAP_STACK_ERROR, 0, "%s: divergence stack is full (%u tokens)",
			 sm_op_name(i->in.op), w->depth);
}

/*
 * lanes in "taken" go to target; the others, if any, wait in a DIV token for their turn at "other"
 */
static enum step branch(struct warp *w, const struct insn *i, uint32_t taken, uint64_t target,
			uint64_t other)
{
	uint32_t rest = w->active & ~taken;

	if (rest && !stack_push(w, TOKEN_DIV, other, rest))
		return stack_full(w, i);
	w->active = taken;
	w->pc = target;
	return STEP_JUMP;
}

static uint64_t next_pc(const struct warp *w)
{
	return w->pc + SM_INSN_BYTES;	/* a control word there is stepped over, see run() */
}

static bool target(struct warp *w, const struct insn *i, bool absolute, uint64_t *pc,
		   enum step *step)
{
	const struct sm_src *src = &i->in.src[0];
	uint32_t v;

	if (src->kind != SM_SRC_CBUF) {
		*pc = i->in.target + (absolute ? w->grid->program_region : 0);
		return true;
	}
	*step = lsu_cbuf(w, src->slot, src->offset, &v);
	if (*step != STEP_NEXT)
		return false;
	*pc = absolute ? w->grid->program_region + v : next_pc(w) + (int32_t)v;
	return true;
}

static bool is_absolute(const struct insn *i)
{
	return i->in.op == SM_OP_JMP || i->in.op == SM_OP_JCAL || i->in.op == SM_OP_JMX;
}

static enum step exec_bra(struct warp *w, const struct insn *i, uint32_t mask)
{
	enum step step = STEP_NEXT;
	uint64_t pc;

	mask &= cc_test(w, i->in.cctest);
	if (!mask)
		return STEP_NEXT;
	if (!target(w, i, is_absolute(i), &pc, &step))
		return step;
	return branch(w, i, mask, pc, next_pc(w));
}

/*
 * BRX, JMX: each lane has its own target. The lanes that go where the first one goes do so; the
 * others issue the instruction again in their turn.
 */
static enum step exec_brx(struct warp *w, const struct insn *i, uint32_t mask)
{
	const struct sm_src *src = &i->in.src[0];
	const uint32_t *r = row(w, reg_row(src->reg));
	uint32_t rest, same = 0, value;
	uint64_t pc;
	int first;

	mask &= cc_test(w, i->in.cctest);
	if (!mask)
		return STEP_NEXT;
	first = __builtin_ctz(mask);
	for (int l = 0; l < LANES; l++)
		same |= r[l] == r[first] ? lane_bit[l] : 0;
	same &= mask;
	rest = mask & ~same;
	if (rest && !stack_push(w, TOKEN_DIV, w->pc, rest))
		return stack_full(w, i);
	if (src->kind == SM_SRC_CBUF) {
		enum step step = lsu_cbuf(w, src->slot, r[first] + src->offset, &value);

		if (step != STEP_NEXT) {
			w->depth -= !!rest;
			return step;
		}
	} else {
		value = r[first] + (uint32_t)i->in.offset;
	}
	w->active &= ~rest;
	pc = is_absolute(i) ? w->grid->program_region + value : next_pc(w) + (int32_t)value;
	return branch(w, i, same, pc, next_pc(w));
}

static enum step push_at(struct warp *w, const struct insn *i, enum token_kind kind)
{
	enum step step = STEP_NEXT;
	uint64_t pc;

	if (!target(w, i, false, &pc, &step))
		return step;
	return stack_push(w, kind, pc, w->active) ? STEP_NEXT : stack_full(w, i);
}

static enum step exec_ssy(struct warp *w, const struct insn *i, uint32_t mask)
{
	return push_at(w, i, TOKEN_SSY);
}

static enum step exec_pbk(struct warp *w, const struct insn *i, uint32_t mask)
{
	return push_at(w, i, TOKEN_PBK);
}

static enum step exec_pcnt(struct warp *w, const struct insn *i, uint32_t mask)
{
	return push_at(w, i, TOKEN_PCNT);
}

static enum step exec_pret(struct warp *w, const struct insn *i, uint32_t mask)
{
	return push_at(w, i, TOKEN_CAL);
}

static enum step exec_cal(struct warp *w, const struct insn *i, uint32_t mask)
{
	enum step step = STEP_NEXT;
	uint64_t pc;

	if (!target(w, i, is_absolute(i), &pc, &step))
		return step;
	/* .NOINC is about the API's limit of calls, which is not counted here */
	if (!stack_push(w, TOKEN_CAL, next_pc(w), mask))
		return stack_full(w, i);
	return branch(w, i, mask, pc, next_pc(w));
}

static enum step leave(struct warp *w, const struct insn *i, uint32_t mask, enum token_kind kind,
		       unsigned int error)
{
	mask &= cc_test(w, i->in.cctest);
	if (!mask)
		return STEP_NEXT;
	if (!stack_leave(w, kind, mask))
		return warp_trap(w, error, 0, "%s without a token on the divergence stack",
				 sm_op_name(i->in.op));
	return w->active ? STEP_NEXT : STEP_EXIT;
}

static enum step exec_sync(struct warp *w, const struct insn *i, uint32_t mask)
{
	return leave(w, i, mask, TOKEN_SSY, SM_TRAP_STACK_ERROR);
}

static enum step exec_brk(struct warp *w, const struct insn *i, uint32_t mask)
{
	return leave(w, i, mask, TOKEN_PBK, SM_TRAP_STACK_ERROR);
}

static enum step exec_cont(struct warp *w, const struct insn *i, uint32_t mask)
{
	return leave(w, i, mask, TOKEN_PCNT, SM_TRAP_STACK_ERROR);
}

static enum step exec_ret(struct warp *w, const struct insn *i, uint32_t mask)
{
	return leave(w, i, mask, TOKEN_CAL, SM_TRAP_RET_EMPTY_STACK);
}

static enum step exec_exit(struct warp *w, const struct insn *i, uint32_t mask)
{
	mask &= cc_test(w, i->in.cctest);
	stack_exit(w, mask);
	return w->active ? STEP_NEXT : STEP_EXIT;
}

/*
 * SAM switches all live lanes of each quad on, for derivatives (Mesa handleManualTXD); RAM undoes
 * it
 */
static enum step exec_sam(struct warp *w, const struct insn *i, uint32_t mask)
{
	uint32_t quad = w->active;

	if (w->in_sam)
		return STEP_NEXT;
	quad |= (quad & 0x55555555) << 1 | (quad & 0xaaaaaaaa) >> 1;
	quad |= (quad & 0x33333333) << 2 | (quad & 0xcccccccc) >> 2;
	w->in_sam = true;
	w->sam = w->active;
	w->active = quad;
	return STEP_NEXT;
}

static enum step exec_ram(struct warp *w, const struct insn *i, uint32_t mask)
{
	if (w->in_sam)
		w->active = w->sam & w->live;
	w->in_sam = false;
	return w->active ? STEP_NEXT : STEP_EXIT;
}

static enum step exec_nop(struct warp *w, const struct insn *i, uint32_t mask)
{
	return STEP_NEXT;
}

static enum step exec_bpt(struct warp *w, const struct insn *i, uint32_t mask)
{
	return warp_trap(w, SM_TRAP_ILLEGAL_PARAM, 0, "BPT %u", i->in.value);
}

static uint32_t scalar(const struct warp *w, const struct sm_src *src, uint32_t mask)
{
	if (src->kind == SM_SRC_IMM)
		return src->imm;
	if (src->kind != SM_SRC_REG)
		return 0;
	return row((struct warp *)w, reg_row(src->reg))[__builtin_ctz(mask)];
}

static enum step exec_bar(struct warp *w, const struct insn *i, uint32_t mask)
{
	uint32_t id = scalar(w, &i->in.src[0], mask);
	uint32_t threads = scalar(w, &i->in.src[1], mask);

	if (id >= SM_BARRIERS || threads > SM_CTA_THREADS)
		return warp_trap(w, SM_TRAP_ILLEGAL_PARAM, 0, "BAR: barrier %u, %u threads", id,
				 threads);
	barrier_arrive(w, id, threads, i->in.mode != SM_BAR_ARV, pred_mask(w, i->in.psrc[0]));
	return STEP_WAIT;
}

static exec_fn flow_fn(unsigned int op)
{
	switch (op) {
	case SM_OP_BRA:
	case SM_OP_JMP:
		return exec_bra;
	case SM_OP_BRX:
	case SM_OP_JMX:
		return exec_brx;
	case SM_OP_CAL:
	case SM_OP_JCAL:
		return exec_cal;
	case SM_OP_RET:
		return exec_ret;
	case SM_OP_PRET:
		return exec_pret;
	case SM_OP_SSY:
		return exec_ssy;
	case SM_OP_SYNC:
		return exec_sync;
	case SM_OP_PBK:
		return exec_pbk;
	case SM_OP_BRK:
		return exec_brk;
	case SM_OP_PCNT:
		return exec_pcnt;
	case SM_OP_CONT:
		return exec_cont;
	case SM_OP_EXIT:
	case SM_OP_KIL:
		return exec_exit;
	case SM_OP_SAM:
		return exec_sam;
	case SM_OP_RAM:
		return exec_ram;
	case SM_OP_NOP:
	case SM_OP_DEPBAR:
		return exec_nop;
	case SM_OP_BPT:
		return exec_bpt;
	case SM_OP_BAR:
		return exec_bar;
	default:
		return NULL;
	}
}

bool V(lower_flow)(struct insn *i)
{
	i->exec = flow_fn(i->in.op);
	if (!i->exec)
		return false;
	if (!cc_known(i->in.cctest))
		return lower_refuse(i, "condition-code test");
	if (i->in.op == SM_OP_BAR && i->in.mode == SM_BAR_SCAN)
		return lower_refuse(i, "BAR.SCAN");
	for (int k = 0; k < 2; k++)
		if (i->in.src[k].kind == SM_SRC_REG ||
		    (i->in.src[k].kind == SM_SRC_CBUF && i->in.src[k].reg != SM_RZ))
			lower_regs(i, i->in.src[k].reg, 1);
	return true;
}
