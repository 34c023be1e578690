// SPDX-License-Identifier: MIT
/*
 * pgraph-compute.c - class c1c0, PASCAL_COMPUTE_B: from a launch's QMD to a grid on the SMs.
 *
 * Methods: clc1c0.h (NVIDIA, open-gpu-doc). Use: Mesa nvc0/nve4_compute.c.
 */
#include <stdlib.h>

#include "pgraph.h"

#define UNIT	"pgraph"

#define SHARED_WINDOW_OLD		0x0214
#define INVALIDATE_SHADER_CACHES	0x021c
#define SHARED_WINDOW			0x02a0
#define SEND_PCAS_A			0x02b4
#define SEND_PCAS_B			0x02b8
#define SEND_SIGNALING_PCAS_B		0x02bc
#define LOCAL_NON_THROTTLED		0x02e4	/* bytes per SM: upper, lower; number of SMs */
#define LOCAL_THROTTLED			0x02f0
#define LOAD_INLINE_QMD			0x0320
#define FALCON(n)			(0x0500 + (n) * 4)
#define LOCAL_WINDOW_OLD		0x077c
#define LOCAL_MEMORY			0x0790
#define LOCAL_WINDOW			0x07b0
#define SAMPLER_POOL			0x155c
#define HEADER_POOL			0x1574
#define PROGRAM_REGION			0x1608
#define INVALIDATE_NO_WFI		0x1698
#define REPORT_SEMAPHORE_D		0x1b0c
#define BINDLESS_TEXTURE		0x2608

#define INVALIDATE_INSTRUCTION		BIT(0)
#define PCAS_SCHEDULE			BIT(1)

#define SKED_ESR			0x407020

/* A pair of words at @mthd as an address: the first has the upper bits. */
static uint64_t pair(const uint32_t *m, uint32_t mthd)
{
	return (uint64_t)m[mthd / 4] << 32 | m[mthd / 4 + 1];
}

static void fill_class_state(const uint32_t *m, const struct qmd *q, struct sm_grid *s)
{
	uint32_t local = q->throttled ? LOCAL_THROTTLED : LOCAL_NON_THROTTLED;

	s->local_base = pair(m, LOCAL_MEMORY);
	s->local_per_sm = pair(m, local);
	s->local_max_sms = m[local / 4 + 2];
	s->local_window = pair(m, LOCAL_WINDOW);
	s->shared_window = pair(m, SHARED_WINDOW);
	s->tic_base = pair(m, HEADER_POOL);
	s->tic_max = m[HEADER_POOL / 4 + 2];
	s->tsc_base = pair(m, SAMPLER_POOL);
	s->tsc_max = m[SAMPLER_POOL / 4 + 2];
	s->tex_cbuf = m[BINDLESS_TEXTURE / 4] & 7;
	s->program_region = pair(m, PROGRAM_REGION);
	s->program = s->program_region + q->program_offset;
}

static void fill_qmd(const struct qmd *q, struct sm_grid *s)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		s->grid_dim[i] = q->grid[i];
		s->block_dim[i] = q->block[i];
	}
	s->registers = q->registers;
	s->barriers = q->barriers;
	s->shared_size = q->shared_size;
	s->local_low = q->local_low;
	s->local_high = q->local_high;
	s->crs_size = q->crs_size;
	s->linked_tsc = q->linked_tsc;
	for (i = 0; i < SM_CBUFS; i++) {
		s->cbuf[i].addr = q->cbuf[i].addr;
		s->cbuf[i].size = q->cbuf[i].size;
		s->cbuf[i].valid = q->cbuf[i].valid;
	}
}

static enum fifo_result sked_error(struct gp104 *g, uint64_t va, uint32_t bits, const char *why)
{
	guest_error(g, UNIT, "QMD at %llx is refused: %08x %s", (unsigned long long)va, bits, why);
	gr_trap(g, GR_TRAP_SKED, SKED_ESR, bits);
	return FIFO_DONE;
}

static void trace_launch(struct gp104 *g, const struct gr_grid *grid)
{
	const struct sm_grid *s = &grid->sm;

	trace(g, UNIT, "launch QMD %llx: program %llx, grid %u x %u x %u, block %u x %u x %u, "
	      "%u registers, %u shared, %u local", (unsigned long long)grid->qmd_va,
	      (unsigned long long)s->program, s->grid_dim[0], s->grid_dim[1], s->grid_dim[2],
	      s->block_dim[0], s->block_dim[1], s->block_dim[2], s->registers, s->shared_size,
	      s->local_low);
}

