// SPDX-License-Identifier: MIT
/*
 * test-qmd.c - decoding of the queue metadata: both layouts, field by field, and what is refused.
 *
 * The positions here are typed from clc1c0qmd.h again, independently of qmd.c's tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gp104/qmd.h"

static uint32_t w[QMD_WORDS];

static void set(unsigned int hi, unsigned int lo, uint32_t val)
{
	unsigned int i;

	for (i = lo; i <= hi; i++) {
		w[i / 32] &= ~(1u << (i & 31));
		w[i / 32] |= (val >> (i - lo) & 1) << (i & 31);
	}
}

/* What Mesa's gp100_compute_setup_launch_desc() writes for a plain kernel. */
static void plain(void)
{
	memset(w, 0, sizeof(w));
	set(134, 134, 1);
	set(366, 366, 1);
	set(369, 368, 1);
	set(378, 378, 1);
	set(287, 256, 0x1200);
	set(415, 384, 70000);
	set(431, 416, 3);
	set(463, 448, 2);
	set(607, 592, 64);
	set(623, 608, 2);
	set(639, 624, 1);
	set(561, 544, 0x400);
	set(951, 928, 0x120);
	set(1015, 992, 0x800);
	set(991, 984, 24);
	set(959, 955, 1);
	set(640, 640, 1);
	set(647, 647, 1);
	set(1055, 1024, 0x89abcd00);
	set(1072, 1056, 0x1ff);
	set(1087, 1075, 0x1000);
	set(1055 + 7 * 64, 1024 + 7 * 64, 0x100);
	set(1087 + 7 * 64, 1075 + 7 * 64, 0x80);
}

static void test_layout_2_1(void **state)
{
	struct qmd q;

	plain();
	assert_true(qmd_decode(w, &q));
	assert_int_equal(q.program_offset, 0x1200);
	assert_int_equal(q.grid[0], 70000);
	assert_int_equal(q.grid[1], 3);
	assert_int_equal(q.grid[2], 2);
	assert_int_equal(q.block[0], 64);
	assert_int_equal(q.block[1], 2);
	assert_int_equal(q.block[2], 1);
	assert_int_equal(q.shared_size, 0x400);
	assert_int_equal(q.local_low, 0x120);
	assert_int_equal(q.local_high, 0);
	assert_int_equal(q.crs_size, 0x800);
	assert_int_equal(q.registers, 24);
	assert_int_equal(q.barriers, 1);
	assert_true(q.cbuf[0].valid && q.cbuf[7].valid && !q.cbuf[1].valid);
	assert_true(q.cbuf[0].addr == UINT64_C(0x1ff89abcd00));
	assert_int_equal(q.cbuf[0].size, 0x10000);
	assert_int_equal(q.cbuf[7].addr, 0x100);
	assert_int_equal(q.cbuf[7].size, 0x800);
	assert_false(q.release[0].enable || q.release[1].enable || q.is_queue || q.has_dependent);
	assert_int_equal(qmd_check(&q), 0);
}

static void test_layout_1_7(void **state)
{
	struct qmd q;

	memset(w, 0, sizeof(w));
	set(583, 580, 1);
	set(579, 576, 7);
	set(202, 202, 1);
	set(447, 432, 5);
	set(1503, 1496, 32);
	set(1463, 1440, 0x40);
	set(1471, 1467, 2);
	set(641, 641, 1);
	set(959 + 64, 928 + 64, 0x2000);
	set(967 + 64, 960 + 64, 0xab);
	set(991 + 64, 975 + 64, 0x1234);
	set(767, 736, 0x3000);
	set(799, 799, 1);
	set(831, 800, 0xfeed);
	assert_true(qmd_decode(w, &q));
	assert_int_equal(q.grid[2], 5);
	assert_int_equal(q.registers, 32);
	assert_int_equal(q.local_low, 0x40);
	assert_int_equal(q.barriers, 2);
	assert_true(q.cbuf[1].valid);
	assert_true(q.cbuf[1].addr == UINT64_C(0xab00002000));
	assert_int_equal(q.cbuf[1].size, 0x1234);
	assert_true(q.release[0].enable && q.release[0].one_word);
	assert_int_equal(q.release[0].addr, 0x3000);
	assert_int_equal(q.release[0].payload, 0xfeed);
}

static void test_versions(void **state)
{
	struct qmd q;

	plain();
	set(583, 580, 2);
	set(579, 576, 1);
	assert_true(qmd_decode(w, &q));
	set(583, 580, 3);
	assert_false(qmd_decode(w, &q));
	assert_int_equal(q.major, 3);
}

static uint32_t check(unsigned int hi, unsigned int lo, uint32_t val)
{
	struct qmd q;

	plain();
	set(hi, lo, val);
	assert_true(qmd_decode(w, &q));
	return qmd_check(&q);
}

static void test_refused(void **state)
{
	assert_int_equal(check(607, 592, 0), SKED_CTA_THREAD_DIMENSION_ZERO);
	assert_int_equal(check(607, 592, 1024), SKED_TOTAL_THREADS);
	assert_int_equal(check(607, 592, 0xffff), SKED_TOTAL_THREADS);
	assert_int_equal(check(639, 624, 65), SKED_TOTAL_THREADS);
	assert_int_equal(check(561, 544, 0xc001), SKED_SHARED_MEMORY_SIZE);
	assert_int_equal(check(951, 928, 0xfffff0), SKED_LOCAL_MEMORY_SIZE_POS);
	assert_int_equal(check(983, 960, 8), SKED_LOCAL_MEMORY_SIZE_NEG);
	assert_int_equal(check(287, 256, 4), SKED_PROGRAM_OFFSET);
	assert_int_equal(check(1087, 1075, 0x1fff), SKED_CONSTANT_BUFFER_SIZE);
	/* 128 threads are 4 warps: 255 registers fit */
	assert_int_equal(check(991, 984, 255), 0);
}

static void test_register_file(void **state)
{
	struct qmd q;

	plain();
	set(607, 592, 512);	/* x 2: 32 warps, 2048 registers for each */
	set(991, 984, 64);
	assert_true(qmd_decode(w, &q));
	assert_int_equal(qmd_check(&q), 0);
	set(991, 984, 65);
	assert_true(qmd_decode(w, &q));
	assert_int_equal(qmd_check(&q), SKED_TOTAL_REGISTER_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_2_1),
		cmocka_unit_test(test_layout_1_7),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_register_file),
	};

	return cmocka_run_group_tests_name("qmd", tests, NULL, NULL);
}
