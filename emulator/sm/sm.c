// SPDX-License-Identifier: MIT
/*
 * Grids, CTAs and the SMs that they run on: launch, placement, slices, replay, cancel, kill,
 * context switch, traps.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec.h"

#define QUANTUM 256	/* warp instructions until the next warp's turn */

extern const struct variant variant_base;
#ifdef SM_HAVE_V3
extern const struct variant variant_v3;
#endif

static const char *const trap_names[] = {
	[SM_TRAP_STACK_ERROR] = "STACK_ERROR",
	[SM_TRAP_API_STACK_ERROR] = "API_STACK_ERROR",
	[SM_TRAP_RET_EMPTY_STACK] = "RET_EMPTY_STACK_ERROR",
	[SM_TRAP_PC_WRAP] = "PC_WRAP",
	[SM_TRAP_MISALIGNED_PC] = "MISALIGNED_PC",
	[SM_TRAP_PC_OVERFLOW] = "PC_OVERFLOW",
	[SM_TRAP_MISALIGNED_IMMC] = "MISALIGNED_IMMC_ADDR",
	[SM_TRAP_MISALIGNED_REG] = "MISALIGNED_REG",
	[SM_TRAP_ILLEGAL_ENCODING] = "ILLEGAL_INSTR_ENCODING",
	[SM_TRAP_ILLEGAL_PARAM] = "ILLEGAL_INSTR_PARAM",
	[SM_TRAP_INVALID_CONST] = "INVALID_CONST_ADDR",
	[SM_TRAP_OOR_REG] = "OOR_REG",
	[SM_TRAP_OOR_ADDR] = "OOR_ADDR",
	[SM_TRAP_MISALIGNED_ADDR] = "MISALIGNED_ADDR",
	[SM_TRAP_INVALID_ADDR_SPACE] = "INVALID_ADDR_SPACE",
	[SM_TRAP_INVALID_CONST_LDC] = "INVALID_CONST_ADDR_LDC",
};

const uint32_t lane_bit[LANES] = {
	1u << 0, 1u << 1, 1u << 2, 1u << 3, 1u << 4, 1u << 5, 1u << 6, 1u << 7,
	1u << 8, 1u << 9, 1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15,
	1u << 16, 1u << 17, 1u << 18, 1u << 19, 1u << 20, 1u << 21, 1u << 22, 1u << 23,
	1u << 24, 1u << 25, 1u << 26, 1u << 27, 1u << 28, 1u << 29, 1u << 30, 1u << 31,
};

const char *sm_trap_name(unsigned int code)
{
	if (code >= sizeof(trap_names) / sizeof(*trap_names) || !trap_names[code])
		return "";
	return trap_names[code];
}

/* ---- traps ---- */

void grid_stop(struct sm_grid *grid, enum sm_grid_status status)
{
	struct grid_state *gs = grid_state(grid);

	if (gs->stopped)
		return;
	gs->stopped = true;
	gs->status = status;
}

static void trap_report(struct warp *w, struct sm_trap *trap)
{
	struct sm_gpu *gpu = w->sm->gpu;

	trap->gpc = w->sm->gpc;
	trap->tpc = w->sm->tpc;
	trap->warp = w->slot;
	trap->pc = w->pc;
	if (w->page && w->page_va == (w->pc & ~PAGE_MASK))
		trap->word = w->page->word[(w->pc & PAGE_MASK) / 8];
	if (grid_state(w->grid)->stopped)
		return;
	gpu->stats.traps++;
	grid_stop(w->grid, SM_GRID_TRAPPED);
	gpu->config.ops->trap(gpu->config.opaque, w->grid, trap);
}

enum step warp_trap(struct warp *w, unsigned int code, uint64_t addr, const char *fmt, ...)
{
	struct sm_trap trap = { .code = code, .addr = addr };
	va_list ap;

