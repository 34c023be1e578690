// SPDX-License-Identifier: MIT
/*
 * Channels whose commands are in the process's memory: what becomes of a job when its memory does not
 * stay as it is, and of others.
 *
 *	channel copy		ring and push buffer above 2^40, and below
 *	channel fences		syncobjs, binary and timeline, before and after
 *	channel full		a ring with no room; more jobs than may wait
 *	channel many		as many channels as a file can have, and one more
 *	channel changed		commands that are written, forked, migrated, paged out between jobs,
 *				and while one runs, is in the ring, or waits for its fence
 *	channel swapped		the same with a machine that can swap; the ring too
 *	channel gone		commands that are unmapped before a job, while it waits, while it runs
 *	channel broken		garbage and bad addresses; the error is told; the next channel works
 *	channel endless		a job that does not end, and a process that is killed with one
 *	channel passed		another process with the file
 *	channel aliases		more blocks above 2^40 than have second addresses at a time
 *	channel nth		no memory at each place where a submission allocates
 *	channel suspend		the machine sleeps (by the command in SUSPEND) between two jobs, and while
 *				one runs
 */
#include "channel.h"

#include <drm/drm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#define BYTES (64 * 1024u)

static int gpu;
static uint32_t *src, *dst;
static uint32_t seed = 1;

/* All of its own: ring and push buffer above 2^40, words below. */
static struct chan new_chan(void)
{
	struct chan c = { 0 };
	int ret = chan_create(&c, gpu, map_small(PAGE), -1);

	if (ret) {
		ok(false, "a channel is made (%d)", ret);
		test_end();
	}
	c.push = map_small(PAGE);
	c.words = map_low(PAGE, PROT_READ | PROT_WRITE);
	return c;
}

/* A copy of BYTES from src to dst, and a fence. */
static void copy_job(struct chan *c, uint32_t fence)
{
	pattern(src, BYTES, ++seed);
	job_begin(c);
	add_whole_copy(c, dst, src, BYTES);
	add_fence(c, fence);
}

/* The same behind the gate: runs until open_gate(c, value). */
static void gated_job(struct chan *c, uint32_t value)
{
	pattern(src, BYTES, ++seed);
	job_begin(c);
	add_gate(c, value);
	add_whole_copy(c, dst, src, BYTES);
	add_fence(c, value);
}

static bool copied(void)
{
	return wrong(dst, BYTES, seed) == 0;
}

/* Does a job of this channel do what it should? */
static void works(struct chan *c, const char *when)
{
	static uint32_t fence = 1u << 30;
	int ret;

	copy_job(c, ++fence);
	ret = submit(c);
	ok(ret == 0 && wait_fence(c, fence) && copied(), "%s: a job works (%d)", when, ret);
}

static void another_works(const char *when)
{
	struct chan c = new_chan();

	works(&c, when);
	chan_destroy(&c);
}

static bool stopped_with(struct chan *c, uint32_t why, const volatile void *page, const char *when)
{
	struct drm_nouveau_hmm_channel_status s = wait_over(c, 10);

	return ok(s.stopped == why && (!page || s.addr == (U(page) & -PAGE)),
		  "%s: stopped, and why (%u: %d, at %#llx)", when, s.stopped, s.error,
		  (unsigned long long)s.addr);
}

/* Opens the gate after a while. */
struct later {
	pthread_t thread;
	struct chan *c;
	uint32_t value;
	unsigned int ms;
};

static void *open_later(void *arg)
{
	struct later *later = arg;

	usleep(later->ms * 1000);
	open_gate(later->c, later->value);
	return NULL;
}

static void start_later(struct later *later, struct chan *c, uint32_t value, unsigned int ms)
{
	*later = (struct later) { .c = c, .value = value, .ms = ms };
	pthread_create(&later->thread, NULL, open_later, later);
}

/* ---- copy ---- */

