/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the SM share: a memory with pages that can be missing, programs assembled from
 * text, and a single warp to run one instruction on.
 */
#ifndef SM_TEST_H
#define SM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sm/exec.h"
#include "sm/isa.h"
#include "sm/sm.h"

#define TEST_BASE 0x100000000ull
#define TEST_PAGES 4096
#define TEST_CODE (TEST_BASE + 0x800000)

struct test_fault {
	uint64_t va;
	enum sm_access access;
	struct sm_client client;
};

/* a board: 16 MiB at TEST_BASE, all pages present and writable at first */
struct board {
	uint8_t *mem;
	uint8_t missing[TEST_PAGES], readonly[TEST_PAGES], noatomic[TEST_PAGES];
	struct test_fault fault[256];
	unsigned int faults, translations;
	unsigned int done;
	enum sm_grid_status status;
	unsigned int traps;
	struct sm_trap trap;
	struct sm_gpu *gpu;
	struct sm_grid grid;
	bool quiet;		/* a trap is expected */
};

static inline void *board_ptr(struct board *b, uint64_t va)
{
	return b->mem + (va - TEST_BASE);
}

static enum sm_translate board_translate(void *opaque, const struct sm_grid *grid,
					 struct sm_client client, uint64_t va,
					 enum sm_access access, struct sm_span *out)
{
	struct board *b = opaque;
	uint64_t page = (va - TEST_BASE) / 4096;

	b->translations++;
	assert_int_equal(va & 4095, 0);
	if (va < TEST_BASE || page >= TEST_PAGES)
		return SM_FAULT_FATAL;
	if (b->missing[page] || (b->readonly[page] && (access == SM_WRITE || access == SM_ATOMIC)) ||
	    (b->noatomic[page] && access == SM_ATOMIC)) {
		if (b->faults < 256)
			b->fault[b->faults] = (struct test_fault) { va, access, client };
		b->faults++;
		return SM_FAULT_REPLAY;
	}
	*out = (struct sm_span) {
		.host = b->mem + page * 4096, .size = 4096, .writable = !b->readonly[page],
		.atomic = !b->readonly[page] && !b->noatomic[page],
	};
	return SM_OK;
}

static void board_done(void *opaque, struct sm_grid *grid, enum sm_grid_status status)
{
	struct board *b = opaque;

	b->done++;
	b->status = status;
}

static void board_trap(void *opaque, struct sm_grid *grid, const struct sm_trap *trap)
{
	struct board *b = opaque;

	b->traps++;
	b->trap = *trap;
	if (!b->quiet)
		fprintf(stderr, "trap %s at 0x%llx: %s\n", sm_trap_name(trap->code),
			(unsigned long long)trap->pc, trap->what);
}

static const struct sm_ops board_ops = {
	.translate = board_translate, .grid_done = board_done, .trap = board_trap,
};

static inline struct board *board_new(unsigned int gpcs, unsigned int tpcs)
{
	struct board *b = calloc(1, sizeof(*b));
	struct sm_config config = { .gpcs = gpcs, .tpcs = tpcs, .ops = &board_ops, .opaque = b };

	b->mem = aligned_alloc(4096, TEST_PAGES * 4096);
	memset(b->mem, 0, TEST_PAGES * 4096);
	b->gpu = sm_gpu_create(&config);
	assert_non_null(b->gpu);
	b->grid = (struct sm_grid) {
		.space = 1, .program = TEST_CODE, .program_region = TEST_CODE,
		.grid_dim = { 1, 1, 1 }, .block_dim = { 32, 1, 1 }, .registers = 32,
		.barriers = 1, .crs_size = 0x800,
		.shared_window = 0xfe000000, .local_window = 0xff000000,
		.cbuf[0] = { .addr = TEST_BASE + 0x700000, .size = 0x10000, .valid = true },
	};
	return b;
}

static inline void board_free(struct board *b)
{
	sm_gpu_destroy(b->gpu);
	free(b->mem);
	free(b);
}

static inline void board_code(struct board *b, const char *text)
{
	struct sm_asm_error error;
	uint64_t words[4096];
	long n = sm_assemble(text, words, 4096, &error);

	if (n < 0)
		fail_msg("line %u: %s", error.line, error.text);
	memcpy(board_ptr(b, TEST_CODE), words, n * 8);
	sm_gpu_flush(b->gpu, SM_FLUSH_CODE);
}

