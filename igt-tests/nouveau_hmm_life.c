// SPDX-License-Identifier: MIT
/*
 * The end of files, processes, drivers and devices, and sleep, while something goes on: nobody else
 * notices, nothing is left behind, and no data is lost.
 *
 * This process never has the device open: its children do. What takes the driver away comes last,
 * and puts it back. How that is done, and how the machine is suspended, is in the environment:
 *
 *	NOUVEAU_HMM_UNLOAD	modprobe -r nouveau
 *	NOUVEAU_HMM_LOAD	modprobe nouveau
 *	NOUVEAU_HMM_SUSPEND	rtcwake -s 5 -m; "mem" or "freeze" is added to it
 */
#include "igt.h"
#include "lib/copy.h"
#include "lib/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Files, processes, drivers and devices end, and machines sleep, while "
		     "something goes on.");

#define BYTES (64 * PAGE)
#define STORM (16 * MIB)

static char device[64];		/* its directory in sysfs */

/* ---- a child that uses the GPU ---- */

struct user {
	struct mirror m;
	struct gpu g;
	struct copy c;
	uint32_t *data, *huge;		/* with a pattern; in VRAM at first */
	uint32_t *words;		/* that the GPU works on, or that move; with a pattern then */
	bool moving;
	pthread_t thread;
	volatile bool stop;
	struct gpu_job job;
	uint32_t launches;		/* of it */
	uint32_t syncobj;		/* of a migration */
};

static void *migrate_always(void *arg)
{
	struct user *u = arg;

	/* The file may be closed meanwhile. */
	while (!u->stop) {
		migrate_once(u->m.fd, u->words, STORM, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL);
		migrate_once(u->m.fd, u->words, STORM, DRM_NOUVEAU_HMM_TARGET_RAM, NULL);
	}
	return NULL;
}

static void begin_idle(struct user *u)
{
}

static void launch(struct user *u, uint32_t threads, uint32_t launches)
{
	u->job = (struct gpu_job) {
		.op = GPU_ATOMIC, .p = u->words, .count = threads, .value = 1,
	};
	u->launches = launches;
	igt_assert_eq(gpu_submit(&u->g, &u->job), 0);
	while (--launches)
		igt_assert_eq(gpu_submit_again(&u->g), 0);
}

static void begin_running(struct user *u)
{
	launch(u, 1u << 19, 1);
}

/* Wherever the first ones are stopped, there are others that could begin. */
static void begin_queued(struct user *u)
{
	launch(u, 1u << 15, 16);
}

static void begin_faulting(struct user *u)
{
	u->job = (struct gpu_job) {
		.op = GPU_ADD, .p = u->words, .stride = PAGE, .count = STORM / PAGE, .value = 1,
	};
	igt_assert_eq(gpu_submit(&u->g, &u->job), 0);
}

static void begin_migrating(struct user *u)
{
	pattern(u->words, STORM, 3);
	u->moving = true;
	igt_assert_eq(pthread_create(&u->thread, NULL, migrate_always, u), 0);
}

/* A copy that waits for a gate that stays closed. */
static void begin_endless(struct user *u)
{
	copy_open(&u->c, u->m.fd);
	job_whole(&u->c, 1, true);
	igt_assert_eq(job_submit(&u->c), 0);
}

static void begin_waiting(struct user *u)
{
	copy_open(&u->c, u->m.fd);
	job_whole(&u->c, 1, false);
	u->c.in.handle = syncobj_create(u->m.fd);
	igt_assert_eq(job_submit(&u->c), 0);
}

/* The fence of a migration comes in any case. */
static void begin_asynchronous(struct user *u)
{
	hmm_migrate args = {
		.start = U(u->words), .length = STORM, .target = DRM_NOUVEAU_HMM_TARGET_VRAM,
		.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC, .syncobj = syncobj_create(u->m.fd),
	};

	pattern(u->words, STORM, 3);
	u->moving = true;
	u->syncobj = args.syncobj;
	igt_assert_eq(call(u->m.fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args), 0);
}

static const struct state {
	const char *name;
	void (*begin)(struct user *u);
	bool ends;		/* by itself */
} states[] = {
	{ "idle", begin_idle, true },
	{ "running", begin_running, true },
	{ "queued", begin_queued, true },
	{ "faulting", begin_faulting, true },
	{ "migrating", begin_migrating },
	{ "endless", begin_endless },
	{ "waiting", begin_waiting },
	{ "asynchronous", begin_asynchronous, true },
};