static enum fifo_result start_grid(struct gp104 *g, struct gr_grid *grid)
{
	struct pgraph *p = g->pgraph;
	const char *why = "";

	fill_class_state(gr_state(p, GR_COMPUTE), &grid->qmd, &grid->sm);
	fill_qmd(&grid->qmd, &grid->sm);
	grid->sm.owner = p->chan;
	grid->sm.space = p->mmu.space;
	grid->mmu = p->mmu;
	grid->next = p->grids;
	p->grids = grid;
	p->ngrids++;
	trace_launch(g, grid);
	if (grid->qmd.invalidate_instructions)
		sm_gpu_flush(p->sm, SM_FLUSH_CODE);
	if (sm_launch(p->sm, &grid->sm, &why)) {
		uint64_t va = grid->qmd_va;

		gr_grid_remove(p, grid);
		return sked_error(g, va, SKED_TOTAL_TEMP_SIZE, why);
	}
	gp104_kick(g);
	return FIFO_DONE;
}

static enum fifo_result launch(struct gp104 *g, uint64_t va)
{
	struct pgraph *p = g->pgraph;
	uint32_t words[QMD_WORDS], bits;
	struct gr_grid *grid;
	enum mmu_result r;

	if (p->ngrids >= GR_MAX_GRIDS)
		return FIFO_BUSY;
	r = pmmu_read(g, &p->mmu, va, words, sizeof(words), &gr_client_sked);
	if (r != MMU_OK)
		return gr_mem_result(g, r);
	grid = calloc(1, sizeof(*grid));
	if (!grid)
		return FIFO_BUSY;
	grid->g = g;
	grid->qmd_va = va;
	if (!qmd_decode(words, &grid->qmd)) {
		unknown(g, "method", "QMD version %u.%u", grid->qmd.major, grid->qmd.minor);
		free(grid);
		return sked_error(g, va, 0, "version");
	}
	if (grid->qmd.is_queue || grid->qmd.has_dependent)
		unknown(g, "method", "QMD with %s",
			grid->qmd.is_queue ? "IS_QUEUE" : "DEPENDENT_QMD");
	bits = qmd_check(&grid->qmd);
	if (bits) {
		free(grid);
		return sked_error(g, va, bits, "");
	}
	return start_grid(g, grid);
}

static enum fifo_result invalidate(struct gp104 *g, uint32_t data, bool wait)
{
	if (wait && !gr_idle(g->pgraph))
		return FIFO_BUSY;
	if (data & INVALIDATE_INSTRUCTION)
		sm_gpu_flush(g->pgraph->sm, SM_FLUSH_CODE);
	return FIFO_DONE;
}

/* The windows have an old method of 32 bits and a new pair of 49: what was written last counts. */
static void old_window(struct gp104 *g, uint32_t mthd, uint32_t data)
{
	gr_method_store(g, GR_COMPUTE, mthd, 0);
	gr_method_store(g, GR_COMPUTE, mthd + 4, data);
}

enum fifo_result gr_compute_method(struct gp104 *g, uint32_t mthd, uint32_t data)
{
	if (mthd >= FALCON(0) && mthd <= FALCON(31))
		return gr_falcon_method(g, GR_COMPUTE, (mthd - FALCON(0)) / 4, data);
	if (mthd >= LOAD_INLINE_QMD && mthd < LOAD_INLINE_QMD + QMD_BYTES) {
		unknown(g, "method", "LOAD_INLINE_QMD_DATA is not executed");
		return FIFO_DONE;
	}
	switch (mthd) {
	case SHARED_WINDOW_OLD:
		old_window(g, SHARED_WINDOW, data);
		return FIFO_DONE;
	case LOCAL_WINDOW_OLD:
		old_window(g, LOCAL_WINDOW, data);
		return FIFO_DONE;
	case INVALIDATE_SHADER_CACHES:
		return invalidate(g, data, true);
	case INVALIDATE_NO_WFI:
		return invalidate(g, data, false);
	case SEND_PCAS_B:
		unknown(g, "method", "SEND_PCAS_B is not executed");
		return FIFO_DONE;
	case SEND_SIGNALING_PCAS_B:
		if (!(data & PCAS_SCHEDULE))
			return FIFO_DONE;
		return launch(g, (uint64_t)gr_state(g->pgraph, GR_COMPUTE)[SEND_PCAS_A / 4] << 8);
	case REPORT_SEMAPHORE_D:
		return gr_report_semaphore(g, GR_COMPUTE, data);
	default:
		return FIFO_DONE;
	}
}
