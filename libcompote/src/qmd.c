// SPDX-License-Identifier: MIT
/*
 * qmd.c - the launch descriptor of a grid ("queue metadata"), layout 2.1.
 *
 * Bit positions: clc0c0qmd.h (NVIDIA, open-gpu-doc, classes/compute). Which fields have to be what:
 * Mesa's nve4_compute.c (gp100) and NVK's qmd.rs.
 */
#include <string.h>

#include "internal.h"

static void set(uint32_t *w, unsigned int hi, unsigned int lo, uint32_t value)
{
	unsigned int bits = hi - lo + 1, i = lo / 32;
	uint64_t mask = ((UINT64_C(1) << bits) - 1) << lo % 32;
	uint64_t v = (uint64_t)value << lo % 32 & mask;

	w[i] = (w[i] & ~(uint32_t)mask) | (uint32_t)v;
	if (mask >> 32)
		w[i + 1] = (w[i + 1] & ~(uint32_t)(mask >> 32)) | (uint32_t)(v >> 32);
}

static void set_grid(uint32_t *w, const struct qmd *q)
{
	set(w, 287, 256, q->program_offset);
	set(w, 415, 384, q->grid[0]);			/* CTA_RASTER_WIDTH, HEIGHT, DEPTH */
	set(w, 431, 416, q->grid[1]);
	set(w, 463, 448, q->grid[2]);
	set(w, 607, 592, q->block[0]);			/* CTA_THREAD_DIMENSION0 to 2 */
	set(w, 623, 608, q->block[1]);
	set(w, 639, 624, q->block[2]);
}

static void set_resources(uint32_t *w, const struct qmd *q)
{
	set(w, 561, 544, (uint32_t)align_up(q->shared_bytes, 256));	/* SHARED_MEMORY_SIZE */
	set(w, 951, 928, (uint32_t)align_up(q->local_bytes, 16));	/* LOCAL_MEMORY_LOW_SIZE */
	set(w, 959, 955, q->barriers);
	set(w, 991, 984, q->registers);
	set(w, 1015, 992, (uint32_t)align_up(q->crs_bytes, 512));	/* LOCAL_MEMORY_CRS_SIZE */
}

static void set_bank(uint32_t *w, unsigned int n, uint64_t addr, uint32_t bytes)
{
	set(w, 640 + n, 640 + n, 1);			/* CONSTANT_BUFFER_VALID */
	set(w, 1055 + n * 64, 1024 + n * 64, (uint32_t)addr);
	set(w, 1072 + n * 64, 1056 + n * 64, (uint32_t)(addr >> 32));
	set(w, 1074 + n * 64, 1074 + n * 64, 1);	/* INVALIDATE */
	set(w, 1087 + n * 64, 1075 + n * 64, (bytes + 15) / 16);	/* SIZE_SHIFTED4 */
}

/* What the SMs have cached is older than what the CPU wrote before the launch. */
static void set_caches(uint32_t *w)
{
	set(w, 134, 134, 1);				/* SM_GLOBAL_CACHING_ENABLE */
	set(w, 188, 188, 1);				/* INVALIDATE_TEXTURE_DATA_CACHE */
	set(w, 189, 189, 1);				/* INVALIDATE_SHADER_DATA_CACHE */
	set(w, 191, 191, 1);				/* INVALIDATE_SHADER_CONSTANT_CACHE */
	set(w, 366, 366, 1);				/* RELEASE_MEMBAR_TYPE: FE_SYSMEMBAR */
	set(w, 369, 368, 1);				/* CWD_MEMBAR_TYPE: L1_SYSMEMBAR */
}

void qmd_build(uint32_t words[QMD_WORDS], const struct qmd *qmd)
{
	unsigned int n;

	memset(words, 0, QMD_BYTES);
	set(words, 579, 576, 1);			/* QMD_VERSION */
	set(words, 583, 580, 2);			/* QMD_MAJOR_VERSION */
	set(words, 378, 378, 1);			/* API_VISIBLE_CALL_LIMIT: NO_CHECK */
	set_caches(words);
	set_grid(words, qmd);
	set_resources(words, qmd);
	for (n = 0; n < COMPOTE_BANKS; n++)
		if (qmd->bank[n].addr)
			set_bank(words, n, qmd->bank[n].addr, qmd->bank[n].bytes);
}
