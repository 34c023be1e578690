// SPDX-License-Identifier: MIT
/* Programs: what loaders build and launches read. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

static void free_banks(struct program_bank *banks)
{
	for (unsigned int n = 0; n < COMPOTE_BANKS; n++)
		free(banks[n].data);
}

COMPOTE_PUBLIC void compote_program_free(struct compote_program *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < p->count; i++) {
		free((char *)p->kernels[i].info.name);
		free_banks(p->kernels[i].banks);
	}
	free_banks(p->banks);
	free(p->kernels);
	free(p->code);
	free(p);
}

COMPOTE_PUBLIC int compote_program_kernels(const struct compote_program *p, unsigned int index,
					   const struct compote_kernel_info **info)
{
	if (!p || !info)
		return -EINVAL;
	if (index >= p->count)
		return -ENOENT;
	*info = &p->kernels[index].info;
	return 0;
}

const void *program_code(const struct compote_program *p, size_t *bytes)
{
	*bytes = p->code_bytes;
	return p->code;
}

const void *program_bank(const struct compote_program *p, const struct program_kernel *kernel,
			 unsigned int bank, size_t *bytes)
{
	const struct program_bank *b = &kernel->banks[bank];

	if (!b->bytes)
		b = &p->banks[bank];
	*bytes = b->bytes;
	return b->data;
}

int program_set_bank(struct program_bank *bank, const void *data, size_t bytes)
{
	if (!bytes)
		return 0;
	bank->data = malloc(bytes);
	if (!bank->data)
		return -ENOMEM;
	memcpy(bank->data, data, bytes);
	bank->bytes = bytes;
	return 0;
}

int program_add_kernel(struct compote_program *p, const char *name, size_t name_length,
		       struct program_kernel **k)
{
	struct program_kernel *kernels;
	unsigned int room;
	char *copy;

	if (p->count == p->room) {
		room = p->room ? p->room * 2 : 4;
		kernels = reallocarray(p->kernels, room, sizeof(*kernels));
		if (!kernels)
			return -ENOMEM;
		p->kernels = kernels;
		p->room = room;
	}
	copy = strndup(name, name_length);
	if (!copy)
		return -ENOMEM;
	*k = &p->kernels[p->count++];
	**k = (struct program_kernel){
		.info = { .name = copy, .param_base = COMPOTE_PARAM_BASE },
	};
	return 0;
}

/* zeroes behind the code, up to so many bytes in all */
static int extend_code(struct compote_program *p, size_t bytes)
{
	uint8_t *code;
	size_t room;

	if (bytes > p->code_room) {
		room = bytes > p->code_room * 2 ? bytes : p->code_room * 2;
		code = realloc(p->code, room);
		if (!code)
			return -ENOMEM;
		p->code = code;
		p->code_room = room;
	}
	memset(p->code + p->code_bytes, 0, bytes - p->code_bytes);
	p->code_bytes = bytes;
	return 0;
}

int program_add_code(struct compote_program *p, const void *code, size_t bytes, uint64_t *offset)
{
	size_t start = (p->code_bytes + PROGRAM_ALIGN - 1) / PROGRAM_ALIGN * PROGRAM_ALIGN;
	int ret;

	ret = extend_code(p, start + bytes);
	if (ret)
		return ret;
	memcpy(p->code + start, code, bytes);
	*offset = start;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct program_kernel *x = a, *y = b;

	return strcmp(x->info.name, y->info.name);
}

const struct program_kernel *program_sort(struct compote_program *p)
{
	if (p->count)
		qsort(p->kernels, p->count, sizeof(*p->kernels), compare_names);
	for (unsigned int i = 1; i < p->count; i++)
		if (!compare_names(&p->kernels[i - 1], &p->kernels[i]))
			return p->kernels[i - 1].line > p->kernels[i].line ? &p->kernels[i - 1] :
									     &p->kernels[i];
	return NULL;
}

struct program_kernel *program_find_kernel(const struct compote_program *p, const char *name)
{
	struct program_kernel key = { .info.name = name };

	if (!p->count)
		return NULL;
	return bsearch(&key, p->kernels, p->count, sizeof(key), compare_names);
}

static bool is_within_limits(const struct compote_kernel_info *k)
{
	return k->registers >= 1 && k->registers <= REGISTERS_MAX &&
	       k->shared_bytes <= SHARED_MAX && k->local_bytes <= LOCAL_MAX &&
	       k->crs_bytes <= CRS_MAX && k->barriers <= BARRIERS_MAX &&
	       k->param_base <= BANK_MAX &&
	       k->param_bytes <= BANK_MAX - k->param_base;
}

int program_finish(struct compote_program *p)
{
	if (!p->count)
		return -EINVAL;
	for (unsigned int i = 0; i < p->count; i++)
		if (!is_within_limits(&p->kernels[i].info))
			return -EINVAL;
	return extend_code(p, p->code_bytes + PROGRAM_TAIL);
}
