/* SPDX-License-Identifier: MIT */
/*
 * Streaming multiprocessors of an sm_61 GPU: the interface to the board.
 *
 * The board describes a grid (what the QMD and the compute class say), launches it, and calls
 * sm_gpu_run() for slices of bounded length. The SMs reach memory only through sm_ops.translate.
 * This layer knows no registers, no page tables and no push buffers.
 *
 * Threads: all functions on one sm_gpu must be called under one lock of the board's, except
 * sm_gpu_stop() and sm_gpu_flush(), which may be called from any thread at any time. Callbacks come
 * from inside sm_gpu_run(), sm_launch(), sm_kill() or sm_cancel() only, in the caller's thread;
 * a callback must not call back into the sm_gpu, except for sm_gpu_stop() and sm_gpu_flush().
 */
#ifndef SM_SM_H
#define SM_SM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sm_gpu;
struct sm_grid;

enum sm_access {
	SM_READ,
	SM_WRITE,
	SM_ATOMIC,
	SM_CONST,		/* constant buffer, TIC, TSC: a read by GCC or TEX */
	SM_IFETCH,		/* instruction fetch, by GCC */
};

/* Which client of the GPC's MMU asks. The board makes the fault packet's client id from it. */
enum sm_unit {
	SM_UNIT_TEX,		/* L1/TEX of the TPC: global, local, texture, surface */
	SM_UNIT_GCC,		/* the GPC's constant and instruction cache */
};

struct sm_client {
	uint8_t gpc;
	uint8_t tpc;		/* within the GPC */
	uint8_t unit;		/* enum sm_unit */
};

enum sm_translate {
	SM_OK,
	SM_FAULT_REPLAY,	/* fault posted; the warp waits for sm_replay() */
	SM_FAULT_FATAL,		/* not replayable; the board has reported it, the grid stops */
};

/*
 * Host memory behind [va, va + size). The SM asks with va aligned to 4 KiB, so "size" is at least
 * 4096 and at most runs to the end of the page; the span may be kept until the next sm_gpu_flush().
 * writable and atomic say what else the span may be used for without asking again.
 */
struct sm_span {
	uint8_t *host;
	uint64_t size;
	bool writable;
	bool atomic;
};

/* Reasons of struct sm_trap: the warp ESR codes (nouveau gf100.c, gf100_mp_warp_error). */
enum sm_trap_code {
	SM_TRAP_STACK_ERROR = 0x01,		/* divergence stack under- or overflow */
	SM_TRAP_API_STACK_ERROR = 0x02,
	SM_TRAP_RET_EMPTY_STACK = 0x03,
	SM_TRAP_PC_WRAP = 0x04,
	SM_TRAP_MISALIGNED_PC = 0x05,
	SM_TRAP_PC_OVERFLOW = 0x06,
	SM_TRAP_MISALIGNED_IMMC = 0x07,
	SM_TRAP_MISALIGNED_REG = 0x08,
	SM_TRAP_ILLEGAL_ENCODING = 0x09,	/* unknown, or not executed: sm_trap.what */
	SM_TRAP_ILLEGAL_PARAM = 0x0b,
	SM_TRAP_INVALID_CONST = 0x0c,
	SM_TRAP_OOR_REG = 0x0d,			/* register beyond the grid's register count */
	SM_TRAP_OOR_ADDR = 0x0e,		/* shared or local address out of range */
	SM_TRAP_MISALIGNED_ADDR = 0x0f,
	SM_TRAP_INVALID_ADDR_SPACE = 0x10,
	SM_TRAP_INVALID_CONST_LDC = 0x12,
};

struct sm_trap {
	uint8_t gpc, tpc;
	uint16_t warp;			/* hardware warp slot of the SM */
	uint16_t code;			/* enum sm_trap_code: TPC_UNIT(gpc, tpc, 0x648) bits 15:0 */
	uint32_t global;		/* TPC_UNIT(gpc, tpc, 0x650), e.g. 8: stack overflow */
	uint64_t pc;			/* virtual address of the instruction */
	uint64_t word;			/* the instruction, 0 if it was not fetched */
	uint64_t addr;			/* offending address where there is one */
	bool unimplemented;		/* a valid instruction that this SM does not execute */
	char what[96];			/* for people: mnemonic and reason */
};

