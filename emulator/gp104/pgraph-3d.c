// SPDX-License-Identifier: MIT
/*
 * pgraph-3d.c - class c197, PASCAL_B, as far as compute drivers use it: semaphores and reports,
 * constant buffer uploads, clears of colour targets. Everything else is stored; drawing is not
 * executed, and reported as such.
 *
 * Methods: clc197.h (NVIDIA, open-gpu-doc). Use: Mesa nvc0_screen.c, nvc0_surface.c,
 * nvc0_query_hw.c.
 */
#include <string.h>

#include "pgraph.h"
#include "pgraph-color.h"

#define INVALIDATE_SHADER_CACHES	0x021c
#define COLOR_TARGET(n)			(0x0800 + (n) * 0x40)
#define COLOR_CLEAR_VALUE		0x0d80
#define INVALIDATE_NO_WFI		0x0da4
#define SURFACE_CLIP_H			0x0ff4
#define SURFACE_CLIP_V			0x0ff8
#define SCISSOR0			0x0e00
#define CLEAR_SURFACE_CONTROL		0x10f8
#define CT_SELECT			0x121c
#define RENDER_ENABLE_A			0x1550
#define RENDER_ENABLE_C			0x1558
#define END				0x1614
#define CLEAR_SURFACE			0x19d0
#define REPORT_SEMAPHORE_A		0x1b00
#define REPORT_SEMAPHORE_C		0x1b08
#define REPORT_SEMAPHORE_D		0x1b0c
#define FALCON(n)			(0x2300 + (n) * 4)
#define CB_SELECTOR_A			0x2380
#define CB_SELECTOR_B			0x2384
#define CB_LOAD_OFFSET			0x238c
#define CB_LOAD(n)			(0x2390 + (n) * 4)
#define BIND_GROUP_CB(n)		(0x2410 + (n) * 0x20)

/* ---- render enable ---- */

enum render_mode { MODE_FALSE, MODE_TRUE, MODE_CONDITIONAL, MODE_IF_EQUAL, MODE_IF_NOT_EQUAL };

/* The condition compares two reports: word 0 is the payload, word 1 the count. */
bool gr_render_enabled(struct gp104 *g, enum gr_class c)
{
	uint32_t base = c == GR_2D ? 0x0264 : RENDER_ENABLE_A, w[6] = { 0 };
	struct pgraph *p = g->pgraph;
	const uint32_t *m = gr_state(p, c);
	enum mmu_result r;
	bool equal;

	switch (m[base / 4 + 2] & 7) {
	case MODE_FALSE:
		return false;
	case MODE_TRUE:
		return true;
	}
	r = pmmu_read(g, &p->mmu, gr_addr(m, base), w, sizeof(w), &gr_client_fe);
	if (r != MMU_OK) {
		gr_mem_result(g, r);
		return false;
	}
	equal = w[0] == w[4] && w[1] == w[5];
	switch (m[base / 4 + 2] & 7) {
	case MODE_CONDITIONAL:
		return w[0] && w[1];
	case MODE_IF_EQUAL:
		return equal;
	default:
		return !equal;
	}
}

/* ---- semaphores and reports ---- */

#define OPERATION(d)		((d) & 3)
#define OP_RELEASE		0
#define OP_ACQUIRE		1
#define OP_REPORT		2
#define REDUCTION_ENABLE	BIT(3)
#define REDUCTION_OP(d)		((d) >> 9 & 7)
#define REDUCTION_SIGNED	BIT(17)
#define COMPARE_GE		BIT(16)
#define AWAKEN			BIT(20)
#define REPORT(d)		((d) >> 23 & 0x1f)
#define ONE_WORD		BIT(28)

static uint32_t reduce(unsigned int op, uint32_t mem, uint32_t v, bool is_signed)
{
	bool less = is_signed ? (int32_t)v < (int32_t)mem : v < mem;

	switch (op) {
	case 0:
		return mem + v;
	case 1:
		return less ? v : mem;
	case 2:
		return less ? mem : v;
	case 3:
		return mem >= v ? 0 : mem + 1;
	case 4:
		return !mem || mem > v ? v : mem - 1;
	case 5:
		return mem & v;
	case 6:
		return mem | v;
	default:
		return mem ^ v;
	}
}

