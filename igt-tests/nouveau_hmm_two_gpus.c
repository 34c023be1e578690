// SPDX-License-Identifier: MIT
/*
 * Two GPUs mirror the memory of one process. They share nothing but that.
 */
#include "igt.h"
#include "lib/gpu.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Two GPUs mirror the memory of one process.");

#define BYTES (64 * PAGE)

struct pair {
	struct mirror m[2];
	struct gpu g[2];
};

static void pair_open(struct pair *p)
{
	for (unsigned int i = 0; i < 2; i++) {
		mirror_open_on(&p->m[i], device_open_nth(i));
		gpu_open(&p->g[i], &p->m[i]);
	}
}

static void pair_close(struct pair *p)
{
	for (unsigned int i = 0; i < 2; i++) {
		gpu_close(&p->g[i]);
		mirror_close(&p->m[i]);
	}
}

static void all_have(const uint32_t *p, uint32_t v)
{
	for (size_t i = 0; i < BYTES / 4; i++)
		igt_assert_eq_u32(p[i], v);
}

/* One, the other, the CPU, and again. */
static void two_by_turns(struct pair *pair)
{
	uint32_t *p = map_small(BYTES);

	for (uint32_t i = 0; i < 5; i++) {
		igt_assert_eq(gpu_add(&pair->g[0], p, BYTES / 4, 1), 0);
		igt_assert_eq(gpu_add(&pair->g[1], p, BYTES / 4, 1), 0);
		all_have(p, 3 * i + 2);
		for (size_t w = 0; w < BYTES / 4; w++)
			p[w]++;
	}
	munmap(p, BYTES);
}

/* What one has in its VRAM the other one reads and writes, and takes. */
static void two_vrams(struct pair *pair)
{
	const size_t pages = BYTES / PAGE;
	uint32_t *p = map_small(BYTES);
	hmm_moved m;

	pattern(p, BYTES, 4);
	for (int i = 0; i < 4; i++) {
		int fd = pair->m[i & 1].fd, other = pair->m[~i & 1].fd;

		igt_assert_eq(migrate(fd, p, BYTES, DRM_NOUVEAU_HMM_TARGET_VRAM, &m), 0);
		igt_assert_eq_u64(moved_sum(&m), pages);
		/* From VRAM to VRAM there is no way but through RAM. */
		igt_assert_eq(gpu_add(&pair->g[~i & 1], p, BYTES / 4, 1), 0);
		igt_assert_eq_u64(device_pages(p, BYTES), 0);
		igt_assert_eq(migrate(fd, p, BYTES, DRM_NOUVEAU_HMM_TARGET_VRAM, &m), 0);
		igt_assert_eq_u64(m.moved, pages);
		igt_assert_eq_u64(in_vram(fd, p, BYTES), pages);
		igt_assert_eq_u64(in_vram(other, p, BYTES), 0);
		igt_assert_eq(gpu_add(&pair->g[i & 1], p, BYTES / 4, 1), 0);
		igt_assert_eq_u64(in_vram(fd, p, BYTES), pages);
	}
	for (size_t i = 0; i < BYTES / 4; i++)
		p[i] -= 8;
	igt_assert_eq_u64(wrong(p, BYTES, 4), 0);
	munmap(p, BYTES);
}

struct counting {
	pthread_t thread;
	struct gpu *g;
	uint32_t *p;
	int ret;
};

static void *count(void *arg)
{
	struct counting *c = arg;
	struct gpu_job one = { .op = GPU_ATOMIC, .p = c->p, .count = 500, .value = 1 };

	for (int i = 0; i < 8 && !c->ret; i++) {
		c->ret = gpu_run(c->g, &one);
		if (!c->ret)
			c->ret = gpu_touch(c->g, c->p + 1, BYTES, GPU_ATOMIC);
	}
	return NULL;
}

/* At the same time. */
static void two_atomics(struct pair *pair)
{
	uint32_t *p = map_small(BYTES);
	struct counting c[2];

	*p = 0;
	for (int i = 0; i < 2; i++) {
		c[i] = (struct counting) { .g = &pair->g[i], .p = p };
		igt_assert_eq(pthread_create(&c[i].thread, NULL, count, &c[i]), 0);
	}
	for (int i = 0; i < 100; i++) {
		__atomic_fetch_add(p, 1, __ATOMIC_RELAXED);
		usleep(1000);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(c[i].thread, NULL);
	igt_assert_eq(c[0].ret, 0);
	igt_assert_eq(c[1].ret, 0);
	igt_assert_eq_u32(*p, 2 * 8 * 500 + 100);
	munmap(p, BYTES);
}

/* The other one's life is not touched. */
static void two_close_one(struct pair *pair)
{
	uint32_t *p = map_small(BYTES);

	igt_assert_eq(gpu_add(&pair->g[0], p, BYTES / 4, 1), 0);
	igt_assert_eq(migrate(pair->m[0].fd, p, BYTES, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL), 0);
	gpu_close(&pair->g[0]);
	mirror_close(&pair->m[0]);
	igt_assert_eq(gpu_add(&pair->g[1], p, BYTES / 4, 1), 0);
	all_have(p, 2);
	munmap(p, BYTES);
	mirror_open_on(&pair->m[0], device_open_nth(0));
	gpu_open(&pair->g[0], &pair->m[0]);
}

/* A fault that ends a channel of one does nothing to the other. */
static void two_fault(struct pair *pair)
{
	uint32_t *p = map_small(BYTES), *gone = map_small(BYTES);
	struct mirror m;
	struct gpu g;

	mirror_open_on(&m, device_open_nth(1));
	gpu_open(&g, &m);
	munmap(gone, BYTES);
	igt_assert_eq(gpu_touch(&g, gone, PAGE, GPU_STORE), -EIO);
	for (unsigned int i = 0; i < 2; i++)
		igt_assert_eq(gpu_add(&pair->g[i], p, BYTES / 4, 1), 0);
	all_have(p, 2);
	mirror_close(&m);
	munmap(p, BYTES);
}

static const struct {
	const char *name, *description;
	void (*run)(struct pair *pair);
} twos[] = {
	{ "by-turns", "Two GPUs and the CPU write to the same memory by turns.", two_by_turns },
	{ "vrams", "Memory goes from one GPU's VRAM to the other one's.", two_vrams },
	{ "atomics", "Two GPUs and the CPU count on the same word.", two_atomics },
	{ "close-one", "One of two mirrors of a process ends, the other one goes on.",
	  two_close_one },
	{ "fault", "A fatal fault of one GPU does not hurt the other one.", two_fault },
};

/* In a child: nothing is left of it, whatever happens. */
static void in_child(void (*run)(struct pair *pair))
{
	igt_emit_ignore_dmesg_regex(NOISE);
	igt_fork(child, 1) {
		struct pair pair;

		pair_open(&pair);
		run(&pair);
		pair_close(&pair);
	}
	igt_waitchildren();
}

int igt_main()
{
	igt_fixture() {
		int second = device_open_nth(1);

		close(device_open_hmm());
		igt_require_f(second >= 0, "one GPU only\n");
		close(second);
	}

	for (size_t t = 0; t < ARRAY_LENGTH(twos); t++) {
		igt_describe(twos[t].description);
		igt_subtest(twos[t].name)
			in_child(twos[t].run);
	}
}
