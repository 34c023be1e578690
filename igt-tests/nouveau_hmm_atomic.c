// SPDX-License-Identifier: MIT
/*
 * Atomics of the GPU: every operation on every kind of memory that takes them, what comes of a page
 * that the GPU has for itself, CPU and GPU on the same words while the memory changes, several
 * channels and processes, and what is told where there are none.
 */
#include "igt.h"
#include "lib/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Atomics of the GPU, in RAM and in VRAM, alone and against CPUs, other "
		     "channels and changes of the memory: none is lost.");

#define ATOMIC DRM_NOUVEAU_HMM_PAGE_ATOMIC
#define WHERE DRM_NOUVEAU_HMM_PAGE_WHERE

/* ---- operations: what becomes of a word ---- */

static uint64_t add(uint64_t old, uint32_t v)
{
	return (uint32_t)old + v;
}

static uint64_t add_wide(uint64_t old, uint32_t v)
{
	return old + v;
}

static uint64_t increment(uint64_t old, uint32_t v)
{
	return old >= v ? 0 : old + 1;
}

static uint64_t decrement(uint64_t old, uint32_t v)
{
	return old == 0 || old > v ? v : old - 1;
}

static uint64_t least(uint64_t old, uint32_t v)
{
	return old < v ? old : v;
}

static uint64_t greatest(uint64_t old, uint32_t v)
{
	return old > v ? old : v;
}

static uint64_t and_of(uint64_t old, uint32_t v)
{
	return old & v;
}

static uint64_t or_of(uint64_t old, uint32_t v)
{
	return old | v;
}

static uint64_t xor_of(uint64_t old, uint32_t v)
{
	return old ^ v;
}

static uint64_t exchange(uint64_t old, uint32_t v)
{
	return v;
}

static const struct operation {
	const char *name;
	enum gpu_op op;
	uint32_t value;
	bool each;	/* thread i has value + i */
	uint64_t (*apply)(uint64_t old, uint32_t v);
} operations[] = {
	{ "add", GPU_ATOMIC, 0x40000003, false, add },
	{ "inc", GPU_ATOMIC_INC, 0x9000, false, increment },
	{ "dec", GPU_ATOMIC_DEC, 0x9000, false, decrement },
	{ "min", GPU_ATOMIC_MIN, 0x7f80, true, least },
	{ "max", GPU_ATOMIC_MAX, 0x7f80, true, greatest },
	{ "and", GPU_ATOMIC_AND, 0xfffff800, true, and_of },
	{ "or", GPU_ATOMIC_OR, 0x30000, true, or_of },
	{ "xor", GPU_ATOMIC_XOR, 0x55550000, true, xor_of },
	{ "add-64", GPU_ATOMIC_ADD64, 0xffffff01, false, add_wide },
	{ "exchange", GPU_ATOMIC_EXCHANGE, 0x70000, true, exchange },
	{ "compare-and-swap", GPU_ATOMIC_CAS, 5, false, add },
};

static uint32_t operand(const struct operation *o, uint32_t i)
{
	return o->value + (o->each ? i : 0);
}

static bool is_wide(const struct operation *o)
{
	return o->op == GPU_ATOMIC_ADD64;
}

static uint64_t load(const volatile void *p, bool wide)
{
	return wide ? *(const volatile uint64_t *)p : *(const volatile uint32_t *)p;
}

/* ---- memory ---- */

#define PAGES 32ul

struct area {
	char *p;
	size_t bytes;
	bool huge, empty;	/* empty: all zeros, else as fill() has it */
	pid_t child;		/* that has the same memory, and looks at it in the end */
	int go;
};

static uint32_t before(const struct area *a, size_t word)
{
	return a->empty ? 0 : (uint32_t)(word * 2654435761u >> 16);
}

static void fill(struct area *a)
{
	for (size_t i = 0; i < a->bytes / 4; i++)
		((uint32_t *)a->p)[i] = before(a, i);
}

/* Nothing has changed. */
static bool is_as_filled(const struct area *a)
{
	for (size_t i = 0; i < a->bytes / 4; i++)
		if (((uint32_t *)a->p)[i] != before(a, i))
			return false;
	return true;
}

static void map(struct area *a)
{
	a->bytes = a->huge ? HUGE : PAGES * PAGE;
	a->p = a->huge ? map_huge(a->bytes) : map_small(a->bytes);
}

static void get_written(struct area *a)
{
	map(a);
	fill(a);
}

static void get_untouched(struct area *a)
{
	map(a);
	a->empty = true;
}

/* Reads leave the one page of zeros that all share. */
static void get_zero_page(struct area *a)
{
	map(a);
	a->empty = true;
	for (size_t i = 0; i < a->bytes; i += PAGE)
		igt_assert_eq(((volatile char *)a->p)[i], 0);
}

static void get_heap(struct area *a)
{
	a->bytes = PAGES * PAGE;
	igt_assert(!posix_memalign((void **)&a->p, PAGE, a->bytes));
	fill(a);
}

static void put_heap(struct area *a)
{
	free(a->p);
}

/* Its pages are the file's until somebody writes. */
static void get_private_file(struct area *a)
{
	int fd = memfd_create("atomic", MFD_CLOEXEC);

	a->bytes = PAGES * PAGE;
	igt_assert_eq(ftruncate(fd, (off_t)a->bytes), 0);
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fill(a);
	munmap(a->p, a->bytes);
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
}