	if (code == SM_TRAP_STACK_ERROR)
		trap.global = 0x8;	/* PHYSICAL_STACK_OVERFLOW, nouveau gf100.c */
	va_start(ap, fmt);
	vsnprintf(trap.what, sizeof(trap.what), fmt, ap);
	va_end(ap);
	trap_report(w, &trap);
	return STEP_TRAP;
}

enum step exec_illegal(struct warp *w, const struct insn *i, uint32_t mask)
{
	struct sm_trap trap = { .code = SM_TRAP_ILLEGAL_ENCODING };

	trap.unimplemented = i->in.op != SM_OP_INVALID;
	if (trap.unimplemented)
		snprintf(trap.what, sizeof(trap.what), "%s is not executed: %s",
			 sm_op_name(i->in.op), i->why ? i->why : "no such operation in this SM");
	else
		snprintf(trap.what, sizeof(trap.what), "no instruction");
	if (i->trap_code)
		trap.code = i->trap_code;
	trap_report(w, &trap);
	return STEP_TRAP;
}

/* ---- warps and CTAs ---- */

static void warp_put(struct sm_gpu *gpu, struct warp *w)
{
	if (!w)
		return;
	w->next = gpu->pool;
	gpu->pool = w;
}

/* a cleared warp, with the buffers of one that has ended if there is any */
static struct warp *warp_get(struct sm_gpu *gpu, uint32_t rows)
{
	struct warp *w = gpu->pool;
	struct warp keep = { 0 };

	if (w) {
		gpu->pool = w->next;
		keep.rows = w->rows;
		keep.rows_cap = w->rows_cap;
		keep.stack = w->stack;
		keep.stack_cap = w->stack_cap;
	} else {
		w = aligned_alloc(64, (sizeof(*w) + 63) & ~(size_t)63);
		if (!w)
			return NULL;
	}
	*w = keep;
	if (w->rows_cap < rows) {
		free(w->rows);
		w->rows_cap = 0;
		w->rows = aligned_alloc(64, (size_t)rows * LANES * 4);
		if (!w->rows) {
			warp_put(gpu, w);
			return NULL;
		}
		w->rows_cap = rows;
	}
	memset(w->rows, 0, (size_t)rows * LANES * 4);
	return w;
}

static uint32_t round_up(uint32_t v, uint32_t to)
{
	return (v + to - 1) / to * to;
}

static uint32_t block_threads(const struct sm_grid *g)
{
	return g->block_dim[0] * g->block_dim[1] * g->block_dim[2];
}

/* registers are handed out in units of 256 a warp (CUDA occupancy calculator, 6.1) */
static uint32_t thread_regs(const struct sm_grid *g)
{
	return round_up(g->registers ? g->registers : 1, 8);
}

static bool owner_suspended(const struct sm_gpu *gpu, const void *owner)
{
	for (uint32_t n = 0; n < gpu->nsuspended; n++)
		if (gpu->suspended[n] == owner)
			return true;
	return false;
}

static void cta_free(struct cta *cta)
{
	for (uint32_t n = 0; n < cta->warps; n++)
		warp_put(cta->sm->gpu, cta->warp[n]);
	free(cta->shared);
	free(cta);
}

/* takes the SM's resources: warp slots were found free before */
static void cta_occupy(struct cta *cta)
{
	struct sm *sm = cta->sm;

	for (uint32_t n = 0; n < cta->warps; n++) {
		struct warp *w = cta->warp[n];

		sm->warp[w->slot] = w;
		if (w->slot >= sm->nwarps)
			sm->nwarps = w->slot + 1;
	}
	sm->used_warps += cta->warps;
	sm->used_ctas++;
	sm->used_regs += cta->regs;
	sm->used_shared += cta->shared_size;
	cta->parked = false;
}

static void cta_vacate(struct cta *cta)
{
	struct sm *sm = cta->sm;

	if (cta->parked)
		return;
	for (uint32_t n = 0; n < cta->warps; n++)
		sm->warp[cta->warp[n]->slot] = NULL;
	sm->used_warps -= cta->warps;
	sm->used_ctas--;
	sm->used_regs -= cta->regs;
	sm->used_shared -= cta->shared_size;
	cta->parked = true;
}

