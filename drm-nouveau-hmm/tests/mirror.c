// SPDX-License-Identifier: MIT
/*
 * GPU and CPU see the same memory, whatever the process does with its address space. Each case is done
 * with the memory in RAM and, where that can be, in VRAM. Arguments: the names of the cases to run.
 */
#include "gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 32ul
#define BYTES (PAGES * PAGE)
#define WORDS (BYTES / 4)

static bool in_vram;
static const char *name;

/* ok() with the case's name and where the memory is in front. */
#define is(good, what, ...) \
	ok(good, "%s, in %s: " what, name, in_vram ? "VRAM" : "RAM", ##__VA_ARGS__)

/* Puts the range where this run wants it and lets the GPU map it. */
static void place(void *p, size_t bytes)
{
	int ret = 0;

	if (in_vram)
		ret = range_to_vram(p, bytes);
	ret = ret ? ret : gpu_touch(p, PAGE, bytes / PAGE, GPU_READ);
	if (ret)
		is(false, "the GPU maps the memory (%d)", ret);
}

static void fill(uint32_t *p, size_t words, uint32_t v)
{
	for (size_t i = 0; i < words; i++)
		p[i] = v + i;
}

static bool cpu_sees(const uint32_t *p, size_t words, uint32_t v)
{
	for (size_t i = 0; i < words; i++)
		if (p[i] != v + (uint32_t)i)
			return false;
	return true;
}

/* The sum does, as the values are in a known order. */
static bool gpu_sees(const uint32_t *p, size_t words, uint32_t v)
{
	uint64_t sum = 0, expected = 0;
	int ret = gpu_sum(p, words, &sum);

	for (size_t i = 0; i < words; i++)
		expected += v + (uint32_t)i;
	return ret == 0 && sum == expected;
}

static bool gpu_sees_zeros(const uint32_t *p, size_t words)
{
	uint64_t sum = 1;

	return gpu_sum(p, words, &sum) == 0 && sum == 0;
}

/* The GPU writes v, v + 1, ...; the CPU sees it. */
static bool gpu_writes(uint32_t *p, size_t words, uint32_t v)
{
	return gpu_fill(p, words, v) == 0 && cpu_sees(p, words, v);
}

static uint32_t *memory(uint32_t v)
{
	uint32_t *p = map_small(BYTES);

	fill(p, WORDS, v);
	place(p, BYTES);
	return p;
}

static void *map_at(void *p, size_t bytes)
{
	return mmap(p, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void case_munmap(void)
{
	uint32_t *p = memory(1);

	munmap(p, BYTES);
	map_at(p, BYTES);
	is(gpu_sees_zeros(p, WORDS), "new memory at the same address is empty for the GPU");
	place(p, BYTES);
	munmap(p, BYTES);
	map_at(p, BYTES);
	fill(p, WORDS, 7);
	is(gpu_sees(p, WORDS, 7), "the GPU reads what the CPU writes to new memory there");
	is(gpu_writes(p, WORDS, 8), "and the other way round");
}

static void case_mremap(void)
{
	uint32_t *p = memory(1), *q = map_pages(2 * BYTES), *r;

	q = mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	is(q != MAP_FAILED && gpu_sees(q, WORDS, 1), "the GPU reads the memory at its new address");
	map_at(p, BYTES);
	is(gpu_sees_zeros(p, WORDS), "what is at the old address now is empty");
	is(gpu_writes(q, WORDS, 2), "the GPU writes at the new address");
	is(gpu_sees_zeros(p, WORDS), "and not at the old one");
	place(q, BYTES);
	r = mremap(q, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	is(r != MAP_FAILED && gpu_sees(r, WORDS, 2) && gpu_sees_zeros(q, WORDS),
	   "MREMAP_DONTUNMAP leaves empty memory behind");
	place(r, BYTES);
	r = mremap(r, BYTES, 4 * BYTES, MREMAP_MAYMOVE);
	is(r != MAP_FAILED && gpu_sees(r, WORDS, 2) && gpu_writes(r, 4 * WORDS, 3), "grown memory is all there");
}

static void case_mremap_huge(void)
{
	uint32_t *p = map_huge(HUGE), *q = map_huge(HUGE);

	fill(p, HUGE / 4, 1);
	place(p, HUGE);
	q = mremap(p, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	is(q != MAP_FAILED && gpu_sees(q, HUGE / 4, 1), "a huge page moves whole");
	map_at(p, HUGE);
	is(gpu_sees_zeros(p, HUGE / 4), "the old address is empty");
	is(gpu_writes(q, HUGE / 4, 5), "the GPU writes to it");
}

static void case_mprotect(void)
{
	uint32_t *p = memory(1);

	mprotect(p, BYTES, PROT_READ);
	is(gpu_sees(p, WORDS, 1), "read-only, the GPU reads");
	mprotect(p, BYTES, PROT_READ | PROT_WRITE);
	is(gpu_writes(p, WORDS, 2), "writable again, the GPU writes");
	place(p, BYTES);
	mprotect(p, BYTES, PROT_NONE);
	mprotect(p, BYTES, PROT_READ | PROT_WRITE);
	is(gpu_sees(p, WORDS, 2), "no access for a while, the data is still there");
	/* Every second page. */
	for (size_t i = 0; i < PAGES; i += 2)
		mprotect(p + i * 1024, PAGE, PROT_READ);
	place(p, BYTES);
	is(gpu_sees(p, WORDS, 2), "a mixture of both, the GPU reads");
	for (size_t i = 1; i < PAGES; i += 2)
		if (gpu_fill(p + i * 1024, 1024, 9) || !cpu_sees(p + i * 1024, 1024, 9))
			is(false, "a mixture of both, the GPU writes page %zu", i);
}

static void case_dontneed(void)
{
	uint32_t *p = memory(1);

	madvise(p + 8 * 1024, 8 * PAGE, MADV_DONTNEED);
	is(gpu_sees_zeros(p + 8 * 1024, 8 * 1024), "discarded pages are empty for the GPU");
	is(gpu_sees(p, 8 * 1024, 1), "the others are not");
	madvise(p, BYTES, MADV_DONTNEED);
	is(gpu_writes(p, WORDS, 3), "the GPU writes to discarded pages");
}

static void case_free(void)
{
	uint32_t *p = memory(1);

	madvise(p, BYTES, MADV_FREE);
	is(gpu_fill(p, WORDS, 4) == 0, "the GPU writes to pages that may be dropped");
	madvise(p, BYTES, MADV_PAGEOUT);
	is(cpu_sees(p, WORDS, 4), "they keep what it wrote");
}

/* Runs f in a forked child, after go: the child's answer. */
static int in_child(int (*f)(uint32_t *p), uint32_t *p)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(f(p));
	return wait_child(pid, 30);
}

static int child_writes(uint32_t *p)
{
	if (!cpu_sees(p, WORDS, 1))
		return 1;
	fill(p, WORDS, 100);
	return 0;
}

static void case_fork(void)
{
	uint32_t *p = memory(1);
	int go[2];
	pid_t pid;
	char c;

	is(in_child(child_writes, p) == 0, "a child sees the data, and writes");
	is(gpu_sees(p, WORDS, 1), "the parent's GPU does not see what it wrote");
	if (pipe(go))
		return;
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &c, 1) < 0 || !cpu_sees(p, WORDS, 1));
	}
	close(go[0]);
	is(gpu_fill(p, WORDS, 2) == 0, "while a child lives, the GPU writes");
	is(cpu_sees(p, WORDS, 2), "the parent sees it");
	close(go[1]);
	is(child_ok(pid, 30), "the child does not");
	is(gpu_writes(p, WORDS, 3), "after it, the GPU writes again");
}

static void case_fork_shared(void)
{
	uint32_t *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	fill(p, WORDS, 1);
	place(p, BYTES);
	is(in_child(child_writes, p) == 0, "a child sees the data, and writes");
	is(gpu_sees(p, WORDS, 100), "the parent's GPU sees what it wrote");
	is(gpu_fill(p, WORDS, 1) == 0 && in_child(child_writes, p) == 0, "the child sees what the GPU wrote");
}

static int file_of(const char *dir, char *path, size_t size)
{
	uint32_t page[1024];
	int fd;

	snprintf(path, size, "%s/mirror.XXXXXX", dir);
	fd = mkstemp(path);
	for (size_t i = 0; i < PAGES; i++) {
		fill(page, 1024, 1 + i * 1024);
		if (fd < 0 || write(fd, page, PAGE) != PAGE)
			return -1;
	}
	return fd;
}

static bool file_has(const char *path, uint32_t v)
{
	static uint32_t data[WORDS];
	int fd = open(path, O_RDONLY);
	bool good = read(fd, data, BYTES) == BYTES && cpu_sees(data, WORDS, v);

	close(fd);
	return good;
}

static void in_file(const char *dir)
{
	char path[128];
	uint32_t *p, *q;
	int fd = file_of(dir, path, sizeof(path));

	if (fd < 0) {
		is(false, "cannot write a file in %s", dir);
		return;
	}
	p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	is(gpu_sees(p, WORDS, 1), "the GPU reads a private mapping of a file in %s", dir);
	place(p, BYTES);
	is(gpu_writes(p, WORDS, 5), "and writes it");
	is(file_has(path, 1), "which does not change the file");
	munmap(p, BYTES);

	p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		skip("no shared mappings in %s: %s", dir, strerror(errno));
		return;
	}
	is(gpu_sees(p, WORDS, 1), "the GPU reads a shared mapping of it");
	place(p, BYTES);
	is(gpu_writes(p, WORDS, 6), "and writes it");
	msync(p, BYTES, MS_SYNC);
	is(file_has(path, 6), "which changes the file");
	is(gpu_writes(p, WORDS, 7), "once more after it was written back");
	q = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	is(gpu_sees(q, WORDS, 7) && cpu_sees(q, WORDS, 7), "a second mapping has the same");
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE) == 0)
		is(gpu_sees_zeros(p, 4 * 1024), "a hole in the file is empty for the GPU");
	munmap(p, BYTES);
	munmap(q, BYTES);
	close(fd);
	unlink(path);
}

