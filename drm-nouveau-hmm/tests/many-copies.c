// SPDX-License-Identifier: MIT
/*
 * Many small pages to VRAM and back in one go: every one of them is copied.
 *
 * Found with the emulator. Where the copies of a batch do not fit into the push buffer, upstream waits for
 * room (nvif_chan_dma_wait) and begins a new piece there, without having submitted the one before: its
 * copies are never done. The first batch after 64 KiB of commands loses hundreds of pages.
 */
#include "gpu.h"

#include <sys/mman.h>

#define BYTES (16 * MIB)

int main(void)
{
	size_t there, bad = 0;
	int ret;

	test_start(180);
	gpu_open();
	for (uint32_t round = 0; round < 4; round++) {
		uint32_t *p = map_small(BYTES);

		pattern(p, BYTES, round * 100000000);
		ret = range_to_vram(p, BYTES);
		there = pages_in_vram(p, BYTES);
		bad = wrong(p, BYTES, round * 100000000);
		ok(ret == 0 && there == BYTES / PAGE && bad == 0,
		   "round %u: %zu of %lu pages to VRAM and back, %zu words differ (%d)", round, there,
		   BYTES / PAGE, bad, ret);
		munmap(p, BYTES);
	}
	test_end();
}
