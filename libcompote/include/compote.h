/* SPDX-License-Identifier: MIT */
/*
 * libcompote: GPU work on a process's own memory, with drm-nouveau-hmm.
 *
 * Rules for all calls:
 *
 * - A function that returns int returns 0, or a negative errno; compote_strerror() explains it. The
 *   errors named at a function are those that have a meaning of their own there. All can return
 *   -EINVAL for a null pointer, an unknown flag or a reserved field that is not zero, -ENOMEM, and
 *   what the kernel says (nouveau_hmm_drm.h).
 * - What a call writes through a pointer is written only if it succeeds, if not said otherwise.
 * - Objects are made by *_create(), *_open() or *_load() and belong to the caller, who ends each
 *   with its *_destroy(), *_close() or *_free(). These take NULL too. An object keeps what it was
 *   made from alive, so the order does not matter, but for memory: see compote_space_destroy().
 * - Different objects may be used from different threads at once. One and the same object too, if
 *   its description does not say otherwise; destroying it must be the last use.
 * - Nothing is printed, no signal is raised or handled, there is no state outside of objects.
 * - After fork(), the child must not use any object of its parent.
 * - Addresses are those of the process; sizes are in bytes, times in nanoseconds.
 *
 * Everything here is there since version 0.1.
 */
#ifndef COMPOTE_H
#define COMPOTE_H

#include <stddef.h>
#include <stdint.h>

#include "compote-program.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A version as compote_version() returns it. */
#define COMPOTE_MAKE_VERSION(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))
/** Version of this header. */
#define COMPOTE_VERSION COMPOTE_MAKE_VERSION(0, 1)

/** A wait of any length, for timeout_ns. */
#define COMPOTE_FOREVER ((int64_t)-1)

/** An open GPU. */
struct compote_device;
/** The mirror of this process's memory on a device. */
struct compote_space;
/** A queue of work for one engine of the GPU. */
struct compote_channel;
/** Commands, built once and submitted as often as one likes. */
struct compote_push;
/** Something to wait for: a word of memory that the GPU writes, or a syncobj of the kernel. */
struct compote_fence;
/** One entry point of machine code, where the GPU can execute it. */
struct compote_kernel;

/** Version of the library: COMPOTE_MAKE_VERSION(major, minor). */
uint32_t compote_version(void);

/* ---- errors ---- */

/**
 * What an error means here, in English, as a constant string that is always valid.
 * @error: what a function returned; the positive errno will do too
 */
const char *compote_strerror(int error);

/* ---- device ---- */

/* compote_device_info.features */
#define COMPOTE_FEATURE_MIRROR		(UINT64_C(1) << 0) /* compote_space_create() works */
#define COMPOTE_FEATURE_VRAM		(UINT64_C(1) << 1) /* migration to VRAM works */
#define COMPOTE_FEATURE_ATOMIC_RAM	(UINT64_C(1) << 2) /* GPU atomics on pages in RAM */
#define COMPOTE_FEATURE_ATOMIC_VRAM	(UINT64_C(1) << 3) /* GPU atomics on pages in VRAM */
#define COMPOTE_FEATURE_CHANNEL		(UINT64_C(1) << 4) /* compote_channel_create() works */

/** What a device is and can do. */
struct compote_device_info {
	/** Version of the kernel's interface (DRM_NOUVEAU_HMM_VERSION). */
	uint32_t driver_version;
	/** nouveau's number of the chip, 0x134 for GP104. */
	uint32_t chipset;
	/** COMPOTE_FEATURE_* */
	uint64_t features;
	/** Bit n: the GPU maps memory in pages of 2^n bytes. */
	uint64_t page_sizes;
	/** Bytes of VRAM. */
	uint64_t vram_bytes;
	/** Streaming multiprocessors; 0: the driver does not know yet. */
	uint32_t multiprocessors;
	/** Graphics processing clusters, or 0. */
	uint32_t clusters;
	/** PCI vendor and device number. */
	uint16_t pci_vendor, pci_device;
	/** 0 */
	uint32_t reserved[5];
};

