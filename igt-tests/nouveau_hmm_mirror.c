// SPDX-License-Identifier: MIT
/*
 * GPU and CPU see the same memory: every kind of it, in RAM and in VRAM, and whatever the process
 * does with its address space.
 */
#include "igt.h"
#include "lib/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("GPU and CPU see the same memory, of every kind, whatever the process does "
		     "with its addresses.");

#define PAGES 32ul
#define BYTES (PAGES * PAGE)
#define WORDS (BYTES / 4)

/* ---- values: word i of an array has v + i ---- */

static void fill(volatile uint32_t *p, size_t words, size_t step, uint32_t v)
{
	for (size_t i = 0; i < words; i++)
		p[i * step] = v + (uint32_t)i;
}

static void cpu_has(const volatile uint32_t *p, size_t words, size_t step, uint32_t v)
{
	for (size_t i = 0; i < words; i++)
		if (p[i * step] != v + (uint32_t)i)
			igt_assert_f(false, "word %zu is %#x for the CPU, not %#x\n", i,
				     p[i * step], v + (uint32_t)i);
}

static void gpu_has_step(const volatile uint32_t *p, size_t words, size_t step, uint32_t v,
			 uint32_t per_word)
{
	uint32_t *out = map_small(words * 4);
	struct gpu_job job = {
		.op = GPU_LOAD,
		.p = p,
		.stride = (uint32_t)step * 4,
		.count = (uint32_t)words,
		.out = out,
	};

	memset(out, 0x5a, words * 4);
	igt_assert_eq(gpu_run(gpu(), &job), 0);
	for (size_t i = 0; i < words; i++)
		if (out[i] != v + (uint32_t)i * per_word)
			igt_assert_f(false, "word %zu is %#x for the GPU, not %#x\n", i, out[i],
				     v + (uint32_t)i * per_word);
	munmap(out, words * 4);
}

static void gpu_has(const volatile uint32_t *p, size_t words, uint32_t v)
{
	gpu_has_step(p, words, 1, v, 1);
}

static void gpu_has_zeros(const volatile uint32_t *p, size_t words)
{
	gpu_has_step(p, words, 1, 0, 0);
}

static void gpu_writes(volatile uint32_t *p, size_t words, uint32_t v)
{
	igt_assert_eq(gpu_fill(gpu(), p, words, v), 0);
	cpu_has(p, words, 1, v);
}

/* ---- where memory is ---- */

static bool vram;	/* where this subtest wants it */

/* On upstream nobody tells which pages have moved. */
static void move_to_vram(const void *p, size_t bytes)
{
	hmm_moved m;

	if (!gpu()->own) {
		igt_assert_eq(bind_to_vram(gpu()->fd, p, bytes), 0);
		return;
	}
	igt_assert_eq(migrate(gpu()->fd, p, bytes, VRAM, &m), 0);
	/* Where there is a file below, this may mean that they are busy. */
	if (m.unsupported) {
		drain_lists();
		igt_assert_eq(migrate(gpu()->fd, p, bytes, VRAM, &m), 0);
	}
	igt_assert_f(m.moved + m.zeroed + m.already == bytes / PAGE,
		     "%llu of %lu pages are busy, %llu unsupported, %llu without memory, %llu failed\n",
		     (unsigned long long)m.busy, bytes / PAGE, (unsigned long long)m.unsupported,
		     (unsigned long long)m.no_memory, (unsigned long long)m.failed);
	igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), bytes / PAGE);
}

static void to_vram(const void *p, size_t bytes)
{
	move_to_vram(p, bytes);
	igt_assert_eq_u64(device_pages(p, bytes), bytes / PAGE);
}

/* What the GPU can do with all pages, as far as the driver says. */
static void mapped_as(const void *p, size_t bytes, uint8_t mask, uint8_t bits)
{
	if (gpu()->own)
		igt_assert_eq_u64(pages_with(gpu()->fd, p, bytes, mask, bits), bytes / PAGE);
}

/* Puts the range where the subtest wants it, and has the GPU map it. */
static void place(void *p, size_t bytes)
{
	if (vram)
		to_vram(p, bytes);
	igt_assert_eq(gpu_touch(gpu(), p, bytes, GPU_LOAD), 0);
	mapped_as(p, bytes, DRM_NOUVEAU_HMM_PAGE_MAPPED, DRM_NOUVEAU_HMM_PAGE_MAPPED);
	/* What the GPU reads stays where it is. */
	if (vram)
		igt_assert_eq_u64(device_pages(p, bytes), bytes / PAGE);
}

/* ---- kinds of memory ---- */

struct area {
	uint32_t *p;
	size_t bytes, step;	/* step: one word of so many is looked at */
	int fd;
	char path[64];
};

#define NR_WORDS(a) ((a)->bytes / 4 / (a)->step)

static void get_small(struct area *a)
{
	a->p = map_small(a->bytes);
}

static void get_huge(struct area *a)
{
	a->bytes = HUGE;
	a->step = 64;
	a->p = map_huge(a->bytes);
}

static void get_heap(struct area *a)
{
	igt_assert(!posix_memalign((void **)&a->p, PAGE, a->bytes));
}

static void put_heap(struct area *a)
{
	free(a->p);
}

static void put_map(struct area *a)
{
	munmap(a->p, a->bytes);
	if (a->fd >= 0)
		close(a->fd);
	if (*a->path)
		unlink(a->path);
}

static uint32_t static_data[WORDS] __attribute__((aligned(4096))) = { 1 };

static void get_static(struct area *a)
{
	a->p = static_data;
}

