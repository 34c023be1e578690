// SPDX-License-Identifier: MIT
/*
 * A forked child reads pages in VRAM after its parent, whose GPU they came from, has gone.
 *
 * Defect 3. Upstream's pages point at the parent's address space without holding it: a use after free
 * (a NULL pointer dereference or worse) in the kernel.
 */
#include "gpu.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES (2 * HUGE)

/* Runs in a child of the process that the GPU belonged to. */
static void after(const uint32_t *p, int parent, int report)
{
	char end;
	size_t bad, there;

	drop_gpu();
	if (read(parent, &end, 1) != 0)		/* comes back when the parent has gone */
		_exit(2);
	sleep(1);				/* mmu_notifier_put() works behind a grace period */
	there = pages_in_vram(p, BYTES);
	bad = wrong(p, BYTES, 7);
	dprintf(report, "%zu %zu\n", there, bad);
	_exit(0);
}

static void try(void *p, const char *what)
{
	int parent[2], report[2], ret;
	size_t there = 0, bad = 1;
	char text[64] = "";
	pid_t pid;

	if (pipe(report))
		return;
	pid = fork();
	if (pid == 0) {
		/* The process with the GPU. Its child outlives it. */
		close(report[0]);
		pattern(p, BYTES, 7);
		ret = range_to_vram(p, BYTES);
		if (ret || pipe(parent))
			_exit(3);
		if (fork() == 0) {
			close(parent[1]);
			after(p, parent[0], report[1]);
		}
		_exit(0);
	}
	close(report[1]);
	ok(child_ok(pid, 60), "%s: the process with the GPU ends", what);
	if (poll(&(struct pollfd){ .fd = report[0], .events = POLLIN }, 1, 30000) == 1 &&
	    read(report[0], text, sizeof(text) - 1) > 0 && sscanf(text, "%zu %zu", &there, &bad) == 2)
		ok(bad == 0 && there > 0, "%s: the child reads %zu pages from VRAM after it (%zu words differ)",
		   what, there, bad);
	else
		ok(false, "%s: the child died or hangs when it touches the pages", what);
	close(report[0]);
}

int main(void)
{
	test_start(150);
	try(map_small(BYTES), "small pages");
	try(map_huge(BYTES), "huge pages");
	test_end();
}