/* warp slots that have local memory behind them */
static uint32_t usable_slots(const struct sm_grid *g)
{
	uint64_t slots;

	if (!(g->local_low + g->local_high))
		return SM_WARPS;
	slots = g->local_per_sm / grid_state(g)->local_stride;
	return slots < SM_WARPS ? slots : SM_WARPS;
}

static uint32_t free_slots(const struct sm *sm, uint32_t limit)
{
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < limit; slot++)
		n += !sm->warp[slot];
	return n;
}

static bool cta_fits(const struct sm *sm, const struct sm_grid *g)
{
	uint32_t warps = grid_state(g)->warps;

	return sm->used_ctas < SM_CTAS && sm->used_warps + warps <= SM_WARPS &&
	       sm->used_regs + warps * thread_regs(g) * LANES <= SM_REGS &&
	       sm->used_shared + round_up(g->shared_size, 256) <= SM_SHARED &&
	       free_slots(sm, usable_slots(g)) >= warps;
}

static void warp_start(struct warp *w, struct cta *cta, uint32_t index, uint32_t slot)
{
	struct sm_grid *g = cta->grid;
	uint32_t threads = block_threads(g) - index * LANES;
	uint64_t crs = g->crs_size / 8;

	w->grid = g;
	w->cta = cta;
	w->sm = cta->sm;
	w->index = index;
	w->slot = slot;
	w->nregs = thread_regs(g);
	w->live = threads >= LANES ? FULL : (1u << threads) - 1;
	w->active = w->live;
	w->p[SM_PT] = FULL;
	w->page_va = ~0ull;
	w->pc = g->program;
	if (!(w->pc & (SM_BUNDLE_BYTES - 1)))
		w->pc += SM_INSN_BYTES;
	w->stack_max = STACK_ONCHIP + (crs < STACK_MAX ? crs : STACK_MAX);
	w->local = g->local_base + cta->sm->index * g->local_per_sm +
		   (uint64_t)slot * grid_state(g)->local_stride;
	w->state = WARP_READY;
}

static bool cta_start(struct sm *sm, struct sm_grid *g)
{
	struct grid_state *gs = grid_state(g);
	struct cta *cta = calloc(1, sizeof(*cta));
	uint64_t id = gs->next_cta;
	uint32_t slot = 0;

	if (!cta)
		return false;
	cta->sm = sm;
	cta->grid = g;
	cta->warps = gs->warps;
	cta->regs = gs->warps * thread_regs(g) * LANES;
	cta->shared_size = round_up(g->shared_size, 256);
	cta->shared = aligned_alloc(64, cta->shared_size ? cta->shared_size : 64);
	cta->id[0] = id % g->grid_dim[0];
	cta->id[1] = id / g->grid_dim[0] % g->grid_dim[1];
	cta->id[2] = id / g->grid_dim[0] / g->grid_dim[1];
	cta->parked = true;
	for (uint32_t n = 0; cta->shared && n < cta->warps; n++) {
		cta->warp[n] = warp_get(sm->gpu, ROW_R0 + thread_regs(g) + 4);
		if (!cta->warp[n])
			break;
		while (sm->warp[slot])
			slot++;
		warp_start(cta->warp[n], cta, n, slot++);
	}
	if (!cta->shared || !cta->warp[cta->warps - 1]) {
		cta_free(cta);
		return false;
	}
	memset(cta->shared, 0, cta->shared_size);
	cta_occupy(cta);
	cta->next = sm->ctas;
	sm->ctas = cta;
	gs->next_cta++;
	sm->gpu->stats.ctas++;
	sm->gpu->stats.warps += cta->warps;
	return true;
}

static struct sm *emptiest(struct sm_gpu *gpu, const struct sm_grid *g)
{
	struct sm *best = NULL;

