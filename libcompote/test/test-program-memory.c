// SPDX-License-Identifier: MIT
/*
 * The loaders when memory runs out: each allocation fails in turn, and each time the answer is
 * -ENOMEM (and the leak checker has nothing to say). Linked with --wrap for the allocators.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cubin.h"
#include "program.h"

static long allocations_left = -1;	/* until one fails; negative: none does */

static bool fails(void)
{
	return allocations_left >= 0 && allocations_left-- == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

static int from_cubin(struct compote_program **p)
{
	struct cubin_image c;

	cubin_make(&c);
	return compote_program_from_cubin(c.bytes, c.size, p);
}

static int from_asm(struct compote_program **p)
{
	static const char text[] =
		".kernel a\nx: BRA x\n.kernel b\nx: BRA x\n.kernel c\nNOP\n.kernel d\nNOP\n"
		".kernel e\nNOP\n";
	char error[100];
	int ret = compote_program_from_asm(text, strlen(text), p, error, sizeof(error));

	if (ret == -ENOMEM)
		assert_string_equal(error, "");
	return ret;
}

static void fail_each(int (*load)(struct compote_program **))
{
	struct compote_program *p = NULL;
	long n = 0;
	int ret;

	for (;; n++) {
		allocations_left = n;
		ret = load(&p);
		if (allocations_left >= 0)
			break;	/* there were fewer than n + 1 */
		assert_int_equal(ret, -ENOMEM);
		assert_null(p);
	}
	allocations_left = -1;
	assert_int_equal(ret, 0);
	assert_true(n > 5);
	compote_program_free(p);
}

static void test_cubin(void **state)
{
	fail_each(from_cubin);
}

static void test_asm(void **state)
{
	fail_each(from_asm);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cubin),
		cmocka_unit_test(test_asm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
