// SPDX-License-Identifier: MIT
/*
 * Preloaded, it makes nouveau's GPU look like a GM204 (Maxwell) to a program that asks for the chipset. All
 * else stays as it is, so a test that does not ask goes on and runs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <drm/nouveau_drm.h>
#include <stdarg.h>

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, ...);
	struct drm_nouveau_getparam *get;
	va_list list;
	void *arg;
	int ret;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	ret = next(fd, request, arg);
	get = arg;
	if (!ret && request == DRM_IOCTL_NOUVEAU_GETPARAM &&
	    get->param == NOUVEAU_GETPARAM_CHIPSET_ID)
		get->value = 0x124;
	return ret;
}
