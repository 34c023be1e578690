// SPDX-License-Identifier: MIT
/*
 * kernel.c - machine code in low memory, with what a launch must know of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define WARPS_PER_SM	64u
#define LANES		32u
#define PREFETCH_BYTES	512u		/* the SMs fetch ahead of the last instruction */

/* Strides as NVK's nvk_device.c has them: 0x200 per warp, 0x8000 per SM. */
uint64_t kernel_local_per_sm(const struct compote_kernel *k)
{
	uint64_t warp = align_up((uint64_t)k->local_bytes * LANES + k->crs_bytes, 0x200);

	return align_up(warp * WARPS_PER_SM, 0x8000);
}

static bool sizes_ok(const struct compote_code *c)
{
	unsigned int n;

	for (n = 0; n < COMPOTE_BANKS; n++)
		if (c->banks[n].bytes > BANK_MAX || (c->banks[n].bytes && !c->banks[n].data))
			return false;
	return c->code && c->code_bytes && !(c->code_bytes % 8) && c->registers &&
	       c->registers <= REGISTERS_MAX && c->barriers <= BARRIERS_MAX &&
	       c->shared_bytes <= SHARED_MAX && c->local_bytes <= LOCAL_MAX &&
	       c->crs_bytes <= CRS_MAX &&
	       c->entry < c->code_bytes && !(c->entry % 8) &&
	       (!c->param_base || c->param_base >= COMPOTE_PARAM_BASE) && c->param_base <= BANK_MAX &&
	       c->param_bytes <= BANK_MAX - (c->param_base ? c->param_base : COMPOTE_PARAM_BASE);
}

static int copy_low(struct compote_space *space, const void *from, size_t bytes, size_t behind,
		    bool code, void **to)
{
	int ret = lowmem_alloc(&space->low, bytes + behind, 0, code, to);

	if (!ret)
		memcpy(*to, from, bytes);
	return ret;
}

static int copy_banks(struct compote_kernel *k, const struct compote_bank *banks)
{
	unsigned int n;
	void *to;
	int ret;

	for (n = 1; n < COMPOTE_BANKS; n++) {
		if (!banks[n].bytes)
			continue;
		ret = copy_low(k->space, banks[n].data, banks[n].bytes, 0, false, &to);
		if (ret)
			return ret;
		k->banks[n].data = to;
		k->banks[n].bytes = banks[n].bytes;
	}
	if (!banks[0].bytes)
		return 0;
	k->constants = malloc(banks[0].bytes);
	if (!k->constants)
		return -ENOMEM;
	memcpy(k->constants, banks[0].data, banks[0].bytes);
	k->constants_bytes = banks[0].bytes;
	return 0;
}

COMPOTE_PUBLIC int compote_kernel_create(struct compote_space *space,
					 const struct compote_code *code,
					 struct compote_kernel **kernel)
{
	struct compote_kernel *k;
	int ret;

	if (!space || !code || !kernel || !sizes_ok(code))
		return -EINVAL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->space = space_get(space);
	k->registers = code->registers;
	k->shared_bytes = code->shared_bytes;
	k->local_bytes = (uint32_t)align_up(code->local_bytes, 16);
	k->crs_bytes = (uint32_t)align_up(code->crs_bytes ? code->crs_bytes : CRS_DEFAULT, 512);
	k->barriers = code->barriers;
	k->param_base = code->param_base ? code->param_base : COMPOTE_PARAM_BASE;
	k->param_bytes = code->param_bytes;
	k->code_bytes = code->code_bytes;
	k->entry = code->entry;
	ret = copy_low(space, code->code, code->code_bytes, PREFETCH_BYTES, true, &k->code);
	if (!ret)
		ret = copy_banks(k, code->banks);
	if (ret) {
		compote_kernel_free(k);
		return ret;
	}
	*kernel = k;
	return 0;
}

COMPOTE_PUBLIC void compote_kernel_free(struct compote_kernel *kernel)
{
	unsigned int n;

	if (!kernel)
		return;
	lowmem_free(&kernel->space->low, kernel->code);
	for (n = 1; n < COMPOTE_BANKS; n++)
		lowmem_free(&kernel->space->low, (void *)(uintptr_t)kernel->banks[n].data);
	free(kernel->constants);
	space_put(kernel->space);
	free(kernel);
}

COMPOTE_PUBLIC uint32_t compote_kernel_param_bytes(const struct compote_kernel *kernel)
{
	return kernel ? kernel->param_bytes : 0;
}
