// SPDX-License-Identifier: MIT
/*
 * Reads and writes of the same pages fault together: a page takes no more faults than one for each kind
 * of access and SM. The pages are 4 GiB apart. The lab counts the faults between the marks batch-from and
 * batch-to; "# pages N" says how many pages there were.
 *
 * Defects 7 and 8. Upstream's order of faults compares the difference of two addresses as an int, and
 * puts reads before writes: the write of a page is then skipped as already served and faults again.
 */
#include "gpu.h"

#include <string.h>
#include <sys/mman.h>

#define PAGES 256
#define STEP (4ul << 30)

int main(void)
{
	static const char source[] =
		"kernel void both(ulong p, ulong step, ulong out) {"
		" size_t i = get_global_id(0), page = i / 64;"
		" volatile global uint *at = (volatile global uint *)(p + page * step);"
		" if (i % 64 < 32) ((global uint *)out)[i] = at[i % 32];"
		" else at[i % 32 + 32] = i;"
		"}";
	uint32_t *out, probe;
	size_t bad = 0;
	char *p;
	int ret;

	test_start(150);
	gpu_patience = 100;
	gpu_open();
	out = map_small(PAGES * 256);
	memset(out, 1, PAGES * 256);
	gpu_run("kernel void warm(ulong p) { ((global uint *)p)[get_global_id(0)] = 1; }", PAGES * 64, U(out));
	gpu_load(out, &probe);
	p = mmap(NULL, PAGES * STEP, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) {
		ok(false, "cannot reserve 1 TiB of addresses");
		test_end();
	}
	madvise(p, PAGES * STEP, MADV_NOHUGEPAGE);
	note("pages %d", PAGES);
	mark("batch-from");
	ret = gpu_run(source, PAGES * 64, U(p), STEP, U(out));
	mark("batch-to");
	ok(ret == 0, "reads and writes of %d pages, 4 GiB apart (%d)", PAGES, ret);
	for (size_t i = 0; i < PAGES; i++)
		for (size_t w = 0; w < 32; w++)
			bad += ((uint32_t *)(p + i * STEP))[32 + w] != i * 64 + 32 + w || out[i * 64 + w];
	ok(bad == 0, "all results are right (%zu are not)", bad);
	test_end();
}