static void user_begin(struct user *u, const struct state *s)
{
	*u = (struct user) { 0 };
	mirror_open(&u->m);
	gpu_open(&u->g, &u->m);
	u->data = map_small(BYTES);
	u->huge = map_huge(HUGE);
	u->words = map_small(STORM);
	pattern(u->data, BYTES, 1);
	pattern(u->huge, HUGE, 2);
	igt_assert_eq(migrate(u->m.fd, u->data, BYTES, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
	igt_assert_eq(migrate(u->m.fd, u->huge, HUGE, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
	igt_assert_eq(gpu_touch(&u->g, u->data, BYTES, GPU_LOAD), 0);
	igt_assert_eq(gpu_touch(&u->g, u->huge, HUGE, GPU_LOAD), 0);
	igt_assert_eq_u64(device_pages(u->data, BYTES), BYTES / PAGE);
	igt_assert_eq_u64(device_pages(u->huge, HUGE), HUGE / PAGE);
	s->begin(u);
}

static void data_is_right(const struct user *u)
{
	igt_assert_eq_u64(wrong(u->data, BYTES, 1), 0);
	igt_assert_eq_u64(wrong(u->huge, HUGE, 2), 0);
	if (u->moving)
		igt_assert_eq_u64(wrong(u->words, STORM, 3), 0);
}

/* What the state has begun comes to its end, and is right. */
static void state_ends(struct user *u)
{
	if (u->job.count)
		igt_assert_eq(gpu_wait(&u->g, 60), 0);
	for (uint32_t i = 0; u->job.op == GPU_ADD && i < u->job.count; i++)
		igt_assert_eq_u32(u->words[i * 1024], 1);
	if (u->job.op == GPU_ATOMIC)
		igt_assert_eq_u32(u->words[0], u->job.count * u->launches);
	if (u->syncobj)
		igt_assert_eq(syncobj_wait(u->m.fd, u->syncobj, 0, 60), 0);
}

static void stop_thread(struct user *u)
{
	u->stop = true;
	if (u->thread)
		pthread_join(u->thread, NULL);
}

/* ---- a word from one process to another ---- */

struct bell {
	int fd[2];
};

static void bell_make(struct bell *b)
{
	igt_assert_eq(pipe2(b->fd, O_CLOEXEC), 0);
}

static void bell_ring(struct bell *b)
{
	igt_assert_eq((int)write(b->fd[1], "x", 1), 1);
}

static bool bell_wait(struct bell *b, int seconds)
{
	struct pollfd p = { .fd = b->fd[0], .events = POLLIN };
	char c;

	return poll(&p, 1, (int)(seconds * 1000 * slowness())) == 1 && read(b->fd[0], &c, 1) == 1;
}

static void bell_close(struct bell *b)
{
	close(b->fd[0]);
	close(b->fd[1]);
}

/* ---- ends of files and processes ---- */

/* Of all that the GPU writes to in one state or another. */
static uint64_t sum_of_words(const struct user *u)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < STORM / 4; i++)
		sum = sum * 31 + u->words[i];
	for (size_t i = 0; u->c.words && i < COPY_BYTES / 4; i++)
		sum = sum * 31 + u->c.part[PART_TARGET][i];
	return sum;
}

/* The file is closed; the memory is the process's own, and the GPU does not write to it. */
static void end_close(struct user *u, const struct state *s)
{
	uint64_t sum;

	close(u->m.fd);
	sum = sum_of_words(u);
	if (u->c.words)
		open_gate(&u->c, 1);
	usleep(20000);
	igt_assert_eq_u64(sum_of_words(u), sum);
	stop_thread(u);
	data_is_right(u);
}

/* Not the last descriptor of the file: all goes on. */
static void end_dup(struct user *u, const struct state *s)
{
	int other = dup(u->m.fd);

	close(u->m.fd);
	u->m.fd = u->g.fd = u->c.fd = other;
	state_ends(u);
	gpu_changes(&u->g, u->data, BYTES / 4);
	data_is_right(u);
	stop_thread(u);
}

/* The child of a child keeps the file, and can do nothing with it. */
static void keep_file(int fd, uint32_t channel)
{
	hmm_info info = { 0 };
	hmm_status status = { .channel = channel };
	uint8_t page;

	igt_assert_eq(call(fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info), 0);
	igt_assert_eq_u32(info.state, DRM_NOUVEAU_HMM_STATE_MIRRORED);
	igt_assert_eq(call(fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, &status), -EPERM);
	igt_assert_eq(residency(fd, &page - U(&page) % PAGE, PAGE, &page), -EPERM);
}

/* A child tries, and ends: nothing of it reaches its parent. */
static void end_fork(struct user *u, const struct state *s)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		keep_file(u->m.fd, u->g.channel);
		data_is_right(u);
		memset(u->data, 0, BYTES);
		memset(u->huge, 0, HUGE);
		_exit(0);
	}
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	igt_assert_eq(status, 0);
	state_ends(u);
	gpu_changes(&u->g, u->data, BYTES / 4);
	data_is_right(u);
}

