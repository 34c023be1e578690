// SPDX-License-Identifier: MIT
/*
 * migrate.c - where memory is: moving it, asking, and the numbers and faults of a space.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "nouveau_hmm_drm.h"

_Static_assert(sizeof(struct compote_moved) == sizeof(struct drm_nouveau_hmm_moved), "moved");
_Static_assert(offsetof(struct compote_moved, error) ==
	       offsetof(struct drm_nouveau_hmm_moved, error), "moved");
_Static_assert(sizeof(struct compote_fault) == sizeof(struct drm_nouveau_hmm_fault), "fault");
_Static_assert(offsetof(struct compote_fault, error) ==
	       offsetof(struct drm_nouveau_hmm_fault, error), "fault");
_Static_assert(COMPOTE_VRAM == DRM_NOUVEAU_HMM_TARGET_VRAM, "target");

COMPOTE_PUBLIC int compote_migrate(struct compote_space *space, void *addr, size_t length,
				   uint32_t target, struct compote_moved *moved)
{
	struct drm_nouveau_hmm_migrate m = {
		.start = addr_of(addr),
		.length = length,
		.target = target,
	};
	int ret;

	if (!space)
		return -EINVAL;
	ret = device_ioctl(space->dev, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &m);
	if (!ret && moved)
		memcpy(moved, &m.moved, sizeof(*moved));
	return ret;
}

COMPOTE_PUBLIC int compote_migrate_async(struct compote_space *space, void *addr, size_t length,
					 uint32_t target, struct compote_fence *fence,
					 struct compote_moved *moved)
{
	struct drm_nouveau_hmm_migrate m = {
		.start = addr_of(addr),
		.length = length,
		.target = target,
		.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC,
		.syncobj = compote_fence_syncobj(fence),
		.result = addr_of(moved),
	};

	if (!space || (fence && !m.syncobj))
		return -EINVAL;
	return device_ioctl_retry(space->dev, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &m);
}

COMPOTE_PUBLIC int compote_residency(struct compote_space *space, const void *addr, size_t length,
				     uint8_t *pages)
{
	struct drm_nouveau_hmm_residency r = {
		.start = addr_of(addr),
		.length = length,
		.pages = addr_of(pages),
	};

	if (!space || !pages)
		return -EINVAL;
	return device_ioctl(space->dev, DRM_IOCTL_NOUVEAU_HMM_RESIDENCY, &r);
}

COMPOTE_PUBLIC int compote_take_faults(struct compote_space *space, struct compote_fault *faults,
				       uint32_t *count, uint64_t *lost)
{
	struct drm_nouveau_hmm_faults f = { 0 };
	int ret;

	if (!space || !faults || !count || !*count)
		return -EINVAL;
	f.faults = addr_of(faults);
	f.count = *count;
	ret = device_ioctl_retry(space->dev, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &f);
	if (ret)
		return ret;
	*count = f.count;
	if (lost)
		*lost = f.lost;
	return 0;
}

/* ---- statistics ---- */

/* A line of fdinfo (docs/accounting.md) and where its number goes; "KiB" multiplies. */
struct key {
	const char *name;
	size_t offset;
};

#define KEY(text, field) { text, offsetof(struct compote_statistics, field) }

static const struct key keys[] = {
	KEY("nouveau-hmm-mapped-vram:", mapped_vram),
	KEY("nouveau-hmm-mapped-memory:", mapped_ram),
	KEY("nouveau-hmm-faults:", faults),
	KEY("nouveau-hmm-cancels:", cancels),
	KEY("nouveau-hmm-pages-mapped:", pages_mapped),
	KEY("nouveau-hmm-pages-unmapped:", pages_unmapped),
	KEY("nouveau-hmm-pages-to-vram:", pages_to_vram),
	KEY("nouveau-hmm-pages-to-ram:", pages_to_ram),
	KEY("nouveau-hmm-pages-zeroed:", pages_zeroed),
	KEY("nouveau-hmm-pages-not-moved:", pages_not_moved),
};

static uint64_t number(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	if (!strncmp(end, " KiB", 4))
		return v << 10;
	if (!strncmp(end, " MiB", 4))
		return v << 20;
	return v;
}

static void read_line(const char *line, struct compote_statistics *s)
{
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		n = strlen(keys[i].name);
		if (!strncmp(line, keys[i].name, n))
			*(uint64_t *)((char *)s + keys[i].offset) = number(line + n);
	}
}

static void read_fdinfo(int fd, struct compote_statistics *s)
{
	char text[256];
	FILE *f;

	snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", fd);
	f = fopen(text, "re");
	if (!f)
		return;
	while (fgets(text, sizeof(text), f))
		read_line(text, s);
	fclose(f);
}

COMPOTE_PUBLIC int compote_statistics(struct compote_space *space,
				      struct compote_statistics *statistics)
{
	struct drm_nouveau_hmm_info info = { 0 };
	int ret;

	if (!space || !statistics)
		return -EINVAL;
	ret = device_ioctl_retry(space->dev, DRM_IOCTL_NOUVEAU_HMM_INFO, &info);
	if (ret)
		return ret;
	memset(statistics, 0, sizeof(*statistics));
	statistics->vram_bytes = info.vram_size;
	statistics->vram_resident = info.vram_resident;
	statistics->cutout_start = info.cutout_start;
	statistics->cutout_bytes = info.cutout_size;
	statistics->low_bytes = lowmem_used(&space->low);
	read_fdinfo(space->dev->fd, statistics);
	return 0;
}