static void put_nothing(struct area *a)
{
}

/* As the C library makes the stacks of threads. */
static void get_stack(struct area *a)
{
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	igt_assert(a->p != MAP_FAILED);
	madvise(a->p, a->bytes, MADV_NOHUGEPAGE);
}

/* Never given back: malloc() may have gone on behind it. */
static void get_brk(struct area *a)
{
	uintptr_t end = (U(sbrk(0)) + PAGE - 1) & -PAGE;

	igt_assert(brk((void *)(end + a->bytes)) == 0);
	a->p = (uint32_t *)end;
	madvise(a->p, a->bytes, MADV_NOHUGEPAGE);
}

static void get_shared(struct area *a)
{
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	igt_assert(a->p != MAP_FAILED);
}

static void map_file(struct area *a, int flags)
{
	igt_assert_f(a->fd >= 0, "no file: %s\n", strerror(errno));
	igt_assert_eq(ftruncate(a->fd, (off_t)a->bytes), 0);
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, flags, a->fd, 0);
	igt_assert(a->p != MAP_FAILED);
}

static void get_memfd(struct area *a)
{
	a->fd = memfd_create("mirror", MFD_CLOEXEC);
	map_file(a, MAP_SHARED);
}

static void open_file(struct area *a, const char *dir)
{
	snprintf(a->path, sizeof(a->path), "%s/mirror.XXXXXX", dir);
	a->fd = mkostemp(a->path, O_CLOEXEC);
}

static void get_tmpfs_shared(struct area *a)
{
	open_file(a, "/dev/shm");
	map_file(a, MAP_SHARED);
}

static void get_tmpfs_private(struct area *a)
{
	open_file(a, "/dev/shm");
	map_file(a, MAP_PRIVATE);
}

/* A directory on a block device, if the one who runs the tests has named one. */
static const char *disk(void)
{
	const char *dir = getenv("NOUVEAU_HMM_DISK");

	igt_require_f(dir, "NOUVEAU_HMM_DISK names no directory\n");
	return dir;
}

static void get_disk_shared(struct area *a)
{
	open_file(a, disk());
	map_file(a, MAP_SHARED);
}

static void get_disk_private(struct area *a)
{
	open_file(a, disk());
	map_file(a, MAP_PRIVATE);
}

static void get_hugetlb(struct area *a)
{
	a->bytes = HUGE;
	a->step = 64;
	write_file("/proc/sys/vm/nr_hugepages", "4");
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	igt_require_f(a->p != MAP_FAILED, "no hugetlb pages\n");
}

static const struct kind {
	const char *name;
	void (*get)(struct area *a);
	void (*put)(struct area *a);
	/* Not anonymous: MIGRATE does not move it, and no device can have it for itself. */
	bool ram_only;
} kinds[] = {
	{ "anonymous", get_small, put_map },
	{ "huge", get_huge, put_map },
	{ "heap", get_heap, put_heap },
	{ "brk", get_brk, put_nothing },
	{ "static", get_static, put_nothing },
	{ "stack", get_stack, put_map },
	{ "shared", get_shared, put_map, true },
	{ "memfd", get_memfd, put_map, true },
	{ "tmpfs-shared", get_tmpfs_shared, put_map, true },
	{ "tmpfs-private", get_tmpfs_private, put_map, false },
	{ "disk-shared", get_disk_shared, put_map, true },
	{ "disk-private", get_disk_private, put_map, false },
	{ "hugetlb", get_hugetlb, put_map, true },
};

/* ---- what is done with each ---- */

static void run_step(const struct area *a, enum gpu_op op, uint32_t value)
{
	struct gpu_job job = {
		.op = op,
		.p = a->p,
		.stride = (uint32_t)a->step * 4,
		.count = (uint32_t)NR_WORDS(a),
		.value = value,
	};

	igt_assert_eq(gpu_run(gpu(), &job), 0);
}

static void place_area(struct area *a)
{
	if (vram)
		to_vram(a->p, a->bytes);
}

static void op_read(struct area *a)
{
	fill(a->p, NR_WORDS(a), a->step, 1);
	place_area(a);
	gpu_has_step(a->p, NR_WORDS(a), a->step, 1, 1);
	if (vram)
		igt_assert_eq_u64(device_pages(a->p, a->bytes), a->bytes / PAGE);
	cpu_has(a->p, NR_WORDS(a), a->step, 1);
}

static void op_write(struct area *a)
{
	fill(a->p, NR_WORDS(a), a->step, 1);
	place_area(a);
	run_step(a, GPU_STORE, 1000);
	cpu_has(a->p, NR_WORDS(a), a->step, 1000);
	/* The CPU's reads have brought it back. */
	if (vram)
		igt_assert_lt_u64(device_pages(a->p, a->bytes), a->bytes / PAGE);
}

static void op_add(struct area *a)
{
	fill(a->p, NR_WORDS(a), a->step, 1);
	place_area(a);
	run_step(a, GPU_ADD, 7);
	gpu_has_step(a->p, NR_WORDS(a), a->step, 8, 1);
	cpu_has(a->p, NR_WORDS(a), a->step, 8);
}

static void op_atomic(struct area *a)
{
	fill(a->p, NR_WORDS(a), a->step, 1);
	place_area(a);
	run_step(a, GPU_ATOMIC, 3);
	run_step(a, GPU_ATOMIC, 4);
	cpu_has(a->p, NR_WORDS(a), a->step, 8);
}