/**
 * Opens a GPU.
 * @path: of its device file ("/dev/dri/renderD128"), or NULL: the first one that
 *	compote_space_create() works on
 * @device: receives the device
 *
 * -ENODEV: there is none, or @path is no GPU; -EOPNOTSUPP: its driver is not drm-nouveau-hmm;
 * errors of open(2), as -ENOENT and -EACCES (with NULL: if that is why there is none).
 */
int compote_device_open(const char *path, struct compote_device **device);

/** Closes a device. The file stays open while objects that were made from it are there. */
void compote_device_close(struct compote_device *device);

/** Says what the device is. */
int compote_device_info(struct compote_device *device, struct compote_device_info *info);

/** The device's file descriptor; it stays the library's, and must not be closed. */
int compote_device_fd(const struct compote_device *device);

/* ---- space ---- */

/** Bounds of compote_space_create()'s cutout_bytes. */
#define COMPOTE_CUTOUT_MIN (UINT64_C(512) << 20)
#define COMPOTE_CUTOUT_MAX (UINT64_C(1) << 30)

/**
 * Mirrors this process: every address that the CPU can use is valid for the GPU from now on.
 * @device: has at most one space in its life
 * @cutout_bytes: addresses to keep free for what is not mirrored; a multiple of 2 MiB from
 *	COMPOTE_CUTOUT_MIN to COMPOTE_CUTOUT_MAX, or 0 for the smallest
 * @space: receives the space
 *
 * -EBUSY: the device has, or had, a space; -ENOSPC: no such piece is free below 2^40;
 * -EOPNOTSUPP: without COMPOTE_FEATURE_MIRROR.
 */
int compote_space_create(struct compote_device *device, uint64_t cutout_bytes,
			 struct compote_space **space);

/**
 * Ends a space. Memory of compote_alloc() ends with the last object of the space: it must not be
 * used after that. The process stays mirrored until the device is closed.
 */
void compote_space_destroy(struct compote_space *space);

/* ---- low memory ---- */

/**
 * Memory below 2^40: for push buffers, launch descriptors, code, constants and fences, which Pascal
 * cannot address elsewhere. It is anonymous memory of the process, zeroed, not inherited over
 * fork(). Data that kernels and copies work on needs none of that: malloc() is good.
 * @size: bytes, not 0
 * @align: a power of two up to 2 MiB, or 0; less than 256 counts as 256
 * @memory: receives the address
 *
 * -ENOSPC: no addresses are left below 2^40.
 */
int compote_alloc(struct compote_space *space, size_t size, size_t align, void **memory);

/** Gives memory of compote_alloc() back. The GPU must have done with it. */
void compote_free(struct compote_space *space, void *memory);

/* ---- channels ---- */

/* Engines. */
#define COMPOTE_ENGINE_COMPUTE	0
#define COMPOTE_ENGINE_COPY	1

/* The subchannels that the library binds the engines' classes to. */
#define COMPOTE_SUBCHANNEL_COMPUTE	1
#define COMPOTE_SUBCHANNEL_COPY		4

/* compote_channel_options.flags */
#define COMPOTE_CHANNEL_EVENTFD	(UINT32_C(1) << 0) /* eventfd is one */
#define COMPOTE_CHANNEL_RING	(UINT32_C(1) << 1) /* ring is memory of the caller */

/** How to make a channel. All zero: a compute channel with defaults. */
struct compote_channel_options {
	/** COMPOTE_ENGINE_* */
	uint32_t engine;
	/** Entries of the ring: a power of two from 16 to 32768, or 0: 1024. */
	uint32_t ring_entries;
	/** COMPOTE_CHANNEL_* */
	uint32_t flags;
	/** With the flag: gets 1 added when the channel is stopped. Stays the caller's. */
	int32_t eventfd;
	/**
	 * With the flag: 8 bytes for each entry, aligned to 4096 and to their own size. Must
	 * stay, and not be written to, until the channel is destroyed.
	 */
	void *ring;
	/** 0 */
	uint64_t reserved[4];
};

