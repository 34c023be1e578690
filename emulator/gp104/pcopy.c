// SPDX-License-Identifier: MIT
/*
 * pcopy.c - the logical copy engines.
 *
 * Methods: ogkm clc0b5.h, clc1b5.h (open-gpu-doc classes/dma-copy). Registers and launch errors:
 * nouveau ce/gp100.c. Client ids: ogkm gp100/dev_fault.h. What drivers do with it: nouveau
 * nouveau_boa0b5.c, nouveau_dmem.c; Mesa nvc0_transfer.c (nve4_m2mf_*), which shows that lengths,
 * widths and x count elements when components are remapped, and bytes when not.
 *
 * A launch is carried out in slices of the engine thread. A fault is fatal before Volta: the copy
 * stops in the middle and the engine hangs until it is reset.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pcopy.h"
#include "pfault.h"
#include "pfifo.h"
#include "pmc.h"
#include "ptop.h"

#define COPY_ENGINES	4

#define CE_INTR_EN	0x10440c	/* + n * 0x80 */
#define CE_INTR		0x104410
#define CE_LAUNCHERR	0x104418
#define INTR_BLOCKPIPE	BIT(0)
#define INTR_NONBLOCKPIPE BIT(1)
#define INTR_LAUNCHERR	BIT(2)

/* Methods. */
#define M_SET_OBJECT	0x000
#define M_NOP		0x100
#define M_PM_TRIGGER	0x140
#define M_SEM_A		0x240
#define M_SEM_B		0x244
#define M_SEM_PAYLOAD	0x248
#define M_RENDER_A	0x254
#define M_RENDER_B	0x258
#define M_RENDER_C	0x25c
#define M_SRC_PHYS	0x260
#define M_DST_PHYS	0x264
#define M_LAUNCH	0x300
#define M_IN		0x400
#define M_OUT		0x408
#define M_PITCH_IN	0x410
#define M_PITCH_OUT	0x414
#define M_LINE_LENGTH	0x418
#define M_LINE_COUNT	0x41c
#define M_CONST_A	0x700
#define M_CONST_B	0x704
#define M_REMAP		0x708
#define M_DST_BLOCK	0x70c
#define M_DST_ORIGIN	0x720
#define M_SRC_BLOCK	0x728
#define M_SRC_ORIGIN	0x73c
#define M_SRC_X		0x744	/* class B: the origins' coordinates with 32 bits */
#define M_SRC_Y		0x748
#define M_DST_X		0x74c
#define M_DST_Y		0x750
#define M_PM_TRIGGER_END 0x1114
#define M_END		0x1118

/* LAUNCH_DMA fields. */
#define L_TRANSFER(v)	((v) & 3)
#define L_SEM_TYPE(v)	((v) >> 3 & 3)
#define L_INTERRUPT(v)	((v) >> 5 & 3)
#define L_SRC_PITCH	BIT(7)
#define L_DST_PITCH	BIT(8)
#define L_MULTI_LINE	BIT(9)
#define L_REMAP		BIT(10)
#define L_SRC_PHYSICAL	BIT(12)
#define L_DST_PHYSICAL	BIT(13)
#define L_REDUCTION(v)	((v) >> 14 & 15)
#define L_REDUCTION_UNSIGNED BIT(18)
#define L_REDUCTION_ON	BIT(19)

/* Launch errors (nouveau gp100_ce_launcherr_report). */
enum launch_error {
	ERR_LAYER_EXCEEDS_DEPTH = 1,
	ERR_RECT_OUT_OF_BOUNDS = 3,
	ERR_INVALID_VALUE = 9,
	ERR_INVALID_OPERATION = 11,
};

#define SLICE_BYTES	(256u << 10)
#define CHUNK_BYTES	(32u << 10)

/* What methods have set, per channel. */
struct copy_state {
	uint32_t m[M_END / 4];
};

/* One side of a copy. */
struct surface {
	uint64_t addr;
	bool physical;
	enum aperture aper;
	bool pitched;
	int64_t pitch;
	uint64_t x, y;			/* origin; x in bytes */
	uint64_t width, height;		/* block-linear: bytes, rows */
	unsigned int block_h, block_d;	/* log2 of GOBs */
	uint64_t layer;
};

