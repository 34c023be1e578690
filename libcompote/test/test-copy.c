// SPDX-License-Identifier: MIT
/* Copies, fills, inline data and fences: the fake GPU does what the methods say. */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"

static struct compote_space *space;
static struct compote_channel *channel;

static int setup_engine(uint32_t engine)
{
	struct compote_channel_options o = { .engine = engine };

	space = fake_space();
	assert_int_equal(compote_channel_create(space, &o, &channel), 0);
	return 0;
}

static int setup_copy(void **state)
{
	return setup_engine(COMPOTE_ENGINE_COPY);
}

static int setup_compute(void **state)
{
	return setup_engine(COMPOTE_ENGINE_COMPUTE);
}

static int teardown(void **state)
{
	compote_channel_destroy(channel);
	assert_int_equal(lowmem_used(&space->low), 0);
	compote_space_destroy(space);
	return 0;
}

static struct compote_push *make(void)
{
	struct compote_push *p;

	assert_int_equal(compote_push_create(space, channel->engine, &p), 0);
	return p;
}

static void run(struct compote_push *p)
{
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(channel, p, NULL, NULL), 0);
	assert_int_equal(fake.refused, 0);
	compote_push_destroy(p);
}

static void test_copy(void **state)
{
	size_t n = 3000001;
	char *a = malloc(n), *b = calloc(1, n + 1);
	struct compote_push *p = make();
	size_t i;

	for (i = 0; i < n; i++)
		a[i] = (char)(i * 7);
	assert_int_equal(compote_push_copy(p, b, a, n), 0);
	run(p);
	assert_memory_equal(a, b, n);
	assert_int_equal(b[n], 0);
	assert_int_equal(fake_once(4, CE_LAUNCH_DMA), 0x186);
	free(a);
	free(b);
}

/* More than a launch can take is several; nothing of it is there, so it is not executed. */
static void test_large_copy(void **state)
{
	struct compote_push *p = make();
	char *a = (char *)(uintptr_t)0x100000000000, *b = (char *)(uintptr_t)0x200000000000;
	const uint32_t *w;
	size_t i, launches = 0;

	assert_int_equal(compote_push_copy(p, a, b, ((size_t)5 << 30) + 5), 0);
	assert_int_equal(compote_push_finish(p), 0);
	w = (const uint32_t *)(uintptr_t)p->job.v[0].addr;
	for (i = 0; i < p->job.v[0].length / 4; i++)
		launches += w[i] == (0x80000000u | 0x186u << 16 | 4u << 13 | CE_LAUNCH_DMA / 4);
	assert_int_equal(launches, 6);
	compote_push_destroy(p);
}

static void fill(uint32_t value, unsigned int unit, size_t bytes)
{
	char *m = calloc(1, bytes + 8);
	struct compote_push *p = make();
	size_t i;

	assert_int_equal(compote_push_fill(p, m + unit, value, unit, bytes), 0);
	run(p);
	for (i = 0; i < bytes; i += unit)
		assert_memory_equal(m + unit + i, &value, unit);
	for (i = 0; i < unit; i++) {
		assert_int_equal(m[i], 0);
		assert_int_equal(m[unit + bytes + i], 0);
	}
	free(m);
}

static void test_fill(void **state)
{
	fill(0x12345678, 4, 40000);
	fill(0xabcd, 2, 6);
	fill(0xee, 1, 12345);
}

static void refuse(int ret, struct compote_push *p)
{
	assert_int_equal(ret, -EINVAL);
	compote_push_destroy(p);
}

static void test_refused(void **state)
{
	struct compote_push *p;
	char m[64] __attribute__((aligned(8)));

	p = make(), refuse(compote_push_copy(p, m, m + 8, 0), p);
	p = make(), refuse(compote_push_copy(p, m, m + 8, 9), p);
	p = make(), refuse(compote_push_copy(p, m + 8, m, 9), p);
	p = make(), refuse(compote_push_copy(p, m, m, 1), p);
	p = make(), refuse(compote_push_copy(p, m, m + 8, SIZE_MAX), p);
	p = make(), refuse(compote_push_fill(p, m, 0, 3, 6), p);
	p = make(), refuse(compote_push_fill(p, m, 0, 0, 6), p);
	p = make(), refuse(compote_push_fill(p, m, 0, 8, 8), p);
	p = make(), refuse(compote_push_fill(p, m + 2, 0, 4, 8), p);
	p = make(), refuse(compote_push_fill(p, m, 0, 4, 6), p);
	p = make(), refuse(compote_push_fill(p, m, 0, 4, 0), p);
}

