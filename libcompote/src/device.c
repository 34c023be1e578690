// SPDX-License-Identifier: MIT
/*
 * device.c - opening a GPU, what it is, and the one way to its ioctls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "internal.h"
#include "nouveau_hmm_drm.h"

/* Of nouveau_drm.h; not in that of every distribution. */
#define GETPARAM_PCI_VENDOR	3
#define GETPARAM_PCI_DEVICE	4
#define GETPARAM_CHIPSET_ID	11
#define GETPARAM_GRAPH_UNITS	13

struct getparam {
	uint64_t param, value;
};

#define IOCTL_GETPARAM	DRM_IOWR(DRM_COMMAND_BASE + 0x00, struct getparam)

int device_ioctl(const struct compote_device *dev, unsigned long request, void *arg)
{
	return ioctl(dev->fd, request, arg) < 0 ? -errno : 0;
}

int device_ioctl_retry(const struct compote_device *dev, unsigned long request, void *arg)
{
	int ret;

	do
		ret = device_ioctl(dev, request, arg);
	while (ret == -EINTR);
	return ret;
}

struct compote_device *device_get(struct compote_device *dev)
{
	atomic_fetch_add(&dev->refs, 1);
	return dev;
}

/* The cut-out goes after the file: as long as it is open, malloc() must get nothing there. */
void device_put(struct compote_device *dev)
{
	if (!dev || atomic_fetch_sub(&dev->refs, 1) != 1)
		return;
	close(dev->fd);
	if (dev->cutout)
		munmap(dev->cutout, dev->cutout_bytes);
	free(dev);
}

static uint64_t getparam(const struct compote_device *dev, uint64_t param)
{
	struct getparam p = { .param = param };

	return device_ioctl_retry(dev, IOCTL_GETPARAM, &p) ? 0 : p.value;
}

/*
 * GRAPH_UNITS: GPCs in bits 7:0, TPCs above (nouveau gf100_gr_units()); an SM each on GP104. They
 * are 0 until there has been a compute channel, so they are asked for each time.
 */
static void read_units(const struct compote_device *dev, struct compote_device_info *info)
{
	uint64_t units = getparam(dev, GETPARAM_GRAPH_UNITS);

	info->clusters = units & 0xff;
	info->multiprocessors = units >> 8 & 0xffff;
}

uint32_t device_multiprocessors(const struct compote_device *dev)
{
	struct compote_device_info info;

	read_units(dev, &info);
	return info.multiprocessors;
}

static bool is_nouveau(int fd)
{
	char name[8] = "";
	struct drm_version v = { .name = name, .name_len = sizeof(name) - 1 };

	return !ioctl(fd, DRM_IOCTL_VERSION, &v) && !strcmp(name, "nouveau");
}

static int read_info(struct compote_device *dev)
{
	struct drm_nouveau_hmm_info info = { 0 };
	int ret;

	if (!is_nouveau(dev->fd))
		return -ENODEV;
	ret = device_ioctl_retry(dev, DRM_IOCTL_NOUVEAU_HMM_INFO, &info);
	if (ret == -EINVAL || ret == -ENOTTY)
		return -EOPNOTSUPP;
	if (ret)
		return ret;
	dev->info.driver_version = info.version;
	dev->info.features = info.features;
	dev->info.page_sizes = info.page_sizes;
	dev->info.vram_bytes = info.vram_size;
	dev->info.chipset = (uint32_t)getparam(dev, GETPARAM_CHIPSET_ID);
	dev->info.pci_vendor = (uint16_t)getparam(dev, GETPARAM_PCI_VENDOR);
	dev->info.pci_device = (uint16_t)getparam(dev, GETPARAM_PCI_DEVICE);
	return 0;
}

static int open_path(const char *path, struct compote_device **device)
{
	struct compote_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return -ENOMEM;
	atomic_init(&dev->refs, 1);
	dev->fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0) {
		ret = -errno;
		free(dev);
		return ret == -ENXIO ? -ENODEV : ret;
	}
	ret = read_info(dev);
	if (ret) {
		device_put(dev);
		return ret;
	}
	*device = dev;
	return 0;
}

/* A device that can mirror. A better reason than "none" is kept in @why. */
static bool try_device(const drmDevice *d, struct compote_device **device, int *why)
{
	struct compote_device *dev;
	int ret;

	if (!(d->available_nodes & 1 << DRM_NODE_RENDER))
		return false;
	ret = open_path(d->nodes[DRM_NODE_RENDER], &dev);
	if (ret) {
		if (ret == -EACCES || (ret == -EOPNOTSUPP && *why == -ENODEV))
			*why = ret;
		return false;
	}
	if (dev->info.features & COMPOTE_FEATURE_MIRROR) {
		*device = dev;
		return true;
	}
	device_put(dev);
	return false;
}

static int open_first(struct compote_device **device)
{
	int n = drmGetDevices2(0, NULL, 0), i, ret = -ENODEV;
	drmDevicePtr *list;

	if (n <= 0)
		return -ENODEV;
	list = calloc((size_t)n, sizeof(*list));
	if (!list)
		return -ENOMEM;
	n = drmGetDevices2(0, list, n);
	for (i = 0; i < n; i++) {
		if (try_device(list[i], device, &ret)) {
			ret = 0;
			break;
		}
	}
	if (n > 0)
		drmFreeDevices(list, n);
	free(list);
	return ret;
}

COMPOTE_PUBLIC int compote_device_open(const char *path, struct compote_device **device)
{
	if (!device)
		return -EINVAL;
	return path ? open_path(path, device) : open_first(device);
}

COMPOTE_PUBLIC void compote_device_close(struct compote_device *device)
{
	device_put(device);
}

COMPOTE_PUBLIC int compote_device_info(struct compote_device *device,
				       struct compote_device_info *info)
{
	if (!device || !info)
		return -EINVAL;
	*info = device->info;
	read_units(device, info);
	return 0;
}

COMPOTE_PUBLIC int compote_device_fd(const struct compote_device *device)
{
	return device ? device->fd : -EINVAL;
}

COMPOTE_PUBLIC uint32_t compote_version(void)
{
	return COMPOTE_VERSION;
}
