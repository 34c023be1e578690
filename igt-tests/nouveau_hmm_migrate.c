// SPDX-License-Identifier: MIT
/*
 * Pages move to VRAM and come back: ranges of all sizes and contents, everything that brings them
 * back or lets them go, what cannot be moved, and more of them than VRAM can hold.
 */
#include "igt.h"
#include "lib/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Pages move to VRAM and come back, with their data, and everything agrees on "
		     "where they are.");

#define BYTES (64 * PAGE)
#define PAGES (BYTES / PAGE)

/* ---- ranges: how large, where, of what pages ---- */

static const struct size {
	const char *name;
	size_t offset, bytes;	/* in a mapping that begins at a multiple of 2 MiB */
} sizes[] = {
	{ "page", 0, PAGE },
	{ "seven-pages", 3 * PAGE, 7 * PAGE },
	{ "64k", 0, 16 * PAGE },
	{ "64k-unaligned", 5 * PAGE, 16 * PAGE },
	{ "2m-less-a-page", 0, HUGE - PAGE },
	{ "2m", 0, HUGE },
	{ "2m-and-a-page", 0, HUGE + PAGE },
	{ "across-2m", HUGE - 16 * PAGE, 32 * PAGE },
	{ "8m-unaligned", PAGE, 4 * HUGE },
};

enum { UNTOUCHED, WRITTEN, ZERO_PAGE, READ_ONLY, HOLE };

/* Atomics of the GPU on pages in RAM: no CPU has them then. */
static void make_exclusive(void *p, size_t bytes)
{
	igt_assert_eq(gpu_touch(gpu(), p, bytes, GPU_ATOMIC), 0);
	igt_assert_eq_u64(pages_with(gpu()->fd, p, bytes, DRM_NOUVEAU_HMM_PAGE_ATOMIC,
				     DRM_NOUVEAU_HMM_PAGE_ATOMIC), bytes / PAGE);
}

static const struct content {
	const char *name;
	bool huge;
	unsigned int page[4];	/* of each four pages */
	void (*then)(void *p, size_t bytes);
} contents[] = {
	{ "written", false, { WRITTEN, WRITTEN, WRITTEN, WRITTEN } },
	{ "written-huge", true, { WRITTEN, WRITTEN, WRITTEN, WRITTEN } },
	{ "untouched", false, { UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED } },
	{ "untouched-huge", true, { UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED } },
	{ "zero-page", false, { ZERO_PAGE, ZERO_PAGE, ZERO_PAGE, ZERO_PAGE } },
	{ "zero-page-huge", true, { ZERO_PAGE, ZERO_PAGE, ZERO_PAGE, ZERO_PAGE } },
	{ "every-second", false, { WRITTEN, UNTOUCHED, WRITTEN, UNTOUCHED } },
	{ "read-only", false, { READ_ONLY, READ_ONLY, READ_ONLY, READ_ONLY } },
	{ "mixed", false, { WRITTEN, READ_ONLY, ZERO_PAGE, UNTOUCHED } },
	{ "holes", false, { WRITTEN, HOLE, HOLE, READ_ONLY } },
	{ "holes-in-huge", true, { WRITTEN, WRITTEN, WRITTEN, HOLE } },
	{ "exclusive", false, { WRITTEN, WRITTEN, WRITTEN, WRITTEN }, make_exclusive },
	{ "swapped-out", false, { WRITTEN, WRITTEN, WRITTEN, WRITTEN }, swap_out },
};

static uint32_t *page_at(char *p, size_t i)
{
	return (uint32_t *)(p + i * PAGE);
}

static void make_page(char *p, size_t i, unsigned int what)
{
	volatile uint32_t *w = page_at(p, i);

	switch (what) {
	case WRITTEN:
	case READ_ONLY:
		pattern((uint32_t *)w, PAGE, (uint32_t)i);
		if (what == READ_ONLY)
			igt_assert_eq(mprotect((void *)w, PAGE, PROT_READ), 0);
		break;
	case ZERO_PAGE:
		igt_assert_eq_u32(*w, 0);
		break;
	case HOLE:
		igt_assert_eq(munmap((void *)w, PAGE), 0);
		break;
	}
}

static void check_page(char *p, size_t i, unsigned int what)
{
	uint32_t *w = page_at(p, i);

	if (what == HOLE)
		return;
	if (what == WRITTEN || what == READ_ONLY)
		igt_assert_eq_u64(wrong(w, PAGE, (uint32_t)i), 0);
	else
		for (size_t n = 0; n < PAGE / 4; n++)
			igt_assert_eq_u32(w[n], 0);
}

