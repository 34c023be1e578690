// SPDX-License-Identifier: MIT
/*
 * Compiles if every structure of nouveau_hmm_drm.h is laid out as it was in version 1, on 64-bit
 * and 32-bit machines: an ABI does not change.
 */
#include "nouveau_hmm_drm.h"

#define SIZE(type, size) \
	_Static_assert(sizeof(struct drm_nouveau_hmm_##type) == (size), #type)
#define FIELD(type, field, offset, size) \
	_Static_assert(__builtin_offsetof(struct drm_nouveau_hmm_##type, field) == (offset) && \
		       sizeof(((struct drm_nouveau_hmm_##type *)0)->field) == (size), \
		       #type "." #field)
#define VALUE(name, value) _Static_assert(DRM_##name == (value), #name)

SIZE(info, 64);
FIELD(info, flags, 0, 4);
FIELD(info, version, 4, 4);
FIELD(info, features, 8, 8);
FIELD(info, page_sizes, 16, 8);
FIELD(info, vram_size, 24, 8);
FIELD(info, vram_resident, 32, 8);
FIELD(info, cutout_start, 40, 8);
FIELD(info, cutout_size, 48, 8);
FIELD(info, state, 56, 4);
FIELD(info, faults, 60, 4);

SIZE(moved, 72);
FIELD(moved, done, 0, 8);
FIELD(moved, moved, 8, 8);
FIELD(moved, zeroed, 16, 8);
FIELD(moved, already, 24, 8);
FIELD(moved, busy, 32, 8);
FIELD(moved, unsupported, 40, 8);
FIELD(moved, no_memory, 48, 8);
FIELD(moved, failed, 56, 8);
FIELD(moved, error, 64, 4);
FIELD(moved, pad, 68, 4);

SIZE(migrate, 112);
FIELD(migrate, start, 0, 8);
FIELD(migrate, length, 8, 8);
FIELD(migrate, target, 16, 4);
FIELD(migrate, flags, 20, 4);
FIELD(migrate, syncobj, 24, 4);
FIELD(migrate, reserved, 28, 4);
FIELD(migrate, result, 32, 8);
FIELD(migrate, moved, 40, 72);

SIZE(residency, 32);
FIELD(residency, start, 0, 8);
FIELD(residency, length, 8, 8);
FIELD(residency, pages, 16, 8);
FIELD(residency, flags, 24, 4);
FIELD(residency, reserved, 28, 4);

SIZE(fault, 24);
FIELD(fault, addr, 0, 8);
FIELD(fault, time_ns, 8, 8);
FIELD(fault, access, 16, 1);
FIELD(fault, reason, 17, 1);
FIELD(fault, client, 18, 1);
FIELD(fault, gpc, 19, 1);
FIELD(fault, error, 20, 4);

SIZE(faults, 24);
FIELD(faults, faults, 0, 8);
FIELD(faults, lost, 8, 8);
FIELD(faults, count, 16, 4);
FIELD(faults, flags, 20, 4);

SIZE(channel_create, 32);
FIELD(channel_create, ring, 0, 8);
FIELD(channel_create, ring_entries, 8, 4);
FIELD(channel_create, engine, 12, 4);
FIELD(channel_create, flags, 16, 4);
FIELD(channel_create, eventfd, 20, 4);
FIELD(channel_create, channel, 24, 4);
FIELD(channel_create, oclass, 28, 4);

SIZE(channel_destroy, 8);
FIELD(channel_destroy, channel, 0, 4);
FIELD(channel_destroy, reserved, 4, 4);

SIZE(range, 24);
FIELD(range, addr, 0, 8);
FIELD(range, length, 8, 8);
FIELD(range, flags, 16, 4);
FIELD(range, reserved, 20, 4);

SIZE(sync, 16);
FIELD(sync, handle, 0, 4);
FIELD(sync, reserved, 4, 4);
FIELD(sync, point, 8, 8);

SIZE(channel_submit, 56);
FIELD(channel_submit, channel, 0, 4);
FIELD(channel_submit, flags, 4, 4);
FIELD(channel_submit, ranges, 8, 8);
FIELD(channel_submit, in, 16, 8);
FIELD(channel_submit, out, 24, 8);
FIELD(channel_submit, nr_ranges, 32, 4);
FIELD(channel_submit, nr_in, 36, 4);
FIELD(channel_submit, nr_out, 40, 4);
FIELD(channel_submit, reserved, 44, 4);
FIELD(channel_submit, job, 48, 8);

SIZE(channel_status, 56);
FIELD(channel_status, channel, 0, 4);
FIELD(channel_status, flags, 4, 4);
FIELD(channel_status, submitted, 8, 8);
FIELD(channel_status, done, 16, 8);
FIELD(channel_status, addr, 24, 8);
FIELD(channel_status, time_ns, 32, 8);
FIELD(channel_status, stopped, 40, 4);
FIELD(channel_status, error, 44, 4);
FIELD(channel_status, access, 48, 1);
FIELD(channel_status, reason, 49, 1);
FIELD(channel_status, client, 50, 1);
FIELD(channel_status, gpc, 51, 1);
FIELD(channel_status, hub, 52, 1);
FIELD(channel_status, engine, 53, 1);
FIELD(channel_status, pad, 54, 2);

/* The whole numbers: direction, size, 'd', 0x40 + command. */
VALUE(IOCTL_NOUVEAU_HMM_INFO, 0xc0406490);
VALUE(IOCTL_NOUVEAU_HMM_MIGRATE, 0xc0706491);
VALUE(IOCTL_NOUVEAU_HMM_RESIDENCY, 0xc0206492);
VALUE(IOCTL_NOUVEAU_HMM_FAULTS, 0xc0186493);
VALUE(IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, 0xc0206494);
VALUE(IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, 0xc0086495);
VALUE(IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT, 0xc0386496);
VALUE(IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, 0xc0386497);

VALUE(NOUVEAU_HMM_VERSION, 2);
VALUE(NOUVEAU_HMM_FEATURE_MIRROR, 1);
VALUE(NOUVEAU_HMM_FEATURE_VRAM, 2);
VALUE(NOUVEAU_HMM_FEATURE_ATOMIC_RAM, 4);
VALUE(NOUVEAU_HMM_FEATURE_ATOMIC_VRAM, 8);
VALUE(NOUVEAU_HMM_FEATURE_CHANNEL, 16);
VALUE(NOUVEAU_HMM_STATE_MIRRORED, 1);
VALUE(NOUVEAU_HMM_STATE_OWN, 2);
VALUE(NOUVEAU_HMM_TARGET_RAM, 0);
VALUE(NOUVEAU_HMM_TARGET_VRAM, 1);
VALUE(NOUVEAU_HMM_MIGRATE_ASYNC, 1);
VALUE(NOUVEAU_HMM_PAGE_WHERE, 0x03);
VALUE(NOUVEAU_HMM_PAGE_NONE, 0x00);
VALUE(NOUVEAU_HMM_PAGE_RAM, 0x01);
VALUE(NOUVEAU_HMM_PAGE_VRAM, 0x02);
VALUE(NOUVEAU_HMM_PAGE_MAPPED, 0x04);
VALUE(NOUVEAU_HMM_PAGE_WRITABLE, 0x08);
VALUE(NOUVEAU_HMM_PAGE_ATOMIC, 0x10);
VALUE(NOUVEAU_HMM_PAGE_SIZE, 0x60);
VALUE(NOUVEAU_HMM_PAGE_4K, 0x00);
VALUE(NOUVEAU_HMM_PAGE_64K, 0x20);
VALUE(NOUVEAU_HMM_PAGE_2M, 0x40);
VALUE(NOUVEAU_HMM_ACCESS_PREFETCH, 0);
VALUE(NOUVEAU_HMM_ACCESS_READ, 1);
VALUE(NOUVEAU_HMM_ACCESS_WRITE, 2);
VALUE(NOUVEAU_HMM_ACCESS_ATOMIC, 3);
VALUE(NOUVEAU_HMM_CHANNELS, 64);
VALUE(NOUVEAU_HMM_ENGINE_COMPUTE, 0);
VALUE(NOUVEAU_HMM_ENGINE_COPY, 1);
VALUE(NOUVEAU_HMM_CHANNEL_EVENTFD, 1);
VALUE(NOUVEAU_HMM_RING_MIN, 16);
VALUE(NOUVEAU_HMM_RING_MAX, 32768);
VALUE(NOUVEAU_HMM_RANGE_PUSH, 1);
VALUE(NOUVEAU_HMM_RANGE_WRITE, 2);
VALUE(NOUVEAU_HMM_RANGES, 256);
VALUE(NOUVEAU_HMM_PUSH_MAX, 4 << 20);
VALUE(NOUVEAU_HMM_SYNCS, 16);
VALUE(NOUVEAU_HMM_WAITING, 64);
VALUE(NOUVEAU_HMM_CHANNEL_RUNS, 0);
VALUE(NOUVEAU_HMM_CHANNEL_FAULT, 1);
VALUE(NOUVEAU_HMM_CHANNEL_REVOKED, 2);
VALUE(NOUVEAU_HMM_CHANNEL_ENGINE, 3);
VALUE(NOUVEAU_HMM_CHANNEL_LATE, 4);
