/* SPDX-License-Identifier: MIT */
/*
 * Inside of the SMs: warps, CTAs, lowered instructions, and the helpers that the exec-*.c files
 * share.
 *
 * A warp's registers are rows of 32 lanes, so that the loops over lanes vectorise. The exec-*.c
 * files and warp.c are compiled once per instruction set of the host (see meson.build): V(name) is
 * the name of a function in the variant that is being compiled.
 */
#ifndef SM_EXEC_H
#define SM_EXEC_H

#include <string.h>

#include "isa.h"
#include "sm.h"

#ifndef SM_VARIANT
#define SM_VARIANT base
#endif
#define SM_STR2(x) #x
#define SM_STR(x) SM_STR2(x)
#define SM_VARIANT_NAME SM_STR(SM_VARIANT)
#define SM_CAT2(a, b) a##_##b
#define SM_CAT(a, b) SM_CAT2(a, b)
#define V(name) SM_CAT(name, SM_VARIANT)

#define LANES 32
#define FULL 0xffffffffu
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* loop over the lanes; rows are the same one or do not overlap */
#if defined(__clang__)
#define for_lanes(l) for (int l = 0; l < LANES; l++)
#else
#define for_lanes(l) _Pragma("GCC ivdep") for (int l = 0; l < LANES; l++)
#endif

/*
 * limits of an sm_61 SM (CUDA C Programming Guide, "Technical Specifications per Compute
 * Capability")
 */
#define SM_WARPS 64
#define SM_CTAS 32
#define SM_SHARED (96 * 1024)
#define SM_CTA_SHARED (48 * 1024)
#define SM_REGS 65536
#define SM_CTA_THREADS 1024
#define SM_BARRIERS 16

/*
 * rows in front of a warp's registers: RZ reads from the first four, writes to RZ go to the others
 */
#define ROW_ZERO 0
#define ROW_SINK 4
#define ROW_R0 8

#define PAGE_BITS 12
#define PAGE_BYTES (1u << PAGE_BITS)
#define PAGE_MASK ((uint64_t)PAGE_BYTES - 1)
#define TLB_ENTRIES 512
#define VA_BITS 49

struct warp;
struct insn;

enum step {
	STEP_NEXT,		/* go on behind the instruction */
	STEP_JUMP,		/* pc is set */
	STEP_STALL,		/* waits for a replay, and issues again */
	STEP_WAIT,		/* waits at a barrier; pc is behind it */
	STEP_EXIT,		/* no lane is left */
	STEP_TRAP,		/* trapped, or the grid is stopped */
};

/* what the lanes of "mask" (never empty) do */
typedef enum step (*exec_fn)(struct warp *w, const struct insn *i, uint32_t mask);
/* all 32 lanes, into d; what lanes off the mask get is dropped by the caller */
typedef void (*alu_fn)(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,
		       const uint32_t *b, const uint32_t *c);

struct operand {
	uint8_t kind;		/* enum sm_src_kind */
	uint8_t words;		/* consecutive rows */
	uint16_t row;
	uint32_t keep, flip;	/* modifiers: (bits & keep) ^ flip */
};

struct insn {
	exec_fn exec;
	alu_fn alu;
	struct operand s[3];
	uint16_t d;		/* destination row */
	uint8_t dwords;
	uint8_t guard;		/* predicate, and whether it is negated */
	uint32_t guard_xor;
	uint16_t regs;		/* registers that it touches: highest number + 1 */
	bool pout;		/* writes pdst[] */
	bool signed_a, signed_b;	/* integers: how src[0] and src[1] are taken */
	uint8_t trap_code;	/* of an instruction that cannot be executed */
	const char *why;	/* static text */
	struct sm_insn in;
	/* an immediate in all lanes; doubles have two rows */
	uint32_t imm[2][LANES] __attribute__((aligned(64)));
};

struct token {
	uint8_t kind;		/* enum token_kind */
	uint32_t mask;
	uint64_t pc;
};

