// SPDX-License-Identifier: MIT
/*
 * copy.c - copies and fills on a copy engine: methods of class c0b5 (clc0b5.h, open-gpu-doc).
 *
 * A copy engine cannot wait for a fault, so all of the data is named as memory of the job.
 */
#include <errno.h>

#include "internal.h"
#include "methods.h"

/* Elements of one launch; LINE_LENGTH_IN has 32 bits. */
#define ELEMENTS_MAX	(UINT64_C(1) << 30)

#define LAUNCH	(CE_LAUNCH_NON_PIPELINED | CE_LAUNCH_FLUSH | CE_LAUNCH_SRC_PITCH | \
		 CE_LAUNCH_DST_PITCH)

static void set_pair(struct compote_push *push, uint32_t method, uint64_t v)
{
	uint32_t data[2] = { (uint32_t)(v >> 32), (uint32_t)v };

	compote_push_methods(push, COMPOTE_SUBCHANNEL_COPY, method, data, 2);
}

/* One line of @length elements. */
static void run(struct compote_push *push, uint64_t length, uint32_t flags)
{
	uint32_t size[2] = { (uint32_t)length, 1 };

	compote_push_methods(push, COMPOTE_SUBCHANNEL_COPY, CE_LINE_LENGTH_IN, size, 2);
	compote_push_method(push, COMPOTE_SUBCHANNEL_COPY, CE_LAUNCH_DMA, LAUNCH | flags);
}

static bool range_ok(const void *p, size_t bytes)
{
	return bytes && bytes <= GPU_LIMIT && addr_of(p) <= GPU_LIMIT - bytes;
}

static bool overlap(uint64_t a, uint64_t b, size_t bytes)
{
	return a < b ? b - a < bytes : a - b < bytes;
}

COMPOTE_PUBLIC int compote_push_copy(struct compote_push *push, void *dst, const void *src,
				     size_t bytes)
{
	uint64_t to = addr_of(dst), from = addr_of(src), n;
	int ret = push_begin(push, COMPOTE_ENGINE_COPY);

	if (ret)
		return ret;
	if (!range_ok(dst, bytes) || !range_ok(src, bytes) || overlap(to, from, bytes))
		return push_fail(push, -EINVAL);
	push_range(push, from, bytes, 0);
	push_range(push, to, bytes, COMPOTE_RANGE_WRITE);
	for (; bytes && !push->error; bytes -= n, from += n, to += n) {
		n = bytes < ELEMENTS_MAX ? bytes : ELEMENTS_MAX;
		set_pair(push, CE_OFFSET_IN_UPPER, from);
		set_pair(push, CE_OFFSET_OUT_UPPER, to);
		run(push, n, 0);
	}
	return push->error;
}

/* One component of @unit bytes, always the constant: nothing is read. */
COMPOTE_PUBLIC int compote_push_fill(struct compote_push *push, void *dst, uint32_t value,
				     unsigned int unit, size_t bytes)
{
	uint32_t remap[3] = { value, 0, CE_REMAP_DST_X_CONST_A | CE_REMAP_COMPONENT_SIZE(unit) };
	uint64_t to = addr_of(dst), left, n;
	int ret = push_begin(push, COMPOTE_ENGINE_COPY);

	if (ret)
		return ret;
	if ((unit != 1 && unit != 2 && unit != 4) || !range_ok(dst, bytes) || bytes % unit ||
	    to % unit)
		return push_fail(push, -EINVAL);
	push_range(push, to, bytes, COMPOTE_RANGE_WRITE);
	compote_push_methods(push, COMPOTE_SUBCHANNEL_COPY, CE_REMAP_CONST_A, remap, 3);
	for (left = bytes / unit; left && !push->error; left -= n, to += n * unit) {
		n = left < ELEMENTS_MAX ? left : ELEMENTS_MAX;
		set_pair(push, CE_OFFSET_OUT_UPPER, to);
		run(push, n, CE_LAUNCH_REMAP);
	}
	return push->error;
}