static void case_file(void)
{
	in_file(".");
	in_file("/tmp");
}

static void case_shmem(void)
{
	int fd = memfd_create("mirror", 0);
	uint32_t *p, *q;

	if (ftruncate(fd, BYTES))
		return;
	p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fill(p, WORDS, 1);
	place(p, BYTES);
	is(gpu_sees(q, WORDS, 1), "the GPU reads through a second mapping");
	is(gpu_fill(q, WORDS, 2) == 0 && gpu_sees(p, WORDS, 2) && cpu_sees(p, WORDS, 2),
	   "what it writes through that is seen through the first");
	munmap(p, BYTES);
	munmap(q, BYTES);
	close(fd);
}

static long number(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

static void case_ksm(void)
{
	uint32_t *p, *q;
	double until;

	if (write_file("/sys/kernel/mm/ksm/run", "1")) {
		skip("%s: not in this kernel", name);
		return;
	}
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "10");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "4096");
	write_file("/sys/kernel/mm/ksm/smart_scan", "0");
	p = memory(1);
	q = memory(1);
	madvise(p, BYTES, MADV_MERGEABLE);
	madvise(q, BYTES, MADV_MERGEABLE);
	until = now() + 20;
	while (now() < until && number("/sys/kernel/mm/ksm/pages_sharing") < (long)PAGES) {
		if (in_vram)		/* merging is for memory that is in RAM */
			in_vram = cpu_sees(p, WORDS, 1) && cpu_sees(q, WORDS, 1);
		usleep(20000);
	}
	note("%s: %ld pages shared", name, number("/sys/kernel/mm/ksm/pages_sharing"));
	is(gpu_sees(p, WORDS, 1) && gpu_sees(q, WORDS, 1), "the GPU reads merged pages");
	is(gpu_writes(p, WORDS, 2), "and writes one of them");
	is(cpu_sees(q, WORDS, 1) && gpu_sees(q, WORDS, 1), "which leaves the other as it was");
	place(q, BYTES);
	is(gpu_writes(q, WORDS, 3) && cpu_sees(p, WORDS, 2), "then the other");
	write_file("/sys/kernel/mm/ksm/run", "0");
	munmap(p, BYTES);
	munmap(q, BYTES);
}