struct job {
	struct fifo_chan *chan;
	struct mmu_ctx mmu;
	uint32_t launch, remap, const_a, const_b;
	struct surface src, dst;
	uint64_t length, lines;		/* of a line: in bytes of the destination */
	uint64_t x, line;		/* progress */
	bool convert;			/* components are moved about */
	bool broken;			/* ends with a fault there (--inject) */
	uint64_t broken_at;
	unsigned int csize, nsrc, ndst;
	uint64_t sem;
	uint32_t payload;
};

struct engine {
	unsigned int n;			/* of the copy engine */
	enum fifo_engine_id id;
	const struct ptop_engine *info;
	struct mmu_client client;
	bool active, hung;
	struct job job;
};

struct pcopy {
	struct engine e[COPY_ENGINES];
};

static struct engine *engine_of(struct gp104 *g, unsigned int n)
{
	return &g->pcopy->e[n];
}

static void update_intr(struct gp104 *g, unsigned int n)
{
	pmc_intr(g, engine_of(g, n)->info->intr,
		 reg_get(g, CE_INTR + n * 0x80) & reg_get(g, CE_INTR_EN + n * 0x80));
}

static void raise_intr(struct gp104 *g, unsigned int n, uint32_t bits)
{
	reg_set(g, CE_INTR + n * 0x80, bits);
	update_intr(g, n);
}

static void launch_error(struct gp104 *g, struct engine *e, enum launch_error err)
{
	guest_error(g, "pcopy", "CE%u: launch error %u", e->n, err);
	reg_put(g, CE_LAUNCHERR + e->n * 0x80, err);
	raise_intr(g, e->n, INTR_LAUNCHERR);
}

/* ---- memory ---- */

/* A host pointer to a run of bytes, kept while it lasts; only good within one slice. */
struct cursor {
	uint64_t at, len;
	uint8_t *host;
	bool sys;
};

static enum mmu_result cursor_physical(struct gp104 *g, struct engine *e, const struct surface *s,
				       uint64_t addr, bool write, struct cursor *c)
{
	uint64_t piece = s->aper == APER_VRAM ? 1 << 20 : 4096;

	c->len = piece - (addr & (piece - 1));
	c->host = mem_ptr(g, s->aper, addr, c->len, write);
	c->sys = s->aper != APER_VRAM;
	if (c->host)
		return MMU_OK;
	g->stats.dma_refused += c->sys;
	guest_error(g, "pcopy", "CE%u: no memory at physical %d:%llx", e->n, s->aper,
		    (unsigned long long)addr);
	return pfault_post(g, &e->job.mmu, addr, write ? MMU_WRITE : MMU_READ, MMU_FAULT_REGION,
			   &e->client);
}

static enum mmu_result cursor_at(struct gp104 *g, struct engine *e, const struct surface *s,
				 uint64_t addr, bool write, struct cursor *c)
{
	struct mmu_span span;
	enum mmu_result r;

	if (c->host && addr >= c->at && addr - c->at < c->len) {
		c->host += addr - c->at;
		c->len -= addr - c->at;
		c->at = addr;
		return MMU_OK;
	}
	c->at = addr;
	if (s->physical)
		return cursor_physical(g, e, s, addr, write, c);
	r = pmmu_translate(g, &e->job.mmu, addr, write ? MMU_WRITE : MMU_READ, &e->client, &span);
	if (r != MMU_OK) {
		c->host = NULL;
		return r;
	}
	c->host = span.host;
	c->len = span.len;
	c->sys = span.aper != APER_VRAM;
	return MMU_OK;
}

/*
 * Block-linear: GOBs of 64 bytes x 8 rows, 2^block_h GOBs high and 2^block_d layers deep make a
 * block; blocks follow each other along x, then y, then z. Within a GOB 16 bytes are together
 * (envytools docs/hw/memory/g80-surface.rst, gf100 part; Mesa nvc0_miptree).
 */
