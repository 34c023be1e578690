// SPDX-License-Identifier: MIT
/*
 * Atomics on global and shared memory. As with loads and stores every lane is translated first: an
 * instruction that waits for a page has not been applied to any. Lanes go in order, each with one
 * of the host's atomic operations, so that they are atomic towards the guest's CPUs too.
 */
#include "exec.h"
#include "fp.h"

static bool wide(unsigned int type)
{
	return type == SM_U64 || type == SM_S64 || type == SM_B64;
}

static uint64_t apply(unsigned int op, unsigned int type, uint64_t old, uint64_t v)
{
	switch (op) {
	case SM_ATOM_ADD:
		if (type == SM_F32)
			return canon32(flush32(as_u32(as_f32(flush32(old)) +
						      as_f32(flush32(v)))));
		return old + v;
	case SM_ATOM_MIN:
		if (type == SM_S32)
			return (int32_t)v < (int32_t)old ? v : old;
		if (type == SM_S64)
			return (int64_t)v < (int64_t)old ? v : old;
		return v < old ? v : old;
	case SM_ATOM_MAX:
		if (type == SM_S32)
			return (int32_t)v > (int32_t)old ? v : old;
		if (type == SM_S64)
			return (int64_t)v > (int64_t)old ? v : old;
		return v > old ? v : old;
	case SM_ATOM_INC:
		return old >= v ? 0 : old + 1;
	case SM_ATOM_DEC:
		return !old || old > v ? v : old - 1;
	case SM_ATOM_AND:
		return old & v;
	case SM_ATOM_OR:
		return old | v;
	case SM_ATOM_XOR:
		return old ^ v;
	default:
		return v;
	}
}

uint32_t V(atom32)(const struct insn *i, void *p, uint32_t v, uint32_t swap)
{
	uint32_t old = load32(p);

	if (i->in.atom == SM_ATOM_CAS) {
		old = v;
		__atomic_compare_exchange_n((uint32_t *)p, &old, swap, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
		return old;
	}
	if (i->in.atom == SM_ATOM_ADD && i->in.dtype != SM_F32)
		return __atomic_fetch_add((uint32_t *)p, v, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n((uint32_t *)p, &old,
					    (uint32_t)apply(i->in.atom, i->in.dtype, old, v), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return old;
}

uint64_t V(atom64)(const struct insn *i, void *p, uint64_t v, uint64_t swap)
{
	uint64_t old = __atomic_load_n((uint64_t *)p, __ATOMIC_RELAXED);

	if (i->in.atom == SM_ATOM_CAS) {
		old = v;
		__atomic_compare_exchange_n((uint64_t *)p, &old, swap, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
		return old;
	}
	while (!__atomic_compare_exchange_n((uint64_t *)p, &old,
					    apply(i->in.atom, i->in.dtype, old, v), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return old;
}

/* addresses, translated; STEP_NEXT if all of them are there */
static enum step atom_pages(struct warp *w, const struct insn *i, uint32_t mask,
			    unsigned int bytes)
{
	const uint32_t *lo = row(w, i->s[0].row);
	const uint32_t *hi = lo + (i->s[0].row == ROW_ZERO ? 0 : LANES);
	uint64_t bad = 0;

	for_lanes(l)
		w->addr[l] = i->in.e ? ((uint64_t)hi[l] << 32 | lo[l]) + (int64_t)i->in.offset :
				       (uint32_t)(lo[l] + (uint32_t)i->in.offset);
	for (uint32_t m = mask; m; m &= m - 1)
		bad |= w->addr[__builtin_ctz(m)] & (bytes - 1);
	if (bad)
		return warp_trap(w, SM_TRAP_MISALIGNED_ADDR, w->addr[__builtin_ctz(mask)],
				 "%s of %u bytes", sm_op_name(i->in.op), bytes);
	if (i->in.op != SM_OP_ATOMS)
		return V(mem_pages)(w, i, mask, SM_ATOMIC, bytes);
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint64_t offset = w->addr[l];

		if (offset > w->cta->shared_size || w->cta->shared_size - offset < bytes)
			return warp_trap(w, SM_TRAP_OOR_ADDR, offset,
					 "ATOMS: shared address is out of range");
		w->ptr[l] = w->cta->shared + offset;
	}
	return STEP_NEXT;
}

static uint64_t pair(const uint32_t *r, int l)
{
	return (uint64_t)r[LANES + l] << 32 | r[l];
}

static enum step exec_atom(struct warp *w, const struct insn *i, uint32_t mask)
{
	bool two = wide(i->in.dtype);
	const uint32_t *v = row(w, i->s[1].row), *swap = row(w, i->s[2].row);
	uint32_t *d = row(w, i->d);
	enum step step = atom_pages(w, i, mask, two ? 8 : 4);

	if (step != STEP_NEXT)
		return step;
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint64_t old;

		if (two)
			old = V(atom64)(i, w->ptr[l], pair(v, l), pair(swap, l));
		else
			old = V(atom32)(i, w->ptr[l], v[l], swap[l]);
		w->tmp[0][l] = old;
		w->tmp[1][l] = old >> 32;
	}
	if (i->in.op == SM_OP_RED)
		return STEP_NEXT;
	V(blend)(d, w->tmp[0], mask);
	if (two)
		V(blend)(d + LANES, w->tmp[1], mask);
	return STEP_NEXT;
}

static bool type_known(const struct sm_insn *in)
{
	switch (in->dtype) {
	case SM_U32:
	case SM_S32:
	case SM_B32:
		return true;
	case SM_U64:
	case SM_S64:
	case SM_B64:
		return in->atom != SM_ATOM_INC && in->atom != SM_ATOM_DEC;
	case SM_F32:
		return in->atom == SM_ATOM_ADD || in->atom == SM_ATOM_EXCH;
	default:
		return false;
	}
}

bool V(lower_atom)(struct insn *i)
{
	const struct sm_insn *in = &i->in;
	unsigned int words = wide(in->dtype) ? 2 : 1;

	if (in->op != SM_OP_ATOM && in->op != SM_OP_ATOMS && in->op != SM_OP_RED)
		return false;
	if (in->atom == SM_ATOM_SAFEADD || in->atom == SM_ATOM_CAST ||
	    in->atom == SM_ATOM_CAST_SPIN)
		return lower_refuse(i, "operation");
	if (!type_known(in))
		return lower_refuse(i, "type");
	i->exec = exec_atom;
	if (!lower_regs(i, in->src[0].reg, in->e ? 2 : 1) ||
	    !lower_regs(i, in->src[1].reg, words) || !lower_regs(i, in->dst, words))
		return true;
	if (in->atom == SM_ATOM_CAS)
		lower_regs(i, in->src[2].reg, words);
	return true;
}
