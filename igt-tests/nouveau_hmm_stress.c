// SPDX-License-Identifier: MIT
/*
 * Everything at once, at random, for some time.
 *
 *	NOUVEAU_HMM_SEED	of the random numbers; each subtest says which one it has
 *	NOUVEAU_HMM_SECONDS	how long each subtest takes (20)
 *
 * The same seed makes each thread do the same again. When the threads do it is not repeated.
 *
 * A process has some mappings ("slots") and some threads. Of each 64 bytes of a slot, word i is
 * thread i's own: nobody else writes it, so the thread knows what it must be. The last one is
 * everybody's, for atomics. Who only reads, writes or moves pages holds the slot's lock shared. Who
 * replaces or protects it has the lock for itself, and then knows what all words must be.
 *
 * What memory's compaction and reclaim take from a job for more than a second costs its channel
 * (DRM_NOUVEAU_HMM_CHANNEL_REVOKED). That may happen on a busy machine. The thread then makes a new
 * one, and does not know what the job has written.
 */
#include "igt.h"
#include "lib/copy.h"
#include "lib/gpu.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Threads and processes do everything at once, at random, for some time.");

#define LINE 64u	/* bytes */
enum { LANES = LINE / 4, COMMON = LANES - 1, SLOTS = 10, THREADS_MAX = COMMON };

/* Word i of a lane is base + i * step; or a job of it did not come to its end. */
struct lane {
	uint32_t base, step;
	bool unknown;
};

struct slot {
	pthread_rwlock_t lock;
	char *p;
	size_t bytes;
	struct lane lane[LANES];
	uint32_t common;	/* what all words of the last lane are; by atomics */
	bool common_unknown;
};

struct process {
	struct slot slot[SLOTS];
	struct mirror shared;		/* the file of every second thread */
	double until;
	volatile bool failed;
	int number;
};

struct worker {
	pthread_t thread;
	struct process *process;
	unsigned int lane;
	uint64_t random;
	struct mirror own;
	const struct mirror *m;
	struct gpu g;
	struct copy c;
	uint32_t *out, fence;
	void *guard;		/* nobody may use it */
	pid_t child;
	const char *doing;
	unsigned long done, revoked;
};

#define SLOT_MAX (600 * PAGE)

/* ---- random numbers: splitmix64 ---- */

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(struct worker *w, uint32_t n)
{
	return (uint32_t)(next(&w->random) >> 33) % n;
}

/* ---- failures: threads cannot assert ---- */

static bool fail(struct worker *w, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct worker *w, const char *text, ...)
{
	char line[256];
	va_list args;

	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	igt_warn("process %d, thread %u, %s (step %lu): %s\n", w->process->number, w->lane,
		 w->doing, w->done, line);
	w->process->failed = true;
	return false;
}

/* ---- slots ---- */

static uint32_t lines(const struct slot *s)
{
	return (uint32_t)(s->bytes / LINE);
}

static uint32_t *word(const struct slot *s, unsigned int lane, uint32_t line)
{
	return (uint32_t *)(s->p + line * LINE) + lane;
}

static uint32_t value(const struct slot *s, unsigned int lane, uint32_t line)
{
	return lane == COMMON ? s->common : s->lane[lane].base + line * s->lane[lane].step;
}

static void slot_is_empty(struct slot *s)
{
	memset(s->lane, 0, sizeof(s->lane));
	s->common = 0;
	s->common_unknown = false;
}

static bool unknown(const struct slot *s, unsigned int lane)
{
	return lane == COMMON ? s->common_unknown : s->lane[lane].unknown;
}

static void make_unknown(struct slot *s, unsigned int lane)
{
	if (lane == COMMON)
		s->common_unknown = true;
	else
		s->lane[lane].unknown = true;
}

/* The first line where this lane is wrong, or -1. */
static long first_wrong(const struct slot *s, unsigned int lane)
{
	for (uint32_t i = 0; i < lines(s) && !unknown(s, lane); i++)
		if (*(volatile uint32_t *)word(s, lane, i) != value(s, lane, i))
			return i;
	return -1;
}

static bool check_lane(struct worker *w, const struct slot *s, unsigned int lane)
{
	long i = first_wrong(s, lane);

	return i < 0 ||
	       fail(w, "slot at %p, %zu pages: lane %u of line %ld is %#x for the CPU, not %#x",
		    s->p, s->bytes / PAGE, lane, i, *word(s, lane, (uint32_t)i),
		    value(s, lane, (uint32_t)i));
}