/* To VRAM; there; what the GPU sees; to RAM, or the CPU takes it back; what the CPU sees. */
static void range(const struct size *s, const struct content *c, bool by_cpu)
{
	char *map = c->huge ? map_huge(s->offset + s->bytes) : map_small(s->offset + s->bytes);
	char *p = map + s->offset;
	size_t n = s->bytes / PAGE, holes = 0, data = 0, first = 0;
	uint64_t before = vram_resident(gpu()->fd);
	hmm_moved m;

	for (size_t i = 0; i < n; i++)
		make_page(p, i, c->page[i % 4]);
	for (size_t i = 0; i < n; i++) {
		holes += c->page[i % 4] == HOLE;
		data += c->page[i % 4] == WRITTEN || c->page[i % 4] == READ_ONLY;
	}
	if (c->then)
		c->then(p, s->bytes);
	igt_assert_eq(migrate(gpu()->fd, p, s->bytes, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, s->bytes);
	igt_assert_eq_u64(moved_sum(&m), n);
	igt_assert_eq_u64(m.unsupported, holes);
	igt_assert_eq_u64(m.moved + m.zeroed, n - holes);
	igt_assert_lte_u64(data, m.moved);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, s->bytes), n - holes);
	igt_assert_eq_u64(device_pages(p, s->bytes), n - holes);
	igt_assert_lte_u64(before + (n - holes) * PAGE, vram_resident(gpu()->fd));
	/* And nothing in front of it. */
	if (s->offset && !c->huge)
		igt_assert_eq_u64(in_vram(gpu()->fd, map, s->offset), 0);

	while (first < n && c->page[first % 4] == HOLE)
		first++;
	if (first < n) {
		uint32_t *out = map_small(PAGE);

		igt_assert_eq(gpu_read(gpu(), page_at(p, first), PAGE / 4, out), 0);
		igt_assert(!memcmp(out, page_at(p, first), PAGE));
		munmap(out, PAGE);
	}
	if (!by_cpu) {
		igt_assert_eq(migrate(gpu()->fd, p, s->bytes, RAM, &m), 0);
		igt_assert_eq_u64(m.moved + m.already, n - holes);
	}
	for (size_t i = 0; i < n; i++)
		check_page(p, i, c->page[i % 4]);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, s->bytes), 0);
	munmap(map, s->offset + s->bytes);
	igt_assert_eq_u64(vram_resident(gpu()->fd), before);
}

/* ---- what brings pages back, lets them go, or leaves them ---- */

static uint32_t *memory(bool huge)
{
	size_t bytes = huge ? HUGE : BYTES;
	uint32_t *p = huge ? map_huge(bytes) : map_small(bytes);
	hmm_moved m;

	pattern(p, bytes, 3);
	igt_assert_eq(migrate(gpu()->fd, p, bytes, VRAM, &m), 0);
	igt_assert_eq_u64(m.moved, bytes / PAGE);
	return p;
}

static void by_read(uint32_t *p, size_t bytes)
{
	igt_assert_eq_u64(wrong(p, bytes, 3), 0);
}

static void by_write(uint32_t *p, size_t bytes)
{
	for (size_t i = 0; i < bytes / 4; i += PAGE / 4)
		((volatile uint32_t *)p)[i] = p[i];
}

static void by_read_call(uint32_t *p, size_t bytes)
{
	int fd = memfd_create("migrate", MFD_CLOEXEC);
	uint32_t *q;

	igt_assert_eq(ftruncate(fd, (off_t)bytes), 0);
	q = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pattern(q, bytes, 3);
	igt_assert_eq_u64((uint64_t)read(fd, p, bytes), bytes);
	munmap(q, bytes);
	close(fd);
}

static void by_write_call(uint32_t *p, size_t bytes)
{
	int fd = memfd_create("migrate", MFD_CLOEXEC);
	uint32_t *q;

	igt_assert_eq_u64((uint64_t)write(fd, p, bytes), bytes);
	q = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	igt_assert_eq_u64(wrong(q, bytes, 3), 0);
	munmap(q, bytes);
	close(fd);
}

static void by_another_process(uint32_t *p, size_t bytes)
{
	pid_t parent = getpid();

	igt_fork(child, 1) {
		uint32_t *q = map_small(bytes);
		struct iovec to = { q, bytes }, from = { p, bytes };

		igt_assert_eq_u64((uint64_t)process_vm_readv(parent, &to, 1, &from, 1, 0), bytes);
		igt_assert_eq_u64(wrong(q, bytes, 3), 0);
	}
	igt_waitchildren();
}

static void by_child(uint32_t *p, size_t bytes)
{
	igt_fork(child, 1)
		igt_assert_eq_u64(wrong(p, bytes, 3), 0);
	igt_waitchildren();
}

static void by_populate(uint32_t *p, size_t bytes)
{
	igt_assert_eq(madvise(p, bytes, MADV_POPULATE_READ), 0);
}

static void by_mlock(uint32_t *p, size_t bytes)
{
	igt_assert_eq(mlock(p, bytes), 0);
	igt_assert_eq(munlock(p, bytes), 0);
}

static int pin(uint32_t *p, size_t bytes)
{
	struct iovec iov = { p, bytes };
	struct io_uring_params params = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);

	igt_require_f(ring >= 0, "no io_uring: %s\n", strerror(errno));
	igt_assert_eq((int)syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &iov, 1), 0);
	return ring;
}

