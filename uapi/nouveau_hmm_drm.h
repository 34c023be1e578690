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
 * Version 1. All are for the primary and the render node alike.
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

/* drm_nouveau_hmm_info.version */
#define DRM_NOUVEAU_HMM_VERSION		1

/* drm_nouveau_hmm_info.features */
#define DRM_NOUVEAU_HMM_FEATURE_MIRROR		(1ULL << 0) /* SVM_INIT works on this device */
#define DRM_NOUVEAU_HMM_FEATURE_VRAM		(1ULL << 1) /* MIGRATE to VRAM works */
#define DRM_NOUVEAU_HMM_FEATURE_ATOMIC_RAM	(1ULL << 2) /* GPU atomics on pages in RAM */
#define DRM_NOUVEAU_HMM_FEATURE_ATOMIC_VRAM	(1ULL << 3) /* GPU atomics on pages in VRAM */

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
	/** @unsupported: not anonymous memory, or nothing is mapped there */
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
	 * writable, ...
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

#define DRM_IOCTL_NOUVEAU_HMM_INFO	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_INFO, struct drm_nouveau_hmm_info)
#define DRM_IOCTL_NOUVEAU_HMM_MIGRATE	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_MIGRATE, struct drm_nouveau_hmm_migrate)
#define DRM_IOCTL_NOUVEAU_HMM_RESIDENCY	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_RESIDENCY, struct drm_nouveau_hmm_residency)
#define DRM_IOCTL_NOUVEAU_HMM_FAULTS	\
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_FAULTS, struct drm_nouveau_hmm_faults)

#if defined(__cplusplus)
}
#endif

#endif