static void op_one_word(struct area *a)
{
	struct gpu_job job = {
		.op = GPU_ATOMIC, .p = a->p + 5, .stride = 0, .count = 500, .value = 2,
	};

	fill(a->p, NR_WORDS(a), a->step, 1);
	a->p[5] = 10;
	place_area(a);
	igt_assert_eq(gpu_run(gpu(), &job), 0);
	igt_assert_eq_u32(a->p[5], 1010);
}

static void op_by_turns(struct area *a)
{
	fill(a->p, NR_WORDS(a), a->step, 0);
	for (uint32_t i = 0; i < 8; i++) {
		place_area(a);
		run_step(a, GPU_ADD, 1);
		cpu_has(a->p, NR_WORDS(a), a->step, 2 * i + 1);
		for (size_t w = 0; w < NR_WORDS(a); w++)
			a->p[w * a->step]++;
	}
	gpu_has_step(a->p, NR_WORDS(a), a->step, 16, 1);
}

static const struct {
	const char *name;
	void (*run)(struct area *a);
	bool atomic;
} ops[] = {
	{ "read", op_read }, { "write", op_write }, { "add", op_add },
	{ "atomic", op_atomic, true }, { "one-word", op_one_word, true },
	{ "by-turns", op_by_turns },
};

/* ---- what a process does with its addresses ---- */

static uint32_t *memory(uint32_t v)
{
	uint32_t *p = map_small(BYTES);

	fill(p, WORDS, 1, v);
	place(p, BYTES);
	return p;
}

static void *map_at(void *p, size_t bytes)
{
	void *at = mmap(p, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			-1, 0);

	igt_assert(at == p);
	madvise(p, bytes, MADV_NOHUGEPAGE);
	return at;
}

static void case_munmap(void)
{
	uint32_t *p = memory(1);

	munmap(p, BYTES);
	map_at(p, BYTES);
	gpu_has_zeros(p, WORDS);
	place(p, BYTES);
	munmap(p, BYTES);
	map_at(p, BYTES);
	fill(p, WORDS, 1, 7);
	gpu_has(p, WORDS, 7);
	gpu_writes(p, WORDS, 8);
	munmap(p, BYTES);
}

static void case_munmap_part(void)
{
	uint32_t *p = memory(1);

	munmap(p + 8 * 1024, 8 * PAGE);
	gpu_has(p, 8 * 1024, 1);
	gpu_has(p + 16 * 1024, 16 * 1024, 1 + 16 * 1024);
	map_at(p + 8 * 1024, 8 * PAGE);
	gpu_has_zeros(p + 8 * 1024, 8 * 1024);
	munmap(p, BYTES);
}

static void case_mremap(void)
{
	uint32_t *p = memory(1), *q = map_small(BYTES);

	q = mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	igt_assert(q != MAP_FAILED);
	gpu_has(q, WORDS, 1);
	map_at(p, BYTES);
	gpu_has_zeros(p, WORDS);
	gpu_writes(q, WORDS, 2);
	gpu_has_zeros(p, WORDS);
	munmap(p, BYTES);
	munmap(q, BYTES);
}

static void case_mremap_dontunmap(void)
{
	uint32_t *p = memory(2), *q;

	q = mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	igt_assert(q != MAP_FAILED);
	gpu_has(q, WORDS, 2);
	gpu_has_zeros(p, WORDS);
	munmap(p, BYTES);
	munmap(q, BYTES);
}

static void case_mremap_grow(void)
{
	uint32_t *p = memory(3), *q;

	q = mremap(p, BYTES, 4 * BYTES, MREMAP_MAYMOVE);
	igt_assert(q != MAP_FAILED);
	gpu_has(q, WORDS, 3);
	gpu_has_zeros(q + WORDS, 3 * WORDS);
	gpu_writes(q, 4 * WORDS, 4);
	munmap(q, 4 * BYTES);
}

static void case_mremap_shrink(void)
{
	uint32_t *p = memory(3);

	igt_assert(mremap(p, BYTES, BYTES / 2, 0) == p);
	gpu_has(p, WORDS / 2, 3);
	map_at(p + WORDS / 2, BYTES / 2);
	gpu_has_zeros(p + WORDS / 2, WORDS / 2);
	munmap(p, BYTES);
}