/* Pinned for long: pages leave VRAM for that, and do not go there while it lasts. */
static void by_pin(uint32_t *p, size_t bytes)
{
	int ring = pin(p, bytes);
	hmm_moved m;

	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), 0);
	igt_assert_eq(migrate_once(gpu()->fd, p, bytes, VRAM, &m), 0);
	igt_assert_eq_u64(m.busy, bytes / PAGE);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), 0);
	close(ring);
}

static void by_gpu(uint32_t *p, size_t bytes)
{
	igt_assert_eq(gpu_touch(gpu(), p, bytes, GPU_ADD), 0);
}

static void by_protect(uint32_t *p, size_t bytes)
{
	igt_assert_eq(mprotect(p, bytes, PROT_READ), 0);
}

static void by_fork(uint32_t *p, size_t bytes)
{
	igt_fork(child, 1)
		;
	igt_waitchildren();
}

static void by_cold(uint32_t *p, size_t bytes)
{
	igt_assert_eq(madvise(p, bytes, MADV_COLD), 0);
}

static void by_dontneed(uint32_t *p, size_t bytes)
{
	igt_assert_eq(madvise(p, bytes, MADV_DONTNEED), 0);
}

enum where { COMES_BACK, STAYS, IS_FREE };

static const struct way {
	const char *name, *description;
	void (*run)(uint32_t *p, size_t bytes);
	enum where where;
	bool emptied;
} ways[] = {
	{ "read", "The CPU reads.", by_read, COMES_BACK },
	{ "write", "The CPU writes.", by_write, COMES_BACK },
	{ "read-call", "It is read from a file.", by_read_call, COMES_BACK },
	{ "write-call", "It is written to a file.", by_write_call, COMES_BACK },
	{ "another-process", "Another process reads it.", by_another_process, COMES_BACK },
	{ "populate", "MADV_POPULATE_READ.", by_populate, COMES_BACK },
	{ "mlock", "It is locked, and unlocked.", by_mlock, COMES_BACK },
	{ "pin", "It is pinned for long.", by_pin, COMES_BACK },
	{ "gpu", "The GPU reads and writes.", by_gpu, STAYS },
	{ "mprotect", "It becomes read-only.", by_protect, STAYS },
	{ "fork", "The process forks.", by_fork, STAYS },
	{ "cold", "MADV_COLD.", by_cold, STAYS },
	{ "child", "A child reads its copy.", by_child, STAYS },
	{ "dontneed", "MADV_DONTNEED.", by_dontneed, IS_FREE, true },
};

static void way(const struct way *w, bool huge)
{
	size_t bytes = huge ? HUGE : BYTES;
	uint64_t before = vram_resident(gpu()->fd);
	uint32_t *p = memory(huge);

	w->run(p, bytes);
	switch (w->where) {
	case COMES_BACK:
		igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), 0);
		break;
	case STAYS:
		/* A child's copies may have to be made in RAM. */
		if (w->run != by_child)
			igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), bytes / PAGE);
		break;
	case IS_FREE:
		igt_assert_eq_u64(vram_resident(gpu()->fd), before);
		break;
	}
	for (size_t i = 0; i < bytes / 4 && w->emptied; i++)
		igt_assert_eq_u32(p[i], 0);
	if (!w->emptied)
		igt_assert_eq_u64(wrong(p, bytes, 3), 0);
	munmap(p, bytes);
	igt_assert_eq_u64(vram_resident(gpu()->fd), before);
}

/* ---- a part of a huge page ---- */

static char part_data[HUGE];	/* what there was */

static void part_read(char *p, size_t offset, size_t bytes)
{
	igt_assert_eq_u32(*(volatile uint8_t *)(p + offset), (uint8_t)part_data[offset]);
}

static void part_unmap(char *p, size_t offset, size_t bytes)
{
	munmap(p + offset, bytes);
}

static void part_dontneed(char *p, size_t offset, size_t bytes)
{
	madvise(p + offset, bytes, MADV_DONTNEED);
}

static void part_protect(char *p, size_t offset, size_t bytes)
{
	mprotect(p + offset, bytes, PROT_READ);
}

static void part_migrate(char *p, size_t offset, size_t bytes)
{
	igt_assert_eq(migrate(gpu()->fd, p + offset, bytes, RAM, NULL), 0);
}

