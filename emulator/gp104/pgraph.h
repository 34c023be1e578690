/* SPDX-License-Identifier: MIT */
/*
 * pgraph.h - the graphics engine: front end, context control, and the classes that it executes.
 *
 * pgraph.c owns the registers and the interrupts; pgraph-fe.c dispatches methods; pgraph-sm.c
 * stands between the board and its SMs; fecs.c is the context-switch microcontrollers, at a high
 * level; mme.c the macro processor; pgraph-3d.c, -compute.c, -2d.c and -i2m.c one class each.
 */
#ifndef PGRAPH_H
#define PGRAPH_H

#include "gp104.h"
#include "mme.h"
#include "pfifo.h"
#include "pgraph-methods.h"
#include "pmmu.h"
#include "qmd.h"
#include "../sm/sm.h"

#define GR_SUBCHANNELS	8

/* A row of a register table. */
#define REG(a, n, k, ...)	{ .addr = (a), .name = (n), .kind = (k), __VA_ARGS__ }

/* A full GP104: 4 GPCs of 5 TPCs. nouveau's limits are 6 and 5 (gp104.c). */
#define GR_GPCS		4
#define GR_TPCS		5
#define GR_PPCS		3

/* NV_PGRAPH_INTR, 0x400100 (nouveau gf100_gr_intr). */
#define GR_INTR_NOTIFY		BIT(0)
#define GR_INTR_ILLEGAL_MTHD	BIT(4)
#define GR_INTR_ILLEGAL_CLASS	BIT(5)
#define GR_INTR_FECS		BIT(19)
#define GR_INTR_DATA_ERROR	BIT(20)
#define GR_INTR_TRAP		BIT(21)

/* NV_PGRAPH_TRAP, 0x400108 (nouveau gf100_gr_trap_intr). */
#define GR_TRAP_DISPATCH	BIT(0)
#define GR_TRAP_M2MF		BIT(1)
#define GR_TRAP_MACRO		BIT(7)
#define GR_TRAP_SKED		BIT(8)
#define GR_TRAP_GPC		BIT(24)

/* DATA_ERROR codes, 0x400110 (nouveau nv50.c, nv50_data_error_names). */
#define GR_DATA_INVALID_OPERATION	0x03
#define GR_DATA_INVALID_VALUE		0x04
#define GR_DATA_INVALID_ENUM		0x05
#define GR_DATA_INVALID_BITFIELD	0x0c

/* Inline-to-memory transfer under way: one per class that has the methods. */
struct i2m_state {
	uint32_t active;
	uint32_t word;			/* payload words taken so far */
	uint32_t words;			/* payload words of the whole transfer */
};

struct cb_binding {
	uint64_t addr;
	uint32_t size, valid;
};

#define GR_STAGES	5		/* shader stages of the 3D class with constant buffers */
#define GR_CBUFS	18

/* What a context switch saves and restores: everything that methods set. */
struct gr_ctx {
	uint64_t stamp;			/* as in the context image; 0: none */
	uint64_t home;			/* physical address of the image + aperture in bits 1:0 */
	uint64_t used;			/* for the oldest to go first */
	int8_t object[GR_SUBCHANNELS];	/* enum gr_class, -1: none */
	uint32_t m[GR_CLASSES][GR_METHOD_WORDS];	/* last value of each method */
	struct mme mme;
	struct i2m_state i2m[GR_CLASSES];
	struct cb_binding cb[GR_STAGES][GR_CBUFS];
	uint32_t progress;		/* rows done of the clear, fill or blit that host repeats */
};

/* A launch in flight. */
struct gr_grid {
	struct sm_grid sm;		/* first: the SM layer's callbacks give this address */
	struct gp104 *g;
	struct gr_grid *next;
	struct mmu_ctx mmu;
	struct qmd qmd;
	uint64_t qmd_va;
};

#define GR_MAX_GRIDS	64

struct pgraph {
	struct sm_gpu *sm;
	struct gr_ctx *ctx;		/* loaded; never NULL */
	struct gr_ctx *blank;		/* what is loaded when no channel's is */
	struct mmu_ctx mmu;		/* address space of the loaded context */
	struct fifo_chan *chan;		/* NULL when FECS loaded it without host (golden context) */
	struct gr_grid *grids;
	unsigned int ngrids;
	bool halted;			/* an exception: the front end waits for the driver */
	bool hung;			/* a fatal fault: nothing moves until the engine is reset */
	uint64_t generation;		/* of translations, at the last slice */
	struct sm_stats seen;		/* SM counters already added to the board's */
	/* where exceptions happened, for 0x400704 and 0x400708 */
	unsigned int subc;
	uint32_t mthd, data;
};