static void case_mremap_huge(void)
{
	uint32_t *p = map_huge(HUGE), *q = map_huge(HUGE);

	fill(p, HUGE / 256, 64, 1);
	place(p, HUGE);
	q = mremap(p, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	igt_assert(q != MAP_FAILED);
	gpu_has_step(q, HUGE / 256, 64, 1, 1);
	map_at(p, HUGE);
	gpu_has_zeros(p, 4096);
	gpu_writes(q, 4096, 5);
	munmap(p, HUGE);
	munmap(q, HUGE);
}

/* Physically one after the other, but no large page any more: its addresses begin elsewhere. */
static void case_mremap_unaligned(void)
{
	uint32_t *p = map_huge(HUGE), *q = map_small(HUGE);

	fill(p, HUGE / 4, 1, 1);
	place(p, HUGE);
	igt_assert(mremap(p + 1024, HUGE / 2, HUGE / 2, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	gpu_has(q, HUGE / 8, 1 + 1024);
	gpu_writes(q, HUGE / 8, 5);
	gpu_has(p, 1024, 1);
	gpu_has(p + 1024 + HUGE / 8, HUGE / 8 - 1024, 1 + 1024 + HUGE / 8);
	munmap(p, HUGE);
	munmap(q, HUGE);
}

static void case_mprotect_read(void)
{
	uint32_t *p = memory(1);

	mprotect(p, BYTES, PROT_READ);
	gpu_has(p, WORDS, 1);
	mapped_as(p, BYTES, DRM_NOUVEAU_HMM_PAGE_WRITABLE, 0);
	mprotect(p, BYTES, PROT_READ | PROT_WRITE);
	gpu_writes(p, WORDS, 2);
	munmap(p, BYTES);
}

static void case_mprotect_none(void)
{
	uint32_t *p = memory(2);

	mprotect(p, BYTES, PROT_NONE);
	mapped_as(p, BYTES, DRM_NOUVEAU_HMM_PAGE_MAPPED, 0);
	mprotect(p, BYTES, PROT_READ | PROT_WRITE);
	gpu_has(p, WORDS, 2);
	munmap(p, BYTES);
}

static void case_mprotect_mixed(void)
{
	uint32_t *p = memory(2);

	for (size_t i = 0; i < PAGES; i += 2)
		mprotect(p + i * 1024, PAGE, PROT_READ);
	place(p, BYTES);
	gpu_has(p, WORDS, 2);
	for (size_t i = 1; i < PAGES; i += 2)
		gpu_writes(p + i * 1024, 1024, 9);
	for (size_t i = 0; i < PAGES; i += 2)
		cpu_has(p + i * 1024, 1024, 1, 2 + (uint32_t)i * 1024);
	munmap(p, BYTES);
}

static void case_dontneed(void)
{
	uint32_t *p = memory(1);

	madvise(p + 8 * 1024, 8 * PAGE, MADV_DONTNEED);
	gpu_has_zeros(p + 8 * 1024, 8 * 1024);
	gpu_has(p, 8 * 1024, 1);
	madvise(p, BYTES, MADV_DONTNEED);
	gpu_writes(p, WORDS, 3);
	munmap(p, BYTES);
}

static void case_free(void)
{
	uint32_t *p = memory(1);

	madvise(p, BYTES, MADV_FREE);
	igt_assert_eq(gpu_fill(gpu(), p, WORDS, 4), 0);
	madvise(p, BYTES, MADV_PAGEOUT);
	cpu_has(p, WORDS, 1, 4);
	munmap(p, BYTES);
}

static void case_cold(void)
{
	uint32_t *p = memory(1);

	igt_assert_eq(madvise(p, BYTES, MADV_COLD), 0);
	gpu_has(p, WORDS, 1);
	gpu_writes(p, WORDS, 2);
	munmap(p, BYTES);
}

static void case_populate(void)
{
	uint32_t *p = memory(1);

	igt_assert_eq(madvise(p, BYTES, MADV_POPULATE_WRITE), 0);
	gpu_has(p, WORDS, 1);
	/* It is the CPU's now. */
	igt_assert_eq_u64(device_pages(p, BYTES), 0);
	munmap(p, BYTES);
}

static void case_wipe_on_fork(void)
{
	uint32_t *p = memory(1);

	igt_assert_eq(madvise(p, BYTES, MADV_WIPEONFORK), 0);
	igt_fork(child, 1)
		for (size_t i = 0; i < WORDS; i++)
			igt_assert_eq_u32(p[i], 0);
	igt_waitchildren();
	gpu_has(p, WORDS, 1);
	munmap(p, BYTES);
}

static void case_mlock(void)
{
	uint32_t *p = memory(1);

	igt_assert_eq(mlock(p, BYTES), 0);
	gpu_has(p, WORDS, 1);
	gpu_writes(p, WORDS, 2);
	igt_assert_eq(munlock(p, BYTES), 0);
	gpu_writes(p, WORDS, 3);
	munmap(p, BYTES);
}

static void case_fork(void)
{
	uint32_t *p = memory(1);

	igt_fork(child, 1) {
		cpu_has(p, WORDS, 1, 1);
		fill(p, WORDS, 1, 100);
	}
	igt_waitchildren();
	gpu_has(p, WORDS, 1);
	gpu_writes(p, WORDS, 2);
	munmap(p, BYTES);
}

static void case_fork_gpu_writes(void)
{
	uint32_t *p = memory(1);
	int go[2];
	char c;

	igt_assert_eq(pipe(go), 0);
	igt_fork(child, 1) {
		close(go[1]);
		igt_assert_eq((int)read(go[0], &c, 1), 0);
		cpu_has(p, WORDS, 1, 1);
	}
	close(go[0]);
	igt_assert_eq(gpu_fill(gpu(), p, WORDS, 2), 0);
	cpu_has(p, WORDS, 1, 2);
	close(go[1]);
	igt_waitchildren();
	gpu_writes(p, WORDS, 3);
	munmap(p, BYTES);
}

static void case_fork_shared(void)
{
	uint32_t *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	fill(p, WORDS, 1, 1);
	gpu_has(p, WORDS, 1);
	igt_fork(child, 1) {
		cpu_has(p, WORDS, 1, 1);
		fill(p, WORDS, 1, 100);
	}
	igt_waitchildren();
	gpu_has(p, WORDS, 100);
	igt_assert_eq(gpu_fill(gpu(), p, WORDS, 1), 0);
	igt_fork(child, 1)
		cpu_has(p, WORDS, 1, 1);
	igt_waitchildren();
	munmap(p, BYTES);
}

static void case_file_private(void)
{
	struct area a = { .bytes = BYTES, .step = 1, .fd = -1 };
	uint32_t *in_file = map_small(BYTES);

	open_file(&a, "/dev/shm");
	fill(in_file, WORDS, 1, 1);
	igt_assert_eq_u64((uint64_t)write(a.fd, in_file, BYTES), BYTES);
	map_file(&a, MAP_PRIVATE);
	gpu_has(a.p, WORDS, 1);
	gpu_writes(a.p, WORDS, 5);
	place(a.p, BYTES);
	gpu_has(a.p, WORDS, 5);
	igt_assert_eq_u64((uint64_t)pread(a.fd, in_file, BYTES, 0), BYTES);
	cpu_has(in_file, WORDS, 1, 1);
	put_map(&a);
	munmap(in_file, BYTES);
}

static void case_file_shared(void)
{
	struct area a = { .bytes = BYTES, .step = 1, .fd = -1 };
	uint32_t *in_file = map_small(BYTES), *q;

	open_file(&a, "/dev/shm");
	map_file(&a, MAP_SHARED);
	gpu_has_zeros(a.p, WORDS);
	gpu_writes(a.p, WORDS, 6);
	msync(a.p, BYTES, MS_SYNC);
	igt_assert_eq_u64((uint64_t)pread(a.fd, in_file, BYTES, 0), BYTES);
	cpu_has(in_file, WORDS, 1, 6);
	gpu_writes(a.p, WORDS, 7);
	q = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, a.fd, 0);
	gpu_has(q, WORDS, 7);
	igt_assert_eq(fallocate(a.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE), 0);
	gpu_has_zeros(a.p, 4 * 1024);
	munmap(q, BYTES);
	put_map(&a);
	munmap(in_file, BYTES);
}

static void case_two_mappings(void)
{
	struct area a = { .bytes = BYTES, .step = 1, .fd = -1 };
	uint32_t *q;

	get_memfd(&a);
	q = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, a.fd, 0);
	fill(a.p, WORDS, 1, 1);
	gpu_has(q, WORDS, 1);
	igt_assert_eq(gpu_fill(gpu(), q, WORDS, 2), 0);
	gpu_has(a.p, WORDS, 2);
	cpu_has(a.p, WORDS, 1, 2);
	munmap(q, BYTES);
	put_map(&a);
}

static void case_first_touch(void)
{
	uint32_t *p = map_small(BYTES), *q = map_small(BYTES);

	if (vram)
		to_vram(p, BYTES);
	gpu_has_zeros(p, WORDS);
	gpu_writes(p, WORDS, 1);
	gpu_writes(q, WORDS, 1);
	munmap(p, BYTES);
	munmap(q, BYTES);
}

/* Reads leave the one page of zeros that all share; a write must not go there. */
static void case_zero_page(void)
{
	uint32_t *p = map_small(BYTES), *q = map_small(BYTES), sum = 0;

	for (size_t i = 0; i < WORDS; i += 1024)
		sum += p[i] + q[i];
	igt_assert_eq_u32(sum, 0);
	place(p, BYTES);
	gpu_has_zeros(p, WORDS);
	gpu_writes(p, WORDS, 1);
	for (size_t i = 0; i < WORDS; i++)
		igt_assert_eq_u32(q[i], 0);
	munmap(p, BYTES);
	munmap(q, BYTES);
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
	double until = deadline(20);

	igt_require_f(!write_file("/sys/kernel/mm/ksm/run", "1"), "no KSM in this kernel\n");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "10");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "4096");
	write_file("/sys/kernel/mm/ksm/smart_scan", "0");
	p = memory(1);
	q = memory(1);
	/* Merging is for memory that is in RAM. */
	cpu_has(p, WORDS, 1, 1);
	cpu_has(q, WORDS, 1, 1);
	madvise(p, BYTES, MADV_MERGEABLE);
	madvise(q, BYTES, MADV_MERGEABLE);
	while (now() < until && number("/sys/kernel/mm/ksm/pages_sharing") < (long)PAGES)
		usleep(20000);
	igt_require_f(number("/sys/kernel/mm/ksm/pages_sharing") >= (long)PAGES,
		      "KSM has not merged the pages\n");
	gpu_has(p, WORDS, 1);
	gpu_has(q, WORDS, 1);
	gpu_writes(p, WORDS, 2);
	cpu_has(q, WORDS, 1, 1);
	gpu_has(q, WORDS, 1);
	gpu_writes(q, WORDS, 3);
	cpu_has(p, WORDS, 1, 2);
	write_file("/sys/kernel/mm/ksm/run", "0");
	munmap(p, BYTES);
	munmap(q, BYTES);
}

