/* SPDX-License-Identifier: MIT */
/* The mapped file whose bytes are counted, and the CPU's count of them. */
#ifndef FILE_H
#define FILE_H

#include <stddef.h>

enum { VALUES = 256 };	/* of a byte */

/*
 * Maps the file @path, or if that is NULL a temporary file with about @bytes of text; says in
 * @bytes how long it is.
 */
const unsigned char *file_map(const char *path, size_t *bytes);
void file_unmap(const unsigned char *data, size_t bytes);

/* How many of the 256 counts differ from the CPU's. */
size_t file_check(const unsigned char *data, size_t bytes, const unsigned int count[VALUES]);

#endif
