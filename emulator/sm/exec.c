// SPDX-License-Identifier: MIT
/*
 * The loop that runs a warp, operands of arithmetic, and the choice of the function that executes
 * an instruction. Compiled once per variant, see exec.h.
 */
#include "exec.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

uint32_t V(sign_mask)(const uint32_t *v)
{
	uint32_t m = 0;

#if defined(__AVX2__)
	for (int l = 0; l < LANES; l += 8) {
		__m256i x = _mm256_loadu_si256((const void *)(v + l));

		m |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(x)) << l;
	}
#elif defined(__SSE2__)
	for (int l = 0; l < LANES; l += 4) {
		__m128i x = _mm_loadu_si128((const void *)(v + l));

		m |= (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(x)) << l;
	}
#else
	for (int l = 0; l < LANES; l++)
		m |= (v[l] >> 31) << l;
#endif
	return m;
}

void V(blend)(uint32_t *d, const uint32_t *s, uint32_t mask)
{
	for_lanes(l)
		d[l] = mask & lane_bit[l] ? s[l] : d[l];
}

static bool cbuf_row(struct warp *w, const struct insn *i, int k, enum step *step)
{
	const struct sm_src *src = &i->in.src[k];

	for (int n = 0; n < i->s[k].words; n++) {
		uint32_t *d = w->cbuf[k][n], v;

		*step = lsu_cbuf(w, src->slot, src->offset + 4 * n, &v);
		if (*step != STEP_NEXT)
			return false;
		for_lanes(l)
			d[l] = v;
	}
	return true;
}

static inline const uint32_t *operand(struct warp *w, const struct insn *i, int k,
				      enum step *step)
{
	switch (i->s[k].kind) {
	case SM_SRC_IMM:
		return i->imm[0];
	case SM_SRC_CBUF:
		return cbuf_row(w, i, k, step) ? w->cbuf[k][0] : NULL;
	default:
		return row(w, i->s[k].row);
	}
}

static void merge(uint32_t *d, uint32_t v, uint32_t mask)
{
	*d = (*d & ~mask) | (v & mask);
}

static void commit_pred(struct warp *w, const struct insn *i, uint32_t mask)
{
	for (int n = 0; n < 2; n++)
		if (i->in.pdst[n] != SM_PT)
			merge(&w->p[i->in.pdst[n] & 7], w->pout[n], mask);
}

static void commit_cc(struct warp *w, uint32_t mask)
{
	merge(&w->cc.z, w->ccout.z, mask);
	merge(&w->cc.s, w->ccout.s, mask);
	merge(&w->cc.c, w->ccout.c, mask);
	merge(&w->cc.o, w->ccout.o, mask);
}

enum step V(exec_alu)(struct warp *w, const struct insn *i, uint32_t mask)
{
	enum step step = STEP_NEXT;
	const uint32_t *a = operand(w, i, 0, &step);
	const uint32_t *b = operand(w, i, 1, &step);
	const uint32_t *c = operand(w, i, 2, &step);

	if (unlikely(!a || !b || !c))
		return step;
	if (likely(mask == FULL)) {
		i->alu(w, i, row(w, i->d), a, b, c);
	} else {
		i->alu(w, i, w->tmp[0], a, b, c);
		for (int n = 0; n < i->dwords; n++)
			V(blend)(row(w, i->d + n), w->tmp[n], mask);
	}
	if (i->pout)
		commit_pred(w, i, mask);
	if (i->in.cc)
		commit_cc(w, mask);
	return STEP_NEXT;
}

static bool lower_operands(struct insn *i)
{
	const struct sm_insn *in = &i->in;

	for (int k = 0; k < 3; k++) {
		const struct sm_src *src = &in->src[k];
		struct operand *s = &i->s[k];

		switch (src->kind) {
		case SM_SRC_REG:
			if (!lower_regs(i, src->reg, s->words))
				return false;
			break;
		case SM_SRC_CBUF:
			if (src->reg != SM_RZ && src->reg)
				return lower_refuse(i, "indexed constant operand"), false;
			if (src->offset & 3 || src->offset < 0) {
				i->trap_code = SM_TRAP_MISALIGNED_IMMC;
				return lower_refuse(i, "misaligned constant operand"), false;
			}
			break;
		case SM_SRC_IMM:
			for_lanes(l)
				i->imm[0][l] = src->imm;
			for_lanes(l)
				i->imm[1][l] = src->imm >> 32;
			break;
		default:
			break;
		}
	}
	return lower_regs(i, in->dst, i->dwords);
}

