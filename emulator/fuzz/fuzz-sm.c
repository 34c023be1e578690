// SPDX-License-Identifier: MIT
/*
 * The SM: any 64-bit words are launched as a program on a small memory, with pages that are
 * missing, read-only or come only after a replay. The first 16 bytes choose the launch.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sm/sm.h"

#define BASE	   0x10000ull
#define PAGES	   32
#define CODE	   (BASE + 0x10000)
#define CODE_BYTES 0x8000

static uint8_t memory[PAGES * 4096] __attribute__((aligned(4096)));
static unsigned int late; /* pages that are there only after a replay */

static enum sm_translate translate(void *opaque, const struct sm_grid *grid, struct sm_client client,
				   uint64_t va, enum sm_access access, struct sm_span *out)
{
	uint64_t page = (va - BASE) / 4096;

	if (va < BASE || page >= PAGES)
		return va & 0x1000 ? SM_FAULT_FATAL : SM_FAULT_REPLAY;
	if (late & 1u << page)
		return SM_FAULT_REPLAY;
	*out = (struct sm_span){
		.host = memory + page * 4096, .size = 4096, .writable = page != 3, .atomic = page > 4
	};
	if (!out->writable && (access == SM_WRITE || access == SM_ATOMIC))
		return SM_FAULT_FATAL;
	return SM_OK;
}

static void grid_done(void *opaque, struct sm_grid *grid, enum sm_grid_status status)
{
}

static void trap(void *opaque, struct sm_grid *grid, const struct sm_trap *trap)
{
}

static const struct sm_ops ops = { .translate = translate, .grid_done = grid_done, .trap = trap };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_config config = { .gpcs = 1, .tpcs = 2, .ops = &ops };
	struct sm_gpu *gpu;
	struct sm_grid grid;

	if (size < 24)
		return 0;
	gpu = sm_gpu_create(&config);
	if (!gpu)
		return 0;
	memset(memory, 0, sizeof(memory));
	memcpy(memory + (CODE - BASE), data + 16, size - 16 < CODE_BYTES ? size - 16 : CODE_BYTES);
	grid = (struct sm_grid){
		.space = 1,
		.program = CODE + (data[0] & 0xf8),
		.program_region = CODE,
		.grid_dim = { 1 + data[1] % 8, 1 + data[2] % 3, 1 },
		.block_dim = { data[3], 1 + data[4] % 4, 1 },
		.registers = data[5],
		.shared_size = data[6] * 256,
		.local_low = (data[7] & 0xf) * 16,
		.local_high = (data[7] >> 4) * 16,
		.crs_size = data[8] * 16,
		.barriers = data[9] & 15,
		.local_base = BASE + 0x18000,
		.local_per_sm = data[10] * 0x1000,
		.local_window = 0xff000000,
		.shared_window = 0xfe000000,
		.tic_base = BASE,
		.tic_max = 15,
		.tsc_base = BASE + 512,
		.tsc_max = 15,
		.tex_cbuf = data[11] & 7,
	};
	for (int n = 0; n < 8; n++)
		grid.cbuf[n] = (struct sm_cbuf){ BASE + 0x100 * n, 0x200u << n, data[12] >> n & 1 };
	late = data[13] | (unsigned int)data[14] << 8;
	if (!sm_launch(gpu, &grid, NULL)) {
		sm_gpu_run(gpu, 2000);
		late = 0;
		sm_replay(gpu);
		sm_gpu_run(gpu, 2000);
		sm_cancel(gpu, NULL);
		sm_kill(gpu, &grid);
	}
	sm_gpu_destroy(gpu);
	return 0;
}