static void copy(const char *where, void *ring, uint32_t *push)
{
	const size_t bytes = 3 * MIB + PAGE;
	uint32_t *from = map_small(bytes), *to = map_huge(bytes);
	struct drm_nouveau_hmm_channel_status s;
	struct chan c = { 0 };
	int ret;

	ret = chan_create(&c, gpu, ring, -1);
	if (!ok(ret == 0, "%s: a channel (%d)", where, ret))
		return;
	c.push = push;
	c.words = map_low(PAGE, PROT_READ | PROT_WRITE);
	pattern(from, bytes, 5);
	job_begin(&c);
	add_whole_copy(&c, to, from, (uint32_t)bytes);
	add_fence(&c, 77);
	ret = submit(&c);
	ok(ret == 0 && c.job == 1, "%s: a job (%d)", where, ret);
	ok(wait_fence(&c, 77), "%s: its fence in memory is written", where);
	ok(!memcmp(from, to, bytes), "%s: it has copied", where);
	s = wait_over(&c, 5);
	ok(s.submitted == 1 && s.done == 1 && !s.stopped && !s.error,
	   "%s: the channel says so (%llu of %llu, %u)", where, (unsigned long long)s.done,
	   (unsigned long long)s.submitted, s.stopped);
	ret = chan_destroy(&c);
	ok(ret == 0, "%s: it goes (%d)", where, ret);
	ret = chan_destroy(&c);
	ok(ret == -ENOENT, "%s: once (%d)", where, ret);
}

static size_t pinned_kb(void)
{
	size_t kb, sum = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmPin: %zu", &kb) == 1 || sscanf(line, "VmLck: %zu", &kb) == 1)
			sum += kb;
	if (f)
		fclose(f);
	return sum;
}

static void case_copy(void)
{
	copy("high", map_small(PAGE), map_small(PAGE));
	copy("low", map_low(PAGE, PROT_READ | PROT_WRITE), map_low(PAGE, PROT_READ | PROT_WRITE));
	ok(pinned_kb() == 0, "nothing is pinned or locked");
}

/* ---- fences ---- */

static uint32_t new_syncobj(void)
{
	struct drm_syncobj_create args = { 0 };
	int ret = call(gpu, DRM_IOCTL_SYNCOBJ_CREATE, &args);

	if (ret) {
		ok(false, "a syncobj is made (%d)", ret);
		test_end();
	}
	return args.handle;
}

static int signal_point(uint32_t handle, uint64_t point)
{
	struct drm_syncobj_timeline_array args = {
		.handles = U(&handle), .points = U(&point), .count_handles = 1,
	};

	return call(gpu, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &args);
}