/* compote_channel_status.stopped */
#define COMPOTE_CHANNEL_RUNS	0 /* it was not */
#define COMPOTE_CHANNEL_FAULT	1 /* an access that could not be served */
#define COMPOTE_CHANNEL_REVOKED	2 /* memory of a job was taken away, and it did not end */
#define COMPOTE_CHANNEL_ENGINE	3 /* a bad command, a trap, no progress: see the kernel log */
#define COMPOTE_CHANNEL_LATE	4 /* memory was not there when a job's in-fences came */

/* compote_channel_status.access, compote_fault.access */
#define COMPOTE_ACCESS_PREFETCH	0
#define COMPOTE_ACCESS_READ	1
#define COMPOTE_ACCESS_WRITE	2
#define COMPOTE_ACCESS_ATOMIC	3

/** How a channel is. */
struct compote_channel_status {
	/** Numbers of the last job submitted, and of the last one that is done. */
	uint64_t submitted, done;
	/** FAULT, REVOKED, LATE: address of the page. */
	uint64_t addr;
	/** CLOCK_MONOTONIC when it was stopped, or 0. */
	uint64_t time_ns;
	/** COMPOTE_CHANNEL_*: why it was stopped. */
	uint32_t stopped;
	/** The same as a negative errno, or 0. */
	int32_t error;
	/** FAULT: COMPOTE_ACCESS_* */
	uint8_t access;
	/** FAULT: the GPU's own code (Pascal: 2 no page, 6 read-only, 14 poison, ...). */
	uint8_t reason;
	/** FAULT: the unit that made the access, by the GPU's own numbers. */
	uint8_t client, gpc, hub, engine;
	/** 0 */
	uint16_t reserved;
};

/**
 * Makes a channel and prepares its engine, with a first job of the library's own.
 * @options: or NULL: all zero
 * @channel: receives the channel
 *
 * -EOPNOTSUPP: without COMPOTE_FEATURE_CHANNEL; -EMFILE, -ENOSPC: too many channels;
 * -EFAULT: the ring is not memory; -EBADF: no eventfd.
 */
int compote_channel_create(struct compote_space *space,
			   const struct compote_channel_options *options,
			   struct compote_channel **channel);

/** Ends a channel and stops what runs. The GPU has done with all memory of its jobs then. */
void compote_channel_destroy(struct compote_channel *channel);

/** Says how the channel is. */
int compote_channel_status(struct compote_channel *channel, struct compote_channel_status *status);

/**
 * Waits until a job is done.
 * @job: from compote_submit()
 * @timeout_ns: 0: only looks; COMPOTE_FOREVER
 *
 * -ETIME: not yet; -EIO: the channel was stopped before, see compote_channel_status().
 */
int compote_channel_wait(struct compote_channel *channel, uint64_t job, int64_t timeout_ns);

/** Class of the channel's engine: 0xc0c0, 0xc1c0, 0xc0b5 or 0xc1b5. */
uint32_t compote_channel_class(const struct compote_channel *channel);

/* ---- push buffers ---- */

/**
 * A push buffer is for one thread at a time while it is built. Errors of building are kept: later
 * calls do nothing, and compote_push_finish() returns the first one. So the calls that append
 * need not be checked one by one, though each returns that error too:
 *
 * -EINVAL: an argument; -ERANGE: an address that the unit cannot reach; -EBUSY: it is finished;
 * -EOPNOTSUPP: not a command of this engine; -E2BIG: more than 256 pieces of memory.
 */

/**
 * Makes an empty push buffer.
 * @engine: COMPOTE_ENGINE_*: what kind of channel it is for
 * @push: receives the push buffer
 */
