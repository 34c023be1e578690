// SPDX-License-Identifier: MIT
/*
 * A huge page in VRAM that is partly unmapped keeps the data of each page that is left.
 *
 * Defect 2. Upstream looks up the folio before migrate_vma_setup() splits it, and then copies its first
 * page: the page that the CPU touches first gets the data of the head.
 */
#include "gpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	uint32_t *p;
	size_t bad = 0, there;
	int ret;

	test_start(120);
	gpu_open();
	p = map_huge(HUGE);
	pattern(p, HUGE, 1);
	ok(huge_pages(p, HUGE) == 1, "a huge page");
	ret = range_to_vram(p, HUGE);
	there = pages_in_vram(p, HUGE);
	ok(ret == 0 && there == 512, "it goes to VRAM (%zu of 512 pages, %d)", there, ret);
	ok(huge_pages(p, HUGE) == 1, "as one huge page");

	/* A hole in the middle and one at the end. */
	munmap((char *)p + 100 * PAGE, 50 * PAGE);
	munmap((char *)p + 500 * PAGE, 12 * PAGE);
	/* Not from the head on: the first touch splits the folio. */
	for (size_t i = 500; i-- > 0;) {
		if (i >= 100 && i < 150)
			continue;
		for (size_t w = i * 1024; w < (i + 1) * 1024; w++)
			bad += p[w] != ((uint32_t)w + 1) * 2654435761u;
	}
	ok(bad == 0, "all words of the pages that are left are right (%zu differ)", bad);
	test_end();
}