/* By who has the slot for himself. */
static bool check_all(struct worker *w, const struct slot *s)
{
	for (unsigned int lane = 0; lane < LANES; lane++)
		if (!check_lane(w, s, lane))
			return false;
	return true;
}

static size_t random_bytes(struct worker *w)
{
	static const size_t pages[] = { 1, 3, 16, 33, 64, 128, 512, 600 };

	return pages[below(w, ARRAY_LENGTH(pages))] * PAGE;
}

static void slot_map(struct worker *w, struct slot *s)
{
	s->bytes = random_bytes(w);
	s->p = below(w, 2) ? map_huge(s->bytes) : map_small(s->bytes);
	slot_is_empty(s);
}

/* ---- the GPU ---- */

/* Was the channel stopped, as it may be, for a job that took longer than a second? */
static bool was_revoked(struct worker *w, const hmm_status *status, double begin)
{
	if (status->stopped != DRM_NOUVEAU_HMM_CHANNEL_REVOKED ||
	    (double)status->time_ns / 1e9 - begin < 1)
		return false;
	w->revoked++;
	return true;
}

/* Runs the job; *ret is -EIO if the channel was stopped as it may be. */
static bool gpu_try(struct worker *w, const struct gpu_job *job, int *ret)
{
	double begin = now();
	hmm_status status;

	do {
		*ret = gpu_submit(&w->g, job);
	} while (*ret == -EBUSY);
	if (!*ret)
		*ret = gpu_wait(&w->g, 60);
	if (*ret != -EIO)
		return !*ret || fail(w, "the GPU's job ended with %d", *ret);
	status = gpu_status(&w->g);
	return was_revoked(w, &status, begin) ||
	       fail(w, "slot at %p: stopped for %u at %#llx, error %d, access %u, after %.3f s",
		    job->p, status.stopped, (unsigned long long)status.addr, status.error,
		    status.access, (double)status.time_ns / 1e9 - begin);
}

static bool gpu_do(struct worker *w, struct slot *s, unsigned int lane, enum gpu_op op,
		   uint32_t v, uint32_t *out)
{
	struct gpu_job job = {
		.op = op,
		.p = word(s, lane, 0),
		.stride = LINE,
		.count = lines(s),
		.value = v,
		.out = out,
	};
	int ret;

	do {
		if (!gpu_try(w, &job, &ret))
			return false;
		if (ret) {
			gpu_close(&w->g);
			gpu_open(&w->g, w->m);
		}
	} while (ret && op == GPU_LOAD);
	if (ret)
		make_unknown(s, lane);
	return true;
}

static bool gpu_check(struct worker *w, struct slot *s, unsigned int lane)
{
	if (!gpu_do(w, s, lane, GPU_LOAD, 0, w->out))
		return false;
	for (uint32_t i = 0; i < lines(s) && !unknown(s, lane); i++)
		if (w->out[i] != value(s, lane, i))
			return fail(w, "slot at %p: lane %u of line %u is %#x for the GPU, not %#x",
				    s->p, lane, i, w->out[i], value(s, lane, i));
	return true;
}

/* ---- what is done with a slot that others use too ---- */

static bool do_cpu_write(struct worker *w, struct slot *s)
{
	struct lane *lane = &s->lane[w->lane];

	*lane = (struct lane) { (uint32_t)next(&w->random), 1 };
	for (uint32_t i = 0; i < lines(s); i++)
		*word(s, w->lane, i) = lane->base + i;
	return true;
}

static bool do_cpu_check(struct worker *w, struct slot *s)
{
	return check_lane(w, s, w->lane);
}

static bool do_gpu_write(struct worker *w, struct slot *s)
{
	uint32_t v = (uint32_t)next(&w->random);

	s->lane[w->lane] = (struct lane) { v, 1 };
	return gpu_do(w, s, w->lane, GPU_STORE, v, NULL);
}

static bool do_gpu_add(struct worker *w, struct slot *s)
{
	uint32_t v = (uint32_t)next(&w->random);

	s->lane[w->lane].base += v;
	return gpu_do(w, s, w->lane, below(w, 2) ? GPU_ADD : GPU_ATOMIC, v, NULL);
}

static bool do_gpu_check(struct worker *w, struct slot *s)
{
	return gpu_check(w, s, w->lane);
}

