// SPDX-License-Identifier: MIT
/*
 * The GPU touches memory that it has no page for: how many threads, how far apart, how, in memory
 * of which state, and how many at the same time. All of it is served, the data is right, and what
 * was served once does not fault again.
 */
#include "igt.h"
#include "lib/gpu.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Page faults of the GPU: every shape of access, in memory of every state, "
		     "alone and with others.");

/* ---- shapes: which words a job touches ---- */

static const struct shape {
	const char *name;
	size_t offset;		/* of the first word */
	uint32_t stride, count;
} shapes[] = {
	{ "one", 0, 4, 1 },
	{ "same-word", 8, 0, 32 },
	{ "warp-in-a-page", 0, 4, 32 },
	{ "warp-across-pages", PAGE - 64, 4, 32 },
	{ "warp-of-pages", 0, PAGE, 32 },
	{ "last-words", PAGE - 4, PAGE, 64 },
	{ "every-second-page", 0, 2 * PAGE, 64 },
	{ "64k-apart", 4, 16 * PAGE, 64 },
	{ "2m-apart", 8, HUGE, 16 },
	{ "across-2m", HUGE - 8 * PAGE, PAGE, 16 },
	{ "all-words", 0, 4, 16384 },
	{ "storm", 0, PAGE, 4096 },
};

static size_t shape_bytes(const struct shape *s)
{
	size_t end = s->offset + (size_t)s->stride * (s->count - 1) + 4;

	return (end + PAGE - 1) & -PAGE;
}

static volatile uint32_t *word_of(void *p, const struct shape *s, size_t i)
{
	return (uint32_t *)((char *)p + s->offset + i * s->stride);
}

/* ---- states: what the memory is like before ---- */

static void untouched(struct gpu *g, void *p, const struct shape *s)
{
}

static void read_before(struct gpu *g, void *p, const struct shape *s)
{
	for (size_t i = 0; i < s->count; i++)
		igt_assert_eq_u32(*word_of(p, s, i), 0);
}

static void written(struct gpu *g, void *p, const struct shape *s)
{
	for (size_t i = 0; i < s->count; i++)
		*word_of(p, s, i) = 100 + (s->stride ? (uint32_t)i : 0);
}

/* A page at a time: a range with holes is not moved whole. */
static void in_vram_before(struct gpu *g, void *p, const struct shape *s)
{
	written(g, p, s);
	for (size_t i = 0, last = ~0ul; i < s->count; i++) {
		uint64_t page = U(word_of(p, s, i)) & -PAGE;

		if (page != last && s->count <= 64)
			igt_assert_eq(bind_to_vram(g->fd, (void *)page, PAGE), 0);
		last = page;
	}
	if (s->count > 64)
		igt_assert_eq(bind_to_vram(g->fd, p, shape_bytes(s)), 0);
	igt_assert(!g->own || device_pages(p, shape_bytes(s)));
}

static const struct state {
	const char *name;
	void (*set)(struct gpu *g, void *p, const struct shape *s);
	bool has_data;
	bool huge;
} states[] = {
	{ "untouched", untouched, false, false },
	{ "untouched-huge", untouched, false, true },
	{ "zero-page", read_before, false, false },
	{ "written", written, true, false },
	{ "written-huge", written, true, true },
	{ "vram", in_vram_before, true, false },
};

/* ---- one job, and what must come of it ---- */

static const char * const op_names[] = {
	[GPU_LOAD] = "read",
	[GPU_STORE] = "write",
	[GPU_ADD] = "read-write",
	[GPU_ATOMIC] = "atomic",
};

static uint32_t expected(const struct shape *s, const struct state *state, enum gpu_op op,
			 uint32_t i)
{
	uint32_t before = state->has_data ? 100 + (s->stride ? i : 0) : 0;

	switch (op) {
	case GPU_STORE:
		return 7 + i;
	case GPU_ADD:
		return before + 7;
	case GPU_ATOMIC:
		return before + 7 * (s->stride ? 1 : s->count);
	default:
		return before;
	}
}

static uint64_t counter(const struct gpu *g, const char *name)
{
	char path[64], key[64];
	long long n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", g->fd);
	snprintf(key, sizeof(key), "nouveau-hmm-%s", name);
	n = value_in(path, key);
	igt_assert_f(n >= 0, "no %s in fdinfo\n", key);
	return (uint64_t)n;
}

/* Threads that write to one word do so in any order, and those that add to it lose some. */
static bool is_defined(const struct shape *s, enum gpu_op op)
{
	return s->stride || op == GPU_LOAD || op == GPU_ATOMIC;
}

