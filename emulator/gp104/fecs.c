// SPDX-License-Identifier: MIT
/*
 * fecs.c - FECS and GPCCS, the context-switch microcontrollers, at a high level.
 *
 * What the signed firmware does is emulated, the firmware is not run: it answers the methods that
 * the driver writes to 0x409504 (nouveau gf100.c, gf100_gr_fecs_*), and switches contexts.
 *
 * A context image belongs to the firmware; drivers only copy it as a whole and fill in its header.
 * Here it holds a stamp: the number of a struct gr_ctx, where the state is kept while it is not
 * loaded. An image with the stamp of another image (the golden context, copied by the driver) gets
 * a copy of that state of its own at its first load.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fecs.h"
#include "pfalcon.h"
#include "pgraph.h"

#define UNIT		"fecs"

#define METHOD_DATA	0x409500
#define METHOD		0x409504
#define UNITS		0x409604
#define SCRATCH(n)	(0x409800u + (n) * 4)
#define SCRATCH_SET	0x409820
#define SCRATCH_CLEAR	0x409840
#define CURRENT_CTX	0x409b00
#define NEXT_CTX	0x409b04

#define CTX_VALID	BIT(31)

/* Methods of the firmware (the names are nouveau's functions'). */
#define BIND_POINTER		0x03
#define HALT_PIPELINE		0x04
#define WFI_GOLDEN_SAVE		0x09
#define DISCOVER_IMAGE_SIZE	0x10
#define DISCOVER_ZCULL_SIZE	0x16
#define SET_WATCHDOG_TIMEOUT	0x21
#define DISCOVER_PM_SIZE	0x25
#define DISCOVER_REGLIST_SIZE	0x30
#define SET_REGLIST_INSTANCE	0x31
#define SET_REGLIST_ADDRESS	0x32
#define STOP_CTXSW		0x38
#define START_CTXSW		0x39

/* Sizes of the images. The real firmware's are much larger; drivers take what they are told. */
#define IMAGE_SIZE		0x1000
#define ZCULL_SIZE		0x1000
#define PM_SIZE			0x1000
#define REGLIST_SIZE		0x1000

/* The header of an image, as nouveau fills it in (gf100_gr_chan_bind), and our stamp. */
#define IMAGE_PATCH_COUNT	0x10
#define IMAGE_PATCH_ADDR_LO	0x14
#define IMAGE_PATCH_ADDR_HI	0x18
#define IMAGE_MAGIC		0x200
#define IMAGE_STAMP		0x208
#define MAGIC			0x34303170u	/* "p104" */
#define MAX_PATCHES		2048

/* Instance block: pointer to the graphics context (nouveau gf100_grctx_generate). */
#define RAMIN_GR_PTR		0x210
#define GR_PTR_VIRTUAL		BIT(2)

#define CONTEXTS		FIFO_CHANNELS
#define HOME_NONE		UINT64_MAX	/* a snapshot: no image is its own */

struct fecs {
	struct gr_ctx *ctx[CONTEXTS];
	uint64_t stamps, uses;
	bool stopped;			/* STOP_CTXSW */
};

/* ---- saved contexts ---- */

static struct gr_ctx *find(struct fecs *f, uint64_t stamp)
{
	unsigned int i;

	for (i = 0; i < CONTEXTS; i++)
		if (f->ctx[i] && f->ctx[i]->stamp == stamp)
			return f->ctx[i];
	return NULL;
}

static void drop(struct gp104 *g, struct gr_ctx **slot)
{
	if (g->pgraph->ctx == *slot)
		g->pgraph->ctx = g->pgraph->blank;
	free(*slot);
	*slot = NULL;
}

/* A slot for a new context: that of an older one at the same place, a free one, the oldest. */
static struct gr_ctx **slot_for(struct gp104 *g, uint64_t home)
{
	struct fecs *f = g->fecs;
	struct gr_ctx **best = NULL;
	unsigned int i;

