// SPDX-License-Identifier: MIT
/* The plate in which heat spreads: how it starts, what the CPU makes of it, and its picture. */
#include "heat/plate.h"
#include "base.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static const float HOT = 100, COLD = 20;

/* A ring with a bar through it, on a plate that reaches from -1 to 1. */
static bool is_heater(float x, float y)
{
	float r = x * x + y * y;

	return (r > 0.45f && r < 0.50f) || (x > -0.85f && x < 0.85f && y > -0.03f && y < 0.03f);
}

void plate_init(float *plate, size_t n)
{
	for (size_t y = 0; y < n; y++) {
		for (size_t x = 0; x < n; x++) {
			float px = 2 * (x + 0.5f) / n - 1, py = 2 * (y + 0.5f) / n - 1;

			plate[y * n + x] = is_heater(px, py) ? HOT : COLD;
		}
	}
}

/* The same as heat.cl. The Makefile forbids the compiler to fuse multiply and add here too. */
static void step(const float *from, float *to, size_t n)
{
	memcpy(to, from, n * n * sizeof(*to));
	for (size_t y = 1; y < n - 1; y++) {
		for (size_t x = 1; x < n - 1; x++) {
			size_t i = y * n + x;
			float around = (from[i - 1] + from[i + 1]) + (from[i - n] + from[i + n]);

			if (from[i] < HOT)
				to[i] = from[i] + 0.2f * (around - 4.0f * from[i]);
		}
	}
}

size_t plate_check(const float *plate, size_t n)
{
	size_t bytes = n * n * sizeof(float), wrong = 0;
	float *from = sample_malloc(bytes), *to = sample_malloc(bytes);

	plate_init(from, n);
	for (int i = 0; i < STEPS; i++) {
		float *done = to;

		step(from, to, n);
		to = from;
		from = done;
	}
	for (size_t i = 0; i < n * n; i++)
		wrong += plate[i] != from[i];
	free(from);
	free(to);
	return wrong;
}

/* Black, blue, red, yellow, white. */
static void colour(float degrees, unsigned char rgb[3])
{
	static const unsigned char map[5][3] = {
		{ 0, 0, 0 }, { 30, 30, 160 }, { 220, 30, 40 }, { 255, 220, 60 }, { 255, 255, 255 },
	};
	float t = (degrees - COLD) / (HOT - COLD) * 4;
	int i = t < 0 ? 0 : t > 3 ? 3 : (int)t;

	t -= i;
	for (int c = 0; c < 3; c++)
		rgb[c] = map[i][c] + (map[i + 1][c] - map[i][c]) * (t < 0 ? 0 : t > 1 ? 1 : t);
}

bool plate_write_png(const float *plate, size_t n, const char *path)
{
	size_t scale = n < 512 ? 512 / n : 1, side = n * scale;
	unsigned char *rgb = sample_malloc(side * side * 3);
	png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };
	bool written;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			colour(plate[y / scale * n + x / scale], rgb + 3 * (y * side + x));
	image.width = image.height = side;
	written = png_image_write_to_file(&image, path, 0, rgb, 0, NULL);
	free(rgb);
	return written;
}