enum token_kind { TOKEN_DIV, TOKEN_SSY, TOKEN_PBK, TOKEN_PCNT, TOKEN_CAL };

/* tokens: the SM keeps some and spills the others to CRS memory; see warp.c */
#define STACK_ONCHIP 32
#define STACK_MAX 1024

enum warp_state { WARP_FREE, WARP_READY, WARP_BARRIER, WARP_REPLAY, WARP_DONE };

struct ccode {
	uint32_t z, s, c, o;	/* lane masks: zero, sign, carry, overflow */
};

struct warp {
	/* first: what every instruction needs */
	uint32_t *rows;		/* ROW_R0 + registers rows */
	uint64_t pc;
	uint32_t active;	/* lanes that execute */
	uint32_t p[8];		/* predicates as lane masks; p[7] all ones */
	struct ccode cc;
	struct code_page *page;
	uint64_t page_va;
	uint32_t nregs;

	struct sm *sm;
	struct cta *cta;
	struct sm_grid *grid;

	uint8_t state;
	uint16_t slot;		/* hardware warp number */
	uint16_t index;		/* within the CTA */
	uint32_t live;		/* lanes that exist and have not exited */
	uint32_t bar_id;	/* WARP_BARRIER */
	uint32_t bar_popc, bar_pred;	/* result of the last BAR.RED */
	struct sm_client stalled;	/* WARP_REPLAY: who waits */
	bool reissue;

	struct token *stack;
	uint32_t depth, stack_cap, stack_max;
	uint32_t sam;		/* SAM/RAM: the lanes before, for the quad mode */
	bool in_sam;
	uint64_t local;		/* virtual address of the warp's local memory */

	struct warp *next;	/* in the pool */
	size_t rows_cap;
	uint64_t thread_insns;

	/* results of an alu function besides the row */
	uint32_t pout[2];
	struct ccode ccout;

	uint32_t tmp[4][LANES] __attribute__((aligned(64)));
	uint32_t cbuf[3][2][LANES] __attribute__((aligned(64)));
	uint8_t *ptr[LANES];
	uint64_t addr[LANES] __attribute__((aligned(64)));
};

#define BAR_ALL 1
#define BAR_ANY 2

struct barrier {
	uint32_t arrived;	/* warps */
	uint32_t threads;	/* expected, 0: every warp of the CTA */
	uint32_t popc;
	bool all, any;
	bool used;
};

struct cta {
	struct cta *next;
	struct sm_grid *grid;
	struct sm *sm;
	uint32_t id[3];
	uint32_t warps, done;	/* warps, and how many have ended */
	struct warp *warp[SM_CTA_THREADS / LANES];
	struct barrier bar[SM_BARRIERS];
	uint32_t regs, shared_size;	/* what it holds of the SM's */
	bool parked;		/* suspended: holds nothing */
	uint8_t *shared;
};

struct tlb_entry {
	uint64_t page;		/* va >> PAGE_BITS, plus one; 0: empty */
	uint64_t space;
	uint8_t *host;
	uint8_t may;		/* bits of enum sm_access */
};

struct sm {
	struct sm_gpu *gpu;
	uint8_t gpc, tpc;
	uint16_t index;
	struct tlb_entry tlb[TLB_ENTRIES];
	struct warp *warp[SM_WARPS];
	uint32_t nwarps;	/* highest used slot + 1 */
	uint32_t used_warps, used_ctas, used_regs, used_shared;
	struct cta *ctas;	/* resident and parked */
	uint32_t turn;
	uint64_t clock;		/* warp instructions issued */
};

struct code_page {
	struct code_page *next;
	uint64_t va, space;
	bool stale;
	uint64_t word[PAGE_BYTES / 8];
	struct insn *insn[PAGE_BYTES / 8];
};

#define CODE_HASH 256

struct variant {
	const char *name;
	uint64_t (*run)(struct warp *w, uint64_t budget);
	bool (*lower)(struct insn *i);
};

