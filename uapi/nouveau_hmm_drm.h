/* SPDX-License-Identifier: MIT */
/*
 * Kernel interface of drm-nouveau-hmm, beside nouveau's own (nouveau_drm.h): where the pages of a
 * mirrored process are, moving them, and what its GPU programs did wrong.
 */
#ifndef __NOUVEAU_HMM_DRM_H__
#define __NOUVEAU_HMM_DRM_H__

#include <drm/drm.h>

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: Rules that all of these ioctls share
 *
 * Version 2. All are for the primary and the render node alike.
 *
 * A structure only ever grows at its end. The size is in the ioctl's number:
 *
 * - shorter than version 1: EINVAL;
 * - shorter than the kernel's: the fields that are not there count as zero;
 * - longer than the kernel's: the bytes that the kernel does not know must be zero, else E2BIG;
 * - a number of the wrong direction, without both read and write: EINVAL.
 *
 * An unknown flag, an unknown value of an enumeration, or a reserved field or padding that is not
 * zero: EINVAL. Fields that are only written by the kernel ("out") are ignored on input. Pointers
 * are 64 bits wide in 32-bit programs too. After an error nothing has changed, and out fields are
 * as they were.
 *
 * Errors that all can return:
 *
 * - EFAULT: the structure, or memory it points to, cannot be read or written
 * - EINVAL: as above, and what the structure's own description says
 * - ENODEV: the device is gone, or, all but INFO, the file mirrors no process: there was no
 *   SVM_INIT
 * - EPERM: all but INFO: the caller's memory is not the mirrored one. The file was inherited over
 *   fork(), passed through a socket, or kept over exec(). The process that was mirrored may be
 *   dead.
 * - ENOMEM: no kernel memory
 *
 * SVM_BIND, of nouveau_drm.h, works as upstream's, but for this: EPERM as above, EINTR if the
 * process was killed, and its result is the number of pages of the range that were moved to VRAM
 * (always 0 upstream).
 *
 * All calls are safe from several threads at once, on the same file too.
 *
 * Numbers: upstream nouveau has 0x00 to 0x13 and 0x40 to 0x44 (Linux 7.3) and takes the next ones
 * of either row. 0x50 to 0x5f, the last before DRM_COMMAND_END, are left to this header.
 */

#define DRM_NOUVEAU_HMM_INFO		0x50
#define DRM_NOUVEAU_HMM_MIGRATE		0x51
#define DRM_NOUVEAU_HMM_RESIDENCY	0x52
#define DRM_NOUVEAU_HMM_FAULTS		0x53
#define DRM_NOUVEAU_HMM_CHANNEL_CREATE	0x54
#define DRM_NOUVEAU_HMM_CHANNEL_DESTROY	0x55
#define DRM_NOUVEAU_HMM_CHANNEL_SUBMIT	0x56
#define DRM_NOUVEAU_HMM_CHANNEL_STATUS	0x57

/* drm_nouveau_hmm_info.version */
#define DRM_NOUVEAU_HMM_VERSION		2

/* drm_nouveau_hmm_info.features */
#define DRM_NOUVEAU_HMM_FEATURE_MIRROR		(1ULL << 0) /* SVM_INIT works on this device */
#define DRM_NOUVEAU_HMM_FEATURE_VRAM		(1ULL << 1) /* MIGRATE to VRAM works */
#define DRM_NOUVEAU_HMM_FEATURE_ATOMIC_RAM	(1ULL << 2) /* atomics on anonymous pages in RAM */
#define DRM_NOUVEAU_HMM_FEATURE_ATOMIC_VRAM	(1ULL << 3) /* GPU atomics on pages in VRAM */
#define DRM_NOUVEAU_HMM_FEATURE_CHANNEL		(1ULL << 4) /* CHANNEL_CREATE works; version 2 */

/* drm_nouveau_hmm_info.state */
#define DRM_NOUVEAU_HMM_STATE_MIRRORED	(1U << 0) /* there was an SVM_INIT on this file */
#define DRM_NOUVEAU_HMM_STATE_OWN	(1U << 1) /* it is the caller's memory that is mirrored */

