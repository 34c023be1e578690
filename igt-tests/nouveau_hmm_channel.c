// SPDX-License-Identifier: MIT
/*
 * Channels whose commands are in the process's memory: what they can do, and what becomes of a job
 * and of its channel when its memory does not stay as it is.
 */
#include "igt.h"
#include "lib/copy.h"
#include "lib/gpu.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Channels whose commands are in the process's memory, and memory that does "
		     "not stay as it is.");

static struct mirror mirror = { .fd = -1 };

static const char * const part_names[] = {
	[PART_PUSH] = "push",
	[PART_RING] = "ring",
	[PART_SOURCE] = "source",
	[PART_TARGET] = "target",
};

/* ---- copies ---- */

static const struct {
	const char *name;
	size_t bytes, from, to;	/* offsets in their pages */
} shapes[] = {
	{ "word", 4, 0, 0 },
	{ "byte", 1, 3, 4093 },
	{ "page", PAGE, 0, 0 },
	{ "unaligned", 5001, 17, 4001 },
	{ "large", 3 * MIB + PAGE, 0, 0 },
};

static void copy_shape(bool low_ring, bool low_push, size_t shape)
{
	size_t bytes = shapes[shape].bytes, room = bytes + 2 * PAGE;
	uint8_t *from = map_small(room), *to = map_huge(room);
	struct copy c;
	hmm_status s;

	igt_assert_eq(copy_try_open(&c, mirror.fd, low_ring, low_push, -1), 0);
	pattern((uint32_t *)from, room & -4ul, 5);
	job_begin(&c);
	job_copy(&c, to + shapes[shape].to, from + shapes[shape].from, (uint32_t)bytes);
	job_range(&c, from + shapes[shape].from, bytes, 0);
	job_range(&c, to + shapes[shape].to, bytes, DRM_NOUVEAU_HMM_RANGE_WRITE);
	job_fence(&c, 77);
	igt_assert_eq(job_submit(&c), 0);
	igt_assert_eq_u64(c.job, 1);
	igt_assert(wait_fence(&c, 77));
	igt_assert(!memcmp(from + shapes[shape].from, to + shapes[shape].to, bytes));
	/* And nothing around it. */
	for (size_t i = 0; i < room; i++)
		if (i < shapes[shape].to || i >= shapes[shape].to + bytes)
			igt_assert_eq(to[i], 0);
	s = wait_over(&c, 5);
	igt_assert_eq_u64(s.submitted, 1);
	igt_assert_eq_u64(s.done, 1);
	igt_assert_eq(s.error, 0);
	igt_assert_eq(copy_destroy(&c), 0);
	copy_close(&c);
	munmap(from, room);
	munmap(to, room);
}

static void destroy_once(void)
{
	struct copy c;
	hmm_destroy args = { 0 };

	copy_open(&c, mirror.fd);
	args.channel = c.channel;
	igt_assert_eq(copy_destroy(&c), 0);
	igt_assert_eq(call(mirror.fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &args), -ENOENT);
	copy_close(&c);
}

static void nothing_pinned(void)
{
	struct copy c;

	copy_open(&c, mirror.fd);
	job_whole(&c, 1, true);
	igt_assert_eq(job_submit(&c), 0);
	igt_assert_eq((int)value_in("/proc/self/status", "VmPin"), 0);
	igt_assert_eq((int)value_in("/proc/self/status", "VmLck"), 0);
	open_gate(&c, 1);
	igt_assert(wait_fence(&c, 1));
	copy_close(&c);
}

/* ---- fences ---- */

/* An out-fence comes, and says how its job ended. */
static void fence_says(int fd, uint32_t handle, int status)
{
	igt_assert_eq(syncobj_wait(fd, handle, 0, 5), 0);
	igt_assert_eq(syncobj_status(fd, handle), status);
}

static void fence_before_and_after(uint64_t in_point, uint64_t out_point)
{
	uint32_t in = syncobj_create(mirror.fd), out = syncobj_create(mirror.fd);
	struct copy c;

	copy_open(&c, mirror.fd);
	job_whole(&c, 9, false);
	c.in = (hmm_sync) { .handle = in, .point = in_point };
	c.out = (hmm_sync) { .handle = out, .point = out_point };
	igt_assert_eq(job_submit(&c), 0);
	usleep(200000);
	igt_assert_neq_u64(c.words[1], 9);
	igt_assert_eq_u64(copy_status(&c).done, 0);
	igt_assert_eq(syncobj_wait(mirror.fd, out, out_point, 0), -ETIME);
	igt_assert_eq(syncobj_signal(mirror.fd, in, in_point), 0);
	igt_assert(wait_fence(&c, 9) && copied(&c));
	igt_assert_eq(syncobj_wait(mirror.fd, out, out_point, 5), 0);
	if (!out_point)
		igt_assert_eq(syncobj_status(mirror.fd, out), 1);

	job_whole(&c, 10, false);
	c.in = (hmm_sync) { .handle = in, .point = in_point };
	igt_assert_eq(job_submit(&c), 0);
	igt_assert(wait_fence(&c, 10) && copied(&c));
	copy_close(&c);
}

/* One channel's end is the other one's beginning. */
static void fence_of_another(void)
{
	uint32_t fence = syncobj_create(mirror.fd);
	struct copy one, two;

	copy_open(&one, mirror.fd);
	copy_open(&two, mirror.fd);
	job_whole(&one, 3, true);
	one.out.handle = fence;
	igt_assert_eq(job_submit(&one), 0);
	job_begin(&two);
	job_fence(&two, 4);
	two.in.handle = fence;
	igt_assert_eq(job_submit(&two), 0);
	usleep(100000);
	igt_assert_neq_u64(two.words[1], 4);
	open_gate(&one, 3);
	igt_assert(wait_fence(&two, 4));
	igt_assert_eq_u32(one.words[1], 3);
	igt_assert(copied(&one));
	copy_close(&one);
	copy_close(&two);
}