static void part_move(char *p, size_t offset, size_t bytes)
{
	char *to = map_small(bytes);

	igt_assert(mremap(p + offset, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	igt_assert(!memcmp(to, part_data + offset, bytes));
	munmap(to, bytes);
}

static const struct part {
	const char *name;
	void (*run)(char *p, size_t offset, size_t bytes);
	bool gone, zero;	/* what is left of the part */
} parts[] = {
	{ "read", part_read },
	{ "munmap", part_unmap, true },
	{ "dontneed", part_dontneed, false, true },
	{ "mprotect", part_protect },
	{ "migrate", part_migrate },
	{ "mremap", part_move, true },
};

static void part(const struct part *way, size_t offset, size_t bytes)
{
	char *p = map_huge(HUGE);
	uint64_t before = vram_resident(gpu()->fd);
	hmm_moved m;

	pattern((uint32_t *)p, HUGE, 5);
	memcpy(part_data, p, HUGE);
	igt_assert_eq(migrate(gpu()->fd, p, HUGE, VRAM, &m), 0);
	igt_assert_eq_u64(m.moved, HUGE / PAGE);
	way->run(p, offset, bytes);
	if (way->zero)
		memset(part_data + offset, 0, bytes);
	/* Which page is touched first matters while it is one folio still. */
	for (size_t at = 5 * PAGE; at < HUGE; at += HUGE / 2)
		if (at < offset || at >= offset + bytes)
			igt_assert_eq(*(volatile char *)(p + at), part_data[at]);
	igt_assert(!memcmp(p, part_data, offset));
	igt_assert(way->gone || !memcmp(p + offset, part_data + offset, bytes));
	igt_assert(!memcmp(p + offset + bytes, part_data + offset + bytes, HUGE - offset - bytes));
	munmap(p, HUGE);
	igt_assert_eq_u64(vram_resident(gpu()->fd), before);
}

/* ---- what is not moved ---- */

static void *get_shared(void)
{
	return mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void *map_file(int fd, int flags)
{
	void *p;

	igt_assert_eq(ftruncate(fd, HUGE), 0);
	p = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	close(fd);
	return p;
}

static void *get_memfd(void)
{
	return map_file(memfd_create("migrate", MFD_CLOEXEC), MAP_SHARED);
}

/* Its pages are the file's as long as nobody has written to them. */
static void *get_private_file(void)
{
	return map_file(memfd_create("migrate", MFD_CLOEXEC), MAP_PRIVATE);
}

static void *get_hugetlb(void)
{
	write_file("/proc/sys/vm/nr_hugepages", "4");
	return mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		    -1, 0);
}

static const struct fixed {
	const char *name;
	void *(*get)(void);
	bool read_only;
} fixed[] = {
	{ "shared", get_shared },
	{ "memfd", get_memfd },
	{ "private-file", get_private_file, true },
	{ "hugetlb", get_hugetlb },
};

static void stays(const struct fixed *f)
{
	uint32_t *p = f->get();
	hmm_moved m;

	igt_require_f(p != MAP_FAILED, "no such memory: %s\n", strerror(errno));
	if (f->read_only)
		igt_assert_eq_u32(*(volatile uint32_t *)p, 0);
	else
		pattern(p, HUGE, 2);
	igt_assert_eq(migrate(gpu()->fd, p, HUGE, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, HUGE);
	igt_assert_eq_u64(m.unsupported, HUGE / PAGE);
	igt_assert_eq_u64(device_pages(p, HUGE), 0);
	if (!f->read_only)
		igt_assert_eq_u64(wrong(p, HUGE, 2), 0);
	munmap(p, HUGE);
}

/* ---- the rest ---- */

/* More than VRAM can hold: what does not fit is counted, or makes room, and no data is lost. */
static void too_much(bool huge)
{
	uint64_t size = vram_to_fill(gpu()->fd), bytes, before = vram_resident(gpu()->fd);
	uint32_t *p;
	hmm_moved m;

	bytes = size / MIB * 5 / 4 * MIB;
	p = huge ? map_huge(bytes) : map_small(bytes);
	pattern(p, bytes, 8);
	for (int i = 0; i < 2; i++) {
		igt_assert_eq(migrate_once(gpu()->fd, p, bytes, VRAM, &m), 0);
		igt_assert_eq_u64(m.done, bytes);
		igt_assert_eq_u64(moved_sum(&m), bytes / PAGE);
		igt_assert_lt_u64(0, m.moved);
		igt_assert_lte_u64(vram_resident(gpu()->fd), size);
	}
	igt_assert_eq_u64(wrong(p, bytes, 8), 0);
	munmap(p, bytes);
	igt_assert_eq_u64(vram_resident(gpu()->fd), before);
}

/* ---- copies that fail ---- */

/* After this the next two copies of a copy engine fail. */
static void fail_copies(void)
{
	const char *line = getenv("NOUVEAU_HMM_FAIL_COPIES");

	igt_require_f(line, "NOUVEAU_HMM_FAIL_COPIES names no way to make a copy fail\n");
	igt_assert_eq(system(line), 0);
}

/* Whatever tells that a copy is done has told it of many before. Once for a process is enough. */
static void many_copies(void)
{
	static uint32_t *p;

	if (p)
		return;
	p = map_small(PAGE);
	pattern(p, PAGE, 1);
	for (int i = 0; i < 600; i++) {
		igt_assert_eq(migrate(gpu()->fd, p, PAGE, VRAM, NULL), 0);
		igt_assert_eq_u64(wrong(p, PAGE, 1), 0);
	}
}

/* What did not move is where it was. */
static void failing_to_vram(uint32_t *p, size_t bytes)
{
	hmm_moved m;

	many_copies();
	igt_assert_eq(migrate(gpu()->fd, p, bytes, RAM, NULL), 0);
	fail_copies();
	igt_assert_eq(migrate_once(gpu()->fd, p, bytes, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, bytes);
	igt_assert_lt_u64(0, m.failed);
	igt_assert_eq_u64(m.moved + m.failed, bytes / PAGE);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), m.moved);
}

static void failing_to_ram(uint32_t *p, size_t bytes)
{
	hmm_moved m;

	fail_copies();
	igt_assert_eq(migrate_once(gpu()->fd, p, bytes, RAM, &m), 0);
	igt_assert_eq_u64(m.moved, bytes / PAGE);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), 0);
}

