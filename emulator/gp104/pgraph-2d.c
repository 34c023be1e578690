// SPDX-License-Identifier: MIT
/*
 * pgraph-2d.c - class 902d, FERMI_TWOD_A: blits and filled rectangles.
 *
 * Methods: cl902d.h (NVIDIA, open-gpu-doc). Use: Mesa nvc0_surface.c (nvc0_2d_texture_do_copy,
 * nvc0_blit_eng2d). Executed: PIXELS_FROM_MEMORY and RENDER_SOLID_PRIM of rectangles, with the
 * operation SRCCOPY; the rest is stored, and reported when it would draw.
 */
#include <string.h>

#include "pgraph.h"
#include "pgraph-color.h"

#define DST			0x0200
#define SRC			0x0230
#define CLIP_X0			0x0280
#define CLIP_ENABLE		0x0290
#define SET_OPERATION		0x02ac
#define SOLID_MODE		0x0580
#define SOLID_COLOR_FORMAT	0x0584
#define SOLID_COLOR		0x0588
#define SOLID_POINT_X(n)	(0x0600 + (n) * 8)
#define SOLID_POINT_Y(n)	(0x0604 + (n) * 8)
#define CPU_DATA		0x0860
#define BLIT_SAMPLE_MODE	0x088c
#define BLIT_DST_X0		0x08b0
#define BLIT_DU_DX		0x08c0
#define BLIT_SRC_X0		0x08d0
#define BLIT_SRC_Y0_INT		0x08dc

#define OPERATION_SRCCOPY	3
#define SOLID_MODE_RECTS	4
#define SAMPLE_CORNER		BIT(0)
#define SAMPLE_BILINEAR		BIT(4)

/* Pixels each way: twice what the engine can address. It bounds the work of one row. */
#define MAX_SIZE		65536u

struct image {
	struct gr_surface s;
	const struct color_format *f;
	uint32_t width, height;
};

/* The source's methods are laid out like the destination's, without a layer. */
static bool image(struct gp104 *g, uint32_t base, struct image *im)
{
	const uint32_t *m = &gr_state(g->pgraph, GR_2D)[base / 4];

	memset(im, 0, sizeof(*im));
	im->f = color_format_find(m[0] & 0xff);
	if (!im->f) {
		unknown(g, "format", "2D surface %02x", m[0] & 0xff);
		return false;
	}
	im->s.linear = m[1] & 1;
	im->s.block_h = m[2] >> 4 & 7;
	im->s.block_d = m[2] >> 8 & 7;
	im->s.depth = m[3];
	im->s.layer = base == DST ? m[4] : 0;
	im->width = m[6] < MAX_SIZE ? m[6] : MAX_SIZE;
	im->height = im->s.height = m[7] < MAX_SIZE ? m[7] : MAX_SIZE;
	im->s.pitch = im->s.linear ? m[5] : im->width * im->f->bytes;
	im->s.addr = gr_addr(m, 0x20);
	return im->width && im->height;
}

struct box {
	int64_t x0, y0, x1, y1;
};

static void clip(struct box *b, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
	b->x0 = x0 > b->x0 ? x0 : b->x0;
	b->y0 = y0 > b->y0 ? y0 : b->y0;
	b->x1 = x1 < b->x1 ? x1 : b->x1;
	b->y1 = y1 < b->y1 ? y1 : b->y1;
}

static void clip_all(const uint32_t *m, const struct image *dst, struct box *b)
{
	const uint32_t *c = &m[CLIP_X0 / 4];

	clip(b, 0, 0, dst->width, dst->height);
	if (m[CLIP_ENABLE / 4] & 1)
		clip(b, (int32_t)c[0], (int32_t)c[1], (int64_t)(int32_t)c[0] + c[2],
		     (int64_t)(int32_t)c[1] + c[3]);
}

/* ---- blits ---- */

struct blit {
	struct image src, dst;
	struct box box;
	int64_t dx0, dy0;		/* of the destination rectangle, before clipping */
	int64_t sx0, sy0, du, dv;	/* 32.32 */
	bool bilinear;
};

static int64_t fixed(const uint32_t *m, uint32_t mthd)
{
	return (int64_t)((uint64_t)m[mthd / 4 + 1] << 32 | m[mthd / 4]);
}

static uint32_t clamp_coord(int64_t v, uint32_t size)
{
	return v < 0 ? 0 : v >= size ? size - 1 : (uint32_t)v;
}