	for (uint32_t n = 0; n < gpu->nsm; n++) {
		struct sm *sm = &gpu->sm[n];

		if (cta_fits(sm, g) && (!best || sm->used_warps < best->used_warps))
			best = sm;
	}
	return best;
}

/* suspended CTAs come back to the very slots that they had: their local memory is there */
static void unpark(struct sm *sm)
{
	for (struct cta *cta = sm->ctas; cta; cta = cta->next) {
		uint32_t n;

		if (!cta->parked || owner_suspended(sm->gpu, cta->grid->owner))
			continue;
		for (n = 0; n < cta->warps && !sm->warp[cta->warp[n]->slot]; n++)
			;
		if (n == cta->warps && sm->used_ctas < SM_CTAS &&
		    sm->used_regs + cta->regs <= SM_REGS &&
		    sm->used_shared + cta->shared_size <= SM_SHARED)
			cta_occupy(cta);
	}
}

static void place(struct sm_gpu *gpu)
{
	for (uint32_t n = 0; n < gpu->nsm; n++)
		unpark(&gpu->sm[n]);
	for (struct sm_grid *g = gpu->grids; g; g = g->next) {
		struct grid_state *gs = grid_state(g);
		struct sm *sm;

		if (gs->stopped || owner_suspended(gpu, g->owner))
			continue;
		while (gs->next_cta < gs->ctas) {
			sm = emptiest(gpu, g);
			if (!sm)
				return;
			if (!cta_start(sm, g)) {
				grid_stop(g, SM_GRID_KILLED);	/* the host is out of memory */
				gpu->ended = true;
				break;
			}
		}
	}
}

/* ---- the end of warps, CTAs and grids ---- */

static void warp_done(struct warp *w)
{
	w->state = WARP_DONE;
	w->cta->done++;
	if (w->cta->done == w->cta->warps)
		w->sm->gpu->ended = true;
	else
		barrier_warp_done(w->cta);
}

static void reap_ctas(struct sm *sm)
{
	struct cta **link = &sm->ctas;

	while (*link) {
		struct cta *cta = *link;
		struct grid_state *gs = grid_state(cta->grid);

		if (!gs->stopped && cta->done < cta->warps) {
			link = &cta->next;
			continue;
		}
		*link = cta->next;
		gs->done++;
		cta_vacate(cta);
		cta_free(cta);
	}
}

static void reap(struct sm_gpu *gpu)
{
	struct sm_grid **link = &gpu->grids;

	gpu->ended = false;
	for (uint32_t n = 0; n < gpu->nsm; n++)
		reap_ctas(&gpu->sm[n]);
	while (*link) {
		struct sm_grid *g = *link;
		struct grid_state *gs = grid_state(g);
		enum sm_grid_status status = gs->status;

		if (!gs->stopped && gs->done < gs->ctas) {
			link = &g->next;
			continue;
		}
		*link = g->next;
		g->next = NULL;
		g->priv = NULL;
		free(gs);
		gpu->config.ops->grid_done(gpu->config.opaque, g, status);
	}
}

/* ---- slices ---- */

static void apply_flush(struct sm_gpu *gpu)
{
	uint32_t what = __atomic_exchange_n(&gpu->flush, 0, __ATOMIC_ACQ_REL);

	if (!what)
		return;
	for (uint32_t n = 0; (what & SM_FLUSH_TLB) && n < gpu->nsm; n++)
		memset(gpu->sm[n].tlb, 0, sizeof(gpu->sm[n].tlb));
	code_flush(gpu, what & SM_FLUSH_CODE);
}

static uint64_t run_warp(struct warp *w, uint64_t budget)
{
	struct sm_gpu *gpu = w->sm->gpu;
	uint64_t n = gpu->variant->run(w, budget < QUANTUM ? budget : QUANTUM);

	w->sm->clock += n;
	gpu->stats.warp_insns += n;
	gpu->stats.thread_insns += w->thread_insns;
	w->thread_insns = 0;
	if (grid_state(w->grid)->stopped)
		gpu->ended = true;
	else if (!w->live)
		warp_done(w);
	return n;
}