static void touch(struct gpu *g, const struct shape *s, const struct state *state, enum gpu_op op)
{
	size_t bytes = shape_bytes(s);
	void *p = state->huge ? map_huge(bytes) : map_small(bytes);
	uint32_t *out = map_small(s->count * 4);
	struct gpu_job job = {
		.op = op,
		.p = word_of(p, s, 0),
		.stride = s->stride,
		.count = s->count,
		.value = 7,
		.out = out,
	};
	uint64_t faults;

	state->set(g, p, s);
	igt_assert_eq(gpu_run(g, &job), 0);
	for (uint32_t i = 0; i < s->count && is_defined(s, op); i++) {
		uint32_t got = op == GPU_LOAD ? out[i] : *word_of(p, s, i);

		igt_assert_f(got == expected(s, state, op, i), "word %u is %#x, not %#x\n", i, got,
			     expected(s, state, op, i));
	}
	/* In RAM now, and all of it mapped: once the GPU has it, it does not fault again. */
	if (g->own && op == GPU_STORE) {
		igt_assert_eq(gpu_run(g, &job), 0);
		faults = counter(g, "faults");
		igt_assert_eq(gpu_run(g, &job), 0);
		igt_assert_eq_u64(counter(g, "faults"), faults);
	}
	munmap(out, s->count * 4);
	munmap(p, bytes);
}

/* ---- alone and with others ---- */

static void in_processes(const struct shape *s)
{
	igt_fork(child, 3) {
		struct mirror m;
		struct gpu g;

		mirror_open(&m);
		gpu_open(&g, &m);
		for (enum gpu_op op = GPU_LOAD; op <= GPU_ATOMIC; op++)
			touch(&g, s, &states[child % ARRAY_LENGTH(states)], op);
		gpu_close(&g);
		mirror_close(&m);
	}
	igt_waitchildren();
}

struct worker {
	pthread_t thread;
	struct mirror m;
	struct gpu g;
	const struct shape *shape;
	uint32_t *p;
	int ret;
};

/* Each mirror takes a page from the others for its atomics: thousands at once may never be done. */
static bool adds(const struct shape *s)
{
	return s->count <= 1024;
}

static void *run_ten_times(void *arg)
{
	struct worker *w = arg;
	struct gpu_job job = {
		.op = adds(w->shape) ? GPU_ATOMIC : GPU_STORE, .p = word_of(w->p, w->shape, 0),
		.stride = w->shape->stride, .count = w->shape->count, .value = 1,
	};

	for (int i = 0; i < 10 && !w->ret; i++)
		w->ret = gpu_run(&w->g, &job);
	return NULL;
}

/*
 * Several channels of several files mirror the same memory, and add to the same words, or write the
 * same to them.
 */
static void in_threads(const struct shape *s)
{
	enum { N = 3 };
	static struct worker w[N];
	uint32_t *p = map_small(shape_bytes(s)), sum = 10 * N * (s->stride ? 1 : s->count);

	for (int i = 0; i < N; i++) {
		w[i] = (struct worker) { .shape = s, .p = p };
		mirror_open(&w[i].m);
		gpu_open(&w[i].g, &w[i].m);
	}
	for (int i = 0; i < N; i++)
		igt_assert_eq(pthread_create(&w[i].thread, NULL, run_ten_times, &w[i]), 0);
	for (int i = 0; i < N; i++)
		pthread_join(w[i].thread, NULL);
	for (int i = 0; i < N; i++) {
		igt_assert_eq(w[i].ret, 0);
		gpu_close(&w[i].g);
		mirror_close(&w[i].m);
	}
	for (uint32_t i = 0; i < s->count; i++)
		igt_assert_eq_u32(*word_of(p, s, i), adds(s) ? sum : 1 + i);
	munmap(p, shape_bytes(s));
}

/* ---- what the driver does with them ---- */

/* In each round, after a while, drops pages and writes others there. */
struct dropper {
	pthread_t thread;
	volatile uint32_t *p;
	size_t pages;
	double delay;
	uint32_t value;
	volatile uint32_t begun, done;
	volatile bool stop;
};

