// SPDX-License-Identifier: MIT
/*
 * Loads and stores. All lanes are translated before the first one is read or written, so that a
 * instruction that waits for a page has done nothing yet and can be issued again.
 *
 * Local memory of a warp is interleaved in units of 16 bytes: lane l has its bytes 16n..16n+15 at
 * 512n + 16l. (The hardware interleaves too; its layout is not visible to programs.)
 */
#include "exec.h"

/* of shared and of local memory in the generic address space */
#define WINDOW_BYTES (1ull << 24)
#define LOCAL_UNIT 16

/* w->addr[] of all lanes; 64 bits from a register pair with .E */
static void addresses(struct warp *w, const struct insn *i)
{
	const uint32_t *lo = row(w, i->s[0].row);
	const int64_t offset = i->in.offset;

	if (i->in.e) {
		const uint32_t *hi = lo + (i->s[0].row == ROW_ZERO ? 0 : LANES);

		for_lanes(l)
			w->addr[l] = ((uint64_t)hi[l] << 32 | lo[l]) + offset;
	} else {
		for_lanes(l)
			w->addr[l] = (uint32_t)(lo[l] + (uint32_t)offset);
	}
}

static bool aligned(struct warp *w, uint32_t mask, unsigned int bytes)
{
	uint64_t bad = 0;

	for (int l = 0; l < LANES; l++)
		bad |= mask & lane_bit[l] ? w->addr[l] : 0;
	return !(bad & (bytes - 1));
}

static enum step misaligned(struct warp *w, const struct insn *i, uint32_t mask,
			    unsigned int bytes)
{
	for (; mask; mask &= mask - 1)
		if (w->addr[__builtin_ctz(mask)] & (bytes - 1))
			break;
	return warp_trap(w, SM_TRAP_MISALIGNED_ADDR, mask ? w->addr[__builtin_ctz(mask)] : 0,
			 "%s of %u bytes", sm_op_name(i->in.op), bytes);
}

static enum step out_of_range(struct warp *w, const struct insn *i, uint64_t offset,
			      const char *space)
{
	return warp_trap(w, SM_TRAP_OOR_ADDR, offset, "%s: %s address 0x%llx is out of range",
			 sm_op_name(i->in.op), space, (unsigned long long)offset);
}

static uint32_t window_lanes(const struct warp *w, uint32_t mask, uint64_t base)
{
	return mask & mask_where(w->addr[l] - base < WINDOW_BYTES);
}

/* host pointers of lanes that address shared memory */
static enum step shared_pages(struct warp *w, const struct insn *i, uint32_t mask, uint64_t base,
			      unsigned int bytes)
{
	const struct cta *cta = w->cta;

	for (; mask; mask &= mask - 1) {
		int l = __builtin_ctz(mask);
		uint64_t offset = w->addr[l] - base;

		if (offset > cta->shared_size || cta->shared_size - offset < bytes)
			return out_of_range(w, i, offset, "shared");
		w->ptr[l] = cta->shared + offset;
	}
	return STEP_NEXT;
}

/*
 * lanes that address local memory get virtual addresses instead: low from 0 up, high from 16 MiB
 * down
 */
static enum step local_addresses(struct warp *w, const struct insn *i, uint32_t mask, uint64_t base,
				 unsigned int bytes)
{
	const struct sm_grid *g = w->grid;
	uint64_t high = WINDOW_BYTES - g->local_high;

	for (; mask; mask &= mask - 1) {
		int l = __builtin_ctz(mask);
		uint64_t offset = (w->addr[l] - base) & (WINDOW_BYTES - 1);

		if (offset >= high && offset <= WINDOW_BYTES - bytes)
			offset = g->local_low + (offset - high);
		else if (offset > g->local_low || g->local_low - offset < bytes)
			return out_of_range(w, i, offset, "local");
		w->addr[l] = w->local + offset / LOCAL_UNIT * LOCAL_UNIT * LANES +
			     (uint64_t)l * LOCAL_UNIT + offset % LOCAL_UNIT;
	}
	return STEP_NEXT;
}

/* generic addresses: host pointers of all lanes of the mask */
enum step V(mem_pages)(struct warp *w, const struct insn *i, uint32_t mask, enum sm_access access,
		       unsigned int bytes)
{
	const struct sm_grid *g = w->grid;
	uint32_t shared = window_lanes(w, mask, g->shared_window);
	uint32_t local = window_lanes(w, mask, g->local_window);
	enum step step;

	if (likely(!(shared | local)))
		return lsu_pages(w, mask, access, SM_UNIT_TEX);
	if (local && access == SM_ATOMIC)
		return warp_trap(w, SM_TRAP_INVALID_ADDR_SPACE, w->addr[__builtin_ctz(local)],
				 "%s on local memory", sm_op_name(i->in.op));
	step = shared_pages(w, i, shared, g->shared_window, bytes);
	if (step == STEP_NEXT)
		step = local_addresses(w, i, local, g->local_window, bytes);
	if (step == STEP_NEXT)
		step = lsu_pages(w, mask & ~shared, access, SM_UNIT_TEX);
	return step;
}

