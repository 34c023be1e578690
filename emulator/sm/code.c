// SPDX-License-Identifier: MIT
/*
 * Decoded instructions, kept by address space and virtual address until the board says that code or
 * translations have changed. After a change of translations a page is fetched again and compared:
 * what still is the same word stays decoded.
 */
#include <stdlib.h>

#include "exec.h"

/* a bound on the emulator's memory: about 700 bytes an instruction */
#define CODE_PAGES_MAX 512

static unsigned int hash(uint64_t space, uint64_t va)
{
	uint64_t h = (va >> PAGE_BITS ^ space >> PAGE_BITS) * 0x9e3779b97f4a7c15ull;

	return h >> 56;
}

static void page_free(struct code_page *page)
{
	for (unsigned int n = 0; n < PAGE_BYTES / 8; n++)
		free(page->insn[n]);
	free(page);
}

/* warps keep a pointer to the page that they run in */
static void forget_pages(struct sm_gpu *gpu)
{
	for (uint32_t s = 0; s < gpu->nsm; s++)
		for (struct cta *cta = gpu->sm[s].ctas; cta; cta = cta->next)
			for (uint32_t n = 0; n < cta->warps; n++)
				if (cta->warp[n])
					cta->warp[n]->page_va = ~0ull;
}

void code_flush(struct sm_gpu *gpu, bool all)
{
	for (unsigned int h = 0; h < CODE_HASH; h++) {
		struct code_page *page = gpu->code[h], *next;

		for (; page; page = next) {
			next = page->next;
			page->stale = true;
			if (all)
				page_free(page);
		}
		if (all)
			gpu->code[h] = NULL;
	}
	if (all)
		gpu->code_pages = 0;
	forget_pages(gpu);
}

static void page_compare(struct code_page *page, const uint8_t *host)
{
	for (unsigned int n = 0; n < PAGE_BYTES / 8; n++) {
		uint64_t word;

		if (!page->insn[n])
			continue;
		memcpy(&word, host + n * 8, 8);
		if (word == page->word[n])
			continue;
		free(page->insn[n]);
		page->insn[n] = NULL;
	}
	page->stale = false;
}

static struct code_page *page_find(struct sm_gpu *gpu, uint64_t space, uint64_t va)
{
	struct code_page **head = &gpu->code[hash(space, va)], *page;

	for (page = *head; page; page = page->next)
		if (page->va == va && page->space == space)
			return page;
	if (gpu->code_pages >= CODE_PAGES_MAX)
		code_flush(gpu, true);
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	page->va = va;
	page->space = space;
	page->next = *head;
	*head = page;
	gpu->code_pages++;
	return page;
}

static struct insn *insn_new(struct sm_gpu *gpu, uint64_t word, uint64_t pc)
{
	struct insn *i = aligned_alloc(64, (sizeof(*i) + 63) & ~(size_t)63);

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i));
	if (sm_decode(word, pc, &i->in) || !gpu->variant->lower(i)) {
		i->exec = exec_illegal;
		i->guard = SM_PT;
		i->regs = 0;
		i->in.word = word;
	}
	return i;
}

const struct insn *code_fetch(struct warp *w, enum step *step)
{
	struct sm_gpu *gpu = w->sm->gpu;
	uint64_t va = w->pc & ~PAGE_MASK;
	unsigned int n = (w->pc & PAGE_MASK) / 8;
	struct code_page *page;
	uint8_t *host;
	enum lsu r;

	if (w->pc & 7) {
		*step = warp_trap(w, SM_TRAP_MISALIGNED_PC, w->pc, "fetch");
		return NULL;
	}
	if (w->pc >> VA_BITS) {
		*step = warp_trap(w, SM_TRAP_PC_OVERFLOW, w->pc, "fetch");
		return NULL;
	}
	r = lsu_translate(w, va, SM_IFETCH, SM_UNIT_GCC, &host);
	if (r != LSU_OK) {
		*step = lsu_step(w, r, SM_UNIT_GCC);
		return NULL;
	}
	page = page_find(gpu, w->grid->space, va);
	if (page && page->stale)
		page_compare(page, host);
	if (page && !page->insn[n]) {
		memcpy(&page->word[n], host + n * 8, 8);
		page->insn[n] = insn_new(gpu, page->word[n], w->pc);
		if (gpu->config.ops->decoded)
			gpu->config.ops->decoded(gpu->config.opaque, w->grid, w->pc,
						 page->word[n]);
	}
	if (!page || !page->insn[n]) {
		grid_stop(w->grid, SM_GRID_KILLED);	/* the host is out of memory */
		*step = STEP_TRAP;
		return NULL;
	}
	w->page = page;
	w->page_va = va;
	return page->insn[n];
}
