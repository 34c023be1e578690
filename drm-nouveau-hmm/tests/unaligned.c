// SPDX-License-Identifier: MIT
/*
 * Moving a range that does not begin at a multiple of 2 MiB leaves the huge pages inside it whole.
 *
 * Defect 22. Upstream goes through the range in steps of 2 MiB from where it begins, and splits every
 * huge page that is not in one step.
 */
#include "gpu.h"

#define N 6

int main(void)
{
	char *p;
	size_t huge, there;
	int ret;

	test_start(120);
	gpu_open();
	p = map_huge(N * HUGE);
	pattern((uint32_t *)p, N * HUGE, 1);
	ok(huge_pages(p, N * HUGE) == N, "%d huge pages", N);
	ret = range_to_vram(p + PAGE, N * HUGE - PAGE);
	there = pages_in_vram(p + PAGE, N * HUGE - PAGE);
	huge = huge_pages(p + HUGE, (N - 1) * HUGE);
	ok(ret == 0 && there == N * 512 - 1, "all but the first page move to VRAM (%zu of %d, %d)", there,
	   N * 512 - 1, ret);
	ok(huge == N - 1, "the %d huge pages behind it are whole (%zu are)", N - 1, huge);
	ok(wrong((uint32_t *)p, N * HUGE, 1) == 0, "and the data is right");
	test_end();
}