static int wait_point(uint32_t handle, uint64_t point, double seconds)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = U(&handle), .points = U(&point), .count_handles = 1,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
		.timeout_nsec = (int64_t)((now() + seconds) * 1e9),
	};

	return call(gpu, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

static void fences(struct chan *c, const char *kind, uint64_t in, uint64_t out)
{
	uint32_t a = new_syncobj(), b = new_syncobj(), fence = 1000 + (uint32_t)in;
	int ret;

	copy_job(c, fence);
	c->in = (struct drm_nouveau_hmm_sync) { .handle = a, .point = in };
	c->out = (struct drm_nouveau_hmm_sync) { .handle = b, .point = out };
	ret = submit(c);
	ok(ret == 0, "%s: a job that waits is accepted (%d)", kind, ret);
	usleep(200000);
	ok(c->words[1] != fence && chan_status(c).done == c->job - 1, "%s: it waits", kind);
	ret = wait_point(b, out, 0);
	ok(ret == -ETIME, "%s: its out-fence is not signalled (%d)", kind, ret);
	ret = signal_point(a, in);
	ok(ret == 0 && wait_fence(c, fence) && copied(), "%s: signalled, it runs (%d)", kind, ret);
	ret = wait_point(b, out, 5);
	ok(ret == 0, "%s: its out-fence is signalled (%d)", kind, ret);

	copy_job(c, fence + 1);
	c->in = (struct drm_nouveau_hmm_sync) { .handle = a, .point = in };
	ret = submit(c);
	ok(ret == 0 && wait_fence(c, fence + 1) && copied(), "%s: again, without waiting (%d)", kind, ret);
}

static void case_fences(void)
{
	struct chan c = new_chan();
	struct chan two = new_chan();
	uint32_t a = new_syncobj();
	int ret;

	fences(&c, "binary", 0, 0);
	fences(&c, "timeline", 5, 9);

	/* One channel's end is the other one's beginning. */
	gated_job(&c, 3);
	c.out.handle = a;
	ret = submit(&c);
	job_begin(&two);
	add_fence(&two, 4);
	two.in.handle = a;
	ret = ret ? ret : submit(&two);
	usleep(100000);
	ok(ret == 0 && two.words[1] != 4, "a job waits for another channel's (%d)", ret);
	open_gate(&c, 3);
	ok(wait_fence(&two, 4) && c.words[1] == 3 && copied(), "and runs after it");

	a = new_syncobj();
	copy_job(&c, 6);
	c.in = c.out = (struct drm_nouveau_hmm_sync) { .handle = a };
	ret = submit(&c);
	usleep(50000);
	ok(ret == 0 && c.words[1] != 6 && signal_point(a, 0) == 0 && wait_fence(&c, 6) &&
	   wait_point(a, 0, 5) == 0, "one syncobj before and after a job (%d)", ret);

	gated_job(&c, 5);
	c.out = (struct drm_nouveau_hmm_sync) { .handle = a };
	ret = submit(&c);
	ok(ret == 0, "a job that will not end (%d)", ret);
	chan_destroy(&c);
	ret = wait_point(a, 0, 5);
	ok(ret == 0, "its out-fence is signalled when the channel goes (%d)", ret);
	works(&two, "the other channel");
}

/* ---- full ---- */

static void case_full(void)
{
	struct chan c = new_chan();
	uint32_t a = new_syncobj();
	unsigned int n = 0;
	int ret;

	c.push = map_small(MIB);
	gated_job(&c, 1);
	ret = submit(&c);
	/* Two entries for a job: its commands and their end; one is never used. */
	while (!ret) {
		c.push += PAGE / 4;
		job_begin(&c);
		add_fence(&c, 2 + n);
		ret = submit(&c);
		n += !ret;
	}
	ok(ret == -EBUSY && n == ENTRIES / 2 - 2, "the ring is full after %u jobs more (%d)", n, ret);
	open_gate(&c, 1);
	ok(wait_fence(&c, 1 + n), "all of them run (%u)", c.words[1]);
	works(&c, "there is room again");

	for (n = 0, ret = 0; !ret && n <= DRM_NOUVEAU_HMM_WAITING; n += !ret) {
		c.push += PAGE / 4;
		job_begin(&c);
		add_fence(&c, 100 + n);
		c.in.handle = a;
		ret = submit(&c);
	}
	ok(ret == -EBUSY && n == DRM_NOUVEAU_HMM_WAITING, "no more than %u may wait (%d)", n, ret);
	/* More of them than the ring has room for. */
	ret = signal_point(a, 0);
	ok(ret == 0 && wait_fence(&c, 99 + n), "all of them run (%d, %u)", ret, c.words[1]);
	works(&c, "after that");
}

/* ---- many ---- */

static void case_many(void)
{
	static struct chan c[DRM_NOUVEAU_HMM_CHANNELS];
	uint32_t *rings = map_small(PAGE * DRM_NOUVEAU_HMM_CHANNELS);
	uint32_t *pushes = map_small(PAGE * DRM_NOUVEAU_HMM_CHANNELS);
	uint32_t *words = map_low(PAGE * DRM_NOUVEAU_HMM_CHANNELS, PROT_READ | PROT_WRITE);
	unsigned int n, right = 0;
	struct chan extra;
	int ret = 0;

	for (n = 0; n < DRM_NOUVEAU_HMM_CHANNELS; n++) {
		ret = chan_create(&c[n], gpu, rings + n * PAGE / 4, -1);
		if (ret)
			break;
		c[n].push = pushes + n * PAGE / 4;
		c[n].words = words + n * PAGE / 4;
	}
	ok(ret == 0, "%u channels (%d)", n, ret);
	ret = chan_create(&extra, gpu, map_small(PAGE), -1);
	ok(ret == -EMFILE, "and not one more (%d)", ret);
	pattern(src, BYTES, ++seed);
	for (unsigned int i = 0; i < n; i++) {
		job_begin(&c[i]);
		add_whole_copy(&c[i], dst + i * 256, src + i * 256, 1024);
		add_fence(&c[i], i + 1);
		ret = submit(&c[i]);
		if (ret)
			break;
	}
	for (unsigned int i = 0; i < n; i++)
		right += wait_fence(&c[i], i + 1);
	ok(right == n && copied(), "%u of them work, all at once (%d)", right, ret);
	for (unsigned int i = 0; i < n; i++)
		chan_destroy(&c[i]);
	another_works("when they are gone");
}

/* ---- changed ---- */

/* The gate is opened 300 ms from now; what @change does meanwhile must wait for the job, and succeed. */
static void while_running(struct chan *c, uint32_t value, const char *what, int (*change)(struct chan *))
{
	struct later later;
	int ret, changed;
	double t;

	gated_job(c, value);
	ret = submit(c);
	start_later(&later, c, value, 300);
	t = now();
	changed = change(c);
	t = now() - t;
	pthread_join(later.thread, NULL);
	ok(ret == 0 && changed == 0 && wait_fence(c, value) && copied() && !chan_status(c).stopped,
	   "%s while a job runs, which ends well (%d, %d, %.2f s)", what, ret, changed, t);
	works(c, what);
}

/* Likewise with commands that are in the ring, behind a job that waits for the gate. */
static void while_queued(struct chan *c, uint32_t value, const char *what, int (*change)(struct chan *))
{
	struct later later;
	int ret, changed;

	gated_job(c, value);
	ret = submit(c);
	c->push = map_small(PAGE);
	copy_job(c, value + 1);
	ret = ret ? ret : submit(c);
	start_later(&later, c, value, 300);
	changed = change(c);
	pthread_join(later.thread, NULL);
	ok(ret == 0 && changed == 0 && wait_fence(c, value + 1) && copied() && !chan_status(c).stopped,
	   "%s while a job is queued, which ends well (%d, %d)", what, ret, changed);
}

/* And with those of a job that waits for a syncobj: nothing has to wait for it. */
static void while_waiting(struct chan *c, uint32_t value, const char *what, int (*change)(struct chan *))
{
	uint32_t a = new_syncobj();
	int ret, changed;
	double t;

	copy_job(c, value);
	c->in.handle = a;
	ret = submit(c);
	t = now();
	changed = change(c);
	t = now() - t;
	ok(ret == 0 && changed == 0 && t < 0.5 && signal_point(a, 0) == 0 && wait_fence(c, value) &&
	   copied() && !chan_status(c).stopped,
	   "%s while a job waits for its fence, which ends well (%d, %d, %.2f s)", what, ret, changed, t);
}

static void at_any_time(struct chan *c, uint32_t value, const char *what, int (*change)(struct chan *))
{
	while_running(c, value, what, change);
	while_queued(c, value + 1, what, change);
	while_waiting(c, value + 3, what, change);
}

static int do_fork(struct chan *c)
{
	pid_t pid = fork();

	if (pid)
		return child_ok(pid, 10) ? 0 : -ECHILD;
	/* The child's copy is its own. */
	for (unsigned int i = 0; i < PAGE / 4; i++)
		c->push[i] = 0;
	_exit(0);
}

static int do_page_out(struct chan *c)
{
	return madvise(c->push, PAGE, MADV_PAGEOUT) ? -errno : 0;
}

static int do_write(struct chan *c)
{
	c->push[PAGE / 4 - 1] = 1;
	return 0;
}

static int do_migrate(struct chan *c)
{
	hmm_moved moved = { 0 };
	int ret = move(c->fd, c->push, PAGE, DRM_NOUVEAU_HMM_TARGET_VRAM, &moved);

	/* Not while a job needs it. */
	return ret ? ret : moved.busy + moved.moved == 1 ? 0 : -ENOTRECOVERABLE;
}

static int do_protect(struct chan *c)
{
	int ret = mprotect(c->push, PAGE, PROT_READ) || mprotect(c->push, PAGE, PROT_READ | PROT_WRITE);

	return ret ? -errno : 0;
}

static void case_changed(void)
{
	struct chan c = new_chan();
	hmm_moved moved = { 0 };
	int ret;

	works(&c, "as it is");
	ret = move(gpu, c.push, PAGE, DRM_NOUVEAU_HMM_TARGET_VRAM, &moved);
	ok(ret == 0 && moved.moved == 1, "commands go to VRAM (%d)", ret);
	pattern(src, BYTES, ++seed);
	c.words[1] = 0;
	ret = submit(&c);
	ok(ret == 0 && wait_word(&c.words[1], 1u << 30 | 1, 20) && copied() &&
	   in_vram(gpu, c.push, PAGE) == 1, "they run from there, unchanged (%d)", ret);
	works(&c, "brought back by the CPU's writes");
	do_fork(&c);
	works(&c, "after a fork");
	do_page_out(&c);
	works(&c, "after a page-out");
	do_protect(&c);
	works(&c, "after mprotect");

	at_any_time(&c, 1, "writing to them", do_write);
	at_any_time(&c, 11, "fork", do_fork);
	at_any_time(&c, 21, "page-out", do_page_out);
	at_any_time(&c, 31, "a migration", do_migrate);
	at_any_time(&c, 41, "mprotect", do_protect);
}

static int do_swap(struct chan *c)
{
	int ret = page_out(c->push, PAGE);

	return ret ? ret : swapped_out(c->push, PAGE) == 1 ? 0 : -ENOTRECOVERABLE;
}

/* Does the job that is in the push buffer do the same once more? */
static void works_again(struct chan *c, uint32_t fence, const char *when)
{
	int ret;

	pattern(src, BYTES, ++seed);
	c->words[1] = 0;
	ret = submit(c);
	ok(ret == 0 && wait_fence(c, fence) && copied(), "%s: the job works again (%d)", when, ret);
}

static void case_swapped(void)
{
	struct chan c = new_chan();
	int ret;

	if (!swap_on()) {
		skip("no swap can be made here");
		return;
	}
	copy_job(&c, 5);
	works_again(&c, 5, "before");
	ret = do_swap(&c);
	ok(ret == 0, "commands are swapped out (%d)", ret);
	works_again(&c, 5, "they come back");
	ret = page_out(c.ring, PAGE);
	ok(ret == 0 && swapped_out(c.ring, PAGE) == 1, "the ring is swapped out (%d)", ret);
	works_again(&c, 5, "it comes back");
	at_any_time(&c, 11, "swap-out", do_swap);
}

/* ---- gone ---- */

static void case_gone(void)
{
	struct chan c = new_chan();
	struct later later;
	uint32_t a = new_syncobj();
	int ret;
	double t;

	copy_job(&c, 1);
	munmap(c.push, PAGE);
	ret = submit(&c);
	ok(ret == -EFAULT && !chan_status(&c).stopped, "unmapped before: no job (%d)", ret);
	c.push = map_small(PAGE);
	works(&c, "with others");

	gated_job(&c, 2);
	ret = submit(&c);
	start_later(&later, &c, 2, 300);
	t = now();
	munmap(c.push, PAGE);
	ok(ret == 0 && now() - t > 0.2, "munmap waits for a job (%.2f s)", now() - t);
	pthread_join(later.thread, NULL);
	ok(wait_fence(&c, 2) && copied() && !chan_status(&c).stopped, "which ends well");
	c.push = map_small(PAGE);
	works(&c, "with others again");

	gated_job(&c, 3);
	ret = submit(&c);
	t = now();
	munmap(c.push, PAGE);
	ok(ret == 0 && now() - t < 5, "munmap does not wait for ever (%.2f s)", now() - t);
	stopped_with(&c, DRM_NOUVEAU_HMM_CHANNEL_REVOKED, c.push, "the job");
	c.push = map_small(PAGE);
	copy_job(&c, 4);
	ret = submit(&c);
	ok(ret == -EIO, "no more jobs (%d)", ret);
	chan_destroy(&c);
	another_works("after that");

	c = new_chan();
	copy_job(&c, 5);
	c.in.handle = a;
	ret = submit(&c);
	munmap(c.push, PAGE);
	ok(ret == 0 && signal_point(a, 0) == 0, "unmapped while a job waits for a fence (%d)", ret);
	stopped_with(&c, DRM_NOUVEAU_HMM_CHANNEL_LATE, c.push, "the job");
	chan_destroy(&c);

	c = new_chan();
	munmap(c.ring, PAGE);
	copy_job(&c, 6);
	ret = submit(&c);
	ok(ret == -EFAULT, "without its ring: no job (%d)", ret);
	chan_destroy(&c);
	another_works("after that too");
}

/* ---- broken ---- */

/* Random words, each lot on a channel of its own. It may end in any way, but must not hurt others. */
static void random_words(struct chan *good)
{
	unsigned int stopped = 0;

	srand48(4);
	for (unsigned int n = 0; n < 20; n++) {
		struct chan c = new_chan();

		job_begin(&c);
		for (unsigned int i = 0; i < 256; i++)
			*c.w++ = (uint32_t)mrand48();
		stopped += submit(&c) || wait_over(&c, 2).stopped;
		chan_destroy(&c);
	}
	note("random words stopped %u channels of 20", stopped);
	works(good, "after random words");
}

static void case_broken(void)
{
	struct drm_nouveau_hmm_channel_status s;
	struct chan good = new_chan(), c;
	void *gone = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int event = eventfd(0, EFD_NONBLOCK), ret;
	struct pollfd pollfd = { .fd = event, .events = POLLIN };

	ret = chan_create(&c, gpu, map_small(PAGE), event);
	ok(ret == 0, "a channel with an eventfd (%d)", ret);
	c.push = map_small(PAGE);
	c.words = map_low(PAGE, PROT_READ | PROT_WRITE);
	job_begin(&c);
	*c.w++ = 0xc0000000;	/* there is no such header */
	ret = submit(&c);
	ok(ret == 0, "garbage is taken for commands (%d)", ret);
	stopped_with(&c, DRM_NOUVEAU_HMM_CHANNEL_ENGINE, NULL, "garbage");
	ok(poll(&pollfd, 1, 5000) == 1, "the eventfd tells of it");
	works(&good, "another channel");
	chan_destroy(&c);

	c = new_chan();
	job_begin(&c);
	add_copy(&c, dst, gone, 64);
	add_range(&c, dst, 64, DRM_NOUVEAU_HMM_RANGE_WRITE);
	ret = submit(&c);
	ok(ret == 0, "a copy from nowhere, which the job does not name (%d)", ret);
	s = wait_over(&c, 10);
	ok(s.stopped == DRM_NOUVEAU_HMM_CHANNEL_FAULT && s.addr == U(gone) &&
	   s.access == DRM_NOUVEAU_HMM_ACCESS_READ && s.hub == 1,
	   "its fault is told (%u: %d, access %u at %#llx, hub %u, client %#x, engine %#x, reason %u)",
	   s.stopped, s.error, s.access, (unsigned long long)s.addr, s.hub, s.client, s.engine, s.reason);
	works(&good, "another channel then");
	chan_destroy(&c);

	c = new_chan();
	job_begin(&c);
	add_copy(&c, gone, src, 64);
	add_range(&c, src, 64, 0);
	ret = submit(&c);
	s = wait_over(&c, 10);
	ok(ret == 0 && s.stopped == DRM_NOUVEAU_HMM_CHANNEL_FAULT && s.addr == U(gone) &&
	   s.access == DRM_NOUVEAU_HMM_ACCESS_WRITE, "and that of a copy to nowhere (%u: access %u at %#llx)",
	   s.stopped, s.access, (unsigned long long)s.addr);
	chan_destroy(&c);

	c = new_chan();
	job_begin(&c);
	add_whole_copy(&c, gone, src, 64);
	ret = submit(&c);
	ok(ret == -EFAULT, "a copy to nowhere that the job does name (%d)", ret);
	works(&c, "the same channel");
	works(&good, "the other");
	random_words(&good);
}

/* ---- endless ---- */

static void child_with_job(int ready)
{
	struct chan c;

	drop_gpu();
	gpu = open_mirror(NULL);
	c = new_chan();
	gated_job(&c, 1);
	if (submit(&c) == 0)
		(void)!write(ready, "r", 1);
	pause();
}

static void case_endless(void)
{
	struct chan c = new_chan(), good = new_chan();
	int ret, fds[2], status;
	char ready = 0;
	double t;
	pid_t pid;

	gated_job(&c, 1);
	ret = submit(&c);
	works(&good, "beside a job that does not end");
	t = now();
	ret = ret ? ret : chan_destroy(&c);
	t = now() - t;
	ok(ret == 0 && t < 10, "its channel goes all the same (%d, %.2f s)", ret, t);
	works(&good, "after it");

	if (pipe(fds))
		return;
	pid = fork();
	if (!pid)
		child_with_job(fds[1]);
	ret = (int)read(fds[0], &ready, 1);
	works(&good, "beside a process with such a job");
	t = now();
	kill(pid, SIGKILL);
	status = wait_child(pid, 30);
	t = now() - t;
	ok(ready == 'r' && WIFSIGNALED(status) && t < 10, "which is killed (%d, %#x, %.2f s)", ret, status, t);
	works(&good, "after that");
}

/* ---- passed ---- */

static void case_passed(void)
{
	struct chan c = new_chan();
	pid_t pid;
	int ret;

	works(&c, "before");
	pid = fork();
	if (!pid) {
		struct drm_nouveau_hmm_channel_status s = chan_status(&c);
		struct chan other;

		ret = submit(&c);
		_exit(ret == -EPERM && s.error == -EPERM && chan_destroy(&c) == -EPERM &&
		      chan_create(&other, gpu, map_small(PAGE), -1) == -EPERM ? 0 : 1);
	}
	ok(child_ok(pid, 20), "a child cannot use the file");
	works(&c, "after");
	pid = fork();
	if (!pid) {
		drop_gpu();
		gpu = open_mirror(NULL);
		c = new_chan();
		for (unsigned int i = 0; i < 20; i++)
			works(&c, "child");
		_exit(0);
	}
	for (unsigned int i = 0; i < 20; i++)
		works(&c, "parent");
	ok(child_ok(pid, 60), "two processes at the same time");
}

/* ---- aliases ---- */

static void case_aliases(void)
{
	const unsigned int blocks = 300;
	uint8_t *pushes = map_pages(blocks * HUGE);
	struct chan c = new_chan(), two = new_chan();
	unsigned int i, right = 0;
	int ret = 0;

	for (i = 0; i < blocks && !ret; i++) {
		struct chan *one = i & 1 ? &two : &c;

		one->push = (uint32_t *)(pushes + i * HUGE);
		copy_job(one, i + 1);
		ret = submit(one);
		right += !ret && wait_fence(one, i + 1) && copied();
	}
	ok(right == blocks, "commands in %u blocks, one after the other (%d)", right, ret);
}

/* ---- nth ---- */

/* The @n-th allocation of this thread fails from now on; 0: none. Returns what is left of the last. */
static int fail_nth(unsigned int n)
{
	char text[16] = "";
	int fd = open("/proc/thread-self/fail-nth", O_RDWR), left;

	if (fd < 0)
		return -errno;
	(void)!pread(fd, text, sizeof(text) - 1, 0);
	left = atoi(text);
	snprintf(text, sizeof(text), "%u", n);
	if (write(fd, text, strlen(text)) < 0)
		left = -errno;
	close(fd);
	return left;
}

static void case_nth(void)
{
	struct chan c = new_chan(), good = new_chan();
	unsigned int n, failed = 0, odd = 0;
	double begin = now();
	int ret, left;

	if (fail_nth(0) < 0) {
		skip("no fault injection in this kernel");
		return;
	}
	write_file("/sys/kernel/debug/failslab/verbose", "0");
	write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	/* Only a debug kernel gets here, and that is slow. */
	alarm(700);
	for (n = 1; n < 1000; n++) {
		if (n % 20 == 0)
			note("%u places: %u submissions failed, %.0f s", n, failed, now() - begin);
		/* Everything new: claims, tables, alias, pages. */
		c.push = map_small(PAGE);
		dst = map_small(BYTES);
		copy_job(&c, n);
		c.in.handle = new_syncobj();
		c.out.handle = new_syncobj();
		signal_point(c.in.handle, 0);
		fail_nth(n);
		ret = submit(&c);
		left = fail_nth(0);
		failed += ret != 0;
		odd += ret && ret != -ENOMEM && ret != -EFAULT && ret != -EBUSY;
		if (!ret && !(wait_fence(&c, n) && copied()))
			odd++;
		if (left > 0 || chan_status(&c).stopped)
			break;
	}
	ok(n > 3 && n < 1000 && !odd && !chan_status(&c).stopped,
	   "no memory at %u places: %u submissions fail, %u in an odd way, the others work", n - 1, failed,
	   odd);
	works(&c, "the channel");
	works(&good, "another");
}

/* ---- suspend ---- */

static void case_suspend(void)
{
	struct chan c = new_chan(), endless = new_chan();
	const char *command = getenv("SUSPEND");
	int ret;

	if (!command) {
		skip("no command in SUSPEND");
		return;
	}
	works(&c, "before");
	ret = system(command);
	ok(ret == 0, "suspended and resumed (%d)", ret);
	works(&c, "after it");
	gated_job(&endless, 1);
	ret = submit(&endless);
	ret = ret ? ret : system(command);
	ok(ret == 0, "once more, while a job runs that does not end (%d)", ret);
	stopped_with(&endless, DRM_NOUVEAU_HMM_CHANNEL_REVOKED, NULL, "the job");
	works(&c, "after that");
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "copy", case_copy }, { "fences", case_fences }, { "full", case_full }, { "many", case_many },
	{ "changed", case_changed }, { "swapped", case_swapped }, { "gone", case_gone }, { "broken", case_broken },
	{ "endless", case_endless }, { "passed", case_passed }, { "aliases", case_aliases },
	{ "nth", case_nth }, { "suspend", case_suspend },
};

int main(int argc, char **argv)
{
	test_start(140);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (argc != 2 || strcmp(argv[1], cases[i].name))
			continue;
		gpu = open_mirror(NULL);
		src = map_small(BYTES);
		dst = map_small(BYTES);
		cases[i].run();
		test_end();
	}
	ok(false, "usage: channel CASE");
	test_end();
}