static enum fifo_result reduction(struct gp104 *g, uint64_t va, uint32_t payload, uint32_t d)
{
	struct pgraph *p = g->pgraph;
	enum mmu_result r;
	uint32_t mem;

	r = pmmu_rd32(g, &p->mmu, va, &mem, &gr_client_fe);
	if (r == MMU_OK)
		r = pmmu_wr32(g, &p->mmu, va, reduce(REDUCTION_OP(d), mem, payload,
						     d & REDUCTION_SIGNED), &gr_client_fe);
	if (r == MMU_OK)
		pfifo_poke(g);
	return gr_mem_result(g, r);
}

static enum fifo_result acquire(struct gp104 *g, uint64_t va, uint32_t payload, uint32_t d)
{
	enum mmu_result r;
	uint32_t mem;

	r = pmmu_rd32(g, &g->pgraph->mmu, va, &mem, &gr_client_fe);
	if (r != MMU_OK)
		return gr_mem_result(g, r);
	if (d & COMPARE_GE)
		return mem >= payload ? FIFO_DONE : FIFO_BUSY;
	return mem == payload ? FIFO_DONE : FIFO_BUSY;
}

/*
 * A report's four words: with an odd number a count of 64 bits, with an even one the payload and a
 * count of 32 bits; then the time (how Mesa's nvc0_query_hw.c reads them). No counter ever counts
 * here, because nothing is drawn.
 */
static enum fifo_result release(struct gp104 *g, uint64_t va, uint32_t payload, uint32_t d)
{
	bool report = OPERATION(d) == OP_REPORT && REPORT(d);
	enum mmu_result r;

	if (report && ((REPORT(d) & 1) || (d & ONE_WORD)))
		payload = 0;
	r = pfifo_sem_release(g, &g->pgraph->mmu, va, payload, !(d & ONE_WORD), &gr_client_fe);
	if (r == MMU_OK && (d & AWAKEN))
		pfifo_intr(g, PFIFO_INTR_NONSTALL);
	return gr_mem_result(g, r);
}

enum fifo_result gr_report_semaphore(struct gp104 *g, enum gr_class c, uint32_t d)
{
	struct pgraph *p = g->pgraph;
	const uint32_t *m = gr_state(p, c);
	uint64_t va = gr_addr(m, REPORT_SEMAPHORE_A);
	uint32_t payload = m[REPORT_SEMAPHORE_C / 4];

	/* a report comes after all earlier work, at whatever pipeline location */
	if (!gr_idle(p))
		return FIFO_BUSY;
	switch (OPERATION(d)) {
	case OP_RELEASE:
		if (d & REDUCTION_ENABLE)
			return reduction(g, va, payload, d);
		return release(g, va, payload, d);
	case OP_ACQUIRE:
		return acquire(g, va, payload, d);
	case OP_REPORT:
		return release(g, va, payload, d);
	default:
		unknown(g, "method", "SET_REPORT_SEMAPHORE_D_OPERATION_TRAP");
		return FIFO_DONE;
	}
}

/* ---- constant buffers ---- */

static enum fifo_result load_constant(struct gp104 *g, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	uint32_t *m = gr_state(p, GR_3D);
	uint32_t off = m[CB_LOAD_OFFSET / 4] & 0xfffc, size = m[CB_SELECTOR_A / 4] & 0x1ffff;
	enum mmu_result r;

	if (off + 4 > size)
		return gr_data_error(g, GR_DATA_INVALID_OPERATION);
	r = pmmu_wr32(g, &p->mmu, gr_addr(m, CB_SELECTOR_B) + off, data, &gr_client_fe);
	if (r == MMU_OK) {
		m[CB_LOAD_OFFSET / 4] = off + 4;
		g->stats.inline_bytes += 4;
	}
	return gr_mem_result(g, r);
}

static void bind_constants(struct gp104 *g, unsigned int stage, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	const uint32_t *m = gr_state(p, GR_3D);
	unsigned int slot = data >> 4 & 0x1f;
	struct cb_binding *cb;

	if (slot >= GR_CBUFS) {
		gr_data_error(g, GR_DATA_INVALID_VALUE);
		return;
	}
	cb = &p->ctx->cb[stage][slot];
	cb->valid = data & 1;
	cb->addr = gr_addr(m, CB_SELECTOR_B);
	cb->size = m[CB_SELECTOR_A / 4] & 0x1ffff;
}