/* A child has the same pages; what it sees must not change. */
static void get_cow(struct area *a)
{
	int go[2];
	char c;

	get_written(a);
	igt_assert_eq(pipe2(go, O_CLOEXEC), 0);
	a->child = fork();
	if (!a->child) {
		close(go[1]);
		_exit(read(go[0], &c, 1) == 0 && is_as_filled(a) ? 0 : 1);
	}
	close(go[0]);
	a->go = go[1];
}

static void put_map(struct area *a)
{
	munmap(a->p, a->bytes);
}

static void put_cow(struct area *a)
{
	int status = -1;

	close(a->go);
	put_map(a);
	igt_assert_eq(waitpid(a->child, &status, 0), a->child);
	igt_assert_f(!status, "the child's memory has changed (status %#x)\n",
		     (unsigned int)status);
}

static const struct kind {
	const char *name;
	void (*get)(struct area *a);
	void (*put)(struct area *a);
	bool huge, ram_only;
} kinds[] = {
	{ "small", get_written, put_map },
	{ "huge", get_written, put_map, true },
	{ "untouched", get_untouched, put_map },
	{ "untouched-huge", get_untouched, put_map, true },
	{ "zero-page", get_zero_page, put_map },
	{ "zero-page-huge", get_zero_page, put_map, true },
	{ "heap", get_heap, put_heap },
	{ "private-file", get_private_file, put_map, false, true },
	{ "cow", get_cow, put_cow },
	{ "cow-huge", get_cow, put_cow, true },
};

enum place { IN_RAM, IN_VRAM, MIXED, PLACES };

static const char * const place_names[] = {
	[IN_RAM] = "ram",
	[IN_VRAM] = "vram",
	[MIXED] = "mixed",
};

static void move_to(enum place place, const struct area *a)
{
	if (place == IN_VRAM)
		igt_assert_eq(bind_to_vram(gpu()->fd, a->p, a->bytes), 0);
	/* Every second run of four pages. */
	for (size_t i = 0; place == MIXED && i < a->bytes; i += 8 * PAGE)
		igt_assert_eq(bind_to_vram(gpu()->fd, a->p + i, 4 * PAGE), 0);
}

/* ---- every operation on it ---- */

static struct gpu_job job_of(const struct operation *o, const struct area *a, size_t offset,
			     uint32_t stride, uint32_t count, uint32_t *out)
{
	return (struct gpu_job) {
		.op = o->op,
		.p = a->p + offset,
		.stride = stride,
		.count = count,
		.value = o->value,
		.out = o->op == GPU_ATOMIC_EXCHANGE ? out : NULL,
	};
}

static void fill_out(uint32_t *out, size_t words)
{
	for (size_t i = 0; i < words; i++)
		out[i] = 0xdeadbeef;
}

/* A word for each thread. */
static void one_each(const struct operation *o, const struct area *a, size_t offset,
		     uint32_t stride, uint32_t count)
{
	uint32_t *out = map_small(count * 4);
	struct gpu_job job = job_of(o, a, offset, stride, count, out);
	uint64_t *old = map_small(count * 8);

	for (uint32_t i = 0; i < count; i++) {
		size_t word = (offset + (size_t)i * stride) / 4;

		old[i] = before(a, word) |
			 (is_wide(o) ? (uint64_t)before(a, word + 1) << 32 : 0);
	}
	fill_out(out, count);
	igt_assert_eq(gpu_run(gpu(), &job), 0);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t want = o->apply(old[i], operand(o, i));
		uint64_t got = load(a->p + offset + (size_t)i * stride, is_wide(o));

		igt_assert_f(got == want, "word %u was %#llx, is %#llx and not %#llx\n", i,
			     (unsigned long long)old[i], (unsigned long long)got,
			     (unsigned long long)want);
		if (job.out)
			igt_assert_eq_u32(out[i], (uint32_t)old[i]);
	}
	munmap(old, count * 8);
	munmap(out, count * 4);
}

/* Each thread has got what another one has put, and one of them the first value. */
static void is_chain(const struct operation *o, uint32_t first, uint32_t last, uint32_t *out,
		     uint32_t count)
{
	uint8_t *seen = map_small(count + 1);

	for (uint32_t i = 0; i <= count; i++) {
		uint32_t v = i < count ? out[i] : last;
		uint32_t who = v == first ? count : v - o->value;

		igt_assert_f(who <= count && !seen[who], "thread %u has got %#x\n", i, v);
		seen[who] = 1;
	}
	munmap(seen, count + 1);
}

/* All threads have the same one. */
static void one_for_all(const struct operation *o, const struct area *a, size_t offset,
			uint32_t count)
{
	uint32_t *out = map_small(count * 4);
	struct gpu_job job = job_of(o, a, offset, 0, count, out);
	uint64_t v = before(a, offset / 4), got;

	if (is_wide(o))
		v |= (uint64_t)before(a, offset / 4 + 1) << 32;
	fill_out(out, count);
	igt_assert_eq(gpu_run(gpu(), &job), 0);
	got = load(a->p + offset, is_wide(o));
	if (job.out) {
		is_chain(o, (uint32_t)v, (uint32_t)got, out, count);
	} else {
		for (uint32_t i = 0; i < count; i++)
			v = o->apply(v, operand(o, i));
		igt_assert_eq_u64(got, v);
	}
	munmap(out, count * 4);
}

