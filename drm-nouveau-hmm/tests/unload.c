// SPDX-License-Identifier: MIT
/*
 * The driver is unloaded while a process has memory in VRAM (the process has let go of the device, its
 * memory has stayed): that ends, the data is in RAM and right, and the driver can be loaded again.
 * "huge" or "small" as the argument: the size of the pages; the second: "unbind" by sysfs, or "open", which
 * is the same with the device still open, and buffer objects mapped (upstream's base does not survive that).
 *
 * Defect 9. Upstream's eviction does not mark the destination of a huge page as one: it does not move,
 * and the unload waits for ever for its reference.
 */
#include "gpu.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES (4 * HUGE)

static int run(const char *command, unsigned int seconds)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	return wait_child(pid, seconds);
}

static void keep(const uint32_t *p, int go, int dropped)
{
	char c;

	drop_gpu();
	if (write(dropped, "x", 1) != 1 || read(go, &c, 1) != 1)
		_exit(2);
	_exit(pages_in_vram(p, BYTES) ? 3 : wrong(p, BYTES, 5) ? 1 : 0);
}

int main(int argc, char **argv)
{
	bool huge = argc > 1 && !strcmp(argv[1], "huge"), open = argc > 2 && !strcmp(argv[2], "open");
	bool unbind = open || (argc > 2 && !strcmp(argv[2], "unbind"));
	int go[2], ready[2], dropped[2], ret, status;
	pid_t with_gpu, keeper = 0;
	double t;

	test_start(200);
	if (pipe(go) || pipe(ready) || pipe(dropped))
		return 2;
	with_gpu = fork();
	if (with_gpu == 0) {
		uint32_t *p = huge ? map_huge(BYTES) : map_small(BYTES);
		char c;

		pattern(p, BYTES, 5);
		ret = range_to_vram(p, BYTES);
		if (ret || pages_in_vram(p, BYTES) != BYTES / PAGE) {
			note("migration: %d, %zu pages", ret, pages_in_vram(p, BYTES));
			_exit(1);
		}
		if (!open) {
			keeper = fork();
			if (keeper == 0) {
				setsid();
				close(ready[1]);
				keep(p, go[0], dropped[1]);
			}
			drop_gpu();
			if (read(dropped[0], &c, 1) != 1)
				_exit(1);
		}
		if (write(ready[1], &keeper, sizeof(keeper)) < 0)
			_exit(1);
		if (open) {
			if (read(go[0], &c, 1) != 1)
				_exit(2);
			_exit(pages_in_vram(p, BYTES) ? 3 : wrong(p, BYTES, 5) ? 1 : 0);
		}
		/* The keeper's status goes through its parent. */
		status = wait_child(keeper, 180);
		_exit(status < 0 ? 4 : status >> 8);
	}
	close(ready[1]);
	if (poll(&(struct pollfd){ .fd = ready[0], .events = POLLIN }, 1, 60000) != 1 ||
	    read(ready[0], &keeper, sizeof(keeper)) != sizeof(keeper)) {
		ok(false, "no pages in VRAM");
		test_end();
	}
	t = now();
	if (unbind)
		status = run("for d in /sys/bus/pci/drivers/nouveau/0*; do echo ${d##*/} >${d%/*}/unbind; done", 60);
	else
		status = run("/lab/unload", 60);
	ok(status == 0, "the driver %s (status %d, %.1f s)", unbind ? "is unbound" : "is unloaded", status, now() - t);
	if (status < 0)
		test_end();		/* it hangs in the kernel; touching the memory would, too */
	if (write(go[1], "x", 1) != 1)
		return 2;
	status = wait_child(with_gpu, 60);
	ok(status == 0, "the data is in RAM and right (%d)", status);
	if (unbind)
		run("/lab/unload", 30);
	status = run("/lab/load", 60);
	ok(status == 0, "the driver is loaded again (%d)", status);
	with_gpu = fork();
	if (with_gpu == 0) {
		uint32_t *p = map_pages(PAGE);

		_exit(gpu_fill(p, 1024, 1) || p[5] != 6);
	}
	ok(child_ok(with_gpu, 60), "and the GPU computes");
	test_end();
}
