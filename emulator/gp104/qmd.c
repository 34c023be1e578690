// SPDX-License-Identifier: MIT
/*
 * qmd.c - decodes the queue metadata of a compute launch.
 *
 * The bit positions are those of clc1c0qmd.h (NVIDIA, open-gpu-doc), layouts 2.1 and 1.7, which
 * agree in most fields. The words come from the guest's memory: every value is possible.
 */
#include <string.h>

#include "qmd.h"

/* Highest and lowest bit of a field, as the header's MW(hi:lo). */
struct field {
	uint16_t hi, lo;
};

/* Fields whose place differs between the layouts. */
struct layout {
	struct field is_queue, release_enable0, release_enable1;
	struct field dependent_enable, dependent_pointer;
	struct field invalidate_instructions;
	struct field depth;
	struct field local_low, local_high, crs_size, barriers, registers;
	struct field cbuf_lower, cbuf_upper, cbuf_size;
	unsigned int cbuf_shift;
};

static const struct layout layout_2_1 = {
	.is_queue = { 136, 136 },
	.release_enable0 = { 138, 138 },
	.release_enable1 = { 139, 139 },
	.dependent_enable = { 141, 141 },
	.dependent_pointer = { 511, 480 },
	.invalidate_instructions = { 190, 190 },
	.depth = { 463, 448 },
	.local_low = { 951, 928 },
	.barriers = { 959, 955 },
	.local_high = { 983, 960 },
	.registers = { 991, 984 },
	.crs_size = { 1015, 992 },
	.cbuf_lower = { 1055, 1024 },
	.cbuf_upper = { 1072, 1056 },
	.cbuf_size = { 1087, 1075 },
	.cbuf_shift = 4,
};

static const struct layout layout_1_7 = {
	.is_queue = { 200, 200 },
	.release_enable0 = { 202, 202 },
	.release_enable1 = { 203, 203 },
	.dependent_enable = { 205, 205 },
	.dependent_pointer = { 191, 160 },
	.invalidate_instructions = { 254, 254 },
	.depth = { 447, 432 },
	.local_low = { 1463, 1440 },
	.barriers = { 1471, 1467 },
	.local_high = { 1495, 1472 },
	.registers = { 1503, 1496 },
	.crs_size = { 1527, 1504 },
	.cbuf_lower = { 959, 928 },
	.cbuf_upper = { 967, 960 },
	.cbuf_size = { 991, 975 },
	.cbuf_shift = 0,
};

#define CBUF_STRIDE	64		/* bits from one constant buffer's fields to the next */
#define RELEASE_STRIDE	96

static uint32_t get(const uint32_t *w, struct field f, unsigned int offset)
{
	unsigned int lo = f.lo + offset, bits = f.hi - f.lo + 1u;
	uint64_t pair = w[lo / 32];

	if (lo / 32 + 1 < QMD_WORDS)
		pair |= (uint64_t)w[lo / 32 + 1] << 32;
	pair >>= lo % 32;
	return (uint32_t)(bits >= 32 ? pair : pair & ((UINT64_C(1) << bits) - 1));
}

#define GET(hi, lo)	get(w, (struct field){ hi, lo }, 0)

static void decode_release(const uint32_t *w, unsigned int i, struct qmd_release *r)
{
	unsigned int o = i * RELEASE_STRIDE;

	r->addr = get(w, (struct field){ 767, 736 }, o) |
		  (uint64_t)get(w, (struct field){ 775, 768 }, o) << 32;
	r->op = (uint8_t)get(w, (struct field){ 790, 788 }, o);
	r->is_signed = get(w, (struct field){ 793, 792 }, o) == 1;
	r->reduce = get(w, (struct field){ 794, 794 }, o);
	r->one_word = get(w, (struct field){ 799, 799 }, o);
	r->payload = get(w, (struct field){ 831, 800 }, o);
}

static void decode_cbufs(const uint32_t *w, const struct layout *l, struct qmd *q)
{
	unsigned int i;

	for (i = 0; i < QMD_CBUFS; i++) {
		q->cbuf[i].valid = get(w, (struct field){ 640, 640 }, i);
		q->cbuf[i].addr = get(w, l->cbuf_lower, i * CBUF_STRIDE) |
				  (uint64_t)get(w, l->cbuf_upper, i * CBUF_STRIDE) << 32;
		q->cbuf[i].size = get(w, l->cbuf_size, i * CBUF_STRIDE) << l->cbuf_shift;
	}
}