static void case_compaction(void)
{
	uint32_t *p = memory(0);

	for (int i = 0; i < 10; i++) {
		write_file("/proc/sys/vm/compact_memory", "1");
		igt_assert_eq(gpu_add(gpu(), p, WORDS, 1), 0);
	}
	cpu_has(p, WORDS, 1, 10);
	munmap(p, BYTES);
}

static void case_collapse(void)
{
	uint32_t *p = map_small(HUGE);

	fill(p, HUGE / 256, 64, 1);
	place(p, HUGE);
	cpu_has(p, HUGE / 256, 64, 1);
	madvise(p, HUGE, MADV_HUGEPAGE);
	igt_require_f(!madvise(p, HUGE, MADV_COLLAPSE), "MADV_COLLAPSE: %s\n", strerror(errno));
	gpu_has_step(p, HUGE / 256, 64, 1, 1);
	gpu_writes(p, 8192, 2);
	place(p, HUGE);
	munmap(p, HUGE / 2);
	map_at(p, HUGE / 2);
	gpu_has_zeros(p, 8192);
	gpu_has_step(p + HUGE / 8, HUGE / 512, 64, 1 + HUGE / 512, 1);
	munmap(p, HUGE);
}

static struct {
	volatile bool stop;
	uint32_t *word, rounds;
} counting;

