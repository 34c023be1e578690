// SPDX-License-Identifier: MIT
/* Push buffers: how methods are encoded, what errors do, which memory a job names. */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct compote_space *space;

static struct compote_push *make(uint32_t engine)
{
	struct compote_push *p;

	assert_int_equal(compote_push_create(space, engine, &p), 0);
	return p;
}

static int setup(void **state)
{
	space = fake_space();
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(lowmem_used(&space->low), 0);
	compote_space_destroy(space);
	return 0;
}

/* The words are those of clc06f.h: opcode 31:29, count or data 28:16, subchannel 15:13, 11:0. */
static void test_encodings(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);
	static const uint32_t data[] = { 0xaaaaaaaa, 0xbbbbbbbb };
	static const uint32_t expected[] = {
		0x200220ad, 0xaaaaaaaa, 0xbbbbbbbb,	/* incrementing, 2, subchannel 1, 0x2b4 */
		0x600280ac, 0xaaaaaaaa, 0xbbbbbbbb,	/* non-incrementing, subchannel 4 */
		0xa002e06c, 0xaaaaaaaa, 0xbbbbbbbb,	/* increment once, subchannel 7 */
		0x9fff2044,				/* immediate, 0x1fff */
		0x20012044, 0x00002000,			/* too large for one */
	};
	const uint32_t *w;

	assert_int_equal(compote_push_methods(p, 1, 0x2b4, data, 2), 0);
	assert_int_equal(compote_push_methods_fixed(p, 4, 0x2b0, data, 2), 0);
	assert_int_equal(compote_push_methods_once(p, 7, 0x1b0, data, 2), 0);
	assert_int_equal(compote_push_method(p, 1, 0x110, 0x1fff), 0);
	assert_int_equal(compote_push_method(p, 1, 0x110, 0x2000), 0);
	assert_int_equal(compote_push_bytes(p), sizeof(expected));
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(p->job.n, 1);
	assert_int_equal(p->job.v[0].flags, COMPOTE_RANGE_PUSH);
	assert_int_equal(p->job.v[0].length, sizeof(expected));
	w = (const uint32_t *)(uintptr_t)p->job.v[0].addr;
	assert_memory_equal(w, expected, sizeof(expected));
	compote_push_destroy(p);
}

static void refuses(int (*call)(struct compote_push *p))
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);

	assert_int_equal(call(p), -EINVAL);
	/* the first error stays, whatever comes after it */
	assert_int_equal(compote_push_method(p, 1, 0x110, 0), -EINVAL);
	assert_int_equal(compote_push_copy(p, NULL, NULL, 0), -EINVAL);
	assert_int_equal(compote_push_bytes(p), 0);
	assert_int_equal(compote_push_finish(p), -EINVAL);
	assert_int_equal(compote_push_reset(p), 0);
	assert_int_equal(compote_push_method(p, 1, 0x110, 0), 0);
	assert_int_equal(compote_push_finish(p), 0);
	compote_push_destroy(p);
}

static const uint32_t words[0x2000];

static int bad_subchannel(struct compote_push *p)
{
	return compote_push_method(p, 8, 0x110, 0);
}

static int bad_method(struct compote_push *p)
{
	return compote_push_method(p, 1, 0x112, 0);
}

static int high_method(struct compote_push *p)
{
	return compote_push_methods(p, 1, 0x4000, words, 1);
}

static int no_data(struct compote_push *p)
{
	return compote_push_methods(p, 1, 0x100, NULL, 1);
}

static int no_words(struct compote_push *p)
{
	return compote_push_methods_fixed(p, 1, 0x100, words, 0);
}

static int many_words(struct compote_push *p)
{
	return compote_push_methods(p, 1, 0x100, words, 0x2000);
}

static int no_memory(struct compote_push *p)
{
	return compote_push_range(p, words, 0, 0);
}

static int bad_flag(struct compote_push *p)
{
	return compote_push_range(p, words, 4, COMPOTE_RANGE_PUSH);
}

static int wrapping(struct compote_push *p)
{
	return compote_push_range(p, words, SIZE_MAX, 0);
}

static int odd_word(struct compote_push *p)
{
	return compote_push_release(p, (uint32_t *)(uintptr_t)0x10002, 1);
}

static int no_fence(struct compote_push *p)
{
	return compote_push_fence(p, NULL, 1);
}

static int odd_inline(struct compote_push *p)
{
	return compote_push_inline(p, (void *)(uintptr_t)0x10000, words, 6);
}

static void test_refused(void **state)
{
	refuses(bad_subchannel);
	refuses(bad_method);
	refuses(high_method);
	refuses(no_data);
	refuses(no_words);
	refuses(many_words);
	refuses(no_memory);
	refuses(bad_flag);
	refuses(wrapping);
	refuses(odd_word);
	refuses(no_fence);
	refuses(odd_inline);
}

static void test_arguments(void **state)
{
	struct compote_push *p;

	assert_int_equal(compote_push_create(space, 2, &p), -EINVAL);
	assert_int_equal(compote_push_create(NULL, 0, &p), -EINVAL);
	assert_int_equal(compote_push_create(space, 0, NULL), -EINVAL);
	assert_int_equal(compote_push_method(NULL, 0, 0, 0), -EINVAL);
	assert_int_equal(compote_push_finish(NULL), -EINVAL);
	assert_int_equal(compote_push_reset(NULL), -EINVAL);
	assert_int_equal(compote_push_bytes(NULL), 0);
	compote_push_destroy(NULL);
}