bool qmd_decode(const uint32_t w[QMD_WORDS], struct qmd *q)
{
	const struct layout *l;

	memset(q, 0, sizeof(*q));
	q->minor = (uint8_t)GET(579, 576);
	q->major = (uint8_t)GET(583, 580);
	/*
	 * Mesa (nve4_compute.c, gp100_compute_setup_launch_desc) writes layout 2.1 and leaves the
	 * version 0, and silicon takes that.
	 */
	if ((q->major == 0 && q->minor == 0) || (q->major == 2 && q->minor <= 1))
		l = &layout_2_1;
	else if (q->major == 1 && (q->minor == 6 || q->minor == 7))
		l = &layout_1_7;
	else
		return false;

	q->is_queue = get(w, l->is_queue, 0);
	q->has_dependent = get(w, l->dependent_enable, 0);
	q->dependent = get(w, l->dependent_pointer, 0);
	q->invalidate_instructions = get(w, l->invalidate_instructions, 0);
	q->program_offset = GET(287, 256);
	q->throttled = GET(372, 372);
	q->linked_tsc = GET(382, 382);
	q->grid[0] = GET(415, 384);
	q->grid[1] = GET(431, 416);
	q->grid[2] = get(w, l->depth, 0);
	q->shared_size = GET(561, 544);
	q->block[0] = GET(607, 592);
	q->block[1] = GET(623, 608);
	q->block[2] = GET(639, 624);
	q->local_low = get(w, l->local_low, 0);
	q->local_high = get(w, l->local_high, 0);
	q->crs_size = get(w, l->crs_size, 0);
	q->barriers = get(w, l->barriers, 0);
	q->registers = get(w, l->registers, 0);
	decode_cbufs(w, l, q);
	decode_release(w, 0, &q->release[0]);
	decode_release(w, 1, &q->release[1]);
	q->release[0].enable = get(w, l->release_enable0, 0);
	q->release[1].enable = get(w, l->release_enable1, 0);
	return true;
}

/* Limits of compute capability 6.1: CUDA C programming guide, "Technical Specifications". */
#define MAX_THREADS		1024u
#define MAX_BLOCK_Z		64u
#define MAX_REGISTERS		255u
#define MAX_SHARED		(48u << 10)
#define MAX_LOCAL		(512u << 10)
#define MAX_CBUF		(64u << 10)
#define MAX_CRS			(1u << 20)
#define REGISTERS_PER_SM	65536u

static uint32_t check_threads(const struct qmd *q)
{
	uint32_t err = 0, threads, warps;

	if (!q->block[0] || !q->block[1] || !q->block[2])
		return SKED_CTA_THREAD_DIMENSION_ZERO;
	/* each at most 65535: two of them fit 32 bits */
	threads = q->block[0] * q->block[1];
	if (threads > MAX_THREADS || threads * q->block[2] > MAX_THREADS ||
	    q->block[2] > MAX_BLOCK_Z)
		return SKED_TOTAL_THREADS;
	threads *= q->block[2];
	warps = (threads + 31) / 32;
	/* registers are given out to a warp in steps of 8 per thread */
	if (((q->registers + 7) & ~7u) * 32 * warps > REGISTERS_PER_SM)
		err |= SKED_TOTAL_REGISTER_COUNT;
	return err;
}

uint32_t qmd_check(const struct qmd *q)
{
	uint32_t err = check_threads(q);
	unsigned int i;

	if (q->registers > MAX_REGISTERS)
		err |= SKED_REGISTER_COUNT;
	if (q->shared_size > MAX_SHARED)
		err |= SKED_SHARED_MEMORY_SIZE;
	if (q->local_low > MAX_LOCAL || (q->local_low & 15))
		err |= SKED_LOCAL_MEMORY_SIZE_POS;
	if (q->local_high > MAX_LOCAL || (q->local_high & 15))
		err |= SKED_LOCAL_MEMORY_SIZE_NEG;
	if (q->crs_size > MAX_CRS)
		err |= SKED_WARP_CSTACK_SIZE;
	if (q->program_offset & 7)
		err |= SKED_PROGRAM_OFFSET;
	for (i = 0; i < QMD_CBUFS; i++)
		if (q->cbuf[i].valid && q->cbuf[i].size > MAX_CBUF)
			err |= SKED_CONSTANT_BUFFER_SIZE;
	return err;
}