static void case_swap(void)
{
	uint32_t *p;
	size_t out;

	if (!swap_on()) {
		skip("%s: no swap can be made here", name);
		return;
	}
	p = memory(1);
	if (in_vram && !cpu_sees(p, WORDS, 1))
		is(false, "the CPU sees the data");
	page_out(p, BYTES);
	out = swapped_out(p, BYTES);
	note("%s: %zu of %lu pages are out", name, out, PAGES);
	is(gpu_sees(p, WORDS, 1), "the GPU reads pages that were swapped out");
	page_out(p, BYTES);
	is(gpu_writes(p, WORDS, 2), "and writes such");
	page_out(p, BYTES);
	place(p, BYTES);
	is(gpu_sees(p, WORDS, 2) && cpu_sees(p, WORDS, 2), "and they can be placed again");
	munmap(p, BYTES);
}

static void case_compaction(void)
{
	uint32_t *p = memory(0);
	int ret = 0;

	for (int i = 0; i < 10 && !ret; i++) {
		write_file("/proc/sys/vm/compact_memory", "1");
		ret = gpu_add(p, WORDS, 1);
	}
	is(ret == 0 && cpu_sees(p, WORDS, 10), "the kernel moves pages about between the GPU's writes (%d)", ret);
}

static void case_collapse(void)
{
	uint32_t *p = map_small(HUGE);

	fill(p, HUGE / 4, 1);
	place(p, HUGE);
	if (in_vram && !cpu_sees(p, HUGE / 4, 1))
		is(false, "the CPU sees the data");
	madvise(p, HUGE, MADV_HUGEPAGE);
	if (madvise(p, HUGE, 25 /* MADV_COLLAPSE */)) {
		skip("%s: %s", name, strerror(errno));
		return;
	}
	is(gpu_sees(p, HUGE / 4, 1) && gpu_writes(p, HUGE / 4, 2), "small pages become a huge one");
	place(p, HUGE);
	munmap(p, HUGE / 2);
	map_at(p, HUGE / 2);
	is(gpu_sees_zeros(p, HUGE / 8) && gpu_sees(p + HUGE / 8, HUGE / 8, 2 + HUGE / 8),
	   "half of it is replaced by empty memory");
}

