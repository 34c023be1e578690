/* SPDX-License-Identifier: MIT */
/*
 * A picture of where pages are: a square is a page, a row is 256 KiB. Rows without a page are left
 * out, with a line in their place.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture;

/* @scale: pixels of a square's side, or 0: 8, or less for a large picture */
struct picture *picture_new(unsigned int scale);
void picture_free(struct picture *picture);

/* Adds pages; @places are enum place. Addresses grow from call to call. */
void picture_add(struct picture *picture, uint64_t start, size_t count, const uint8_t *places);

/* Writes a PNG file; false and errno if that fails. */
bool picture_write(const struct picture *picture, const char *path);

#endif
