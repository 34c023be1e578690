// SPDX-License-Identifier: MIT
/*
 * Code: another one at the same address from one launch to the next, and one that never ends: beside
 * other work, when its channel goes, and when its process is killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define SECOND	INT64_C(1000000000)

/* Both store to the address in their argument: one number each, and no other difference. */
#define STORE(number)								\
	".kernel store\n.registers 8\n.params 8\n"				\
	"MOV R2, c[0x0][0x140]\nMOV R3, c[0x0][0x144]\n"			\
	"MOV32I R0, " #number "\nSTG.E [R2], R0\nEXIT\n"

static const char endless[] = ".kernel endless\n.registers 8\n.params 8\nagain:\nBRA again\nEXIT\n";

static struct compote_device *dev;
static struct compote_space *space;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool open_gpu(void)
{
	return did(compote_device_open(NULL, &dev), "a device") &&
	       did(compote_space_create(dev, 0, &space), "its mirror of this process");
}

static struct compote_kernel *load(const char *text, const char *name)
{
	struct compote_program *program;
	struct compote_kernel *kernel = NULL;
	char error[200];

	if (compote_program_from_asm(text, strlen(text), &program, error, sizeof(error))) {
		printf("# %s\n", error);
		return NULL;
	}
	if (compote_kernel_load(space, program, name, &kernel))
		kernel = NULL;
	compote_program_free(program);
	return kernel;
}

static int launch(struct compote_channel *ch, const struct compote_kernel *kernel, uint32_t *to,
		  struct compote_push **push, uint64_t *job)
{
	struct compote_launch l = {
		.kernel = kernel,
		.grid = { 1, 1, 1 },
		.block = { 1, 1, 1 },
		.args = &to,
		.args_bytes = sizeof(to),
	};
	int ret = compote_push_create(space, COMPOTE_ENGINE_COMPUTE, push);

	if (ret)
		return ret;
	compote_push_launch(*push, &l);
	ret = compote_push_finish(*push);
	return ret ? ret : compote_submit(ch, *push, NULL, job);
}

/* Loads the code, runs it, and lets go of it: what comes next may lie in the same place. */
static bool stores(struct compote_channel *ch, const char *text, uint32_t number)
{
	struct compote_kernel *kernel = load(text, "store");
	struct compote_push *push = NULL;
	uint32_t *to = calloc(1, sizeof(*to));
	uint64_t job = 0;
	bool good;

	good = kernel && !launch(ch, kernel, to, &push, &job) &&
	       !compote_channel_wait(ch, job, 60 * SECOND) && *to == number;
	compote_push_destroy(push);
	compote_kernel_free(kernel);
	free(to);
	return good;
}

static void replaced(struct compote_channel *ch)
{
	unsigned int i, right = 0;

	for (i = 0; i < 20; i++)
		right += stores(ch, STORE(1), 1) && stores(ch, STORE(2), 2);
	ok(right == 20, "other code at the same address is what runs then");
}

static void never_ends(struct compote_channel *good)
{
	struct compote_kernel *kernel = load(endless, "endless");
	struct compote_push *push = NULL;
	struct compote_channel *ch;
	uint64_t job = 0;
	double t;

	if (!ok(kernel, "code that never ends") ||
	    !did(compote_channel_create(space, NULL, &ch), "a channel for it"))
		return;
	did(launch(ch, kernel, NULL, &push, &job), "it is submitted");
	ok(compote_channel_wait(ch, job, SECOND / 2) == -ETIME, "it runs");
	t = seconds();
	ok(stores(good, STORE(3), 3), "another channel of the process gets its turn");
	printf("# after %.1f s\n", seconds() - t);
	tell(ch);
	t = seconds();
	compote_channel_destroy(ch);
	ok(seconds() - t < 20, "its channel goes");
	printf("# after %.1f s\n", seconds() - t);
	ok(stores(good, STORE(4), 4), "the other channel goes on");
	compote_push_destroy(push);
	compote_kernel_free(kernel);
}

static void child(int ready)
{
	struct compote_push *push;
	struct compote_channel *ch;
	uint64_t job;

	if (!compote_device_open(NULL, &dev) && !compote_space_create(dev, 0, &space) &&
	    !compote_channel_create(space, NULL, &ch) &&
	    !launch(ch, load(endless, "endless"), NULL, &push, &job))
		(void)!write(ready, "r", 1);
	pause();
	_exit(1);
}

static void killed(void)
{
	int fds[2], status = 0;
	char ready = 0;
	double t;
	pid_t pid;

	if (pipe(fds))
		return;
	pid = fork();
	if (!pid)
		child(fds[1]);
	close(fds[1]);
	ok(read(fds[0], &ready, 1) == 1, "a process with code that never ends");
	close(fds[0]);
	usleep(300000);
	t = seconds();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && seconds() - t < 30, "can be killed");
	printf("# after %.1f s\n", seconds() - t);
}

int main(void)
{
	struct compote_channel *ch;

	/* First, as a child must not have its parent's objects. */
	killed();
	if (!open_gpu() || !did(compote_channel_create(space, NULL, &ch), "a channel"))
		return finish();
	replaced(ch);
	never_ends(ch);
	compote_channel_destroy(ch);
	compote_space_destroy(space);
	compote_device_close(dev);
	return finish();
}