static bool runnable(const struct warp *w)
{
	return w && w->state == WARP_READY && !grid_state(w->grid)->stopped;
}

/* one turn of each ready warp of an SM */
static uint64_t run_sm(struct sm *sm, uint64_t budget)
{
	uint64_t done = 0;

	for (uint32_t k = 0; k < sm->nwarps && done < budget; k++) {
		struct warp *w = sm->warp[(sm->turn + k) % sm->nwarps];

		if (!runnable(w))
			continue;
		done += run_warp(w, budget - done);
		if (__atomic_load_n(&sm->gpu->stop, __ATOMIC_RELAXED)) {
			sm->turn = (sm->turn + k + 1) % sm->nwarps;
			return done;
		}
	}
	while (sm->nwarps && !sm->warp[sm->nwarps - 1])
		sm->nwarps--;
	return done;
}

static enum sm_run_status run_status(const struct sm_gpu *gpu)
{
	enum sm_run_status status = SM_IDLE;

	for (const struct sm_grid *g = gpu->grids; g; g = g->next)
		if (!owner_suspended(gpu, g->owner))
			status = SM_STALLED;
	for (uint32_t n = 0; n < gpu->nsm; n++)
		for (uint32_t slot = 0; slot < gpu->sm[n].nwarps; slot++)
			if (runnable(gpu->sm[n].warp[slot]))
				return SM_BUSY;
	return status;
}

enum sm_run_status sm_gpu_run(struct sm_gpu *gpu, uint64_t budget)
{
	apply_flush(gpu);
	place(gpu);
	while (budget && !__atomic_load_n(&gpu->stop, __ATOMIC_RELAXED)) {
		uint64_t done = 0;

		for (uint32_t n = 0; n < gpu->nsm && done < budget; n++)
			done += run_sm(&gpu->sm[n], budget - done);
		budget -= done;
		if (gpu->ended) {
			reap(gpu);
			place(gpu);
		} else if (!done) {
			break;
		}
	}
	__atomic_store_n(&gpu->stop, 0, __ATOMIC_RELAXED);
	if (gpu->ended)
		reap(gpu);
	return run_status(gpu);
}

void sm_gpu_stop(struct sm_gpu *gpu)
{
	__atomic_store_n(&gpu->stop, 1, __ATOMIC_RELAXED);
}

void sm_gpu_flush(struct sm_gpu *gpu, unsigned int what)
{
	__atomic_fetch_or(&gpu->flush, what, __ATOMIC_ACQ_REL);
}

/* ---- launch ---- */

static const char *unlaunchable(const struct sm_grid *g)
{
	uint64_t threads = 1, local = (uint64_t)g->local_low + g->local_high;
	uint32_t warps;

	for (int n = 0; n < 3; n++) {
		if (g->block_dim[n] > SM_CTA_THREADS)
			return "a CTA dimension is too large";
		threads *= g->block_dim[n];
	}
	if (threads > SM_CTA_THREADS)
		return "a CTA has too many threads";
	warps = (threads + LANES - 1) / LANES;
	if (g->registers > 255)
		return "too many registers per thread";
	if (warps * thread_regs(g) * LANES > SM_REGS)
		return "a CTA needs too many registers";
	if (g->shared_size > SM_CTA_SHARED)
		return "a CTA needs too much shared memory";
	if (g->barriers > SM_BARRIERS)
		return "too many barriers";
	if (g->local_low > 0xffffff || g->local_high > 0xffffff || local > 512 * 1024)
		return "a thread needs too much local memory";
	if (local && g->local_per_sm / (local * LANES + g->crs_size) < warps)
		return "local memory per SM is too small for a CTA";
	if (g->program & (SM_INSN_BYTES - 1))
		return "program address is not aligned";
	return NULL;
}