static enum step pages(struct warp *w, const struct insn *i, uint32_t mask, enum sm_access access,
		       unsigned int bytes)
{
	enum step step;

	if (unlikely(!aligned(w, mask, bytes)))
		return misaligned(w, i, mask, bytes);
	switch (i->in.op) {
	case SM_OP_LDS:
	case SM_OP_STS:
		return shared_pages(w, i, mask, 0, bytes);
	case SM_OP_LDL:
	case SM_OP_STL:
		step = local_addresses(w, i, mask, 0, bytes);
		return step == STEP_NEXT ? lsu_pages(w, mask, access, SM_UNIT_TEX) : step;
	case SM_OP_LDG:
	case SM_OP_STG:
		return lsu_pages(w, mask, access, SM_UNIT_TEX);
	default:
		return V(mem_pages)(w, i, mask, access, bytes);
	}
}

static uint32_t load_part(const uint8_t *p, unsigned int type)
{
	switch (type) {
	case SM_U8:
		return __atomic_load_n(p, __ATOMIC_RELAXED);
	case SM_S8:
		return (int8_t)__atomic_load_n(p, __ATOMIC_RELAXED);
	case SM_U16:
		return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
	case SM_S16:
		return (int16_t)__atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
	default:
		return load32(p);
	}
}

/* all lanes, in consecutive words of one page: the host address, or NULL */
static uint8_t *contiguous(struct warp *w, const struct insn *i, uint32_t mask,
			   enum sm_access access)
{
	uint64_t first = w->addr[0], differ = 0;
	uint8_t *host;

	if (mask != FULL || (first & PAGE_MASK) > PAGE_BYTES - 4 * LANES || first & 3)
		return NULL;
	for_lanes(l)
		differ |= w->addr[l] ^ (first + 4 * l);
	if (differ || first - w->grid->shared_window < WINDOW_BYTES ||
	    first - w->grid->local_window < WINDOW_BYTES)
		return NULL;
	return tlb_hit(w->sm, w->grid->space, first, access, &host) ? host : NULL;
}

static enum step exec_load(struct warp *w, const struct insn *i, uint32_t mask)
{
	unsigned int bytes = type_bytes(i->in.dtype), words = bytes / 4 ? bytes / 4 : 1;
	enum step step;

	addresses(w, i);
	step = pages(w, i, mask, SM_READ, bytes);
	if (step != STEP_NEXT)
		return step;
	for (unsigned int n = 0; n < words; n++) {
		uint32_t *d = row(w, i->d + (i->d == ROW_SINK ? 0 : n));

		for (uint32_t m = mask; m; m &= m - 1) {
			int l = __builtin_ctz(m);

			d[l] = load_part(w->ptr[l] + 4 * n, i->in.dtype);
		}
	}
	return STEP_NEXT;
}

static enum step exec_store(struct warp *w, const struct insn *i, uint32_t mask)
{
	unsigned int bytes = type_bytes(i->in.dtype), words = bytes / 4 ? bytes / 4 : 1;
	enum step step;

	addresses(w, i);
	step = pages(w, i, mask, SM_WRITE, bytes);
	if (step != STEP_NEXT)
		return step;
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint8_t *p = w->ptr[l];

		for (unsigned int n = 0; n < words; n++) {
			uint32_t v = row(w, i->s[1].row + (i->s[1].row == ROW_ZERO ? 0 : n))[l];

			if (bytes == 1)
				__atomic_store_n(p, v, __ATOMIC_RELAXED);
			else if (bytes == 2)
				__atomic_store_n((uint16_t *)p, v, __ATOMIC_RELAXED);
			else
				store32(p + 4 * n, v);
		}
	}
	return STEP_NEXT;
}

/* words, the usual case */
static enum step exec_load32(struct warp *w, const struct insn *i, uint32_t mask)
{
	const uint8_t *host;

	addresses(w, i);
	host = contiguous(w, i, mask, SM_READ);
	if (unlikely(!host))
		return exec_load(w, i, mask);
	memcpy(row(w, i->d), host, 4 * LANES);
	return STEP_NEXT;
}

static enum step exec_store32(struct warp *w, const struct insn *i, uint32_t mask)
{
	uint8_t *host;

	addresses(w, i);
	host = contiguous(w, i, mask, SM_WRITE);
	if (unlikely(!host))
		return exec_store(w, i, mask);
	memcpy(host, row(w, i->s[1].row), 4 * LANES);
	return STEP_NEXT;
}

