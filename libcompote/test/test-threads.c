// SPDX-License-Identifier: MIT
/*
 * Many threads on one space: what the library promises of one and the same object, for the thread
 * sanitizer (and the others) to look at.
 */
#include "fake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define THREADS	8u
#define TURNS	40u

static struct compote_space *space;
static struct compote_channel *shared, *copier;
static struct compote_push *common;
static struct compote_fence *common_fence;
static atomic_uint failed;

static const uint64_t words[8];

#define MUST(call) do { \
	if (call) \
		failed++; \
} while (0)

/* Launches that need more and more local memory: the channel's grows while others submit. */
static void launch(struct compote_channel *ch, struct compote_fence *fence, uint32_t turn)
{
	struct compote_code code = { .code = words, .code_bytes = sizeof(words), .registers = 8,
				     .local_bytes = turn % 5 * 256, .param_bytes = 4 };
	struct compote_launch l = { .grid = { 1, 1, 1 }, .block = { 32, 1, 1 }, .args = &turn,
				    .args_bytes = sizeof(turn) };
	struct compote_kernel *k;
	struct compote_push *p;
	uint64_t job;

	MUST(compote_kernel_create(space, &code, &k));
	l.kernel = k;
	MUST(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p));
	compote_push_launch(p, &l);
	compote_push_fence(p, fence, turn + 1);
	MUST(compote_push_finish(p));
	MUST(compote_submit(ch, p, NULL, &job));
	MUST(compote_fence_wait(fence, turn + 1, ch, COMPOTE_FOREVER));
	MUST(compote_channel_wait(ch, job, COMPOTE_FOREVER));
	compote_push_destroy(p);
	compote_kernel_free(k);
}

static void copy(uint32_t turn)
{
	char from[300], to[300];
	struct compote_push *p;

	memset(from, (int)turn, sizeof(from));
	MUST(compote_push_create(space, COMPOTE_ENGINE_COPY, &p));
	compote_push_copy(p, to, from, sizeof(to));
	MUST(compote_push_finish(p));
	MUST(compote_submit(copier, p, NULL, NULL));
	MUST(memcmp(from, to, sizeof(to)));
	compote_push_destroy(p);
}

static void *run(void *arg)
{
	struct compote_statistics st;
	struct compote_fence *fence;
	struct compote_channel *own;
	void *memory;
	uint32_t i;

	MUST(compote_channel_create(space, NULL, &own));
	MUST(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &fence));
	for (i = 0; i < TURNS; i++) {
		launch(i & 1 ? own : shared, fence, i);
		copy(i);
		MUST(compote_submit(shared, common, NULL, NULL));
		MUST(compote_fence_wait(common_fence, 1, shared, COMPOTE_FOREVER));
		MUST(compote_alloc(space, 1000 + i * 777, 0, &memory));
		memset(memory, 1, 1000);
		compote_free(space, memory);
		MUST(compote_statistics(space, &st));
	}
	compote_channel_destroy(own);
	compote_fence_destroy(fence);
	return NULL;
}

static void test_one_space(void **state)
{
	struct compote_channel_options o = { .engine = COMPOTE_ENGINE_COPY };
	pthread_t t[THREADS];
	unsigned int i;

	space = fake_space();
	fake.forget = true;
	assert_int_equal(compote_channel_create(space, NULL, &shared), 0);
	assert_int_equal(compote_channel_create(space, &o, &copier), 0);
	assert_int_equal(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &common_fence), 0);
	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &common), 0);
	compote_push_fence(common, common_fence, 1);
	assert_int_equal(compote_push_finish(common), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, run, NULL), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(failed, 0);
	assert_int_equal(fake.grids, THREADS * TURNS);
	assert_int_equal(fake.refused, 0);
	compote_push_destroy(common);
	compote_fence_destroy(common_fence);
	compote_channel_destroy(copier);
	compote_channel_destroy(shared);
	assert_int_equal(lowmem_used(&space->low), 0);
	compote_space_destroy(space);
}

/* Objects keep what they were made from alive, whoever drops the last one. */
static void *last(void *arg)
{
	compote_fence_destroy(arg);
	return NULL;
}

static void test_last_reference(void **state)
{
	struct compote_fence *f[THREADS];
	pthread_t t[THREADS];
	unsigned int i, turn;

	for (turn = 0; turn < 20; turn++) {
		space = fake_space();
		for (i = 0; i < THREADS; i++)
			assert_int_equal(compote_fence_create(space, COMPOTE_FENCE_MEMORY,
							      &f[i]), 0);
		compote_space_destroy(space);
		for (i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&t[i], NULL, last, f[i]), 0);
		for (i = 0; i < THREADS; i++)
			pthread_join(t[i], NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_space),
		cmocka_unit_test(test_last_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