	for (i = 0; i < CONTEXTS; i++) {
		struct gr_ctx **s = &f->ctx[i];

		if (*s && (*s)->home == home && home != HOME_NONE) {
			best = s;
			break;
		}
		if (*s == g->pgraph->ctx && *s)
			continue;
		if (!best || (*best && (!*s || (*s)->used < (*best)->used)))
			best = s;
	}
	if (*best) {
		if ((*best)->home != home)
			guest_error(g, UNIT, "more than %u contexts: the oldest is lost", CONTEXTS);
		drop(g, best);
	}
	return best;
}

/* A new context with the state of @from. */
static struct gr_ctx *new_ctx(struct gp104 *g, const struct gr_ctx *from, uint64_t home)
{
	struct gr_ctx *ctx = malloc(sizeof(*ctx));
	struct fecs *f = g->fecs;
	struct gr_ctx **slot;

	if (!ctx)
		return NULL;
	*ctx = *from;		/* before a slot is made free: @from may be in it */
	slot = slot_for(g, home);
	ctx->stamp = ++f->stamps;
	ctx->home = home;
	*slot = ctx;
	return ctx;
}

static void init_blank(struct gr_ctx *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
	memset(ctx->object, -1, sizeof(ctx->object));
}

/* ---- context images ---- */

struct image {
	uint8_t *p;		/* IMAGE_SIZE bytes */
	uint64_t home;
};

static uint32_t image_get(const struct image *im, unsigned int off)
{
	uint32_t v;

	memcpy(&v, im->p + off, 4);
	return v;
}

static void image_put(struct image *im, unsigned int off, uint32_t val)
{
	memcpy(im->p + off, &val, 4);
}

static void image_stamp(struct image *im, uint64_t stamp)
{
	image_put(im, IMAGE_MAGIC, MAGIC);
	image_put(im, IMAGE_STAMP, (uint32_t)stamp);
	image_put(im, IMAGE_STAMP + 4, (uint32_t)(stamp >> 32));
}

static bool image_find(struct gp104 *g, const struct mmu_ctx *mmu, struct image *im)
{
	uint32_t lo = mem_rd32(g, mmu->inst_aper, mmu->inst + RAMIN_GR_PTR);
	uint32_t hi = mem_rd32(g, mmu->inst_aper, mmu->inst + RAMIN_GR_PTR + 4);
	uint64_t addr = ((uint64_t)hi << 32 | lo) & ~UINT64_C(0xfff);
	struct mmu_span span;

	if (!addr)
		return false;
	if (!(lo & GR_PTR_VIRTUAL)) {
		im->p = mem_ptr(g, lo & 3, addr, IMAGE_SIZE, true);
		im->home = addr | (lo & 3);
		return im->p != NULL;
	}
	if (pmmu_translate(g, mmu, addr, MMU_WRITE, &gr_client_fecs, &span) != MMU_OK ||
	    span.len < IMAGE_SIZE)
		return false;
	im->p = span.host;
	im->home = (span.phys & ~UINT64_C(3)) | span.aper;
	return true;
}

/* Registers that contexts may set through the firmware: plain ones of this engine. */
static bool priv_register(struct gp104 *g, uint32_t addr)
{
	const struct reg *r;

	if (addr < 0x400000 || addr > 0x5ffffc || (addr & 3))
		return false;
	if (!g->reg_row[addr / 4])
		return false;
	r = g->rows[g->reg_row[addr / 4]];
	return r->kind == REG_RW && !r->write;
}

static void priv_write(struct gp104 *g, uint32_t addr, uint32_t val, uint32_t mask)
{
	if (priv_register(g, addr))
		reg_put(g, addr, (reg_get(g, addr) & ~mask) | (val & mask));
	else
		unknown(g, "register", "context write %06x", addr);
}

