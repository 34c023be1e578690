// SPDX-License-Identifier: MIT
/* Low memory: where it is, that pieces do not overlap, that what is freed comes again. */
#include "fake.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1ul << 20)

static void test_arguments(void **state)
{
	struct compote_space *s = fake_space();
	void *p;

	assert_int_equal(compote_alloc(s, 0, 0, &p), -EINVAL);
	assert_int_equal(compote_alloc(s, 1, 3, &p), -EINVAL);
	assert_int_equal(compote_alloc(s, 1, 4 * MIB, &p), -EINVAL);
	assert_int_equal(compote_alloc(NULL, 1, 0, &p), -EINVAL);
	assert_int_equal(compote_alloc(s, 1, 0, NULL), -EINVAL);
	assert_int_equal(compote_alloc(s, SIZE_MAX, 0, &p), -ENOSPC);
	assert_int_equal(compote_alloc(s, 1ul << 40, 0, &p), -ENOSPC);
	compote_free(s, NULL);
	compote_free(NULL, NULL);
	compote_space_destroy(s);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 1, 255, 256, 257, 4096, 100000, MIB, MIB + 1, 2 * MIB,
					5 * MIB, 65 * MIB };
	struct compote_space *s = fake_space();
	char *p[ARRAY_SIZE(sizes)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(compote_alloc(s, sizes[i], 0, (void **)&p[i]), 0);
		assert_int_equal(addr_of(p[i]) % 256, 0);
		assert_true(addr_of(p[i]) + sizes[i] <= LOW_LIMIT);
		assert_int_equal(p[i][0], 0);
		assert_int_equal(p[i][sizes[i] - 1], 0);
		p[i][0] = p[i][sizes[i] - 1] = (char)(i + 1);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(p[i][0], i + 1);
		assert_int_equal(p[i][sizes[i] - 1], i + 1);
		compote_free(s, p[i]);
	}
	assert_int_equal(lowmem_used(&s->low), 0);
	compote_space_destroy(s);
}

static void test_alignment(void **state)
{
	struct compote_space *s = fake_space();
	size_t align;
	void *p[22], *odd[22];
	int i;

	for (i = 0; i < 22; i++) {
		align = (size_t)1 << i;
		assert_int_equal(compote_alloc(s, 300, 0, &odd[i]), 0);
		assert_int_equal(compote_alloc(s, 300, align, &p[i]), 0);
		assert_int_equal(addr_of(p[i]) % align, 0);
	}
	for (i = 0; i < 22; i++) {
		compote_free(s, p[i]);
		compote_free(s, odd[i]);
	}
	assert_int_equal(lowmem_used(&s->low), 0);
	compote_space_destroy(s);
}

/* Memory that was used is zero again, and the same place is taken again. */
static void test_reuse(void **state)
{
	struct compote_space *s = fake_space();
	char *p, *q;
	int i;

	assert_int_equal(compote_alloc(s, 1000, 0, (void **)&p), 0);
	for (i = 0; i < 100; i++) {
		memset(p, 0xff, 1000);
		compote_free(s, p);
		assert_int_equal(compote_alloc(s, 1000, 0, (void **)&q), 0);
		assert_ptr_equal(p, q);
		assert_int_equal(q[999], 0);
	}
	for (i = 0; i < 100; i++) {	/* 64 MiB each time: more than the heap has, were it lost */
		assert_int_equal(compote_alloc(s, 64 * MIB, 0, (void **)&q), 0);
		q[64 * MIB - 1] = 1;
		compote_free(s, q);
	}
	compote_free(s, p);
	compote_space_destroy(s);
}

#define PIECES 400

struct piece {
	unsigned char *p;
	size_t bytes;
	unsigned char mark;
};

static void check(struct compote_space *s, struct piece *x)
{
	size_t i;

	for (i = 0; i < x->bytes; i++)
		assert_int_equal(x->p[i], x->mark);
	compote_free(s, x->p);
	x->p = NULL;
}

/* Many pieces that come and go: each keeps what was written to it. */
static void churn(struct compote_space *s, unsigned int seed)
{
	struct piece v[PIECES] = { { 0 } };
	int turn;

	for (turn = 0; turn < 4000; turn++) {
		struct piece *x = &v[rand_r(&seed) % PIECES];

		if (x->p) {
			check(s, x);
			continue;
		}
		x->bytes = 1 + (size_t)rand_r(&seed) % (turn % 50 ? 5000 : 700000);
		x->mark = (unsigned char)turn;
		assert_int_equal(compote_alloc(s, x->bytes, 0, (void **)&x->p), 0);
		memset(x->p, x->mark, x->bytes);
	}
	for (turn = 0; turn < PIECES; turn++)
		if (v[turn].p)
			check(s, &v[turn]);
}

static void test_churn(void **state)
{
	struct compote_space *s = fake_space();

	churn(s, 1);
	assert_int_equal(lowmem_used(&s->low), 0);
	compote_space_destroy(s);
}

static void *thread(void *s)
{
	churn(s, 2);
	return NULL;
}

static void test_threads(void **state)
{
	struct compote_space *s = fake_space();
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, thread, s), 0);
	churn(s, 3);
	pthread_join(t, NULL);
	assert_int_equal(lowmem_used(&s->low), 0);
	compote_space_destroy(s);
}

/* The heap ends: an error, and all is well after freeing. */
static void test_full(void **state)
{
	struct compote_space *s = fake_space();
	void *p[64], *code;
	int n = 0;

	while (n < 64 && !lowmem_alloc(&s->low, 60 * MIB, 0, true, &p[n]))
		n++;
	assert_true(n > 0 && n < 64);
	assert_int_equal(lowmem_alloc(&s->low, 60 * MIB, 0, true, &code), -ENOSPC);
	compote_free(s, p[--n]);
	assert_int_equal(lowmem_alloc(&s->low, 60 * MIB, 0, true, &p[n]), 0);
	do
		compote_free(s, p[n]);
	while (n--);
	assert_int_equal(lowmem_used(&s->low), 0);
	compote_space_destroy(s);
}

/* A child has none of it, so that no fork makes the driver take it from a job. */
static void test_fork(void **state)
{
	struct compote_space *s = fake_space();
	volatile char *p;
	int status;
	pid_t pid;

	assert_int_equal(compote_alloc(s, 100, 0, (void **)&p), 0);
	*p = 1;
	pid = fork();
	if (!pid) {
		unsigned char v;

		_exit(mincore((void *)(addr_of(p) & ~4095ul), 4096, &v) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	compote_space_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
