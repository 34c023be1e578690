// SPDX-License-Identifier: MIT
/*
 * The devices are suspended and resumed with memory in VRAM (s2idle as far as the devices go: pm_test; or
 * by the command in SUSPEND): no byte is lost, and the GPU goes on with the same memory.
 *
 * Defect 15. Upstream unpins its VRAM at suspend and pins it again at resume, wherever it then is, and
 * does not write the page tables again.
 */
#include "gpu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES (4 * HUGE)

static void check(uint32_t *small, uint32_t *huge, uint32_t *ram, const char *when)
{
	ok(wrong(ram, BYTES, 1) == 0, "memory in RAM is right %s", when);
	ok(wrong(small, BYTES, 2) == 0, "small pages that were in VRAM are right %s", when);
	ok(wrong(huge, BYTES, 3) == 0, "huge pages that were in VRAM are right %s", when);
}

int main(void)
{
	const char *command = getenv("SUSPEND");
	uint32_t *ram, *small, *huge;
	uint64_t sum = 0, expected = 0;
	int ret;
	double t;

	test_start(140);
	gpu_open();
	ram = map_small(BYTES);
	small = map_small(BYTES);
	huge = map_huge(BYTES);
	pattern(ram, BYTES, 1);
	pattern(small, BYTES, 2);
	pattern(huge, BYTES, 3);
	ret = gpu_add(ram, BYTES / 4, 0);
	ok(ret == 0, "the GPU works in RAM (%d)", ret);
	ret = range_to_vram(small, BYTES);
	ret = ret ? ret : range_to_vram(huge, BYTES);
	ok(ret == 0 && pages_in_vram(small, BYTES) + pages_in_vram(huge, BYTES) == 2 * BYTES / PAGE,
	   "pages in VRAM (%d)", ret);
	ret = gpu_add(small, BYTES / 4, 0);
	ret = ret ? ret : gpu_add(huge, BYTES / 4, 0);
	ok(ret == 0, "the GPU works there (%d)", ret);

	ret = command ? 0 : write_file("/sys/power/pm_test", "devices");
	if (ret) {
		skip("no /sys/power/pm_test (%d)", ret);
		test_end();
	}
	t = now();
	ret = command ? system(command) : write_file("/sys/power/state", "freeze");
	ok(ret == 0, "suspend and resume (%d, %.1f s)", ret, now() - t);

	for (size_t i = 0; i < BYTES / 4; i++)
		expected += ((uint32_t)i + 2) * 2654435761u;
	ret = gpu_sum(small, BYTES / 4, &sum);
	ok(ret == 0 && sum == expected, "the GPU reads the small pages right (%d)", ret);
	expected = 0;
	for (size_t i = 0; i < BYTES / 4; i++)
		expected += ((uint32_t)i + 3) * 2654435761u;
	ret = gpu_sum(huge, BYTES / 4, &sum);
	ok(ret == 0 && sum == expected, "the GPU reads the huge pages right (%d)", ret);
	check(small, huge, ram, "after it");
	ret = range_to_vram(small, BYTES);
	ret = ret ? ret : gpu_add(small, BYTES / 4, 0);
	ok(ret == 0, "migration and kernels go on (%d)", ret);
	check(small, huge, ram, "after that");
	test_end();
}