static void *count(void *arg)
{
	while (!counting.stop) {
		__atomic_fetch_add(counting.word, 1, __ATOMIC_RELAXED);
		counting.rounds++;
		usleep(200);
	}
	return arg;
}

static void case_atomics_of_both(void)
{
	uint32_t *p = memory(0), sum = 0;
	struct gpu_job job = { .op = GPU_ATOMIC, .p = p, .stride = 0, .count = 256, .value = 1 };
	pthread_t thread;
	int ret = 0;

	*p = 0;
	counting.word = p;
	counting.rounds = 0;
	counting.stop = false;
	igt_assert_eq(pthread_create(&thread, NULL, count, NULL), 0);
	for (int i = 0; i < 20 && !ret; i++) {
		ret = gpu_run(gpu(), &job);
		sum += 256;
		if (vram && i % 4 == 0)
			bind_to_vram(gpu()->fd, p, PAGE);
	}
	counting.stop = true;
	pthread_join(thread, NULL);
	igt_assert_eq(ret, 0);
	igt_assert_eq_u32(*p, sum + counting.rounds);
	munmap(p, BYTES);
}

static void case_threads(void)
{
	struct gpu_job job = { .op = GPU_ADD, .stride = 4, .count = WORDS / 2, .value = 1 };
	uint32_t *p = memory(0);

	/* The GPU has the upper half, the CPU the lower; pages go to and fro as a whole. */
	job.p = p + WORDS / 2;
	for (int i = 0; i < 10; i++) {
		igt_assert_eq(gpu_submit(gpu(), &job), 0);
		for (size_t w = 0; w < WORDS / 2; w++)
			p[w]++;
		if (vram)
			bind_to_vram(gpu()->fd, p, BYTES);
		igt_assert_eq(gpu_wait(gpu(), 30), 0);
	}
	cpu_has(p, WORDS, 1, 10);
	munmap(p, BYTES);
}

static void case_exec(void)
{
	igt_fork(child, 1) {
		struct mirror m;
		struct gpu g;

		mirror_open(&m);
		gpu_open(&g, &m);
		fill(static_data, WORDS, 1, 1);
		igt_assert_eq(gpu_touch(&g, static_data, BYTES, GPU_ADD), 0);
		execl("/bin/true", "true", NULL);
		igt_assert(false);
	}
	igt_waitchildren_timeout(60, "exec");
	gpu_writes(static_data, WORDS, 4);
}

static void case_swap(void)
{
	uint32_t *p;

	p = memory(1);
	cpu_has(p, WORDS, 1, 1);
	swap_out(p, BYTES);
	gpu_has(p, WORDS, 1);
	swap_out(p, BYTES);
	gpu_writes(p, WORDS, 2);
	swap_out(p, BYTES);
	place(p, BYTES);
	gpu_has(p, WORDS, 2);
	munmap(p, BYTES);
}

static const struct {
	const char *name, *description;
	void (*run)(void);
	bool ram_only;
} cases[] = {
	{ "munmap", "New memory where old was is new for the GPU too.", case_munmap },
	{ "munmap-part", "What is left of a mapping stays, the rest is gone.", case_munmap_part },
	{ "mremap", "Memory that moves has its data at the new address, and only there.",
	  case_mremap },
	{ "mremap-dontunmap", "MREMAP_DONTUNMAP leaves empty memory behind.",
	  case_mremap_dontunmap },
	{ "mremap-grow", "Memory that grows is all there.", case_mremap_grow },
	{ "mremap-shrink", "Memory that shrinks leaves nothing behind.", case_mremap_shrink },
	{ "mremap-huge", "A huge page moves whole.", case_mremap_huge },
	{ "mremap-unaligned", "Half a huge page moves to where it cannot be one.",
	  case_mremap_unaligned },
	{ "mprotect-read", "Read-only memory is so for the GPU, until it is writable again.",
	  case_mprotect_read },
	{ "mprotect-none", "Memory without access for a while keeps its data.",
	  case_mprotect_none },
	{ "mprotect-mixed", "Every second page is read-only.", case_mprotect_mixed },
	{ "madvise-dontneed", "Discarded pages are empty for the GPU.", case_dontneed },
	{ "madvise-free", "Pages that may be dropped keep what the GPU writes then.", case_free },
	{ "madvise-cold", "Cold memory works.", case_cold },
	{ "madvise-populate", "MADV_POPULATE_WRITE brings pages to the CPU.", case_populate },
	{ "madvise-wipeonfork", "A child of fork() sees zeros, the parent's GPU the data.",
	  case_wipe_on_fork },
	{ "mlock", "Locked memory works.", case_mlock },
	{ "fork", "What a child writes is not seen by its parent's GPU.", case_fork },
	{ "fork-gpu-writes", "What the GPU writes is not seen by a child.", case_fork_gpu_writes },
	{ "fork-shared", "Shared memory is shared with a child, both ways.",
	  case_fork_shared, true },
	{ "file-private", "The GPU's writes to a private mapping do not change the file.",
	  case_file_private },
	{ "file-shared", "Those to a shared mapping do, and holes are empty.", case_file_shared,
	  true },
	{ "two-mappings", "Two mappings of the same memory have the same.",
	  case_two_mappings, true },
	{ "first-touch", "The GPU is the first to touch memory.", case_first_touch },
	{ "zero-page", "The GPU writes to pages that were only read.", case_zero_page },
	{ "ksm", "Merged pages are separate again when the GPU writes.", case_ksm },
	{ "compaction", "The kernel moves pages about between the GPU's writes.", case_compaction,
	  true },
	{ "collapse", "Small pages become a huge one, and half of that is replaced.",
	  case_collapse },
	{ "atomics-of-both", "Atomics of CPU and GPU on one word are all counted.",
	  case_atomics_of_both },
	{ "halves", "CPU and GPU write to halves of the memory at the same time.", case_threads },
	{ "exec", "A process with a mirror becomes another program.", case_exec, true },
	{ "swap", "Memory that was swapped out comes back for the GPU.", case_swap },
};