static void fence_same(void)
{
	uint32_t fence = syncobj_create(mirror.fd);
	struct copy c;

	copy_open(&c, mirror.fd);
	job_whole(&c, 6, false);
	c.in.handle = c.out.handle = fence;
	igt_assert_eq(job_submit(&c), 0);
	usleep(50000);
	igt_assert_neq_u64(c.words[1], 6);
	igt_assert_eq(syncobj_signal(mirror.fd, fence, 0), 0);
	igt_assert(wait_fence(&c, 6));
	igt_assert_eq(syncobj_wait(mirror.fd, fence, 0, 5), 0);
	copy_close(&c);
}

/* A fence from before the job says nothing of it. */
static void fence_old(void)
{
	uint32_t out = syncobj_create(mirror.fd);
	struct copy c;

	copy_open(&c, mirror.fd);
	for (uint32_t waits = 0; waits < 2; waits++) {
		uint32_t in = syncobj_create(mirror.fd);

		igt_assert_eq(syncobj_signal(mirror.fd, out, 0), 0);
		job_whole(&c, 1 + waits, true);
		c.in.handle = waits ? in : 0;
		c.out.handle = out;
		igt_assert_eq(job_submit(&c), 0);
		igt_assert_eq(syncobj_wait(mirror.fd, out, 0, 0.1), -ETIME);
		igt_assert_eq(syncobj_signal(mirror.fd, in, 0), 0);
		igt_assert_eq(syncobj_wait(mirror.fd, out, 0, 0.1), -ETIME);
		open_gate(&c, 1 + waits);
		igt_assert_eq(syncobj_wait(mirror.fd, out, 0, 5), 0);
		igt_assert_eq_u32(c.words[1], 1 + waits);
	}
	copy_close(&c);
}

/* As many as a job can have, before and after one that has no commands. The first comes last. */
static void fence_all(void)
{
	enum { N = DRM_NOUVEAU_HMM_SYNCS };
	hmm_sync in[N] = { 0 }, out[N] = { 0 };
	hmm_submit args = { .in = U(in), .nr_in = N, .out = U(out), .nr_out = N };
	struct copy c;

	copy_open(&c, mirror.fd);
	args.channel = c.channel;
	for (int i = 0; i < N; i++) {
		in[i].handle = syncobj_create(mirror.fd);
		out[i].handle = syncobj_create(mirror.fd);
	}
	igt_assert_eq(call(c.fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT, &args), 0);
	for (int i = 0; i < N; i++) {
		igt_assert_eq(syncobj_wait(mirror.fd, out[i].handle, 0, 0.05), -ETIME);
		igt_assert_eq(syncobj_signal(mirror.fd, in[(i + 1) % N].handle, 0), 0);
	}
	for (int i = 0; i < N; i++) {
		fence_says(mirror.fd, out[i].handle, 1);
		syncobj_destroy(mirror.fd, in[i].handle);
		syncobj_destroy(mirror.fd, out[i].handle);
	}
	copy_works(&c);
	copy_close(&c);
}

/* Two jobs are in the ring: the end of the first is not that of the second. */
static void fence_order(void)
{
	uint32_t fences[] = { syncobj_create(mirror.fd), syncobj_create(mirror.fd) };
	uint32_t *first, *second = map_small(PAGE);
	struct copy c;

	copy_open(&c, mirror.fd);
	first = c.part[PART_PUSH];
	for (uint32_t i = 0; i < 2; i++) {
		c.part[PART_PUSH] = i ? second : first;
		job_begin(&c);
		job_gate(&c, 1 + i);
		job_fence(&c, 1 + i);
		c.out.handle = fences[i];
		igt_assert_eq(job_submit(&c), 0);
		igt_assert_eq_u64(c.job, 1 + i);
	}
	open_gate(&c, 1);
	igt_assert_eq(syncobj_wait(mirror.fd, fences[0], 0, 5), 0);
	igt_assert_eq(syncobj_wait(mirror.fd, fences[1], 0, 0.3), -ETIME);
	igt_assert_eq_u64(copy_status(&c).done, 1);
	open_gate(&c, 2);
	igt_assert_eq(syncobj_wait(mirror.fd, fences[1], 0, 5), 0);
	igt_assert_eq_u32(c.words[1], 2);
	c.part[PART_PUSH] = first;
	copy_close(&c);
	munmap(second, PAGE);
}

static void fence_destroyed(void)
{
	uint32_t fence = syncobj_create(mirror.fd);
	struct copy c;

	copy_open(&c, mirror.fd);
	job_whole(&c, 5, true);
	c.out.handle = fence;
	igt_assert_eq(job_submit(&c), 0);
	igt_assert_eq(copy_destroy(&c), 0);
	fence_says(mirror.fd, fence, -ECANCELED);
	copy_close(&c);
	copy_open(&c, mirror.fd);
	copy_works(&c);
	copy_close(&c);
}

/* A job that runs, and one that waits for a fence that never comes. */
static void fence_closed(void)
{
	uint32_t out[2], shared[2];
	struct mirror m;
	struct copy c;

	mirror_open(&m);
	copy_open(&c, m.fd);
	for (int i = 0; i < 2; i++) {
		out[i] = syncobj_create(m.fd);
		shared[i] = syncobj_share(m.fd, out[i], mirror.fd);
		if (i == 0)
			job_whole(&c, 5, true);
		else
			c.in.handle = syncobj_create(m.fd);
		c.out.handle = out[i];
		igt_assert_eq(job_submit(&c), 0);
	}
	mirror_close(&m);
	c.channel = 0;
	for (int i = 0; i < 2; i++) {
		fence_says(mirror.fd, shared[i], -ECANCELED);
		syncobj_destroy(mirror.fd, shared[i]);
	}
	copy_close(&c);
	copy_open(&c, mirror.fd);
	copy_works(&c);
	copy_close(&c);
}

/* ---- limits ---- */

