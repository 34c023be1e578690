// SPDX-License-Identifier: MIT
/*
 * Texture headers, samplers, and texels in memory.
 *
 * Sources: the layout of headers and samplers is in NVIDIA's class headers (clc097tex.h, TEXHEAD_*
 * and TEXSAMP*), as Mesa fills them in (nvc0_tex.c gm107_create_texture_view, nv50_state.c). A GOB
 * is 64 bytes by 8 rows; the order of bytes in it is as in the Tegra X1 technical reference manual
 * ("block linear").
 */
#include <math.h>

#include "fp.h"
#include "image.h"

enum { SNORM = 1, UNORM, SINT, UINT, SNORM_FP16, UNORM_FP16, FLOAT };
enum { VERSION_BUFFER, VERSION_PITCH_KEY, VERSION_PITCH, VERSION_BLOCK, VERSION_BLOCK_KEY };

#define RGBA(n, r, g, b, a, rs, gs, bs, as) \
	{ .bytes = n, .bits = { r, g, b, a }, .shift = { rs, gs, bs, as } }

/* TEXHEAD_BL_COMPONENTS_SIZES_*; names there run from the most significant bits down */
static const struct format formats[128] = {
	[0x01] = RGBA(16, 32, 32, 32, 32, 0, 32, 64, 96),	/* R32_G32_B32_A32 */
	[0x02] = RGBA(12, 32, 32, 32, 0, 0, 32, 64, 0),		/* R32_G32_B32 */
	[0x03] = RGBA(8, 16, 16, 16, 16, 0, 16, 32, 48),	/* R16_G16_B16_A16 */
	[0x04] = RGBA(8, 32, 32, 0, 0, 0, 32, 0, 0),		/* R32_G32 */
	[0x07] = RGBA(4, 8, 8, 8, 0, 0, 8, 16, 0),		/* X8B8G8R8 */
	[0x08] = RGBA(4, 8, 8, 8, 8, 0, 8, 16, 24),		/* A8B8G8R8 */
	[0x09] = RGBA(4, 10, 10, 10, 2, 0, 10, 20, 30),		/* A2B10G10R10 */
	[0x0c] = RGBA(4, 16, 16, 0, 0, 0, 16, 0, 0),		/* R16_G16 */
	[0x0f] = RGBA(4, 32, 0, 0, 0, 0, 0, 0, 0),		/* R32 */
	[0x12] = RGBA(2, 4, 4, 4, 4, 0, 4, 8, 12),		/* A4B4G4R4 */
	[0x13] = RGBA(2, 1, 5, 5, 5, 0, 1, 6, 11),		/* A5B5G5R1 */
	[0x14] = RGBA(2, 5, 5, 5, 1, 0, 5, 10, 15),		/* A1B5G5R5 */
	[0x15] = RGBA(2, 5, 6, 5, 0, 0, 5, 11, 0),		/* B5G6R5 */
	[0x16] = RGBA(2, 5, 5, 6, 0, 0, 5, 10, 0),		/* B6G5R5 */
	[0x18] = RGBA(2, 8, 8, 0, 0, 0, 8, 0, 0),		/* G8R8 */
	[0x1b] = RGBA(2, 16, 0, 0, 0, 0, 0, 0, 0),		/* R16 */
	[0x1d] = RGBA(1, 8, 0, 0, 0, 0, 0, 0, 0),		/* R8 */
	[0x1e] = RGBA(1, 4, 4, 0, 0, 0, 4, 0, 0),		/* G4R4 */
	[0x20] = { .bytes = 4, .bits = { 9, 9, 9, 5 }, .shift = { 0, 9, 18, 27 },
		   .kind = FORMAT_SHAREDEXP },
	[0x21] = { .bytes = 4, .bits = { 11, 11, 10, 0 }, .shift = { 0, 11, 22, 0 },
		   .kind = FORMAT_FLOAT11 },
	[0x2f] = RGBA(4, 32, 0, 0, 0, 0, 0, 0, 0),		/* ZF32 */
	[0x3a] = RGBA(2, 16, 0, 0, 0, 0, 0, 0, 0),		/* Z16 */
};

