/* SPDX-License-Identifier: MIT */
/*
 * qmd.h - the queue metadata: 256 bytes of memory that describe one launch of a compute kernel.
 */
#ifndef QMD_H
#define QMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QMD_WORDS	64
#define QMD_BYTES	(QMD_WORDS * 4)
#define QMD_CBUFS	8
#define QMD_RELEASES	2

/* A semaphore release at the end of the grid. */
struct qmd_release {
	bool enable;
	uint64_t addr;
	uint32_t payload;
	bool one_word;			/* else four: payload, 0, time stamp */
	bool reduce;
	uint8_t op;			/* RED_ADD .. RED_XOR */
	bool is_signed;
};

struct qmd {
	uint8_t major, minor;
	uint32_t program_offset;
	uint32_t grid[3], block[3];
	uint32_t registers, barriers;
	uint32_t shared_size;
	uint32_t local_low, local_high, crs_size;
	bool throttled;
	bool linked_tsc;		/* SAMPLER_INDEX: VIA_HEADER_INDEX */
	bool is_queue;
	bool invalidate_instructions;
	struct {
		bool valid;
		uint64_t addr;
		uint32_t size;
	} cbuf[QMD_CBUFS];
	struct qmd_release release[QMD_RELEASES];
	uint32_t dependent;		/* address >> 8 of the QMD to schedule after this one */
	bool has_dependent;
};

/* Bits of NV_PGRAPH_PRI_SKED_HWW_ESR, 0x407020 (nouveau gf100.c, gk104_sked_error). */
#define SKED_CONSTANT_BUFFER_SIZE	0x00000080u
#define SKED_LOCAL_MEMORY_SIZE_POS	0x00000200u
#define SKED_LOCAL_MEMORY_SIZE_NEG	0x00000400u
#define SKED_WARP_CSTACK_SIZE		0x00000800u
#define SKED_TOTAL_TEMP_SIZE		0x00001000u
#define SKED_REGISTER_COUNT		0x00002000u
#define SKED_TOTAL_THREADS		0x00040000u
#define SKED_PROGRAM_OFFSET		0x00100000u
#define SKED_SHARED_MEMORY_SIZE		0x00200000u
#define SKED_CTA_THREAD_DIMENSION_ZERO	0x00800000u
#define SKED_MEMORY_WINDOW_OVERLAP	0x01000000u
#define SKED_SHARED_CONFIG_TOO_SMALL	0x02000000u
#define SKED_TOTAL_REGISTER_COUNT	0x04000000u

/* What the fields say. false: a layout (version) that this emulator does not know. */
bool qmd_decode(const uint32_t words[QMD_WORDS], struct qmd *out);
/* What the scheduler finds wrong with it: SKED_* bits, 0 when it may run. */
uint32_t qmd_check(const struct qmd *q);

#endif
