/* SPDX-License-Identifier: MIT */
/*
 * Images: texture headers (TIC) and samplers (TSC), where a texel lies, and its format.
 */
#ifndef SM_IMAGE_H
#define SM_IMAGE_H

#include "exec.h"

enum image_type {	/* TEXHEAD TEXTURE_TYPE */
	IMAGE_1D, IMAGE_2D, IMAGE_3D, IMAGE_CUBE, IMAGE_1D_ARRAY, IMAGE_2D_ARRAY, IMAGE_BUFFER,
	IMAGE_2D_NO_MIPMAP, IMAGE_CUBE_ARRAY,
};

enum image_wrap {	/* TEXSAMP0 ADDRESS_U */
	WRAP_REPEAT, WRAP_MIRROR, WRAP_EDGE, WRAP_BORDER, WRAP_CLAMP, WRAP_MIRROR_EDGE,
	WRAP_MIRROR_BORDER, WRAP_MIRROR_CLAMP,
};

struct format {
	uint8_t bytes;		/* of a texel; 0: format not supported */
	uint8_t bits[4];	/* r, g, b, a */
	uint8_t shift[4];
	uint8_t kind;
};

enum { FORMAT_PLAIN, FORMAT_SHAREDEXP, FORMAT_FLOAT11 };

struct image {
	uint64_t addr;
	const struct format *format;
	uint8_t type;		/* enum image_type */
	uint8_t data_type[4];	/* TEXHEAD *_DATA_TYPE */
	uint8_t source[4];	/* TEXHEAD *_SOURCE */
	uint32_t width, height, depth;
	uint32_t levels;
	uint32_t pitch;		/* of pitch-linear ones, else 0 */
	uint8_t block_h, block_d;	/* log2 of GOBs */
	bool normalized, srgb;
};

struct sampler {
	uint8_t wrap[3];
	bool linear, unnormalized;
	float border[4];
};

/* why a header or sampler cannot be used, or NULL */
const char *image_parse(const uint32_t tic[8], struct image *image);
void sampler_parse(const uint32_t tsc[8], struct sampler *sampler);
/* virtual address of a texel within the image (the caller checks); layer of an array in z */
uint64_t image_address(const struct image *image, uint32_t x, uint32_t y, uint32_t z);
/* registers' bits from and to memory */
void image_unpack(const struct image *image, const uint8_t *texel, uint32_t rgba[4]);
void image_pack(const struct image *image, const uint32_t rgba[4], uint8_t *texel);
/* components as the header's sources choose them */
void image_swizzle(const struct image *image, const uint32_t rgba[4], uint32_t out[4]);
bool image_is_float(const struct image *image);

/* a texel's bytes, which may lie on two pages */
enum lsu image_load(struct warp *w, const struct image *image, uint64_t va, uint8_t raw[16]);

/* header or sampler number n, from memory; STEP_NEXT if it is there */
enum step image_read(struct warp *w, uint32_t handle, struct image *image);
enum step sampler_read(struct warp *w, uint32_t handle, struct sampler *sampler);

#endif