/* Wraps around instead of overflowing: every value of the guest's is possible. */
static int64_t at(int64_t start, int64_t step, int64_t n)
{
	return (int64_t)((uint64_t)start + (uint64_t)step * (uint64_t)n);
}

static enum mmu_result fetch(struct gp104 *g, struct blit *b, int64_t x, int64_t y, uint8_t *px)
{
	const struct image *s = &b->src;

	return gr_surface_read(g, &s->s, clamp_coord(x, s->width) * s->f->bytes,
			       clamp_coord(y, s->height), px, s->f->bytes, &gr_client_2d);
}

static float to_float(const struct color_format *f, uint32_t v)
{
	float r;

	if (color_is_integer(f))
		return f->type == COLOR_SINT ? (float)(int32_t)v : (float)v;
	memcpy(&r, &v, 4);
	return r;
}

static uint32_t from_float(const struct color_format *f, float v)
{
	uint32_t r;

	if (color_is_integer(f))
		return f->type == COLOR_SINT ? (uint32_t)(int32_t)v : (uint32_t)v;
	memcpy(&r, &v, 4);
	return r;
}

static enum mmu_result fetch_bilinear(struct gp104 *g, struct blit *b, int64_t u, int64_t v,
				      uint32_t out[4])
{
	/* the weights are of the four texels whose centres are around the point */
	int64_t cu = at(u, -(INT64_C(1) << 31), 1), cv = at(v, -(INT64_C(1) << 31), 1);
	float wu = (float)(uint32_t)cu / 4294967296.0f, wv = (float)(uint32_t)cv / 4294967296.0f;
	float sum[4] = { 0 };
	unsigned int i, c;

	for (i = 0; i < 4; i++) {
		float w = (i & 1 ? wu : 1 - wu) * (i & 2 ? wv : 1 - wv);
		uint8_t px[COLOR_MAX_BYTES];
		enum mmu_result r;

		r = fetch(g, b, (cu >> 32) + (i & 1), (cv >> 32) + (i >> 1), px);
		if (r != MMU_OK)
			return r;
		color_unpack(b->src.f, px, out);
		for (c = 0; c < 4; c++)
			sum[c] += w * to_float(b->src.f, out[c]);
	}
	for (c = 0; c < 4; c++)
		out[c] = from_float(b->src.f, sum[c]);
	return MMU_OK;
}

static enum mmu_result blit_pixel(struct gp104 *g, struct blit *b, int64_t x, int64_t y)
{
	int64_t u = at(b->sx0, b->du, x - b->dx0), v = at(b->sy0, b->dv, y - b->dy0);
	uint8_t px[COLOR_MAX_BYTES];
	uint32_t value[4];
	enum mmu_result r;

	if (b->bilinear) {
		r = fetch_bilinear(g, b, u, v, value);
		color_pack(b->dst.f, value, px);
	} else {
		r = fetch(g, b, u >> 32, v >> 32, px);
		if (b->src.f != b->dst.f) {
			color_unpack(b->src.f, px, value);
			color_pack(b->dst.f, value, px);
		}
	}
	if (r != MMU_OK)
		return r;
	return gr_surface_write(g, &b->dst.s, (uint32_t)x * b->dst.f->bytes, (uint32_t)y, px,
				b->dst.f->bytes, &gr_client_2d);
}

static enum fifo_result blit_rows(struct gp104 *g, struct blit *b)
{
	uint32_t *row = &g->pgraph->ctx->progress, done = 0;
	enum mmu_result r;
	int64_t x;

	while (b->box.y0 + *row < b->box.y1) {
		if (done > GR_SLICE_BYTES / 16) {
			gp104_kick(g);
			return FIFO_BUSY;
		}
		for (x = b->box.x0; x < b->box.x1; x++) {
			r = blit_pixel(g, b, x, b->box.y0 + *row);
			if (r != MMU_OK) {
				*row = 0;
				return gr_mem_result(g, r);
			}
			done += b->dst.f->bytes;
			g->stats.twod_bytes += b->dst.f->bytes;
		}
		++*row;
	}
	*row = 0;
	return FIFO_DONE;
}

static bool operation_known(struct gp104 *g)
{
	uint32_t op = gr_state(g->pgraph, GR_2D)[SET_OPERATION / 4] & 7;

	if (op == OPERATION_SRCCOPY)
		return true;
	unknown(g, "method", "2D operation %u is not executed", op);
	return false;
}

