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

/* The whole numbers: direction, size, 'd', 0x40 + command. */
VALUE(IOCTL_NOUVEAU_HMM_INFO, 0xc0406490);
VALUE(IOCTL_NOUVEAU_HMM_MIGRATE, 0xc0706491);
VALUE(IOCTL_NOUVEAU_HMM_RESIDENCY, 0xc0206492);
VALUE(IOCTL_NOUVEAU_HMM_FAULTS, 0xc0186493);

VALUE(NOUVEAU_HMM_VERSION, 1);
VALUE(NOUVEAU_HMM_FEATURE_MIRROR, 1);
VALUE(NOUVEAU_HMM_FEATURE_VRAM, 2);
VALUE(NOUVEAU_HMM_FEATURE_ATOMIC_RAM, 4);
VALUE(NOUVEAU_HMM_FEATURE_ATOMIC_VRAM, 8);
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
