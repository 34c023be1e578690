// SPDX-License-Identifier: MIT
/*
 * Moves, selects, predicates and the condition code as data, special registers, exchange between
 * the lanes of a warp.
 */
#include "exec.h"

#define ALU(name)							\
	static void name(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,	\
			 const uint32_t *b, const uint32_t *c)

ALU(mov)
{
	for_lanes(l)
		d[l] = a[l];
}

/* MOV's last operand: which lanes of a quad it is for (Mesa handleManualTXD) */
static enum step exec_mov_quad(struct warp *w, const struct insn *i, uint32_t mask)
{
	mask &= i->in.lanes * 0x11111111u;
	return mask ? V(exec_alu)(w, i, mask) : STEP_NEXT;
}

ALU(sel)
{
	uint32_t p = pred_mask(w, i->in.psrc[0]);

	for_lanes(l)
		d[l] = p & lane_bit[l] ? a[l] : b[l];
}

static uint32_t combine(unsigned int bop, uint32_t v, uint32_t p)
{
	return bop == SM_BOP_AND ? v & p : bop == SM_BOP_OR ? v | p : v ^ p;
}

static void set_lanes(struct warp *w, const struct insn *i, uint32_t *d, uint32_t v)
{
	uint32_t one = i->in.bf ? 0x3f800000 : FULL;

	for_lanes(l)
		d[l] = v & lane_bit[l] ? one : 0;
	w->ccout = (struct ccode) { .z = ~v, .s = i->in.bf ? 0 : v };
}

ALU(pset)
{
	uint32_t v = combine(i->in.bop, pred_mask(w, i->in.psrc[0]), pred_mask(w, i->in.psrc[1]));

	set_lanes(w, i, d, combine(i->in.bop2, v, pred_mask(w, i->in.psrc[2])));
}

ALU(psetp)
{
	uint32_t v = combine(i->in.bop, pred_mask(w, i->in.psrc[0]), pred_mask(w, i->in.psrc[1]));
	uint32_t p = pred_mask(w, i->in.psrc[2]);

	w->pout[0] = combine(i->in.bop2, v, p);
	w->pout[1] = combine(i->in.bop2, ~v, p);
}

ALU(cset)
{
	set_lanes(w, i, d, combine(i->in.bop, V(cc_lanes)(w, i->in.cctest),
				   pred_mask(w, i->in.psrc[0])));
}

ALU(csetp)
{
	uint32_t v = V(cc_lanes)(w, i->in.cctest), p = pred_mask(w, i->in.psrc[0]);

	w->pout[0] = combine(i->in.bop, v, p);
	w->pout[1] = combine(i->in.bop, ~v, p);
}

static unsigned int byte_of(unsigned int sel)
{
	return sel >= SM_SEL_B0 && sel <= SM_SEL_B3 ? sel - SM_SEL_B0 : 0;
}

/* predicates 0..6 in the low bits of a byte, masked by b */
ALU(p2r)
{
	unsigned int shift = byte_of(i->in.dsel) * 8;

	for (int l = 0; l < LANES; l++) {
		uint32_t v = 0;

		for (int n = 0; n < 7; n++)
			v |= (w->p[n] >> l & 1) << n;
		/* the bits of b say which are taken; the others come from a */
		v = ((v & b[l]) | (a[l] >> shift & ~b[l])) & 0xff;
		d[l] = (a[l] & ~(0xffu << shift)) | v << shift;
	}
}

static enum step exec_r2p(struct warp *w, const struct insn *i, uint32_t mask)
{
	const struct sm_src *which = &i->in.src[1];
	const uint32_t *a = row(w, i->s[0].row), *b;
	unsigned int shift = byte_of(i->in.src[0].sel) * 8;

	b = which->kind == SM_SRC_IMM ? i->imm[0] : row(w, i->s[1].row);
	for (int l = 0; l < LANES; l++)
		for (int n = 0; n < 7; n++) {
			if (!(mask & lane_bit[l]) || !(b[l] >> n & 1))
				continue;
			w->p[n] &= ~lane_bit[l];
			w->p[n] |= (a[l] >> shift >> n & 1) << l;
		}
	return STEP_NEXT;
}

static uint64_t timer(const struct warp *w)
{
	const struct sm_config *config = &w->sm->gpu->config;

	return config->ops->timer ? config->ops->timer(config->opaque) : 0;
}

static uint32_t tid(const struct warp *w, int l, int n)
{
	const uint32_t *dim = w->grid->block_dim;
	uint32_t t = w->index * LANES + l;

	switch (n) {
	case 0:
		return t % dim[0];
	case 1:
		return t / dim[0] % dim[1];
	default:
		return t / dim[0] / dim[1];
	}
}