int compote_push_create(struct compote_space *space, uint32_t engine, struct compote_push **push);

/** Ends a push buffer. Its last job must be done. */
void compote_push_destroy(struct compote_push *push);

/** Empties a push buffer, to build it anew; forgets its error. Its last job must be done. */
int compote_push_reset(struct compote_push *push);

/**
 * Appends a method with @count words of data, to be written to @method, @method + 4, ...
 * @subchannel: 0 to 7
 * @method: of the subchannel's class: a multiple of 4 below 0x4000
 * @count: 1 to 8191
 */
int compote_push_methods(struct compote_push *push, unsigned int subchannel, uint32_t method,
			 const uint32_t *data, uint32_t count);

/** Likewise, all to @method; @count may be larger. */
int compote_push_methods_fixed(struct compote_push *push, unsigned int subchannel, uint32_t method,
			       const uint32_t *data, uint32_t count);

/** Likewise, the first word to @method and all others to @method + 4. */
int compote_push_methods_once(struct compote_push *push, unsigned int subchannel, uint32_t method,
			      const uint32_t *data, uint32_t count);

/** Appends a method with one word of data; in one word of the buffer if @value is below 8192. */
int compote_push_method(struct compote_push *push, unsigned int subchannel, uint32_t method,
			uint32_t value);

/* compote_range.flags */
#define COMPOTE_RANGE_PUSH	(UINT32_C(1) << 0) /* commands (compote_submit_ranges() only) */
#define COMPOTE_RANGE_WRITE	(UINT32_C(1) << 1) /* is written as well */

/** Memory that a job needs to be there from submit to end: struct drm_nouveau_hmm_range. */
struct compote_range {
	/** First byte. */
	uint64_t addr;
	/** Bytes. */
	uint64_t length;
	/** COMPOTE_RANGE_* */
	uint32_t flags;
	/** 0 */
	uint32_t reserved;
};

/**
 * Names memory that host unit, front end or copy engine touch because of methods that the caller
 * appended. The library's own commands do it themselves; what kernels touch needs no range.
 * @flags: COMPOTE_RANGE_WRITE, or 0
 */
int compote_push_range(struct compote_push *push, const void *addr, size_t length, uint32_t flags);

/** Appends: later commands begin when earlier ones are done, and see what they wrote. */
int compote_push_barrier(struct compote_push *push);

/**
 * Appends, for a compute channel: writes @bytes of @data, copied now, to @dst in order with
 * other commands. For small things, up to 32760 bytes.
 * @dst: below 2^49, multiple of 4; @bytes: a multiple of 4
 */
int compote_push_inline(struct compote_push *push, void *dst, const void *data, size_t bytes);

/**
 * Appends: when all earlier commands are done, the GPU writes @value to @word.
 * @word: below 2^40 (compote_alloc()), multiple of 4
 */
int compote_push_release(struct compote_push *push, uint32_t *word, uint32_t value);

/**
 * Ends building. From now on the push buffer can be submitted, by several threads at once too,
 * until compote_push_reset(). Any channel of its engine takes it, but with a launch in it, it must
 * be done on one before it is submitted to another: the GPU keeps the state of a grid that runs in
 * the launch's descriptor. Returns the first error of building.
 */
int compote_push_finish(struct compote_push *push);

/** Bytes of commands so far. */
size_t compote_push_bytes(const struct compote_push *push);

/* ---- submitting ---- */

/** A syncobj (of the device's file), or a point of a timeline: struct drm_nouveau_hmm_sync. */
struct compote_sync {
	/** Handle of the syncobj. */
	uint32_t handle;
	/** 0 */
	uint32_t reserved;
	/** Point of a timeline, or 0: a binary syncobj. */
	uint64_t point;
};

/** What to wait for before a job, and what to signal after it. At most 16 of each. */
struct compote_submit_options {
	/** Syncobjs to wait for. */
	const struct compote_sync *in;
	/** Syncobjs to signal. */
	const struct compote_sync *out;
	/** How many. */
	uint32_t nr_in, nr_out;
	/** 0 */
	uint64_t reserved[2];
};

