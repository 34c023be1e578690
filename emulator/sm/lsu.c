// SPDX-License-Identifier: MIT
/*
 * The SM's way to memory: a small TLB of host pages in front of the board's translation, and what
 * happens to a warp when a page is missing.
 */
#include "exec.h"

static uint8_t allowed(enum sm_access access, const struct sm_span *span)
{
	uint8_t may = 1u << SM_READ | 1u << SM_CONST | 1u << SM_IFETCH | 1u << access;

	if (span->writable)
		may |= 1u << SM_WRITE;
	if (span->atomic)
		may |= 1u << SM_ATOMIC;
	return may;
}

static enum lsu tlb_fill(struct warp *w, uint64_t va, enum sm_access access, unsigned int unit,
			 uint8_t **host)
{
	struct sm *sm = w->sm;
	struct sm_gpu *gpu = sm->gpu;
	struct sm_client client = { .gpc = sm->gpc, .tpc = sm->tpc, .unit = unit };
	uint64_t page = va >> PAGE_BITS;
	struct tlb_entry *e = &sm->tlb[(page ^ page >> 9) % TLB_ENTRIES];
	struct sm_span span = { 0 };

	gpu->stats.tlb_misses++;
	switch (gpu->config.ops->translate(gpu->config.opaque, w->grid, client,
					   va & ~PAGE_MASK, access, &span)) {
	case SM_OK:
		break;
	case SM_FAULT_REPLAY:
		return LSU_REPLAY;
	default:
		return LSU_FATAL;
	}
	if (!span.host || span.size < PAGE_BYTES)
		return LSU_FATAL;
	e->page = page + 1;
	e->space = w->grid->space;
	e->host = span.host;
	e->may = allowed(access, &span);
	*host = span.host + (va & PAGE_MASK);
	return LSU_OK;
}

enum lsu lsu_translate(struct warp *w, uint64_t va, enum sm_access access, unsigned int unit,
		       uint8_t **host)
{
	if (likely(tlb_hit(w->sm, w->grid->space, va, access, host)))
		return LSU_OK;
	return tlb_fill(w, va, access, unit, host);
}

enum step lsu_step(struct warp *w, enum lsu r, unsigned int unit)
{
	if (r == LSU_OK)
		return STEP_NEXT;
	if (r == LSU_REPLAY) {
		w->state = WARP_REPLAY;
		w->stalled = (struct sm_client) { w->sm->gpc, w->sm->tpc, unit };
		return STEP_STALL;
	}
	grid_stop(w->grid, SM_GRID_FAULTED);
	return STEP_TRAP;
}

enum step lsu_pages(struct warp *w, uint32_t mask, enum sm_access access, unsigned int unit)
{
	uint64_t missing[LANES];
	unsigned int nmissing = 0, n;
	enum lsu worst = LSU_OK;

	for (; mask; mask &= mask - 1) {
		int l = __builtin_ctz(mask);
		uint64_t va = w->addr[l];
		enum lsu r;

		if (likely(tlb_hit(w->sm, w->grid->space, va, access, &w->ptr[l])))
			continue;
		for (n = 0; n < nmissing && missing[n] != va >> PAGE_BITS; n++)
			;
		if (n < nmissing)
			continue;
		r = tlb_fill(w, va, access, unit, &w->ptr[l]);
		if (r == LSU_OK)
			continue;
		missing[nmissing++] = va >> PAGE_BITS;
		if (r > worst)
			worst = r;
	}
	return lsu_step(w, worst, unit);
}

enum step lsu_cbuf(struct warp *w, unsigned int slot, uint32_t offset, uint32_t *value)
{
	const struct sm_cbuf *cb = &w->grid->cbuf[slot % SM_CBUFS];
	uint8_t *host;
	enum lsu r;

	if (unlikely(slot >= SM_CBUFS || !cb->valid))
		return warp_trap(w, SM_TRAP_INVALID_CONST, offset, "c[%u] is not bound", slot);
	/* the buffer's end may lie within a page; what is behind it reads as zero */
	if (unlikely(cb->size < 4 || offset > cb->size - 4)) {
		*value = 0;
		return STEP_NEXT;
	}
	r = lsu_translate(w, cb->addr + offset, SM_CONST, SM_UNIT_GCC, &host);
	if (unlikely(r != LSU_OK))
		return lsu_step(w, r, SM_UNIT_GCC);
	memcpy(value, host, 4);
	return STEP_NEXT;
}