/*
 * envydis gm107.c and Mesa emitSYS for the numbers; VIRTCFG and VIRTID have their fields in
 * envydis
 */
static bool sysreg(const struct warp *w, unsigned int sr, int l, uint32_t *v)
{
	const struct sm_grid *g = w->grid;

	switch (sr) {
	case SM_SR_LANEID:
		*v = l;
		break;
	case SM_SR_CLOCK:
	case SM_SR_CLOCKLO:
		*v = w->sm->clock;
		break;
	case SM_SR_CLOCKHI:
		*v = w->sm->clock >> 32;
		break;
	case SM_SR_GLOBALTIMERLO:
		*v = timer(w);
		break;
	case SM_SR_GLOBALTIMERHI:
		*v = timer(w) >> 32;
		break;
	case SM_SR_VIRTCFG:
		*v = SM_WARPS << 8 | w->sm->gpu->nsm << 20;
		break;
	case SM_SR_VIRTID:
		*v = w->slot << 8 | (uint32_t)w->sm->index << 20;
		break;
	case SM_SR_THREAD_KILL:
		*v = 0;
		break;
	case SM_SR_TID:
		*v = tid(w, l, 0) | tid(w, l, 1) << 16 | tid(w, l, 2) << 26;
		break;
	case SM_SR_TID_X:
	case SM_SR_TID_Y:
	case SM_SR_TID_Z:
		*v = tid(w, l, sr - SM_SR_TID_X);
		break;
	case SM_SR_CTAID_X:
	case SM_SR_CTAID_Y:
	case SM_SR_CTAID_Z:
		*v = w->cta->id[sr - SM_SR_CTAID_X];
		break;
	case SM_SR_NTID:
		*v = g->block_dim[0] | g->block_dim[1] << 16 | g->block_dim[2] << 26;
		break;
	case SM_SR_SWINHI:
		*v = g->shared_window >> 32;
		break;
	case SM_SR_SWINLO:
		*v = g->shared_window;
		break;
	case SM_SR_LWINHI:
		*v = g->local_window >> 32;
		break;
	case SM_SR_LWINLO:
		*v = g->local_window;
		break;
	case SM_SR_SWINSZ:
	case SM_SR_LWINSZ:
		*v = 1 << 24;
		break;
	case SM_SR_SMEMSZ:
		*v = g->shared_size;
		break;
	case SM_SR_LMEMLOSZ:
		*v = g->local_low;
		break;
	case SM_SR_LMEMHIOFF:
		*v = (1 << 24) - g->local_high;
		break;
	case SM_SR_EQMASK:
		*v = lane_bit[l];
		break;
	case SM_SR_LTMASK:
		*v = lane_bit[l] - 1;
		break;
	case SM_SR_LEMASK:
		*v = lane_bit[l] | (lane_bit[l] - 1);
		break;
	case SM_SR_GTMASK:
		*v = ~(lane_bit[l] | (lane_bit[l] - 1));
		break;
	case SM_SR_GEMASK:
		*v = ~(lane_bit[l] - 1);
		break;
	default:
		return false;
	}
	return true;
}

static enum step exec_s2r(struct warp *w, const struct insn *i, uint32_t mask)
{
	for (int l = 0; l < LANES; l++)
		if (!sysreg(w, i->in.sysreg, l, &w->tmp[0][l]))
			return exec_illegal(w, i, mask);
	V(blend)(row(w, i->d), w->tmp[0], mask);
	return STEP_NEXT;
}

static uint32_t lane_operand(struct warp *w, const struct insn *i, int k, int l)
{
	const struct sm_src *src = &i->in.src[k];

	return src->kind == SM_SRC_IMM ? src->imm : row(w, i->s[k].row)[l];
}

/*
 * PTX shfl: c has the clamp in bits 4:0 and the segment mask in bits 12:8. A lane that reads from
 * one that is not active, or from outside its segment, gets its own value; outside: predicate
 * false.
 */
static enum step exec_shfl(struct warp *w, const struct insn *i, uint32_t mask)
{
	const uint32_t *a = row(w, i->s[0].row);
	uint32_t ok = 0;

