// SPDX-License-Identifier: MIT
/* Migration, residency, faults, statistics: what reaches the driver. */
#include "fake.h"

#include <errno.h>

static struct compote_space *space;

static int setup(void **state)
{
	space = fake_space();
	return 0;
}

static int teardown(void **state)
{
	compote_space_destroy(space);
	return 0;
}

static void test_migrate(void **state)
{
	struct compote_moved moved;
	void *p = (void *)(uintptr_t)0x1000;

	assert_int_equal(compote_migrate(space, p, 8192, COMPOTE_VRAM, &moved), 0);
	assert_int_equal(fake.migrate.start, 0x1000);
	assert_int_equal(fake.migrate.length, 8192);
	assert_int_equal(fake.migrate.target, DRM_NOUVEAU_HMM_TARGET_VRAM);
	assert_int_equal(fake.migrate.flags, 0);
	assert_int_equal(compote_migrate(space, p, 8192, COMPOTE_RAM, NULL), 0);
	assert_int_equal(fake.migrate.target, DRM_NOUVEAU_HMM_TARGET_RAM);
	assert_int_equal(compote_migrate(NULL, p, 8192, COMPOTE_RAM, NULL), -EINVAL);
	assert_int_equal(compote_migrate_async(space, p, 4096, COMPOTE_VRAM, NULL, &moved), 0);
	assert_int_equal(fake.migrate.flags, DRM_NOUVEAU_HMM_MIGRATE_ASYNC);
	assert_int_equal(fake.migrate.result, addr_of(&moved));
	assert_int_equal(fake.migrate.syncobj, 0);
}

/* A fence in memory cannot be signalled by the kernel. */
static void test_migrate_fence(void **state)
{
	struct compote_fence *f;

	assert_int_equal(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &f), 0);
	assert_int_equal(compote_migrate_async(space, NULL, 4096, COMPOTE_VRAM, f, NULL), -EINVAL);
	compote_fence_destroy(f);
	assert_int_equal(compote_fence_create(space, 2, &f), -EINVAL);
}

static void test_statistics(void **state)
{
	struct compote_statistics s;
	void *p;

	assert_int_equal(compote_alloc(space, 1000, 0, &p), 0);
	assert_int_equal(compote_statistics(space, &s), 0);
	assert_int_equal(s.vram_bytes, 256 << 20);
	assert_int_equal(s.cutout_start, fake.cutout);
	assert_int_equal(s.cutout_bytes, COMPOTE_CUTOUT_MIN);
	assert_int_equal(s.low_bytes, 1024);
	assert_int_equal(s.faults, 0);
	assert_int_equal(compote_statistics(space, NULL), -EINVAL);
	compote_free(space, p);
}

static void test_arguments(void **state)
{
	struct compote_fault fault;
	uint32_t n = 0;
	uint8_t page;

	assert_int_equal(compote_take_faults(space, &fault, &n, NULL), -EINVAL);
	assert_int_equal(compote_take_faults(space, NULL, &n, NULL), -EINVAL);
	assert_int_equal(compote_take_faults(NULL, &fault, &n, NULL), -EINVAL);
	assert_int_equal(compote_residency(NULL, NULL, 4096, &page), -EINVAL);
	assert_int_equal(compote_residency(space, NULL, 4096, NULL), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_migrate),
		TEST(test_migrate_fence),
		TEST(test_statistics),
		TEST(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
