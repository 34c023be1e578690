// SPDX-License-Identifier: MIT
/*
 * Two arrays from malloc() are added into a third by the GPU, without a buffer object: then again
 * with a syncobj, on memory in VRAM, and after a fill by a copy engine that was submitted later.
 * The sum is copied, and so is a large piece of memory. Argument: the device's file.
 */
#include <errno.h>
#include <stdlib.h>

#include "guest.h"

#define N	50000u
#define A_BYTES	((N * 4 + 4095) & ~(size_t)4095)
#define SECOND	INT64_C(1000000000)

static struct compote_space *space;
static struct compote_kernel *kernel;
static uint32_t *a, *b, *to;

static void prepare(void)
{
	uint32_t i;

	for (i = 0; i < N; i++) {
		a[i] = i * 3;
		b[i] = 0x80000000u - i;
		to[i] = 0xdeadbeef;
	}
}

static bool right(const uint32_t *sum)
{
	uint32_t i;

	for (i = 0; i < N; i++) {
		if (sum[i] == i * 3 + 0x80000000u - i)
			continue;
		printf("# element %u is %08x\n", i, sum[i]);
		return false;
	}
	return true;
}

static struct compote_push *build(struct compote_fence *fence)
{
	struct vector_add_args args = { a, b, to, N };
	struct compote_launch l = {
		.kernel = kernel,
		.grid = { (N + 255) / 256, 1, 1 },
		.block = { 256, 1, 1 },
		.args = &args,
		.args_bytes = vector_add_code.param_bytes,
	};
	struct compote_push *p;

	if (!did(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), "a push buffer"))
		return NULL;
	compote_push_launch(p, &l);
	if (fence)
		compote_push_fence(p, fence, 1);
	did(compote_push_finish(p), "a launch and a fence in it");
	return p;
}

static void by_memory(struct compote_channel *ch)
{
	struct compote_fence *fence;
	struct compote_push *p;
	uint64_t job = 0;

	if (!did(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &fence), "a fence in memory"))
		return;
	prepare();
	p = build(fence);
	if (p && did(compote_submit(ch, p, NULL, &job), "submit")) {
		did(compote_fence_wait(fence, 1, ch, 60 * SECOND), "the GPU writes the fence");
		ok(right(to), "the sums are right");
		did(compote_channel_wait(ch, job, 60 * SECOND), "the job is done");
	}
	tell(ch);
	compote_channel_wait(ch, job, SECOND);
	compote_push_destroy(p);
	compote_fence_destroy(fence);
}

static void by_syncobj(struct compote_channel *ch)
{
	struct compote_submit_options o = { .nr_out = 1 };
	struct compote_fence *fence;
	struct compote_sync out = { 0 };
	struct compote_push *p;

	if (!did(compote_fence_create(space, COMPOTE_FENCE_SYNCOBJ, &fence), "a syncobj"))
		return;
	out.handle = compote_fence_syncobj(fence);
	o.out = &out;
	prepare();
	p = build(NULL);
	if (p && did(compote_submit(ch, p, &o, NULL), "submit with a syncobj")) {
		did(compote_fence_wait(fence, 0, ch, 60 * SECOND), "the syncobj is signalled");
		ok(right(to), "the sums are right");
	}
	compote_push_destroy(p);
	compote_fence_destroy(fence);
}

/* How many pages of the first array are there? */
static unsigned int pages(uint8_t where)
{
	uint8_t page[A_BYTES / 4096];
	unsigned int i, n = 0;

	did(compote_residency(space, a, A_BYTES, page), "where its pages are");
	for (i = 0; i < A_BYTES / 4096; i++)
		n += (page[i] & COMPOTE_PAGE_WHERE) == where;
	return n;
}

static void in_vram(struct compote_channel *ch)
{
	struct compote_statistics st;
	struct compote_moved moved = { 0 };

	ok(pages(COMPOTE_PAGE_RAM) == A_BYTES / 4096, "all in RAM");
	did(compote_migrate(space, a, A_BYTES, COMPOTE_VRAM, &moved), "one array goes to VRAM");
	printf("# %llu pages moved, %llu already there\n", (unsigned long long)moved.moved,
	       (unsigned long long)moved.already);
	ok(moved.moved == A_BYTES / 4096, "each of its pages");
	ok(pages(COMPOTE_PAGE_VRAM) == A_BYTES / 4096, "all in VRAM");
	did(compote_statistics(space, &st), "the numbers of the space");
	printf("# VRAM: %llu of %llu bytes resident, %llu mapped; %llu faults; %llu bytes of low memory\n",
	       (unsigned long long)st.vram_resident, (unsigned long long)st.vram_bytes,
	       (unsigned long long)st.mapped_vram, (unsigned long long)st.faults,
	       (unsigned long long)st.low_bytes);
	ok(st.mapped_vram >= A_BYTES && st.pages_to_vram >= A_BYTES / 4096 && st.faults,
	   "say the same");
	by_memory(ch);
	did(compote_migrate(space, a, A_BYTES, COMPOTE_RAM, NULL), "it comes back");
	ok(pages(COMPOTE_PAGE_RAM) == A_BYTES / 4096, "all in RAM");
}

