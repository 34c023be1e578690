// SPDX-License-Identifier: MIT
/*
 * All ioctls at once, from several threads on one file, while the memory changes under them: nothing is lost, nothing
 * hangs.
 *
 *	ioctl-race S [MASK]      for S seconds; MASK: which threads (63: all)
 */
#include "ioctl.h"

#include <drm/drm.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE (4 * MIB)		/* of each thread's own memory */
#define AREA (8 * MIB)		/* that a thread maps and unmaps, and others move */
#define OWNERS 3

static int fd;
static char *area;
static double until;
static size_t bad, rounds[8];

/* Its own memory goes to and fro, and must hold what was written. */
static void *owner(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg, *p = seed % 2 ? map_huge(SIZE) : map_small(SIZE);

	pattern(p, SIZE, seed);
	while (now() < until) {
		move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL);
		p[(seed * 7919 + rounds[seed] * 4093) % (SIZE / 4)] += 0;
		if (rounds[seed] % 4 == 3)
			__atomic_add_fetch(&bad, wrong(p, SIZE, seed), __ATOMIC_RELAXED);
		move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_RAM, NULL);
		rounds[seed]++;
	}
	__atomic_add_fetch(&bad, wrong(p, SIZE, seed), __ATOMIC_RELAXED);
	return NULL;
}

static void *mover(void *arg)
{
	hmm_migrate args = {
		.start = U(area), .length = AREA, .target = DRM_NOUVEAU_HMM_TARGET_VRAM,
		.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC,
	};
	(void)arg;
	while (now() < until) {
		args.target = !args.target;
		args.flags = random() % 2 ? DRM_NOUVEAU_HMM_MIGRATE_ASYNC : 0;
		call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args);
		range_to_vram_fd(fd, area, AREA);
		rounds[4]++;
	}
	return NULL;
}

static void *looker(void *arg)
{
	static uint8_t pages[AREA / PAGE];
	hmm_faults faults = { .faults = U(pages), .count = 1 };

	(void)arg;
	while (now() < until) {
		if (look(fd, area, AREA, pages))
			__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
		call(fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &faults);
		rounds[5]++;
	}
	return NULL;
}

static void *changer(void *arg)
{
	(void)arg;
	while (now() < until) {
		size_t at = (size_t)random() % (AREA / PAGE) * PAGE, n = AREA - at;

		switch (random() % 5) {
		case 0:
			mmap(area + at, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 1:
			madvise(area + at, n, random() % 2 ? MADV_DONTNEED : MADV_HUGEPAGE);
			break;
		case 2:
			mprotect(area + at, n, PROT_READ);
			break;
		case 3:
			mprotect(area, AREA, PROT_READ | PROT_WRITE);
			memset(area, (int)random(), AREA);
			break;
		default:
			if (fork() == 0) {
				volatile char *p = area + at;

				_exit(*p == 1 ? 0 : 0);
			}
			while (wait(NULL) > 0)
				;
		}
		rounds[6]++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static void *(* const others[])(void *) = { mover, looker, changer };
	pthread_t threads[OWNERS + 3];
	unsigned int mask = argc > 2 ? (unsigned int)atoi(argv[2]) : 63, i;

	test_start(100);
	fd = open_mirror(NULL);
	area = map_small(AREA);
	until = now() + (argc > 1 ? atoi(argv[1]) : 5);
	for (i = 0; i < OWNERS + 3; i++)
		if (mask & 1u << i)
			pthread_create(&threads[i], NULL, i < OWNERS ? owner : others[i - OWNERS],
				       (void *)(uintptr_t)(i + 1));
	for (i = 0; i < OWNERS + 3; i++)
		if (mask & 1u << i)
			pthread_join(threads[i], NULL);
	ok(bad == 0, "the data is what it was, and no look fails (%zu)", bad);
	note("rounds: %zu %zu %zu, moved %zu, looked %zu, changed %zu", rounds[1], rounds[2], rounds[3],
	     rounds[4], rounds[5], rounds[6]);
	close(fd);
	ok(true, "the file closes");
	test_end();
}