static void failing_read(uint32_t *p, size_t bytes)
{
	fail_copies();
	igt_assert_eq_u64(wrong(p, bytes, 3), 0);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), 0);
}

/* VRAM is full of other pages: some have to leave for these. */
static void failing_eviction(uint32_t *p, size_t bytes)
{
	uint64_t size = vram_to_fill(gpu()->fd);
	uint32_t *q;
	size_t all;
	hmm_moved m;

	all = size / HUGE * HUGE + HUGE;
	q = map_huge(all);
	pattern(q, all, 8);
	igt_assert_eq(migrate(gpu()->fd, p, bytes, RAM, NULL), 0);
	igt_assert_eq(migrate_once(gpu()->fd, q, all, VRAM, NULL), 0);
	fail_copies();
	igt_assert_eq(migrate_once(gpu()->fd, p, bytes, VRAM, &m), 0);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), m.moved);
	igt_assert_lt_u64(in_vram(gpu()->fd, q, all), all / PAGE);
	igt_assert_eq_u64(wrong(q, all, 8), 0);
	munmap(q, all);
}

static const struct failing {
	const char *name, *description;
	void (*run)(uint32_t *p, size_t bytes);	/* pages in VRAM */
} failings[] = {
	{ "to-vram", "MIGRATE to VRAM, and copies fail: pages stay in RAM.", failing_to_vram },
	{ "to-ram", "MIGRATE to RAM, and copies fail: all comes back.", failing_to_ram },
	{ "read", "The CPU reads, and copies fail: it reads what it has to.", failing_read },
	{ "eviction", "VRAM is full, and copies fail as pages leave it: no data is lost.",
	  failing_eviction },
};

/* No copy fails any more, and the GPU works on what was moved. */
static void works_again(uint32_t *p, size_t bytes)
{
	hmm_moved m = { 0 };

	for (int i = 0; i < 5 && m.moved < bytes / PAGE; i++) {
		igt_assert_eq(migrate(gpu()->fd, p, bytes, RAM, NULL), 0);
		igt_assert_eq(migrate_once(gpu()->fd, p, bytes, VRAM, &m), 0);
	}
	igt_assert_eq_u64(m.moved, bytes / PAGE);
	gpu_changes(gpu(), p, bytes / 4);
	igt_assert_eq_u64(wrong(p, bytes, 3), 0);
}

/* Twice, as copies do not always fail in the same way. */
static void failing(const struct failing *f, bool huge)
{
	size_t bytes = huge ? HUGE : BYTES;

	igt_emit_ignore_dmesg_regex(NOISE);
	for (int i = 0; i < 2; i++) {
		uint64_t before = vram_resident(gpu()->fd);
		uint32_t *p = memory(huge);

		f->run(p, bytes);
		igt_assert_eq_u64(wrong(p, bytes, 3), 0);
		works_again(p, bytes);
		munmap(p, bytes);
		igt_assert_eq_u64(vram_resident(gpu()->fd), before);
	}
}

/* Also what a child has: it is one page for both, until somebody writes. */
static void shared_with_child(void)
{
	uint32_t *p = map_small(BYTES);
	int go[2], ready[2];
	hmm_moved m;
	char c = 0;

	pattern(p, BYTES, 3);
	igt_assert_eq(pipe(go) | pipe(ready), 0);
	igt_fork(child, 1) {
		close(go[1]);
		igt_assert_eq((int)write(ready[1], &c, 1), 1);
		igt_assert_eq((int)read(go[0], &c, 1), 0);
		igt_assert_eq_u64(wrong(p, BYTES, 3), 0);
	}
	close(go[0]);
	igt_assert_eq((int)read(ready[0], &c, 1), 1);
	igt_assert_eq(migrate(gpu()->fd, p, BYTES, VRAM, &m), 0);
	igt_assert_eq_u64(moved_sum(&m), PAGES);
	igt_assert_eq(gpu_fill(gpu(), p, BYTES / 4, 1), 0);
	close(go[1]);
	igt_waitchildren();
	for (size_t i = 0; i < BYTES / 4; i++)
		igt_assert_eq_u32(p[i], 1 + (uint32_t)i);
	close(ready[0]);
	close(ready[1]);
	munmap(p, BYTES);
}