static bool do_gpu_count(struct worker *w, struct slot *s)
{
	uint32_t v = below(w, 1000);

	__atomic_fetch_add(&s->common, v, __ATOMIC_RELAXED);
	return gpu_do(w, s, COMMON, below(w, 2) ? GPU_ATOMIC : GPU_ATOMIC_CAS, v, NULL);
}

static bool do_cpu_count(struct worker *w, struct slot *s)
{
	uint32_t v = below(w, 1000);

	__atomic_fetch_add(&s->common, v, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < lines(s); i++)
		__atomic_fetch_add(word(s, COMMON, i), v, __ATOMIC_RELAXED);
	return true;
}

/* A part of it, or all. */
static char *random_part(struct worker *w, const struct slot *s, size_t *bytes)
{
	uint32_t pages = (uint32_t)(s->bytes / PAGE), first = below(w, 2) ? 0 : below(w, pages);

	*bytes = PAGE * (first ? 1 + below(w, pages - first) : pages);
	return s->p + first * PAGE;
}

static bool do_migrate(struct worker *w, struct slot *s)
{
	size_t bytes;
	char *p = random_part(w, s, &bytes);
	hmm_moved m;
	int ret = migrate_once(w->m->fd, p, bytes, below(w, 3) ? VRAM : RAM, &m);

	if (ret)
		return fail(w, "MIGRATE has failed: %d", ret);
	if (m.done != bytes || moved_sum(&m) != bytes / PAGE || m.failed)
		return fail(w, "MIGRATE of %zu pages: %llu bytes done, %llu counted, %llu failed",
			    bytes / PAGE, (unsigned long long)m.done,
			    (unsigned long long)moved_sum(&m), (unsigned long long)m.failed);
	return true;
}

static bool do_migrate_later(struct worker *w, struct slot *s)
{
	hmm_migrate args = {
		.target = below(w, 3) ? VRAM : RAM, .flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC,
		.syncobj = syncobj_create(w->m->fd),
	};
	size_t bytes;
	int ret;

	args.start = U(random_part(w, s, &bytes));
	args.length = bytes;
	ret = call(w->m->fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args);
	if (!ret)
		ret = syncobj_wait(w->m->fd, args.syncobj, 0, 60);
	syncobj_destroy(w->m->fd, args.syncobj);
	return !ret || fail(w, "MIGRATE, asynchronous: %d", ret);
}

static bool do_residency(struct worker *w, struct slot *s)
{
	static __thread uint8_t pages[SLOT_MAX / PAGE];
	int ret = residency(w->m->fd, s->p, s->bytes, pages);

	return !ret || fail(w, "RESIDENCY has failed: %d", ret);
}

static bool do_advise(struct worker *w, struct slot *s)
{
	static const int advices[] = {
		MADV_COLD, MADV_PAGEOUT, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLLAPSE,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_MERGEABLE, MADV_UNMERGEABLE,
	};
	size_t bytes;
	char *p = random_part(w, s, &bytes);

	/* Not all of them are for all memory. */
	madvise(p, bytes, advices[below(w, ARRAY_LENGTH(advices))]);
	return true;
}

/* Everything stays allowed that others do. */
static bool do_protect(struct worker *w, struct slot *s)
{
	const int write = PROT_READ | PROT_WRITE;
	size_t bytes;
	char *p = random_part(w, s, &bytes);

	return (!mprotect(p, bytes, write | PROT_EXEC) && !mprotect(p, bytes, write)) ||
	       fail(w, "mprotect: %s", strerror(errno));
}

/* ---- what is done with a slot by who has it for himself ---- */

static bool alone_check(struct worker *w, struct slot *s)
{
	return check_all(w, s) && gpu_check(w, s, below(w, LANES)) && check_all(w, s);
}

static bool alone_replace(struct worker *w, struct slot *s)
{
	if (below(w, 2) && !check_all(w, s))
		return false;
	munmap(s->p, s->bytes);
	slot_map(w, s);
	return true;
}

/* New memory where old was: nothing of it may be seen. */
static bool alone_map_over(struct worker *w, struct slot *s)
{
	if (mmap(s->p, s->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) != s->p)
		return fail(w, "mmap: %s", strerror(errno));
	slot_is_empty(s);
	return gpu_check(w, s, below(w, LANES));
}

static bool alone_discard(struct worker *w, struct slot *s)
{
	if (madvise(s->p, s->bytes, MADV_DONTNEED))
		return fail(w, "MADV_DONTNEED: %s", strerror(errno));
	slot_is_empty(s);
	return below(w, 2) ? gpu_check(w, s, w->lane) : true;
}

