// SPDX-License-Identifier: MIT
/*
 * Pages that the GPU has mapped read-only and then writes have one DMA mapping, not two. Needs --iommu:
 * the lab compares the bytes that are mapped for the GPU at the marks leak-from and leak-to.
 *
 * Defect 21. Upstream maps the page for the device again when it writes the new PTE, and forgets the old
 * mapping. (The CPU makes such a page writable without telling anybody: it is the same page. It happens
 * to all memory after a fork whose child has gone.)
 */
#include "gpu.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (16 * MIB)

int main(void)
{
	int ret = 0, status;
	pid_t pid;

	test_start(300);
	pid = fork();
	if (pid == 0) {
		gpu_open();
		_exit(0);
	}
	ok(child_ok(pid, 90), "a process that only opens the GPU");
	mark("leak-from");
	pid = fork();
	if (pid == 0) {
		uint32_t *p = map_small(BYTES);

		gpu_open();
		memset(p, 1, BYTES);
		pid = fork();
		if (pid == 0)
			_exit(0);
		wait_child(pid, 10);
		for (size_t i = 0; i < BYTES && !ret; i += 4 * MIB) {
			ret = gpu_touch((char *)p + i, PAGE, 4 * MIB / PAGE, GPU_READ);
			ret = ret ? ret : gpu_touch((char *)p + i, PAGE, 4 * MIB / PAGE, GPU_WRITE);
		}
		_exit(ret ? 1 : 0);
	}
	status = wait_child(pid, 150);
	ok(status == 0, "the GPU reads and then writes %lu pages (%d)", BYTES / PAGE, status);
	sleep(1);
	mark("leak-to");
	test_end();
}