/**
 * Submits a finished push buffer: one ioctl. (The first that needs more local memory than the
 * channel has makes a job of its own before.)
 * @options: or NULL
 * @job: receives the number of the job in its channel, or NULL
 *
 * -EINVAL: the push buffer is not finished, has an error, or is for another engine or space;
 * -EBUSY: no room in the ring until earlier jobs are done, or memory that it names was just being
 * moved about: try again; -EFAULT: memory that it names is not there; -EIO: the channel was
 * stopped.
 */
int compote_submit(struct compote_channel *channel, const struct compote_push *push,
		   const struct compote_submit_options *options, uint64_t *job);

/**
 * Submits commands that the program wrote itself.
 * @ranges: at most 256; those with COMPOTE_RANGE_PUSH are executed in this order
 */
int compote_submit_ranges(struct compote_channel *channel, const struct compote_range *ranges,
			  uint32_t nr_ranges, const struct compote_submit_options *options,
			  uint64_t *job);

/* ---- fences ---- */

/* compote_fence_create() */
#define COMPOTE_FENCE_MEMORY	0 /* a word of 64 bits: waiting for it needs no system call */
#define COMPOTE_FENCE_SYNCOBJ	1 /* a binary syncobj: can be waited for by the kernel */

/**
 * Makes a fence, not signalled.
 * @kind: COMPOTE_FENCE_*
 */
int compote_fence_create(struct compote_space *space, uint32_t kind, struct compote_fence **fence);

/** Ends a fence. No work that would signal it may be under way. */
void compote_fence_destroy(struct compote_fence *fence);

/** Makes it not signalled: value 0. No work that would signal it may be under way. */
int compote_fence_reset(struct compote_fence *fence);

/**
 * Appends, for COMPOTE_FENCE_MEMORY: when all earlier commands are done, the GPU sets the fence to
 * @value. Values that a fence gets one after the other must grow.
 */
int compote_push_fence(struct compote_push *push, struct compote_fence *fence, uint64_t value);

/**
 * Waits for a fence.
 * @value: MEMORY: until it is @value or more; SYNCOBJ: ignored
 * @channel: where the work is that signals it, to notice that it was stopped; or NULL
 * @timeout_ns: 0: only looks; COMPOTE_FOREVER
 *
 * -ETIME: not yet; -EIO: the channel was stopped.
 */
int compote_fence_wait(struct compote_fence *fence, uint64_t value, struct compote_channel *channel,
		       int64_t timeout_ns);

/** The 64-bit word of a COMPOTE_FENCE_MEMORY, else NULL. */
uint64_t *compote_fence_word(struct compote_fence *fence);

/** The handle of a COMPOTE_FENCE_SYNCOBJ for struct compote_sync, else 0. */
uint32_t compote_fence_syncobj(const struct compote_fence *fence);

/**
 * Waits until a word in memory, as compote_push_release() writes it, is @value or has passed it by
 * less than 2^31. -ETIME: not yet.
 */
int compote_word_wait(const uint32_t *word, uint32_t value, int64_t timeout_ns);

/* ---- kernels ---- */

/** Contents of a constant bank. */
struct compote_bank {
	/** Copied when the kernel is made; may be NULL if bytes is 0. */
	const void *data;
	/** At most 65536. */
	size_t bytes;
};

