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

static uint64_t faults_of(const struct gpu *g)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", g->fd);
	return (uint64_t)value_in(path, "nouveau-hmm-faults");
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
		faults = faults_of(g);
		igt_assert_eq(gpu_run(g, &job), 0);
		igt_assert_eq_u64(faults_of(g), faults);
	}
	munmap(out, s->count * 4);
	munmap(p, bytes);
}

/* ---- alone and with others ---- */

static struct mirror mirror = { .fd = -1 };
static struct gpu gpu_;
static bool is_open;

static struct gpu *gpu(void)
{
	if (is_open && gpu_.lost) {
		mirror_close(&mirror);
		is_open = false;
	}
	if (!is_open) {
		mirror_open(&mirror);
		gpu_open(&gpu_, &mirror);
		is_open = true;
	}
	return &gpu_;
}

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

/* A process dies while its GPU program faults: nothing is left, and others go on. */
static void killed(void)
{
	const struct shape *storm = &shapes[ARRAY_LENGTH(shapes) - 1];

	igt_emit_ignore_dmesg_regex("nouveau .*(svm|fifo|gr|killed|fault)|callbacks suppressed");
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

	igt_describe("A process dies while its GPU program faults; others go on.");
	igt_subtest("killed")
		killed();

	igt_describe("VRAM is full, and page tables are wanted: memory of processes makes room.");
	igt_subtest("tables-when-vram-is-full")
		no_room_for_tables();
}