/* c[0][n * 4] = v */
static inline void board_param(struct board *b, unsigned int n, uint32_t v)
{
	memcpy(board_ptr(b, b->grid.cbuf[0].addr + n * 4), &v, 4);
}

static inline void board_launch(struct board *b)
{
	const char *why = "";

	b->done = 0;
	b->traps = 0;
	if (sm_launch(b->gpu, &b->grid, &why))
		fail_msg("%s", why);
}

/* launches and runs until there is nothing more to do */
static inline enum sm_run_status board_run(struct board *b, const char *text)
{
	enum sm_run_status s = SM_BUSY;

	if (text)
		board_code(b, text);
	board_launch(b);
	for (int n = 0; n < 1000 && s == SM_BUSY; n++)
		s = sm_gpu_run(b->gpu, 100000);
	return s;
}

static inline void board_ok(struct board *b, const char *text)
{
	assert_int_equal(board_run(b, text), SM_IDLE);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->status, SM_GRID_DONE);
}

/* ---- one warp, one instruction ---- */

struct lane_lab {
	struct board *b;
	struct grid_state gs;
	struct cta cta;
	struct warp w;
};

static inline struct lane_lab *lab_new(unsigned int variant)
{
	const struct variant *v = sm_variant(variant);
	struct lane_lab *t;

	if (!v)
		return NULL;
	t = aligned_alloc(64, (sizeof(*t) + 63) & ~63ul);
	memset(t, 0, sizeof(*t));
	t->b = board_new(1, 1);
	sm_set_variant(t->b->gpu, v);
	t->b->grid.priv = &t->gs;
	t->cta.grid = &t->b->grid;
	t->cta.warps = 1;
	t->cta.warp[0] = &t->w;
	t->w.rows = aligned_alloc(64, (ROW_R0 + 256) * LANES * 4);
	memset(t->w.rows, 0, (ROW_R0 + 256) * LANES * 4);
	t->w.grid = &t->b->grid;
	t->w.cta = &t->cta;
	t->w.sm = &t->b->gpu->sm[0];
	t->w.nregs = 256;
	t->w.live = t->w.active = FULL;
	t->w.p[SM_PT] = FULL;
	t->w.page_va = ~0ull;
	t->w.stack_max = 64;
	t->w.pc = TEST_CODE + 8;
	return t;
}

static inline void lab_free(struct lane_lab *t)
{
	struct board *b = t->b;

	b->grid.priv = NULL;
	free(t->w.rows);
	free(t->w.stack);
	free(t);
	board_free(b);
}

static inline uint32_t *lab_reg(struct lane_lab *t, unsigned int reg)
{
	return row(&t->w, ROW_R0 + reg);
}

static inline void lab_set64(struct lane_lab *t, unsigned int reg, int l, uint64_t v)
{
	lab_reg(t, reg)[l] = v;
	lab_reg(t, reg + 1)[l] = v >> 32;
}

static inline uint64_t lab_get64(struct lane_lab *t, unsigned int reg, int l)
{
	return (uint64_t)lab_reg(t, reg + 1)[l] << 32 | lab_reg(t, reg)[l];
}

static inline struct insn *lab_insn(struct lane_lab *t, const char *text)
{
	struct insn *i = aligned_alloc(64, (sizeof(*i) + 63) & ~63ul);
	struct sm_asm_error error;
	uint64_t word;

	memset(i, 0, sizeof(*i));
	if (sm_assemble_insn(text, t->w.pc, &word, &error))
		fail_msg("%s: %s", text, error.text);
	assert_int_equal(sm_decode(word, t->w.pc, &i->in), 0);
	if (!t->b->gpu->variant->lower(i))
		fail_msg("%s: not executed", text);
	return i;
}

static inline enum step lab_exec(struct lane_lab *t, const struct insn *i)
{
	return i->exec(&t->w, i, t->w.active & (t->w.p[i->guard] ^ i->guard_xor));
}

static inline void lab_step(struct lane_lab *t, const char *text)
{
	struct insn *i = lab_insn(t, text);

	if (lab_exec(t, i) != STEP_NEXT)
		fail_msg("%s: stopped", text);
	free(i);
}

/* operands with something to go wrong at, then noise */
static inline uint32_t test_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#define for_each_variant(v) for (unsigned int v = 0; v < 2; v++) if (sm_variant(v))

#endif