static uint32_t bits(const uint32_t *words, unsigned int pos, unsigned int len)
{
	return words[pos / 32] >> pos % 32 & (len == 32 ? FULL : (1u << len) - 1);
}

const char *image_parse(const uint32_t tic[8], struct image *image)
{
	unsigned int version = bits(tic, 85, 3);

	memset(image, 0, sizeof(*image));
	image->format = &formats[bits(tic, 0, 7)];
	image->addr = (uint64_t)bits(tic, 64, 17) << 32 | tic[1];
	image->type = bits(tic, 151, 4);
	image->srgb = bits(tic, 150, 1);
	for (int n = 0; n < 4; n++) {
		image->data_type[n] = bits(tic, 7 + 3 * n, 3);
		image->source[n] = bits(tic, 19 + 3 * n, 3);
	}
	if (!image->format->bytes)
		return "texture format";
	if (version == VERSION_BUFFER) {
		image->type = IMAGE_BUFFER;
		image->width = (bits(tic, 96, 16) << 16 | bits(tic, 128, 16)) + 1;
		image->height = image->depth = image->levels = 1;
		return image->width ? NULL : "texture size";
	}
	image->width = bits(tic, 128, 17) + 1;
	image->height = (bits(tic, 160, 16) | bits(tic, 146, 1) << 16) + 1;
	image->depth = bits(tic, 176, 14) + 1;
	image->normalized = bits(tic, 191, 1);
	image->levels = bits(tic, 124, 4) + 1;
	if (bits(tic, 232, 4))
		return "multisampled texture";
	if (bits(tic, 224, 4))
		return "texture view of a mip level";
	if (version == VERSION_PITCH) {
		image->pitch = bits(tic, 96, 16) << 5 | bits(tic, 145, 1) << 21;
		image->addr &= ~31ull;
		image->depth = 1;
		return NULL;
	}
	if (version != VERSION_BLOCK)
		return "texture header version";
	image->addr &= ~511ull;
	image->block_h = bits(tic, 99, 3);
	image->block_d = bits(tic, 102, 3);
	if (bits(tic, 96, 3) || image->block_h > 5 || image->block_d > 5)
		return "texture block size";
	if (image->type == IMAGE_1D || image->type == IMAGE_1D_ARRAY)
		image->height = 1;
	return NULL;
}

void sampler_parse(const uint32_t tsc[8], struct sampler *sampler)
{
	for (int n = 0; n < 3; n++)
		sampler->wrap[n] = bits(tsc, 3 * n, 3);
	/* only one level is sampled, enlarged or not: the filter for magnification */
	sampler->linear = bits(tsc, 32, 3) == 2;
	sampler->unnormalized = bits(tsc, 57, 1);
	memcpy(sampler->border, tsc + 4, 16);
}

uint64_t image_address(const struct image *image, uint32_t x, uint32_t y, uint32_t z)
{
	uint64_t xb = (uint64_t)x * image->format->bytes, gobs_x, blocks_y, block, gob;
	uint32_t rows = 8u << image->block_h, in;
	bool array = image->type == IMAGE_1D_ARRAY || image->type == IMAGE_2D_ARRAY ||
		     image->type == IMAGE_CUBE || image->type == IMAGE_CUBE_ARRAY;
	uint64_t block_bytes = 512ull << (image->block_h + image->block_d), layer = 0;

	if (image->type == IMAGE_BUFFER)
		return image->addr + xb;
	if (image->pitch)
		return image->addr + (uint64_t)y * image->pitch + xb;
	gobs_x = ((uint64_t)image->width * image->format->bytes + 63) / 64;
	blocks_y = (image->height + rows - 1) / rows;
	if (array) {
		layer = z * gobs_x * blocks_y * block_bytes;
		z = 0;
	}
	block = ((z >> image->block_d) * blocks_y + y / rows) * gobs_x + xb / 64;
	gob = ((uint64_t)(z & ((1u << image->block_d) - 1)) << image->block_h) + y % rows / 8;
	in = (xb & 32) << 3 | (y & 6) << 5 | (xb & 16) << 1 | (y & 1) << 4 | (xb & 15);
	return image->addr + layer + block * block_bytes + gob * 512 + in;
}