static bool empty(const struct sm_grid *g)
{
	for (int n = 0; n < 3; n++)
		if (!g->grid_dim[n] || !g->block_dim[n])
			return true;
	return false;
}

int sm_launch(struct sm_gpu *gpu, struct sm_grid *grid, const char **why)
{
	const char *reason = unlaunchable(grid);
	struct sm_grid **link = &gpu->grids;
	struct grid_state *gs;

	if (!reason && (grid->grid_dim[1] > 0xffff || grid->grid_dim[2] > 0xffff))
		reason = "a grid dimension is too large";
	if (reason) {
		if (why)
			*why = reason;
		return -EINVAL;
	}
	gpu->stats.grids++;
	if (empty(grid)) {
		gpu->config.ops->grid_done(gpu->config.opaque, grid, SM_GRID_DONE);
		return 0;
	}
	gs = calloc(1, sizeof(*gs));
	if (!gs) {
		if (why)
			*why = "out of memory";
		return -EINVAL;
	}
	gs->ctas = (uint64_t)grid->grid_dim[0] * grid->grid_dim[1] * grid->grid_dim[2];
	gs->warps = (block_threads(grid) + LANES - 1) / LANES;
	gs->local_stride = (grid->local_low + grid->local_high) * LANES + grid->crs_size;
	gs->status = SM_GRID_DONE;
	grid->priv = gs;
	grid->next = NULL;
	while (*link)
		link = &(*link)->next;
	*link = grid;
	return 0;
}

/* ---- replay, cancel, kill, context switch ---- */

static void replay(struct sm_gpu *gpu, const uint64_t *space)
{
	for (uint32_t s = 0; s < gpu->nsm; s++)
		for (struct cta *cta = gpu->sm[s].ctas; cta; cta = cta->next)
			for (uint32_t n = 0; n < cta->warps; n++) {
				struct warp *w = cta->warp[n];

				if (w->state != WARP_REPLAY ||
				    (space && w->grid->space != *space))
					continue;
				w->state = WARP_READY;
				gpu->stats.replays++;
			}
}

void sm_replay(struct sm_gpu *gpu)
{
	replay(gpu, NULL);
}

void sm_replay_space(struct sm_gpu *gpu, uint64_t space)
{
	replay(gpu, &space);
}

static bool same_client(const struct sm_client *a, const struct sm_client *b)
{
	/* GCC is one per GPC */
	return a->gpc == b->gpc && a->unit == b->unit &&
	       (a->unit == SM_UNIT_GCC || a->tpc == b->tpc);
}

unsigned int sm_cancel(struct sm_gpu *gpu, const struct sm_client *client)
{
	unsigned int hit = 0;

	for (uint32_t s = 0; s < gpu->nsm; s++)
		for (uint32_t slot = 0; slot < gpu->sm[s].nwarps; slot++) {
			struct warp *w = gpu->sm[s].warp[slot];

			if (!w || w->state != WARP_REPLAY ||
			    (client && !same_client(&w->stalled, client)))
				continue;
			grid_stop(w->grid, SM_GRID_FAULTED);
			hit++;
		}
	if (hit)
		reap(gpu);
	return hit;
}

void sm_kill(struct sm_gpu *gpu, struct sm_grid *grid)
{
	for (struct sm_grid *g = gpu->grids; g; g = g->next)
		if (g == grid)
			grid_stop(g, SM_GRID_KILLED);
	reap(gpu);
}

void sm_kill_owner(struct sm_gpu *gpu, void *owner)
{
	for (struct sm_grid *g = gpu->grids; g; g = g->next)
		if (g->owner == owner)
			grid_stop(g, SM_GRID_KILLED);
	reap(gpu);
}

