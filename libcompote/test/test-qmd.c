// SPDX-License-Identifier: MIT
/*
 * The launch descriptor: every field is where clc0c0qmd.h (NVIDIA, open-gpu-doc) has it, and no
 * other bit is set. The table below was taken from that header, not from qmd.c.
 */
#include "fake.h"

#include <string.h>

#include "qmd-get.h"

struct expect {
	unsigned int hi, lo;
	uint64_t value;
};

static const struct qmd sample = {
	.program_offset = 0x89abcde0,
	.grid = { 0x12345678, 0xfedc, 0xba98 },
	.block = { 1023, 5, 63 },
	.shared_bytes = 0x1234,
	.local_bytes = 0x7ffff,
	.crs_bytes = 0x801,
	.registers = 255,
	.barriers = 16,
	.bank = {
		[0] = { UINT64_C(0xfe12345600), 0x15c },
		[3] = { UINT64_C(0x0123456700), 65536 },
		[7] = { UINT64_C(0xffffffff00), 1 },
	},
};

static const struct expect fields[] = {
	{ 134, 134, 1 },			/* SM_GLOBAL_CACHING_ENABLE */
	{ 136, 136, 0 },			/* IS_QUEUE */
	{ 138, 138, 0 },			/* SEMAPHORE_RELEASE_ENABLE0 */
	{ 139, 139, 0 },			/* SEMAPHORE_RELEASE_ENABLE1 */
	{ 141, 141, 0 },			/* DEPENDENT_QMD_SCHEDULE_ENABLE */
	{ 188, 188, 1 },			/* INVALIDATE_TEXTURE_DATA_CACHE */
	{ 189, 189, 1 },			/* INVALIDATE_SHADER_DATA_CACHE */
	{ 191, 191, 1 },			/* INVALIDATE_SHADER_CONSTANT_CACHE */
	{ 287, 256, 0x89abcde0 },		/* PROGRAM_OFFSET */
	{ 366, 366, 1 },			/* RELEASE_MEMBAR_TYPE_FE_SYSMEMBAR */
	{ 369, 368, 1 },			/* CWD_MEMBAR_TYPE_L1_SYSMEMBAR */
	{ 372, 372, 0 },			/* THROTTLED */
	{ 378, 378, 1 },			/* API_VISIBLE_CALL_LIMIT_NO_CHECK */
	{ 382, 382, 0 },			/* SAMPLER_INDEX_INDEPENDENTLY */
	{ 415, 384, 0x12345678 },		/* CTA_RASTER_WIDTH */
	{ 431, 416, 0xfedc },			/* CTA_RASTER_HEIGHT */
	{ 463, 448, 0xba98 },			/* CTA_RASTER_DEPTH */
	{ 561, 544, 0x1300 },			/* SHARED_MEMORY_SIZE, in steps of 256 */
	{ 579, 576, 1 },			/* QMD_VERSION */
	{ 583, 580, 2 },			/* QMD_MAJOR_VERSION */
	{ 607, 592, 1023 },			/* CTA_THREAD_DIMENSION0 */
	{ 623, 608, 5 },			/* CTA_THREAD_DIMENSION1 */
	{ 639, 624, 63 },			/* CTA_THREAD_DIMENSION2 */
	{ 647, 640, 0x89 },			/* CONSTANT_BUFFER_VALID(0..7) */
	{ 735, 672, 0 },			/* SM_DISABLE_MASK */
	{ 951, 928, 0x80000 },			/* SHADER_LOCAL_MEMORY_LOW_SIZE, of 16 */
	{ 959, 955, 16 },			/* BARRIER_COUNT */
	{ 983, 960, 0 },			/* SHADER_LOCAL_MEMORY_HIGH_SIZE */
	{ 991, 984, 255 },			/* REGISTER_COUNT */
	{ 1015, 992, 0xa00 },			/* SHADER_LOCAL_MEMORY_CRS_SIZE, of 512 */
	{ 1023, 1016, 0 },			/* SASS_VERSION */
	{ 1055, 1024, 0x12345600 },		/* CONSTANT_BUFFER_ADDR_LOWER(0) */
	{ 1072, 1056, 0xfe },			/* CONSTANT_BUFFER_ADDR_UPPER(0) */
	{ 1074, 1074, 1 },			/* CONSTANT_BUFFER_INVALIDATE(0) */
	{ 1087, 1075, 22 },			/* CONSTANT_BUFFER_SIZE_SHIFTED4(0) */
	{ 1055 + 64, 1024 + 64, 0 },
	{ 1087 + 64, 1056 + 64, 0 },
	{ 1055 + 192, 1024 + 192, 0x23456700 },
	{ 1072 + 192, 1056 + 192, 0x01 },
	{ 1074 + 192, 1074 + 192, 1 },
	{ 1087 + 192, 1075 + 192, 4096 },
	{ 1055 + 448, 1024 + 448, 0xffffff00 },
	{ 1072 + 448, 1056 + 448, 0xff },
	{ 1074 + 448, 1074 + 448, 1 },
	{ 1087 + 448, 1075 + 448, 1 },
};

static void test_fields(void **state)
{
	uint32_t w[QMD_WORDS];
	size_t i;

	memset(w, 0xff, sizeof(w));
	qmd_build(w, &sample);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		uint64_t v = qmd_get(w, fields[i].hi, fields[i].lo);

		if (v != fields[i].value)
			print_error("bits %u:%u\n", fields[i].hi, fields[i].lo);
		assert_int_equal(v, fields[i].value);
	}
}

/* Outside of the fields that the table has, all is zero. */
static void test_nothing_else(void **state)
{
	uint32_t w[QMD_WORDS];
	unsigned int bit;
	size_t i;

	qmd_build(w, &sample);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		for (bit = fields[i].lo; bit <= fields[i].hi; bit++)
			w[bit / 32] &= ~(1u << bit % 32);
	for (i = 0; i < QMD_WORDS; i++)
		assert_int_equal(w[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
