// SPDX-License-Identifier: MIT
/*
 * A picture of where pages are.
 */
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "pagemap.h"
#include "picture.h"
#include "tool.h"

enum {
	ROW = 64,		/* pages: 256 KiB, as a line of the text */
	SCALE = 8,
	HEIGHT = 4096,		/* pixels, if the scale is ours to choose */
};

struct row {
	uint64_t number;	/* address / 256 KiB */
	uint8_t page[ROW];	/* enum place, or OUTSIDE */
};

struct picture {
	unsigned int scale;
	struct row *rows;
	size_t count, room;
};

#define OUTSIDE	PLACES		/* of all mappings */

static const uint8_t colours[PLACES + 1][3] = {
	[PLACE_NONE] = { 225, 225, 225 },
	[PLACE_RAM] = { 60, 110, 200 },
	[PLACE_FILE] = { 150, 185, 230 },
	[PLACE_VRAM] = { 60, 160, 60 },
	[PLACE_EXCLUSIVE] = { 240, 150, 30 },
	[PLACE_MOVING] = { 240, 220, 60 },
	[PLACE_SWAP] = { 200, 50, 50 },
	[PLACE_OTHER] = { 0, 0, 0 },
	[PLACE_HIDDEN] = { 160, 90, 170 },
	[OUTSIDE] = { 255, 255, 255 },
};

static const uint8_t left_out[3] = { 120, 120, 120 };

struct picture *picture_new(unsigned int scale)
{
	struct picture *p = tool_alloc(1, sizeof(*p));

	p->scale = scale;
	return p;
}

void picture_free(struct picture *p)
{
	if (p)
		free(p->rows);
	free(p);
}

static struct row *row_of(struct picture *p, uint64_t number)
{
	struct row *row;

	if (p->count && p->rows[p->count - 1].number == number)
		return &p->rows[p->count - 1];
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->rows = reallocarray(p->rows, p->room, sizeof(*p->rows));
		if (!p->rows)
			tool_fail(TOOL_CALL, "out of memory");
	}
	row = &p->rows[p->count++];
	row->number = number;
	memset(row->page, OUTSIDE, sizeof(row->page));
	return row;
}

static bool is_empty(const uint8_t *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (places[i] != PLACE_NONE)
			return false;
	return true;
}

void picture_add(struct picture *p, uint64_t start, size_t count, const uint8_t *places)
{
	uint64_t page = start / PAGE_BYTES;
	size_t n;

	for (; count; count -= n, page += n, places += n) {
		n = ROW - page % ROW;
		if (n > count)
			n = count;
		if (!is_empty(places, n))
			memcpy(&row_of(p, page / ROW)->page[page % ROW], places, n);
	}
}

/* ---- pixels ---- */

static uint8_t *put(uint8_t *to, const uint8_t colour[3], size_t n)
{
	for (; n; n--, to += 3)
		memcpy(to, colour, 3);
	return to;
}

static bool has_gap(const struct picture *p, size_t row)
{
	return row && p->rows[row].number != p->rows[row - 1].number + 1;
}

static unsigned int choose_scale(const struct picture *p)
{
	unsigned int scale = SCALE;

	if (p->scale)
		return p->scale;
	while (scale > 1 && p->count * scale > HEIGHT)
		scale /= 2;
	return scale;
}

static uint8_t *draw_row(const struct picture *p, size_t row, unsigned int scale, uint8_t *to)
{
	size_t line = 3ul * ROW * scale;
	uint8_t *first;
	unsigned int i;

	if (has_gap(p, row))
		to = put(to, left_out, ROW * (size_t)scale);
	first = to;
	for (i = 0; i < ROW; i++)
		to = put(to, colours[p->rows[row].page[i]], scale);
	for (i = 1; i < scale; i++, to += line)
		memcpy(to, first, line);
	return to;
}

bool picture_write(const struct picture *p, const char *path)
{
	png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };
	unsigned int scale = choose_scale(p);
	size_t height = p->count * scale, i;
	uint8_t *pixels, *to;
	bool written;

	for (i = 0; i < p->count; i++)
		height += has_gap(p, i);
	if (!height) {
		errno = ENODATA;
		return false;
	}
	image.width = ROW * scale;
	image.height = (png_uint_32)height;
	pixels = tool_alloc(height, 3ul * image.width);
	for (i = 0, to = pixels; i < p->count; i++)
		to = draw_row(p, i, scale, to);
	errno = EIO;
	written = png_image_write_to_file(&image, path, 0, pixels, 0, NULL);
	free(pixels);
	return written;
}