static void send_file(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	igt_assert_eq((int)sendmsg(socket, &msg, 0), 1);
}

static int receive_file(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	igt_assert_eq((int)recvmsg(socket, &msg, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static int passing[2];		/* to who takes the file */

static void end_pass(struct user *u, const struct state *s)
{
	send_file(passing[1], u->m.fd);
	close(u->m.fd);
	stop_thread(u);
	data_is_right(u);
}

/* In the last message, before the process ends: nobody ever takes it out. */
static void end_in_flight(struct user *u, const struct state *s)
{
	int pair[2];

	igt_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	send_file(pair[1], u->m.fd);
	close(u->m.fd);
	stop_thread(u);
	data_is_right(u);
}

static void end_exec(struct user *u, const struct state *s)
{
	execl("/bin/true", "true", NULL);
	igt_assert(false);
}

/* The other program has the file, and does not know of it. */
static void end_exec_kept(struct user *u, const struct state *s)
{
	igt_assert_eq(fcntl(u->m.fd, F_SETFD, 0), 0);
	execl("/bin/sleep", "sleep", "0.3", NULL);
	igt_assert(false);
}

static void end_exit(struct user *u, const struct state *s)
{
	_exit(0);
}

static void end_kill(struct user *u, const struct state *s)
{
	kill(getpid(), SIGKILL);
	pause();
}

static struct bell kept;	/* rung by who lives longer */

/* A child has the file and the memory. */
static void end_kept_by_child(struct user *u, const struct state *s)
{
	pid_t parent = getpid();

	if (fork())
		end_kill(u, s);
	while (getppid() == parent)
		usleep(1000);
	keep_file(u->m.fd, u->g.channel);
	data_is_right(u);
	close(u->m.fd);
	munmap(u->data, BYTES);
	munmap(u->huge, HUGE);
	munmap(u->words, STORM);
	bell_ring(&kept);
	_exit(0);
}

static const struct end {
	const char *name, *description;
	void (*run)(struct user *u, const struct state *s);
	int status;		/* of the process */
	bool all;		/* the state need not end by itself */
} ends[] = {
	{ "close", "The file is closed.", end_close, 0, true },
	{ "dup", "One of two descriptors of the file is closed: all goes on.", end_dup, 0 },
	{ "fork", "A child has the file, and cannot use it.", end_fork, 0 },
	{ "pass", "Another process gets the file, which it cannot use, and closes it last.",
	  end_pass, 0, true },
	{ "in-flight", "The file is closed in a message that nobody has read.", end_in_flight, 0,
	  true },
	{ "exec", "The process becomes another program.", end_exec, 0, true },
	{ "exec-kept", "The process becomes another program, which keeps the file.", end_exec_kept,
	  0, true },
	{ "exit", "The process ends.", end_exit, 0, true },
	{ "kill", "The process is killed.", end_kill, 128 + SIGKILL, true },
	{ "kept-by-child", "The process is killed, and a child has the file.", end_kept_by_child,
	  128 + SIGKILL, true },
};

/* A process that begins now can do all. */
static void others_work(void)
{
	igt_fork(child, 1) {
		struct user u;

		user_begin(&u, &states[0]);
		igt_assert_eq(gpu_fill(&u.g, u.words, 2048, 9), 0);
		for (uint32_t i = 0; i < 2048; i++)
			igt_assert_eq_u32(u.words[i], 9 + i);
		gpu_changes(&u.g, u.huge, HUGE / 4);
		data_is_right(&u);
		copy_open(&u.c, u.m.fd);
		copy_works(&u.c);
		copy_close(&u.c);
		gpu_close(&u.g);
		mirror_close(&u.m);
	}
	igt_waitchildren();
}

static void end_while(const struct end *e, const struct state *s)
{
	/* At different times of what goes on. */
	unsigned int delay_us = (unsigned int)(now() * 1e6) % 20000;
	int observer = device_open(), status;
	uint64_t before = vram_resident(observer);

	igt_info("after %u us\n", delay_us);

	igt_emit_ignore_dmesg_regex(NOISE);
	igt_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, passing), 0);
	bell_make(&kept);
	igt_fork(child, 1) {
		struct user u;

		close(observer);
		user_begin(&u, s);
		usleep(delay_us);
		e->run(&u, s);
		_exit(0);
	}
	if (e->run == end_pass) {
		int fd = receive_file(passing[0]);

		/* The process may be there or not. */
		keep_file(fd, 1);
		usleep(50000);
		keep_file(fd, 1);
		close(fd);
	}
	status = __igt_waitchildren();
	igt_assert_eq(status, e->status);
	if (e->run == end_kept_by_child)
		igt_assert(bell_wait(&kept, 30));
	bell_close(&kept);
	close(passing[0]);
	close(passing[1]);
	assert_vram_free(observer, before);
	close(observer);
	others_work();
}

/* ---- sleep ---- */

static const char *command(const char *variable, const char *otherwise)
{
	return getenv(variable) ?: otherwise;
}

static void suspend(const char *how)
{
	char line[256];

	snprintf(line, sizeof(line), "%s %s", command("NOUVEAU_HMM_SUSPEND", "rtcwake -s 5 -m"),
		 how);
	igt_assert_eq(system(line), 0);
}

static bool can_suspend(const char *how)
{
	FILE *f = fopen("/sys/power/state", "r");
	char line[128] = "";
	bool can = f && fgets(line, sizeof(line), f) && strstr(line, how);

	if (f)
		fclose(f);
	return can;
}

static void woken(struct user *u, const struct state *s)
{
	if (s->ends)
		state_ends(u);
	stop_thread(u);
	/* The GPU has what was in VRAM. */
	gpu_changes(&u->g, u->data, BYTES / 4);
	gpu_changes(&u->g, u->huge, HUGE / 4);
	data_is_right(u);
	/* And can go there again. */
	igt_assert_eq(migrate(u->m.fd, u->huge, HUGE, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
	igt_assert_eq(gpu_touch(&u->g, u->huge, HUGE, GPU_ADD), 0);
	igt_assert_eq_u64(device_pages(u->huge, HUGE), HUGE / PAGE);
	gpu_changes(&u->g, u->huge, HUGE / 4);
	data_is_right(u);
	/* A job that did not end in time was stopped; one that waited was not. */
	if (s->begin == begin_endless)
		igt_assert_eq_u32(copy_status(&u->c).stopped, DRM_NOUVEAU_HMM_CHANNEL_REVOKED);
	if (s->begin == begin_waiting) {
		igt_assert_eq(syncobj_signal(u->m.fd, u->c.in.handle, 0), 0);
		igt_assert(wait_fence(&u->c, 1));
		igt_assert(copied(&u->c));
	}
}

/*
 * @how: freeze (to idle) or mem (to RAM: the GPU is without power, VRAM is lost). A process for
 * each state, or one only that does nothing just then.
 */
static void sleep_while(const char *how, bool idle)
{
	int n = idle ? 1 : ARRAY_LENGTH(states);
	struct bell ready, go;

	igt_require_f(can_suspend(how), "this machine does not know \"%s\"\n", how);
	igt_emit_ignore_dmesg_regex(NOISE);
	bell_make(&ready);
	bell_make(&go);
	igt_fork(child, n) {
		struct user u;

		user_begin(&u, &states[child]);
		bell_ring(&ready);
		igt_assert(bell_wait(&go, 300));
		woken(&u, &states[child]);
	}
	for (int i = 0; i < n; i++)
		igt_assert(bell_wait(&ready, 60));
	suspend(how);
	for (int i = 0; i < n; i++)
		bell_ring(&go);
	igt_waitchildren();
	bell_close(&ready);
	bell_close(&go);
	others_work();
}

/* ---- the driver, and the device ---- */

static int run(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *device_name(void)
{
	return strrchr(device, '/') + 1;
}

/* This device: there may be others. */
static bool has_node(void)
{
	char path[96];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/drm", device);
	if (!access(path, F_OK))
		fd = device_open_nth(0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void node_appears(void)
{
	double until = deadline(30);

	while (!has_node() && now() < until)
		usleep(50000);
	igt_assert(has_node());
}

/* Whatever a subtest has left: the driver is there, and has the device. */
static void restore(void)
{
	if (has_node())
		return;
	if (access(device, F_OK))
		write_file("/sys/bus/pci/rescan", "1");
	if (access("/sys/module/nouveau", F_OK))
		run(command("NOUVEAU_HMM_LOAD", "modprobe nouveau"));
	else
		write_file("/sys/bus/pci/drivers/nouveau/bind", device_name());
	node_appears();
}

static void away_unbind(void)
{
	igt_assert_eq(write_file("/sys/bus/pci/drivers/nouveau/unbind", device_name()), 0);
	igt_assert(!has_node());
}

static void back_bind(void)
{
	igt_assert_eq(write_file("/sys/bus/pci/drivers/nouveau/bind", device_name()), 0);
}

static void away_unload(void)
{
	igt_assert_eq(run(command("NOUVEAU_HMM_UNLOAD", "modprobe -r nouveau")), 0);
	igt_assert(!has_node());
}

static void back_load(void)
{
	igt_assert_eq(run(command("NOUVEAU_HMM_LOAD", "modprobe nouveau")), 0);
}

static void away_unplug(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/remove", device);
	igt_assert_eq(write_file(path, "1"), 0);
	igt_assert(!has_node());
}

static void back_rescan(void)
{
	igt_assert_eq(write_file("/sys/bus/pci/rescan", "1"), 0);
}

static const struct going {
	const char *name, *description;
	void (*away)(void);
	void (*back)(void);
	bool not_open;		/* the module is held by open files */
} goings[] = {
	{ "unbind", "The driver is taken from the device, and gets it again.", away_unbind,
	  back_bind },
	{ "unload", "The driver is unloaded, and loaded again.", away_unload, back_load, true },
	{ "unplug", "The device is taken away, and found again.", away_unplug, back_rescan },
};

static void comes_back(const struct going *g)
{
	g->back();
	node_appears();
	others_work();
}

/* The GPU goes when @ready rings, and @go rings for each of so many processes then. */
static void away_under(const struct going *g, struct bell *ready, struct bell *go, int processes)
{
	igt_assert(bell_wait(ready, 60));
	g->away();
	for (int i = 0; i < processes; i++)
		bell_ring(go);
	igt_waitchildren();
	comes_back(g);
	bell_close(ready);
	bell_close(go);
}

/* Nobody uses it. */
static void away_alone(const struct going *g)
{
	restore();
	for (int i = 0; i < 2; i++) {
		g->away();
		comes_back(g);
	}
}

/* Memory of a process, and of its child, is in VRAM; their files are closed. */
static void away_with_pages(const struct going *g, bool huge)
{
	const size_t bytes = 2 * HUGE;
	struct bell ready, go;

	restore();
	bell_make(&ready);
	bell_make(&go);
	igt_fork(child, 1) {
		uint32_t *p = huge ? map_huge(bytes) : map_small(bytes);
		struct mirror m;
		int status = -1;
		pid_t pid;

		mirror_open(&m);
		pattern(p, bytes, 5);
		igt_assert_eq(migrate(m.fd, p, bytes, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
		mirror_close(&m);
		igt_assert_eq_u64(device_pages(p, bytes), bytes / PAGE);
		pid = fork();
		if (pid)
			bell_ring(&ready);
		igt_assert(bell_wait(&go, 120));
		igt_assert_eq_u64(device_pages(p, bytes), 0);
		igt_assert_eq_u64(wrong(p, bytes, 5), 0);
		if (!pid)
			_exit(0);
		igt_assert_eq(waitpid(pid, &status, 0), pid);
		igt_assert_eq(status, 0);
	}
	away_under(g, &ready, &go, 2);
}

static void nothing_works(int fd)
{
	static const unsigned long requests[] = {
		DRM_IOCTL_NOUVEAU_HMM_INFO,
		DRM_IOCTL_NOUVEAU_HMM_MIGRATE,
		DRM_IOCTL_NOUVEAU_HMM_RESIDENCY,
		DRM_IOCTL_NOUVEAU_HMM_FAULTS,
		DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE,
		DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY,
		DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT,
		DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS,
		DRM_IOCTL_NOUVEAU_SVM_BIND,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
		uint64_t args[32] = { 0 };

		igt_assert_eq(call(fd, requests[i], args), -ENODEV);
	}
}

/* Files are open, with memory in VRAM, and this going on: the GPU is gone for them, no data is. */
static void away_while(const struct going *g, const struct state *s)
{
	struct bell ready, go;

	igt_emit_ignore_dmesg_regex(NOISE);
	restore();
	bell_make(&ready);
	bell_make(&go);
	igt_fork(child, 1) {
		struct user u;

		user_begin(&u, s);
		bell_ring(&ready);
		igt_assert(bell_wait(&go, 120));
		igt_assert_eq(migrate(u.m.fd, u.huge, HUGE, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL),
			      -ENODEV);
		u.job = (struct gpu_job) { .op = GPU_ADD, .p = u.data, .stride = 4, .count = 1 };
		igt_assert_eq(gpu_submit(&u.g, &u.job), -ENODEV);
		nothing_works(u.m.fd);
		stop_thread(&u);
		igt_assert_eq_u64(device_pages(u.data, BYTES), 0);
		igt_assert_eq_u64(device_pages(u.huge, HUGE), 0);
		data_is_right(&u);
		close(u.m.fd);
	}
	away_under(g, &ready, &go, 1);
}

static void find_device(void)
{
	char path[64], target[128];
	struct stat st;
	int fd = device_open_hmm();

	igt_assert_eq(fstat(fd, &st), 0);
	close(fd);
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
		 minor(st.st_rdev));
	igt_assert(realpath(path, target));
	snprintf(device, sizeof(device), "/sys/bus/pci/devices/%s", strrchr(target, '/') + 1);
}

int igt_main()
{
	igt_fixture()
		find_device();

	for (size_t e = 0; e < ARRAY_LENGTH(ends); e++) {
		igt_describe(ends[e].description);
		igt_subtest_with_dynamic(ends[e].name)
			for (size_t s = 0; s < ARRAY_LENGTH(states); s++)
				if (ends[e].all || states[s].ends)
					igt_dynamic(states[s].name)
						end_while(&ends[e], &states[s]);
	}

	for (int mem = 0; mem < 2; mem++) {
		igt_describe("The machine sleeps, with pages in VRAM: all is there again.");
		igt_subtest_with_dynamic(mem ? "suspend-to-ram" : "suspend-to-idle") {
			igt_dynamic("idle")
				sleep_while(mem ? "mem" : "freeze", true);
			igt_dynamic("busy")
				sleep_while(mem ? "mem" : "freeze", false);
		}
	}

	/* From here on the driver goes. */
	for (size_t g = 0; g < ARRAY_LENGTH(goings); g++) {
		igt_describe(goings[g].description);
		igt_subtest_f("%s-alone", goings[g].name)
			away_alone(&goings[g]);

		igt_describe("The same, and memory of a process is in VRAM.");
		igt_subtest_with_dynamic_f("%s-with-pages", goings[g].name)
			for (int huge = 0; huge < 2; huge++)
				igt_dynamic(huge ? "huge" : "small")
					away_with_pages(&goings[g], huge);
	}

	for (size_t g = 0; g < ARRAY_LENGTH(goings); g++) {
		if (goings[g].not_open)
			continue;
		igt_describe("The same, and a process has the device open.");
		igt_subtest_with_dynamic_f("%s-while-open", goings[g].name)
			for (size_t s = 0; s < ARRAY_LENGTH(states); s++)
				igt_dynamic(states[s].name)
					away_while(&goings[g], &states[s]);
	}

	igt_fixture()
		restore();
}
