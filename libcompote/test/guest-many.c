// SPDX-License-Identifier: MIT
/*
 * A push buffer that was built once is submitted many times: a launch each, one ioctl each.
 * Arguments: how often (10000), the device's file.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "guest.h"

#define N	256u
#define SECOND	INT64_C(1000000000)

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static struct compote_push *build(struct compote_space *space, struct compote_kernel *kernel,
				  uint32_t *sum, const uint32_t *one)
{
	struct vector_add_args args = { sum, one, sum, N };
	struct compote_launch l = {
		.kernel = kernel,
		.grid = { 1, 1, 1 },
		.block = { N, 1, 1 },
		.args = &args,
		.args_bytes = vector_add_code.param_bytes,
	};
	struct compote_push *p;

	if (compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p))
		return NULL;
	compote_push_launch(p, &l);
	did(compote_push_finish(p), "a push buffer with a launch");
	return p;
}

/* A full ring is waited for: the job before this one must be done then. */
static int submit(struct compote_channel *ch, struct compote_push *p, uint64_t *job)
{
	int ret;

	while ((ret = compote_submit(ch, p, NULL, job)) == -EBUSY) {
		ret = compote_channel_wait(ch, *job, 60 * SECOND);
		if (ret)
			return ret;
	}
	return ret;
}

static void run(struct compote_space *space, struct compote_kernel *kernel, uint32_t times)
{
	uint32_t *sum = calloc(N, 4), *one = calloc(N, 4), i, wrong = 0;
	struct compote_channel *ch;
	struct compote_push *p;
	uint64_t job = 0;
	int64_t start;
	int ret = 0;

	for (i = 0; i < N; i++)
		one[i] = 1;
	p = build(space, kernel, sum, one);
	if (!p || !did(compote_channel_create(space, NULL, &ch), "a channel"))
		return;
	start = now();
	for (i = 0; i < times && !ret; i++)
		ret = submit(ch, p, &job);
	did(ret, "all submits");
	did(compote_channel_wait(ch, job, 600 * SECOND), "all jobs are done");
	printf("# %.1f us a job\n", (double)(now() - start) / 1000 / times);
	for (i = 0; i < N; i++)
		wrong += sum[i] != times;
	ok(!wrong, "every one of them ran once");
	tell(ch);
	compote_channel_destroy(ch);
	compote_push_destroy(p);
	free(sum);
	free(one);
}

int main(int argc, char **argv)
{
	uint32_t times = argc > 1 ? (uint32_t)atoi(argv[1]) : 10000;
	struct compote_device *dev;
	struct compote_space *space;
	struct compote_kernel *kernel = NULL;

	if (!did(compote_device_open(argc > 2 ? argv[2] : NULL, &dev), "a device"))
		return finish();
	if (!did(compote_space_create(dev, 0, &space), "its mirror of this process"))
		return finish();
	if (did(compote_kernel_create(space, &vector_add_code, &kernel), "a kernel"))
		run(space, kernel, times);
	compote_kernel_free(kernel);
	compote_space_destroy(space);
	compote_device_close(dev);
	return finish();
}