static bool V(lower)(struct insn *i)
{
	const struct sm_insn *in = &i->in;

	i->guard = in->guard.idx & 7;
	i->guard_xor = in->guard.neg ? FULL : 0;
	i->d = dst_row(in->dst);
	i->dwords = 1;
	i->pout = in->pdst[0] != SM_PT || in->pdst[1] != SM_PT;
	for (int k = 0; k < 3; k++) {
		struct operand *s = &i->s[k];

		s->kind = in->src[k].kind;
		s->row = s->kind == SM_SRC_REG ? reg_row(in->src[k].reg) : ROW_ZERO;
		s->words = 1;
		s->keep = FULL;
	}
	if (!V(lower_int)(i) && !V(lower_float)(i) && !V(lower_double)(i) && !V(lower_half)(i) &&
	    !V(lower_convert)(i) && !V(lower_misc)(i) && !V(lower_mem)(i) && !V(lower_atom)(i) &&
	    !V(lower_flow)(i) && !V(lower_tex)(i) && !V(lower_surf)(i))
		return false;
	if (i->exec == V(exec_alu))
		lower_operands(i);
	return true;
}

static inline uint64_t behind(uint64_t pc)
{
	pc += SM_INSN_BYTES;
	/* the first word of a bundle is its control word */
	return pc & (SM_BUNDLE_BYTES - 1) ? pc : pc + SM_INSN_BYTES;
}

static enum step no_lanes(struct warp *w)
{
	if (stack_pop(w))
		return STEP_JUMP;
	if (!w->live)
		return STEP_EXIT;
	return warp_trap(w, SM_TRAP_STACK_ERROR, 0,
			 "divergence stack is empty, lanes %08x are left", w->live);
}

static uint64_t V(run)(struct warp *w, uint64_t budget)
{
	uint64_t n = 0;

	while (n < budget) {
		const struct insn *i = NULL;
		enum step step = STEP_NEXT;
		uint32_t mask;

		if (likely((w->pc & ~PAGE_MASK) == w->page_va && !(w->pc & 7)))
			i = w->page->insn[(w->pc & PAGE_MASK) / 8];
		if (unlikely(!i)) {
			i = code_fetch(w, &step);
			if (!i)
				return n;
		}
		if (unlikely(i->regs > w->nregs)) {
			warp_trap(w, SM_TRAP_OOR_REG, 0, "%s uses R%u, the grid has %u",
				  sm_op_name(i->in.op), i->regs - 1, w->nregs);
			return n;
		}
		n++;
		mask = w->active & (w->p[i->guard] ^ i->guard_xor);
		if (mask)
			step = i->exec(w, i, mask);
		if (likely(step == STEP_NEXT)) {
			w->thread_insns += __builtin_popcount(mask);
			w->pc = behind(w->pc);
			continue;
		}
		if (step == STEP_STALL || step == STEP_TRAP)
			return n;
		w->thread_insns += __builtin_popcount(mask);
		if (step == STEP_WAIT) {
			w->pc = behind(w->pc);
			if (w->state != WARP_READY)
				return n;
			continue;
		}
		if (step == STEP_EXIT)
			step = no_lanes(w);
		if (step == STEP_EXIT || step == STEP_TRAP)
			return n;
		if (!(w->pc & (SM_BUNDLE_BYTES - 1)))
			w->pc += SM_INSN_BYTES;
	}
	return n;
}

const struct variant V(variant) = {
	.name = "" SM_VARIANT_NAME,
	.run = V(run),
	.lower = V(lower),
};