/* VRAM is free when a process with pages there ends, however it does. */
static void exits(void)
{
	uint64_t before = vram_resident(gpu()->fd);

	igt_fork(child, 2) {
		struct mirror m;
		uint32_t *p = map_small(BYTES);

		mirror_open(&m);
		pattern(p, BYTES, 1);
		igt_assert_eq(migrate(m.fd, p, BYTES, VRAM, NULL), 0);
		igt_assert_eq_u64(in_vram(m.fd, p, BYTES), PAGES);
		if (child)
			_exit(0);
	}
	igt_waitchildren();
	igt_assert_eq_u64(vram_resident(gpu()->fd), before);
}

/* Pages stay in VRAM when the file that moved them is closed, and come back all the same. */
static void file_closed(void)
{
	uint64_t before = vram_resident(gpu()->fd);
	uint32_t *p = map_small(BYTES);
	struct mirror m;

	mirror_open(&m);
	pattern(p, BYTES, 1);
	igt_assert_eq(migrate(m.fd, p, BYTES, VRAM, NULL), 0);
	mirror_close(&m);
	igt_assert_eq_u64(wrong(p, BYTES, 1), 0);
	munmap(p, BYTES);
	igt_assert_eq_u64(vram_resident(gpu()->fd), before);
}

/* ---- what the GPU sees ---- */

#define MAPPED DRM_NOUVEAU_HMM_PAGE_MAPPED
#define WRITABLE DRM_NOUVEAU_HMM_PAGE_WRITABLE
#define ATOMIC DRM_NOUVEAU_HMM_PAGE_ATOMIC

static void has_pages(const uint32_t *p, size_t pages, uint8_t mask, uint8_t bits)
{
	uint8_t *state = (uint8_t *)map_small(pages);

	igt_assert_eq(residency(gpu()->fd, p, pages * PAGE, state), 0);
	for (size_t i = 0; i < pages; i++)
		igt_assert_f((state[i] & mask) == bits, "page %zu is %#x, not %#x\n", i,
			     state[i] & mask, bits);
	munmap(state, pages);
}

static void gpu_has_pattern(const uint32_t *p, size_t pages, size_t first, uint32_t seed)
{
	uint32_t *out = map_small(pages * PAGE);

	igt_assert_eq(gpu_read(gpu(), p, pages * PAGE / 4, out), 0);
	igt_assert_eq_u64(wrong(out, pages * PAGE, seed + (uint32_t)(first * PAGE / 4)), 0);
	munmap(out, pages * PAGE);
}

/*
 * Of the size that the range allows, wherever VRAM has room; what is left of one is smaller, and all
 * there. (munmap() of a part would let the kernel take away all of the 2 MiB for a moment.)
 */
static void gpu_page_sizes(void)
{
	const uint8_t mask = MAPPED | DRM_NOUVEAU_HMM_PAGE_SIZE | DRM_NOUVEAU_HMM_PAGE_WHERE;
	const uint8_t in = MAPPED | DRM_NOUVEAU_HMM_PAGE_VRAM;
	uint32_t *p = map_small(HUGE), *q = map_small(HUGE), *h = map_huge(HUGE);

	pattern(p, HUGE, 4);
	igt_assert_eq(migrate(gpu()->fd, p + 3 * 1024, PAGE, VRAM, NULL), 0);
	igt_assert_eq(migrate(gpu()->fd, p + 16 * 1024, 16 * PAGE, VRAM, NULL), 0);
	has_pages(p + 3 * 1024, 1, mask, in | DRM_NOUVEAU_HMM_PAGE_4K);
	has_pages(p + 16 * 1024, 16, mask, in | DRM_NOUVEAU_HMM_PAGE_64K);
	gpu_has_pattern(p, 64, 0, 4);
	igt_assert_eq(madvise(p + 20 * 1024, PAGE, MADV_DONTNEED), 0);
	has_pages(p + 16 * 1024, 4, mask, in | DRM_NOUVEAU_HMM_PAGE_4K);
	has_pages(p + 21 * 1024, 11, mask, in | DRM_NOUVEAU_HMM_PAGE_4K);
	gpu_has_pattern(p + 16 * 1024, 4, 16, 4);
	gpu_has_pattern(p + 21 * 1024, 43, 21, 4);
	munmap(p, HUGE);

	pattern(q, HUGE, 5);
	igt_assert_eq(migrate(gpu()->fd, q, HUGE, VRAM, NULL), 0);
	has_pages(q, HUGE / PAGE, mask, in | DRM_NOUVEAU_HMM_PAGE_2M);
	gpu_has_pattern(q, HUGE / PAGE, 0, 5);
	igt_assert_eq(madvise(q, PAGE, MADV_DONTNEED), 0);
	has_pages(q + 1024, 15, mask, in | DRM_NOUVEAU_HMM_PAGE_4K);
	has_pages(q + 16 * 1024, HUGE / PAGE - 16, mask, in | DRM_NOUVEAU_HMM_PAGE_64K);
	gpu_has_pattern(q + 1024, HUGE / PAGE - 1, 1, 5);
	munmap(q, HUGE);

	pattern(h, HUGE, 6);
	igt_assert_eq(migrate(gpu()->fd, h, HUGE, VRAM, NULL), 0);
	has_pages(h, HUGE / PAGE, mask, in | DRM_NOUVEAU_HMM_PAGE_2M);
	gpu_has_pattern(h, HUGE / PAGE, 0, 6);
	munmap(h, HUGE);
}