struct grid_state {
	uint64_t next_cta, ctas, done;
	uint32_t warps;		/* of one CTA */
	uint32_t local_stride;	/* bytes of local memory per warp */
	bool stopped;		/* being torn down, for the reason in status */
	uint8_t status;		/* enum sm_grid_status */
};

struct sm_gpu {
	struct sm_config config;
	struct sm *sm;
	uint32_t nsm;
	const struct variant *variant;
	struct sm_grid *grids;	/* in order of launch */
	struct sm_stats stats;
	struct code_page *code[CODE_HASH];
	uint32_t code_pages;
	uint32_t flush;		/* atomic: pending sm_gpu_flush() */
	uint32_t stop;		/* atomic */
	void **suspended;	/* owners */
	uint32_t nsuspended;
	struct warp *pool;	/* free warps, by w->next */
	bool ended;		/* a CTA or a grid ended: there is room, look at the queue */
};

/* Size of a value of this type (enum sm_type) in memory and in registers. */
static inline unsigned int type_bytes(unsigned int type)
{
	switch (type) {
	case SM_U8:
	case SM_S8:
		return 1;
	case SM_U16:
	case SM_S16:
	case SM_F16:
		return 2;
	case SM_B64:
	case SM_U64:
	case SM_S64:
	case SM_F64:
		return 8;
	case SM_B128:
	case SM_U128:
		return 16;
	default:
		return 4;
	}
}

static inline struct grid_state *grid_state(const struct sm_grid *g)
{
	return g->priv;
}

/* ---- rows and masks ---- */

static inline uint32_t *row(struct warp *w, unsigned int n)
{
	return w->rows + (size_t)n * LANES;
}

static inline unsigned int reg_row(unsigned int reg)
{
	return reg == SM_RZ ? ROW_ZERO : ROW_R0 + reg;
}

static inline unsigned int dst_row(unsigned int reg)
{
	return reg == SM_RZ ? ROW_SINK : ROW_R0 + reg;
}

static inline uint32_t pred_mask(const struct warp *w, struct sm_pred p)
{
	return w->p[p.idx & 7] ^ (p.neg ? FULL : 0);
}

extern const uint32_t lane_bit[LANES];

/* bit l of the result: bit 31 of v[l] */
uint32_t V(sign_mask)(const uint32_t *v);
void V(blend)(uint32_t *d, const uint32_t *s, uint32_t mask);

/* 0 or ~0 per lane, in the top bit, to a lane mask */
#define mask_where(cond)						\
({									\
	uint32_t _m[LANES] __attribute__((aligned(64)));		\
	for_lanes(l) _m[l] = (cond) ? FULL : 0;				\
	V(sign_mask)(_m);						\
})

/* ---- memory, lsu.c ---- */

enum lsu { LSU_OK, LSU_REPLAY, LSU_FATAL };

/* host address of one byte; what follows up to the end of the 4 KiB page is there too */
enum lsu lsu_translate(struct warp *w, uint64_t va, enum sm_access access, unsigned int unit,
		       uint8_t **host);
/* step for a failed translation: stalls the warp, or stops the grid */
enum step lsu_step(struct warp *w, enum lsu r, unsigned int unit);
/* w->ptr[l] for w->addr[l] of all lanes in mask; each missing page is reported */
enum step lsu_pages(struct warp *w, uint32_t mask, enum sm_access access, unsigned int unit);
/* a word of a constant buffer; offsets beyond its end read 0 */
enum step lsu_cbuf(struct warp *w, unsigned int slot, uint32_t offset, uint32_t *value);

static inline bool tlb_hit(struct sm *sm, uint64_t space, uint64_t va, enum sm_access access,
			   uint8_t **host)
{
	uint64_t page = va >> PAGE_BITS;
	struct tlb_entry *e = &sm->tlb[(page ^ page >> 9) % TLB_ENTRIES];

	if (unlikely(e->page != page + 1 || e->space != space || !(e->may & 1u << access)))
		return false;
	*host = e->host + (va & PAGE_MASK);
	return true;
}