static void full_ring(void)
{
	uint32_t *pushes = map_small(COPY_ENTRIES * PAGE), *first;
	unsigned int n = 0;
	struct copy c;
	int ret;

	copy_open(&c, mirror.fd);
	first = c.part[PART_PUSH];
	job_whole(&c, 1, true);
	ret = job_submit(&c);
	/* Two entries for a job: its commands and their end; one is never used. */
	while (!ret && n < COPY_ENTRIES) {
		c.part[PART_PUSH] = pushes + n * PAGE / 4;
		job_begin(&c);
		job_fence(&c, 2 + n);
		ret = job_submit(&c);
		n += !ret;
	}
	igt_assert_eq(ret, -EBUSY);
	igt_assert_eq_u32(n, COPY_ENTRIES / 2 - 2);
	open_gate(&c, 1);
	igt_assert(wait_fence(&c, 1 + n));
	copy_works(&c);
	c.part[PART_PUSH] = first;
	copy_close(&c);
	munmap(pushes, COPY_ENTRIES * PAGE);
}

static void full_waiting(void)
{
	uint32_t *pushes = map_small((DRM_NOUVEAU_HMM_WAITING + 1) * PAGE), *first;
	uint32_t in = syncobj_create(mirror.fd);
	unsigned int n = 0;
	struct copy c;
	int ret = 0;

	copy_open(&c, mirror.fd);
	first = c.part[PART_PUSH];
	while (!ret && n <= DRM_NOUVEAU_HMM_WAITING) {
		c.part[PART_PUSH] = pushes + n * PAGE / 4;
		job_begin(&c);
		job_fence(&c, 100 + n);
		c.in.handle = in;
		ret = job_submit(&c);
		n += !ret;
		igt_assert_eq_u64(c.job, n);
	}
	igt_assert_eq(ret, -EBUSY);
	igt_assert_eq_u32(n, DRM_NOUVEAU_HMM_WAITING);
	/* More of them than the ring has room for. */
	igt_assert_eq(syncobj_signal(mirror.fd, in, 0), 0);
	igt_assert(wait_fence(&c, 99 + n));
	c.part[PART_PUSH] = first;
	copy_works(&c);
	copy_close(&c);
	munmap(pushes, (DRM_NOUVEAU_HMM_WAITING + 1) * PAGE);
}

static void many(void)
{
	static struct copy c[DRM_NOUVEAU_HMM_CHANNELS], extra;
	struct mirror m;
	unsigned int n;

	/* The fixture's file has no others, but subtests that failed may have left some. */
	mirror_open(&m);
	for (n = 0; n < DRM_NOUVEAU_HMM_CHANNELS; n++)
		copy_open(&c[n], m.fd);
	igt_assert_eq(copy_try_open(&extra, m.fd, false, false, -1), -EMFILE);
	for (unsigned int i = 0; i < n; i++) {
		job_whole(&c[i], i + 1, false);
		igt_assert_eq(job_submit(&c[i]), 0);
	}
	for (unsigned int i = 0; i < n; i++)
		igt_assert(wait_fence(&c[i], i + 1) && copied(&c[i]));
	for (unsigned int i = 0; i < n; i++)
		copy_close(&c[i]);
	copy_open(&c[0], m.fd);
	copy_works(&c[0]);
	copy_close(&c[0]);
	copy_close(&extra);
	mirror_close(&m);
}

static void aliases(void)
{
	const unsigned int blocks = 300;
	uint8_t *pushes = map_small(blocks * HUGE);
	uint32_t *first[2];
	struct copy c[2];

	for (int i = 0; i < 2; i++) {
		copy_open(&c[i], mirror.fd);
		first[i] = c[i].part[PART_PUSH];
	}
	for (unsigned int i = 0; i < blocks; i++) {
		c[i & 1].part[PART_PUSH] = (uint32_t *)(pushes + i * HUGE);
		copy_works(&c[i & 1]);
	}
	for (int i = 0; i < 2; i++) {
		c[i].part[PART_PUSH] = first[i];
		copy_close(&c[i]);
	}
	munmap(pushes, blocks * HUGE);
}

/* In so many blocks beside those of ring and first commands that three channels have too many. */
#define ALIASED 50

/* A job with commands in so many blocks more, which do nothing. */
static void job_in_blocks(struct copy *c, char *blocks, unsigned int n, uint32_t fence, bool gate)
{
	job_whole(c, fence, gate);
	for (unsigned int i = 0; i < n; i++) {
		uint32_t *p = (uint32_t *)(blocks + i * HUGE);

		p[0] = 1u << 29 | 1u << 16 | 0x8 >> 2;	/* NOP, 1 word */
		p[1] = 0;
		job_range(c, p, 8, DRM_NOUVEAU_HMM_RANGE_PUSH);
	}
}

static void done_in_blocks(struct copy *c, char *blocks)
{
	uint32_t fence = 2 + c->seed;

	job_in_blocks(c, blocks, ALIASED, fence, false);
	igt_assert_eq(job_submit(c), 0);
	igt_assert(wait_fence(c, fence) && copied(c));
	wait_over(c, 5);
}

