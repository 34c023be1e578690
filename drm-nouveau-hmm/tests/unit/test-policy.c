// SPDX-License-Identifier: MIT
/*
 * hmm/policy.c in user space: which pages to map around a fault and which to bring back. By examples, by walks
 * of programs through memory, and against a plain count on random maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy.h"

static const struct svm_region whole = { 0, SVM_BLOCK_PAGES };

static void assert_region(struct svm_region r, unsigned int first, unsigned int end)
{
	assert_int_equal(r.first, first);
	assert_int_equal(r.end, end);
}

static unsigned int count(const unsigned long *map, unsigned int first, unsigned int end)
{
	unsigned int n = 0;

	for (; first < end; first++)
		n += test_bit(first, map);
	return n;
}

static struct svm_region around(const unsigned long *mapped, unsigned int page)
{
	DECLARE_BITMAP(wanted, SVM_BLOCK_PAGES) = { 0 };

	bitmap_set(wanted, page, 1);
	return svm_policy_fault_around(mapped, wanted, false, whole);
}

static void test_one_page(void **state)
{
	DECLARE_BITMAP(mapped, SVM_BLOCK_PAGES) = { 0 };

	(void)state;
	assert_region(around(mapped, 0), 0, 16);
	assert_region(around(mapped, 15), 0, 16);
	assert_region(around(mapped, 16), 16, 32);
	assert_region(around(mapped, 511), 496, 512);
}

/* A step up needs more than half: exactly half is not enough. */
static void test_half(void **state)
{
	DECLARE_BITMAP(mapped, SVM_BLOCK_PAGES) = { 0 };

	(void)state;
	bitmap_set(mapped, 16, 1);
	assert_region(around(mapped, 0), 0, 32);	/* 17 of 32 */
	bitmap_set(mapped, 17, 15);
	assert_region(around(mapped, 0), 0, 32);	/* 32 of 64 */
	bitmap_set(mapped, 63, 1);
	assert_region(around(mapped, 0), 0, 64);
}

/* Walks through a block; returns how often it had to ask. */
static unsigned int walk(int step)
{
	DECLARE_BITMAP(mapped, SVM_BLOCK_PAGES) = { 0 };
	unsigned int asked = 0;

	for (int page = step > 0 ? 0 : SVM_BLOCK_PAGES - 1; page >= 0 && page < SVM_BLOCK_PAGES;
	     page += step) {
		struct svm_region r;

		if (test_bit(page, mapped))
			continue;
		r = around(mapped, page);
		assert_true(r.first <= (unsigned int)page && (unsigned int)page < r.end);
		bitmap_set(mapped, r.first, r.end - r.first);
		asked++;
	}
	return asked;
}

static void test_walks(void **state)
{
	(void)state;
	assert_in_range(walk(1), 1, 8);
	assert_in_range(walk(-1), 1, 8);
	assert_in_range(walk(7), 1, 8);
}

/* Far apart, few in a block: 64 KiB each and nothing between them. */
static void test_jumps(void **state)
{
	DECLARE_BITMAP(mapped, SVM_BLOCK_PAGES) = { 0 };
	static const unsigned int pages[] = { 40, 300, 170, 430 };

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct svm_region r = around(mapped, pages[i]);

		assert_region(r, pages[i] / 16 * 16, pages[i] / 16 * 16 + 16);
		bitmap_set(mapped, r.first, 16);
	}
}

static void test_limit(void **state)
{
	DECLARE_BITMAP(wanted, SVM_BLOCK_PAGES) = { 0 };
	DECLARE_BITMAP(none, SVM_BLOCK_PAGES) = { 0 };
	const struct svm_region limit = { 5, 500 };

	(void)state;
	bitmap_set(wanted, 6, 1);
	assert_region(svm_policy_fault_around(none, wanted, false, limit), 5, 16);
	bitmap_set(wanted, 499, 1);
	assert_region(svm_policy_fault_around(none, wanted, false, limit), 5, 500);
	assert_region(svm_policy_bring_back(none, 7, limit), 5, 16);
}

/* The neighbour is mapped: one page is enough to ask for all. */
static void test_stream(void **state)
{
	DECLARE_BITMAP(wanted, SVM_BLOCK_PAGES) = { 0 };
	DECLARE_BITMAP(none, SVM_BLOCK_PAGES) = { 0 };
	const struct svm_region limit = { 5, 500 };

	(void)state;
	bitmap_set(wanted, 100, 1);
	assert_region(svm_policy_fault_around(none, wanted, true, whole), 0, 512);
	assert_region(svm_policy_fault_around(none, wanted, true, limit), 5, 500);
}

static void random_map(unsigned long *map)
{
	unsigned int runs = rand() % 12;

	bitmap_zero(map, SVM_BLOCK_PAGES);
	while (runs--) {
		unsigned int first = rand() % SVM_BLOCK_PAGES, n = 1 + rand() % 80;

		bitmap_set(map, first, first + n > SVM_BLOCK_PAGES ? SVM_BLOCK_PAGES - first : n);
	}
}

/* The largest aligned power of two of groups around @page that is more than half in @map, with its group. */
static struct svm_region densest(const unsigned long *map, unsigned int page)
{
	DECLARE_BITMAP(with, SVM_BLOCK_PAGES);
	unsigned int size = SVM_BLOCK_PAGES, first;

	bitmap_copy(with, map, SVM_BLOCK_PAGES);
	bitmap_set(with, page & ~15u, 16);
	for (;; size /= 2) {
		first = page & ~(size - 1);
		if (size == 16 || count(with, first, first + size) * 2 > size)
			return (struct svm_region) { first, first + size };
	}
}

static void test_random(void **state)
{
	DECLARE_BITMAP(map, SVM_BLOCK_PAGES);

	(void)state;
	srand(1);
	for (int turn = 0; turn < 20000; turn++) {
		unsigned int page = rand() % SVM_BLOCK_PAGES;
		struct svm_region is;

		random_map(map);
		is = densest(map, page);
		assert_region(svm_policy_bring_back(map, page, whole), is.first, is.end);
		assert_region(around(map, page), is.first, is.end);
	}
}

/* Several pages at once: all of them, in whole groups, within the limit. */
static void test_random_wanted(void **state)
{
	DECLARE_BITMAP(mapped, SVM_BLOCK_PAGES);
	DECLARE_BITMAP(wanted, SVM_BLOCK_PAGES);

	(void)state;
	srand(2);
	for (int turn = 0; turn < 20000; turn++) {
		unsigned int n = 1 + rand() % 20, least = SVM_BLOCK_PAGES, most = 0;
		struct svm_region r;

		random_map(mapped);
		bitmap_zero(wanted, SVM_BLOCK_PAGES);
		while (n--) {
			unsigned int page = rand() % SVM_BLOCK_PAGES;

			bitmap_set(wanted, page, 1);
			least = page < least ? page : least;
			most = page > most ? page : most;
		}
		r = svm_policy_fault_around(mapped, wanted, false, whole);
		assert_true(r.first <= least && most < r.end);
		assert_true(r.first % 16 == 0 && r.end % 16 == 0 && r.end <= SVM_BLOCK_PAGES);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_page),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
