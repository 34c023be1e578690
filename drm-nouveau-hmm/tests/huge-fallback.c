// SPDX-License-Identifier: MIT
/*
 * Where VRAM has no free 2 MiB for a huge page, it moves as small pages, or another page makes room. The
 * VRAM here is first filled with small pages, one of each 2 MiB is freed again.
 *
 * Defect 10. Upstream has no way from a huge page to small ones: it stays in RAM.
 */
#include "gpu.h"

#include <sys/mman.h>

int main(void)
{
	const size_t filler = 64 * MIB;
	uint32_t *small, *huge;
	size_t there;
	int ret;

	test_start(200);
	gpu_open();
	small = map_small(filler);
	pattern(small, filler, 1);
	ret = range_to_vram(small, filler);
	there = pages_in_vram(small, filler);
	ok(ret == 0 && there == filler / PAGE, "64 MiB of small pages in VRAM (%zu pages, %d)", there, ret);
	huge = map_huge(4 * HUGE);
	pattern(huge, 4 * HUGE, 2);
	ok(huge_pages(huge, 4 * HUGE) == 4, "4 huge pages in RAM");
	ret = range_to_vram(huge, 4 * HUGE);
	there = pages_in_vram(huge, 4 * HUGE);
	ok(ret == 0 && there == 4 * 512, "they move to VRAM too (%zu of 2048 pages, %d)", there, ret);
	ret = gpu_add(huge, HUGE, 0);
	ok(ret == 0 && wrong(huge, 4 * HUGE, 2) == 0, "their data is right (%d)", ret);
	ok(wrong(small, filler, 1) == 0, "that of the small pages too");
	test_end();
}
