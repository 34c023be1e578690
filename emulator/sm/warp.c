// SPDX-License-Identifier: MIT
/*
 * A warp's divergence stack, and the barriers of a CTA.
 *
 * Before Volta the lanes of a warp share one pc and a stack of tokens (Mesa's codegen emits
 * SSY/SYNC, PBK/BRK, PCNT/CONT, PRET or CAL/RET; envytools' Tesla ISA documentation, control.rst,
 * tells how the entries behave). SSY, PBK, PCNT, PRET and CAL push a token with an address and the
 * active lanes. A branch that not all lanes take pushes a DIV token with the address and the lanes
 * of the other way. SYNC, BRK, CONT and RET make lanes wait at the topmost token of their kind;
 * EXIT ends them. When no lane is left to run, the topmost token is popped: a DIV token's lanes
 * take up their way, another token's lanes (those that wait there) go on together at its address.
 *
 * The hardware keeps the top of the stack on chip and spills the rest to the CRS memory of the
 * grid. Here it lives in the emulator and CRS memory only bounds its depth: 8 bytes a token (an
 * assumption; the format is not documented), and STACK_ONCHIP tokens that need none.
 */
#include <stdlib.h>

#include "exec.h"

static bool stack_grow(struct warp *w)
{
	uint32_t cap = w->stack_cap ? w->stack_cap * 2 : 32;
	struct token *stack = realloc(w->stack, cap * sizeof(*stack));

	if (!stack)
		return false;
	w->stack = stack;
	w->stack_cap = cap;
	return true;
}

bool stack_push(struct warp *w, enum token_kind kind, uint64_t pc, uint32_t mask)
{
	if (w->depth >= w->stack_max)
		return false;
	if (w->depth == w->stack_cap && !stack_grow(w))
		return false;
	w->stack[w->depth++] = (struct token) { .kind = kind, .mask = mask, .pc = pc };
	return true;
}

bool stack_leave(struct warp *w, enum token_kind kind, uint32_t lanes)
{
	uint32_t n = w->depth;

	while (n && w->stack[n - 1].kind != kind)
		n--;
	if (!n)
		return false;
	/* they wait at no token above it any more */
	for (uint32_t k = n; k < w->depth; k++)
		w->stack[k].mask &= ~lanes;
	w->stack[n - 1].mask |= lanes;
	w->active &= ~lanes;
	return true;
}

void stack_exit(struct warp *w, uint32_t lanes)
{
	w->live &= ~lanes;
	w->active &= ~lanes;
}

bool stack_pop(struct warp *w)
{
	while (w->depth) {
		const struct token *t = &w->stack[--w->depth];
		uint32_t mask = t->mask & w->live;

		if (mask) {
			w->active = mask;
			w->pc = t->pc;
			return true;
		}
	}
	return false;
}

static void barrier_release(struct cta *cta, unsigned int id)
{
	struct barrier *bar = &cta->bar[id];

	for (uint32_t n = 0; n < cta->warps; n++) {
		struct warp *w = cta->warp[n];

		if (!w || w->state != WARP_BARRIER || w->bar_id != id)
			continue;
		w->state = WARP_READY;
		w->bar_popc = bar->popc;
		w->bar_pred = (bar->all ? BAR_ALL : 0) | (bar->any ? BAR_ANY : 0);
	}
	memset(bar, 0, sizeof(*bar));
}

static bool barrier_full(const struct cta *cta, const struct barrier *bar)
{
	if (bar->threads)
		return bar->arrived * LANES >= bar->threads;
	return bar->arrived >= cta->warps - cta->done;
}

/*
 * Barriers count warps, whatever lanes are active (PTX ISA, bar.sync: "as if all the threads in
 * the warp have executed the bar instruction").
 */
void barrier_arrive(struct warp *w, unsigned int id, uint32_t threads, bool wait, uint32_t pred)
{
	struct cta *cta = w->cta;
	struct barrier *bar = &cta->bar[id];

	if (!bar->used)
		*bar = (struct barrier) { .used = true, .all = true };
	bar->threads = threads;
	bar->arrived++;
	bar->popc += __builtin_popcount(pred & w->active);
	bar->any |= (pred & w->active) != 0;
	bar->all &= (pred & w->active) == w->active;
	if (wait) {
		w->state = WARP_BARRIER;
		w->bar_id = id;
	}
	if (barrier_full(cta, bar))
		barrier_release(cta, id);
}

void barrier_warp_done(struct cta *cta)
{
	for (unsigned int id = 0; id < SM_BARRIERS; id++)
		if (cta->bar[id].used && !cta->bar[id].threads &&
		    barrier_full(cta, &cta->bar[id]))
			barrier_release(cta, id);
}