/* The list of register writes that the image's header points to; done once. */
static void apply_patches(struct gp104 *g, const struct mmu_ctx *mmu, struct image *im)
{
	uint32_t count = image_get(im, IMAGE_PATCH_COUNT), pair[2], i;
	uint64_t va = (uint64_t)image_get(im, IMAGE_PATCH_ADDR_HI) << 32 |
		      image_get(im, IMAGE_PATCH_ADDR_LO);

	if (!count)
		return;
	image_put(im, IMAGE_PATCH_COUNT, 0);
	if (count > MAX_PATCHES) {
		guest_error(g, UNIT, "context image with %u patches", count);
		return;
	}
	for (i = 0; i < count; i++) {
		if (pmmu_read(g, mmu, va + i * 8, pair, 8, &gr_client_fecs) != MMU_OK)
			return;
		priv_write(g, pair[0], pair[1], ~0u);
	}
}

/* The state that an image stands for. */
static struct gr_ctx *context_of(struct gp104 *g, struct image *im)
{
	struct gr_ctx *ctx = NULL;
	struct gr_ctx *fresh;

	if (image_get(im, IMAGE_MAGIC) == MAGIC)
		ctx = find(g->fecs, (uint64_t)image_get(im, IMAGE_STAMP + 4) << 32 |
				    image_get(im, IMAGE_STAMP));
	if (ctx)
		ctx->used = ++g->fecs->uses;
	if (ctx && ctx->home == im->home)
		return ctx;
	if (!ctx) {
		ctx = g->pgraph->blank;
		init_blank(ctx);
	}
	fresh = new_ctx(g, ctx, im->home);
	if (!fresh)
		return NULL;
	fresh->used = ++g->fecs->uses;
	image_stamp(im, fresh->stamp);
	return fresh;
}

/* Make the context of this instance block the loaded one. */
static bool load(struct gp104 *g, struct fifo_chan *chan, const struct mmu_ctx *mmu)
{
	struct pgraph *p = g->pgraph;
	struct gr_ctx *ctx = NULL;
	struct image im;

	p->chan = chan;
	p->mmu = *mmu;
	if (image_find(g, mmu, &im))
		ctx = context_of(g, &im);
	reg_put(g, CURRENT_CTX, CTX_VALID | (uint32_t)mmu->inst_aper << 28 |
		(uint32_t)(mmu->inst >> 12));
	if (!ctx) {
		guest_error(g, UNIT, "instance %llx has no graphics context",
			    (unsigned long long)mmu->inst);
		init_blank(p->blank);
		p->ctx = p->blank;
		return false;
	}
	p->ctx = ctx;
	apply_patches(g, mmu, &im);
	trace(g, UNIT, "load context %llu of instance %llx", (unsigned long long)ctx->stamp,
	      (unsigned long long)mmu->inst);
	return true;
}

void fecs_load(struct gp104 *g, struct fifo_chan *chan, const struct mmu_ctx *mmu)
{
	load(g, chan, mmu);
}

void fecs_unload(struct gp104 *g)
{
	struct pgraph *p = g->pgraph;

	p->chan = NULL;
	p->ctx = p->blank;
	init_blank(p->blank);
	reg_put(g, CURRENT_CTX, reg_get(g, CURRENT_CTX) & ~CTX_VALID);
}

/* A copy of the loaded state that later loads do not change; the image gets its stamp. */
static bool golden_save(struct gp104 *g, const struct mmu_ctx *mmu)
{
	struct gr_ctx *snapshot;
	struct image im;

	if (!image_find(g, mmu, &im))
		return false;
	snapshot = new_ctx(g, g->pgraph->ctx, HOME_NONE);
	if (!snapshot)
		return false;
	snapshot->used = ++g->fecs->uses;
	image_stamp(&im, snapshot->stamp);
	return true;
}

/* SET_FALCON04 with MME_SHADOW_SCRATCH 1 and 2 as value and mask; 0 says when it is done (Mesa
 * nvc0/mme/com9097.mme, mme9097_set_priv_reg). */
