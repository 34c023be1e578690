// SPDX-License-Identifier: MIT
/*
 * pgraph-color.c - colour formats of render targets and of the 2D engine.
 *
 * Numbers and component orders: clc197.h, SET_COLOR_TARGET_FORMAT (NVIDIA, open-gpu-doc); the name
 * lists the components from the highest bits down for packed formats (A8R8G8B8) and from the lowest
 * address up for the others (RF32_GF32...).
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "pgraph-color.h"

#define RGBA(b)		{ b, b, b, b }, { 0, b, 2 * b, 3 * b }
#define RGBX(b)		{ b, b, b, 0 }, { 0, b, 2 * b, 3 * b }
#define RG(b)		{ b, b, 0, 0 }, { 0, b, 0, 0 }
#define R(b)		{ b, 0, 0, 0 }, { 0, 0, 0, 0 }
#define BGRA8		{ 8, 8, 8, 8 }, { 16, 8, 0, 24 }
#define BGRX8		{ 8, 8, 8, 0 }, { 16, 8, 0, 24 }

static const struct color_format formats[] = {
	{ 0xc0, 16, COLOR_FLOAT, RGBA(32) },
	{ 0xc1, 16, COLOR_SINT, RGBA(32) },
	{ 0xc2, 16, COLOR_UINT, RGBA(32) },
	{ 0xc3, 16, COLOR_FLOAT, RGBX(32) },
	{ 0xc4, 16, COLOR_SINT, RGBX(32) },
	{ 0xc5, 16, COLOR_UINT, RGBX(32) },
	{ 0xc6, 8, COLOR_UNORM, RGBA(16) },
	{ 0xc7, 8, COLOR_SNORM, RGBA(16) },
	{ 0xc8, 8, COLOR_SINT, RGBA(16) },
	{ 0xc9, 8, COLOR_UINT, RGBA(16) },
	{ 0xca, 8, COLOR_FLOAT, RGBA(16) },
	{ 0xcb, 8, COLOR_FLOAT, RG(32) },
	{ 0xcc, 8, COLOR_SINT, RG(32) },
	{ 0xcd, 8, COLOR_UINT, RG(32) },
	{ 0xce, 8, COLOR_FLOAT, RGBX(16) },
	{ 0xcf, 4, COLOR_UNORM, BGRA8 },
	{ 0xd0, 4, COLOR_SRGB, BGRA8 },
	{ 0xd1, 4, COLOR_UNORM, { 10, 10, 10, 2 }, { 0, 10, 20, 30 } },
	{ 0xd2, 4, COLOR_UINT, { 10, 10, 10, 2 }, { 0, 10, 20, 30 } },
	{ 0xd5, 4, COLOR_UNORM, RGBA(8) },
	{ 0xd6, 4, COLOR_SRGB, RGBA(8) },
	{ 0xd7, 4, COLOR_SNORM, RGBA(8) },
	{ 0xd8, 4, COLOR_SINT, RGBA(8) },
	{ 0xd9, 4, COLOR_UINT, RGBA(8) },
	{ 0xda, 4, COLOR_UNORM, RG(16) },
	{ 0xdb, 4, COLOR_SNORM, RG(16) },
	{ 0xdc, 4, COLOR_SINT, RG(16) },
	{ 0xdd, 4, COLOR_UINT, RG(16) },
	{ 0xde, 4, COLOR_FLOAT, RG(16) },
	{ 0xdf, 4, COLOR_UNORM, { 10, 10, 10, 2 }, { 20, 10, 0, 30 } },
	{ 0xe0, 4, COLOR_FLOAT, { 11, 11, 10, 0 }, { 0, 11, 22, 0 } },
	{ 0xe3, 4, COLOR_SINT, R(32) },
	{ 0xe4, 4, COLOR_UINT, R(32) },
	{ 0xe5, 4, COLOR_FLOAT, R(32) },
	{ 0xe6, 4, COLOR_UNORM, BGRX8 },
	{ 0xe7, 4, COLOR_SRGB, BGRX8 },
	{ 0xe8, 2, COLOR_UNORM, { 5, 6, 5, 0 }, { 11, 5, 0, 0 } },
	{ 0xe9, 2, COLOR_UNORM, { 5, 5, 5, 1 }, { 10, 5, 0, 15 } },
	{ 0xea, 2, COLOR_UNORM, RG(8) },
	{ 0xeb, 2, COLOR_SNORM, RG(8) },
	{ 0xec, 2, COLOR_SINT, RG(8) },
	{ 0xed, 2, COLOR_UINT, RG(8) },
	{ 0xee, 2, COLOR_UNORM, R(16) },
	{ 0xef, 2, COLOR_SNORM, R(16) },
	{ 0xf0, 2, COLOR_SINT, R(16) },
	{ 0xf1, 2, COLOR_UINT, R(16) },
	{ 0xf2, 2, COLOR_FLOAT, R(16) },
	{ 0xf3, 1, COLOR_UNORM, R(8) },
	{ 0xf4, 1, COLOR_SNORM, R(8) },
	{ 0xf5, 1, COLOR_SINT, R(8) },
	{ 0xf6, 1, COLOR_UINT, R(8) },
	{ 0xf7, 1, COLOR_UNORM, { 0, 0, 0, 8 }, { 0, 0, 0, 0 } },
	{ 0xf8, 2, COLOR_UNORM, { 5, 5, 5, 0 }, { 10, 5, 0, 0 } },
	{ 0xf9, 4, COLOR_UNORM, RGBX(8) },
	{ 0xfa, 4, COLOR_SRGB, RGBX(8) },
};

const struct color_format *color_format_find(unsigned int id)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].id == id)
			return &formats[i];
	return NULL;
}

static float as_float(uint32_t v)
{
	float f;

	memcpy(&f, &v, 4);
	return f;
}

static uint32_t as_bits(float f)
{
	uint32_t v;

	memcpy(&v, &f, 4);
	return v;
}

static uint32_t ones(unsigned int bits)
{
	return bits >= 32 ? ~0u : (1u << bits) - 1;
}

static float clampf(float f, float lo, float hi)
{
	return !(f > lo) ? lo : f > hi ? hi : f;	/* not a number: lo */
}

