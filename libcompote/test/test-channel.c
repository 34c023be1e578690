// SPDX-License-Identifier: MIT
/* Channels: making, the first job, submitting (one ioctl), errors, status. */
#include "fake.h"

#include <errno.h>
#include <string.h>

#include "methods.h"

static struct compote_space *space;

static int setup(void **state)
{
	space = fake_space();
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(lowmem_used(&space->low), 0);
	assert_int_equal(fake.creates, fake.destroys);
	compote_space_destroy(space);
	return 0;
}

static void test_compute(void **state)
{
	struct compote_channel *ch;
	unsigned int i;

	assert_int_equal(compote_channel_create(space, NULL, &ch), 0);
	assert_int_equal(compote_channel_class(ch), FAKE_CLASS_COMPUTE);
	assert_int_equal(fake.create.engine, DRM_NOUVEAU_HMM_ENGINE_COMPUTE);
	assert_int_equal(fake.create.ring_entries, 1024);
	assert_int_equal(fake.create.ring % 8192, 0);
	assert_int_equal(fake.create.flags, 0);
	/* the class comes before all else */
	assert_int_equal(fake.m[0].subchannel, 1);
	assert_int_equal(fake.m[0].method, 0);
	assert_int_equal(fake.m[0].data, FAKE_CLASS_COMPUTE);
	assert_int_equal(fake_once(1, CP_PROGRAM_REGION_A + 4), (uint32_t)space->low.heap);
	assert_int_equal(fake_count(1, CP_SET_CWD_REF_COUNTER), 64);
	for (i = 0; i < fake.nr_methods; i++)
		assert_int_equal(fake.m[i].subchannel, 1);
	assert_int_equal(fake.refused, 0);
	compote_channel_destroy(ch);
	compote_channel_destroy(NULL);
}

static void test_copy(void **state)
{
	struct compote_channel_options o = { .engine = COMPOTE_ENGINE_COPY, .ring_entries = 16 };
	struct compote_channel *ch;

	assert_int_equal(compote_channel_create(space, &o, &ch), 0);
	assert_int_equal(fake.create.ring_entries, 16);
	assert_int_equal(fake.create.ring % 4096, 0);
	assert_int_equal(fake.nr_methods, 1);
	assert_int_equal(fake_once(4, 0), FAKE_CLASS_COPY);
	compote_channel_destroy(ch);
}

static void test_own_ring(void **state)
{
	static char ring[4096] __attribute__((aligned(4096)));
	struct compote_channel_options o = {
		.ring_entries = 512,
		.flags = COMPOTE_CHANNEL_RING | COMPOTE_CHANNEL_EVENTFD,
		.ring = ring,
		.eventfd = 7,
	};
	struct compote_channel *ch;

	assert_int_equal(compote_channel_create(space, &o, &ch), 0);
	assert_int_equal(fake.create.ring, addr_of(ring));
	assert_int_equal(fake.create.flags, DRM_NOUVEAU_HMM_CHANNEL_EVENTFD);
	assert_int_equal(fake.create.eventfd, 7);
	compote_channel_destroy(ch);
}

static void refuse(struct compote_channel_options o, int error)
{
	struct compote_channel *ch;

	assert_int_equal(compote_channel_create(space, &o, &ch), error);
}

static void test_refused(void **state)
{
	struct compote_channel *ch;

	refuse((struct compote_channel_options){ .engine = 2 }, -EINVAL);
	refuse((struct compote_channel_options){ .ring_entries = 8 }, -EINVAL);
	refuse((struct compote_channel_options){ .ring_entries = 100 }, -EINVAL);
	refuse((struct compote_channel_options){ .ring_entries = 65536 }, -EINVAL);
	refuse((struct compote_channel_options){ .flags = 4 }, -EINVAL);
	refuse((struct compote_channel_options){ .flags = COMPOTE_CHANNEL_RING }, -EINVAL);
	refuse((struct compote_channel_options){ .ring = &ch }, -EINVAL);
	refuse((struct compote_channel_options){ .reserved = { 0, 0, 0, 1 } }, -EINVAL);
	assert_int_equal(compote_channel_create(NULL, NULL, &ch), -EINVAL);
	assert_int_equal(compote_channel_create(space, NULL, NULL), -EINVAL);
	fake.submit_error = EIO;	/* the first job fails: nothing is left */
	refuse((struct compote_channel_options){ 0 }, -EIO);
}

static void test_no_feature(void **state)
{
	struct compote_device *dev;
	struct compote_space *s;
	struct compote_channel *ch;

	compote_space_destroy(space);
	fake_reset();
	fake.features = COMPOTE_FEATURE_MIRROR;
	assert_int_equal(compote_device_open("/dev/null", &dev), 0);
	assert_int_equal(compote_space_create(dev, 0, &s), 0);
	assert_int_equal(compote_channel_create(s, NULL, &ch), -EOPNOTSUPP);
	compote_device_close(dev);
	space = s;
}

