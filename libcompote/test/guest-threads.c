// SPDX-License-Identifier: MIT
/*
 * Eight threads on one space: each has buffers and kernels of its own, and launches by turns on a
 * channel of its own and on one that all share. Arguments: launches per thread (16), the device's
 * file.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "guest.h"

#define THREADS	8u
#define SECOND	INT64_C(1000000000)

static struct compote_space *space;
static struct compote_channel *shared;
static uint32_t launches = 16;
static atomic_uint wrong, failed;

static int add(struct compote_channel *ch, struct compote_kernel *k, struct compote_fence *fence,
	       const struct vector_add_args *args, uint64_t value)
{
	struct compote_launch l = {
		.kernel = k,
		.grid = { (args->n + 63) / 64, 1, 1 },
		.block = { 64, 1, 1 },
		.args = args,
		.args_bytes = vector_add_code.param_bytes,
	};
	struct compote_push *p;
	int ret = compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p);

	if (ret)
		return ret;
	compote_push_launch(p, &l);
	compote_push_fence(p, fence, value);
	ret = compote_push_finish(p);
	if (!ret)
		ret = compote_submit(ch, p, NULL, NULL);
	if (!ret)
		ret = compote_fence_wait(fence, value, ch, 60 * SECOND);
	compote_push_destroy(p);
	return ret;
}

/* One launch on fresh memory, whose size is another each time. */
static int turn(struct compote_channel *ch, struct compote_fence *fence, uint32_t seed,
		uint64_t value)
{
	uint32_t n = 100 + seed % 7 * 300, i;
	uint32_t *a = malloc(n * 4), *b = malloc(n * 4), *to = calloc(n, 4);
	struct vector_add_args args = { a, b, to, n };
	struct compote_kernel *k;
	int ret = compote_kernel_create(space, &vector_add_code, &k);

	for (i = 0; i < n; i++) {
		a[i] = i * seed;
		b[i] = seed << 8;
	}
	if (!ret)
		ret = add(ch, k, fence, &args, value);
	for (i = 0; !ret && i < n; i++)
		wrong += to[i] != i * seed + (seed << 8);
	compote_kernel_free(k);
	free(a);
	free(b);
	free(to);
	return ret;
}

static void *run(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg, i;
	struct compote_fence *fence = NULL;
	struct compote_channel *own;
	int ret = compote_channel_create(space, NULL, &own);

	if (!ret)
		ret = compote_fence_create(space, COMPOTE_FENCE_MEMORY, &fence);
	for (i = 0; i < launches && !ret; i++)
		ret = turn(i & 1 ? own : shared, fence, seed + i * THREADS, i + 1);
	if (ret) {
		printf("# thread %u, launch %u: %s\n", seed, i, compote_strerror(ret));
		tell(i & 1 ? shared : own);
		failed++;
	}
	compote_channel_destroy(own);
	compote_fence_destroy(fence);
	return NULL;
}

int main(int argc, char **argv)
{
	struct compote_device *dev;
	pthread_t t[THREADS];
	uintptr_t i;

	launches = argc > 1 ? (uint32_t)atoi(argv[1]) : launches;
	if (!did(compote_device_open(argc > 2 ? argv[2] : NULL, &dev), "a device"))
		return finish();
	if (!did(compote_space_create(dev, 0, &space), "its mirror of this process"))
		return finish();
	if (!did(compote_channel_create(space, NULL, &shared), "a channel for all"))
		return finish();
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, run, (void *)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	ok(!failed, "eight threads launch");
	ok(!wrong, "all sums are right");
	compote_channel_destroy(shared);
	compote_space_destroy(space);
	compote_device_close(dev);
	return finish();
}