/* ---- what ends a channel ---- */

static void end_munmap(uint32_t *p)
{
	munmap(p, BYTES);
}

static void end_none(uint32_t *p)
{
	mprotect(p, BYTES, PROT_NONE);
}

static void end_read_only(uint32_t *p)
{
	mprotect(p, BYTES, PROT_READ);
}

static void end_mremap(uint32_t *p)
{
	igt_assert(mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, map_small(BYTES)) !=
		   MAP_FAILED);
}

static void end_guard(uint32_t *p)
{
	igt_assert_eq(mprotect(p + 16 * 1024, PAGE, PROT_NONE), 0);
}

static const struct end {
	const char *name;
	void (*change)(uint32_t *p);
	enum gpu_op op;
	int error;	/* of FAULTS */
} ends[] = {
	{ "munmap-read", end_munmap, GPU_LOAD, -EFAULT },
	{ "munmap-write", end_munmap, GPU_STORE, -EFAULT },
	{ "munmap-atomic", end_munmap, GPU_ATOMIC, -EFAULT },
	{ "none-read", end_none, GPU_LOAD, -EFAULT },
	{ "none-write", end_none, GPU_STORE, -EFAULT },
	{ "guard-page", end_guard, GPU_ADD, -EFAULT },
	{ "read-only-write", end_read_only, GPU_STORE, -EPERM },
	{ "read-only-atomic", end_read_only, GPU_ATOMIC, -EPERM },
	{ "mremap-read", end_mremap, GPU_LOAD, -EFAULT },
};

static const uint8_t access_of[] = {
	[GPU_LOAD] = DRM_NOUVEAU_HMM_ACCESS_READ, [GPU_STORE] = DRM_NOUVEAU_HMM_ACCESS_WRITE,
	[GPU_ADD] = DRM_NOUVEAU_HMM_ACCESS_READ, [GPU_ATOMIC] = DRM_NOUVEAU_HMM_ACCESS_ATOMIC,
};

/* As the GPU calls them (dev_fault.ref, GP100). */
#define NO_PAGE 2
#define NO_ATOMICS 15

static uint64_t now_ns(void)
{
	return (uint64_t)(now() * 1e9);
}