void sm_suspend_owner(struct sm_gpu *gpu, void *owner)
{
	void **list;

	if (owner_suspended(gpu, owner))
		return;
	list = realloc(gpu->suspended, (gpu->nsuspended + 1) * sizeof(*list));
	if (!list)
		return;
	gpu->suspended = list;
	gpu->suspended[gpu->nsuspended++] = owner;
	for (uint32_t s = 0; s < gpu->nsm; s++)
		for (struct cta *cta = gpu->sm[s].ctas; cta; cta = cta->next)
			if (cta->grid->owner == owner)
				cta_vacate(cta);
}

void sm_resume_owner(struct sm_gpu *gpu, void *owner)
{
	for (uint32_t n = 0; n < gpu->nsuspended; n++)
		if (gpu->suspended[n] == owner) {
			gpu->suspended[n] = gpu->suspended[--gpu->nsuspended];
			break;
		}
}

bool sm_waiting_replay(const struct sm_gpu *gpu, const void *owner)
{
	for (uint32_t s = 0; s < gpu->nsm; s++)
		for (const struct cta *cta = gpu->sm[s].ctas; cta; cta = cta->next)
			for (uint32_t n = 0; n < cta->warps; n++)
				if (cta->warp[n]->state == WARP_REPLAY &&
				    (!owner || cta->grid->owner == owner))
					return true;
	return false;
}

const struct sm_stats *sm_gpu_stats(const struct sm_gpu *gpu)
{
	return &gpu->stats;
}

/* ---- creation ---- */

const struct variant *sm_variant(unsigned int n)
{
	switch (n) {
	case 0:
		return &variant_base;
#ifdef SM_HAVE_V3
	case 1:
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		       __builtin_cpu_supports("bmi2") ? &variant_v3 : NULL;
#endif
	default:
		return NULL;
	}
}

void sm_set_variant(struct sm_gpu *gpu, const struct variant *variant)
{
	gpu->variant = variant;
	code_flush(gpu, true);
}

struct sm_gpu *sm_gpu_create(const struct sm_config *config)
{
	struct sm_gpu *gpu;

	if (!config->gpcs || !config->tpcs || config->gpcs > 32 || config->tpcs > 32)
		return NULL;
	gpu = calloc(1, sizeof(*gpu));
	if (!gpu)
		return NULL;
	gpu->config = *config;
	gpu->nsm = config->gpcs * config->tpcs;
	gpu->sm = calloc(gpu->nsm, sizeof(*gpu->sm));
	if (!gpu->sm) {
		free(gpu);
		return NULL;
	}
	for (uint32_t n = 0; n < gpu->nsm; n++) {
		gpu->sm[n].gpu = gpu;
		gpu->sm[n].gpc = n / config->tpcs;
		gpu->sm[n].tpc = n % config->tpcs;
		gpu->sm[n].index = n;
	}
	gpu->variant = sm_variant(1) ? sm_variant(1) : sm_variant(0);
	return gpu;
}

static void drop_all(struct sm_gpu *gpu)
{
	for (struct sm_grid *g = gpu->grids; g; g = g->next)
		grid_stop(g, SM_GRID_KILLED);
	for (uint32_t n = 0; n < gpu->nsm; n++)
		reap_ctas(&gpu->sm[n]);
	while (gpu->grids) {
		struct sm_grid *g = gpu->grids;

		gpu->grids = g->next;
		free(g->priv);
		g->next = NULL;
		g->priv = NULL;
	}
	gpu->ended = false;
	gpu->nsuspended = 0;
}

void sm_gpu_reset(struct sm_gpu *gpu)
{
	drop_all(gpu);
	sm_gpu_flush(gpu, SM_FLUSH_TLB | SM_FLUSH_CODE);
	apply_flush(gpu);
}

void sm_gpu_destroy(struct sm_gpu *gpu)
{
	if (!gpu)
		return;
	sm_gpu_reset(gpu);
	while (gpu->pool) {
		struct warp *w = gpu->pool;

		gpu->pool = w->next;
		free(w->rows);
		free(w->stack);
		free(w);
	}
	free(gpu->suspended);
	free(gpu->sm);
	free(gpu);
}
