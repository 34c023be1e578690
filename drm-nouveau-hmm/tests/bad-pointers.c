// SPDX-License-Identifier: MIT
/*
 * A GPU access that cannot be served ends its channel, with an error for the process, within a bound;
 * the next process works. Each in a process of its own: nothing mapped, no access, read-only, beyond
 * user space, a page with a memory error, and memory of the process inside the part of the address
 * space that belongs to the GPU's buffer objects.
 *
 * Defect 12. Upstream's PFNMAP returns 0 for what it could not map (nvkm_vmm_pfn_map clears the valid
 * bit instead), so such a fault is replayed for ever.
 */
#include "gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *null(void)
{
	return NULL;
}

static void *unmapped(void)
{
	void *p = map_pages(HUGE);

	munmap(p, HUGE);
	return p;
}

static void *no_access(void)
{
	void *p = map_pages(PAGE);

	memset(p, 1, PAGE);
	mprotect(p, PAGE, PROT_NONE);
	return p;
}

static void *read_only(void)
{
	void *p = map_pages(PAGE);

	memset(p, 1, PAGE);
	mprotect(p, PAGE, PROT_READ);
	return p;
}

static void *file_read_only(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, open("/proc/self/exe", O_RDONLY), 0);

	return p == MAP_FAILED ? NULL : p;
}

static void *beyond(void)
{
	return (void *)(1ul << 47);
}

static void *kernel_address(void)
{
	return (void *)0xffff888000100000ul;
}

static void survived(int sig)
{
	(void)sig;
}

static void *poisoned(void)
{
	void *p = map_small(PAGE);

	memset(p, 1, PAGE);
	signal(SIGBUS, survived);	/* sent at once to who does this */
	if (madvise(p, PAGE, MADV_HWPOISON))
		_exit(77);
	return p;
}

/* Mesa reserves a power of two of at least the size of VRAM for its buffer objects. */
static void *in_cut_out(void)
{
	unsigned long start, end;
	char line[256], perm[8];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perm) == 3 && !strcmp(perm, "---p") &&
		    end - start >= (1ul << 28) && !((end - start) & (end - start - 1)) &&
		    !(start & (end - start - 1))) {
			char *p = (char *)end - 16 * PAGE;

			if (mprotect(p, PAGE, PROT_READ | PROT_WRITE))
				break;
			memset(p, 1, PAGE);
			return p;
		}
	}
	_exit(77);
}

static const struct {
	const char *name, *what;
	void *(*make)(void);
	bool write;
} cases[] = {
	{ "null", "a null pointer", null, false },
	{ "unmapped", "memory that was unmapped", unmapped, false },
	{ "no-access", "memory without access", no_access, false },
	{ "read-only", "a write to read-only memory", read_only, true },
	{ "file", "a write to a file mapped read-only", file_read_only, true },
	{ "beyond", "an address beyond user space", beyond, false },
	{ "kernel", "an address of the kernel", kernel_address, false },
	{ "poison", "a page with a memory error", poisoned, false },
	{ "cut-out", "memory of the process where buffer objects go", in_cut_out, false },
};

static void try(unsigned int i)
{
	int status, ret;
	pid_t pid = fork();

	if (pid == 0) {
		uint32_t good, *ok_page = map_pages(PAGE);
		void *p;

		gpu_patience = 15;
		*ok_page = 1;
		ret = gpu_load(ok_page, &good);
		if (ret || good != 1)
			_exit(3);
		p = cases[i].make();
		ret = cases[i].write ? gpu_store(p, 1) : gpu_load(p, &good);
		_exit(ret == -EIO ? 0 : ret == 0 ? 4 : ret == -ETIMEDOUT ? 5 : 6);
	}
	status = wait_child(pid, 60);
	if (status == 77 << 8)
		skip("%s: cannot be made here", cases[i].what);
	else
		ok(status == 0, "%s: an error%s", cases[i].what,
		   status == 3 << 8 ? "; the GPU did not work even before" :
		   status == 4 << 8 ? "; there was none" :
		   status == 5 << 8 ? "; it never ended" : "");
}

static bool works(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		uint32_t *p = map_pages(PAGE);

		_exit(gpu_fill(p, 1024, 9) || p[1023] != 9 + 1023);
	}
	return child_ok(pid, 60);
}

int main(int argc, char **argv)
{
	test_start(400);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 1 && strcmp(argv[1], cases[i].name))
			continue;
		try(i);
		ok(works(), "... and the next process computes");
	}
	test_end();
}