/* Memory in such amounts may be moved about while it is named: try again. */
static int submit_large(struct compote_channel *ch, struct compote_push *p, uint64_t *job)
{
	int ret, times = 0;

	do
		ret = compote_submit(ch, p, NULL, job);
	while (ret == -EBUSY && times++ < 10);
	return ret;
}

/* 8 MiB that begin and end anywhere, to memory that nobody has touched. */
static void copied_large(struct compote_channel *ch)
{
	size_t bytes = (8u << 20) + 77, i;
	unsigned char *from = malloc(bytes + 4), *twin = malloc(bytes + 8);
	struct compote_push *p;
	uint64_t job = 0;

	for (i = 0; i < bytes; i++)
		from[3 + i] = (unsigned char)(i * 7 + (i >> 12));
	did(compote_push_create(space, COMPOTE_ENGINE_COPY, &p), "a push buffer");
	compote_push_copy(p, twin + 5, from + 3, bytes);
	did(compote_push_finish(p), "a large copy in it");
	did(submit_large(ch, p, &job), "submit");
	did(compote_channel_wait(ch, job, 60 * SECOND), "the job is done");
	ok(!memcmp(twin + 5, from + 3, bytes), "the copy is right");
	compote_push_destroy(p);
	free(from);
	free(twin);
}

static void copied(void)
{
	struct compote_channel_options o = { .engine = COMPOTE_ENGINE_COPY };
	uint32_t *twin = calloc(N + 1, 4);
	struct compote_channel *ch;
	struct compote_push *p;
	uint64_t job = 0;

	if (!did(compote_channel_create(space, &o, &ch), "a copy channel"))
		return;
	printf("# class %04x\n", compote_channel_class(ch));
	did(compote_push_create(space, COMPOTE_ENGINE_COPY, &p), "a push buffer for it");
	compote_push_copy(p, twin, to, N * 4);
	compote_push_fill(p, to, 0x12345678, 4, 4000);
	did(compote_push_finish(p), "a copy and a fill in it");
	if (did(compote_submit(ch, p, NULL, &job), "submit")) {
		did(compote_channel_wait(ch, job, 60 * SECOND), "the job is done");
		ok(right(twin), "the copy is right");
		ok(!twin[N], "and not longer than it should be");
		ok(to[0] == 0x12345678 && to[999] == 0x12345678 && to[1000] != 0x12345678,
		   "the fill is right");
	}
	copied_large(ch);
	tell(ch);
	compote_channel_destroy(ch);
	compote_push_destroy(p);
	free(twin);
}

/* The addition waits for what is submitted after it. */
static void later(struct compote_channel *ch)
{
	struct compote_channel_options o = { .engine = COMPOTE_ENGINE_COPY };
	struct compote_submit_options in = { .nr_in = 1 }, out = { .nr_out = 1 };
	struct compote_push *add, *fill;
	struct compote_channel *copier;
	struct compote_sync sync = { 0 };
	struct compote_fence *fence;
	uint64_t job = 0;
	uint32_t i;

	if (!did(compote_channel_create(space, &o, &copier), "a copy channel") ||
	    !did(compote_fence_create(space, COMPOTE_FENCE_SYNCOBJ, &fence), "a syncobj"))
		return;
	sync.handle = compote_fence_syncobj(fence);
	in.in = out.out = &sync;
	prepare();
	add = build(NULL);
	did(compote_push_create(space, COMPOTE_ENGINE_COPY, &fill), "a push buffer");
	compote_push_fill(fill, b, 7, 4, N * 4);
	did(compote_push_finish(fill), "a fill in it");
	did(compote_submit(ch, add, &in, &job), "an addition that waits for it");
	ok(compote_channel_wait(ch, job, SECOND / 20) == -ETIME && to[0] == 0xdeadbeef,
	   "it does not begin");
	did(compote_submit(copier, fill, &out, NULL), "the fill");
	did(compote_channel_wait(ch, job, 60 * SECOND), "the addition is done");
	for (i = 0; i < N && to[i] == i * 3 + 7; i++)
		;
	ok(i == N, "it found what was filled in");
	compote_channel_destroy(copier);
	compote_push_destroy(add);
	compote_push_destroy(fill);
	compote_fence_destroy(fence);
}

static void run(void)
{
	struct compote_channel *ch;

	if (!did(compote_channel_create(space, NULL, &ch), "a compute channel"))
		return;
	printf("# class %04x\n", compote_channel_class(ch));
	by_memory(ch);
	by_syncobj(ch);
	in_vram(ch);
	copied();
	later(ch);
	compote_channel_destroy(ch);
}

int main(int argc, char **argv)
{
	struct compote_device *dev;

	if (!did(compote_device_open(argc > 1 ? argv[1] : NULL, &dev), "a device"))
		return finish();
	if (!did(compote_space_create(dev, 0, &space), "its mirror of this process"))
		return finish();
	a = aligned_alloc(4096, A_BYTES);
	b = malloc(N * 4);
	to = malloc(N * 4);
	if (did(compote_kernel_create(space, &vector_add_code, &kernel), "a kernel"))
		run();
	compote_kernel_free(kernel);
	compote_space_destroy(space);
	compote_device_close(dev);
	free(a);
	free(b);
	free(to);
	return finish();
}
