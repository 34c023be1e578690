// SPDX-License-Identifier: MIT
/*
 * error.c - what errors mean here, in words.
 */
#include <errno.h>

#include "internal.h"

static const struct {
	int error;
	const char *text;
} texts[] = {
	{ 0, "success" },
	{ E2BIG, "too many pieces of memory for one job, or the driver is older than the library" },
	{ EACCES, "no permission to open the device" },
	{ EBADF, "not an eventfd" },
	{ EBUSY, "in use: ring full, push buffer finished, or the device has a space" },
	{ ECANCELED, "the channel was destroyed before the job was done" },
	{ EFAULT, "there is no memory at an address, or not of the kind that is needed" },
	{ EINTR, "interrupted by a signal" },
	{ EINVAL, "invalid argument" },
	{ EIO, "the channel was stopped; its status says why" },
	{ EMFILE, "too many channels or files" },
	{ ENODEV, "no such GPU, it is gone, or the process is not mirrored" },
	{ ENOENT, "no such file, kernel, channel or syncobj" },
	{ ENOMEM, "out of memory" },
	{ ENOSPC, "no addresses below 2^40, or no channel of the GPU, is left" },
	{ EOPNOTSUPP, "the driver, the device or the engine cannot do that" },
	{ EPERM, "the mirrored memory is another process's" },
	{ ERANGE, "the address is out of the unit's reach; memory of compote_alloc() is not" },
	{ ESRCH, "the process is ending" },
	{ ETIME, "not done in time" },
};

COMPOTE_PUBLIC const char *compote_strerror(int error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].error == error || texts[i].error == -error)
			return texts[i].text;
	return "unknown error";
}
