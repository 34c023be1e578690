// SPDX-License-Identifier: MIT
/*
 * libFuzzer target for the cubin loader. The first byte chooses: 0, the rest is the file; else the
 * file is the cubin of the unit tests, cut to some length, with the rest of the input as changes to
 * it: two bytes of offset, one of size, and so many bytes of value. What loads must be consistent.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../test/cubin.h"
#include "program.h"

static void check_bank(const struct compote_program *p, const struct compote_kernel_info *k,
		       unsigned int n)
{
	const volatile uint8_t *data;
	size_t bytes;

	data = program_bank(p, program_find_kernel(p, k->name), n, &bytes);
	if (bytes > BANK_MAX || !data != !bytes)
		abort();
	if (!n && bytes && bytes < k->param_base + k->param_bytes)
		abort();
	for (size_t i = 0; i < bytes; i++)	/* all of it can be read */
		(void)data[i];
}

static void check_kernel(const struct compote_program *p, const struct compote_kernel_info *k)
{
	const volatile uint8_t *code;
	size_t bytes;

	code = program_code(p, &bytes);
	if (k->code_offset % 32 || bytes < PROGRAM_TAIL || k->code_offset >= bytes - PROGRAM_TAIL ||
	    !k->registers || k->registers > REGISTERS_MAX || k->barriers > BARRIERS_MAX ||
	    k->shared_bytes > SHARED_MAX || k->local_bytes > LOCAL_MAX ||
	    k->crs_bytes > CRS_MAX || k->param_base + k->param_bytes > BANK_MAX ||
	    &program_find_kernel(p, k->name)->info != k)
		abort();
	for (size_t i = 0; i < bytes; i++)
		(void)code[i];
	for (unsigned int n = 0; n < COMPOTE_BANKS; n++)
		check_bank(p, k, n);
}

static void load(const uint8_t *bytes, size_t size)
{
	const struct compote_kernel_info *k;
	struct compote_program *p = NULL;
	unsigned int i = 0;
	uint8_t *copy = malloc(size ? size : 1);
	int ret;

	if (!copy)
		return;
	memcpy(copy, bytes, size);
	ret = compote_program_from_cubin(copy, size, &p);
	free(copy);
	if (ret && (p || (ret != -EINVAL && ret != -ENOTSUP)))
		abort();
	if (ret)
		return;
	for (; !compote_program_kernels(p, i, &k); i++)
		check_kernel(p, k);
	if (!i)
		abort();
	compote_program_free(p);
}

static void load_changed(const uint8_t *data, size_t size)
{
	struct cubin_image c;
	size_t at, bytes;

	cubin_make(&c);
	if (size < 2)
		return;
	if (data[0] == 1)
		c.size -= data[1] * c.size / 256;
	for (data += 2, size -= 2; size > 3; data += bytes, size -= bytes) {
		at = (data[0] | data[1] << 8) % sizeof(c.bytes);
		bytes = data[2] % 8 + 1;
		data += 3;
		size -= 3;
		if (bytes > size)
			bytes = size;
		if (bytes > sizeof(c.bytes) - at)
			bytes = sizeof(c.bytes) - at;
		memcpy(c.bytes + at, data, bytes);
	}
	load(c.bytes, c.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0])
		load_changed(data, size);
	else if (size)
		load(data + 1, size - 1);
	return 0;
}
