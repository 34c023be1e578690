/* SPDX-License-Identifier: MIT */
/*
 * Arguments of a kernel as they are written on a command line: "f32:1.5", "u32[64]=0..".
 */
#ifndef ARGUMENT_H
#define ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum type { I8, U8, I16, U16, I32, U32, I64, U64, F32, F64, TYPES };

struct argument {
	enum type type;
	bool array;
	size_t count;		/* of an array: elements; else 1 */
	size_t bytes;		/* of all elements */
	void *data;		/* an array's begins with a page, and has whole ones */
};

/*
 * Reads one: TYPE:VALUE, or TYPE[COUNT] with or without =VALUES. The memory is argument_free()'s.
 * NULL, or what is wrong with it.
 */
const char *argument_parse(const char *text, struct argument *argument);
void argument_free(struct argument *argument);

/*
 * Fills @argument's elements as @values says: V,V,... (again from the first when they are used up),
 * FIRST.. or FIRST..+STEP, @FILE (its bytes as they are; as many as there are elements).
 */
const char *argument_fill(struct argument *argument, const char *values);

size_t type_bytes(enum type type);

/* Puts arguments one behind the other, each at a multiple of its size, as compilers do. */
size_t arguments_pack(const struct argument *arguments, size_t n, void *to, size_t room);

void element_print(FILE *to, const struct argument *argument, size_t element);
bool element_equal(const struct argument *a, const struct argument *b, size_t element);

#endif