enum sm_grid_status {
	SM_GRID_DONE,			/* every CTA ran to its end, memory is up to date */
	SM_GRID_TRAPPED,		/* stopped by a trap, reported before */
	SM_GRID_FAULTED,		/* stopped by SM_FAULT_FATAL or sm_cancel() */
	SM_GRID_KILLED,			/* sm_kill() */
};

struct sm_ops {
	/* the page at va (4 KiB aligned) is needed for "access"; the answer is kept until a flush,
	 * a fault is asked about again with each re-issue */
	enum sm_translate (*translate)(void *opaque, const struct sm_grid *grid,
				       struct sm_client client, uint64_t va,
				       enum sm_access access, struct sm_span *out);
	/* the grid has left the SMs; *grid may be freed or launched again after the callback */
	void (*grid_done)(void *opaque, struct sm_grid *grid, enum sm_grid_status status);
	/* at most one per grid; grid_done(SM_GRID_TRAPPED) follows */
	void (*trap)(void *opaque, struct sm_grid *grid, const struct sm_trap *trap);
	/* optional: an instruction of this grid was decoded for the first time since the last
	 * code flush (for --trace; word as in memory, see isa.h's disassembler) */
	void (*decoded)(void *opaque, const struct sm_grid *grid, uint64_t pc, uint64_t word);
	/* optional: PTIMER in ns, for S2R GLOBALTIMER */
	uint64_t (*timer)(void *opaque);
};

struct sm_cbuf {
	uint64_t addr;
	uint32_t size;			/* bytes, at most 64 KiB */
	bool valid;
};

#define SM_CBUFS 8			/* slots that a QMD has */

/*
 * One launch. The board owns the struct, fills the first part and keeps it unchanged from
 * sm_launch() to grid_done().
 */
struct sm_grid {
	/* address space and who asks: opaque here, compared only for equality */
	uint64_t space;			/* e.g. the page directory base: keys the TLBs */
	void *owner;			/* the board's, e.g. the channel */

	uint64_t program;		/* PROGRAM_REGION + PROGRAM_OFFSET */
	uint64_t program_region;	/* base of absolute branches (JMP, JCAL) */
	uint32_t grid_dim[3];		/* CTA_RASTER_* */
	uint32_t block_dim[3];		/* CTA_THREAD_DIMENSION* */
	uint32_t registers;		/* REGISTER_COUNT: registers per thread */
	uint32_t barriers;		/* BARRIER_COUNT */
	uint32_t shared_size;		/* SHARED_MEMORY_SIZE, bytes */
	uint32_t local_low;		/* SHADER_LOCAL_MEMORY_LOW_SIZE, bytes per thread */
	uint32_t local_high;		/* SHADER_LOCAL_MEMORY_HIGH_SIZE, bytes per thread */
	uint32_t crs_size;		/* SHADER_LOCAL_MEMORY_CRS_SIZE, bytes per warp */
	struct sm_cbuf cbuf[SM_CBUFS];
	bool linked_tsc;		/* SAMPLER_INDEX: VIA_HEADER_INDEX */

	/* compute class state */
	uint64_t local_base;		/* SET_SHADER_LOCAL_MEMORY_A/B */
	uint64_t local_per_sm;		/* ..._LOCAL_MEMORY_NON_THROTTLED_A/B: bytes per SM */
	uint32_t local_max_sms;		/* SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_C */
	uint64_t local_window;		/* SET_SHADER_LOCAL_MEMORY_WINDOW_A/B: 16 MiB */
	uint64_t shared_window;		/* SET_SHADER_SHARED_MEMORY_WINDOW_A/B */
	uint64_t tic_base, tsc_base;	/* SET_TEX_HEADER_POOL, SET_TEX_SAMPLER_POOL */
	uint32_t tic_max, tsc_max;	/* highest valid index */
	uint32_t tex_cbuf;		/* SET_BINDLESS_TEXTURE: slot of texture handles */

