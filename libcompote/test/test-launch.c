// SPDX-License-Identifier: MIT
/* Kernels and launches: code, constants, descriptor, and what the front end is told. */
#include "fake.h"

#include <errno.h>
#include <string.h>

#include "methods.h"
#include "qmd-get.h"

static struct compote_space *space;
static struct compote_channel *channel;
static const uint64_t words[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint32_t bank0[0x160 / 4] = { [0x130 / 4] = 77, [0x158 / 4] = 88 };
static const uint32_t bank3[5] = { 1, 2, 3, 4, 5 };

static const struct compote_code code = {
	.code = words,
	.code_bytes = sizeof(words),
	.registers = 9,
	.shared_bytes = 100,
	.local_bytes = 40,
	.barriers = 1,
	.param_base = 0x140,
	.param_bytes = 12,
	.entry = 32,
	.banks = { [0] = { bank0, sizeof(bank0) }, [3] = { bank3, sizeof(bank3) } },
};

static int setup(void **state)
{
	space = fake_space();
	assert_int_equal(compote_channel_create(space, NULL, &channel), 0);
	fake_forget();
	return 0;
}

static int teardown(void **state)
{
	compote_channel_destroy(channel);
	assert_int_equal(lowmem_used(&space->low), 0);
	compote_space_destroy(space);
	return 0;
}

static struct compote_kernel *load(const struct compote_code *c)
{
	struct compote_kernel *k;

	assert_int_equal(compote_kernel_create(space, c, &k), 0);
	return k;
}

static const uint32_t args[3] = { 0x11, 0x22, 0x33 };

static struct compote_launch launch_of(const struct compote_kernel *k)
{
	struct compote_launch l = {
		.kernel = k,
		.grid = { 7, 6, 5 },
		.block = { 32, 4, 2 },
		.shared_bytes = 1000,
		.args = args,
		.args_bytes = sizeof(args),
	};

	return l;
}

static void test_launch(void **state)
{
	struct compote_kernel *k = load(&code);
	struct compote_launch l = launch_of(k);
	struct compote_push *p;
	const uint32_t *q, *c;
	uint64_t region, bank;

	assert_int_equal(compote_kernel_param_bytes(k), 12);
	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	assert_int_equal(compote_push_launch(p, &l), 0);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(channel, p, NULL, NULL), 0);
	assert_int_equal(fake.grids, 1);
	assert_int_equal(fake.refused, 0);

	q = (const uint32_t *)(uintptr_t)fake.qmd;
	assert_int_equal(fake.qmd % 256, 0);
	region = (uint64_t)fake.state[1][CP_PROGRAM_REGION_A / 4] << 32 |
		 fake.state[1][CP_PROGRAM_REGION_A / 4 + 1];
	assert_memory_equal((char *)(uintptr_t)(region + qmd_get(q, 287, 256)), &words[4], 32);
	assert_int_equal(qmd_get(q, 415, 384), 7);
	assert_int_equal(qmd_get(q, 639, 624), 2);
	assert_int_equal(qmd_get(q, 561, 544), 1280);
	assert_int_equal(qmd_get(q, 951, 928), 48);
	assert_int_equal(qmd_get(q, 1015, 992), 0x800);
	assert_int_equal(qmd_get(q, 991, 984), 9);
	assert_int_equal(qmd_get(q, 647, 640), 0x09);

	bank = qmd_get(q, 1055, 1024) | qmd_get(q, 1072, 1056) << 32;
	assert_int_equal(bank % 256, 0);
	assert_int_equal(qmd_get(q, 1087, 1075), sizeof(bank0) / 16);
	assert_true(fake_named(bank, sizeof(bank0), false));
	c = (const uint32_t *)(uintptr_t)bank;
	assert_memory_equal(c + 2, l.block, 12);
	assert_memory_equal(c + 5, l.grid, 12);
	assert_int_equal(c[0x20 / 4], 48);
	assert_int_equal(c[0] | (uint64_t)c[0x100 / 4] << 32, space_shared_window(space));
	assert_int_equal(c[1] | (uint64_t)c[0x104 / 4] << 32, space_local_window(space));
	assert_memory_equal((const char *)c + 0x140, args, 12);
	assert_int_equal(c[0x130 / 4], 77);
	assert_int_equal(c[0x158 / 4], 88);

	bank = qmd_get(q, 1055 + 192, 1024 + 192) | qmd_get(q, 1072 + 192, 1056 + 192) << 32;
	assert_memory_equal((void *)(uintptr_t)bank, bank3, sizeof(bank3));
	compote_push_destroy(p);
	compote_kernel_free(k);
}

/* Caches are cleaned before the first launch, constants before each, and launches are in order. */
static void test_order(void **state)
{
	static const uint32_t expected[] = {
		CP_INVALIDATE_SKED_CACHES, CP_INVALIDATE_SHADER_CACHES,
		CP_INVALIDATE_NO_WFI, CP_SEND_PCAS_A, CP_SEND_SIGNALING_PCAS_B, CP_WAIT_FOR_IDLE,
		CP_INVALIDATE_NO_WFI, CP_SEND_PCAS_A, CP_SEND_SIGNALING_PCAS_B,
	};
	struct compote_code plain = { .code = words, .code_bytes = 64, .registers = 8 };
	struct compote_kernel *k = load(&plain);
	struct compote_launch l = { .kernel = k, .grid = { 1, 1, 1 }, .block = { 1, 1, 1 } };
	struct compote_push *p;
	unsigned int i, n;

	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	compote_push_launch(p, &l);
	l.flags = COMPOTE_LAUNCH_CONCURRENT;
	compote_push_launch(p, &l);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(channel, p, NULL, NULL), 0);
	assert_int_equal(fake.grids, 2);
	n = fake.nr_methods - ARRAY_SIZE(expected);	/* before it: local memory */
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(fake.m[n + i].subchannel, 1);
		assert_int_equal(fake.m[n + i].method, expected[i]);
	}
	assert_int_equal(fake.m[n + 4].data, 3);
	assert_int_equal(fake.m[n + 3].data, addr_of(p->owned[0]) >> 8);
	compote_push_destroy(p);
	compote_kernel_free(k);
}