static void case_ping_pong(void)
{
	uint32_t *p = memory(0);
	int ret = 0;

	for (uint32_t i = 0; i < 20 && !ret; i++) {
		if (!cpu_sees(p, WORDS, 2 * i)) {
			is(false, "the CPU sees the GPU's write in round %u", i);
			return;
		}
		for (size_t w = 0; w < WORDS; w++)
			p[w]++;
		if (in_vram)
			range_to_vram(p, BYTES);
		ret = gpu_add(p, WORDS, 1);
	}
	is(ret == 0, "CPU and GPU add in turns (%d)", ret);
}

static uint32_t *counter;
static bool counting;

static void *count(void *rounds)
{
	while (counting) {
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
		(*(uint32_t *)rounds)++;
		usleep(200);
	}
	return NULL;
}

static void case_atomics(void)
{
	uint32_t *p = memory(0), rounds = 0, gpu = 0;
	pthread_t thread;
	int ret = 0;

	counter = p;
	counting = true;
	*p = 0;
	if (pthread_create(&thread, NULL, count, &rounds))
		return;
	for (int i = 0; i < 20 && !ret; i++) {
		ret = gpu_atomic_add(p, 256);
		gpu += 256;
		if (in_vram && i % 4 == 0)
			range_to_vram(p, PAGE);
	}
	counting = false;
	pthread_join(thread, NULL);
	is(ret == 0 && *p == gpu + rounds, "atomics of both on one word: %u + %u = %u (%d)", gpu, rounds, *p, ret);
}

