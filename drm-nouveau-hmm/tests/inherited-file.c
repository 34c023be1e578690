// SPDX-License-Identifier: MIT
/*
 * A forked child asks, through the file that it has inherited, to move its own memory to VRAM: that is
 * refused, since the file mirrors the parent's memory.
 *
 * Defect 19. Upstream's SVM_BIND takes the caller's memory whoever the file belongs to: the child's
 * pages move, hang on the parent's address space, and are mapped for the parent's GPU.
 */
#include "gpu.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16
#define BYTES (PAGES * PAGE)

int main(void)
{
	uint32_t *p;
	uint64_t sum = 0;
	int fd, ret, pipes[2];
	long said[3] = { 0, -1, -1 };
	pid_t pid;

	test_start(90);
	gpu_open();
	fd = gpu_fd();
	p = map_small(BYTES);
	pattern(p, BYTES, 1);
	if (pipe(pipes))
		return 2;
	pid = fork();
	if (pid == 0) {
		pattern(p, BYTES, 2);
		said[0] = range_to_vram_fd(fd, p, BYTES);
		said[1] = (long)pages_in_vram(p, BYTES);
		said[2] = (long)wrong(p, BYTES, 2);
		_exit(write(pipes[1], said, sizeof(said)) == sizeof(said) ? 0 : 1);
	}
	ok(child_ok(pid, 60), "the child ends");
	close(pipes[1]);
	if (read(pipes[0], said, sizeof(said)) < 0)
		return 2;
	ok(said[0] != 0, "SVM_BIND in the child is refused (%ld)", said[0]);
	ok(said[1] == 0, "no page of the child went to VRAM (%ld)", said[1]);
	ok(said[2] == 0, "the child's data is right (%ld words differ)", said[2]);
	ret = gpu_sum(p, BYTES / 4, &sum);
	for (size_t i = 0; i < BYTES / 4; i++)
		sum -= p[i];
	ok(ret == 0 && sum == 0 && wrong(p, BYTES, 1) == 0, "the parent's GPU works on the parent's data (%d)", ret);
	test_end();
}