static void operate(const struct operation *o, const struct kind *k, enum place place)
{
	struct area a = { .huge = k->huge };
	uint32_t stride, i;
	size_t there;

	k->get(&a);
	move_to(place, &a);
	there = device_pages(a.p, a.bytes);
	if (place == IN_VRAM)
		igt_assert_eq_u64(there, a.bytes / PAGE);
	igt_assert_eq(gpu_touch(gpu(), a.p, a.bytes, GPU_LOAD), 0);
	/* Words of a page, and one of each of some others, and one of yet another. */
	one_each(o, &a, 64, is_wide(o) ? 8 : 4, 400);
	stride = (uint32_t)(a.bytes / PAGES);
	one_each(o, &a, 4 * stride + 16, stride, 24);
	one_for_all(o, &a, 2 * stride + 128, 500);
	/* And nothing beside them. */
	for (i = 850; i < 1000; i++)
		igt_assert_eq_u32(((uint32_t *)a.p)[i], before(&a, i));
	k->put(&a);
}

/* The pages that GPU atomics have used are the GPU's own, until a CPU looks; in VRAM they stay. */
static void stays(const struct kind *k, enum place place)
{
	struct area a = { .huge = k->huge };
	struct gpu_job job = { .op = GPU_ATOMIC, .stride = PAGE, .value = 1 };
	size_t pages, there;

	k->get(&a);
	move_to(place, &a);
	pages = a.bytes / PAGE;
	there = device_pages(a.p, a.bytes);
	job.p = a.p;
	job.count = (uint32_t)pages;
	igt_assert_eq(gpu_run(gpu(), &job), 0);
	/* A copy that is not shared any more is made in RAM. */
	if (a.child)
		there = device_pages(a.p, a.bytes);
	igt_assert_eq_u64(device_pages(a.p, a.bytes), there);
	igt_assert_eq_u64(exclusive_pages(a.p, a.bytes), pages - there);
	if (gpu()->own) {
		igt_assert_eq_u64(pages_with(gpu()->fd, a.p, a.bytes, ATOMIC, ATOMIC), pages);
		igt_assert_eq_u64(in_vram(gpu()->fd, a.p, a.bytes), there);
	}
	for (size_t i = 0; i < pages; i++)
		igt_assert_eq_u32(*(volatile uint32_t *)(a.p + i * PAGE), before(&a, i * 1024) + 1);
	igt_assert_eq_u64(exclusive_pages(a.p, a.bytes), 0);
	if (gpu()->own)
		igt_assert_eq_u64(pages_with(gpu()->fd, a.p, a.bytes, ATOMIC, ATOMIC), 0);
	k->put(&a);
}

/* ---- counters: WORDS of them, far apart, and room between them ---- */

enum { WORDS = 16 };

struct counters {
	char *p;
	size_t bytes, stride;
	uint32_t sum[WORDS];	/* what they must have */
};

static const struct where {
	const char *name;
	bool huge, vram;
} wheres[] = {
	{ "small-ram", false, false },
	{ "small-vram", false, true },
	{ "huge-ram", true, false },
	{ "huge-vram", true, true },
};

static volatile uint32_t *counter(const struct counters *c, size_t i)
{
	return (volatile uint32_t *)(c->p + i * c->stride);
}

/* A page that no counter is in. */
static char *between(const struct counters *c, size_t i)
{
	return c->p + i * c->stride + c->stride / 2;
}

static void counters_get(struct counters *c, const struct where *w)
{
	*c = (struct counters) { .bytes = w->huge ? HUGE : 2 * WORDS * PAGE };
	c->stride = c->bytes / WORDS;
	c->p = w->huge ? map_huge(c->bytes) : map_small(c->bytes);
	memset(c->p, 0, c->bytes);
	if (w->vram)
		igt_assert_eq(bind_to_vram(gpu()->fd, c->p, c->bytes), 0);
}

static void counters_put(struct counters *c)
{
	munmap(c->p, c->bytes);
}

/* The first one is counted by many threads, then each by one. */
static int count_on(struct gpu *g, struct counters *c, uint32_t threads)
{
	struct gpu_job job = { .op = GPU_ATOMIC, .p = c->p, .count = threads, .value = 1 };
	int ret = gpu_run(g, &job);

	if (ret)
		return ret;
	c->sum[0] += threads;
	job.stride = (uint32_t)c->stride;
	job.count = WORDS;
	ret = gpu_run(g, &job);
	for (size_t i = 0; i < WORDS && !ret; i++)
		c->sum[i]++;
	return ret;
}

static void count(struct counters *c)
{
	igt_assert_eq(count_on(gpu(), c, 200), 0);
}

static bool counted(const struct counters *c)
{
	bool good = true;

	for (size_t i = 0; i < WORDS; i++) {
		if (*counter(c, i) == c->sum[i])
			continue;
		igt_info("counter %zu is %u, not %u\n", i, *counter(c, i), c->sum[i]);
		good = false;
	}
	return good;
}

/* ---- what the CPU does after the GPU has counted, before it counts again ---- */

static void then_read(struct counters *c)
{
	igt_assert(counted(c));
	igt_assert_eq_u64(exclusive_pages(c->p, c->bytes), 0);
}

static void then_write(struct counters *c)
{
	for (size_t i = 0; i < WORDS; i++)
		*counter(c, i) = c->sum[i] = 7 * (uint32_t)i;
	igt_assert_eq_u64(exclusive_pages(c->p, c->bytes), 0);
}

static void then_add(struct counters *c)
{
	for (size_t i = 0; i < WORDS; i++)
		igt_assert_eq_u32(__atomic_fetch_add(counter(c, i), 5, __ATOMIC_RELAXED),
				  c->sum[i]);
	for (size_t i = 0; i < WORDS; i++)
		c->sum[i] += 5;
}

