// SPDX-License-Identifier: MIT
/*
 * madvise(MADV_DONTNEED) and munmap of a part of a huge page that the GPU has mapped as one: the GPU no
 * longer sees the old data, and what it writes reaches the CPU.
 *
 * Defect 4. Upstream's unmap of less than a 2 MiB mapping does nothing (nvkm_vmm_iter: size >> 21 is 0);
 * the GPU keeps its access to the pages that the process gave back.
 */
#include "gpu.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
	const size_t first = 64, count = 16;	/* pages */
	uint64_t sum = 0;
	size_t bad = 0;
	uint32_t *p, *part;
	int ret;

	test_start(120);
	gpu_open();
	p = map_huge(HUGE);
	memset(p, 1, HUGE);
	ok(huge_pages(p, HUGE) == 1, "a huge page");
	ret = gpu_add(p, HUGE / 4, 0);
	ok(ret == 0, "the GPU maps it (%d)", ret);
	part = p + first * 1024;
	madvise(part, count * PAGE, MADV_DONTNEED);
	ret = gpu_sum(part, count * 1024, &sum);
	ok(ret == 0 && sum == 0, "the GPU reads zeros in the part that was discarded (sum %llx, %d)",
	   (unsigned long long)sum, ret);
	ret = gpu_fill(part, count * 1024, 5);
	for (size_t i = 0; i < count * 1024; i++)
		bad += part[i] != 5 + i;
	ok(ret == 0 && bad == 0, "what it writes there reaches the CPU (%zu words differ, %d)", bad, ret);
	ret = gpu_sum(p, first * 1024, &sum);
	ok(ret == 0 && sum == first * 1024 * 0x01010101ull, "the rest is as it was (%d)", ret);

	munmap(part, count * PAGE);
	ret = gpu_load(part, (uint32_t *)&sum);
	ok(ret == -EIO, "a GPU access to the part after munmap is an error (%d)", ret);
	test_end();
}
