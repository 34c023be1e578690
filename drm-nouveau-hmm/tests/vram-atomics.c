// SPDX-License-Identifier: MIT
/*
 * Atomics of the GPU on data in VRAM are done there: the pages stay.
 *
 * Defect 11. Upstream handles every atomic fault by make_device_exclusive(), which is for system memory:
 * each page that sees an atomic goes back to RAM.
 */
#include "gpu.h"

#include <string.h>

#define PAGES 32
#define BYTES (PAGES * PAGE)

int main(void)
{
	uint32_t *p;
	size_t bad = 0, there;
	int ret = 0;

	test_start(150);
	gpu_open();
	p = map_small(BYTES);
	memset(p, 0, BYTES);
	ret = range_to_vram(p, BYTES);
	ok(ret == 0 && pages_in_vram(p, BYTES) == PAGES, "pages in VRAM (%d)", ret);
	for (size_t i = 0; i < PAGES && !ret; i++)
		ret = gpu_atomic_add(p + i * 1024, 100);
	ok(ret == 0, "atomics on each page (%d)", ret);
	there = pages_in_vram(p, BYTES);
	ok(there == PAGES, "the pages are still in VRAM (%zu of %lu)", there, PAGES + 0ul);
	for (size_t i = 0; i < PAGES; i++)
		bad += p[i * 1024] != 100;
	ok(bad == 0, "every count is right (%zu are not)", bad);
	test_end();
}