static enum step exec_lds32(struct warp *w, const struct insn *i, uint32_t mask)
{
	const uint32_t *a = row(w, i->s[0].row);
	const uint32_t offset = i->in.offset, limit = w->cta->shared_size;
	uint32_t *d = row(w, i->d), bad;

	bad = mask_where((a[l] + offset) & 3 || limit < 4 || a[l] + offset > limit - 4);
	if (unlikely(bad & mask))
		return exec_load(w, i, mask);
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);

		d[l] = load32(w->cta->shared + (uint32_t)(a[l] + offset));
	}
	return STEP_NEXT;
}

/* LDC: the buffer's number may come from the upper half of the register (IS; IL carries into it) */
static enum step exec_ldc(struct warp *w, const struct insn *i, uint32_t mask)
{
	const struct sm_src *src = &i->in.src[0];
	unsigned int bytes = type_bytes(i->in.dtype), words = bytes / 4 ? bytes / 4 : 1;
	const uint32_t *a = row(w, reg_row(src->reg));
	uint32_t v[2][LANES];

	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint32_t slot = src->slot, offset = a[l] + src->offset;

		if (i->in.mode == SM_LDC_IS || i->in.mode == SM_LDC_ISL) {
			slot += a[l] >> 16;
			offset = (a[l] & 0xffff) + src->offset;
		} else if (i->in.mode == SM_LDC_IL) {
			slot += offset >> 16;
			offset &= 0xffff;
		}
		if (offset & (bytes - 1))
			return warp_trap(w, SM_TRAP_MISALIGNED_ADDR, offset, "LDC of %u bytes",
					 bytes);
		if (slot >= SM_CBUFS || !w->grid->cbuf[slot].valid)
			return warp_trap(w, SM_TRAP_INVALID_CONST_LDC, offset, "c[%u]", slot);
		for (unsigned int n = 0; n < words; n++) {
			uint32_t word;
			enum step step = lsu_cbuf(w, slot, (offset & ~3u) + 4 * n, &word);

			if (step != STEP_NEXT)
				return step;
			v[n][l] = load_part((uint8_t *)&word + (offset & 3), i->in.dtype);
		}
	}
	for (unsigned int n = 0; n < words; n++)
		V(blend)(row(w, i->d + (i->d == ROW_SINK ? 0 : n)), v[n], mask);
	return STEP_NEXT;
}

/* nothing is cached between the SM and the board's memory but translations */
static enum step exec_cctl(struct warp *w, const struct insn *i, uint32_t mask)
{
	return STEP_NEXT;
}

static enum step exec_membar(struct warp *w, const struct insn *i, uint32_t mask)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return STEP_NEXT;
}

static bool lower_ldst(struct insn *i, bool store)
{
	const struct sm_insn *in = &i->in;
	unsigned int bytes = type_bytes(in->dtype), words = bytes / 4 ? bytes / 4 : 1;
	bool word = in->dtype == SM_B32 || in->dtype == SM_U32 || in->dtype == SM_S32;

	if (in->psrc[0].idx != SM_PT || i->pout)
		return lower_refuse(i, "predicate operand");
	if (store)
		i->exec = word && (in->op == SM_OP_ST || in->op == SM_OP_STG) ? exec_store32 :
									       exec_store;
	else if (word && in->op == SM_OP_LDS)
		i->exec = exec_lds32;
	else
		i->exec = word && (in->op == SM_OP_LD || in->op == SM_OP_LDG) ? exec_load32 :
									       exec_load;
	if (lower_regs(i, in->src[0].reg, in->e ? 2 : 1))
		lower_regs(i, store ? in->src[1].reg : in->dst, words);
	return true;
}

static bool lower_ldc(struct insn *i)
{
	unsigned int bytes = type_bytes(i->in.dtype);

	if (bytes > 8)
		return lower_refuse(i, "size");
	i->exec = exec_ldc;
	if (lower_regs(i, i->in.src[0].reg, 1))
		lower_regs(i, i->in.dst, bytes / 4 ? bytes / 4 : 1);
	return true;
}

bool V(lower_mem)(struct insn *i)
{
	switch (i->in.op) {
	case SM_OP_LD:
	case SM_OP_LDG:
	case SM_OP_LDL:
	case SM_OP_LDS:
		return lower_ldst(i, false);
	case SM_OP_ST:
	case SM_OP_STG:
	case SM_OP_STL:
	case SM_OP_STS:
		return lower_ldst(i, true);
	case SM_OP_LDC:
		return lower_ldc(i);
	case SM_OP_CCTL:
	case SM_OP_CCTLL:
	case SM_OP_CCTLT:
		i->exec = exec_cctl;
		return true;
	case SM_OP_MEMBAR:
		i->exec = exec_membar;
		return true;
	default:
		return false;
	}
}
