/* SPDX-License-Identifier: MIT */
/*
 * Tracepoints of the mirror: /sys/kernel/tracing/events/nouveau_hmm.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nouveau_hmm

#if !defined(__SVM_TRACE_H__) || defined(TRACE_HEADER_MULTI_READ)
#define __SVM_TRACE_H__

#include <linux/mmu_notifier.h>
#include <linux/tracepoint.h>

#include "policy.h"

#define svm_show_access(access)				\
	__print_symbolic(access,			\
			 { SVM_PREFETCH, "prefetch" },	\
			 { SVM_READ, "read" },		\
			 { SVM_WRITE, "write" },	\
			 { SVM_ATOMIC, "atomic" })

#define svm_show_event(event)					\
	__print_symbolic(event,					\
			 { MMU_NOTIFY_UNMAP, "unmap" },		\
			 { MMU_NOTIFY_CLEAR, "clear" },		\
			 { MMU_NOTIFY_PROTECTION_VMA, "mprotect" },	\
			 { MMU_NOTIFY_PROTECTION_PAGE, "protect-page" },	\
			 { MMU_NOTIFY_SOFT_DIRTY, "soft-dirty" },	\
			 { MMU_NOTIFY_RELEASE, "release" },	\
			 { MMU_NOTIFY_MIGRATE, "migrate" },	\
			 { MMU_NOTIFY_EXCLUSIVE, "exclusive" })

/* A packet of the fault buffer, whether or not another asked for the same. */
TRACE_EVENT(svm_fault,
	TP_PROTO(const void *space, u64 addr, u8 access, u8 gpc, u8 client, u8 reason),
	TP_ARGS(space, addr, access, gpc, client, reason),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(u64, addr)
		__field(u8, access)
		__field(u8, gpc)
		__field(u8, client)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->access = access;
		__entry->gpc = gpc;
		__entry->client = client;
		__entry->reason = reason;
	),
	TP_printk("space=%p addr=0x%llx access=%s gpc=%u client=0x%02x reason=0x%02x",
		  __entry->space, __entry->addr, svm_show_access(__entry->access),
		  __entry->gpc, __entry->client, __entry->reason)
);

/*
 * All packets that were there at once, answered with one replay; ns from the first read to the
 * replay.
 */
TRACE_EVENT(svm_batch,
	TP_PROTO(unsigned int packets, unsigned int duplicates, unsigned int blocks,
		 unsigned int cancelled, u64 ns),
	TP_ARGS(packets, duplicates, blocks, cancelled, ns),
	TP_STRUCT__entry(
		__field(unsigned int, packets)
		__field(unsigned int, duplicates)
		__field(unsigned int, blocks)
		__field(unsigned int, cancelled)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->packets = packets;
		__entry->duplicates = duplicates;
		__entry->blocks = blocks;
		__entry->cancelled = cancelled;
		__entry->ns = ns;
	),
	TP_printk("packets=%u duplicates=%u blocks=%u cancelled=%u ns=%llu",
		  __entry->packets, __entry->duplicates, __entry->blocks, __entry->cancelled,
		  __entry->ns)
);

/* Pages became visible to the GPU; pages counts those that were not before. */
TRACE_EVENT(svm_map,
	TP_PROTO(const void *space, unsigned long start, unsigned long end, unsigned int pages),
	TP_ARGS(space, start, end, pages),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned int, pages)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->start = start;
		__entry->end = end;
		__entry->pages = pages;
	),
	TP_printk("space=%p start=0x%lx end=0x%lx pages=%u",
		  __entry->space, __entry->start, __entry->end, __entry->pages)
);

/* An MMU notifier; pages: how many the GPU saw and sees no more. */
TRACE_EVENT(svm_invalidate,
	TP_PROTO(const void *space, unsigned long start, unsigned long end, int event,
		 unsigned int pages),
	TP_ARGS(space, start, end, event, pages),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(int, event)
		__field(unsigned int, pages)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->start = start;
		__entry->end = end;
		__entry->event = event;
		__entry->pages = pages;
	),
	TP_printk("space=%p start=0x%lx end=0x%lx event=%s pages=%u",
		  __entry->space, __entry->start, __entry->end,
		  svm_show_event(__entry->event), __entry->pages)
);