static uint64_t block_linear(const struct surface *s, uint64_t x, uint64_t y, uint64_t z)
{
	uint64_t gobs_x = (s->width + 63) / 64;
	uint64_t block_rows = UINT64_C(8) << s->block_h;
	uint64_t blocks_y = (s->height + block_rows - 1) / block_rows;
	uint64_t block_bytes = UINT64_C(512) << (s->block_h + s->block_d);
	uint64_t block = ((z >> s->block_d) * blocks_y + y / block_rows) * gobs_x + x / 64;
	uint64_t gob = ((z & ((1u << s->block_d) - 1)) << s->block_h) + (y % block_rows) / 8;
	uint64_t in = (x & 32) << 3 | (y & 6) << 5 | (x & 16) << 1 | (y & 1) << 4 | (x & 15);

	return block * block_bytes + gob * 512 + in;
}

/* Address of a byte, and how many bytes of the line follow it in memory. */
static uint64_t locate(const struct surface *s, uint64_t line, uint64_t x, uint64_t *run)
{
	if (s->pitched) {
		*run = UINT64_MAX;
		return s->addr + (uint64_t)((int64_t)line * s->pitch) + x;
	}
	x += s->x;
	*run = 16 - (x & 15);
	return s->addr + block_linear(s, x, s->y + line, s->layer);
}

/* ---- copying ---- */

