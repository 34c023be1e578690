// SPDX-License-Identifier: MIT
/*
 * A copy that fails loses no data: what could not be moved is where it was. "to-vram" or "to-ram" is the
 * way that is tried; to be run with --inject ce-error=1@1 or ce-fault=1@1, which hit the first copy after
 * the first mark.
 *
 * Defects 17 and 18. Upstream ignores fence errors and its time-out, and gives the CPU a page of zeros,
 * or the GPU one of old VRAM, in place of the data.
 */
#include "gpu.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>

#define PAGES 64
#define BYTES (PAGES * PAGE)

static sigjmp_buf back;

static void refused(int sig)
{
	siglongjmp(back, sig);
}

/* 1: right, 0: wrong, -1: the CPU was refused (SIGBUS). */
static int page_right(const uint32_t *p, size_t page)
{
	if (sigsetjmp(back, 1))
		return -1;
	for (size_t w = page * 1024; w < (page + 1) * 1024; w++)
		if (p[w] != ((uint32_t)w + 3) * 2654435761u)
			return 0;
	return 1;
}

/* A page that cannot be brought back may be refused once, but not be replaced. */
static size_t wrong_pages(const uint32_t *p)
{
	size_t n = 0;

	for (size_t i = 0; i < PAGES; i++) {
		int right = page_right(p, i);

		if (right < 0) {
			note("page %zu: SIGBUS, once more", i);
			right = page_right(p, i);
		}
		n += right != 1;
	}
	return n;
}

int main(int argc, char **argv)
{
	bool to_vram = argc > 1 && !strcmp(argv[1], "to-vram");
	uint32_t *p;
	size_t bad, there;
	double t;
	int ret = 0;

	test_start(140);
	signal(SIGBUS, refused);
	gpu_open();
	p = map_small(BYTES);
	pattern(p, BYTES, 3);
	if (!to_vram) {
		ret = range_to_vram(p, BYTES);
		ok(ret == 0 && pages_in_vram(p, BYTES) == PAGES, "pages in VRAM (%d)", ret);
	}
	mark("armed");
	t = now();
	if (to_vram) {
		ret = range_to_vram(p, BYTES);
		there = pages_in_vram(p, BYTES);
		note("to VRAM with a copy that fails: %d, %zu pages went", ret, there);
	}
	bad = wrong_pages(p);
	ok(bad == 0, "every page has its data (%zu of %d do not)", bad, PAGES);
	ok(now() - t < 20, "it takes no longer than 20 s (%.1f s)", now() - t);
	ret = range_to_vram(p, BYTES);
	there = pages_in_vram(p, BYTES);
	bad = wrong_pages(p);
	ok(ret == 0 && there == PAGES && bad == 0,
	   "the next migration is right (%d, %zu pages, %zu of them wrong)", ret, there, bad);
	ret = gpu_add(p, BYTES / 4, 0);
	ok(ret == 0, "the GPU works on (%d)", ret);
	test_end();
}