/* Pages went from RAM to VRAM or back, for one call of migrate.c; in pages of 4 KiB. */
TRACE_EVENT(svm_migrate,
	TP_PROTO(const void *mm, unsigned long start, unsigned long end, bool to_vram, u64 moved,
		 u64 zeroed, u64 failed),
	TP_ARGS(mm, start, end, to_vram, moved, zeroed, failed),
	TP_STRUCT__entry(
		__field(const void *, mm)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u64, moved)
		__field(u64, zeroed)
		__field(u64, failed)
		__field(bool, to_vram)
	),
	TP_fast_assign(
		__entry->mm = mm;
		__entry->start = start;
		__entry->end = end;
		__entry->moved = moved;
		__entry->zeroed = zeroed;
		__entry->failed = failed;
		__entry->to_vram = to_vram;
	),
	TP_printk("mm=%p start=0x%lx end=0x%lx to=%s moved=%llu zeroed=%llu failed=%llu",
		  __entry->mm, __entry->start, __entry->end, __entry->to_vram ? "vram" : "ram",
		  __entry->moved, __entry->zeroed, __entry->failed)
);

/* A 2 MiB chunk of VRAM was emptied for somebody else; left: pages that could not be moved. */
TRACE_EVENT(svm_evict,
	TP_PROTO(u64 vram, unsigned long moved, unsigned long left),
	TP_ARGS(vram, moved, left),
	TP_STRUCT__entry(
		__field(u64, vram)
		__field(unsigned long, moved)
		__field(unsigned long, left)
	),
	TP_fast_assign(
		__entry->vram = vram;
		__entry->moved = moved;
		__entry->left = left;
	),
	TP_printk("vram=0x%llx moved=%lu left=%lu", __entry->vram, __entry->moved, __entry->left)
);

/* A fault that cannot be served, and why. */
TRACE_EVENT(svm_cancel,
	TP_PROTO(const void *space, u64 addr, u8 access, u8 gpc, u8 client, u8 reason, int error),
	TP_ARGS(space, addr, access, gpc, client, reason, error),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(u64, addr)
		__field(int, error)
		__field(u8, access)
		__field(u8, gpc)
		__field(u8, client)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->error = error;
		__entry->access = access;
		__entry->gpc = gpc;
		__entry->client = client;
		__entry->reason = reason;
	),
	TP_printk("space=%p addr=0x%llx access=%s gpc=%u client=0x%02x reason=0x%02x error=%d",
		  __entry->space, __entry->addr, svm_show_access(__entry->access), __entry->gpc,
		  __entry->client, __entry->reason, __entry->error)
);

/* A job was given to the GPU; rounds is how often its memory had to be mapped first. */
TRACE_EVENT(svm_job,
	TP_PROTO(const void *space, u32 channel, u64 job, u32 ranges, u32 rounds),
	TP_ARGS(space, channel, job, ranges, rounds),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(u64, job)
		__field(u32, channel)
		__field(u32, ranges)
		__field(u32, rounds)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->job = job;
		__entry->channel = channel;
		__entry->ranges = ranges;
		__entry->rounds = rounds;
	),
	TP_printk("space=%p channel=%u job=%llu ranges=%u rounds=%u", __entry->space,
		  __entry->channel, __entry->job, __entry->ranges, __entry->rounds)
);

/* Somebody has waited for jobs that need these pages. */
TRACE_EVENT(svm_wait,
	TP_PROTO(const void *space, u64 start, u64 end, u64 ns),
	TP_ARGS(space, start, end, ns),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(u64, start)
		__field(u64, end)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->start = start;
		__entry->end = end;
		__entry->ns = ns;
	),
	TP_printk("space=%p start=0x%llx end=0x%llx ns=%llu", __entry->space, __entry->start,
		  __entry->end, __entry->ns)
);

/* A channel was stopped: DRM_NOUVEAU_HMM_CHANNEL_* says why. */
TRACE_EVENT(svm_stop,
	TP_PROTO(const void *space, u32 channel, u32 why, u64 addr, int error),
	TP_ARGS(space, channel, why, addr, error),
	TP_STRUCT__entry(
		__field(const void *, space)
		__field(u64, addr)
		__field(u32, channel)
		__field(u32, why)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->channel = channel;
		__entry->why = why;
		__entry->error = error;
	),
	TP_printk("space=%p channel=%u why=%u addr=0x%llx error=%d", __entry->space,
		  __entry->channel, __entry->why, __entry->addr, __entry->error)
);

#endif

/* "hmm/": a plain "." could find another trace.h in the kernel's include paths first. */
#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH hmm
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