/* What host calls (pgraph-fe.c); what the SMs and the MMU call (pgraph-sm.c). */
extern const struct fifo_engine gr_fifo_ops;
extern const struct sm_ops gr_sm_ops;
extern const struct mmu_gr_ops gr_mmu_ops;

/* pgraph.c, for the classes. */

/* A client of the hub's side of the engine, for pmmu. */
extern const struct mmu_client gr_client_fe, gr_client_sked, gr_client_2d, gr_client_prop,
	gr_client_fecs;

/* Take a fault or an error into account; the result for pfifo. */
enum fifo_result gr_mem_result(struct gp104 *g, enum mmu_result r);
/* Stop the front end with an exception; the result for pfifo (the method counts as taken). */
enum fifo_result gr_data_error(struct gp104 *g, uint32_t code);
enum fifo_result gr_illegal_class(struct gp104 *g, uint32_t number);
void gr_raise_intr(struct gp104 *g, uint32_t bits);
/* Does the driver let host's methods in? */
bool gr_fifo_access(struct gp104 *g);
void gr_trap(struct gp104 *g, uint32_t trap_bit, uint32_t esr_reg, uint32_t esr);
/* Nothing of the engine's pipelines is at work. */
static inline bool gr_idle(const struct pgraph *p)
{
	return !p->grids;
}
static inline uint32_t *gr_state(struct pgraph *p, enum gr_class c)
{
	return p->ctx->m[c];
}
/* The 40- or 49-bit address in a pair of methods: upper word first. */
static inline uint64_t gr_addr(const uint32_t *m, uint32_t mthd)
{
	return (uint64_t)(m[mthd / 4] & 0x1ffff) << 32 | m[mthd / 4 + 1];
}
/* One method of a class, as from pfifo or from a macro. */
enum fifo_result gr_method(struct gp104 *g, unsigned int subc, enum gr_class c, uint32_t mthd,
			   uint32_t data);
/* Store a method's value without effects (sw_method_init, macros' shadow writes). */
void gr_method_store(struct gp104 *g, enum gr_class c, uint32_t mthd, uint32_t data);
void gr_grid_remove(struct pgraph *p, struct gr_grid *grid);

/* The classes. Called with the method's value stored in ctx->m[class]. */
enum fifo_result gr_3d_method(struct gp104 *g, uint32_t mthd, uint32_t data);
enum fifo_result gr_compute_method(struct gp104 *g, uint32_t mthd, uint32_t data);
enum fifo_result gr_2d_method(struct gp104 *g, uint32_t mthd, uint32_t data);
/* Inline to memory: part of 3D, compute and its own class, at the same addresses in all. */
bool gr_i2m_owns(uint32_t mthd);
enum fifo_result gr_i2m_method(struct gp104 *g, enum gr_class c, uint32_t mthd, uint32_t data);
/* SET_REPORT_SEMAPHORE_D of 3D and compute. */
enum fifo_result gr_report_semaphore(struct gp104 *g, enum gr_class c, uint32_t data);
/* SET_FALCON04: context-switch firmware, write a privileged register with a mask. */
enum fifo_result gr_falcon_method(struct gp104 *g, enum gr_class c, unsigned int n, uint32_t data);
bool gr_render_enabled(struct gp104 *g, enum gr_class c);

/* pgraph-surface.c: two-dimensional memory, in GOBs of 64 bytes x 8 rows or linear. */
struct gr_surface {
	uint64_t addr;
	bool linear;
	uint32_t pitch;			/* bytes per row; width in bytes when not linear */
	uint32_t height, depth;
	uint32_t block_h, block_d;	/* log2 of GOBs */
	uint32_t layer;			/* z within the block-linear volume */
};
uint64_t gr_surface_offset(const struct gr_surface *s, uint32_t x_bytes, uint32_t y);
/* @n bytes of one row, from @x_bytes on. */
enum mmu_result gr_surface_read(struct gp104 *g, const struct gr_surface *s, uint32_t x_bytes,
				uint32_t y, void *buf, uint32_t n, const struct mmu_client *client);
enum mmu_result gr_surface_write(struct gp104 *g, const struct gr_surface *s, uint32_t x_bytes,
				 uint32_t y, const void *buf, uint32_t n,
				 const struct mmu_client *client);
/* Long operations stop after this many bytes and go on in a later slice. */
#define GR_SLICE_BYTES	(1u << 20)

/* fecs.c */
void fecs_load(struct gp104 *g, struct fifo_chan *chan, const struct mmu_ctx *mmu);
void fecs_unload(struct gp104 *g);
void fecs_board_reset(struct gp104 *g);	/* contexts that were saved stay */
void fecs_engine_reset(struct gp104 *g);
extern const struct unit fecs_unit;

extern const struct unit pgraph_unit;
/* pgraph-lists.c: registers that drivers initialise and nothing here reads. */
extern const struct unit pgraph_lists_unit;

#endif