/* A system call of a process that may not write there. */
static void then_protect(struct counters *c)
{
	int ready[2];

	igt_assert_eq(pipe(ready), 0);
	igt_assert_eq((int)write(ready[1], "xxxx", 4), 4);
	igt_assert_eq(mprotect(c->p, c->bytes, PROT_READ), 0);
	errno = 0;
	igt_assert_eq((int)read(ready[0], c->p, 4), -1);
	igt_assert_eq(errno, EFAULT);
	igt_assert(counted(c));
	igt_assert_eq(mprotect(c->p, c->bytes, PROT_READ | PROT_WRITE), 0);
	close(ready[0]);
	close(ready[1]);
}

static void then_none(struct counters *c)
{
	igt_assert_eq(mprotect(c->p, c->bytes, PROT_NONE), 0);
	igt_assert_eq(mprotect(c->p, c->bytes, PROT_READ | PROT_WRITE), 0);
}

static void then_mremap(struct counters *c)
{
	char *to = map_small(c->bytes), *old = c->p;

	igt_assert(mremap(old, c->bytes, c->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	c->p = to;
}

static void then_dontneed(struct counters *c)
{
	igt_assert_eq(madvise(c->p, c->bytes, MADV_DONTNEED), 0);
	memset(c->sum, 0, sizeof(c->sum));
}

static void then_fork(struct counters *c)
{
	igt_fork(child, 2) {
		igt_assert(counted(c));
		for (size_t i = 0; i < WORDS; i++)
			*counter(c, i) = 1000;
	}
	igt_waitchildren();
}

/* The child's counters must not follow the parent's. */
static void then_fork_and_count(struct counters *c)
{
	int go[2];
	char x;

	igt_assert_eq(pipe(go), 0);
	igt_fork(child, 1) {
		close(go[1]);
		igt_assert_eq((int)read(go[0], &x, 1), 0);
		igt_assert(counted(c));
	}
	close(go[0]);
	count(c);
	close(go[1]);
	igt_waitchildren();
}

static void then_migrate(struct counters *c)
{
	size_t pages = c->bytes / PAGE;
	hmm_moved m;

	if (!gpu()->own) {
		igt_assert_eq(bind_to_vram(gpu()->fd, c->p, c->bytes), 0);
		count(c);
		return;
	}
	igt_assert_eq(migrate(gpu()->fd, c->p, c->bytes, DRM_NOUVEAU_HMM_TARGET_VRAM, &m), 0);
	igt_assert_eq_u64(m.moved + m.zeroed + m.already, pages);
	igt_assert_eq_u64(device_pages(c->p, c->bytes), pages);
	count(c);
	/*
	 * When the kernel splits a huge page of which the GPU had parts for itself, these become
	 * read-only, and the first write brings them to RAM.
	 */
	if (c->bytes < HUGE)
		igt_assert_eq_u64(device_pages(c->p, c->bytes), pages);
	igt_assert_eq(migrate(gpu()->fd, c->p, c->bytes, DRM_NOUVEAU_HMM_TARGET_RAM, NULL), 0);
	igt_assert_eq_u64(device_pages(c->p, c->bytes), 0);
}

static void then_page_out(struct counters *c)
{
	madvise(c->p, c->bytes, MADV_PAGEOUT);
}

static void then_collapse(struct counters *c)
{
	/* Not where only small pages fit, and not while the GPU has some for itself. */
	igt_assert(counted(c));
	madvise(c->p, c->bytes, MADV_COLLAPSE);
}

/* Another process reads them: pages are looked up in this one's memory. */
static void then_another_process(struct counters *c)
{
	pid_t parent = getpid();

	igt_fork(child, 1)
		for (size_t i = 0; i < WORDS; i++) {
			uint32_t v = 0;
			struct iovec to = { &v, 4 }, from = { (void *)counter(c, i), 4 };

			igt_assert_eq((int)process_vm_readv(parent, &to, 1, &from, 1, 0), 4);
			igt_assert_eq_u32(v, c->sum[i]);
		}
	igt_waitchildren();
}

static void then_gpu_reads(struct counters *c)
{
	uint32_t *out = map_small(PAGE);
	struct gpu_job job = {
		.op = GPU_LOAD, .p = c->p, .stride = (uint32_t)c->stride, .count = WORDS,
		.out = out,
	};

	igt_assert_eq(gpu_run(gpu(), &job), 0);
	for (size_t i = 0; i < WORDS; i++)
		igt_assert_eq_u32(out[i], c->sum[i]);
	munmap(out, PAGE);
}

static void then_gpu_writes(struct counters *c)
{
	struct gpu_job job = {
		.op = GPU_STORE, .p = c->p, .stride = (uint32_t)c->stride, .count = WORDS,
		.value = 50,
	};

	igt_assert_eq(gpu_run(gpu(), &job), 0);
	for (uint32_t i = 0; i < WORDS; i++)
		c->sum[i] = 50 + i;
}

static const struct then {
	const char *name, *description;
	void (*run)(struct counters *c);
} thens[] = {
	{ "read", "The CPU reads.", then_read },
	{ "write", "The CPU writes.", then_write },
	{ "add", "The CPU adds, atomically.", then_add },
	{ "mprotect", "The memory becomes read-only, and writable again.", then_protect },
	{ "mprotect-none", "Nobody may use the memory for a while.", then_none },
	{ "mremap", "The memory moves to another address.", then_mremap },
	{ "dontneed", "The memory is discarded.", then_dontneed },
	{ "fork", "Children write to their copies.", then_fork },
	{ "fork-and-count", "What the GPU counts then is not seen by a child.",
	  then_fork_and_count },
	{ "migrate", "The memory goes to VRAM and back.", then_migrate },
	{ "pageout", "The memory is reclaimed, if there is swap.", then_page_out },
	{ "collapse", "Small pages become a huge one.", then_collapse },
	{ "another-process", "Another process reads.", then_another_process },
	{ "gpu-reads", "The GPU reads as usual.", then_gpu_reads },
	{ "gpu-writes", "The GPU writes as usual.", then_gpu_writes },
};

static void after_that(const struct then *t, const struct where *w)
{
	struct counters c;

	counters_get(&c, w);
	for (int i = 0; i < 2; i++) {
		count(&c);
		if (!w->vram || !gpu()->own)
			igt_assert_lt_u64(0, exclusive_pages(c.p, c.bytes));
		t->run(&c);
	}
	count(&c);
	igt_assert(counted(&c));
	counters_put(&c);
}

/* ---- while the GPU counts ---- */

struct beside {
	pthread_t thread;
	void (*step)(struct beside *b);
	struct counters *c;
	volatile bool stop;
	const char *error;
	volatile uint32_t rounds;
	uint32_t added[WORDS];	/* by the CPU; what it took away is negative */
	uint32_t seen[WORDS], own[WORDS];
	int fd;
};

static void step_read(struct beside *b)
{
	for (size_t i = 0; i < WORDS; i++) {
		uint32_t v = *counter(b->c, i);

		if (v < b->seen[i])
			b->error = "a counter has gone back";
		b->seen[i] = v;
	}
}

/* In the same page. */
static void step_write(struct beside *b)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (counter(b->c, i)[1] != b->own[i])
			b->error = "what the CPU has written is lost";
		counter(b->c, i)[1] = ++b->own[i];
	}
}