/**
 * struct drm_nouveau_hmm_info - DRM_IOCTL_NOUVEAU_HMM_INFO: what this driver, device and file can
 * do
 *
 * Works on every file of every device, before SVM_INIT too. On upstream nouveau the ioctl does not
 * exist: EINVAL. Since version 1.
 */
struct drm_nouveau_hmm_info {
	/** @flags: must be 0 */
	__u32 flags;
	/**
	 * @version: out: %DRM_NOUVEAU_HMM_VERSION of the driver; a later version has all of an
	 * earlier one
	 */
	__u32 version;
	/** @features: out: DRM_NOUVEAU_HMM_FEATURE_* */
	__u64 features;
	/** @page_sizes: out: bit n: the GPU maps mirrored memory in pages of 2^n bytes */
	__u64 page_sizes;
	/**
	 * @vram_size: out: bytes of VRAM; what MIGRATE can use of it is what buffer objects leave
	 */
	__u64 vram_size;
	/**
	 * @vram_resident: out: bytes of VRAM that hold pages of processes now, of all processes
	 * together
	 */
	__u64 vram_resident;
	/**
	 * @cutout_start: out: first address of this file's buffer objects (SVM_INIT's
	 * unmanaged_addr), or 0
	 */
	__u64 cutout_start;
	/** @cutout_size: out: bytes from there that are not mirrored, or 0 */
	__u64 cutout_size;
	/** @state: out: DRM_NOUVEAU_HMM_STATE_* */
	__u32 state;
	/** @faults: out: how many faults the driver remembers for FAULTS */
	__u32 faults;
};

/* drm_nouveau_hmm_migrate.target */
#define DRM_NOUVEAU_HMM_TARGET_RAM	0
#define DRM_NOUVEAU_HMM_TARGET_VRAM	1

/* drm_nouveau_hmm_migrate.flags */
#define DRM_NOUVEAU_HMM_MIGRATE_ASYNC	(1U << 0)

/**
 * struct drm_nouveau_hmm_moved - what became of the pages of a MIGRATE
 *
 * All but @done and @error are in pages of 4 KiB, and make up @done together. Since version 1.
 */