static float to_srgb(float f)
{
	f = clampf(f, 0.0f, 1.0f);
	return f <= 0.0031308f ? 12.92f * f : 1.055f * powf(f, 1.0f / 2.4f) - 0.055f;
}

static float from_srgb(float f)
{
	return f <= 0.04045f ? f / 12.92f : powf((f + 0.055f) / 1.055f, 2.4f);
}

/* Floats of 16, 11 and 10 bits: 5 bits of exponent; 11 and 10 have no sign. Ties to even. */
static uint32_t small_float(float f, unsigned int bits)
{
	unsigned int mant = bits == 16 ? 10 : bits - 5;
	uint32_t sign = bits == 16 && signbit(f) ? 0x8000 : 0;
	uint32_t inf = 31u << mant;
	int exp;
	double m;

	if (isnan(f))
		return inf | 1u << (mant - 1) | sign;
	if (signbit(f) && bits != 16)
		return 0;
	if (isinf(f))
		return inf | sign;
	if (f == 0)
		return sign;
	frexp(f, &exp);
	if (exp < -13)
		exp = -13;	/* denormal */
	m = nearbyint(ldexp(fabs((double)f), (int)mant + 1 - exp));
	/* the hidden bit of m carries into the exponent field */
	m += ldexp((double)(exp + 13), (int)mant);
	return (m >= inf ? inf : (uint32_t)m) | sign;
}

static float from_small_float(uint32_t v, unsigned int bits)
{
	unsigned int mant = bits == 16 ? 10 : bits - 5;
	uint32_t exp = (v >> mant) & 31, frac = v & ones(mant);
	float f;

	if (exp == 31)
		f = frac ? NAN : INFINITY;
	else if (exp)
		f = ldexpf((float)(frac | 1u << mant), (int)exp - 15 - (int)mant);
	else
		f = ldexpf((float)frac, -14 - (int)mant);
	return bits == 16 && (v & 0x8000) ? -f : f;
}

