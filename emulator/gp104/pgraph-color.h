/* SPDX-License-Identifier: MIT */
/*
 * pgraph-color.h - colour formats of render targets and of the 2D engine.
 */
#ifndef PGRAPH_COLOR_H
#define PGRAPH_COLOR_H

#include <stdbool.h>
#include <stdint.h>

enum color_type {
	COLOR_UNORM,
	COLOR_SNORM,
	COLOR_UINT,
	COLOR_SINT,
	COLOR_FLOAT,
	COLOR_SRGB,	/* alpha is UNORM */
};

struct color_format {
	uint8_t id;		/* SET_COLOR_TARGET_FORMAT_V_* */
	uint8_t bytes;
	enum color_type type;
	uint8_t bits[4];	/* of red, green, blue, alpha; 0 = not there */
	uint8_t shift[4];
};

#define COLOR_MAX_BYTES	16

const struct color_format *color_format_find(unsigned int id);
static inline bool color_is_integer(const struct color_format *f)
{
	return f->type == COLOR_UINT || f->type == COLOR_SINT;
}
/* Four components, as floats' bits or as integers after the format's type, to memory and back. */
void color_pack(const struct color_format *f, const uint32_t value[4], uint8_t *out);
void color_unpack(const struct color_format *f, const uint8_t *in, uint32_t value[4]);
/* Bytes of a pixel with ones wherever the components of @rgba (bit 0: red) are. */
void color_mask(const struct color_format *f, unsigned int rgba, uint8_t *out);

#endif