	for (int l = 0; l < LANES; l++) {
		uint32_t b = lane_operand(w, i, 1, l) & 31, c = lane_operand(w, i, 2, l);
		uint32_t seg = c >> 8 & 31, clamp = c & 31;
		uint32_t max = (l & seg) | (clamp & ~seg), min = l & seg;
		bool in;
		int j;

		switch (i->in.mode) {
		case SM_SHFL_UP:
			j = l - (int)b;
			in = j >= (int)max;
			break;
		case SM_SHFL_DOWN:
			j = l + b;
			in = j <= (int)max;
			break;
		case SM_SHFL_BFLY:
			j = l ^ b;
			in = j <= (int)max;
			break;
		default:
			j = min | (b & ~seg);
			in = j <= (int)max;
			break;
		}
		if (!in)
			j = l;
		ok |= in ? lane_bit[l] : 0;
		w->tmp[0][l] = a[j & 31];
	}
	V(blend)(row(w, i->d), w->tmp[0], mask);
	if (i->in.pdst[0] != SM_PT) {
		uint32_t *p = &w->p[i->in.pdst[0] & 7];

		*p = (*p & ~mask) | (ok & mask);
	}
	return STEP_NEXT;
}

static enum step exec_vote(struct warp *w, const struct insn *i, uint32_t mask)
{
	uint32_t v = pred_mask(w, i->in.psrc[0]) & mask, r;

	switch (i->in.mode) {
	case SM_VOTE_ALL:
		r = v == mask ? FULL : 0;
		break;
	case SM_VOTE_ANY:
		r = v ? FULL : 0;
		break;
	default:
		r = !v || v == mask ? FULL : 0;
		break;
	}
	for_lanes(l)
		w->tmp[0][l] = v;
	V(blend)(row(w, i->d), w->tmp[0], mask);
	if (i->in.pdst[0] != SM_PT) {
		uint32_t *p = &w->p[i->in.pdst[0] & 7];

		*p = (*p & ~mask) | (r & mask);
	}
	return STEP_NEXT;
}

/* LEPC: the address of the instruction behind it, relative to the program region */
static enum step exec_lepc(struct warp *w, const struct insn *i, uint32_t mask)
{
	for_lanes(l)
		w->tmp[0][l] = w->pc + SM_INSN_BYTES - w->grid->program_region;
	V(blend)(row(w, i->d), w->tmp[0], mask);
	return STEP_NEXT;
}

static bool lower_rows(struct insn *i, exec_fn fn)
{
	i->exec = fn;
	for (int k = 0; k < 3; k++) {
		if (i->in.src[k].kind == SM_SRC_REG)
			lower_regs(i, i->in.src[k].reg, 1);
		if (i->in.src[k].kind == SM_SRC_IMM && k == 1) {
			for_lanes(l)
				i->imm[0][l] = i->in.src[k].imm;
		}
	}
	lower_regs(i, i->in.dst, 1);
	return true;
}

static bool lower_mov(struct insn *i)
{
	if (i->in.lanes == 0xf)
		return LOWER_ALU(i, mov);
	LOWER_ALU(i, mov);
	i->exec = exec_mov_quad;
	/* exec_alu's operands are checked where exec is exec_alu only */
	if (i->in.src[0].kind == SM_SRC_CBUF)
		return lower_refuse(i, "quad lanes with a constant");
	lower_rows(i, exec_mov_quad);
	for_lanes(l)
		i->imm[0][l] = i->in.src[0].imm;
	return true;
}

bool V(lower_misc)(struct insn *i)
{
	switch (i->in.op) {
	case SM_OP_MOV:
		return lower_mov(i);
	case SM_OP_SEL:
		return LOWER_ALU(i, sel);
	case SM_OP_PSET:
		return LOWER_ALU(i, pset);
	case SM_OP_PSETP:
		return LOWER_ALU(i, psetp);
	case SM_OP_CSET:
	case SM_OP_CSETP:
		if (i->in.cctest > SM_CC_OFT)
			return lower_refuse(i, "condition-code test");
		return LOWER_ALU(i, i->in.op == SM_OP_CSET ? cset : csetp);
	case SM_OP_P2R:
		if (i->in.mode != SM_P2R_PR)
			return lower_refuse(i, "CC");
		return LOWER_ALU(i, p2r);
	case SM_OP_R2P:
		if (i->in.mode != SM_P2R_PR || i->in.src[1].kind == SM_SRC_CBUF)
			return lower_refuse(i, "operand");
		return lower_rows(i, exec_r2p);
	case SM_OP_S2R:
	case SM_OP_CS2R:
		i->why = "special register";
		return lower_rows(i, exec_s2r);
	case SM_OP_SHFL:
		return lower_rows(i, exec_shfl);
	case SM_OP_VOTE:
		return lower_rows(i, exec_vote);
	case SM_OP_LEPC:
		return lower_rows(i, exec_lepc);
	default:
		return false;
	}
}