static void count_bytes(struct gp104 *g, bool src_sys, bool dst_sys, uint64_t n)
{
	g->stats.ce_bytes += n;
	if (src_sys && dst_sys)
		g->stats.ce_bytes_sys_to_sys += n;
	else if (src_sys)
		g->stats.ce_bytes_sys_to_vram += n;
	else if (dst_sys)
		g->stats.ce_bytes_vram_to_sys += n;
	else
		g->stats.ce_bytes_vram_to_vram += n;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct slice {
	struct cursor src, dst;
	uint64_t budget;
};

/* As many bytes as lie together on both sides. */
static enum mmu_result copy_run(struct gp104 *g, struct engine *e, struct slice *sl)
{
	struct job *j = &e->job;
	uint64_t src_run, dst_run, n;
	uint64_t from = locate(&j->src, j->line, j->x, &src_run);
	uint64_t to = locate(&j->dst, j->line, j->x, &dst_run);
	enum mmu_result r;

	r = cursor_at(g, e, &j->src, from, false, &sl->src);
	if (r == MMU_OK)
		r = cursor_at(g, e, &j->dst, to, true, &sl->dst);
	if (r != MMU_OK)
		return r;
	n = min64(min64(src_run, dst_run), min64(sl->src.len, sl->dst.len));
	n = min64(min64(n, j->length - j->x), min64(sl->budget, CHUNK_BYTES));
	memmove(sl->dst.host, sl->src.host, n);
	count_bytes(g, sl->src.sys, sl->dst.sys, n);
	sl->budget -= n;
	j->x += n;
	return MMU_OK;
}

/* One byte of one component at a time: elements may lie across pages. */
static enum mmu_result move_bytes(struct gp104 *g, struct engine *e, const struct surface *s,
				  struct cursor *c, uint64_t x, uint8_t *buf, unsigned int n,
				  bool write)
{
	enum mmu_result r;
	uint64_t run, at;
	unsigned int i;

	for (i = 0; i < n; i++) {
		at = locate(s, e->job.line, x + i, &run);
		r = cursor_at(g, e, s, at, write, c);
		if (r != MMU_OK)
			return r;
		if (write)
			*c->host = buf[i];
		else
			buf[i] = *c->host;
	}
	return MMU_OK;
}

#define REMAP_CONST_A	4
#define REMAP_CONST_B	5
#define REMAP_NO_WRITE	6

static unsigned int remap_select(const struct job *j, unsigned int comp)
{
	return j->remap >> (comp * 4) & 7;
}

static bool remap_reads(const struct job *j)
{
	unsigned int i;

	for (i = 0; i < j->ndst; i++)
		if (remap_select(j, i) < REMAP_CONST_A)
			return true;
	return false;
}

/* One element: gather the source's components, write the destination's. */
static enum mmu_result convert_element(struct gp104 *g, struct engine *e, struct slice *sl)
{
	struct job *j = &e->job;
	unsigned int dst_size = j->csize * j->ndst, i, sel;
	uint64_t index = j->x / dst_size;
	uint8_t in[16] = { 0 }, out[4];
	enum mmu_result r = MMU_OK;

	if (remap_reads(j))
		r = move_bytes(g, e, &j->src, &sl->src, index * j->csize * j->nsrc, in,
			       j->csize * j->nsrc, false);
	for (i = 0; r == MMU_OK && i < j->ndst; i++) {
		sel = remap_select(j, i);
		if (sel >= REMAP_NO_WRITE)
			continue;
		if (sel == REMAP_CONST_A)
			memcpy(out, &j->const_a, 4);
		else if (sel == REMAP_CONST_B)
			memcpy(out, &j->const_b, 4);
		else
			memcpy(out, in + sel * j->csize, j->csize);
		r = move_bytes(g, e, &j->dst, &sl->dst, j->x + i * j->csize, out, j->csize, true);
	}
	if (r != MMU_OK)
		return r;
	count_bytes(g, remap_reads(j) ? sl->src.sys : sl->dst.sys, sl->dst.sys, dst_size);
	sl->budget -= min64(sl->budget, dst_size * 16);	/* slow */
	j->x += dst_size;
	return MMU_OK;
}

/* Constants only, into a pitch surface: fill (nouveau_dmem.c clears pages so). */
static bool is_fill(const struct job *j)
{
	unsigned int i, sel;

	for (i = 0; i < j->ndst; i++) {
		sel = remap_select(j, i);
		if (sel != REMAP_CONST_A && sel != REMAP_CONST_B)
			return false;
	}
	return j->dst.pitched;
}

static enum mmu_result fill_run(struct gp104 *g, struct engine *e, struct slice *sl)
{
	struct job *j = &e->job;
	unsigned int size = j->csize * j->ndst, i;
	uint64_t run, to = locate(&j->dst, j->line, j->x, &run), n, k;
	uint8_t pattern[16];
	enum mmu_result r;

	for (i = 0; i < j->ndst; i++)
		memcpy(pattern + i * j->csize, remap_select(j, i) == REMAP_CONST_A ?
		       &j->const_a : &j->const_b, j->csize);
	r = cursor_at(g, e, &j->dst, to, true, &sl->dst);
	if (r != MMU_OK)
		return r;
	n = min64(min64(sl->dst.len, j->length - j->x), min64(sl->budget, CHUNK_BYTES));
	for (k = 0; k < n && k < size; k++)
		sl->dst.host[k] = pattern[(j->x + k) % size];
	for (; k < n; k += run) {
		run = min64(k, n - k);
		memcpy(sl->dst.host + k, sl->dst.host, run);
	}
	count_bytes(g, sl->dst.sys, sl->dst.sys, n);
	sl->budget -= n;
	j->x += n;
	return MMU_OK;
}

static enum mmu_result semaphore_reduce(struct gp104 *g, struct engine *e)
{
	const struct job *j = &e->job;
	unsigned int op = L_REDUCTION(j->launch);

	if (op >= FIFO_REDUCTIONS) {
		unknown(g, "method", "CE semaphore reduction %u", op);
		return MMU_OK;
	}
	return pfifo_sem_reduce(g, &j->mmu, j->sem & ~UINT64_C(3), op,
				j->launch & L_REDUCTION_UNSIGNED, j->payload, &e->client);
}

static enum mmu_result release(struct gp104 *g, struct engine *e)
{
	struct job *j = &e->job;

	if (!L_SEM_TYPE(j->launch))
		return MMU_OK;
	if (j->launch & L_REDUCTION_ON)
		return semaphore_reduce(g, e);
	return pfifo_sem_release(g, &j->mmu, j->sem, j->payload, L_SEM_TYPE(j->launch) == 2,
				 &e->client);
}

static void finish(struct gp104 *g, struct engine *e)
{
	e->active = false;
	if (release(g, e) != MMU_OK) {
		e->hung = true;
		return;
	}
	if (L_INTERRUPT(e->job.launch) == 1)
		raise_intr(g, e->n, INTR_BLOCKPIPE);
	else if (L_INTERRUPT(e->job.launch) == 2)
		raise_intr(g, e->n, INTR_NONBLOCKPIPE);
}

static bool job_done(const struct job *j)
{
	return !j->length || j->line >= j->lines;
}

static enum mmu_result job_step(struct gp104 *g, struct engine *e, struct slice *sl)
{
	struct job *j = &e->job;
	enum mmu_result r;

	if (!j->convert)
		r = copy_run(g, e, sl);
	else if (is_fill(j))
		r = fill_run(g, e, sl);
	else
		r = convert_element(g, e, sl);
	if (j->x >= j->length) {
		j->x = 0;
		j->line++;
	}
	return r;
}

/* Half of the copy is done: the next access of its destination is said to have failed. */
static void break_job(struct gp104 *g, struct engine *e)
{
	struct job *j = &e->job;

	pfault_post(g, &j->mmu, j->broken_at, MMU_WRITE,
		    j->dst.physical ? MMU_FAULT_REGION : MMU_FAULT_PTE, &e->client);
	e->active = false;
	e->hung = true;
}

static void run_job(struct gp104 *g, struct engine *e)
{
	struct slice sl = { .budget = SLICE_BYTES };

	while (!job_done(&e->job)) {
		if (!sl.budget || gp104_guest_waits(g))
			return;
		if (job_step(g, e, &sl) != MMU_OK) {
			e->active = false;
			e->hung = true;
			return;
		}
		sl.budget -= min64(sl.budget, 64);	/* many short lines are work, too */
	}
	if (e->job.broken)
		break_job(g, e);
	else
		finish(g, e);
	gp104_kick(g);
}

/* ---- launching ---- */

static uint64_t addr49(const struct copy_state *s, uint32_t mthd)
{
	return (uint64_t)(s->m[mthd / 4] & 0x1ffff) << 32 | s->m[mthd / 4 + 1];
}

static enum aperture phys_target(uint32_t v)
{
	return (v & 3) == 0 ? APER_VRAM : (v & 3) == 1 ? APER_SYS_COH : APER_SYS_NCOH;
}

static void fill_surface(const struct copy_state *st, struct surface *s, bool src, uint32_t launch,
			 unsigned int unit)
{
	const uint32_t *block = &st->m[(src ? M_SRC_BLOCK : M_DST_BLOCK) / 4];

	s->addr = addr49(st, src ? M_IN : M_OUT);
	s->physical = launch & (src ? L_SRC_PHYSICAL : L_DST_PHYSICAL);
	s->aper = phys_target(st->m[(src ? M_SRC_PHYS : M_DST_PHYS) / 4]);
	s->pitched = launch & (src ? L_SRC_PITCH : L_DST_PITCH);
	s->pitch = (int32_t)st->m[(src ? M_PITCH_IN : M_PITCH_OUT) / 4];
	if (s->pitched)
		return;
	s->block_h = block[0] >> 4 & 15;
	s->block_d = block[0] >> 8 & 15;
	s->width = (uint64_t)block[1] * unit;
	s->height = block[2];
	s->layer = block[4];
	s->x = (uint64_t)st->m[(src ? M_SRC_X : M_DST_X) / 4] * unit;
	s->y = st->m[(src ? M_SRC_Y : M_DST_Y) / 4];
}

static int check_surface(const struct copy_state *st, const struct surface *s, bool src,
			 uint64_t length, uint64_t lines)
{
	const uint32_t *block = &st->m[(src ? M_SRC_BLOCK : M_DST_BLOCK) / 4];

	if (s->pitched)
		return 0;
	if (block[0] & 15 || s->block_h > 5 || s->block_d > 5)
		return ERR_INVALID_VALUE;
	if (s->layer >= block[3] && block[3])
		return ERR_LAYER_EXCEEDS_DEPTH;
	if (s->x + length > s->width || s->y + lines > s->height)
		return ERR_RECT_OUT_OF_BOUNDS;
	return 0;
}

/* Do the components stay what and where they are? Then bytes are copied. */
static bool plain_remap(uint32_t remap, unsigned int nsrc, unsigned int ndst)
{
	unsigned int i;

	for (i = 0; i < ndst; i++)
		if ((remap >> (i * 4) & 7) != i)
			return false;
	return nsrc == ndst;
}

static int fill_job(struct copy_state *st, struct job *j, uint32_t launch)
{
	unsigned int src_unit = 1, dst_unit = 1;
	uint64_t src_length;
	int err;

	j->launch = launch;
	j->lines = launch & L_MULTI_LINE ? st->m[M_LINE_COUNT / 4] : 1;
	if (launch & L_REMAP) {
		j->remap = st->m[M_REMAP / 4];
		j->csize = (j->remap >> 16 & 3) + 1;
		j->nsrc = (j->remap >> 20 & 3) + 1;
		j->ndst = (j->remap >> 24 & 3) + 1;
		j->const_a = st->m[M_CONST_A / 4];
		j->const_b = st->m[M_CONST_B / 4];
		src_unit = j->csize * j->nsrc;
		dst_unit = j->csize * j->ndst;
		j->convert = !plain_remap(j->remap, j->nsrc, j->ndst);
	}
	j->length = (uint64_t)st->m[M_LINE_LENGTH / 4] * dst_unit;
	src_length = (uint64_t)st->m[M_LINE_LENGTH / 4] * src_unit;
	if (L_TRANSFER(launch) == 0) {
		j->length = 0;
		return 0;
	}
	if (L_TRANSFER(launch) == 3)
		return ERR_INVALID_OPERATION;
	fill_surface(st, &j->src, true, launch, src_unit);
	fill_surface(st, &j->dst, false, launch, dst_unit);
	err = 0;
	if (!j->convert || remap_reads(j))
		err = check_surface(st, &j->src, true, src_length, j->lines);
	if (!err)
		err = check_surface(st, &j->dst, false, j->length, j->lines);
	/* Lines that follow each other are one long line. */
	if (!err && !j->convert && j->src.pitched && j->dst.pitched &&
	    j->src.pitch == (int64_t)j->length && j->dst.pitch == (int64_t)j->length) {
		j->length *= j->lines;
		j->lines = j->length ? 1 : 0;
	}
	return err;
}

/* Conditional copies (SET_RENDER_ENABLE): as in the 3D class, Mesa nvc0_query_hw.c. */
static enum mmu_result render_enabled(struct gp104 *g, struct engine *e, struct copy_state *st,
				      const struct mmu_ctx *mmu, bool *on)
{
	uint64_t at = (uint64_t)(st->m[M_RENDER_A / 4] & 0xff) << 32 | st->m[M_RENDER_B / 4];
	uint32_t w[6];
	enum mmu_result r;

	*on = st->m[M_RENDER_C / 4] & 7;
	if ((st->m[M_RENDER_C / 4] & 7) < 2)
		return MMU_OK;
	r = pmmu_read(g, mmu, at, w, sizeof(w), &e->client);
	if (r != MMU_OK)
		return r;
	switch (st->m[M_RENDER_C / 4] & 7) {
	case 2:
		*on = w[0] | w[1];
		break;
	case 3:
		*on = w[0] == w[4] && w[1] == w[5];
		break;
	default:
		*on = w[0] != w[4] || w[1] != w[5];
		break;
	}
	return MMU_OK;
}

/* The job is to fail when half of it is done. */
static void halve(struct job *j)
{
	uint64_t run;

	j->broken = true;
	if (j->lines > 1) {
		j->lines /= 2;
		j->broken_at = locate(&j->dst, j->lines, 0, &run);
	} else {
		j->length = j->length / 2 & ~UINT64_C(15);
		j->broken_at = locate(&j->dst, 0, j->length, &run);
	}
}

static enum fifo_result launch(struct gp104 *g, struct engine *e, struct fifo_chan *chan,
			       struct copy_state *st, uint32_t val)
{
	struct job *j = &e->job;
	bool on;
	int err;

	memset(j, 0, sizeof(*j));
	j->chan = chan;
	j->mmu = chan->mmu;
	j->sem = addr49(st, M_SEM_A);
	j->payload = st->m[M_SEM_PAYLOAD / 4];
	if (render_enabled(g, e, st, &j->mmu, &on) != MMU_OK) {
		e->hung = true;
		return FIFO_ERROR;
	}
	err = fill_job(st, j, val);
	if (!on)
		j->length = 0;
	if (!err && j->length && j->lines) {
		enum inject_kind kind = inject_copy(&g->cfg.inject, atomic_load(&g->marks));

		if (kind == INJECT_CE_ERROR)
			err = ERR_INVALID_OPERATION;
		if (kind == INJECT_CE_FAULT)
			halve(j);
	}
	if (err) {
		launch_error(g, e, (enum launch_error)err);
		return FIFO_DONE;
	}
	g->stats.ce_launches++;
	trace(g, "pcopy", "CE%u: channel %u: %llx -> %llx, %llu bytes x %llu, launch %08x", e->n,
	      chan->id, (unsigned long long)j->src.addr, (unsigned long long)j->dst.addr,
	      (unsigned long long)j->length, (unsigned long long)j->lines, val);
	e->active = true;
	run_job(g, e);	/* small copies are done at once */
	return FIFO_DONE;
}

static struct engine *engine_of_chan(struct gp104 *g, struct fifo_chan *chan)
{
	unsigned int n;

	for (n = 0; n < COPY_ENGINES; n++)
		if (pfifo_engine_chan(g, engine_of(g, n)->id) == chan)
			return engine_of(g, n);
	return NULL;
}

static struct copy_state *state_of(struct fifo_chan *chan, struct engine *e)
{
	struct copy_state *st = chan->engine[e->id];

	if (st)
		return st;
	st = calloc(1, sizeof(*st));
	if (st)
		st->m[M_RENDER_C / 4] = 1;	/* true */
	chan->engine[e->id] = st;
	return st;
}

static bool known_method(uint32_t mthd)
{
	static const struct { uint16_t first, last; } known[] = {
		{ M_NOP, M_NOP }, { M_PM_TRIGGER, M_PM_TRIGGER }, { M_SEM_A, M_SEM_PAYLOAD },
		{ M_RENDER_A, M_DST_PHYS }, { M_IN, M_LINE_COUNT }, { M_CONST_A, M_DST_ORIGIN },
		{ M_SRC_BLOCK, M_SRC_ORIGIN }, { M_SRC_X, M_DST_Y },
		{ M_PM_TRIGGER_END, M_PM_TRIGGER_END },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (mthd >= known[i].first && mthd <= known[i].last)
			return true;
	return false;
}

static void set_origin(struct copy_state *st, uint32_t x, uint32_t y, uint32_t val)
{
	st->m[x / 4] = val & 0xffff;
	st->m[y / 4] = val >> 16;
}

static enum fifo_result method(struct gp104 *g, struct fifo_chan *chan, unsigned int subc,
			       uint32_t mthd, uint32_t data)
{
	struct engine *e = engine_of_chan(g, chan);
	struct copy_state *st = e ? state_of(chan, e) : NULL;

	if (!st)
		return FIFO_ERROR;
	if (e->hung || e->active)
		return FIFO_BUSY;
	if (mthd == M_SET_OBJECT) {
		if ((data & 0xffff) != 0xc0b5 && (data & 0xffff) != 0xc1b5)
			unknown(g, "class", "%04x on a copy engine", data & 0xffff);
		return FIFO_DONE;
	}
	if (mthd == M_LAUNCH)
		return launch(g, e, chan, st, data);
	if (!known_method(mthd)) {
		unknown(g, "method", "copy engine %04x", mthd);
		return FIFO_DONE;
	}
	st->m[mthd / 4] = data;
	if (mthd == M_SRC_ORIGIN)
		set_origin(st, M_SRC_X, M_SRC_Y, data);
	else if (mthd == M_DST_ORIGIN)
		set_origin(st, M_DST_X, M_DST_Y, data);
	return FIFO_DONE;
}

static bool idle(struct gp104 *g, struct fifo_chan *chan)
{
	struct engine *e = engine_of_chan(g, chan);

	return !e || (!e->active && !e->hung);
}

static bool unload(struct gp104 *g, struct fifo_chan *chan)
{
	return idle(g, chan);
}

static void gone(struct gp104 *g, struct fifo_chan *chan)
{
	unsigned int n;

	for (n = 0; n < COPY_ENGINES; n++) {
		struct engine *e = engine_of(g, n);

		if (e->active && e->job.chan == chan)
			e->active = false;
		free(chan->engine[e->id]);
		chan->engine[e->id] = NULL;
	}
}

static const struct fifo_engine ops = {
	.name = "copy",
	.method = method,
	.idle = idle,
	.unload = unload,
	.gone = gone,
};

int64_t pcopy_turn(struct gp104 *g, unsigned int runlist)
{
	int64_t next = RUN_IDLE;
	unsigned int n;

	for (n = 0; n < COPY_ENGINES; n++) {
		struct engine *e = engine_of(g, n);

		if (!e->active || e->info->runlist != (int)runlist)
			continue;
		run_job(g, e);
		next = RUN_AGAIN;
	}
	return next;
}

static int64_t pcopy_run(struct gp104 *g)
{
	int64_t next = RUN_IDLE;
	unsigned int n;

	for (n = 0; n < PTOP_RUNLISTS; n++)
		if (pcopy_turn(g, n) == RUN_AGAIN)
			next = RUN_AGAIN;
	return next;
}

static void ce_reset(struct gp104 *g, unsigned int n)
{
	struct engine *e = engine_of(g, n);

	e->active = false;
	e->hung = false;
	reg_put(g, CE_INTR + n * 0x80, 0);
	reg_put(g, CE_LAUNCHERR + n * 0x80, 0);
	update_intr(g, n);
	pfifo_engine_reset(g, e->id);
}

static void reset0(struct gp104 *g)
{
	ce_reset(g, 0);
}

static void reset1(struct gp104 *g)
{
	ce_reset(g, 1);
}

static void reset2(struct gp104 *g)
{
	ce_reset(g, 2);
}

static void reset3(struct gp104 *g)
{
	ce_reset(g, 3);
}

static void intr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, reg_get(g, addr) & ~val);
	update_intr(g, (addr - CE_INTR) / 0x80);
}