enum fifo_result gr_falcon_method(struct gp104 *g, enum gr_class c, unsigned int n, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	const uint32_t *scratch = &gr_state(p, c)[0x3400 / 4];

	if (n != 4) {
		unknown(g, "method", "SET_FALCON%02u (firmware)", n);
		return FIFO_DONE;
	}
	if (!gr_idle(p))
		return FIFO_BUSY;
	priv_write(g, data, scratch[1], scratch[2]);
	gr_method_store(g, c, 0x3400, 1);
	return FIFO_DONE;
}

/* ---- methods of the firmware ---- */

static bool instance_ctx(struct gp104 *g, uint32_t data, struct mmu_ctx *mmu)
{
	enum aperture aper = (data >> 28) & 3;

	return pmmu_ctx_load(g, mmu, aper, (uint64_t)(data & 0x0fffffff) << 12);
}

static void answer_bind(struct gp104 *g, uint32_t data)
{
	struct mmu_ctx mmu;
	bool ok = instance_ctx(g, data, &mmu) && load(g, NULL, &mmu);

	reg_set(g, SCRATCH(0), ok ? BIT(4) : BIT(5));
}

static void answer_golden_save(struct gp104 *g, uint32_t data)
{
	struct mmu_ctx mmu;
	bool ok = instance_ctx(g, data, &mmu) && golden_save(g, &mmu);

	reg_set(g, SCRATCH(0), ok ? BIT(0) : BIT(1));
}

bool fecs_ctxsw_stopped(const struct gp104 *g)
{
	return g->fecs && g->fecs->stopped;
}

static void stop_ctxsw(struct gp104 *g, bool stopped)
{
	g->fecs->stopped = stopped;
	pfifo_update_intr(g);
}

static void method_write(struct gp104 *g, uint32_t addr, uint32_t mthd)
{
	uint32_t data = reg_get(g, METHOD_DATA);

	reg_put(g, METHOD, mthd);
	if (!falcon_get(g, FALCON_FECS)->running) {
		guest_error(g, UNIT, "method %02x while FECS is halted", mthd);
		return;
	}
	switch (mthd) {
	case BIND_POINTER:
		answer_bind(g, data);
		break;
	case WFI_GOLDEN_SAVE:
		answer_golden_save(g, data);
		break;
	case HALT_PIPELINE:
		reg_put(g, SCRATCH(1), 1);
		break;
	case STOP_CTXSW:
	case START_CTXSW:
		stop_ctxsw(g, mthd == STOP_CTXSW);
		reg_put(g, SCRATCH(1), 1);
		break;
	case DISCOVER_IMAGE_SIZE:
		reg_put(g, SCRATCH(0), IMAGE_SIZE);
		break;
	case DISCOVER_ZCULL_SIZE:
		reg_put(g, SCRATCH(0), ZCULL_SIZE);
		break;
	case DISCOVER_PM_SIZE:
		reg_put(g, SCRATCH(0), PM_SIZE);
		break;
	case DISCOVER_REGLIST_SIZE:
		reg_put(g, SCRATCH(0), REGLIST_SIZE);
		break;
	case SET_REGLIST_INSTANCE:
	case SET_REGLIST_ADDRESS:
		reg_put(g, SCRATCH(0), 1);
		break;
	case SET_WATCHDOG_TIMEOUT:
		break;
	default:
		unknown(g, "method", "FECS firmware %02x", mthd);
	}
}

static void scratch_set_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_set(g, SCRATCH((addr - SCRATCH_SET) / 4), val);
}

static void scratch_clear_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	uint32_t s = SCRATCH((addr - SCRATCH_CLEAR) / 4);

	reg_put(g, s, reg_get(g, s) & ~val);
}

static uint32_t zero_read(struct gp104 *g, uint32_t addr)
{
	return 0;
}

/* GPC count 4:0, and what Fermi's drivers take as the ROP count, 20:16. */
static uint32_t units_read(struct gp104 *g, uint32_t addr)
{
	return g->cfg.gpcs | 1u << 16;
}