static void test_high_fence(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COPY);
	uint32_t word = 0;	/* on the stack: above 2^40 */

	assert_int_equal(compote_push_release(p, &word, 1), -ERANGE);
	compote_push_destroy(p);
}

static void test_wrong_engine(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COPY);
	uint32_t v = 0;

	assert_int_equal(compote_push_inline(p, &v, &v, 4), -EOPNOTSUPP);
	compote_push_destroy(p);
	p = make(COMPOTE_ENGINE_COMPUTE);
	assert_int_equal(compote_push_fill(p, &v, 0, 4, 4), -EOPNOTSUPP);
	compote_push_destroy(p);
}

static void test_finished(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);

	compote_push_method(p, 1, 0x110, 0);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_push_method(p, 1, 0x110, 0), -EBUSY);
	compote_push_destroy(p);
}

/* Large methods: nothing is torn apart, and all comes out in order. */
static void test_growing(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);
	uint32_t *data = malloc(20000 * 4), i, n = 0, seen = 0;
	uint64_t at, left;

	for (i = 0; i < 20000; i++)
		data[i] = i;
	assert_int_equal(compote_push_methods_fixed(p, 3, 0x104, data, 20000), 0);
	for (i = 0; i < 3000; i++)
		assert_int_equal(compote_push_methods(p, 3, 0x104, data, 1 + i % 7), 0);
	assert_int_equal(compote_push_finish(p), 0);
	assert_true(p->job.n > 1);
	for (i = 0; i < p->job.n; i++) {
		const uint32_t *w = (const uint32_t *)(uintptr_t)p->job.v[i].addr;

		assert_int_equal(p->job.v[i].flags, COMPOTE_RANGE_PUSH);
		left = p->job.v[i].length / 4;
		for (at = 0; at < left; at += 1 + n) {
			n = w[at] >> 16 & 0x1fff;
			assert_true(at + n < left);
			assert_int_equal(w[at] >> 13 & 7, 3);
			seen += n;
		}
		assert_int_equal(at, left);
	}
	assert_int_equal(seen, 20000 + 3000 / 7 * 28 + 1 + 2 + 3 + 4);
	free(data);
	compote_push_destroy(p);
}

static bool has(const struct compote_push *p, uint64_t addr, uint64_t length, uint32_t flags)
{
	uint32_t i;

	for (i = 0; i < p->job.n; i++)
		if (p->job.v[i].addr == addr && p->job.v[i].length == length &&
		    p->job.v[i].flags == flags)
			return true;
	return false;
}

/* Whole pages; neighbours of one kind are one; reading and writing are kept apart. */
static void test_ranges(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);
	char *m = (char *)(uintptr_t)0x7f0000000000;

	compote_push_method(p, 1, 0x110, 0);
	compote_push_range(p, m + 0x2100, 8, 0);
	compote_push_range(p, m + 0x10, 0x1000, 0);
	compote_push_range(p, m + 0x2ff8, 8, 0);
	compote_push_range(p, m + 0x3000, 1, COMPOTE_RANGE_WRITE);
	compote_push_range(p, m + 0x5000, 0x1001, COMPOTE_RANGE_WRITE);
	compote_push_range(p, m + 0x6000, 1, COMPOTE_RANGE_WRITE);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(p->job.n, 4);
	assert_int_equal(p->job.v[0].flags, COMPOTE_RANGE_PUSH);
	assert_true(has(p, addr_of(m), 0x3000, 0));
	assert_true(has(p, addr_of(m) + 0x3000, 0x1000, COMPOTE_RANGE_WRITE));
	assert_true(has(p, addr_of(m) + 0x5000, 0x2000, COMPOTE_RANGE_WRITE));
	compote_push_destroy(p);
}

static void test_too_many_ranges(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);
	uintptr_t i;

	for (i = 0; i < 256; i++)
		assert_int_equal(compote_push_range(p, (void *)(0x10000 + i * 0x2000), 1, 0), 0);
	assert_int_equal(compote_push_finish(p), 0);
	compote_push_reset(p);
	for (i = 0; i < 257; i++)
		assert_int_equal(compote_push_range(p, (void *)(0x10000 + i * 0x2000), 1, 0), 0);
	assert_int_equal(compote_push_finish(p), -E2BIG);
	compote_push_destroy(p);
}

static void test_many_resets(void **state)
{
	struct compote_push *p = make(COMPOTE_ENGINE_COMPUTE);
	int turn, i;

	for (turn = 0; turn < 1000; turn++) {
		for (i = 0; i < 3000; i++)
			compote_push_methods(p, 1, 0x100, words, 1);
		assert_int_equal(compote_push_finish(p), 0);
		assert_int_equal(compote_push_reset(p), 0);
	}
	assert_true(lowmem_used(&space->low) < 256u << 10);
	compote_push_destroy(p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_encodings),
		TEST(test_refused),
		TEST(test_arguments),
		TEST(test_high_fence),
		TEST(test_wrong_engine),
		TEST(test_finished),
		TEST(test_growing),
		TEST(test_ranges),
		TEST(test_too_many_ranges),
		TEST(test_many_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