/* The point of the library: what was built once costs one ioctl each time. */
static void test_one_ioctl(void **state)
{
	struct compote_channel *ch;
	struct compote_push *p;
	uint64_t job = 0, first;
	unsigned int i, before;

	assert_int_equal(compote_channel_create(space, NULL, &ch), 0);
	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	compote_push_barrier(p);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(ch, p, NULL, &first), 0);
	before = fake.ioctls;
	for (i = 0; i < 10000; i++) {
		assert_int_equal(compote_submit(ch, p, NULL, &job), 0);
		fake_forget();
	}
	assert_int_equal(fake.ioctls - before, 10000);
	assert_int_equal(job, first + 10000);
	assert_int_equal(compote_channel_wait(ch, job, COMPOTE_FOREVER), 0);
	assert_int_equal(compote_channel_wait(ch, job + 1, 1000), -ETIME);
	compote_push_destroy(p);
	compote_channel_destroy(ch);
}

static void test_submit_errors(void **state)
{
	struct compote_channel_options o = { .engine = COMPOTE_ENGINE_COPY };
	struct compote_submit_options bad = { .reserved = { 1, 0 } };
	struct compote_channel *ch;
	struct compote_push *p;
	uint64_t job = 77;

	assert_int_equal(compote_channel_create(space, &o, &ch), 0);
	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COPY, &p), 0);
	compote_push_barrier(p);
	assert_int_equal(compote_submit(ch, p, NULL, &job), -EINVAL);	/* not finished */
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(NULL, p, NULL, &job), -EINVAL);
	assert_int_equal(compote_submit(ch, NULL, NULL, &job), -EINVAL);
	assert_int_equal(compote_submit(ch, p, &bad, &job), -EINVAL);
	fake.submit_error = EBUSY;
	assert_int_equal(compote_submit(ch, p, NULL, &job), -EBUSY);
	fake.submit_error = EIO;
	assert_int_equal(compote_submit(ch, p, NULL, &job), -EIO);
	assert_int_equal(job, 77);
	fake.submit_error = 0;
	assert_int_equal(compote_submit(ch, p, NULL, &job), 0);
	compote_push_destroy(p);
	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(ch, p, NULL, &job), -EINVAL);	/* another engine */
	compote_push_destroy(p);
	compote_channel_destroy(ch);
}

static void test_ranges_and_syncs(void **state)
{
	static const uint32_t words[] = { 0x80002044 };	/* WAIT_FOR_IDLE, immediate */
	struct compote_range r = { addr_of(words), 4, COMPOTE_RANGE_PUSH, 0 };
	struct compote_sync sync = { .handle = 1 };
	struct compote_submit_options o = { .in = &sync, .nr_in = 1, .out = &sync, .nr_out = 1 };
	struct compote_channel *ch;

	assert_int_equal(compote_channel_create(space, NULL, &ch), 0);
	fake_forget();
	assert_int_equal(compote_submit_ranges(ch, &r, 1, &o, NULL), 0);
	assert_int_equal(fake_count(1, CP_WAIT_FOR_IDLE), 1);
	assert_int_equal(fake.nr_in, 1);
	assert_int_equal(fake.nr_out, 1);
	assert_int_equal(compote_submit_ranges(ch, NULL, 0, NULL, NULL), 0);
	assert_int_equal(compote_submit_ranges(ch, NULL, 1, NULL, NULL), -EINVAL);
	assert_int_equal(compote_submit_ranges(ch, &r, 257, NULL, NULL), -EINVAL);
	compote_channel_destroy(ch);
}

static void test_status(void **state)
{
	struct compote_channel_status s;
	struct compote_channel *ch;

	assert_int_equal(compote_channel_create(space, NULL, &ch), 0);
	assert_int_equal(compote_channel_status(ch, &s), 0);
	assert_int_equal(s.stopped, COMPOTE_CHANNEL_RUNS);
	assert_int_equal(s.submitted, 1);
	fake.stopped = COMPOTE_CHANNEL_FAULT;
	assert_int_equal(compote_channel_status(ch, &s), 0);
	assert_int_equal(s.stopped, COMPOTE_CHANNEL_FAULT);
	assert_int_equal(s.error, -EFAULT);
	assert_int_equal(compote_channel_wait(ch, 5, COMPOTE_FOREVER), -EIO);
	assert_int_equal(compote_channel_status(NULL, &s), -EINVAL);
	assert_int_equal(compote_channel_wait(NULL, 0, 0), -EINVAL);
	compote_channel_destroy(ch);
}

/* Objects keep the space, whatever is ended first. */
static void test_order_of_ends(void **state)
{
	struct compote_channel *ch;
	struct compote_push *p;

	assert_int_equal(compote_channel_create(space, NULL, &ch), 0);
	assert_int_equal(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), 0);
	space_get(space);		/* for teardown */
	compote_space_destroy(space);
	compote_push_barrier(p);
	assert_int_equal(compote_push_finish(p), 0);
	assert_int_equal(compote_submit(ch, p, NULL, NULL), 0);
	compote_channel_destroy(ch);
	compote_push_destroy(p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_compute),
		TEST(test_copy),
		TEST(test_own_ring),
		TEST(test_refused),
		TEST(test_no_feature),
		TEST(test_one_ioctl),
		TEST(test_submit_errors),
		TEST(test_ranges_and_syncs),
		TEST(test_status),
		TEST(test_order_of_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