static uint32_t pack_one(enum color_type type, unsigned int bits, uint32_t value)
{
	float f = as_float(value);
	int32_t lo = (int32_t)(~ones(bits - 1)), hi = (int32_t)ones(bits - 1), s = (int32_t)value;

	switch (type) {
	case COLOR_UNORM:
		return (uint32_t)lrintf(clampf(f, 0.0f, 1.0f) * (float)ones(bits));
	case COLOR_SNORM:
		return (uint32_t)(int32_t)lrintf(clampf(f, -1.0f, 1.0f) * (float)hi) & ones(bits);
	case COLOR_UINT:
		return value > ones(bits) ? ones(bits) : value;
	case COLOR_SINT:
		if (bits < 32)
			s = s < lo ? lo : s > hi ? hi : s;
		return (uint32_t)s & ones(bits);
	default:
		return bits == 32 ? value : small_float(f, bits);
	}
}

static uint32_t unpack_one(enum color_type type, unsigned int bits, uint32_t v)
{
	int32_t s = (int32_t)(v << (32 - bits)) >> (32 - bits);

	switch (type) {
	case COLOR_UNORM:
		return as_bits((float)v / (float)ones(bits));
	case COLOR_SNORM:
		return as_bits(clampf((float)s / (float)ones(bits - 1), -1.0f, 1.0f));
	case COLOR_UINT:
		return v;
	case COLOR_SINT:
		return (uint32_t)s;
	default:
		return bits == 32 ? v : as_bits(from_small_float(v, bits));
	}
}

static enum color_type component_type(const struct color_format *f, unsigned int comp)
{
	return f->type == COLOR_SRGB ? COLOR_UNORM : f->type;
}

/* A component is inside one 32-bit word of the pixel. */
static void put_bits(uint8_t *out, unsigned int shift, unsigned int bits, uint32_t v)
{
	unsigned int i;

	v &= ones(bits);
	if (!(shift & 7) && !(bits & 7)) {
		for (i = 0; i < bits / 8; i++)
			out[shift / 8 + i] = (uint8_t)(v >> (8 * i));
		return;
	}
	for (i = 0; i < bits; i++)
		if (v >> i & 1)
			out[(shift + i) / 8] |= (uint8_t)(1u << ((shift + i) & 7));
}

static uint32_t get_bits(const uint8_t *in, unsigned int shift, unsigned int bits)
{
	uint32_t v = 0;
	unsigned int i;

	for (i = 0; i < bits; i++)
		v |= (uint32_t)(in[(shift + i) / 8] >> ((shift + i) & 7) & 1) << i;
	return v;
}

void color_pack(const struct color_format *f, const uint32_t value[4], uint8_t *out)
{
	unsigned int i;

	memset(out, 0, f->bytes);
	for (i = 0; i < 4; i++) {
		uint32_t v = value[i];

		if (!f->bits[i])
			continue;
		if (f->type == COLOR_SRGB && i < 3)
			v = as_bits(to_srgb(as_float(v)));
		put_bits(out, f->shift[i], f->bits[i],
			 pack_one(component_type(f, i), f->bits[i], v));
	}
}

void color_unpack(const struct color_format *f, const uint8_t *in, uint32_t value[4])
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (!f->bits[i]) {
			value[i] = i < 3 ? 0 : color_is_integer(f) ? 1 : as_bits(1.0f);
			continue;
		}
		value[i] = unpack_one(component_type(f, i), f->bits[i],
				      get_bits(in, f->shift[i], f->bits[i]));
		if (f->type == COLOR_SRGB && i < 3)
			value[i] = as_bits(from_srgb(as_float(value[i])));
	}
}

void color_mask(const struct color_format *f, unsigned int rgba, uint8_t *out)
{
	unsigned int i;

	memset(out, 0, f->bytes);
	for (i = 0; i < 4; i++)
		if (rgba >> i & 1)
			put_bits(out, f->shift[i], f->bits[i], ones(f->bits[i]));
}