/* Jobs that run have all second addresses; then they are done, and others get them. */
static void aliases_taken(void)
{
	enum { RUN = 3 };
	const size_t bytes = ((RUN + 1) * ALIASED + 1) * HUGE;
	char *blocks = map_small(bytes), *more = blocks + RUN * ALIASED * HUGE;
	hmm_create ring = {
		.ring_entries = COPY_ENTRIES, .engine = DRM_NOUVEAU_HMM_ENGINE_COPY,
	};
	struct copy c[RUN], other;
	unsigned int n = ALIASED;
	struct mirror m;
	hmm_status s;
	int ret;

	mirror_open(&m);
	igt_assert_eq(copy_try_open(&other, m.fd, true, true, -1), 0);
	for (unsigned int i = 0; i < RUN; i++)
		copy_open(&c[i], m.fd);
	for (unsigned int i = 0; i < RUN; i++) {
		do {
			job_in_blocks(&c[i], blocks + i * ALIASED * HUGE, n, 1, true);
			ret = job_submit(&c[i]);
			igt_assert(!ret || (ret == -ENOSPC && i == RUN - 1));
		} while (ret && --n);
	}
	igt_assert_lt(n, ALIASED);

	ring.ring = U(more + ALIASED * HUGE);
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &ring), -ENOSPC);
	job_in_blocks(&other, more, 1, 1, false);
	igt_assert_eq(job_submit(&other), -ENOSPC);
	s = copy_status(&other);
	igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_RUNS);
	igt_assert_eq_u64(s.submitted, 0);
	copy_works(&other);
	for (unsigned int i = 0; i < RUN; i++) {
		open_gate(&c[i], 1);
		igt_assert(wait_fence(&c[i], 1) && copied(&c[i]));
		wait_over(&c[i], 5);
	}

	/* Nobody else has to do anything for it. */
	igt_assert_eq(call(m.fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &ring), 0);
	for (int waits = 0; waits < 2; waits++) {
		uint32_t in = syncobj_create(m.fd);

		/* The second one may need what the first one had: after the third both have theirs. */
		for (unsigned int i = 0; i < 3; i++)
			done_in_blocks(&c[i & 1], blocks + (i & 1) * ALIASED * HUGE);
		job_in_blocks(&other, more, ALIASED, 2 + waits, false);
		other.in.handle = waits ? in : 0;
		igt_assert_eq(job_submit(&other), 0);
		igt_assert_eq(syncobj_signal(m.fd, in, 0), 0);
		igt_assert(wait_fence(&other, 2 + waits) && copied(&other));
	}
	for (unsigned int i = 0; i < RUN; i++)
		copy_close(&c[i]);
	copy_close(&other);
	mirror_close(&m);
	munmap(blocks, bytes);
}

/* ---- memory that changes ---- */

static int change_write(struct copy *c, enum part part)
{
	c->part[part][PAGE / 4 - 1] = 1;
	return 0;
}

static int change_fork(struct copy *c, enum part part)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* The child's copy is its own. */
		memset(c->part[part], 0, part_bytes(part));
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : -ECHILD;
}

static int change_page_out(struct copy *c, enum part part)
{
	return madvise(c->part[part], part_bytes(part), MADV_PAGEOUT) ? -errno : 0;
}

static int change_migrate(struct copy *c, enum part part)
{
	hmm_moved m;
	int ret = migrate_once(c->fd, c->part[part], part_bytes(part), VRAM, &m);

	/* Not while a job needs it. */
	if (ret)
		return ret;
	return m.busy + m.moved + m.zeroed + m.already == part_bytes(part) / PAGE ? 0 :
		-ENOTRECOVERABLE;
}

