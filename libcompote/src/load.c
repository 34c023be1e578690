// SPDX-License-Identifier: MIT
/*
 * load.c - an entry point of a program becomes a kernel.
 */
#include <errno.h>

#include "internal.h"
#include "program.h"

/* All of the program's code is copied: calls are relative, and stay right. */
COMPOTE_PUBLIC int compote_kernel_load(struct compote_space *space,
				       const struct compote_program *program, const char *name,
				       struct compote_kernel **kernel)
{
	const struct compote_kernel_info *info;
	const struct program_kernel *k;
	struct compote_code code = { 0 };
	unsigned int n;

	if (!space || !program || !name || !kernel)
		return -EINVAL;
	k = program_find_kernel(program, name);
	if (!k)
		return -ENOENT;
	info = &k->info;
	code.code = program_code(program, &code.code_bytes);
	code.entry = (uint32_t)info->code_offset;
	code.registers = info->registers;
	code.shared_bytes = info->shared_bytes;
	code.local_bytes = info->local_bytes;
	code.crs_bytes = info->crs_bytes;
	code.barriers = info->barriers;
	code.param_base = info->param_base;
	code.param_bytes = info->param_bytes;
	for (n = 0; n < COMPOTE_BANKS; n++)
		code.banks[n].data = program_bank(program, k, n, &code.banks[n].bytes);
	return compote_kernel_create(space, &code, kernel);
}
