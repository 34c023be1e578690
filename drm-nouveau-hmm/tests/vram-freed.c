// SPDX-License-Identifier: MIT
/*
 * VRAM is given back: after a process with pages there has ended, as much is free as before it.
 *
 * Defect 23. Upstream pins VRAM in pieces of 256 MiB and never gives one back.
 */
#include "gpu.h"

#include <unistd.h>

#define BYTES (16 * MIB)

int main(void)
{
	uint64_t before, during = 0, after;
	int pipes[2];
	pid_t pid;

	test_start(120);
	/* Once without migration, so that what a first user costs is not counted. */
	pid = fork();
	if (pid == 0) {
		gpu_open();
		_exit(0);
	}
	ok(child_ok(pid, 60), "a process that only opens the GPU");
	before = vram_used();
	if (pipe(pipes))
		return 2;
	pid = fork();
	if (pid == 0) {
		uint32_t *p = map_small(BYTES);

		gpu_open();
		pattern(p, BYTES, 1);
		range_to_vram(p, BYTES);
		during = vram_used();
		if (write(pipes[1], &during, sizeof(during)) < 0)
			_exit(1);
		_exit(pages_in_vram(p, BYTES) == BYTES / PAGE ? 0 : 1);
	}
	ok(child_ok(pid, 60), "a process moves 16 MiB to VRAM");
	close(pipes[1]);
	if (read(pipes[0], &during, sizeof(during)) < 0)
		return 2;
	sleep(1);
	after = vram_used();
	ok(during >= before + BYTES, "VRAM use grew by %lld MiB", (long long)(during - before) >> 20);
	ok(after <= before, "afterwards it is what it was (%lld KiB more)", (long long)(after - before) / 1024);
	test_end();
}