/** Machine code without a program around it. */
struct compote_code {
	/** sm_61 instructions with their control words. */
	const void *code;
	/** Bytes: a multiple of 8. */
	size_t code_bytes;
	/** Registers per thread, 1 to 255. */
	uint32_t registers;
	/** Bytes of shared memory per block that the code itself wants. */
	uint32_t shared_bytes;
	/** Bytes of local memory per thread. */
	uint32_t local_bytes;
	/** Bytes of call stack per warp, 0: 2048. */
	uint32_t crs_bytes;
	/** Barriers, 0 to 16. */
	uint32_t barriers;
	/** Where arguments begin in bank 0: COMPOTE_PARAM_BASE or more, or 0: that. */
	uint32_t param_base;
	/** Bytes of arguments. */
	uint32_t param_bytes;
	/** Offset of the entry point in code: a multiple of 8. */
	uint32_t entry;
	/** Initial contents of banks; bank 0 gets arguments and launch constants on top. */
	struct compote_bank banks[COMPOTE_BANKS];
};

/**
 * Puts machine code where the GPU can execute it.
 * @code: copied
 * @kernel: receives the kernel
 */
int compote_kernel_create(struct compote_space *space, const struct compote_code *code,
			  struct compote_kernel **kernel);

/**
 * Likewise, one entry point of a program. -ENOENT: there is none of that name.
 * @program: may be freed afterwards
 */
int compote_kernel_load(struct compote_space *space, const struct compote_program *program,
			const char *name, struct compote_kernel **kernel);

/** Ends a kernel. Push buffers that launch it must not be submitted again, and be done. */
void compote_kernel_free(struct compote_kernel *kernel);

/** Bytes of arguments that the kernel takes. */
uint32_t compote_kernel_param_bytes(const struct compote_kernel *kernel);

/* compote_launch.flags */
#define COMPOTE_LAUNCH_CONCURRENT (UINT32_C(1) << 0) /* later commands need not wait for its end */

/** A launch of a kernel. */
struct compote_launch {
	/** What to run. */
	const struct compote_kernel *kernel;
	/** Blocks: up to 2^31 - 1, 65535, 65535; not 0. */
	uint32_t grid[3];
	/** Threads of a block: up to 1024, 1024, 64, and 1024 together; not 0. */
	uint32_t block[3];
	/** Bytes of shared memory per block beside the kernel's own; 49152 together. */
	uint32_t shared_bytes;
	/** COMPOTE_LAUNCH_* */
	uint32_t flags;
	/** The arguments, laid out as the kernel wants them; copied now. */
	const void *args;
	/** Bytes: as many as compote_kernel_param_bytes(). */
	size_t args_bytes;
	/** 0 */
	uint64_t reserved[2];
};

/** Appends a launch, for a compute channel. What it is described by becomes the push buffer's. */
int compote_push_launch(struct compote_push *push, const struct compote_launch *launch);

/* ---- copies ---- */

/**
 * Appends a copy, for a copy channel. All of both ranges is made present by each submit.
 * The ranges must not overlap.
 */
int compote_push_copy(struct compote_push *push, void *dst, const void *src, size_t bytes);

/**
 * Appends a fill, for a copy channel.
 * @value: pattern; its low 8 * @unit bits count
 * @unit: bytes of the pattern: 1, 2 or 4; @dst and @bytes are multiples of it
 */
int compote_push_fill(struct compote_push *push, void *dst, uint32_t value, unsigned int unit,
		      size_t bytes);

/* ---- where memory is ---- */

/* Targets of a migration. */
#define COMPOTE_RAM	0
#define COMPOTE_VRAM	1

/** What became of the pages of a migration, in pages of 4 KiB: struct drm_nouveau_hmm_moved. */
struct compote_moved {
	/** Bytes from the start that were looked at. */
	uint64_t done;
	/** Copied to the target. */
	uint64_t moved;
	/** Never touched before, now zero-filled at the target. */
	uint64_t zeroed;
	/** Were there already. */
	uint64_t already;
	/** Pinned or in use just then. */
	uint64_t busy;
	/** Not anonymous memory, nothing mapped, or KSM may merge it. */
	uint64_t unsupported;
	/** No room at the target. */
	uint64_t no_memory;
	/** Copy failed; the data is where it was. */
	uint64_t failed;
	/** Why it ended early: a negative errno, or 0. */
	int32_t error;
	/** 0 */
	uint32_t reserved;
};