/* The channel says why it was stopped, and FAULTS says the same; both not before @want's time. */
static void error_is_told(const struct gpu *g, const hmm_fault *want)
{
	hmm_fault *faults = map_small(PAGE);
	hmm_faults args = { .faults = U(faults), .count = 8 };
	hmm_status s = gpu_status(g);

	igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_FAULT);
	igt_assert_eq_u64(s.addr, want->addr);
	igt_assert_eq_u32(s.access, want->access);
	igt_assert_eq_u32(s.reason, want->reason);
	igt_assert_eq(s.error, want->error);
	igt_assert_eq_u32(s.hub, 0);
	igt_assert_lte_u64(want->time_ns, s.time_ns);
	igt_assert_lte_u64(s.time_ns, now_ns());
	igt_assert_eq(call(g->fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq_u32(args.count, 1);
	igt_assert_eq_u64(faults[0].addr, want->addr);
	igt_assert_eq_u32(faults[0].access, want->access);
	igt_assert_eq_u32(faults[0].reason, want->reason);
	igt_assert_eq(faults[0].error, want->error);
	igt_assert_eq_u32(faults[0].client, s.client);
	igt_assert_eq_u32(faults[0].gpc, s.gpc);
	igt_assert_lte_u64(want->time_ns, faults[0].time_ns);
	igt_assert_lte_u64(faults[0].time_ns, now_ns());
	munmap(faults, PAGE);
}

/* Nothing of it runs any more: another channel need not wait, and its replay brings nothing back. */
static void is_over(const struct gpu *g)
{
	hmm_fault *faults = map_small(PAGE);
	hmm_faults args = { .faults = U(faults), .count = 8 };
	uint32_t *p = map_small(BYTES);
	double begin = now();

	gpu_writes(p, WORDS, 1);
	igt_assert_lt_double(now() - begin, 2);
	usleep(50000);
	igt_assert_eq(call(g->fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq_u32(args.count, 0);
	munmap(p, BYTES);
	munmap(faults, PAGE);
}

/* The job's end is an error, and another file's channel goes on. */
static void ends_channel(const struct end *e)
{
	struct mirror m;
	struct gpu g;
	uint32_t *p;
	struct gpu_job job = { .op = e->op, .stride = 4, .count = 1 };
	hmm_fault want = {
		.access = access_of[e->op], .reason = NO_PAGE, .error = e->error,
	};

	igt_emit_ignore_dmesg_regex(NOISE);
	mirror_open(&m);
	gpu_open(&g, &m);
	p = map_small(BYTES);
	fill(p, WORDS, 1, 1);
	if (vram)
		igt_assert_eq(bind_to_vram(g.fd, p, BYTES), 0);
	igt_assert_eq(gpu_touch(&g, p, BYTES, GPU_ADD), 0);
	e->change(p);
	want.time_ns = now_ns();
	job.p = p + 16 * 1024;
	want.addr = U(job.p);
	igt_assert_eq(gpu_run(&g, &job), -EIO);
	if (e->error == -EPERM)
		cpu_has(p, WORDS, 1, 1);
	if (g.own)
		error_is_told(&g, &want);
	if (g.own)
		is_over(&g);
	else
		gpu_writes(static_data, WORDS, 4);
	mirror_close(&m);
}

/*
 * While a GPU does atomics on a page in RAM, no CPU may have it. The kernel can see to that for
 * anonymous memory only: on other memory, an atomic is an error, and changes nothing.
 */
static void atomic_ends_channel(const struct kind *kind)
{
	struct area a = { .bytes = BYTES, .step = 1, .fd = -1 };
	struct gpu_job job = { .op = GPU_ATOMIC, .stride = 4, .count = 1, .value = 1 };
	hmm_fault want = {
		.access = DRM_NOUVEAU_HMM_ACCESS_ATOMIC, .reason = NO_ATOMICS,
		.error = -EOPNOTSUPP,
	};
	struct mirror m;
	struct gpu g;

	igt_emit_ignore_dmesg_regex(NOISE);
	mirror_open(&m);
	gpu_open(&g, &m);
	kind->get(&a);
	fill(a.p, NR_WORDS(&a), a.step, 1);
	igt_assert_eq(gpu_touch(&g, a.p, a.bytes, GPU_STORE), 0);
	fill(a.p, NR_WORDS(&a), a.step, 1);
	job.p = a.p + 3 * 1024;
	want.addr = U(job.p);
	want.time_ns = now_ns();
	igt_assert_eq(gpu_run(&g, &job), -EIO);
	if (g.own)
		error_is_told(&g, &want);
	cpu_has(a.p, NR_WORDS(&a), a.step, 1);
	gpu_has_step(a.p, NR_WORDS(&a), a.step, 1, 1);
	kind->put(&a);
	mirror_close(&m);
}

/*
 * More than FAULTS remembers, each of a channel of its own: the last ones are told, oldest first, in
 * as many calls as the caller likes.
 */
static void many_ends(void)
{
	enum { N = 20 };
	static struct gpu g[N];
	hmm_info info = { 0 };
	hmm_fault *faults = map_small(PAGE);
	hmm_faults args = { .faults = U(faults), .count = 3 };
	char *p = map_small(N * PAGE);
	uint64_t lost;
	struct mirror m;

	igt_emit_ignore_dmesg_regex(NOISE);
	mirror_open(&m);
	igt_require_f(m.own, "FAULTS is not there\n");
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info), 0);
	igt_assert_lt((int)info.faults, N);
	mprotect(p, N * PAGE, PROT_NONE);
	for (uint32_t i = 0; i < N; i++) {
		struct gpu_job job = {
			.op = GPU_STORE, .p = p + i * PAGE, .stride = 4, .count = 1,
		};

		gpu_open(&g[i], &m);
		igt_assert_eq(gpu_run(&g[i], &job), -EIO);
		gpu_close(&g[i]);
	}
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq_u32(args.count, 3);
	igt_assert_eq_u64(args.lost, N - info.faults);
	lost = args.lost;
	args.faults = U(faults + 3);
	args.count = N;
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq_u32(args.count, info.faults - 3);
	igt_assert_eq_u64(args.lost, 0);
	for (uint32_t i = 0; i < info.faults; i++)
		igt_assert_eq_u64(faults[i].addr, U(p) + (lost + i) * PAGE);
	args.count = N;
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq_u32(args.count, 0);
	igt_assert_eq_u64(args.lost, 0);
	mirror_close(&m);
	munmap(p, N * PAGE);
	munmap(faults, PAGE);
}

int igt_main()
{
	igt_fixture() {
		close(device_open());
		gpu();
	}

	for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
		for (int where = 0; where < (kinds[k].ram_only ? 1 : 2); where++) {
			igt_describe("CPU and GPU read and write this kind of memory, here.");
			igt_subtest_with_dynamic_f("%s-%s", kinds[k].name, where ? "vram" : "ram") {
				for (size_t o = 0; o < ARRAY_LENGTH(ops); o++) {
					struct area a = { .bytes = BYTES, .step = 1, .fd = -1 };

					if (ops[o].atomic && kinds[k].ram_only)
						continue;
					vram = where;
					kinds[k].get(&a);
					igt_dynamic(ops[o].name)
						ops[o].run(&a);
					kinds[k].put(&a);
				}
			}
		}
	}

	for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
		for (int where = 0; where < (cases[c].ram_only ? 1 : 2); where++) {
			igt_describe(cases[c].description);
			igt_subtest_f("%s-%s", cases[c].name, where ? "vram" : "ram") {
				vram = where;
				cases[c].run();
			}
		}
	}

	for (size_t e = 0; e < 2 * ARRAY_LENGTH(ends); e++) {
		igt_describe(
			"The GPU's next access is an error that is told, and only this channel's.");
		igt_subtest_f("fatal-%s%s", ends[e / 2].name, e % 2 ? "-vram" : "") {
			vram = e % 2;
			ends_channel(&ends[e / 2]);
		}
	}

	igt_describe("Of more errors than are remembered the last ones are told.");
	igt_subtest("fatal-many")
		many_ends();

	for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
		if (!kinds[k].ram_only)
			continue;
		igt_describe("Atomics on memory that is not anonymous are such an error.");
		igt_subtest_f("fatal-atomic-%s", kinds[k].name)
			atomic_ends_channel(&kinds[k]);
	}
}
