// SPDX-License-Identifier: MIT
/*
 * After a range has moved to VRAM the GPU works there, and no longer on the RAM that the pages had.
 *
 * Defect 1. Upstream does not take the GPU's mapping of the old page away (the notification of its own
 * migration is skipped) and the new one always fails (nouveau_pfns_map is given an order as page
 * shift), so the GPU goes on using pages that belong to somebody else by then.
 */
#include "gpu.h"

#include <string.h>

#define PAGES 64
#define BYTES (PAGES * PAGE)

static void moves(uint32_t *p, const char *what)
{
	uint64_t sum = 0, expected = 0;
	size_t bad = 0, there;
	int ret;

	for (size_t i = 0; i < BYTES / 4; i++)
		p[i] = i;
	ret = gpu_add(p, BYTES / 4, 1);		/* the GPU maps the pages in RAM */
	ok(ret == 0, "%s: the GPU writes in RAM (%d)", what, ret);
	ret = range_to_vram(p, BYTES);
	there = pages_in_vram(p, BYTES);
	ok(ret == 0 && there == PAGES, "%s: all pages go to VRAM (%zu of %lu, %d)", what, there,
	   PAGES + 0ul, ret);
	ret = gpu_add(p, BYTES / 4, 1);
	ok(ret == 0, "%s: the GPU writes after the migration (%d)", what, ret);
	there = pages_in_vram(p, BYTES);
	ok(there == PAGES, "%s: ... in VRAM: %zu pages are still there", what, there);
	for (size_t i = 0; i < BYTES / 4; i++)
		bad += p[i] != i + 2;
	ok(bad == 0, "%s: the CPU sees what the GPU wrote (%zu of %lu words differ)", what, bad, BYTES / 4);

	/* And the other way: RAM again, written by the CPU, read by the GPU. */
	for (size_t i = 0; i < BYTES / 4; i++)
		expected += p[i] = 3 * i;
	ret = gpu_sum(p, BYTES / 4, &sum);
	ok(ret == 0 && sum == expected, "%s: the GPU sees what the CPU wrote after it came back (%d)", what, ret);
}

int main(void)
{
	test_start(120);
	gpu_open();
	moves(map_small(BYTES), "small pages");
	moves((uint32_t *)map_huge(HUGE), "part of a huge page");
	test_end();
}