static void test_inline(void **state)
{
	uint32_t *m = calloc(8190, 4), data[8190], i;
	struct compote_push *p = make();

	for (i = 0; i < 8190; i++)
		data[i] = i * 3;
	assert_int_equal(compote_push_inline(p, m, data, sizeof(data)), 0);
	run(p);
	assert_memory_equal(m, data, sizeof(data));
	assert_int_equal(fake_once(1, CP_LAUNCH_DMA), 0x11);
	p = make(), refuse(compote_push_inline(p, m, data, 32764), p);
	free(m);
}

static void test_fence(void **state)
{
	struct compote_push *p = make();
	struct compote_fence *f;

	assert_int_equal(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &f), 0);
	assert_int_equal(compote_fence_syncobj(f), 0);
	assert_int_equal(compote_fence_wait(f, 1, NULL, 0), -ETIME);
	assert_int_equal(compote_fence_wait(f, 1, channel, 3000000), -ETIME);
	assert_int_equal(compote_push_fence(p, f, 5), 0);
	run(p);
	assert_int_equal(compote_fence_wait(f, 5, NULL, 0), 0);
	assert_int_equal(compote_fence_wait(f, 6, NULL, 0), -ETIME);
	p = make();
	assert_int_equal(compote_push_fence(p, f, UINT64_C(0x700000001)), 0);
	run(p);
	assert_int_equal(*compote_fence_word(f), UINT64_C(0x700000001));
	assert_int_equal(compote_fence_wait(f, UINT64_C(0x700000001), channel, -1), 0);
	assert_int_equal(compote_fence_reset(f), 0);
	assert_int_equal(compote_fence_wait(f, 1, channel, 0), -ETIME);
	compote_fence_destroy(f);
	compote_fence_destroy(NULL);
}

/* The low half first: what a reader sees between the two is too low, never too high. */
static void test_halves(void **state)
{
	struct compote_push *p = make();
	struct compote_fence *f;
	unsigned int i, n = 0;
	uint32_t low[2] = { 0 };

	assert_int_equal(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &f), 0);
	assert_int_equal(compote_push_fence(p, f, UINT64_C(0x100000000)), 0);
	fake_forget();
	run(p);
	for (i = 0; i < fake.nr_methods; i++)
		if (fake.m[i].method == HOST_SEMAPHORE_B && n < 2)
			low[n++] = fake.m[i].data;
	assert_int_equal(n, 2);
	assert_int_equal(low[0] + 4, low[1]);
	compote_fence_destroy(f);
}

static void test_stopped(void **state)
{
	struct compote_fence *f;

	assert_int_equal(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &f), 0);
	fake.stopped = COMPOTE_CHANNEL_FAULT;
	assert_int_equal(compote_fence_wait(f, 1, channel, COMPOTE_FOREVER), -EIO);
	assert_int_equal(compote_fence_wait(f, 1, NULL, 1000), -ETIME);
	compote_fence_destroy(f);
}

static void test_word(void **state)
{
	uint32_t word = 0xfffffffe;

	assert_int_equal(compote_word_wait(&word, 0xfffffffe, 0), 0);
	assert_int_equal(compote_word_wait(&word, 2, 0), -ETIME);
	word = 3;
	assert_int_equal(compote_word_wait(&word, 0xfffffffe, 0), 0);
	assert_int_equal(compote_word_wait(NULL, 0, 0), -EINVAL);
}

#define COPY(f) cmocka_unit_test_setup_teardown(f, setup_copy, teardown)
#define COMPUTE(f) cmocka_unit_test_setup_teardown(f, setup_compute, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COPY(test_copy),
		COPY(test_large_copy),
		COPY(test_fill),
		COPY(test_refused),
		COMPUTE(test_inline),
		COPY(test_fence),
		COMPUTE(test_fence),
		COMPUTE(test_halves),
		COMPUTE(test_stopped),
		COMPUTE(test_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
