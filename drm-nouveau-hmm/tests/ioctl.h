/* SPDX-License-Identifier: MIT */
/*
 * ioctl.h - what the tests of the ioctls share: files of the device, and the ioctls as functions
 * that return 0 or a negative errno. No GPU program runs in them.
 */
#ifndef IOCTL_H
#define IOCTL_H

#include "gpu.h"

#include <drm/nouveau_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../../uapi/nouveau_hmm_drm.h"

#define CUTOUT (4ul << 30)
#define LOW_START (1ul << 32)
#define LOW_END (1ul << 40)

typedef struct drm_nouveau_hmm_info hmm_info;
typedef struct drm_nouveau_hmm_migrate hmm_migrate;
typedef struct drm_nouveau_hmm_moved hmm_moved;
typedef struct drm_nouveau_hmm_residency hmm_residency;
typedef struct drm_nouveau_hmm_faults hmm_faults;
typedef struct drm_nouveau_hmm_channel_create hmm_create;
typedef struct drm_nouveau_hmm_channel_destroy hmm_destroy;
typedef struct drm_nouveau_hmm_channel_submit hmm_submit;
typedef struct drm_nouveau_hmm_channel_status hmm_status;

static inline int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static inline int open_file(void)
{
	int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		ok(false, "the device opens (%s)", strerror(errno));
		test_end();
	}
	return fd;
}

/* Memory below 2^40: host addresses no more. */
static inline void *map_low(size_t bytes, int prot)
{
	static uintptr_t at = LOW_START;

	for (; at + bytes < LOW_END; at += HUGE) {
		void *p = mmap((void *)at, bytes, prot,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

		if (p == (void *)at) {
			at += (bytes + HUGE - 1) & ~(HUGE - 1);
			return p;
		}
	}
	return NULL;
}

/* A file that mirrors this process; its buffer objects live where nothing else does. */
static inline int open_mirror(struct drm_nouveau_svm_init *cutout)
{
	void *p = map_low(CUTOUT, PROT_NONE);
	struct drm_nouveau_svm_init init = { .unmanaged_addr = U(p), .unmanaged_size = CUTOUT };
	int fd = open_file();

	if (!p || call(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init)) {
		ok(false, "SVM_INIT (%s)", strerror(errno));
		test_end();
	}
	if (cutout)
		*cutout = init;
	return fd;
}

static inline int move(int fd, void *p, size_t bytes, unsigned int target, hmm_moved *moved)
{
	hmm_migrate args = { .start = U(p), .length = bytes, .target = target };
	int ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args);

	if (moved)
		*moved = args.moved;
	return ret;
}

static inline int look(int fd, const void *p, size_t bytes, uint8_t *pages)
{
	hmm_residency args = { .start = U(p), .length = bytes, .pages = U(pages) };

	return call(fd, DRM_IOCTL_NOUVEAU_HMM_RESIDENCY, &args);
}

/* How many pages of the range have these bits, under this mask. */
static inline size_t pages_with(int fd, const void *p, size_t bytes, uint8_t mask, uint8_t bits)
{
	static uint8_t pages[1 << 16];
	size_t n = 0;

	if (bytes / PAGE > sizeof(pages) || look(fd, p, bytes, pages))
		return ~0ul;
	for (size_t i = 0; i < bytes / PAGE; i++)
		n += (pages[i] & mask) == bits;
	return n;
}

static inline size_t in_vram(int fd, const void *p, size_t bytes)
{
	return pages_with(fd, p, bytes, DRM_NOUVEAU_HMM_PAGE_WHERE, DRM_NOUVEAU_HMM_PAGE_VRAM);
}

static inline uint64_t sum_of(const hmm_moved *m)
{
	return m->moved + m->zeroed + m->already + m->busy + m->unsupported + m->no_memory + m->failed;
}

#endif
