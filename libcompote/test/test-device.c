// SPDX-License-Identifier: MIT
/* Devices and spaces: opening, what is refused, who keeps what alive. */
#include "fake.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void test_no_device(void **state)
{
	struct compote_device *dev = NULL;

	fake_reset();
	fake.off = true;
	assert_int_equal(compote_device_open("/dev/null", &dev), -ENODEV);
	assert_int_equal(compote_device_open("/nonexistent", &dev), -ENOENT);
	if (access("/dev/dri", F_OK))
		assert_int_equal(compote_device_open(NULL, &dev), -ENODEV);
	assert_int_equal(compote_device_open("/dev/null", NULL), -EINVAL);
	assert_null(dev);
}

static void test_other_drivers(void **state)
{
	struct compote_device *dev;

	fake_reset();
	fake.driver = "i915";
	assert_int_equal(compote_device_open("/dev/null", &dev), -ENODEV);
	fake_reset();
	fake.version = 0;	/* upstream's nouveau */
	assert_int_equal(compote_device_open("/dev/null", &dev), -EOPNOTSUPP);
}

static void test_info(void **state)
{
	struct compote_device *dev = fake_device();
	struct compote_device_info info;

	assert_int_equal(compote_device_info(dev, &info), 0);
	assert_int_equal(info.driver_version, 2);
	assert_int_equal(info.chipset, 0x134);
	assert_int_equal(info.multiprocessors, FAKE_SMS);
	assert_int_equal(info.clusters, 4);
	assert_int_equal(info.pci_vendor, 0x10de);
	assert_int_equal(info.features, 0x1f);
	assert_true(compote_device_fd(dev) >= 0);
	assert_int_equal(compote_device_info(NULL, &info), -EINVAL);
	assert_int_equal(compote_device_info(dev, NULL), -EINVAL);
	compote_device_close(dev);
	compote_device_close(NULL);
}

static bool mapped(uint64_t addr)
{
	unsigned char v;

	return !mincore((void *)(uintptr_t)addr, 4096, &v);
}

static void test_space(void **state)
{
	struct compote_device *dev = fake_device();
	struct compote_space *space, *other;

	assert_int_equal(compote_space_create(dev, 4096, &space), -EINVAL);
	assert_int_equal(compote_space_create(dev, COMPOTE_CUTOUT_MAX * 2, &space), -EINVAL);
	assert_int_equal(compote_space_create(dev, COMPOTE_CUTOUT_MIN + 4096, &space), -EINVAL);
	assert_int_equal(compote_space_create(dev, 0, &space), 0);
	assert_int_equal(fake.svm_inits, 1);
	assert_int_equal(fake.cutout_bytes, COMPOTE_CUTOUT_MIN);
	assert_true(fake.cutout + fake.cutout_bytes <= LOW_LIMIT);
	assert_int_equal(fake.cutout % (2 << 20), 0);
	assert_int_equal(compote_space_create(dev, 0, &other), -EBUSY);
	/* the file, and with it the cut-out, live as long as the device or the space */
	compote_device_close(dev);
	assert_true(mapped(fake.cutout));
	compote_space_destroy(space);
	assert_false(mapped(fake.cutout));
	compote_space_destroy(NULL);
}

static void test_space_outlived(void **state)
{
	struct compote_device *dev = fake_device();
	struct compote_space *space;

	assert_int_equal(compote_space_create(dev, 0, &space), 0);
	compote_space_destroy(space);
	assert_true(mapped(fake.cutout));
	assert_int_equal(compote_space_create(dev, 0, &space), -EBUSY);
	compote_device_close(dev);
	assert_false(mapped(fake.cutout));
}

static void test_no_mirror(void **state)
{
	struct compote_device *dev;
	struct compote_space *space;

	fake_reset();
	fake.features = 0;
	assert_int_equal(compote_device_open("/dev/null", &dev), 0);
	assert_int_equal(compote_space_create(dev, 0, &space), -EOPNOTSUPP);
	compote_device_close(dev);
}

static void test_windows(void **state)
{
	struct compote_space *space = fake_space();
	uint64_t a = space_shared_window(space), b = space_local_window(space);

	assert_int_equal(a % (16 << 20), 0);
	assert_int_equal(b % (16 << 20), 0);
	assert_true(a != b && a >= fake.cutout && b >= fake.cutout);
	assert_true(a + (16 << 20) <= fake.cutout + fake.cutout_bytes);
	assert_true(b + (16 << 20) <= fake.cutout + fake.cutout_bytes);
	compote_space_destroy(space);
}

static void test_errors(void **state)
{
	assert_string_equal(compote_strerror(-ENODEV), compote_strerror(ENODEV));
	assert_string_equal(compote_strerror(-12345), "unknown error");
	assert_string_equal(compote_strerror(0), "success");
	assert_int_equal(compote_version(), COMPOTE_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_other_drivers),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_space),
		cmocka_unit_test(test_space_outlived),
		cmocka_unit_test(test_no_mirror),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