static enum fifo_result blit(struct gp104 *g)
{
	const uint32_t *m = gr_state(g->pgraph, GR_2D), *d = &m[BLIT_DST_X0 / 4];
	uint32_t mode = m[BLIT_SAMPLE_MODE / 4];
	struct blit b = { .bilinear = mode & SAMPLE_BILINEAR };

	if (!gr_idle(g->pgraph))
		return FIFO_BUSY;
	if (!gr_render_enabled(g, GR_2D) || !operation_known(g) || !image(g, DST, &b.dst) ||
	    !image(g, SRC, &b.src))
		return FIFO_DONE;
	b.dx0 = (int32_t)d[0];
	b.dy0 = (int32_t)d[1];
	b.box = (struct box){ b.dx0, b.dy0, b.dx0 + d[2], b.dy0 + d[3] };
	clip_all(m, &b.dst, &b.box);
	b.du = fixed(m, BLIT_DU_DX);
	b.dv = fixed(m, BLIT_DU_DX + 8);
	b.sx0 = fixed(m, BLIT_SRC_X0);
	b.sy0 = fixed(m, BLIT_SRC_X0 + 8);
	if (!(mode & SAMPLE_CORNER)) {
		b.sx0 = at(b.sx0, b.du >> 1, 1);
		b.sy0 = at(b.sy0, b.dv >> 1, 1);
	}
	if (b.box.x0 >= b.box.x1)
		return FIFO_DONE;
	return blit_rows(g, &b);
}

/* ---- filled rectangles ---- */

static enum fifo_result fill_rows(struct gp104 *g, const struct image *dst, const struct box *b,
				  const uint8_t *px)
{
	uint32_t *row = &g->pgraph->ctx->progress, done = 0, n = dst->f->bytes;
	enum mmu_result r;
	int64_t x;

	while (b->y0 + *row < b->y1) {
		if (done > GR_SLICE_BYTES / 16) {
			gp104_kick(g);
			return FIFO_BUSY;
		}
		for (x = b->x0; x < b->x1; x++) {
			r = gr_surface_write(g, &dst->s, (uint32_t)x * n,
					     (uint32_t)(b->y0 + *row), px, n, &gr_client_2d);
			if (r != MMU_OK) {
				*row = 0;
				return gr_mem_result(g, r);
			}
			done += n;
			g->stats.twod_bytes += n;
		}
		++*row;
	}
	*row = 0;
	return FIFO_DONE;
}

static enum fifo_result fill(struct gp104 *g)
{
	const uint32_t *m = gr_state(g->pgraph, GR_2D);
	const struct color_format *f = color_format_find(m[SOLID_COLOR_FORMAT / 4] & 0xff);
	uint8_t px[COLOR_MAX_BYTES] = { 0 };
	struct image dst;
	uint32_t value[4];
	struct box b;

	if (!gr_idle(g->pgraph))
		return FIFO_BUSY;
	if (m[SOLID_MODE / 4] != SOLID_MODE_RECTS || !f || f->bytes > 4) {
		unknown(g, "method", "RENDER_SOLID_PRIM mode %u, format %02x", m[SOLID_MODE / 4],
			m[SOLID_COLOR_FORMAT / 4] & 0xff);
		return FIFO_DONE;
	}
	if (!gr_render_enabled(g, GR_2D) || !operation_known(g) || !image(g, DST, &dst))
		return FIFO_DONE;
	b = (struct box){ (int32_t)m[SOLID_POINT_X(0) / 4], (int32_t)m[SOLID_POINT_Y(0) / 4],
			  (int32_t)m[SOLID_POINT_X(1) / 4], (int32_t)m[SOLID_POINT_Y(1) / 4] };
	clip_all(m, &dst, &b);
	memcpy(px, &m[SOLID_COLOR / 4], 4);
	if (f != dst.f) {
		color_unpack(f, px, value);
		color_pack(dst.f, value, px);
	}
	if (b.x0 >= b.x1)
		return FIFO_DONE;
	return fill_rows(g, &dst, &b, px);
}

enum fifo_result gr_2d_method(struct gp104 *g, uint32_t mthd, uint32_t data)
{
	if (mthd == BLIT_SRC_Y0_INT)
		return blit(g);
	if (mthd == SOLID_POINT_Y(1))
		return fill(g);
	if (mthd == CPU_DATA)
		unknown(g, "method", "PIXELS_FROM_CPU is not executed");
	return FIFO_DONE;
}