static void *drop_and_write(void *arg)
{
	struct dropper *d = arg;

	while (!d->stop) {
		if (d->done == d->begun)
			continue;
		for (double until = now() + d->delay; now() < until;)
			;
		madvise((void *)d->p, d->pages * PAGE, MADV_DONTNEED);
		for (size_t n = 0; n < d->pages; n++)
			d->p[n * PAGE / 4] = ++d->value;
		__atomic_store_n(&d->done, d->begun, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/*
 * Pages are dropped while the GPU faults on them: it never keeps one that is not there any more.
 * They are the first of many that the driver looks at then.
 */
static void race_dontneed(struct gpu *g)
{
	uint32_t *p = map_small(HUGE), *out = map_small(PAGE), rounds = 0;
	struct dropper d = { .p = p, .pages = 8 };
	struct gpu_job job = {
		.op = GPU_LOAD, .p = p, .stride = PAGE, .count = 8, .out = out,
	};
	double begin, took = 0;

	pattern(p, HUGE, 1);
	igt_assert_eq(pthread_create(&d.thread, NULL, drop_and_write, &d), 0);
	for (double until = now() + 4; now() < until; rounds++) {
		/* What the GPU has mapped, it does not fault on. */
		mprotect(p, d.pages * PAGE, PROT_READ);
		mprotect(p, d.pages * PAGE, PROT_READ | PROT_WRITE);
		d.delay = took * drand48();
		begin = now();
		__atomic_store_n(&d.begun, rounds + 1, __ATOMIC_SEQ_CST);
		igt_assert_eq(gpu_run(g, &job), 0);
		took = now() - begin;
		while (d.done != d.begun)
			;
		igt_assert_eq(gpu_run(g, &job), 0);
		for (size_t n = 0; n < d.pages; n++)
			igt_assert_eq_u32(out[n], p[n * PAGE / 4]);
	}
	igt_info("%u rounds\n", rounds);
	d.stop = true;
	pthread_join(d.thread, NULL);
	munmap(out, PAGE);
	munmap(p, HUGE);
}

/* More faults than the buffer has room for, in many batches. */
static void many_faults(struct gpu *g)
{
	const size_t bytes = 64 * HUGE;
	uint32_t *p = map_small(bytes);
	struct gpu_job job = { .op = GPU_ADD, .p = p, .stride = HUGE, .count = 64, .value = 1 };
	uint64_t end;

	igt_require(g->own);
	end = counter(g, "faults") + 8192;
	for (uint32_t i = 1; counter(g, "faults") < end; i++) {
		igt_assert_eq(gpu_run(g, &job), 0);
		igt_assert_eq_u32(p[(i & 63) * HUGE / 4], i);
		mprotect(p, bytes, PROT_READ);
		mprotect(p, bytes, PROT_READ | PROT_WRITE);
	}
	munmap(p, bytes);
}

/* What is counted, and what one job and one munmap() add to it. */
static void counters(struct gpu *g)
{
	static const struct {
		const char *name;
		uint64_t job, unmap;
		bool at_least;
	} all[] = {
		{ "faults", 1, 0, true },
		{ "pages-mapped", 16, 0, false },
		{ "pages-unmapped", 0, 16, false },
		{ "invalidates", 0, 1, true },
		{ "notifiers", 0, 1, false },
		{ "cancels", 0, 0, false },
		{ "jobs", 1, 0, false },
		{ "channels-revoked", 0, 0, false },
	};
	uint64_t n[3][ARRAY_LENGTH(all)];
	uint32_t *p = map_small(HUGE);
	struct gpu_job job = { .op = GPU_STORE, .p = p, .stride = 4, .count = 1 };

	igt_require(g->own);
	/* That all else that a job touches is mapped. */
	igt_assert_eq(gpu_run(g, &job), 0);
	munmap(p, HUGE);
	p = map_small(HUGE);
	job.p = p;
	for (int t = 0; t < 3; t++) {
		for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
			n[t][i] = counter(g, all[i].name);
		if (t == 0)
			igt_assert_eq(gpu_run(g, &job), 0);
		else if (t == 1)
			munmap(p, HUGE);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
		uint64_t by_job = n[1][i] - n[0][i], by_unmap = n[2][i] - n[1][i];

		igt_info("%s: %llu by a job, %llu by munmap()\n", all[i].name,
			 (unsigned long long)by_job, (unsigned long long)by_unmap);
		igt_assert_lte_u64(all[i].job, by_job);
		igt_assert_lte_u64(all[i].unmap, by_unmap);
		igt_assert(all[i].at_least ||
			   (by_job == all[i].job && by_unmap == all[i].unmap));
	}
}

/* A fault maps 64 KiB of memory that is not there yet; a CPU fault brings as much back. */
static void around(struct gpu *g)
{
	uint32_t *p = map_small(HUGE);
	struct gpu_job job = { .op = GPU_STORE, .p = p + 5 * 1024, .stride = 4, .count = 1 };

	igt_require(g->own);
	igt_assert_eq(gpu_run(g, &job), 0);
	igt_assert_eq_u64(pages_with(g->fd, p, HUGE, DRM_NOUVEAU_HMM_PAGE_MAPPED,
				     DRM_NOUVEAU_HMM_PAGE_MAPPED), 16);
	igt_assert_eq(migrate(g->fd, p, HUGE, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
	igt_assert_eq_u64(in_vram(g->fd, p, HUGE), HUGE / PAGE);
	((volatile uint32_t *)p)[100 * 1024]++;
	igt_assert_eq_u64(in_vram(g->fd, p, HUGE), HUGE / PAGE - 16);
	munmap(p, HUGE);
}

static const struct {
	const char *name, *description;
	void (*run)(struct gpu *g);
} cases[] = {
	{ "race-dontneed", "Pages are dropped while the GPU faults on them.", race_dontneed },
	{ "many-faults", "More faults than the GPU's buffer has room for, one by one.",
	  many_faults },
	{ "counters", "What the driver has done is counted.", counters },
	{ "around", "Faults of GPU and CPU take what lies around with them.", around },
};

/* A process dies while its GPU program faults: nothing is left, and others go on. */
static void killed(void)
{
	const struct shape *storm = &shapes[ARRAY_LENGTH(shapes) - 1];

	igt_emit_ignore_dmesg_regex(NOISE);
	for (unsigned int ms = 0; ms < 100; ms += 10) {
		int ready[2], status;
		char c = 0;
		pid_t pid;

		igt_assert_eq(pipe(ready), 0);
		pid = fork();
		if (!pid) {
			struct mirror m;
			struct gpu g;
			struct gpu_job job = {
				.op = GPU_ADD, .p = map_small(shape_bytes(storm)),
				.stride = storm->stride, .count = storm->count,
			};

			mirror_open(&m);
			gpu_open(&g, &m);
			if (gpu_submit(&g, &job) == 0 && write(ready[1], &c, 1) == 1)
				pause();
			_exit(1);
		}
		close(ready[1]);
		igt_assert_eq((int)read(ready[0], &c, 1), 1);
		close(ready[0]);
		usleep(ms * 1000);
		kill(pid, SIGKILL);
		igt_assert_eq(waitpid(pid, &status, 0), pid);
		touch(gpu(), &shapes[4], &states[0], GPU_ADD);
	}
}

/*
 * VRAM is full of the process's memory, and 1200 pages in as many blocks, where the GPU was never,
 * want page tables: 5 MiB of VRAM, so some of that memory has to go.
 */
static void no_room_for_tables(void)
{
	enum { BLOCKS = 1200 };
	struct gpu *g = gpu();
	hmm_info info = { 0 };
	struct gpu_job job = { .op = GPU_STORE, .stride = HUGE, .count = BLOCKS, .value = 3 };
	uint32_t *fill, *p = map_small(BLOCKS * HUGE);
	size_t bytes, before;

	igt_require_f(g->own, "not drm-nouveau-hmm's driver\n");
	igt_assert_eq(call(g->fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info), 0);
	igt_require_f(info.vram_size <= 512 * MIB, "much VRAM takes long\n");
	bytes = info.vram_size;
	fill = map_small(bytes);
	pattern(fill, bytes, 9);
	/* More than there is: what came first goes again. */
	igt_assert_eq(migrate(g->fd, fill, bytes, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
	before = device_pages(fill, bytes);
	igt_assert_lt_u64(bytes / PAGE / 2, before);

	/* nvkm tells each time before the driver makes room. */
	igt_emit_ignore_dmesg_regex("imem: OOM");
	job.p = p;
	igt_assert_eq(gpu_run(g, &job), 0);
	for (uint32_t i = 0; i < BLOCKS; i++)
		igt_assert_eq_u32(p[i * (HUGE / 4)], 3 + i);
	igt_assert_lt_u64(device_pages(fill, bytes), before);
	igt_assert_eq_u64(wrong(fill, bytes, 9), 0);
	munmap(p, BLOCKS * HUGE);
	munmap(fill, bytes);
}

int igt_main()
{
	igt_fixture() {
		close(device_open());
		gpu();
	}

	for (size_t s = 0; s < ARRAY_LENGTH(shapes); s++) {
		for (size_t t = 0; t < ARRAY_LENGTH(states); t++) {
			igt_describe("Accesses of this shape to memory of this state are served, "
				     "and the data is right.");
			igt_subtest_with_dynamic_f("%s-%s", shapes[s].name, states[t].name)
				for (enum gpu_op op = GPU_LOAD; op <= GPU_ATOMIC; op++)
					igt_dynamic(op_names[op])
						touch(gpu(), &shapes[s], &states[t], op);
		}

		igt_describe("The same in several processes at the same time.");
		igt_subtest_f("%s-processes", shapes[s].name)
			in_processes(&shapes[s]);

		igt_describe("Several channels write to the same words at the same time.");
		igt_subtest_f("%s-threads", shapes[s].name)
			in_threads(&shapes[s]);
	}

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		igt_describe(cases[i].description);
		igt_subtest(cases[i].name)
			cases[i].run(gpu());
	}

	igt_describe("A process dies while its GPU program faults; others go on.");
	igt_subtest("killed")
		killed();

	igt_describe("VRAM is full, and page tables are wanted: memory of processes makes room.");
	igt_subtest("tables-when-vram-is-full")
		no_room_for_tables();
}
