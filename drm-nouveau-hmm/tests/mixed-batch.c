// SPDX-License-Identifier: MIT
/*
 * An atomic and plain reads fault together: each is served for what it is. The reads are of a file that
 * is mapped read-only, which no driver can make exclusive.
 *
 * Defect "atomic stickiness" (part of 14). Upstream never takes "atomic" back within a batch: after one
 * atomic every later fault is handled as one, fails, and the channel is killed.
 */
#include "gpu.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 256
#define BYTES (PAGES * PAGE)

int main(void)
{
	static const char source[] =
		"kernel void mixed(ulong counter, ulong file, ulong out) {"
		" size_t i = get_global_id(0);"
		" if (i < 32) atomic_inc((volatile global uint *)counter);"
		" else ((global uint *)out)[i] = *(volatile global uint *)(file + (i / 32 - 1) * 4096);"
		"}";
	char path[] = "/tmp/mixed-batch.XXXXXX";
	int fd, ret = 0, round;
	size_t bad = 0;

	test_start(150);
	gpu_open();
	for (round = 0; round < 8 && !ret; round++) {
		uint32_t *low = map_small(HUGE), *out = map_small(40 * BYTES), *file;

		fd = mkstemp(path);
		memset(out, 0, 40 * BYTES);
		pattern(out, BYTES, 1);
		if (fd < 0 || write(fd, out, BYTES) != BYTES)
			return 2;
		memset(low, 0, PAGE);
		/* Above the counter: the faults of a batch are taken in the order of their addresses. */
		file = mmap((char *)low + HUGE, BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
		unlink(path);
		strcpy(path, "/tmp/mixed-batch.XXXXXX");
		memset(out, 0, 40 * BYTES);
		ret = gpu_run(source, 32 * (PAGES + 1), U(low), U(file), U(out));
		if (!ret) {
			bad += low[0] != 32;
			for (size_t i = 32; i < 32 * (PAGES + 1); i++)
				bad += out[i] != file[(i / 32 - 1) * 1024];
		}
		close(fd);
	}
	ok(ret == 0, "an atomic among reads of a read-only file mapping: no error (%d in round %d)", ret, round);
	ok(bad == 0, "all results are right (%zu are not)", bad);
	test_end();
}