static bool alone_move(struct worker *w, struct slot *s)
{
	char *to = map_small(s->bytes);

	if (mremap(s->p, s->bytes, s->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		return fail(w, "mremap: %s", strerror(errno));
	s->p = to;
	return gpu_check(w, s, below(w, LANES));
}

static bool alone_shrink(struct worker *w, struct slot *s)
{
	size_t bytes = PAGE * (1 + below(w, (uint32_t)(s->bytes / PAGE)));

	munmap(s->p + bytes, s->bytes - bytes);
	s->bytes = bytes;
	return gpu_check(w, s, below(w, LANES));
}

static bool alone_read_only(struct worker *w, struct slot *s)
{
	bool good;

	if (mprotect(s->p, s->bytes, PROT_READ))
		return fail(w, "mprotect: %s", strerror(errno));
	good = gpu_check(w, s, below(w, LANES)) && check_all(w, s);
	return !mprotect(s->p, s->bytes, PROT_READ | PROT_WRITE) && good;
}

static bool alone_no_access(struct worker *w, struct slot *s)
{
	if (mprotect(s->p, s->bytes, PROT_NONE) || mprotect(s->p, s->bytes, PROT_READ | PROT_WRITE))
		return fail(w, "mprotect: %s", strerror(errno));
	return gpu_check(w, s, below(w, LANES));
}

static bool wait_child(struct worker *w)
{
	int status = 0;

	if (w->child > 0 && (waitpid(w->child, &status, 0) != w->child || status))
		return fail(w, "a child's copy was wrong (%#x)", (unsigned int)status);
	w->child = 0;
	return true;
}

/* The child has the slot as it is now, and keeps it so while the parent goes on. */
static bool alone_fork(struct worker *w, struct slot *s)
{
	uint32_t delay = below(w, 20000);

	if (!wait_child(w))
		return false;
	w->child = fork();
	if (!w->child) {
		for (int i = 0; i < 2; i++) {
			for (unsigned int lane = 0; lane < LANES; lane++)
				if (first_wrong(s, lane) >= 0)
					_exit(1);
			usleep(delay);
		}
		memset(s->p, 0xff, s->bytes);
		_exit(0);
	}
	return w->child > 0 || fail(w, "fork: %s", strerror(errno));
}

/* ---- what needs no slot ---- */

static void open_copy(struct worker *w)
{
	copy_open(&w->c, w->m->fd);
	w->fence = 0;
	/* Or fork() would have to wait for jobs. */
	for (enum part part = 0; part < PARTS; part++)
		madvise(w->c.part[part], part_bytes(part), MADV_DONTFORK);
	madvise((void *)w->c.words, PAGE, MADV_DONTFORK);
}

static bool other_copy(struct worker *w)
{
	double begin = now();
	hmm_status status;
	int ret;

	job_whole(&w->c, ++w->fence, false);
	do {
		ret = job_submit(&w->c);
	} while (ret == -EBUSY || ret == -EINTR);
	if (ret)
		return fail(w, "CHANNEL_SUBMIT: %d", ret);
	if (!wait_fence(&w->c, w->fence)) {
		status = copy_status(&w->c);
		if (!was_revoked(w, &status, begin))
			return fail(w, "a copy does not come to its end: stopped for %u", status.stopped);
		copy_close(&w->c);
		open_copy(w);
		return true;
	}
	return copied(&w->c) || fail(w, "a copy is wrong");
}

/* A channel of its own is lost, and nothing else. */
static bool other_fault(struct worker *w)
{
	struct gpu_job job = {
		.op = below(w, GPU_OPS), .p = w->guard, .stride = PAGE, .count = 1 + below(w, 16),
	};
	struct mirror m;
	struct gpu g;
	int ret;

	mirror_open(&m);
	gpu_open(&g, &m);
	ret = gpu_run(&g, &job);
	gpu_close(&g);
	mirror_close(&m);
	return ret == -EIO || fail(w, "an access to nowhere ended with %d", ret);
}

static bool other_kernel(struct worker *w)
{
	if (below(w, 2))
		write_file("/proc/sys/vm/compact_memory", "1");
	else
		write_file("/proc/sys/vm/drop_caches", "3");
	return true;
}

/* ---- the row of all that may be done ---- */

static const struct action {
	const char *name;
	bool (*shared)(struct worker *w, struct slot *s);
	bool (*alone)(struct worker *w, struct slot *s);
	bool (*other)(struct worker *w);
	unsigned int weight;
} actions[] = {
	{ "cpu-write", .shared = do_cpu_write, .weight = 8 },
	{ "cpu-check", .shared = do_cpu_check, .weight = 8 },
	{ "gpu-write", .shared = do_gpu_write, .weight = 12 },
	{ "gpu-add", .shared = do_gpu_add, .weight = 12 },
	{ "gpu-check", .shared = do_gpu_check, .weight = 8 },
	{ "gpu-count", .shared = do_gpu_count, .weight = 8 },
	{ "cpu-count", .shared = do_cpu_count, .weight = 4 },
	{ "migrate", .shared = do_migrate, .weight = 12 },
	{ "migrate-later", .shared = do_migrate_later, .weight = 4 },
	{ "residency", .shared = do_residency, .weight = 4 },
	{ "madvise", .shared = do_advise, .weight = 8 },
	{ "mprotect", .shared = do_protect, .weight = 4 },
	{ "check", .alone = alone_check, .weight = 4 },
	{ "replace", .alone = alone_replace, .weight = 6 },
	{ "map-over", .alone = alone_map_over, .weight = 3 },
	{ "discard", .alone = alone_discard, .weight = 3 },
	{ "mremap", .alone = alone_move, .weight = 4 },
	{ "shrink", .alone = alone_shrink, .weight = 2 },
	{ "read-only", .alone = alone_read_only, .weight = 3 },
	{ "no-access", .alone = alone_no_access, .weight = 2 },
	{ "fork", .alone = alone_fork, .weight = 3 },
	{ "copy", .other = other_copy, .weight = 6 },
	{ "fault", .other = other_fault, .weight = 2 },
	{ "kernel", .other = other_kernel, .weight = 1 },
};

static const struct action *random_action(struct worker *w)
{
	unsigned int sum = 0, n;

	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
		sum += actions[i].weight;
	n = below(w, sum);
	for (size_t i = 0;; i++) {
		if (n < actions[i].weight)
			return &actions[i];
		n -= actions[i].weight;
	}
}

static bool act(struct worker *w)
{
	const struct action *a = random_action(w);
	struct slot *s = &w->process->slot[below(w, SLOTS)];
	bool good;

	w->doing = a->name;
	w->done++;
	if (a->other)
		return a->other(w);
	if (a->alone)
		pthread_rwlock_wrlock(&s->lock);
	else
		pthread_rwlock_rdlock(&s->lock);
	good = a->alone ? a->alone(w, s) : a->shared(w, s);
	pthread_rwlock_unlock(&s->lock);
	return good;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!w->process->failed && now() < w->process->until)
		if (!act(w))
			break;
	w->doing = "end";
	wait_child(w);
	return NULL;
}

/* ---- processes ---- */

static uint64_t seed;
static double seconds;

static void worker_begin(struct worker *w, struct process *p, unsigned int number)
{
	*w = (struct worker) {
		.process = p,
		.lane = number,
		.random = seed + 1000003u * (uint64_t)p->number + number,
		.out = map_small(SLOT_MAX / LINE * 4),
		.guard = mmap(NULL, HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	};
	/* Some share a file, others have one each. */
	if (number % 2)
		mirror_open(&w->own);
	w->m = number % 2 ? &w->own : &p->shared;
	gpu_open(&w->g, w->m);
	open_copy(w);
}

static void process(int number, unsigned int threads)
{
	static struct process p;
	static struct worker w[THREADS_MAX];
	unsigned long done = 0, revoked = 0;

	p = (struct process) { .number = number, .until = now() + seconds };
	mirror_open(&p.shared);
	for (unsigned int i = 0; i < threads; i++)
		worker_begin(&w[i], &p, i);
	for (size_t i = 0; i < SLOTS; i++) {
		pthread_rwlock_init(&p.slot[i].lock, NULL);
		slot_map(&w[0], &p.slot[i]);
	}
	for (unsigned int i = 0; i < threads; i++)
		igt_assert_eq(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(w[i].thread, NULL);
		done += w[i].done;
		revoked += w[i].revoked;
	}
	igt_info("process %d: %lu steps, %lu channels revoked\n", number, done, revoked);
	igt_assert(!p.failed);
	w[0].doing = "last check";
	for (size_t i = 0; i < SLOTS; i++)
		igt_assert(check_all(&w[0], &p.slot[i]));
	for (unsigned int i = 0; i < threads; i++) {
		copy_close(&w[i].c);
		gpu_close(&w[i].g);
		if (i % 2)
			mirror_close(&w[i].own);
	}
	mirror_close(&p.shared);
}

/* More than VRAM holds goes there again and again, so that everybody's pages are evicted. */
static void press(void)
{
	double until = now() + seconds;
	hmm_info info = { 0 };
	struct mirror m;
	uint32_t *p, v = 0;
	size_t bytes;

	mirror_open(&m);
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info), 0);
	bytes = info.vram_size < 256 * MIB ? info.vram_size / MIB * MIB : 256 * MIB;
	p = map_huge(bytes);
	while (now() < until) {
		for (size_t i = 0; i < bytes / 4; i += PAGE / 8)
			p[i] = v + (uint32_t)i;
		igt_assert_eq(migrate(m.fd, p, bytes, VRAM, NULL), 0);
		for (size_t i = 0; i < bytes / 4; i += PAGE / 8)
			igt_assert_eq_u32(p[i], v + (uint32_t)i);
		v++;
	}
	munmap(p, bytes);
	mirror_close(&m);
}