static void step_add(struct beside *b)
{
	size_t i = b->rounds % WORDS;

	__atomic_fetch_add(counter(b->c, i), 1, __ATOMIC_RELAXED);
	b->added[i]++;
	__atomic_fetch_add(counter(b->c, 0), 2, __ATOMIC_RELAXED);
	b->added[0] += 2;
}

static void step_compare(struct beside *b)
{
	uint32_t v = *counter(b->c, 0);

	if (__atomic_compare_exchange_n(counter(b->c, 0), &v, v + 3, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		b->added[0] += 3;
}

/* Takes what has been counted up to now. */
static void step_exchange(struct beside *b)
{
	size_t i = b->rounds % WORDS;

	b->added[i] -= __atomic_exchange_n(counter(b->c, i), 0, __ATOMIC_SEQ_CST);
}

static void step_migrate(struct beside *b)
{
	if (!bind_to_vram(b->fd, b->c->p, b->c->bytes) &&
	    migrate_once(b->fd, b->c->p, b->c->bytes, DRM_NOUVEAU_HMM_TARGET_RAM, NULL))
		b->error = "MIGRATE has failed";
}

/* All page table entries change, and the GPU may write all the time. */
static void step_protect(struct beside *b)
{
	const int write = PROT_READ | PROT_WRITE;

	if (mprotect(b->c->p, b->c->bytes, write | PROT_EXEC) ||
	    mprotect(b->c->p, b->c->bytes, write))
		b->error = "mprotect has failed";
}

static void step_protect_between(struct beside *b)
{
	char *p = between(b->c, b->rounds % WORDS);

	if (mprotect(p, PAGE, PROT_NONE) || mprotect(p, PAGE, PROT_READ | PROT_WRITE))
		b->error = "mprotect has failed";
}

static void step_unmap_between(struct beside *b)
{
	char *p = between(b->c, b->rounds % WORDS);

	if (mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != p)
		b->error = "mmap has failed";
	else if (*(volatile char *)p)
		b->error = "new memory is not empty";
}

static void step_discard_between(struct beside *b)
{
	char *p = between(b->c, b->rounds % WORDS);

	*(volatile char *)p = 1;
	if (madvise(p, PAGE, MADV_DONTNEED) || *(volatile char *)p)
		b->error = "madvise has failed";
}

/* A child's copy is as it was at the fork. */
static void step_fork(struct beside *b)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		uint32_t v[WORDS];

		for (size_t i = 0; i < WORDS; i++)
			v[i] = *counter(b->c, i);
		usleep(5000);
		for (size_t i = 0; i < WORDS; i++)
			if (*counter(b->c, i) != v[i])
				_exit(1);
		*counter(b->c, 0) = 0;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		b->error = "fork has failed";
	else if (WIFSIGNALED(status))
		b->error = "a signal has killed a child";
	else if (status)
		b->error = "the counters of a child have moved";
}

/* As often as it can: fork() of Linux fails where a page is the GPU's and locked at that moment. */
static void step_fork_often(struct beside *b)
{
	int status;
	pid_t pid;

	for (int i = 0; i < 10 && !b->stop; i++) {
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			b->error = "fork has failed";
	}
}

static void step_page_out(struct beside *b)
{
	madvise(b->c->p, b->c->bytes, MADV_PAGEOUT);
}

static void step_free(struct beside *b)
{
	madvise(b->c->p, b->c->bytes, MADV_COLD);
}

static void step_collapse(struct beside *b)
{
	madvise(b->c->p, b->c->bytes, MADV_HUGEPAGE);
	madvise(b->c->p, b->c->bytes, MADV_COLLAPSE);
}

static void step_compact(struct beside *b)
{
	write_file("/proc/sys/vm/compact_memory", "1");
}

/* Looks the pages up for writing, and writes another word. */
static void step_system_call(struct beside *b)
{
	size_t i = b->rounds % WORDS;
	volatile uint32_t *to = counter(b->c, i) + 2;
	uint32_t v = b->rounds;
	struct iovec local = { &v, 4 }, remote = { (void *)to, 4 };

	if (process_vm_writev(getpid(), &local, 1, &remote, 1, 0) != 4 || *to != v)
		b->error = "process_vm_writev has failed";
}

static const struct during {
	const char *name, *description;
	void (*step)(struct beside *b);
	bool fork_only;	/* needs ioctls of the fork */
} durings[] = {
	{ "read", "A CPU reads: what it sees only grows.", step_read },
	{ "write", "A CPU writes to other words of the same pages.", step_write },
	{ "add", "A CPU adds to the same words, atomically.", step_add },
	{ "compare-and-swap", "A CPU adds by compare and swap.", step_compare },
	{ "exchange", "A CPU takes what is there and leaves 0.", step_exchange },
	{ "migrate", "The memory goes to VRAM and back.", step_migrate, true },
	{ "mprotect", "The protection changes, but for writing.", step_protect },
	{ "mprotect-between", "Pages between the counters cannot be used for a while.",
	  step_protect_between },
	{ "munmap-between", "Pages between the counters are replaced.", step_unmap_between },
	{ "dontneed-between", "Pages between the counters are discarded.", step_discard_between },
	{ "fork", "Children come, look and go.", step_fork },
	{ "fork-often", "Children come and go, and none fails to come.", step_fork_often },
	{ "pageout", "The memory is reclaimed, if there is swap.", step_page_out },
	{ "cold", "The memory is called cold.", step_free },
	{ "collapse", "Small pages become huge ones.", step_collapse },
	{ "compact", "The kernel moves pages about.", step_compact },
	{ "system-call", "The kernel writes to other words of the same pages.", step_system_call },
};

static void *run_beside(void *arg)
{
	struct beside *b = arg;

	while (!b->stop && !b->error) {
		b->step(b);
		b->rounds++;
		/* A CPU that never lets go of the page leaves none of it to the GPU. */
		usleep((useconds_t)(3000 * slowness()));
	}
	return NULL;
}

static void meanwhile(const struct during *d, const struct where *w)
{
	struct counters c;
	struct beside b = { .step = d->step, .c = &c };
	int ret = 0;

	igt_require_f(!d->fork_only || gpu()->own, "needs the fork's MIGRATE\n");
	counters_get(&c, w);
	b.fd = gpu()->fd;
	igt_assert_eq(pthread_create(&b.thread, NULL, run_beside, &b), 0);
	for (int i = 0; i < 12 && !ret; i++) {
		/* The last one is so long that much happens meanwhile, and comes when something has. */
		while (i == 11 && !b.rounds)
			usleep(1000);
		ret = count_on(gpu(), &c, i < 11 ? 200 : 6000);
		if (w->vram && i % 3 == 0)
			bind_to_vram(gpu()->fd, c.p, c.bytes);
	}
	b.stop = true;
	pthread_join(b.thread, NULL);
	igt_assert_eq(ret, 0);
	igt_assert_f(!b.error, "%s, after %u rounds\n", b.error, b.rounds);
	igt_assert_lt(0, b.rounds);
	for (size_t i = 0; i < WORDS; i++)
		c.sum[i] += b.added[i];
	igt_assert(counted(&c));
	counters_put(&c);
}

/* ---- several channels, threads, processes ---- */

struct worker {
	pthread_t thread;
	struct mirror m;
	struct gpu g;
	struct counters c;
	int ret;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < 8 && !w->ret; i++)
		w->ret = count_on(&w->g, &w->c, 200);
	return NULL;
}