/**
 * Moves pages, and waits for it. Best effort; nothing is pinned.
 * @addr, @length: multiples of 4096
 * @target: COMPOTE_RAM or COMPOTE_VRAM
 * @moved: what became of them, or NULL
 *
 * -EINTR: a signal came first; -EOPNOTSUPP: without COMPOTE_FEATURE_VRAM.
 */
int compote_migrate(struct compote_space *space, void *addr, size_t length, uint32_t target,
		    struct compote_moved *moved);

/**
 * Begins to move pages.
 * @fence: COMPOTE_FENCE_SYNCOBJ, signalled when it is over, or NULL
 * @moved: written before that; must stay until then; or NULL
 */
int compote_migrate_async(struct compote_space *space, void *addr, size_t length, uint32_t target,
			  struct compote_fence *fence, struct compote_moved *moved);

/* A byte of compote_residency(). */
#define COMPOTE_PAGE_WHERE	0x03
#define COMPOTE_PAGE_NONE	0x00 /* nowhere, in swap, or not readable */
#define COMPOTE_PAGE_RAM	0x01
#define COMPOTE_PAGE_VRAM	0x02
#define COMPOTE_PAGE_MAPPED	0x04 /* the GPU can read it without a fault, */
#define COMPOTE_PAGE_WRITABLE	0x08 /* write it, */
#define COMPOTE_PAGE_ATOMIC	0x10 /* do atomics on it */
#define COMPOTE_PAGE_SIZE	0x60 /* size of the GPU's page: */
#define COMPOTE_PAGE_4K		0x00
#define COMPOTE_PAGE_64K	0x20
#define COMPOTE_PAGE_2M		0x40

/**
 * Says where each page is.
 * @addr, @length: multiples of 4096
 * @pages: receives @length / 4096 bytes of COMPOTE_PAGE_*
 */
int compote_residency(struct compote_space *space, const void *addr, size_t length, uint8_t *pages);

/** Numbers of a space. */
struct compote_statistics {
	/** Bytes of VRAM, and of it in use for pages of all processes. */
	uint64_t vram_bytes, vram_resident;
	/** Bytes of this process that the GPU maps, in VRAM and in RAM. */
	uint64_t mapped_vram, mapped_ram;
	/** Fault packets, and faults that could not be served. */
	uint64_t faults, cancels;
	/** Pages of 4 KiB that became visible to the GPU, and that ceased to be. */
	uint64_t pages_mapped, pages_unmapped;
	/** Pages of 4 KiB that calls of this library moved, zeroed, and could not move. */
	uint64_t pages_to_vram, pages_to_ram, pages_zeroed, pages_not_moved;
	/** Where addresses are not mirrored. */
	uint64_t cutout_start, cutout_bytes;
	/** Bytes of compote_alloc() in use, the library's own included. */
	uint64_t low_bytes;
	/** 0 */
	uint64_t reserved[9];
};

/** Reads the numbers. Those that the kernel does not say are 0. */
int compote_statistics(struct compote_space *space, struct compote_statistics *statistics);

/** An access of the GPU that could not be served: struct drm_nouveau_hmm_fault. */
struct compote_fault {
	/** Address of the page. */
	uint64_t addr;
	/** CLOCK_MONOTONIC when it was given up. */
	uint64_t time_ns;
	/** COMPOTE_ACCESS_* */
	uint8_t access;
	/** As in struct compote_channel_status. */
	uint8_t reason, client, gpc;
	/** Why, a negative errno. */
	int32_t error;
};

/**
 * Takes faults of all channels of the space, oldest first; each is reported once.
 * @faults: room for @count
 * @count: in: room, not 0; out: faults taken
 * @lost: receives how many went unreported before these, or NULL
 */
int compote_take_faults(struct compote_space *space, struct compote_fault *faults, uint32_t *count,
			uint64_t *lost);

#ifdef __cplusplus
}
#endif

#endif