/* Atomics on RAM need a page that no CPU has; a page that the GPU may write is not yet one. */
static void gpu_page_rights(void)
{
	const uint8_t mask = MAPPED | WRITABLE | ATOMIC;
	volatile uint32_t *p = map_small(BYTES);

	igt_assert_eq(gpu_touch(gpu(), p, BYTES, GPU_LOAD), 0);
	has_pages((uint32_t *)p, PAGES, mask, MAPPED);
	igt_assert_eq(gpu_touch(gpu(), p, BYTES, GPU_STORE), 0);
	has_pages((uint32_t *)p, PAGES, mask, MAPPED | WRITABLE);
	igt_assert_eq(gpu_touch(gpu(), p, BYTES, GPU_ATOMIC), 0);
	has_pages((uint32_t *)p, PAGES, mask, MAPPED | WRITABLE | ATOMIC);
	for (size_t i = 0; i < PAGES; i++)
		p[i * 1024]++;
	has_pages((uint32_t *)p, PAGES, ATOMIC, 0);
	igt_assert_eq(migrate(gpu()->fd, (void *)p, BYTES, VRAM, NULL), 0);
	has_pages((uint32_t *)p, PAGES, mask, MAPPED | WRITABLE | ATOMIC);
	munmap((void *)p, BYTES);
}

/*
 * A file's cut-out ends within a huge page that another file of the process has moved to VRAM: what
 * is behind it is mapped, and is what it was.
 */
static void cutout_edge(void)
{
	char *area = map_low(CUTOUT + HUGE, PROT_NONE);
	struct drm_nouveau_svm_init init = {
		.unmanaged_addr = U(area), .unmanaged_size = CUTOUT + HUGE / 2,
	};
	struct mirror m = { .fd = device_open(), .cutout = U(area), .own = true };
	uint32_t *huge = (uint32_t *)(area + CUTOUT), *half = huge + HUGE / 8;
	uint32_t *out = map_small(HUGE / 2);
	hmm_moved moved;
	struct gpu g;

	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init), 0);
	igt_assert_eq(mprotect(huge, HUGE, PROT_READ | PROT_WRITE), 0);
	igt_assert_eq(madvise(huge, HUGE, MADV_HUGEPAGE), 0);
	pattern(huge, HUGE, 6);
	igt_assert_eq(migrate(gpu()->fd, huge, HUGE, VRAM, &moved), 0);
	igt_assert_eq_u64(moved.moved, HUGE / PAGE);
	gpu_open(&g, &m);
	igt_assert_eq(gpu_read(&g, half, HUGE / 8, out), 0);
	igt_assert_eq_u64(in_vram(gpu()->fd, huge, HUGE), HUGE / PAGE);
	igt_assert(!memcmp(out, half, HUGE / 2));
	igt_assert_eq_u64(wrong(huge, HUGE, 6), 0);
	gpu_close(&g);
	close(m.fd);
	munmap(area, CUTOUT + HUGE);
	munmap(out, HUGE / 2);
}

/* What the GPU does not use has to go first when VRAM is full. */
static void lru(void)
{
	uint32_t *used = map_small(HUGE), *p;
	uint64_t size = vram_to_fill(gpu()->fd);
	size_t bytes;

	bytes = size / MIB * 5 / 4 * MIB;
	p = map_small(bytes);
	pattern(used, HUGE, 6);
	pattern(p, bytes, 7);
	igt_assert_eq(migrate(gpu()->fd, used, HUGE, VRAM, NULL), 0);
	for (size_t at = 0; at < bytes; at += HUGE) {
		igt_assert_eq(migrate_once(gpu()->fd, (char *)p + at, HUGE, VRAM, NULL), 0);
		/* The GPU faults on it, which the driver sees. */
		mprotect(used, HUGE, PROT_READ);
		igt_assert_eq(gpu_touch(gpu(), used, HUGE, GPU_LOAD), 0);
		mprotect(used, HUGE, PROT_READ | PROT_WRITE);
	}
	igt_assert_eq_u64(in_vram(gpu()->fd, used, HUGE), HUGE / PAGE);
	igt_assert_lt_u64(in_vram(gpu()->fd, p, bytes), bytes / PAGE);
	igt_assert_eq_u64(wrong(used, HUGE, 6), 0);
	igt_assert_eq_u64(wrong(p, bytes, 7), 0);
	munmap(used, HUGE);
	munmap(p, bytes);
}

