/* SPDX-License-Identifier: MIT */
/*
 * hmm.h - what the tests share: the device, its ioctls as functions that return 0 or a negative
 * errno, memory of every kind, and where its pages are. No program runs on the GPU here (gpu.h).
 */
#ifndef HMM_H
#define HMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <drm/nouveau_drm.h>

#include "nouveau_hmm_drm.h"

#define PAGE 4096ul
#define MIB (1ul << 20)
#define HUGE (2 * MIB)
#define VRAM DRM_NOUVEAU_HMM_TARGET_VRAM
#define RAM DRM_NOUVEAU_HMM_TARGET_RAM
#define U(pointer) ((uint64_t)(uintptr_t)(pointer))
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25	/* of linux/mman.h, newer than some C libraries */
#endif

/* What the kernel says when a channel ends, for igt_emit_ignore_dmesg_regex() where it is to. */
#define NOISE "nouveau .*(svm|fifo|gr|ce[0-9]|killed|fault|errored)|callbacks suppressed"

typedef struct drm_nouveau_hmm_info hmm_info;
typedef struct drm_nouveau_hmm_migrate hmm_migrate;
typedef struct drm_nouveau_hmm_moved hmm_moved;
typedef struct drm_nouveau_hmm_residency hmm_residency;
typedef struct drm_nouveau_hmm_fault hmm_fault;
typedef struct drm_nouveau_hmm_faults hmm_faults;
typedef struct drm_nouveau_hmm_channel_create hmm_create;
typedef struct drm_nouveau_hmm_channel_destroy hmm_destroy;
typedef struct drm_nouveau_hmm_channel_submit hmm_submit;
typedef struct drm_nouveau_hmm_channel_status hmm_status;
typedef struct drm_nouveau_hmm_range hmm_range;
typedef struct drm_nouveau_hmm_sync hmm_sync;

/* ---- the device ---- */

/* A render node that is nouveau's and a Pascal's; the (sub)test is skipped if there is none. */
int device_open(void);
/* The first is number 0; -1 if there are not so many. */
int device_open_nth(unsigned int nth);
/* The same, with the fork's ioctls. */
int device_open_hmm(void);
int call(int fd, unsigned long request, void *arg);

/* A file that mirrors this process. */
struct mirror {
	int fd;
	uint64_t cutout;	/* CUTOUT bytes, kept free of anything else */
	bool own;		/* the driver has the ioctls of nouveau_hmm_drm.h */
};

#define CUTOUT (4ul << 30)

void mirror_open(struct mirror *m);
/* On this file, which is the mirror's from then on. */
void mirror_open_on(struct mirror *m, int fd);
void mirror_close(struct mirror *m);

/* ---- pages ---- */

int migrate_once(int fd, const void *p, size_t bytes, uint32_t target, hmm_moved *moved);
/* Pages are tried again that others hold for a moment, as compaction does, or a CPU's list. */
int migrate(int fd, const void *p, size_t bytes, uint32_t target, hmm_moved *moved);
/*
 * Each CPU has lists of pages that have a reference until there are 31 of them (mm/swap.c). What is in
 * another CPU's can neither be moved nor be swapped out. This empties them.
 */
void drain_lists(void);
/* SVM_BIND, which upstream has too. */
int bind_to_vram(int fd, const void *p, size_t bytes);
int residency(int fd, const void *p, size_t bytes, uint8_t *pages);
/* How many pages of the range have these bits, under this mask. */
size_t pages_with(int fd, const void *p, size_t bytes, uint8_t mask, uint8_t bits);
size_t in_vram(int fd, const void *p, size_t bytes);
/* The same from /proc/self/pagemap, on every driver. */
size_t device_pages(const void *p, size_t bytes);
/* In RAM, and taken from the CPU for the GPU's atomics. */
size_t exclusive_pages(const void *p, size_t bytes);
size_t swapped_out(const void *p, size_t bytes);
uint64_t moved_sum(const hmm_moved *m);
uint64_t vram_resident(int fd);
/* VRAM in bytes, where a test can fill it; the (sub)test is skipped where it can't. */
uint64_t vram_to_fill(int fd);
/* Waits until what others had in VRAM has gone, as far as it goes. */
void vram_settles(int fd);
/* What processes had in VRAM goes a while after they do: asserts that no more than before is left. */
void assert_vram_free(int fd, uint64_t before);

/* ---- memory ---- */

/*
 * Anonymous; small: without huge pages; huge: with, as far as the kernel has them. A failure is the
 * test's.
 */
void *map_small(size_t bytes);
void *map_huge(size_t bytes);
/* Below 2^40, where the host unit and the compute class reach. */
void *map_low(size_t bytes, int prot);

/* A word for each place, different for each seed. */
void pattern(uint32_t *p, size_t bytes, uint32_t seed);
size_t wrong(const uint32_t *p, size_t bytes, uint32_t seed);

/* ---- the rest ---- */

int write_file(const char *path, const char *text);
/* "KEY: VALUE" or "KEY VALUE" of a file of proc or debugfs, in bytes if it has a unit; or -1. */
long long value_in(const char *path, const char *key);
/* Can the machine swap? If it could not, 128 MiB in RAM are made. */
bool swap_on(void);
/* Some at least, or the test fails; it is skipped where there is no swap. */
void swap_out(void *p, size_t bytes);
double now(void);
/* How many times longer things may take here than elsewhere: NOUVEAU_HMM_SLOW, or 1. */
double slowness(void);
/* When to give up on what should take so many seconds at most. */
double deadline(double seconds);
uint32_t syncobj_create(int fd);
void syncobj_destroy(int fd, uint32_t handle);
int syncobj_signal(int fd, uint32_t handle, uint64_t point);
int syncobj_wait(int fd, uint32_t handle, uint64_t point, double seconds);
/* A handle of the same one for another file. */
uint32_t syncobj_share(int fd, uint32_t handle, int other);
/* How its fence ended: 1 well, or a negative errno; 0 if it has not. */
int syncobj_status(int fd, uint32_t handle);

#endif
