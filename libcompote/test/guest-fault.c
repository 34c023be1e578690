// SPDX-License-Identifier: MIT
/*
 * Kernels with bad pointers: the channel is stopped and its status says where and how; its eventfd
 * says so too, and so does the list of faults. Other channels go on. Argument: the device's file.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define N	64u
#define SECOND	INT64_C(1000000000)

static struct compote_space *space;
static struct compote_kernel *kernel;

static int submit(struct compote_channel *ch, const struct vector_add_args *args, uint64_t *job,
		  struct compote_push **push)
{
	struct compote_launch l = {
		.kernel = kernel,
		.grid = { 1, 1, 1 },
		.block = { N, 1, 1 },
		.args = args,
		.args_bytes = vector_add_code.param_bytes,
	};
	int ret = compote_push_create(space, COMPOTE_ENGINE_COMPUTE, push);

	if (ret)
		return ret;
	compote_push_launch(*push, &l);
	ret = compote_push_finish(*push);
	return ret ? ret : compote_submit(ch, *push, NULL, job);
}

static bool signalled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t times = 0;

	if (poll(&p, 1, 10000) != 1)
		return false;
	return read(fd, &times, sizeof(times)) == sizeof(times) && times == 1;
}

static void check_status(struct compote_channel *ch, uint64_t addr, uint8_t access)
{
	struct compote_channel_status s = { 0 };
	struct compote_fault f[4];
	uint32_t n = 4;

	tell(ch);
	did(compote_channel_status(ch, &s), "status");
	ok(s.stopped == COMPOTE_CHANNEL_FAULT, "stopped for a fault");
	ok(s.addr == addr, "at the address");
	ok(s.access == access, "with that kind of access");
	ok(s.error < 0 && s.time_ns, "an error and a time");
	did(compote_take_faults(space, f, &n, NULL), "the list of faults");
	printf("# %u faults; the first: %llx, access %u, reason %u, error %d\n", n,
	       n ? (unsigned long long)f[0].addr : 0, n ? f[0].access : 0, n ? f[0].reason : 0,
	       n ? f[0].error : 0);
	ok(n && f[0].addr == addr && f[0].access == access, "has it");
}

static void bad(struct vector_add_args args, const void *page, uint8_t access)
{
	struct compote_channel_options o = { .flags = COMPOTE_CHANNEL_EVENTFD };
	struct compote_channel *ch;
	struct compote_push *p;
	uint64_t job = 0;

	o.eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!did(compote_channel_create(space, &o, &ch), "a channel with an eventfd"))
		return;
	did(submit(ch, &args, &job, &p), "submit");
	ok(compote_channel_wait(ch, job, 60 * SECOND) == -EIO, "the wait says that it was stopped");
	ok(signalled(o.eventfd), "the eventfd is signalled");
	check_status(ch, (uintptr_t)page, access);
	ok(compote_submit(ch, p, NULL, NULL) == -EIO, "no more jobs");
	compote_channel_destroy(ch);
	compote_push_destroy(p);
	close(o.eventfd);
}

static void run(void)
{
	uint32_t *a = calloc(N, 4), *to = calloc(N, 4), i;
	struct vector_add_args args = { a, a, to, N };
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *constant = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct compote_channel *good;
	struct compote_push *p;
	uint64_t job = 0;

	if (!did(compote_channel_create(space, NULL, &good), "a channel"))
		return;
	printf("# reading what must not be read: %p\n", none);
	args.a = none;
	bad(args, none, COMPOTE_ACCESS_READ);
	printf("# writing what is read-only: %p\n", constant);
	args.a = a;
	args.to = constant;
	bad(args, constant, COMPOTE_ACCESS_WRITE);
	args.to = to;
	for (i = 0; i < N; i++)
		a[i] = i;
	did(submit(good, &args, &job, &p), "submit to the other channel");
	did(compote_channel_wait(good, job, 60 * SECOND), "it goes on");
	ok(to[0] == 0 && to[N - 1] == 2 * (N - 1), "and is right");
	compote_channel_destroy(good);
	compote_push_destroy(p);
	free(a);
	free(to);
}

int main(int argc, char **argv)
{
	struct compote_device *dev;

	if (!did(compote_device_open(argc > 1 ? argv[1] : NULL, &dev), "a device"))
		return finish();
	if (!did(compote_space_create(dev, 0, &space), "its mirror of this process"))
		return finish();
	if (did(compote_kernel_create(space, &vector_add_code, &kernel), "a kernel"))
		run();
	compote_kernel_free(kernel);
	compote_space_destroy(space);
	compote_device_close(dev);
	return finish();
}