/* ---- clears ---- */

struct rect {
	uint32_t x0, y0, x1, y1;
};

#define CLEAR_Z_S(d)		((d) & 3)
#define CLEAR_RGBA(d)		((d) >> 2 & 0xf)
#define CLEAR_TARGET(d)		((d) >> 6 & 0xf)
#define CLEAR_LAYER(d)		((d) >> 10 & 0xffff)
#define CONTROL_USE_SCISSOR	BIT(8)

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void intersect(struct rect *r, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1)
{
	r->x0 = x0 > r->x0 ? x0 : r->x0;
	r->y0 = y0 > r->y0 ? y0 : r->y0;
	r->x1 = min(r->x1, x1);
	r->y1 = min(r->y1, y1);
}

static struct rect clear_rect(const uint32_t *m, uint32_t width, uint32_t height)
{
	uint32_t h = m[SURFACE_CLIP_H / 4], v = m[SURFACE_CLIP_V / 4];
	struct rect r = { 0, 0, width, height };

	intersect(&r, h & 0xffff, (h & 0xffff) + (h >> 16), v & 0xffff, (v & 0xffff) + (v >> 16));
	if ((m[CLEAR_SURFACE_CONTROL / 4] & CONTROL_USE_SCISSOR) && (m[SCISSOR0 / 4] & 1)) {
		h = m[SCISSOR0 / 4 + 1];
		v = m[SCISSOR0 / 4 + 2];
		intersect(&r, h & 0xffff, h >> 16, v & 0xffff, v >> 16);
	}
	return r;
}

/* The surface of a colour target, and its size in pixels. */
static void target_surface(const uint32_t *t, const struct color_format *f, uint32_t layer,
			   struct gr_surface *s, uint32_t *width, uint32_t *height)
{
	uint32_t memory = t[5];

	layer += t[8] & 0xffff;
	memset(s, 0, sizeof(*s));
	s->addr = gr_addr(t, 0);
	s->linear = memory & BIT(12);
	s->height = *height = t[3] & 0x1ffff;
	s->block_h = memory >> 4 & 0xf;
	s->block_d = memory >> 8 & 0xf;
	s->depth = t[6] & 0xffff;
	*width = t[2] & 0xfffffff;
	if (s->linear) {
		s->pitch = *width;	/* the width of a pitch target is in bytes */
		*width /= f->bytes;
	} else {
		s->pitch = *width * f->bytes;
	}
	if (memory & BIT(16))
		s->layer = layer;
	else
		s->addr += (uint64_t)layer * ((uint64_t)t[7] << 2);
}

#define ROW_CHUNK	1024

struct clear {
	struct gr_surface s;
	const struct color_format *f;
	struct rect r;
	bool partial;			/* some components stay */
	uint8_t pattern[ROW_CHUNK], mask[COLOR_MAX_BYTES];
};

static enum mmu_result clear_span(struct gp104 *g, struct clear *c, uint32_t x, uint32_t y,
				  uint32_t n)
{
	uint8_t buf[ROW_CHUNK];
	enum mmu_result r;
	uint32_t i;

	if (!c->partial)
		return gr_surface_write(g, &c->s, x, y, c->pattern, n, &gr_client_prop);
	r = gr_surface_read(g, &c->s, x, y, buf, n, &gr_client_prop);
	if (r != MMU_OK)
		return r;
	for (i = 0; i < n; i++) {
		uint8_t mask = c->mask[i % c->f->bytes];

		buf[i] = (uint8_t)((buf[i] & ~mask) | (c->pattern[i] & mask));
	}
	return gr_surface_write(g, &c->s, x, y, buf, n, &gr_client_prop);
}

static enum mmu_result clear_row(struct gp104 *g, struct clear *c, uint32_t y)
{
	uint32_t x = c->r.x0 * c->f->bytes, end = c->r.x1 * c->f->bytes;
	enum mmu_result r = MMU_OK;