static void intr_en_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	update_intr(g, (addr - CE_INTR_EN) / 0x80);
}

static const struct reg regs[] = {
	{ CE_INTR_EN, "LCE.INTR_EN", .reset = 7, .count = COPY_ENGINES, .stride = 0x80,
	  .write = intr_en_write },
	{ CE_INTR, "LCE.INTR", .count = COPY_ENGINES, .stride = 0x80, .write = intr_write },
	{ CE_LAUNCHERR, "LCE.LAUNCHERR", REG_RO, .count = COPY_ENGINES, .stride = 0x80 },
};

static void init_engine(struct gp104 *g, unsigned int n)
{
	/* No HSHUB on this chip: clients of the hub itself (dev_fault.h CE0, CE1, GRCOPY). */
	static const uint8_t client[COPY_ENGINES] = { 0x01, 0x02, 0x18, 0x18 };
	struct engine *e = engine_of(g, n);

	e->n = n;
	e->id = (enum fifo_engine_id)(FIFO_ENG_CE0 + n);
	e->info = &ptop_engines[e->id];
	e->client.engine = (uint8_t)e->info->fault;
	e->client.hub = true;
	e->client.id = client[n];
	pfifo_set_engine(g, e->id, &ops);
}

static int pcopy_init(struct gp104 *g)
{
	static void (*const reset[])(struct gp104 *g) = { reset0, reset1, reset2, reset3 };
	unsigned int n;
	int ret = 0;

	g->pcopy = calloc(1, sizeof(*g->pcopy));
	if (!g->pcopy)
		return -ENOMEM;
	for (n = 0; n < COPY_ENGINES && !ret; n++) {
		init_engine(g, n);
		ret = pmc_add_reset(g, engine_of(g, n)->info->reset, reset[n]);
	}
	return ret;
}

static void pcopy_fini(struct gp104 *g)
{
	unsigned int i;

	for (i = 0; g->pcopy && g->pfifo && i < FIFO_CHANNELS; i++)
		if (pfifo_chan(g, i))
			gone(g, pfifo_chan(g, i));
	free(g->pcopy);
	g->pcopy = NULL;
}

static void pcopy_reset(struct gp104 *g)
{
	unsigned int n;

	for (n = 0; n < COPY_ENGINES; n++)
		ce_reset(g, n);
}

const struct unit pcopy_unit = {
	.name = "pcopy",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pcopy_init,
	.fini = pcopy_fini,
	.reset = pcopy_reset,
	.run = pcopy_run,
};
