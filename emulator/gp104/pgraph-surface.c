// SPDX-License-Identifier: MIT
/*
 * pgraph-surface.c - two-dimensional memory: pitch-linear and block-linear surfaces.
 *
 * A GOB is 512 bytes: 8 rows of 64 bytes, in sectors of 16 bytes. Blocks are one GOB wide and
 * 2^h x 2^d GOBs high and deep, and fill the surface row by row (Mesa nv50_miptree.c and nil's
 * tiling code; the order of sectors in a GOB: Tegra X1 technical reference manual, "block linear").
 */
#include "pgraph.h"

#define GOB_WIDTH	64
#define GOB_ROWS	8
#define GOB_BYTES	512
#define SECTOR		16

static uint32_t in_gob(uint32_t x, uint32_t y)
{
	return (x & 32) << 3 | (y & 6) << 5 | (x & 16) << 1 | (y & 1) << 4 | (x & 15);
}

uint64_t gr_surface_offset(const struct gr_surface *s, uint32_t x, uint32_t y)
{
	uint32_t h = s->block_h & 7, d = s->block_d & 7;
	uint64_t blocks_x, blocks_y, block, gob;

	if (s->linear)
		return (uint64_t)y * s->pitch + x;
	blocks_x = ((uint64_t)s->pitch + GOB_WIDTH - 1) / GOB_WIDTH;
	blocks_y = ((uint64_t)s->height + (GOB_ROWS << h) - 1) >> (3 + h);
	block = ((uint64_t)(s->layer >> d) * blocks_y + (y >> (3 + h))) * blocks_x + x / GOB_WIDTH;
	gob = (uint64_t)(s->layer & ((1u << d) - 1)) << h | ((y >> 3) & ((1u << h) - 1));
	return ((block << (h + d)) + gob) * GOB_BYTES + in_gob(x % GOB_WIDTH, y % GOB_ROWS);
}

/* Bytes from @x on that lie together in memory. */
static uint32_t run(const struct gr_surface *s, uint32_t x, uint32_t n)
{
	uint32_t left = SECTOR - x % SECTOR;

	return s->linear || n < left ? n : left;
}

enum mmu_result gr_surface_read(struct gp104 *g, const struct gr_surface *s, uint32_t x, uint32_t y,
				void *buf, uint32_t n, const struct mmu_client *client)
{
	enum mmu_result r = MMU_OK;
	uint8_t *p = buf;

	while (n && r == MMU_OK) {
		uint32_t part = run(s, x, n);

		r = pmmu_read(g, &g->pgraph->mmu, s->addr + gr_surface_offset(s, x, y), p, part,
			      client);
		x += part;
		p += part;
		n -= part;
	}
	return r;
}

enum mmu_result gr_surface_write(struct gp104 *g, const struct gr_surface *s, uint32_t x,
				 uint32_t y, const void *buf, uint32_t n,
				 const struct mmu_client *client)
{
	enum mmu_result r = MMU_OK;
	const uint8_t *p = buf;

	while (n && r == MMU_OK) {
		uint32_t part = run(s, x, n);

		r = pmmu_write(g, &g->pgraph->mmu, s->addr + gr_surface_offset(s, x, y), p, part,
			       client);
		x += part;
		p += part;
		n -= part;
	}
	return r;
}