static uint32_t field(const uint8_t *texel, unsigned int shift, unsigned int width)
{
	uint64_t v = 0;

	memcpy(&v, texel + shift / 8, (shift % 8 + width + 7) / 8);
	return v >> shift % 8 & (width == 32 ? FULL : (1u << width) - 1);
}

/* floats without a sign: 5 bits of exponent, the others of significand */
static float small_float(uint32_t v, unsigned int width)
{
	unsigned int m = width - 5;
	uint32_t e = v >> m, f = v & ((1u << m) - 1);

	if (e == 31)
		return f ? NAN : INFINITY;
	return e ? ldexpf((1u << m) + f, (int)e - 15 - (int)m) : ldexpf(f, -14 - (int)m);
}

static float from_srgb(float v)
{
	return v <= 0.04045f ? v / 12.92f : powf((v + 0.055f) / 1.055f, 2.4f);
}

static float to_srgb(float v)
{
	return v <= 0.0031308f ? v * 12.92f : 1.055f * powf(v, 1 / 2.4f) - 0.055f;
}

static uint32_t unpack(const struct image *image, int n, uint32_t v)
{
	unsigned int width = image->format->bits[n];
	int32_t s = (int32_t)(v << (32 - width)) >> (32 - width);
	double f;

	switch (image->data_type[n]) {
	case SNORM:
	case SNORM_FP16:
		f = s / (ldexp(1, width - 1) - 1);
		return as_u32(f < -1 ? -1 : f);
	case UNORM:
	case UNORM_FP16:
		f = v / (ldexp(1, width) - 1);
		return as_u32(image->srgb && n < 3 ? from_srgb(f) : (float)f);
	case SINT:
		return s;
	case FLOAT:
		return width == 16 ? as_u32(half_to_double(v)) : v;
	default:
		return v;
	}
}

bool image_is_float(const struct image *image)
{
	return image->data_type[0] != SINT && image->data_type[0] != UINT;
}

void image_unpack(const struct image *image, const uint8_t *texel, uint32_t rgba[4])
{
	const struct format *f = image->format;
	uint32_t v;

	for (int n = 0; n < 4; n++) {
		rgba[n] = 0;
		if (!f->bits[n])
			continue;
		v = field(texel, f->shift[n], f->bits[n]);
		if (f->kind == FORMAT_FLOAT11)
			rgba[n] = as_u32(small_float(v, f->bits[n]));
		else if (f->kind == FORMAT_SHAREDEXP)
			rgba[n] = n < 3 ? as_u32(ldexpf(v, (int)field(texel, 27, 5) - 24)) : 0;
		else
			rgba[n] = unpack(image, n, v);
	}
}

static uint32_t pack(const struct image *image, int n, uint32_t v)
{
	unsigned int width = image->format->bits[n];
	float f = as_f32(v);
	double top;

	switch (image->data_type[n]) {
	case SNORM:
	case SNORM_FP16:
		top = ldexp(1, width - 1) - 1;
		f = f > 1 ? 1 : f > -1 ? f : f != f ? 0 : -1;
		return (uint32_t)(int32_t)rint(f * top);
	case UNORM:
	case UNORM_FP16:
		top = ldexp(1, width) - 1;
		f = f > 1 ? 1 : f > 0 ? f : 0;
		return rint((image->srgb && n < 3 ? to_srgb(f) : f) * top);
	case FLOAT:
		return width == 16 ? double_to_half(f, SM_RN) : v;
	case SINT:
		if (width == 32)
			return v;
		top = ldexp(1, width - 1) - 1;
		return (int32_t)v > top ? (uint32_t)top :
		       (int32_t)v < -top - 1 ? (uint32_t)(int32_t)(-top - 1) : v;
	default:
		if (width == 32)
			return v;
		return v > (1u << width) - 1 ? (1u << width) - 1 : v;
	}
}