/* The kernel's thread for merging looks at merged pages when it likes: they have to be in RAM. */
static void merged(void)
{
	double until = deadline(20);
	uint32_t *p = map_small(BYTES), *q = map_small(BYTES);
	hmm_moved m;

	igt_require_f(!write_file("/sys/kernel/mm/ksm/run", "1"), "no KSM in this kernel\n");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "10");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "4096");
	write_file("/sys/kernel/mm/ksm/smart_scan", "0");
	pattern(p, BYTES, 9);
	pattern(q, BYTES, 9);
	igt_assert_eq(madvise(p, BYTES, MADV_MERGEABLE), 0);
	igt_assert_eq(madvise(q, BYTES, MADV_MERGEABLE), 0);
	while (now() < until && value_in("/proc/self/ksm_stat", "ksm_merging_pages") < 2 * (long)PAGES)
		usleep(20000);
	igt_assert_eq(migrate(gpu()->fd, p, BYTES, VRAM, &m), 0);
	igt_assert_eq_u64(m.unsupported, PAGES);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, BYTES), 0);
	igt_assert_eq(gpu_fill(gpu(), p, BYTES / 4, 1), 0);
	igt_assert_eq_u64(wrong(q, BYTES, 9), 0);
	write_file("/sys/kernel/mm/ksm/run", "0");
	igt_assert_eq(madvise(p, BYTES, MADV_UNMERGEABLE), 0);
	igt_assert_eq(migrate(gpu()->fd, p, BYTES, VRAM, &m), 0);
	igt_assert_eq_u64(m.moved, PAGES);
	munmap(p, BYTES);
	munmap(q, BYTES);
}

static const struct {
	const char *name, *description;
	void (*run)(void);
} cases[] = {
	{ "shared-with-child",
	  "Memory that a child has too is moved, written, and the child's is not.",
	  shared_with_child },
	{ "exits", "A process that ends leaves nothing in VRAM.", exits },
	{ "gpu-page-sizes", "The GPU's pages are as large as they can be, and whole ones.",
	  gpu_page_sizes },
	{ "gpu-page-rights", "RESIDENCY tells what the GPU may do with a page.", gpu_page_rights },
	{ "cutout-edge", "The rest of a huge page in VRAM that a cut-out ends in.", cutout_edge },
	{ "lru", "What the GPU uses stays in VRAM when it is full.", lru },
	{ "merged", "Memory that KSM may merge stays in RAM.", merged },
	{ "file-closed", "Pages come back when the file that moved them is closed.", file_closed },
};

static void prepare(void)
{
	close(device_open_hmm());
	vram_settles(gpu()->fd);
}

int igt_main()
{
	igt_fixture()
		prepare();

	for (size_t c = 0; c < ARRAY_LENGTH(contents); c++) {
		igt_describe("Ranges of such pages move, of all sizes, and come back by MIGRATE or "
			     "by the CPU.");
		igt_subtest_with_dynamic_f("range-%s", contents[c].name)
			for (size_t s = 0; s < 2 * ARRAY_LENGTH(sizes); s++)
				igt_dynamic_f("%s-%s", sizes[s / 2].name, s % 2 ? "cpu" : "migrate")
					range(&sizes[s / 2], &contents[c], s % 2);
	}

	for (size_t w = 0; w < ARRAY_LENGTH(ways); w++) {
		igt_describe(ways[w].description);
		igt_subtest_with_dynamic_f("then-%s", ways[w].name)
			for (int huge = 0; huge < 2; huge++)
				igt_dynamic(huge ? "huge" : "small")
					way(&ways[w], huge);
	}

	for (size_t w = 0; w < ARRAY_LENGTH(parts); w++) {
		igt_describe("A part of a huge page in VRAM changes; the rest does not.");
		igt_subtest_with_dynamic_f("part-%s", parts[w].name) {
			igt_dynamic("first-page")
				part(&parts[w], 0, PAGE);
			igt_dynamic("a-page")
				part(&parts[w], 100 * PAGE, PAGE);
			igt_dynamic("last-page")
				part(&parts[w], HUGE - PAGE, PAGE);
			igt_dynamic("first-half")
				part(&parts[w], 0, HUGE / 2);
			igt_dynamic("middle")
				part(&parts[w], HUGE / 4, HUGE / 2);
		}
	}

	for (int huge = 0; huge < 2; huge++) {
		igt_describe("A quarter more than VRAM holds is moved, twice; no data is lost.");
		igt_subtest_f("too-much-%s", huge ? "huge" : "small")
			too_much(huge);
	}

	for (size_t f = 0; f < ARRAY_LENGTH(failings); f++) {
		igt_describe(failings[f].description);
		igt_subtest_with_dynamic_f("copies-fail-%s", failings[f].name)
			for (int huge = 0; huge < 2; huge++)
				igt_dynamic(huge ? "huge" : "small")
					failing(&failings[f], huge);
	}

	igt_describe("Memory that is not anonymous stays where it is, and is counted.");
	igt_subtest_with_dynamic("stays")
		for (size_t f = 0; f < ARRAY_LENGTH(fixed); f++)
			igt_dynamic(fixed[f].name)
				stays(&fixed[f]);

	for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
		igt_describe(cases[c].description);
		igt_subtest(cases[c].name)
			cases[c].run();
	}
}
