// SPDX-License-Identifier: MIT
/*
 * libFuzzer target for programs from assembler text, with an error buffer of some size: what is
 * refused has a reason, what is not is a program in order.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

static void check(const struct compote_program *p)
{
	const struct compote_kernel_info *k;
	size_t bytes;
	unsigned int i = 0;

	program_code(p, &bytes);
	for (; !compote_program_kernels(p, i, &k); i++)
		if (!*k->name || k->code_offset % PROGRAM_ALIGN || bytes < PROGRAM_TAIL ||
		    k->code_offset >= bytes - PROGRAM_TAIL || !k->registers ||
		    k->registers > REGISTERS_MAX || k->barriers > BARRIERS_MAX ||
		    &program_find_kernel(p, k->name)->info != k)
			abort();
	if (!i)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compote_program *p = NULL;
	size_t error_size;
	char *error, *text;
	int ret;

	if (!size)
		return 0;
	error_size = data[0];
	error = malloc(error_size ? error_size : 1);
	text = malloc(size);
	if (!error || !text)
		abort();
	memcpy(text, data + 1, size - 1);
	ret = compote_program_from_asm(text, size - 1, &p, error, error_size);
	if (ret) {
		if (p || ret != -EINVAL || (error_size > 1 && !*error))
			abort();
		if (error_size && strlen(error) >= error_size)
			abort();
	} else {
		check(p);
		compote_program_free(p);
	}
	free(text);
	free(error);
	return 0;
}
