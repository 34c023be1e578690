// SPDX-License-Identifier: MIT
/*
 * The GPU writes to pages in VRAM that are read-only for the moment: after fork (copy on write) and
 * after mprotect to read-only and back. The write is done, and a forked child keeps its own copy.
 * "fork" or "mprotect" as the argument does one of the two.
 *
 * Defect 6. For a device's own read-only page hmm_range_fault() reports success without write access;
 * upstream maps it read-only, replays, gets the same fault again, and so on for ever.
 */
#include "gpu.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16
#define BYTES (PAGES * PAGE)

static size_t count_wrong(const uint32_t *p, uint32_t add)
{
	size_t bad = 0;

	for (size_t i = 0; i < BYTES / 4; i++)
		bad += p[i] != i + add;
	return bad;
}

static uint32_t *in_vram(void)
{
	uint32_t *p = map_small(BYTES);
	int ret;

	for (size_t i = 0; i < BYTES / 4; i++)
		p[i] = i;
	ret = range_to_vram(p, BYTES);
	ok(ret == 0 && pages_in_vram(p, BYTES) == PAGES, "pages in VRAM (%d)", ret);
	return p;
}

static void after_fork(void)
{
	uint32_t *p = in_vram();
	int go[2], ret;
	pid_t pid;
	char c;

	if (pipe(go))
		return;
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) < 0)
			_exit(2);
		_exit(count_wrong(p, 0) ? 1 : 0);
	}
	close(go[0]);
	ret = gpu_add(p, BYTES / 4, 1);
	ok(ret == 0, "after fork the GPU writes (%d)", ret);
	if (!ret)
		ok(count_wrong(p, 1) == 0, "... and the parent sees it");
	close(go[1]);
	ok(child_ok(pid, 20), "... and the child does not");
}

static void after_mprotect(void)
{
	uint32_t *p = in_vram();
	uint64_t sum;
	int ret;

	mprotect(p, BYTES, PROT_READ);
	ret = gpu_sum(p, BYTES / 4, &sum);
	ok(ret == 0 && sum == (BYTES / 4ull) * (BYTES / 4 - 1) / 2, "the GPU reads a read-only range (%d)", ret);
	mprotect(p, BYTES, PROT_READ | PROT_WRITE);
	ret = gpu_add(p, BYTES / 4, 1);
	ok(ret == 0, "after mprotect to read-only and back the GPU writes (%d)", ret);
	if (!ret)
		ok(count_wrong(p, 1) == 0, "... and the CPU sees it");
}

int main(int argc, char **argv)
{
	test_start(120);
	gpu_open();
	if (argc < 2 || !strcmp(argv[1], "fork"))
		after_fork();
	if (argc < 2 || !strcmp(argv[1], "mprotect"))
		after_mprotect();
	test_end();
}
