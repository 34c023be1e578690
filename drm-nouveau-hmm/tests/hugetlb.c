// SPDX-License-Identifier: MIT
/*
 * Pages of hugetlbfs, of 2 MiB and of 1 GiB, are memory like any other to the GPU.
 *
 * Defect 14. Upstream maps what the CPU maps, and the GPU has no pages of 1 GiB (order 18): refused.
 */
#include "gpu.h"

#include <linux/mman.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static void try(const char *pool, int flags, size_t size, const char *what)
{
	const size_t bytes = 4 * HUGE;
	uint64_t sum = 0, expected = 0;
	uint32_t *p;
	int ret;

	write_file(pool, size > bytes ? "1" : "8");
	p = mmap(NULL, size > bytes ? size : bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | flags, -1, 0);
	if (p == MAP_FAILED) {
		skip("%s: the VM has none to give", what);
		return;
	}
	for (size_t i = 0; i < bytes / 4; i++)
		expected += p[i] = i;
	ret = gpu_sum(p, bytes / 4, &sum);
	if (!ok(ret == 0 && sum == expected, "%s: the GPU reads them (%d)", what, ret))
		return;
	ret = gpu_fill(p, bytes / 4, 1);
	sum = 0;
	for (size_t i = 0; i < bytes / 4; i++)
		sum += p[i] != i + 1;
	ok(ret == 0 && sum == 0, "%s: the GPU writes them (%d)", what, ret);
	ret = range_to_vram(p, bytes);
	note("%s: migration says %d, %zu pages went", what, ret, pages_in_vram(p, bytes));
	sum = 0;
	for (size_t i = 0; i < bytes / 4; i++)
		sum += p[i] != i + 1;
	ok(sum == 0, "%s: asked to migrate, they are right (%llu words differ)", what, (unsigned long long)sum);
}

int main(int argc, char **argv)
{
	test_start(140);
	gpu_open();
	if (argc < 2 || !strcmp(argv[1], "2m"))
		try("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", MAP_HUGE_2MB, HUGE,
		    "hugetlb pages of 2 MiB");
	if (argc < 2 || !strcmp(argv[1], "1g"))
		try("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", MAP_HUGE_1GB, 1ul << 30,
		    "a hugetlb page of 1 GiB");
	test_end();
}