struct drm_nouveau_hmm_moved {
	/** @done: bytes of the range, from its start, that were looked at */
	__u64 done;
	/** @moved: copied to the target */
	__u64 moved;
	/**
	 * @zeroed: of memory that was never touched, and now is zero-filled in VRAM without a copy
	 */
	__u64 zeroed;
	/** @already: were at the target before */
	__u64 already;
	/** @busy: pinned, or in use by somebody else just then: another try may succeed */
	__u64 busy;
	/**
	 * @unsupported: not anonymous memory, or nothing is mapped there, or KSM may merge it
	 * (MADV_MERGEABLE) and it would go to VRAM
	 */
	__u64 unsupported;
	/** @no_memory: no room at the target */
	__u64 no_memory;
	/** @failed: the copy failed; the data is where it was */
	__u64 failed;
	/**
	 * @error: why it ended before the end of the range, a negative errno, or 0: EINTR, ENOMEM,
	 * ENODEV, ESRCH
	 */
	__s32 error;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_nouveau_hmm_migrate - DRM_IOCTL_NOUVEAU_HMM_MIGRATE: move pages to VRAM or to RAM
 *
 * Best effort: pages that cannot be moved stay where they are and are counted. What has moved to
 * VRAM is mapped for the GPU as well, so that it does not fault. Nothing is pinned: a page comes
 * back when the CPU touches it or VRAM is needed.
 *
 * Without %DRM_NOUVEAU_HMM_MIGRATE_ASYNC the pages have been moved when the call returns. A signal
 * ends it early: it returns EINTR if nothing was done yet, else 0 with @moved.done less than
 * @length.
 *
 * With it, the call returns at once; calls for one file are then done in any order, or by turns.
 * The binary syncobj is reset by the call, and gets a fence, signalled already, when all is done:
 * wait for it with DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, or with DRM_IOCTL_SYNCOBJ_EVENTFD. (A
 * fence that is not signalled yet may not wait for memory, and so not for a migration: until then
 * there is none, and work that depends on it cannot be submitted.) What became of the pages is
 * written to @result before; its page stays in RAM until then, and the process must keep it mapped,
 * or the result is lost. Closing the file ends it early, after at most some MiB, with ENODEV in
 * drm_nouveau_hmm_moved.error, and the fence comes all the same.
 *
 * Errors beside the common ones:
 *
 * - EINVAL: @start or @length is not a multiple of 4096, @length is 0, the range ends behind the
 *   address space or touches the cut-out; @syncobj or @result is given without
 *   %DRM_NOUVEAU_HMM_MIGRATE_ASYNC
 * - ENOENT: %DRM_NOUVEAU_HMM_MIGRATE_ASYNC and no such syncobj
 * - EOPNOTSUPP: to VRAM, without %DRM_NOUVEAU_HMM_FEATURE_VRAM
 * - EINTR: a signal came first
 *
 * Since version 1.
 */
struct drm_nouveau_hmm_migrate {
	/** @start: address in the calling process, in bytes */
	__u64 start;
	/** @length: bytes */
	__u64 length;
	/** @target: DRM_NOUVEAU_HMM_TARGET_* */
	__u32 target;
	/** @flags: DRM_NOUVEAU_HMM_MIGRATE_* */
	__u32 flags;
	/** @syncobj: ASYNC: handle of a binary syncobj, or 0 for none */
	__u32 syncobj;
	/** @reserved: must be 0 */
	__u32 reserved;
	/** @result: ASYNC: pointer to a struct drm_nouveau_hmm_moved, multiple of 8, or 0 */
	__u64 result;
	/** @moved: out, without ASYNC; all 0 with it */
	struct drm_nouveau_hmm_moved moved;
};

/*
 * A byte of drm_nouveau_hmm_residency.pages: where the page is, as the CPU's page tables have it,
 */
#define DRM_NOUVEAU_HMM_PAGE_WHERE	0x03
#define DRM_NOUVEAU_HMM_PAGE_NONE	0x00 /* nowhere, in swap, or not readable by the process */
#define DRM_NOUVEAU_HMM_PAGE_RAM	0x01
#define DRM_NOUVEAU_HMM_PAGE_VRAM	0x02 /* VRAM of this device */
/* and what the GPU can do with it without a fault. */
#define DRM_NOUVEAU_HMM_PAGE_MAPPED	0x04 /* read it */
#define DRM_NOUVEAU_HMM_PAGE_WRITABLE	0x08 /* write it */
#define DRM_NOUVEAU_HMM_PAGE_ATOMIC	0x10 /* do atomics on it */
#define DRM_NOUVEAU_HMM_PAGE_SIZE	0x60 /* size of the GPU's page: */
#define DRM_NOUVEAU_HMM_PAGE_4K		0x00
#define DRM_NOUVEAU_HMM_PAGE_64K	0x20
#define DRM_NOUVEAU_HMM_PAGE_2M		0x40

/**
 * struct drm_nouveau_hmm_residency - DRM_IOCTL_NOUVEAU_HMM_RESIDENCY: where each page of a range is
 *
 * Like mincore(): looks, and changes nothing. What it says may have changed already when the call
 * returns. Bit 0x80 of each byte is 0. Pages of another device, and of device mappings, are
 * %DRM_NOUVEAU_HMM_PAGE_NONE.
 *
 * Errors beside the common ones:
 *
 * - EINVAL: @start or @length is not a multiple of 4096, @length is 0, or the range ends behind the
 *   address space
 * - EINTR: a signal came first; part of @pages may have been written
 *
 * Since version 1.
 */
struct drm_nouveau_hmm_residency {
	/** @start: address in the calling process, in bytes */
	__u64 start;
	/** @length: bytes */
	__u64 length;
	/** @pages: pointer to @length / 4096 bytes, for DRM_NOUVEAU_HMM_PAGE_* of each page */
	__u64 pages;
	/** @flags: must be 0 */
	__u32 flags;
	/** @reserved: must be 0 */
	__u32 reserved;
};

/* drm_nouveau_hmm_fault.access */
#define DRM_NOUVEAU_HMM_ACCESS_PREFETCH	0
#define DRM_NOUVEAU_HMM_ACCESS_READ	1
#define DRM_NOUVEAU_HMM_ACCESS_WRITE	2
#define DRM_NOUVEAU_HMM_ACCESS_ATOMIC	3

/**
 * struct drm_nouveau_hmm_fault - a GPU access that could not be served; its channel was killed
 *
 * Since version 1, and of this size for good.
 */
struct drm_nouveau_hmm_fault {
	/** @addr: address of the page, in bytes */
	__u64 addr;
	/** @time_ns: CLOCK_MONOTONIC when it was given up, in nanoseconds */
	__u64 time_ns;
	/** @access: DRM_NOUVEAU_HMM_ACCESS_* */
	__u8 access;
	/**
	 * @reason: the GPU's own code of the fault (Pascal: 2 no page, 6 read-only, 14 poison, ...)
	 */
	__u8 reason;
	/** @client: unit that made the access, by the GPU's own number within its GPC */
	__u8 client;
	/** @gpc: graphics processing cluster */
	__u8 gpc;
	/**
	 * @error: why it could not be served, a negative errno: EFAULT nothing there, EPERM not
	 * writable, EOPNOTSUPP an atomic on memory that is not anonymous (shared, a file's,
	 * hugetlb), ...
	 */
	__s32 error;
};

/**
 * struct drm_nouveau_hmm_faults - DRM_IOCTL_NOUVEAU_HMM_FAULTS: take the faults that could not be
 * served
 *
 * Oldest first. What was taken is not reported again, except that after EFAULT faults may be lost.
 * The driver remembers only the last ones (drm_nouveau_hmm_info.faults).
 *
 * Errors beside the common ones:
 *
 * - EINVAL: @count is 0
 *
 * Since version 1.
 */
struct drm_nouveau_hmm_faults {
	/**
	 * @faults: pointer to an array of struct drm_nouveau_hmm_fault, multiple of 8; entries
	 * behind the last one that was written may be zeroed
	 */
	__u64 faults;
	/** @lost: out: faults before these, since the last call, that nobody took in time */
	__u64 lost;
	/** @count: in: room in the array; out: entries written; 0 if there was nothing */
	__u32 count;
	/** @flags: must be 0 */
	__u32 flags;
};

/**
 * DOC: Channels whose commands are in the process's memory
 *
 * Ring, push buffers, code, launch descriptors, arguments, data and fences of such a channel are
 * memory of the process, from malloc() or mmap(). There is no buffer object.
 *
 * What a kernel reads and writes faults and is served, as for any channel of the file. The units in
 * front of it cannot wait for that: the host unit fetches ring and push buffers and writes its
 * semaphores, the front end fetches launch descriptors, a copy engine reads and writes its data. A
 * job therefore names what these units touch (struct drm_nouveau_hmm_range); the driver sees to it
 * that these pages are there and mapped when the job is submitted, and until it is done. Nothing is
 * pinned: when such a page is taken away meanwhile (munmap, COW after fork, migration, reclaim),
 * whoever takes it waits for the job, for a second at most. Then the channel is stopped, with
 * %DRM_NOUVEAU_HMM_CHANNEL_REVOKED. (MIGRATE does not wait: it counts such pages, and those of the
 * same 2 MiB, as busy.) While it waits it may hold locks of the process's memory, which
 * page faults of the job need as well: memory that jobs name is best left alone, and kept from
 * fork() with MADV_DONTFORK.
 *
 * The host unit of Pascal takes addresses below 2^40 only. Ring and push buffers may lie above: the
 * driver gives the host unit other addresses for them, in the cut-out of SVM_INIT, which needs
 * 256 MiB free below 2^40 for that. Addresses inside commands are the program's own affair: launch
 * descriptors, code and constants must be below 2^40 (Pascal's compute class has no more bits for
 * them), data may be anywhere.
 */

/* Most channels that a file can have. */
#define DRM_NOUVEAU_HMM_CHANNELS	64

/* drm_nouveau_hmm_channel_create.engine */
#define DRM_NOUVEAU_HMM_ENGINE_COMPUTE	0
#define DRM_NOUVEAU_HMM_ENGINE_COPY	1

/* drm_nouveau_hmm_channel_create.flags */
#define DRM_NOUVEAU_HMM_CHANNEL_EVENTFD	(1U << 0)

/* Limits of drm_nouveau_hmm_channel_create.ring_entries */
#define DRM_NOUVEAU_HMM_RING_MIN	16
#define DRM_NOUVEAU_HMM_RING_MAX	32768

/**
 * struct drm_nouveau_hmm_channel_create - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE: make a channel
 *
 * The engine's class is bound to subchannel 1 (compute) or 4 (copy) by the program itself, with
 * method 0 and @oclass, before anything else on that subchannel.
 *
 * The ring is memory of the process. The driver writes it, 8 bytes for each push range of a job and
 * 8 for its end; the program only lends it, and must not write to it while the channel exists: that
 * would hurt the program's own jobs.
 *
 * Errors beside the common ones:
 *
 * - EINVAL: @engine unknown; @ring_entries is no power of two or out of its limits; @ring is not
 *   aligned to 4096 and to its own size (8 bytes for each entry)
 * - EFAULT: the ring is not readable and writable memory
 * - EBADF: %DRM_NOUVEAU_HMM_CHANNEL_EVENTFD and @eventfd is no eventfd
 * - EMFILE: the file has %DRM_NOUVEAU_HMM_CHANNELS channels
 * - ENOSPC: no room in the cut-out, or the GPU has no channel left; or the ring is above 2^40, and
 *   too much is there already, as with CHANNEL_SUBMIT
 * - EOPNOTSUPP: without %DRM_NOUVEAU_HMM_FEATURE_CHANNEL, or the GPU lacks the engine
 *
 * Since version 2.
 */
struct drm_nouveau_hmm_channel_create {
	/** @ring: address of the ring */
	__u64 ring;
	/** @ring_entries: its length in entries of 8 bytes */
	__u32 ring_entries;
	/** @engine: DRM_NOUVEAU_HMM_ENGINE_* */
	__u32 engine;
	/** @flags: DRM_NOUVEAU_HMM_CHANNEL_EVENTFD */
	__u32 flags;
	/** @eventfd: with the flag: an eventfd that gets 1 added when the channel is stopped */
	__s32 eventfd;
	/** @channel: out: number of the channel, unique in this file, never 0 */
	__u32 channel;
	/** @oclass: out: class of the engine (Pascal: 0xc0c0 or 0xc1c0, 0xc0b5 or 0xc1b5) */
	__u32 oclass;
};

/**
 * struct drm_nouveau_hmm_channel_destroy - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY: end a channel
 *
 * Stops what runs; no unit of the GPU uses the job's memory any more when the call returns. Closing
 * the file does the same with all channels. Fences of jobs that were not done are signalled with
 * the error ECANCELED.
 *
 * Errors beside the common ones:
 *
 * - ENOENT: no such channel
 *
 * Since version 2.
 */
struct drm_nouveau_hmm_channel_destroy {
	/** @channel: from CHANNEL_CREATE */
	__u32 channel;
	/** @reserved: must be 0 */
	__u32 reserved;
};

/* drm_nouveau_hmm_range.flags */
#define DRM_NOUVEAU_HMM_RANGE_PUSH	(1U << 0) /* commands, to be executed in this order */
#define DRM_NOUVEAU_HMM_RANGE_WRITE	(1U << 1) /* is written as well */

/* Most ranges of a job. */
#define DRM_NOUVEAU_HMM_RANGES		256

/* Most bytes of a range with %DRM_NOUVEAU_HMM_RANGE_PUSH */
#define DRM_NOUVEAU_HMM_PUSH_MAX	(4U << 20)

/**
 * struct drm_nouveau_hmm_range - memory that a job needs to be there
 *
 * Since version 2, and of this size for good.
 */
struct drm_nouveau_hmm_range {
	/** @addr: address in the process, in bytes; PUSH: a multiple of 4 */
	__u64 addr;
	/**
	 * @length: bytes, not 0; PUSH: a multiple of 4, %DRM_NOUVEAU_HMM_PUSH_MAX at most, and if
	 * it ends above 2^40 it must not cross a multiple of 2 MiB
	 */
	__u64 length;
	/** @flags: DRM_NOUVEAU_HMM_RANGE_* */
	__u32 flags;
	/** @reserved: must be 0 */
	__u32 reserved;
};

/**
 * struct drm_nouveau_hmm_sync - a syncobj, or a point of a timeline
 *
 * Since version 2, and of this size for good.
 */
struct drm_nouveau_hmm_sync {
	/** @handle: of the syncobj */
	__u32 handle;
	/** @reserved: must be 0 */
	__u32 reserved;
	/** @point: of a timeline, or 0: a binary syncobj */
	__u64 point;
};

/* Most syncobjs of each kind of a job. */
#define DRM_NOUVEAU_HMM_SYNCS		16

/* Most jobs of a channel that wait for their in-fences. */
#define DRM_NOUVEAU_HMM_WAITING		64

/**
 * struct drm_nouveau_hmm_channel_submit - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT: run a job
 *
 * Jobs of a channel run in the order of their submission; the next one begins when the engine is
 * idle. A job without a push range is good for its fences.
 *
 * In-fences: the job is not given to the GPU before all of them are signalled, and nor are later
 * jobs of the channel. A syncobj that has no fence yet is waited for. If there is nothing to wait
 * for, the job has been given to the GPU when the call returns. If there is, its memory is looked
 * at afterwards, and if that fails then the channel is stopped (%DRM_NOUVEAU_HMM_CHANNEL_LATE).
 *
 * Out-fences: a binary syncobj is reset by the call, and each gets a fence, signalled already, when
 * the job is done. (Why not before: see drm_nouveau_hmm_migrate. Wait with
 * DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT.) If the channel was stopped, the fence has the error EIO.
 *
 * Errors beside the common ones; nothing is run then:
 *
 * - ENOENT: no such channel, or no such syncobj
 * - EINVAL: more than %DRM_NOUVEAU_HMM_RANGES or %DRM_NOUVEAU_HMM_SYNCS; a range as its description
 *   forbids, that ends behind the address space, or that touches the cut-out
 * - EFAULT: there is no memory at a range, it cannot be read, or not be written where the range
 *   says so
 * - EBUSY: no room in the ring until earlier jobs are done, or %DRM_NOUVEAU_HMM_WAITING jobs wait;
 *   or the CPU kept changing the memory
 * - ENOSPC: the file's rings, and the push ranges of its jobs that are not done, would be in more
 *   than 128 blocks of 2 MiB above 2^40; or no room in the cut-out for their other addresses
 * - EIO: the channel was stopped, see CHANNEL_STATUS
 * - EINTR: a signal came first
 *
 * Since version 2.
 */
struct drm_nouveau_hmm_channel_submit {
	/** @channel: from CHANNEL_CREATE */
	__u32 channel;
	/** @flags: must be 0 */
	__u32 flags;
	/** @ranges: pointer to an array of struct drm_nouveau_hmm_range, multiple of 8 */
	__u64 ranges;
	/** @in: pointer to an array of struct drm_nouveau_hmm_sync, multiple of 8 */
	__u64 in;
	/** @out: pointer to an array of struct drm_nouveau_hmm_sync, multiple of 8 */
	__u64 out;
	/** @nr_ranges: length of @ranges */
	__u32 nr_ranges;
	/** @nr_in: length of @in */
	__u32 nr_in;
	/** @nr_out: length of @out */
	__u32 nr_out;
	/** @reserved: must be 0 */
	__u32 reserved;
	/** @job: out: number of the job in its channel: 1, 2, ... */
	__u64 job;
};

/* drm_nouveau_hmm_channel_status.stopped: why the channel was stopped */
#define DRM_NOUVEAU_HMM_CHANNEL_RUNS	0 /* it was not */
#define DRM_NOUVEAU_HMM_CHANNEL_FAULT	1 /* an access that could not be served */
#define DRM_NOUVEAU_HMM_CHANNEL_REVOKED	2 /* memory of a job was taken away, and it did not end */
#define DRM_NOUVEAU_HMM_CHANNEL_ENGINE	3 /* bad command, trap, no progress: see kernel log */
#define DRM_NOUVEAU_HMM_CHANNEL_LATE	4 /* memory was not there when a job's in-fences came */

/**
 * struct drm_nouveau_hmm_channel_status - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS: how a channel is
 *
 * May be asked as often as one likes. What is said of the first error stays. Fields about an access
 * are 0 where they are not known.
 *
 * Errors beside the common ones:
 *
 * - ENOENT: no such channel
 *
 * Since version 2.
 */
struct drm_nouveau_hmm_channel_status {
	/** @channel: from CHANNEL_CREATE */
	__u32 channel;
	/** @flags: must be 0 */
	__u32 flags;
	/** @submitted: out: number of the last job */
	__u64 submitted;
	/** @done: out: number of the last job that is done; all before it are */
	__u64 done;
	/** @addr: out: FAULT, REVOKED, LATE: the address, of its page */
	__u64 addr;
	/** @time_ns: out: CLOCK_MONOTONIC when it was stopped, in nanoseconds, or 0 */
	__u64 time_ns;
	/** @stopped: out: DRM_NOUVEAU_HMM_CHANNEL_* */
	__u32 stopped;
	/** @error: out: why, a negative errno, or 0 */
	__s32 error;
	/** @access: out: FAULT: DRM_NOUVEAU_HMM_ACCESS_* */
	__u8 access;
	/** @reason: out: FAULT: as in drm_nouveau_hmm_fault */
	__u8 reason;
	/** @client: out: FAULT: unit that made the access, by the GPU's own number */
	__u8 client;
	/** @gpc: out: FAULT: its graphics processing cluster, or 0 */
	__u8 gpc;
	/** @hub: out: FAULT: 1: @client is one of the hub's (host, front end, copy engine, ...) */
	__u8 hub;
	/** @engine: out: FAULT: the engine, by the GPU's own number */
	__u8 engine;
	/** @pad: out: 0 */
	__u16 pad;
};

#define DRM_IOCTL_NOUVEAU_HMM_INFO	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_INFO, struct drm_nouveau_hmm_info)
#define DRM_IOCTL_NOUVEAU_HMM_MIGRATE	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_MIGRATE, struct drm_nouveau_hmm_migrate)
#define DRM_IOCTL_NOUVEAU_HMM_RESIDENCY	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_RESIDENCY, struct drm_nouveau_hmm_residency)
#define DRM_IOCTL_NOUVEAU_HMM_FAULTS	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_FAULTS, struct drm_nouveau_hmm_faults)
#define DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_CREATE,	\
		 struct drm_nouveau_hmm_channel_create)
#define DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_DESTROY,	\
		 struct drm_nouveau_hmm_channel_destroy)
#define DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_SUBMIT,	\
		 struct drm_nouveau_hmm_channel_submit)
#define DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_STATUS,	\
		 struct drm_nouveau_hmm_channel_status)

#if defined(__cplusplus)
}
#endif

#endif
