// SPDX-License-Identifier: MIT
/*
 * A huge page and single pages beside it, all mapped by the GPU, are invalidated each for itself.
 *
 * Defect 5. Upstream's nvkm_vmm_pfn_split_merge() makes one region of neighbours whatever their page
 * size; what is unmapped later is unmapped as if all were of the size that came last.
 */
#include "gpu.h"

#include <string.h>
#include <sys/mman.h>

/* huge page, small pages; or the other way round */
static void try(bool huge_first)
{
	const char *what = huge_first ? "huge, then small" : "small, then huge";
	char *at = map_huge(2 * HUGE);
	uint32_t *huge = (uint32_t *)(huge_first ? at : at + HUGE);
	uint32_t *small = (uint32_t *)(huge_first ? at + HUGE : at);
	uint64_t sum = 1;
	int ret;

	madvise(small, HUGE, MADV_NOHUGEPAGE);
	memset(at, 1, 2 * HUGE);
	ok(huge_pages(at, 2 * HUGE) == 1, "%s: one huge page", what);
	ret = gpu_touch(huge, PAGE, 1, GPU_READ);
	for (size_t i = 0; i < 512 && !ret; i += 64)
		ret = gpu_touch(small + i * 1024, PAGE, 64, GPU_READ);
	ok(ret == 0, "%s: the GPU maps all of them (%d)", what, ret);

	/* One small page, then all; the huge page is still there. */
	madvise(small + 100 * 1024, PAGE, MADV_DONTNEED);
	ret = gpu_sum(small + 100 * 1024, 1024, &sum);
	ok(ret == 0 && sum == 0, "%s: a small page is discarded (%d)", what, ret);
	madvise(small, HUGE, MADV_DONTNEED);
	ret = gpu_sum(small, HUGE / 4, &sum);
	ok(ret == 0 && sum == 0, "%s: all small pages are discarded (%d)", what, ret);
	ret = gpu_sum(huge, HUGE / 4, &sum);
	ok(ret == 0 && sum == HUGE / 4 * 0x01010101ull, "%s: the huge page is as it was (%d)", what, ret);
	madvise(huge, HUGE, MADV_DONTNEED);
	ret = gpu_sum(huge, HUGE / 4, &sum);
	ok(ret == 0 && sum == 0, "%s: the huge page is discarded (%d)", what, ret);
	munmap(at, 2 * HUGE);
}

int main(void)
{
	test_start(150);
	gpu_open();
	try(true);
	try(false);
	test_end();
}