	while (x < end && r == MMU_OK) {
		uint32_t n = min(end - x, ROW_CHUNK);

		r = clear_span(g, c, x, y, n);
		x += n;
	}
	return r;
}

static enum fifo_result clear_rows(struct gp104 *g, struct clear *c)
{
	uint32_t row_bytes = (c->r.x1 - c->r.x0) * c->f->bytes, done = 0;
	uint32_t *row = &g->pgraph->ctx->progress;
	enum mmu_result r;

	while (c->r.y0 + *row < c->r.y1) {
		if (done > GR_SLICE_BYTES) {
			gp104_kick(g);
			return FIFO_BUSY;
		}
		r = clear_row(g, c, c->r.y0 + *row);
		if (r != MMU_OK) {
			*row = 0;
			return gr_mem_result(g, r);
		}
		g->stats.clear_bytes += row_bytes;
		done += row_bytes;
		++*row;
	}
	*row = 0;
	return FIFO_DONE;
}

static enum fifo_result clear_surface(struct gp104 *g, uint32_t d)
{
	const uint32_t *m = gr_state(g->pgraph, GR_3D), *t;
	uint32_t select, width, height, i;
	struct clear c;

	if (!gr_idle(g->pgraph))
		return FIFO_BUSY;
	if (CLEAR_Z_S(d))
		unknown(g, "method", "CLEAR_SURFACE of depth or stencil is not executed");
	if (!CLEAR_RGBA(d) || !gr_render_enabled(g, GR_3D))
		return FIFO_DONE;
	if (CLEAR_TARGET(d) >= 8)
		return gr_data_error(g, GR_DATA_INVALID_VALUE);
	select = m[CT_SELECT / 4] >> (4 + 3 * CLEAR_TARGET(d)) & 7;
	t = &m[COLOR_TARGET(select) / 4];
	if (!(t[4] & 0xff))
		return FIFO_DONE;	/* disabled */
	c.f = color_format_find(t[4] & 0xff);
	if (!c.f) {
		unknown(g, "format", "colour target %02x", t[4] & 0xff);
		return FIFO_DONE;
	}
	target_surface(t, c.f, CLEAR_LAYER(d), &c.s, &width, &height);
	c.r = clear_rect(m, width, height);
	if (c.r.x0 >= c.r.x1 || c.r.y0 >= c.r.y1)
		return FIFO_DONE;
	c.partial = CLEAR_RGBA(d) != 0xf;
	color_mask(c.f, CLEAR_RGBA(d), c.mask);
	for (i = 0; i < ROW_CHUNK; i += c.f->bytes)
		color_pack(c.f, &m[COLOR_CLEAR_VALUE / 4], c.pattern + i);
	return clear_rows(g, &c);
}

/* ---- dispatch ---- */

static enum fifo_result invalidate(struct gp104 *g, uint32_t data, bool wait)
{
	if (wait && !gr_idle(g->pgraph))
		return FIFO_BUSY;
	if (data & 1)
		sm_gpu_flush(g->pgraph->sm, SM_FLUSH_CODE);
	return FIFO_DONE;
}

enum fifo_result gr_3d_method(struct gp104 *g, uint32_t mthd, uint32_t data)
{
	unsigned int stage;

	if (mthd >= FALCON(0) && mthd <= FALCON(31))
		return gr_falcon_method(g, GR_3D, (mthd - FALCON(0)) / 4, data);
	if (mthd >= CB_LOAD(0) && mthd <= CB_LOAD(15))
		return load_constant(g, data);
	for (stage = 0; stage < GR_STAGES; stage++) {
		if (mthd == BIND_GROUP_CB(stage)) {
			bind_constants(g, stage, data);
			return FIFO_DONE;
		}
	}
	switch (mthd) {
	case INVALIDATE_SHADER_CACHES:
		return invalidate(g, data, true);
	case INVALIDATE_NO_WFI:
		return invalidate(g, data, false);
	case CLEAR_SURFACE:
		return clear_surface(g, data);
	case REPORT_SEMAPHORE_D:
		return gr_report_semaphore(g, GR_3D, data);
	case END:
		unknown(g, "method", "drawing is not executed");
		return FIFO_DONE;
	default:
		return FIFO_DONE;
	}
}