/* Channels of one file or of several, and the CPU, on the same counters. */
static void channels(const struct where *where, bool one_file)
{
	enum { N = 3 };
	static struct worker w[N];
	struct counters c;
	struct beside b = { .step = step_add, .c = &c };

	counters_get(&c, where);
	for (int i = 0; i < N; i++) {
		w[i] = (struct worker) { .c = c };
		if (!one_file || i == 0)
			mirror_open(&w[i].m);
		gpu_open(&w[i].g, one_file ? &w[0].m : &w[i].m);
	}
	igt_assert_eq(pthread_create(&b.thread, NULL, run_beside, &b), 0);
	for (int i = 0; i < N; i++)
		igt_assert_eq(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (int i = 0; i < N; i++)
		pthread_join(w[i].thread, NULL);
	b.stop = true;
	pthread_join(b.thread, NULL);
	for (int i = 0; i < N; i++) {
		igt_assert_eq(w[i].ret, 0);
		for (size_t k = 0; k < WORDS; k++)
			c.sum[k] += w[i].c.sum[k];
		gpu_close(&w[i].g);
	}
	for (int i = 0; i < (one_file ? 1 : N); i++)
		mirror_close(&w[i].m);
	for (size_t k = 0; k < WORDS; k++)
		c.sum[k] += b.added[k];
	igt_assert(counted(&c));
	counters_put(&c);
}

/* Each counts on its own copy of what was one memory. */
static void processes(const struct where *where)
{
	struct counters c;

	counters_get(&c, where);
	count(&c);
	igt_fork(child, 3) {
		struct mirror m;
		struct gpu g;

		mirror_open(&m);
		gpu_open(&g, &m);
		for (int i = 0; i < 5; i++)
			igt_assert_eq(count_on(&g, &c, 100 + 10 * (uint32_t)child), 0);
		igt_assert(counted(&c));
		gpu_close(&g);
		mirror_close(&m);
	}
	for (int i = 0; i < 5; i++)
		count(&c);
	igt_waitchildren();
	igt_assert(counted(&c));
	counters_put(&c);
}

/* ---- where there are no atomics ---- */

static void get_shared(struct area *a)
{
	a->bytes = PAGES * PAGE;
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void map_file(struct area *a, int fd)
{
	igt_assert_f(fd >= 0, "no file: %s\n", strerror(errno));
	a->bytes = PAGES * PAGE;
	igt_assert_eq(ftruncate(fd, (off_t)a->bytes), 0);
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
}

static void get_memfd(struct area *a)
{
	map_file(a, memfd_create("atomic", MFD_CLOEXEC));
}

static void get_tmpfs(struct area *a)
{
	map_file(a, open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static void get_disk(struct area *a)
{
	const char *dir = getenv("NOUVEAU_HMM_DISK");

	igt_require_f(dir, "NOUVEAU_HMM_DISK names no directory\n");
	map_file(a, open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static void get_hugetlb(struct area *a)
{
	write_file("/proc/sys/vm/nr_hugepages", "4");
	a->bytes = HUGE;
	a->p = mmap(NULL, a->bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	igt_require_f(a->p != MAP_FAILED, "no hugetlb pages\n");
}

static void get_unmapped(struct area *a)
{
	map(a);
	fill(a);
	igt_assert_eq(gpu_touch(gpu(), a->p, a->bytes, GPU_LOAD), 0);
	munmap(a->p, a->bytes);
}

static void get_none(struct area *a)
{
	get_written(a);
	igt_assert_eq(mprotect(a->p, a->bytes, PROT_NONE), 0);
}

static void get_read_only(struct area *a)
{
	get_written(a);
	igt_assert_eq(mprotect(a->p, a->bytes, PROT_READ), 0);
}

static const struct refusal {
	const char *name;
	void (*get)(struct area *a);
	int error;	/* of FAULTS and STATUS */
} refusals[] = {
	{ "shared", get_shared, -EOPNOTSUPP },
	{ "memfd", get_memfd, -EOPNOTSUPP },
	{ "tmpfs", get_tmpfs, -EOPNOTSUPP },
	{ "disk", get_disk, -EOPNOTSUPP },
	{ "hugetlb", get_hugetlb, -EOPNOTSUPP },
	{ "unmapped", get_unmapped, -EFAULT },
	{ "none", get_none, -EFAULT },
	{ "read-only", get_read_only, -EPERM },
};

/* What STATUS and FAULTS say of it, and that they agree on who did it. */
static void is_told(const struct gpu *g, int error, const void *page)
{
	hmm_fault *faults = map_small(PAGE);
	hmm_faults args = { .faults = U(faults), .count = 8 };
	hmm_status s = gpu_status(g);

	igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_FAULT);
	igt_assert_eq_u64(s.addr, U(page));
	igt_assert_eq_u32(s.access, DRM_NOUVEAU_HMM_ACCESS_ATOMIC);
	igt_assert_eq(s.error, error);
	igt_assert_eq(s.hub, 0);
	igt_assert_eq(call(g->fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq_u32(args.count, 1);
	igt_assert_eq_u64(args.lost, 0);
	igt_assert_eq_u64(faults[0].addr, s.addr);
	igt_assert_eq_u32(faults[0].access, s.access);
	igt_assert_eq(faults[0].error, s.error);
	igt_assert_eq_u32(faults[0].client, s.client);
	igt_assert_eq_u32(faults[0].gpc, s.gpc);
	igt_assert_eq_u32(faults[0].reason, s.reason);
	munmap(faults, PAGE);
}

/* The channel ends and says why; nothing was done; other channels go on with the same memory. */
static void is_refused(const struct refusal *r, const struct operation *o)
{
	struct area a = { 0 };
	struct mirror m;
	struct gpu g;
	struct gpu_job job;

	igt_emit_ignore_dmesg_regex(NOISE);
	mirror_open(&m);
	gpu_open(&g, &m);
	r->get(&a);
	igt_assert(a.p != MAP_FAILED);
	if (r->error == -EOPNOTSUPP)
		fill(&a);
	job = job_of(o, &a, 5 * PAGE + 40, 0, 1, NULL);
	igt_assert_eq(gpu_run(&g, &job), -EIO);
	if (g.own)
		is_told(&g, r->error, a.p + 5 * PAGE);
	if (r->error == -EOPNOTSUPP) {
		igt_assert(is_as_filled(&a));
		igt_assert_eq(gpu_add(gpu(), (uint32_t *)a.p, 2048, 1), 0);
		for (size_t i = 0; i < 2048; i++)
			igt_assert_eq_u32(((uint32_t *)a.p)[i], before(&a, i) + 1);
	}
	mirror_close(&m);
	if (r->get != get_unmapped)
		munmap(a.p, a.bytes);
}

/* As is_refused(), of processes that share memory. */
static void processes_are_refused(void)
{
	struct area a = { 0 };

	igt_emit_ignore_dmesg_regex(NOISE);
	get_shared(&a);
	fill(&a);
	igt_fork(child, 3) {
		struct mirror m;
		struct gpu g;

		for (int i = 0; i < 2; i++) {
			mirror_open(&m);
			gpu_open(&g, &m);
			/* A page for each, to add to: that is no atomic. */
			igt_assert_eq(gpu_add(&g, (uint32_t *)a.p + 1024 * child, 1024, 1), 0);
			igt_assert_eq(gpu_touch(&g, a.p + 8 * PAGE, 4 * PAGE, GPU_ATOMIC), -EIO);
			if (g.own)
				igt_assert_eq(gpu_status(&g).error, -EOPNOTSUPP);
			mirror_close(&m);
		}
	}
	igt_waitchildren();
	for (size_t i = 0; i < a.bytes / 4; i++)
		igt_assert_eq_u32(((uint32_t *)a.p)[i], before(&a, i) + (i < 3 * 1024 ? 2 : 0));
	munmap(a.p, a.bytes);
}

/* One channel's end is not that of another one, of the same file, that counts all the while. */
static void bystander(void)
{
	struct area a = { 0 };
	struct mirror m;
	struct gpu counting, refused;
	struct counters c;
	struct gpu_job job;

	igt_emit_ignore_dmesg_regex(NOISE);
	counters_get(&c, &wheres[0]);
	get_shared(&a);
	mirror_open(&m);
	gpu_open(&counting, &m);
	for (int i = 0; i < 4; i++) {
		gpu_open(&refused, &m);
		job = job_of(&operations[0], &a, 8, 0, 64, NULL);
		igt_assert_eq(gpu_submit(&refused, &job), 0);
		igt_assert_eq(count_on(&counting, &c, 2000), 0);
		igt_assert_eq(gpu_wait(&refused, 30), -EIO);
		igt_assert_eq(count_on(&counting, &c, 200), 0);
		gpu_close(&refused);
	}
	igt_assert_eq_u32(((uint32_t *)a.p)[2], 0);
	igt_assert(counted(&c));
	gpu_close(&counting);
	mirror_close(&m);
	munmap(a.p, a.bytes);
	counters_put(&c);
}

/*
 * Counts on memory that is unmapped meanwhile. Return: what became of the job; 0: it was done before
 * the CPU got to munmap().
 */
static int unmap_under(struct gpu *g, struct counters *c, uint32_t count)
{
	struct gpu_job job = { .op = GPU_ATOMIC, .p = c->p, .count = count, .value = 1 };

	igt_assert_eq(gpu_submit(g, &job), 0);
	while (!*counter(c, 0))
		usleep(1000);
	munmap(c->p, c->bytes);
	return gpu_wait(g, 60);
}

/* Memory goes while the GPU counts on it: the channel ends, and says so; others go on. */
static void unmapped_while(const struct where *w)
{
	uint32_t n = 1 << 20;
	struct counters c;
	struct mirror m;
	struct gpu g;
	int ret;

	igt_emit_ignore_dmesg_regex(NOISE);
	mirror_open(&m);
	gpu_open(&g, &m);
	do {
		counters_get(&c, w);
		ret = unmap_under(&g, &c, n);
		n *= 2;
	} while (!ret && n <= 1 << 26);
	igt_assert_eq(ret, -EIO);
	if (g.own)
		is_told(&g, -EFAULT, c.p);
	mirror_close(&m);
	counters_get(&c, w);
	count(&c);
	igt_assert(counted(&c));
	counters_put(&c);
}

int igt_main()
{
	igt_fixture() {
		close(device_open());
		gpu();
	}

	for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
		for (enum place p = IN_RAM; p < (kinds[k].ram_only ? IN_VRAM : PLACES); p++) {
			igt_describe("Every operation does on this memory what it says, to a word "
				     "of each thread and to one of all.");
			igt_subtest_with_dynamic_f("%s-%s", kinds[k].name, place_names[p]) {
				for (size_t o = 0; o < ARRAY_LENGTH(operations); o++)
					igt_dynamic(operations[o].name)
						operate(&operations[o], &kinds[k], p);
				igt_dynamic("stays")
					stays(&kinds[k], p);
			}
		}
	}

	for (size_t t = 0; t < ARRAY_LENGTH(thens); t++) {
		igt_describe(thens[t].description);
		igt_subtest_with_dynamic_f("then-%s", thens[t].name)
			for (size_t w = 0; w < ARRAY_LENGTH(wheres); w++)
				igt_dynamic(wheres[w].name)
					after_that(&thens[t], &wheres[w]);
	}

	for (size_t d = 0; d < ARRAY_LENGTH(durings); d++) {
		igt_describe(durings[d].description);
		igt_subtest_with_dynamic_f("while-%s", durings[d].name)
			for (size_t w = 0; w < ARRAY_LENGTH(wheres); w++)
				igt_dynamic(wheres[w].name)
					meanwhile(&durings[d], &wheres[w]);
	}

	for (int one = 0; one < 2; one++) {
		igt_describe("Several channels and a CPU count on the same words.");
		igt_subtest_with_dynamic_f("channels-%s", one ? "of-one-file" : "of-files")
			for (size_t w = 0; w < ARRAY_LENGTH(wheres); w++)
				igt_dynamic(wheres[w].name)
					channels(&wheres[w], one);
	}

	igt_describe("Processes count on their copies of the same memory.");
	igt_subtest_with_dynamic("processes")
		for (size_t w = 0; w < ARRAY_LENGTH(wheres); w++)
			igt_dynamic(wheres[w].name)
				processes(&wheres[w]);

	for (size_t r = 0; r < ARRAY_LENGTH(refusals); r++) {
		igt_describe("There are no atomics on this memory: the channel ends and says "
			     "where and why, the memory is as it was, others go on.");
		igt_subtest_with_dynamic_f("refused-%s", refusals[r].name)
			for (size_t o = 0; o < ARRAY_LENGTH(operations); o++)
				igt_dynamic(operations[o].name)
					is_refused(&refusals[r], &operations[o]);
	}

	igt_describe("Processes that share memory have no atomics on it, and all else.");
	igt_subtest("refused-processes")
		processes_are_refused();

	igt_describe("A channel ends by an atomic, another one of the same file counts on.");
	igt_subtest("refused-bystander")
		bystander();

	igt_describe("Memory goes while the GPU counts on it.");
	igt_subtest_with_dynamic("munmap-while")
		for (size_t w = 0; w < ARRAY_LENGTH(wheres); w++)
			igt_dynamic(wheres[w].name)
				unmapped_while(&wheres[w]);
}