static int change_protect(struct copy *c, enum part part)
{
	if (mprotect(c->part[part], part_bytes(part), PROT_READ) ||
	    mprotect(c->part[part], part_bytes(part), PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

static int change_mremap(struct copy *c, enum part part)
{
	void *p = c->part[part], *away = map_small(part_bytes(part));
	const int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	size_t bytes = part_bytes(part);

	/* Away and back: between, there is nothing. */
	if (mremap(p, bytes, bytes, flags, away) != away || mremap(away, bytes, bytes, flags, p) != p)
		return -errno;
	return 0;
}

static const struct change {
	const char *name;
	int (*run)(struct copy *c, enum part part);
	bool push_only;		/* other parts have no word to spare */
} changes[] = {
	{ "write", change_write, true }, { "fork", change_fork }, { "pageout", change_page_out },
	{ "migrate", change_migrate }, { "mprotect", change_protect }, { "mremap", change_mremap },
};

/* Opens the gate after a while. */
struct later {
	pthread_t thread;
	struct copy *c;
	uint32_t value;
	double opened;
};

static void *open_later(void *arg)
{
	struct later *later = arg;

	usleep(300000);
	later->opened = now();
	open_gate(later->c, later->value);
	return NULL;
}

static void start_later(struct later *later, struct copy *c, uint32_t value)
{
	*later = (struct later) { .c = c, .value = value };
	igt_assert_eq(pthread_create(&later->thread, NULL, open_later, later), 0);
}

static void between_jobs(struct copy *c, const struct change *change, enum part part)
{
	copy_works(c);
	igt_assert_eq(change->run(c, part), 0);
}

/* What @change does must wait for the job, which is held for 300 ms, and succeed. */
static void while_running(struct copy *c, const struct change *change, enum part part)
{
	struct later later;
	int ret;

	job_whole(c, 1, true);
	igt_assert_eq(job_submit(c), 0);
	start_later(&later, c, 1);
	ret = change->run(c, part);
	pthread_join(later.thread, NULL);
	igt_assert_eq(ret, 0);
	igt_assert(wait_fence(c, 1) && copied(c));
}

/* The job is in the ring, behind one that waits for the gate. */
static void while_queued(struct copy *c, const struct change *change, enum part part)
{
	uint32_t *first = c->part[PART_PUSH], *second = map_small(PAGE);
	struct later later;
	int ret;

	job_begin(c);
	job_gate(c, 1);
	igt_assert_eq(job_submit(c), 0);
	c->part[PART_PUSH] = second;
	job_whole(c, 2, false);
	igt_assert_eq(job_submit(c), 0);
	start_later(&later, c, 1);
	ret = change->run(c, part);
	pthread_join(later.thread, NULL);
	igt_assert_eq(ret, 0);
	igt_assert(wait_fence(c, 2) && copied(c));
	c->part[PART_PUSH] = first;
	munmap(second, PAGE);
}

/* Nothing has to wait for a job that waits for a fence. */
static void while_waiting(struct copy *c, const struct change *change, enum part part)
{
	uint32_t in = syncobj_create(mirror.fd);
	double begin;

	job_whole(c, 1, false);
	c->in.handle = in;
	igt_assert_eq(job_submit(c), 0);
	begin = now();
	igt_assert_eq(change->run(c, part), 0);
	igt_assert_lt_double(now() - begin, 0.9 * slowness());
	igt_assert_eq(syncobj_signal(mirror.fd, in, 0), 0);
	igt_assert(wait_fence(c, 1) && copied(c));
}

static const struct {
	const char *name, *description;
	void (*run)(struct copy *c, const struct change *change, enum part part);
} times[] = {
	{ "between", "Memory of jobs may change between them.", between_jobs },
	{ "running", "What changes memory of a job that runs waits for it.", while_running },
	{ "queued", "The same of a job that is in the ring.", while_queued },
	{ "waiting", "What changes memory of a job that waits for a fence does not wait.",
	  while_waiting },
};

static void change_at(size_t when, const struct change *change, enum part part)
{
	struct copy c;

	copy_open(&c, mirror.fd);
	times[when].run(&c, change, part);
	igt_assert_eq_u32(copy_status(&c).stopped, DRM_NOUVEAU_HMM_CHANNEL_RUNS);
	copy_works(&c);
	copy_close(&c);
}

/* MIGRATE does not wait for a job: it says that the pages are busy. */
static void migrate_busy(void)
{
	const size_t pages = COPY_BYTES / PAGE;
	uint32_t *source;
	struct copy c;
	hmm_moved m;
	double begin;

	copy_open(&c, mirror.fd);
	source = c.part[PART_SOURCE];
	job_whole(&c, 1, true);
	igt_assert_eq(job_submit(&c), 0);
	begin = now();
	igt_assert_eq(migrate_once(c.fd, source, COPY_BYTES, DRM_NOUVEAU_HMM_TARGET_VRAM, &m), 0);
	igt_assert_lt_double(now() - begin, 0.9 * slowness());
	igt_assert_eq_u64(m.busy, pages);
	igt_assert_eq_u64(in_vram(c.fd, source, COPY_BYTES), 0);
	open_gate(&c, 1);
	igt_assert(wait_fence(&c, 1));
	wait_over(&c, 5);
	igt_assert(copied(&c));
	igt_assert_eq(migrate_once(c.fd, source, COPY_BYTES, DRM_NOUVEAU_HMM_TARGET_VRAM, &m), 0);
	igt_assert_eq_u64(m.moved, pages);
	job_begin(&c);
	job_copy(&c, c.part[PART_TARGET], source, COPY_BYTES);
	job_range(&c, source, COPY_BYTES, 0);
	job_range(&c, c.part[PART_TARGET], COPY_BYTES, DRM_NOUVEAU_HMM_RANGE_WRITE);
	job_fence(&c, 2);
	memset(c.part[PART_TARGET], 0, COPY_BYTES);
	igt_assert_eq(job_submit(&c), 0);
	igt_assert(wait_fence(&c, 2) && copied(&c));
	igt_assert_eq_u64(in_vram(c.fd, source, COPY_BYTES), pages);
	copy_close(&c);
}

/* All of 2 MiB goes, and other memory comes there. */
static void block_again(void)
{
	uint32_t *block = map_small(HUGE), *source;
	struct copy c;

	copy_open(&c, mirror.fd);
	source = c.part[PART_SOURCE];
	c.part[PART_SOURCE] = block;
	for (int i = 0; i < 3; i++) {
		copy_works(&c);
		munmap(block, HUGE);
		igt_assert(mmap(block, HUGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == block);
	}
	c.part[PART_SOURCE] = source;
	copy_close(&c);
	munmap(block, HUGE);
}

/* The CPU's pages become writable where they are, as after fork(), and nobody is told of that. */
static void read_then_write(void)
{
	struct copy c;

	copy_open(&c, mirror.fd);
	copy_works(&c);
	igt_fork(child, 1)
		;
	igt_waitchildren();
	job_begin(&c);
	job_copy(&c, c.part[PART_SOURCE], c.part[PART_TARGET], COPY_BYTES);
	job_range(&c, c.part[PART_TARGET], COPY_BYTES, 0);
	job_range(&c, c.part[PART_SOURCE], COPY_BYTES, DRM_NOUVEAU_HMM_RANGE_WRITE);
	job_fence(&c, 5);
	igt_assert_eq(job_submit(&c), 0);
	igt_assert(wait_fence(&c, 5));
	copy_works(&c);
	copy_close(&c);
}

/* ---- memory that goes ---- */

static void gone_before(enum part part)
{
	struct copy c;

	copy_open(&c, mirror.fd);
	job_whole(&c, 1, false);
	munmap(c.part[part], part_bytes(part));
	igt_assert_eq(job_submit(&c), -EFAULT);
	igt_assert_eq_u32(copy_status(&c).stopped, DRM_NOUVEAU_HMM_CHANNEL_RUNS);
	copy_close(&c);
}

static void gone_running(enum part part)
{
	struct later later;
	struct copy c;
	double end;

	copy_open(&c, mirror.fd);
	job_whole(&c, 1, true);
	igt_assert_eq(job_submit(&c), 0);
	start_later(&later, &c, 1);
	munmap(c.part[part], part_bytes(part));
	end = now();
	pthread_join(later.thread, NULL);
	igt_assert(later.opened <= end);
	igt_assert(wait_fence(&c, 1));
	if (part != PART_TARGET)
		igt_assert(copied(&c));
	igt_assert_eq_u32(copy_status(&c).stopped, DRM_NOUVEAU_HMM_CHANNEL_RUNS);
	copy_close(&c);
}

static void gone_endless(enum part part)
{
	struct copy c;
	hmm_status s;
	double begin;

	igt_emit_ignore_dmesg_regex(NOISE);
	copy_open(&c, mirror.fd);
	job_whole(&c, 1, true);
	c.out.handle = syncobj_create(mirror.fd);
	igt_assert_eq(job_submit(&c), 0);
	begin = now();
	munmap(c.part[part], part_bytes(part));
	igt_assert_lt_double(now() - begin, 5 * slowness());
	s = wait_over(&c, 10);
	igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_REVOKED);
	igt_assert_eq(s.error, -EFAULT);
	fence_says(mirror.fd, c.out.handle, -EIO);
	igt_assert_lte_u64(U(c.part[part]), s.addr);
	igt_assert_lt_u64(s.addr, U(c.part[part]) + part_bytes(part));
	igt_assert_eq(job_submit(&c), -EIO);
	copy_close(&c);
}

static void gone_waiting(enum part part)
{
	uint32_t in = syncobj_create(mirror.fd);
	struct copy c;
	hmm_status s;

	igt_emit_ignore_dmesg_regex(NOISE);
	copy_open(&c, mirror.fd);
	job_whole(&c, 1, false);
	c.in.handle = in;
	c.out.handle = syncobj_create(mirror.fd);
	igt_assert_eq(job_submit(&c), 0);
	munmap(c.part[part], part_bytes(part));
	igt_assert_eq(syncobj_signal(mirror.fd, in, 0), 0);
	s = wait_over(&c, 10);
	igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_LATE);
	igt_assert_eq(s.error, -EFAULT);
	fence_says(mirror.fd, c.out.handle, -EIO);
	igt_assert_lte_u64(U(c.part[part]), s.addr);
	igt_assert_lt_u64(s.addr, U(c.part[part]) + part_bytes(part));
	copy_close(&c);
}

static const struct {
	const char *name, *description;
	void (*run)(enum part part);
} goings[] = {
	{ "before", "Without its memory a job is refused.", gone_before },
	{ "running", "munmap of memory of a job that runs waits for it.", gone_running },
	{ "endless", "It does not wait for ever: the channel is stopped, and says why.",
	  gone_endless },
	{ "waiting", "A job whose memory is gone when its fence comes stops its channel.",
	  gone_waiting },
};

/* ---- jobs that are wrong ---- */

static void wrong_garbage(struct copy *c, void *gone)
{
	job_word(c, 0xc0000000);	/* there is no such header */
}

static void wrong_source(struct copy *c, void *gone)
{
	job_copy(c, c->part[PART_TARGET], gone, 64);
	job_range(c, c->part[PART_TARGET], 64, DRM_NOUVEAU_HMM_RANGE_WRITE);
}

static void wrong_target(struct copy *c, void *gone)
{
	job_copy(c, gone, c->part[PART_SOURCE], 64);
	job_range(c, c->part[PART_SOURCE], 64, 0);
}

/* Of the host unit: ILLEGAL, in clc06f.h. */
static void wrong_method(struct copy *c, void *gone)
{
	job_word(c, 1u << 29 | 1u << 16 | 4 >> 2);
	job_word(c, 0);
}

static void wrong_semaphore(struct copy *c, void *gone)
{
	job_word(c, 1u << 29 | 4u << 16 | 0x10 >> 2);
	job_word(c, (uint32_t)(U(c->words) >> 32));
	job_word(c, (uint32_t)U(c->words));
	job_word(c, 0);
	job_word(c, 0);		/* no operation */
}

static const struct wrong_job {
	const char *name, *description;
	void (*make)(struct copy *c, void *gone);
	uint32_t stopped;
	uint8_t access;
} wrong_jobs[] = {
	{ "garbage", "Words that are no commands stop the channel.", wrong_garbage,
	  DRM_NOUVEAU_HMM_CHANNEL_ENGINE, 0 },
	{ "source", "So does a copy from where nothing is, which is told.", wrong_source,
	  DRM_NOUVEAU_HMM_CHANNEL_FAULT, DRM_NOUVEAU_HMM_ACCESS_READ },
	{ "target", "And one to there.", wrong_target,
	  DRM_NOUVEAU_HMM_CHANNEL_FAULT, DRM_NOUVEAU_HMM_ACCESS_WRITE },
	{ "method", "And a method that the host unit has not.", wrong_method,
	  DRM_NOUVEAU_HMM_CHANNEL_ENGINE, 0 },
	{ "semaphore", "And a semaphore without an operation.", wrong_semaphore,
	  DRM_NOUVEAU_HMM_CHANNEL_ENGINE, 0 },
};

/* Stopped, the eventfd tells, and a channel beside it works. */
static void wrong_job(const struct wrong_job *w)
{
	void *gone = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct pollfd pollfd = { .fd = event, .events = POLLIN };
	struct copy c, good;
	uint64_t rung;
	hmm_status s;

	igt_emit_ignore_dmesg_regex(NOISE);
	copy_open(&good, mirror.fd);
	igt_assert_eq(copy_try_open(&c, mirror.fd, false, false, event), 0);
	job_begin(&c);
	w->make(&c, gone);
	c.out.handle = syncobj_create(mirror.fd);
	igt_assert_eq(job_submit(&c), 0);
	s = wait_over(&c, 10);
	igt_assert_eq_u32(s.stopped, w->stopped);
	if (w->stopped == DRM_NOUVEAU_HMM_CHANNEL_FAULT) {
		igt_assert_eq_u64(s.addr, U(gone));
		igt_assert_eq_u32(s.access, w->access);
		igt_assert_eq_u32(s.hub, 1);
		igt_assert_eq(s.error, -EFAULT);
	}
	fence_says(mirror.fd, c.out.handle, -EIO);
	igt_assert_eq(poll(&pollfd, 1, 5000), 1);
	igt_assert_eq((int)read(event, &rung, sizeof(rung)), (int)sizeof(rung));
	igt_assert_eq_u64(rung, 1);
	copy_works(&good);
	copy_close(&c);
	copy_works(&good);
	copy_close(&good);
	close(event);
	munmap(gone, PAGE);
}

static void wrong_random(void)
{
	unsigned int seed = (unsigned int)(now() * 1e6);
	struct copy good;

	igt_emit_ignore_dmesg_regex(NOISE);
	igt_info("seed %u\n", seed);
	srand48(seed);
	copy_open(&good, mirror.fd);
	for (unsigned int n = 0; n < 10; n++) {
		struct copy c;

		copy_open(&c, mirror.fd);
		job_begin(&c);
		for (unsigned int i = 0; i < 256; i++)
			job_word(&c, (uint32_t)mrand48());
		if (!job_submit(&c))
			wait_over(&c, 2);
		copy_close(&c);
	}
	copy_works(&good);
	copy_close(&good);
}

/* ---- life ---- */

static void endless_destroyed(void)
{
	struct copy c, good;
	double begin;

	igt_emit_ignore_dmesg_regex(NOISE);
	copy_open(&c, mirror.fd);
	copy_open(&good, mirror.fd);
	job_whole(&c, 1, true);
	igt_assert_eq(job_submit(&c), 0);
	copy_works(&good);
	begin = now();
	igt_assert_eq(copy_destroy(&c), 0);
	igt_assert_lt_double(now() - begin, 10);
	copy_works(&good);
	copy_close(&c);
	copy_close(&good);
}

static void endless_killed(void)
{
	struct copy good;
	int ready[2], status;
	char byte;
	double begin;
	pid_t pid;

	igt_emit_ignore_dmesg_regex(NOISE);
	copy_open(&good, mirror.fd);
	igt_assert_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct mirror m;
		struct copy c;

		mirror_open(&m);
		copy_open(&c, m.fd);
		job_whole(&c, 1, true);
		if (!job_submit(&c) && write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	igt_assert_eq((int)read(ready[0], &byte, 1), 1);
	copy_works(&good);
	begin = now();
	kill(pid, SIGKILL);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert_lt_double(now() - begin, 10);
	igt_assert(WIFSIGNALED(status));
	copy_works(&good);
	copy_close(&good);
	close(ready[0]);
}

static void passed(void)
{
	struct copy c;

	copy_open(&c, mirror.fd);
	copy_works(&c);
	igt_fork(child, 1) {
		hmm_status status = { .channel = c.channel };
		struct copy other;

		igt_assert_eq(job_submit(&c), -EPERM);
		igt_assert_eq(call(c.fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, &status), -EPERM);
		igt_assert_eq(copy_try_open(&other, c.fd, false, false, -1), -EPERM);
		igt_assert_eq(copy_destroy(&c), -EPERM);
	}
	igt_waitchildren();
	copy_works(&c);
	copy_close(&c);
}

static void processes(void)
{
	igt_fork(child, 4) {
		struct mirror m;
		struct copy c;

		mirror_open(&m);
		copy_open(&c, m.fd);
		for (unsigned int i = 0; i < 10; i++)
			copy_works(&c);
		copy_close(&c);
	}
	igt_waitchildren();
}

static void *work(void *arg)
{
	struct copy *c = arg;

	for (uint32_t i = 1; i <= 10; i++) {
		job_whole(c, i, false);
		if (job_submit(c) || !wait_fence(c, i) || !copied(c))
			return "a copy went wrong";
	}
	return NULL;
}

static void threads(void)
{
	struct copy c[4];
	pthread_t thread[4];
	void *error;

	for (int i = 0; i < 4; i++)
		copy_open(&c[i], mirror.fd);
	for (int i = 0; i < 4; i++)
		igt_assert_eq(pthread_create(&thread[i], NULL, work, &c[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &error);
		igt_assert_f(!error, "thread %d: %s\n", i, (char *)error);
	}
	for (int i = 0; i < 4; i++)
		copy_close(&c[i]);
}

struct destroyer {
	pthread_t thread;
	struct mirror m;
	volatile bool stop;
	unsigned int destroyed;
};

static void *destroy_any(void *arg)
{
	struct destroyer *d = arg;

	while (!d->stop) {
		hmm_destroy args = { .channel = 1 };

		d->destroyed += !call(d->m.fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &args);
	}
	return NULL;
}

/* As soon as they have a number, which the call that makes them may not have told yet. */
static void destroy_at_once(void)
{
	struct destroyer d = { .destroyed = 0 };
	struct copy c;

	mirror_open(&d.m);
	igt_assert_eq(pthread_create(&d.thread, NULL, destroy_any, &d), 0);
	for (int i = 0; i < 100; i++) {
		copy_open(&c, d.m.fd);
		copy_close(&c);
	}
	d.stop = true;
	pthread_join(d.thread, NULL);
	igt_info("%u of 100 were destroyed by the other thread\n", d.destroyed);
	copy_open(&c, d.m.fd);
	copy_works(&c);
	copy_close(&c);
	mirror_close(&d.m);
}

/* Once its engine is gone, nothing of a channel begins any more: it would run without a context. */
static void destroy_queued(void)
{
	uint32_t *word = map_small(PAGE), *data = map_small(8 * PAGE);
	struct gpu_job job = { .op = GPU_ATOMIC, .p = word, .count = 1u << 12, .value = 1 };
	struct gpu g, good;
	uint64_t left = 0;
	hmm_status s;
	double begin, until;

	pattern(data, 8 * PAGE, 9);
	gpu_open(&good, &mirror);
	/* So long that some are left when their channel goes. The first run takes the faults. */
	igt_assert_eq(gpu_run(&good, &job), 0);
	do {
		job.count *= 2;
		begin = now();
		igt_assert_eq(gpu_run(&good, &job), 0);
	} while (now() - begin < 0.02 && job.count < 1u << 24);
	for (int i = 0; i < 40; i++) {
		struct gpu_job part = job;
		uint64_t first;

		/* Between short ones the host fetches more often. */
		part.count >>= i % 8;
		gpu_open(&g, &mirror);
		igt_assert_eq(gpu_submit(&g, &part), 0);
		first = g.job;
		for (int n = 0; n < 15; n++)
			igt_assert_eq(gpu_submit_again(&g), 0);
		until = deadline(20);
		do {
			s = gpu_status(&g);
		} while (s.done < first && !s.stopped && now() < until);
		igt_assert(s.done >= first || s.stopped);
		usleep(i / 8 * 500);
		s = gpu_status(&g);
		left += s.submitted - s.done;
		gpu_close(&g);
		gpu_changes(&good, data, 8 * PAGE / 4);
	}
	igt_info("%u threads at most; %.1f of 16 launches left\n", job.count, (double)left / 40);
	igt_assert_neq_u64(left, 0);
	igt_assert_eq_u64(wrong(data, 8 * PAGE, 9), 0);
	gpu_close(&good);
	munmap(word, PAGE);
	munmap(data, 8 * PAGE);
}

/* Both engines, one after the other's job. */
static void both_engines(void)
{
	uint32_t *out = map_small(COPY_BYTES);
	struct copy c;
	struct gpu g;

	gpu_open(&g, &mirror);
	copy_open(&c, mirror.fd);
	for (int i = 0; i < 5; i++) {
		copy_works(&c);
		igt_assert_eq(gpu_read(&g, c.part[PART_TARGET], COPY_BYTES / 4, out), 0);
		igt_assert_eq_u64(wrong(out, COPY_BYTES, c.seed), 0);
	}
	copy_close(&c);
	gpu_close(&g);
	munmap(out, COPY_BYTES);
}

static const struct {
	const char *name, *description;
	void (*run)(void);
} cases[] = {
	{ "destroy-once", "A channel that was destroyed is gone.", destroy_once },
	{ "destroy-at-once", "Threads make channels, and destroy those of others.", destroy_at_once },
	{ "nothing-pinned", "No memory of a job is pinned or locked.", nothing_pinned },
	{ "fence-of-another", "A job waits for another channel's.", fence_of_another },
	{ "fence-same", "One syncobj is waited for before a job, and signalled after it.",
	  fence_same },
	{ "fence-old", "A fence that the out-syncobj had before the job does not count.",
	  fence_old },
	{ "fence-all", "A job waits for all of its fences, and signals all.", fence_all },
	{ "fence-order", "A job's out-fence does not come with that of the job before it.",
	  fence_order },
	{ "destroy-queued", "Channels are destroyed whose launches have not all begun.", destroy_queued },
	{ "fence-destroyed", "Out-fences are signalled when the channel goes, as cancelled.",
	  fence_destroyed },
	{ "fence-closed", "So they are when its file is closed, to another file that has them.",
	  fence_closed },
	{ "full-ring", "A ring takes as many jobs as it has room for, and runs them all.",
	  full_ring },
	{ "full-waiting", "No more jobs than the header says may wait for fences.", full_waiting },
	{ "migrate-busy", "MIGRATE leaves pages alone that a job needs, and does not wait.",
	  migrate_busy },
	{ "block-again", "Other memory comes where that of earlier jobs was.", block_again },
	{ "read-then-write", "Jobs read pages, and later ones write to them.", read_then_write },
	{ "many", "As many channels as a file may have, at the same time, and not one more.",
	  many },
	{ "aliases", "Commands in more blocks above 2^40 than have second addresses at a time.",
	  aliases },
	{ "aliases-taken", "Jobs that are done give second addresses up, those that run do not.",
	  aliases_taken },
	{ "wrong-random", "Random words do not hurt other channels.", wrong_random },
	{ "endless-destroyed", "A channel with a job that does not end goes all the same.",
	  endless_destroyed },
	{ "endless-killed", "So does a process with one.", endless_killed },
	{ "passed", "A child of fork() cannot use its parent's channel.", passed },
	{ "processes", "Channels of several processes at the same time.", processes },
	{ "threads", "Channels of several threads at the same time.", threads },
	{ "both-engines", "What a copy engine has written, a compute kernel reads.", both_engines },
};

int igt_main()
{
	igt_fixture() {
		close(device_open_hmm());
		mirror_open(&mirror);
	}

	for (int low = 0; low < 4; low++) {
		igt_describe("Copies of all shapes, with ring and commands above and below 2^40.");
		igt_subtest_with_dynamic_f("copy-%s-ring-%s-push", low & 2 ? "low" : "high",
					   low & 1 ? "low" : "high")
			for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++)
				igt_dynamic(shapes[i].name)
					copy_shape(low & 2, low & 1, i);
	}

	for (int points = 0; points < 4; points++) {
		igt_describe("A job waits for its in-fence, and signals its out-fence.");
		igt_subtest_f("fence-%s-in-%s-out", points & 2 ? "timeline" : "binary",
			      points & 1 ? "timeline" : "binary")
			fence_before_and_after(points & 2 ? 5 : 0, points & 1 ? 9 : 0);
	}

	for (size_t t = 0; t < ARRAY_LENGTH(times); t++) {
		for (enum part part = 0; part < PARTS; part++) {
			igt_describe(times[t].description);
			igt_subtest_with_dynamic_f("changed-%s-%s", part_names[part], times[t].name)
				for (size_t i = 0; i < ARRAY_LENGTH(changes); i++)
					if (part == PART_PUSH || !changes[i].push_only)
						igt_dynamic(changes[i].name)
							change_at(t, &changes[i], part);
		}
	}

	for (size_t i = 0; i < ARRAY_LENGTH(goings); i++) {
		for (enum part part = 0; part < PARTS; part++) {
			igt_describe(goings[i].description);
			igt_subtest_f("gone-%s-%s", part_names[part], goings[i].name)
				goings[i].run(part);
		}
	}

	for (size_t i = 0; i < ARRAY_LENGTH(wrong_jobs); i++) {
		igt_describe(wrong_jobs[i].description);
		igt_subtest_f("wrong-%s", wrong_jobs[i].name)
			wrong_job(&wrong_jobs[i]);
	}

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		igt_describe(cases[i].description);
		igt_subtest(cases[i].name)
			cases[i].run();
	}
}