static uint32_t in_data[2048] = { 1 };

static void case_anywhere(void)
{
	uint32_t on_stack[2048], *on_heap = malloc(sizeof(on_stack));

	place(on_heap, sizeof(on_stack));
	is(gpu_writes(on_heap, 2048, 1), "malloc");
	is(gpu_writes(on_stack, 2048, 2), "the stack");
	is(gpu_writes(in_data, 2048, 3), "static data");
	free(on_heap);
}

static void case_first_touch(void)
{
	uint32_t *p = map_small(BYTES), *q = map_small(BYTES);
	size_t there;

	if (in_vram) {
		range_to_vram(p, BYTES);
		there = pages_in_vram(p, BYTES);
		is(there == PAGES, "untouched memory goes to VRAM (%zu pages)", there);
	}
	is(gpu_sees_zeros(p, WORDS), "the GPU reads zeros in memory that nobody has touched");
	is(gpu_writes(p, WORDS, 1), "and writes to it");
	is(gpu_writes(q, WORDS, 1), "the GPU writes to it first");
}

/* The rest end their process's channel, so each has a process. */
static void ends_channel(void (*change)(uint32_t *p), const char *what)
{
	pid_t pid = fork();

	if (pid == 0) {
		uint32_t *p, v;

		gpu_patience = 15;
		p = memory(1);
		change(p);
		_exit(gpu_load(p + 16 * 1024, &v) == -EIO ? 0 : 1);
	}
	is(child_ok(pid, 60), "%s: the GPU's next access is an error", what);
}

static void change_munmap(uint32_t *p)
{
	munmap(p, BYTES);
}

static void change_none(uint32_t *p)
{
	mprotect(p, BYTES, PROT_NONE);
}

static void change_move(uint32_t *p)
{
	if (mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, map_pages(BYTES)) == MAP_FAILED)
		_exit(1);
}

static void case_gone(void)
{
	ends_channel(change_munmap, "munmap");
	ends_channel(change_none, "mprotect(PROT_NONE)");
	ends_channel(change_move, "mremap");
}

static void case_exec(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		memory(1);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	is(child_ok(pid, 60), "a process with memory there runs another program");
}

static const struct {
	const char *name;
	void (*run)(void);
	bool ram_only;
} cases[] = {
	/* Before this process opens the GPU: they fork. */
	{ "gone", case_gone, false },
	{ "exec", case_exec, false },
	{ "munmap", case_munmap, false },
	{ "mremap", case_mremap, false },
	{ "mremap-huge", case_mremap_huge, false },
	{ "mprotect", case_mprotect, false },
	{ "dontneed", case_dontneed, false },
	{ "free", case_free, false },
	{ "fork", case_fork, false },
	{ "fork-shared", case_fork_shared, false },
	{ "file", case_file, false },
	{ "shmem", case_shmem, false },
	{ "ksm", case_ksm, false },
	{ "compaction", case_compaction, true },
	{ "collapse", case_collapse, false },
	{ "ping-pong", case_ping_pong, false },
	{ "atomics", case_atomics, false },
	{ "anywhere", case_anywhere, false },
	{ "first-touch", case_first_touch, false },
	/* Last: with swap there, pages may go out at any time. */
	{ "swap", case_swap, false },
};

static bool wanted(const char *what, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], what))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	test_start(900);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!wanted(cases[i].name, argc, argv))
			continue;
		name = cases[i].name;
		for (int vram = 0; vram < (cases[i].ram_only ? 1 : 2); vram++) {
			in_vram = vram;
			cases[i].run();
		}
	}
	test_end();
}