/* Processes come, use the GPU, and are killed. */
static void die(void)
{
	double until = now() + seconds;
	uint64_t random = seed;

	while (now() < until) {
		uint32_t ms = (uint32_t)next(&random) % 300;
		int status;
		pid_t pid = fork();

		igt_assert_lte(0, pid);
		if (!pid) {
			uint32_t *p = map_small(16 * MIB);
			struct mirror m;
			struct gpu g;

			mirror_open(&m);
			gpu_open(&g, &m);
			for (;;) {
				migrate_once(m.fd, p, 8 * MIB, VRAM, NULL);
				gpu_touch(&g, p, 16 * MIB, GPU_ADD);
			}
		}
		usleep(ms * 1000);
		kill(pid, SIGKILL);
		igt_assert_eq(waitpid(pid, &status, 0), pid);
		igt_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

static const struct mix {
	const char *name, *description;
	int processes;
	unsigned int threads;
	bool press, die;
} mixes[] = {
	{ "alone", "One thread does everything, one thing after the other.", 1, 1 },
	{ "threads", "Six threads of a process, on the same memory.", 1, 6 },
	{ "processes", "Four processes of two threads.", 4, 2 },
	{ "pressure", "Two processes of two threads, and more in VRAM than it holds.", 2, 2, true },
	{ "everything", "Two processes of four threads, VRAM full, processes that are killed.",
	  2, 4, true, true },
};

static void stress(const struct mix *mix)
{
	uint64_t before;
	int fd = device_open(), children = mix->processes + mix->press + mix->die;

	igt_emit_ignore_dmesg_regex(NOISE);
	before = vram_resident(fd);
	igt_info("NOUVEAU_HMM_SEED=%llu NOUVEAU_HMM_SECONDS=%g\n", (unsigned long long)seed,
		 seconds);
	fflush(stdout);
	igt_fork(child, children) {
		close(fd);
		if (child < mix->processes)
			process(child, mix->threads);
		else if (child == mix->processes)
			press();
		else
			die();
	}
	igt_waitchildren();
	assert_vram_free(fd, before);
	close(fd);
}

static void prepare(void)
{
	const char *s = getenv("NOUVEAU_HMM_SEED"), *t = getenv("NOUVEAU_HMM_SECONDS");

	close(device_open_hmm());
	/* Something for the kernel to do: to swap out, and to merge. */
	if (value_in("/proc/meminfo", "SwapTotal") == 0 &&
	    system("modprobe zram && echo 128M >/sys/block/zram0/disksize && "
		   "mkswap /dev/zram0 >/dev/null && swapon /dev/zram0"))
		igt_info("no swap\n");
	write_file("/sys/kernel/mm/ksm/run", "1");
	seed = s ? strtoull(s, NULL, 0) : (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	seconds = t ? atof(t) : 20;
}

int igt_main()
{
	igt_fixture()
		prepare();

	for (size_t i = 0; i < ARRAY_LENGTH(mixes); i++) {
		igt_describe(mixes[i].description);
		igt_subtest(mixes[i].name)
			stress(&mixes[i]);
	}

	igt_fixture()
		write_file("/sys/kernel/mm/ksm/run", "0");
}