/* The firmware says that it runs (nouveau gf100_gr_init_ctxctl_ext waits for it). */
static void fecs_started(struct gp104 *g, struct falcon *f)
{
	if (!f->ls_loaded) {
		guest_error(g, UNIT, "FECS started without a firmware that ACR has verified");
		return;
	}
	g->fecs->stopped = false;
	reg_set(g, SCRATCH(0), 1);
}

static void gpccs_started(struct gp104 *g, struct falcon *f)
{
	if (!f->ls_loaded)
		guest_error(g, UNIT, "GPCCS started without a firmware that ACR has verified");
}

void fecs_engine_reset(struct gp104 *g)
{
	unsigned int i;

	falcon_reset(g, falcon_get(g, FALCON_FECS));
	falcon_reset(g, falcon_get(g, FALCON_GPCCS));
	fecs_unload(g);
	for (i = 0; i < 8; i++)
		reg_put(g, SCRATCH(i), 0);
	reg_put(g, CURRENT_CTX, 0);
	reg_put(g, NEXT_CTX, 0);
	stop_ctxsw(g, false);
}

/*
 * The contexts stay: they are what images stand for that the driver saves before the machine sleeps, and
 * brings back to video memory afterwards.
 */
void fecs_board_reset(struct gp104 *g)
{
	g->fecs->stopped = false;
}

static int fecs_init(struct gp104 *g)
{
	g->fecs = calloc(1, sizeof(*g->fecs));
	if (!g->fecs)
		return -ENOMEM;
	falcon_get(g, FALCON_FECS)->started = fecs_started;
	falcon_get(g, FALCON_GPCCS)->started = gpccs_started;
	return 0;
}

static void fecs_fini(struct gp104 *g)
{
	unsigned int i;

	if (!g->fecs)
		return;
	for (i = 0; i < CONTEXTS; i++)
		free(g->fecs->ctx[i]);
	free(g->fecs);
	g->fecs = NULL;
}

static const struct reg regs[] = {
	REG(0x409400, "FECS.DONE", REG_RO),
	REG(METHOD_DATA, "FECS.METHOD_DATA", REG_RW),
	REG(METHOD, "FECS.METHOD", REG_RW, .write = method_write),
	REG(UNITS, "FECS.UNITS", REG_RO, .read = units_read),
	REG(0x409614, "FECS.CTXSW_RESET_CTL", REG_RW),
	REG(SCRATCH(0), "FECS.CC_SCRATCH", REG_RW, .count = 8),
	REG(SCRATCH_SET, "FECS.CC_SCRATCH_SET", REG_RW, .count = 8, .read = zero_read,
	  .write = scratch_set_write),
	REG(SCRATCH_CLEAR, "FECS.CC_SCRATCH_CLEAR", REG_RW, .count = 8, .read = zero_read,
	  .write = scratch_clear_write),
	REG(CURRENT_CTX, "FECS.CURRENT_CTX", REG_RW),
	REG(NEXT_CTX, "FECS.NEXT_CTX", REG_RW),
	REG(0x409c18, "FECS.HOST_INTR", REG_RO),
	REG(0x409c20, "FECS.HOST_INTR_CLEAR", REG_RW),
	REG(0x409c24, "FECS.HOST_INTR_EN", REG_RW),
	REG(0x41a400, "GPCCS.DONE", REG_RO),
	REG(0x41a800, "GPCCS.CC_SCRATCH", REG_RW, .count = 8),
	REG(0x502400, "GPC.GPCCS.DONE", REG_RO, .count = GR_GPCS, .stride = 0x8000),
	REG(0x502800, "GPC.GPCCS.CC_SCRATCH", REG_RW, .count = 8, .count2 = GR_GPCS,
	  .stride2 = 0x8000),
};

const struct unit fecs_unit = {
	.name = UNIT,
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = fecs_init,
	.fini = fecs_fini,
};