/* Local memory: only when a launch needs more than there is, and enough of it. */
static void test_local_memory(void **state)
{
	static const uint32_t sizes[] = { 0, 16, 1024, 512, 4096, 1024 };
	uint64_t per_sm, least, before = 0;
	unsigned int i, jobs;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct compote_code c = { .code = words, .code_bytes = 64, .registers = 8,
					  .local_bytes = sizes[i] };
		struct compote_kernel *k = load(&c);
		struct compote_launch l = { .kernel = k, .grid = { 1, 1, 1 },
					    .block = { 1, 1, 1 } };
		struct compote_push *p;

		assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
		compote_push_launch(p, &l);
		assert_int_equal(compote_push_finish(p), 0);
		jobs = fake.submits;
		assert_int_equal(compote_submit(channel, p, NULL, NULL), 0);
		per_sm = (uint64_t)fake.state[1][CP_LOCAL_NON_THROTTLED_A / 4] << 32 |
			 fake.state[1][CP_LOCAL_NON_THROTTLED_A / 4 + 1];
		least = (sizes[i] * 32 + 0x800) * 64;
		assert_true(per_sm >= least);
		assert_int_equal(per_sm % 0x8000, 0);
		assert_int_equal(fake.submits - jobs, least > before ? 2 : 1);
		before = least > before ? least : before;
		jobs = fake.submits;
		assert_int_equal(compote_submit(channel, p, NULL, NULL), 0);
		assert_int_equal(fake.submits - jobs, 1);
		compote_push_destroy(p);
		compote_kernel_free(k);
	}
}

static void refuse(struct compote_launch l)
{
	struct compote_push *p;

	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	assert_int_equal(compote_push_launch(p, &l), -EINVAL);
	compote_push_destroy(p);
}

static void test_refused_launches(void **state)
{
	struct compote_kernel *k = load(&code);
	struct compote_launch good = launch_of(k);

#define BAD(field, value) do { \
	struct compote_launch l = good; \
	l.field = value; \
	refuse(l); \
} while (0)
	BAD(kernel, NULL);
	BAD(grid[0], 0);
	BAD(grid[0], 0x80000000);
	BAD(grid[1], 65536);
	BAD(grid[2], 65536);
	BAD(block[0], 0);
	BAD(block[0], 1025);
	BAD(block[0], 256);	/* 2048 together */
	BAD(block[2], 65);
	BAD(shared_bytes, 49152);
	BAD(shared_bytes, 0xffffffff);
	BAD(args_bytes, 8);
	BAD(args_bytes, 16);
	BAD(args, NULL);
	BAD(flags, 2);
	BAD(reserved[1], 1);
	refuse((struct compote_launch){ 0 });
	compote_kernel_free(k);
}

static void test_registers(void **state)
{
	struct compote_code c = { .code = words, .code_bytes = 64, .registers = 65 };
	struct compote_kernel *k = load(&c);

	/* 72 registers for each of 1024 threads are more than an SM has */
	refuse((struct compote_launch){ .kernel = k, .grid = { 1, 1, 1 },
					 .block = { 1024, 1, 1 } });
	compote_kernel_free(k);
}

static void test_refused_code(void **state)
{
	struct compote_kernel *k;

#define BADC(field, value) do { \
	struct compote_code c = code; \
	c.field = value; \
	assert_int_equal(compote_kernel_create(space, &c, &k), -EINVAL); \
} while (0)
	BADC(code, NULL);
	BADC(code_bytes, 0);
	BADC(code_bytes, 9);
	BADC(registers, 0);
	BADC(registers, 256);
	BADC(shared_bytes, 49153);
	BADC(local_bytes, (512 << 10) + 1);
	BADC(crs_bytes, (1 << 20) + 1);
	BADC(barriers, 17);
	BADC(param_base, 0x100);
	BADC(param_base, 65537);
	BADC(param_bytes, 65536);
	BADC(entry, 64);
	BADC(entry, 4);
	BADC(banks[1].bytes, 16);
	BADC(banks[3].bytes, 65537);
	assert_int_equal(compote_kernel_create(NULL, &code, &k), -EINVAL);
	assert_int_equal(compote_kernel_create(space, NULL, &k), -EINVAL);
	assert_int_equal(compote_kernel_create(space, &code, NULL), -EINVAL);
	compote_kernel_free(NULL);
}

/* Eight hundred launches in one push buffer name few pieces of memory. */
static void test_many_launches(void **state)
{
	struct compote_kernel *k = load(&code);
	struct compote_launch l = launch_of(k);
	struct compote_push *p;
	int i;

	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	for (i = 0; i < 800; i++)
		assert_int_equal(compote_push_launch(p, &l), 0);
	assert_int_equal(compote_push_finish(p), 0);
	assert_true(p->job.n < 16);
	assert_int_equal(compote_submit(channel, p, NULL, NULL), 0);
	assert_int_equal(fake.grids, 800);
	assert_int_equal(fake.refused, 0);
	compote_push_destroy(p);
	compote_kernel_free(k);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_launch),
		TEST(test_order),
		TEST(test_local_memory),
		TEST(test_refused_launches),
		TEST(test_registers),
		TEST(test_refused_code),
		TEST(test_many_launches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