void image_pack(const struct image *image, const uint32_t rgba[4], uint8_t *texel)
{
	const struct format *f = image->format;
	uint8_t out[16] = { 0 };

	for (int n = 0; n < 4; n++) {
		unsigned int width = f->bits[n], shift = f->shift[n];
		uint64_t v, old = 0;

		if (!width)
			continue;
		v = pack(image, n, rgba[n]) & (width == 32 ? FULL : (1u << width) - 1);
		memcpy(&old, out + shift / 8, (shift % 8 + width + 7) / 8);
		old |= v << shift % 8;
		memcpy(out + shift / 8, &old, (shift % 8 + width + 7) / 8);
	}
	memcpy(texel, out, f->bytes);
}

void image_swizzle(const struct image *image, const uint32_t rgba[4], uint32_t out[4])
{
	for (int n = 0; n < 4; n++) {
		switch (image->source[n]) {
		case 2:
		case 3:
		case 4:
		case 5:
			out[n] = rgba[image->source[n] - 2];
			break;
		case 6:
			out[n] = 1;
			break;
		case 7:
			out[n] = 0x3f800000;
			break;
		default:
			out[n] = 0;
			break;
		}
	}
}

enum lsu image_load(struct warp *w, const struct image *image, uint64_t va, uint8_t raw[16])
{
	unsigned int bytes = image->format->bytes, here = PAGE_BYTES - (va & PAGE_MASK);
	uint8_t *host;
	enum lsu r;

	here = here < bytes ? here : bytes;
	r = lsu_translate(w, va, SM_READ, SM_UNIT_TEX, &host);
	if (r != LSU_OK)
		return r;
	memcpy(raw, host, here);
	if (here == bytes)
		return LSU_OK;
	r = lsu_translate(w, va + here, SM_READ, SM_UNIT_TEX, &host);
	if (r == LSU_OK)
		memcpy(raw + here, host, bytes - here);
	return r;
}

static enum step read_entry(struct warp *w, uint64_t base, uint32_t index, uint32_t max,
			    const char *what, uint32_t entry[8])
{
	uint64_t va = base + (uint64_t)index * 32;
	uint8_t *host;
	enum lsu r;

	if (index > max || va & 31)
		return warp_trap(w, SM_TRAP_ILLEGAL_PARAM, va, "%s %u is beyond the pool", what,
				 index);
	r = lsu_translate(w, va, SM_CONST, SM_UNIT_TEX, &host);
	if (r != LSU_OK)
		return lsu_step(w, r, SM_UNIT_TEX);
	memcpy(entry, host, 32);
	return STEP_NEXT;
}

enum step image_read(struct warp *w, uint32_t handle, struct image *image)
{
	uint32_t tic[8];
	enum step step = read_entry(w, w->grid->tic_base, handle & 0xfffff, w->grid->tic_max,
				    "texture header", tic);
	const char *why;

	if (step != STEP_NEXT)
		return step;
	why = image_parse(tic, image);
	if (why)
		return warp_trap(w, SM_TRAP_ILLEGAL_PARAM, handle, "%s is not supported", why);
	return STEP_NEXT;
}

enum step sampler_read(struct warp *w, uint32_t handle, struct sampler *sampler)
{
	uint32_t index = w->grid->linked_tsc ? handle & 0xfffff : handle >> 20, tsc[8];
	enum step step = read_entry(w, w->grid->tsc_base, index, w->grid->tsc_max, "sampler", tsc);

	if (step == STEP_NEXT)
		sampler_parse(tsc, sampler);
	return step;
}