	/* below: the SM layer's. Zero before the first launch. */
	struct sm_grid *next;
	void *priv;
};

struct sm_config {
	uint32_t gpcs;			/* 1..4 */
	uint32_t tpcs;			/* per GPC, 1..5; one SM in each */
	const struct sm_ops *ops;
	void *opaque;
};

struct sm_stats {
	uint64_t grids, ctas, warps;		/* launched */
	uint64_t warp_insns, thread_insns;	/* executed */
	uint64_t replays;			/* instructions re-issued after a fault */
	uint64_t tlb_misses;			/* calls of translate */
	uint64_t traps;
};

enum sm_run_status {
	SM_IDLE,			/* no grid is resident or waiting (or all are suspended) */
	SM_STALLED,			/* every warp that could run waits for a replay */
	SM_BUSY,			/* there is more to do: call again */
};

struct sm_gpu *sm_gpu_create(const struct sm_config *config);
void sm_gpu_destroy(struct sm_gpu *gpu);	/* kills what runs, without callbacks */
/* As after a reset of the GR engine: drops all grids, without callbacks. */
void sm_gpu_reset(struct sm_gpu *gpu);

/*
 * Queue a grid. 0, or -EINVAL with a reason in *why (which may be NULL) when no SM could ever hold
 * one of its CTAs: too many threads, registers, shared or local memory. A grid with a zero
 * dimension is done at once.
 */
int sm_launch(struct sm_gpu *gpu, struct sm_grid *grid, const char **why);

/*
 * Execute up to "budget" warp instructions over all SMs. Returns early when everything is idle or
 * stalled, or after sm_gpu_stop().
 */
enum sm_run_status sm_gpu_run(struct sm_gpu *gpu, uint64_t budget);

/* End the slice that runs now, or the next one, soon (some hundred instructions). Any thread. */
void sm_gpu_stop(struct sm_gpu *gpu);

/*
 * Forget translations (SM_FLUSH_TLB) or decoded instructions (SM_FLUSH_CODE), from the next slice
 * on. Any thread; a board that answers "invalidate done" must first see the slice end.
 */
#define SM_FLUSH_TLB 1
#define SM_FLUSH_CODE 2
void sm_gpu_flush(struct sm_gpu *gpu, unsigned int what);

/* Re-issue what waits for a replay: everything, or what waits in one address space. */
void sm_replay(struct sm_gpu *gpu);
void sm_replay_space(struct sm_gpu *gpu, uint64_t space);

/*
 * Cancel: the accesses of this client (NULL: of all clients) that wait for a replay become fatal;
 * their grids stop with SM_GRID_FAULTED. Others go on waiting. Returns how many warps were hit.
 */
unsigned int sm_cancel(struct sm_gpu *gpu, const struct sm_client *client);

/* Stop a grid now; grid_done(SM_GRID_KILLED) comes before the return. */
void sm_kill(struct sm_gpu *gpu, struct sm_grid *grid);
/* All grids of one owner. */
void sm_kill_owner(struct sm_gpu *gpu, void *owner);

/* Context switch: the warps of a suspended owner stay as they are and hold no SM resources. */
void sm_suspend_owner(struct sm_gpu *gpu, void *owner);
void sm_resume_owner(struct sm_gpu *gpu, void *owner);
/* Any warp of this owner (NULL: of anyone) waiting for a replay? Pascal cannot preempt then. */
bool sm_waiting_replay(const struct sm_gpu *gpu, const void *owner);

const struct sm_stats *sm_gpu_stats(const struct sm_gpu *gpu);
const char *sm_trap_name(unsigned int code);	/* "OOR_ADDR", or "" */

#endif