/* ---- traps, sm.c ---- */

void grid_stop(struct sm_grid *grid, enum sm_grid_status status);

enum step warp_trap(struct warp *w, unsigned int code, uint64_t addr, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
enum step exec_illegal(struct warp *w, const struct insn *i, uint32_t mask);

/* ---- flow, warp.c ---- */

bool stack_push(struct warp *w, enum token_kind kind, uint64_t pc, uint32_t mask);
/* lanes leave to wait at the topmost token of a kind; false: there is none */
bool stack_leave(struct warp *w, enum token_kind kind, uint32_t lanes);
void stack_exit(struct warp *w, uint32_t lanes);
/* nobody is active: go on with the next token; false: the stack is empty */
bool stack_pop(struct warp *w);
/* w->state is WARP_BARRIER afterwards if it has to wait */
void barrier_arrive(struct warp *w, unsigned int id, uint32_t threads, bool wait, uint32_t pred);
void barrier_warp_done(struct cta *cta);

/* ---- code.c ---- */

/* the instruction at w->pc; NULL: *step says why not */
const struct insn *code_fetch(struct warp *w, enum step *step);
void code_flush(struct sm_gpu *gpu, bool all);

/* ---- mufu.c ---- */

uint32_t mufu_lane(unsigned int mode, uint32_t v);

/* ---- lowering: fills exec, alu, operands; false: this family does not have the operation ---- */
bool V(lower_int)(struct insn *i);
bool V(lower_float)(struct insn *i);
bool V(lower_double)(struct insn *i);
bool V(lower_half)(struct insn *i);
bool V(lower_convert)(struct insn *i);
bool V(lower_misc)(struct insn *i);
bool V(lower_mem)(struct insn *i);
bool V(lower_atom)(struct insn *i);
uint32_t V(atom32)(const struct insn *i, void *p, uint32_t v, uint32_t swap);
uint64_t V(atom64)(const struct insn *i, void *p, uint64_t v, uint64_t swap);
enum step V(mem_pages)(struct warp *w, const struct insn *i, uint32_t mask, enum sm_access access,
		       unsigned int bytes);
bool V(lower_flow)(struct insn *i);
bool V(lower_tex)(struct insn *i);
bool V(lower_surf)(struct insn *i);
enum step V(exec_alu)(struct warp *w, const struct insn *i, uint32_t mask);
uint32_t V(cc_lanes)(const struct warp *w, unsigned int test);

/* exec_alu with this function; operands have "words" rows each */
static inline bool lower_alu(struct insn *i, alu_fn fn, exec_fn exec)
{
	i->alu = fn;
	i->exec = exec;
	return true;
}
#define LOWER_ALU(i, fn) lower_alu(i, fn, V(exec_alu))

/* the operation is there, but not in this form */
static inline bool lower_refuse(struct insn *i, const char *why)
{
	i->exec = exec_illegal;
	i->why = why;
	return true;
}

/* registers reg .. reg + n - 1 are used: they must exist, and be aligned if they are a vector */
static inline bool lower_regs(struct insn *i, unsigned int reg, unsigned int n)
{
	if (reg == SM_RZ)
		return true;
	if (reg + n > i->regs)
		i->regs = reg + n;
	if (reg % (n == 3 ? 4 : n)) {
		i->exec = exec_illegal;
		i->trap_code = SM_TRAP_MISALIGNED_REG;
		i->why = "misaligned register";
		return false;
	}
	return true;
}

/* for tests: 0 is plain, 1 is the x86-64-v3 variant, NULL if the host cannot run it */
const struct variant *sm_variant(unsigned int n);
void sm_set_variant(struct sm_gpu *gpu, const struct variant *variant);

/* host memory that a guest may change at any time */
static inline uint32_t load32(const void *p)
{
	return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
}

static inline void store32(void *p, uint32_t v)
{
	__atomic_store_n((uint32_t *)p, v, __ATOMIC_RELAXED);
}

#endif
