/* SPDX-License-Identifier: MIT */
/*
 * gpu.h - what the tests of the driver share: a GPU that works on plain pointers, where memory is,
 * and lines of result.
 *
 * The GPU comes through OpenCL with fine-grained system SVM, so that the same program runs on upstream
 * nouveau and on the fork. Kernels take addresses as numbers: a test may hand them any. All that runs
 * on the GPU returns 0, -EIO (an error was reported: the channel is gone) or -ETIMEDOUT (no end within
 * gpu_patience seconds; this process can do nothing more on the GPU).
 *
 * A child of fork() must not use the GPU that its parent opened (there are threads behind it); it may
 * open its own if the parent had none yet.
 */
#ifndef GPU_H
#define GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096ul
#define HUGE (2ul << 20)
#define MIB (1ul << 20)

/* Results. A test ends by itself: within the seconds given to test_start() or as a failure. */
void test_start(unsigned int seconds);
bool ok(bool good, const char *what, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *what, ...) __attribute__((format(printf, 1, 2)));
void note(const char *what, ...) __attribute__((format(printf, 1, 2)));
/* Ends the process at once, without OpenCL's own clean-up, which may wait for a dead channel. */
void test_end(void) __attribute__((noreturn));

extern unsigned int gpu_patience;

/* Opens the GPU; a process in which that fails ends with a line of failure. */
void gpu_open(void);
/* Opened with SVM_INIT: the file of this process that migration goes through, or a negative errno. */
int gpu_fd(void);

/*
 * gpu_run("kernel void name(ulong a, ulong b) {...}", work-items, a, b) builds that kernel (once) and
 * runs it; its parameters must all be ulong.
 */
#define gpu_run(source, items, ...) \
	gpu_launch(source, items, (const uint64_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))
int gpu_launch(const char *source, size_t items, const uint64_t *args, unsigned int nargs);
#define U(pointer) ((uint64_t)(uintptr_t)(pointer))

int gpu_fill(uint32_t *p, size_t n, uint32_t v);	/* p[i] = v + i */
int gpu_add(uint32_t *p, size_t n, uint32_t v);
int gpu_sum(const uint32_t *p, size_t n, uint64_t *sum);
int gpu_load(const uint32_t *p, uint32_t *v);
int gpu_store(uint32_t *p, uint32_t v);
int gpu_atomic_add(uint32_t *p, uint32_t items);	/* each of them adds 1 */
/* One read, write or both for each of count addresses that are stride apart. */
enum gpu_access { GPU_READ, GPU_WRITE, GPU_ADD };
int gpu_touch(void *p, size_t stride, size_t count, enum gpu_access access);

/* Upstream's DRM_NOUVEAU_SVM_BIND; 0 or a negative errno. */
int range_to_vram_fd(int fd, const void *p, size_t bytes);
int range_to_vram(const void *p, size_t bytes);

/* How many pages of the range are in VRAM; from /proc/self/pagemap, so it works on every driver. */
size_t pages_in_vram(const void *p, size_t bytes);
/* How many are in swap, or in VRAM: likewise. */
size_t swapped_out(const void *p, size_t bytes);
/* Makes the machine swap, from now on. */
bool swap_on(void);
/*
 * Swaps all of it out, if nobody holds it; 0 or a negative errno. MADV_PAGEOUT alone passes over pages
 * that are in another CPU's list of pages for the LRU: there they stay until it has 31 (mm/swap.c).
 */
int page_out(void *p, size_t bytes);
/* Bytes of VRAM that the driver says are in use. */
uint64_t vram_used(void);
/* Asks the lab to keep the GPU's counters under this name. */
void mark(const char *name);

void *map_pages(size_t bytes);		/* anonymous, nothing there yet */
void *map_small(size_t bytes);		/* the same, never a huge page */
/* Anonymous, at a multiple of 2 MiB, with huge pages where the kernel has them to give. */
void *map_huge(size_t bytes);
size_t huge_pages(const void *p, size_t bytes);	/* mapped as such in RAM or in VRAM */
void pattern(uint32_t *p, size_t bytes, uint32_t seed);
size_t wrong(const uint32_t *p, size_t bytes, uint32_t seed);	/* how many words differ */

int write_file(const char *path, const char *text);
/* The child's status as of waitpid(), or -ETIMEDOUT; one that is late is killed. */
int wait_child(pid_t pid, unsigned int seconds);
/* 0 if it ended with status 0. */
#define child_ok(pid, seconds) (wait_child(pid, seconds) == 0)
double now(void);
/* Lets go of everything of the GPU in this (forked) process: files and mappings. */
void drop_gpu(void);

#endif
