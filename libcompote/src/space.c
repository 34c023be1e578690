// SPDX-License-Identifier: MIT
/*
 * space.c - the mirror of this process on a device, and the cut-out that it leaves.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <drm/drm.h>

#include "internal.h"

/* DRM_NOUVEAU_SVM_INIT of nouveau_drm.h, which not every distribution's has. */
struct svm_init {
	uint64_t unmanaged_addr, unmanaged_size;
};

#define IOCTL_SVM_INIT	DRM_IOWR(DRM_COMMAND_BASE + 0x08, struct svm_init)

#define CUTOUT_ALIGN	(UINT64_C(2) << 20)

struct compote_space *space_get(struct compote_space *space)
{
	atomic_fetch_add(&space->refs, 1);
	return space;
}

void space_put(struct compote_space *space)
{
	if (!space || atomic_fetch_sub(&space->refs, 1) != 1)
		return;
	lowmem_fini(&space->low);
	device_put(space->dev);
	free(space);
}

/*
 * The windows hide what lies behind them from the SMs' generic accesses. In the cut-out there is
 * nothing of the process's that could be hidden.
 */
uint64_t space_shared_window(const struct compote_space *space)
{
	return align_up(addr_of(space->dev->cutout), WINDOW_BYTES);
}

uint64_t space_local_window(const struct compote_space *space)
{
	return space_shared_window(space) + WINDOW_BYTES;
}

static int mirror(struct compote_device *dev, size_t bytes)
{
	struct svm_init init;
	void *cutout;
	int ret;

	ret = lowmem_map(bytes, WINDOW_BYTES, PROT_NONE, &cutout);
	if (ret)
		return ret;
	init.unmanaged_addr = addr_of(cutout);
	init.unmanaged_size = bytes;
	ret = device_ioctl_retry(dev, IOCTL_SVM_INIT, &init);
	if (ret) {
		munmap(cutout, bytes);
		return ret;
	}
	dev->cutout = cutout;
	dev->cutout_bytes = bytes;
	return 0;
}

static int create(struct compote_device *dev, size_t bytes, struct compote_space **space)
{
	struct compote_space *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	ret = lowmem_init(&s->low);
	if (ret) {
		free(s);
		return ret;
	}
	ret = mirror(dev, bytes);
	if (ret) {
		lowmem_fini(&s->low);
		free(s);
		return ret;
	}
	atomic_init(&s->refs, 1);
	s->dev = device_get(dev);
	*space = s;
	return 0;
}

COMPOTE_PUBLIC int compote_space_create(struct compote_device *device, uint64_t cutout_bytes,
					struct compote_space **space)
{
	int ret;

	if (!device || !space)
		return -EINVAL;
	if (!cutout_bytes)
		cutout_bytes = COMPOTE_CUTOUT_MIN;
	if (cutout_bytes < COMPOTE_CUTOUT_MIN || cutout_bytes > COMPOTE_CUTOUT_MAX ||
	    cutout_bytes % CUTOUT_ALIGN)
		return -EINVAL;
	if (!(device->info.features & COMPOTE_FEATURE_MIRROR))
		return -EOPNOTSUPP;
	if (atomic_exchange(&device->has_space, true))
		return -EBUSY;
	ret = create(device, cutout_bytes, space);
	if (ret)
		atomic_store(&device->has_space, false);
	return ret;
}

COMPOTE_PUBLIC void compote_space_destroy(struct compote_space *space)
{
	space_put(space);
}

COMPOTE_PUBLIC int compote_alloc(struct compote_space *space, size_t size, size_t align,
				 void **memory)
{
	if (!space || !memory)
		return -EINVAL;
	return lowmem_alloc(&space->low, size, align, false, memory);
}

COMPOTE_PUBLIC void compote_free(struct compote_space *space, void *memory)
{
	if (space)
		lowmem_free(&space->low, memory);
}
