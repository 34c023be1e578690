/* SPDX-License-Identifier: MIT */
/*
 * gp104.h - the board: what every hardware unit of the emulated GP104 shares.
 *
 * A unit is one file (pmc.c, pfifo.c, ...). It owns a set of registers, listed in a table of
 * struct reg, and may have work of its own to do (run). It never touches another unit's registers
 * except through that unit's header.
 *
 * Threads and locking: two threads. The server thread carries the guest's accesses (vfio-user);
 * the engine thread carries everything the GPU does on its own. Both hold gp104.lock whenever they
 * touch the board, so no unit needs a lock of its own. The engine thread works in short slices and
 * lets the guest in between them (gp104_guest_waits); a TLB invalidate, a reset or a DMA unmap
 * therefore always falls on a slice boundary.
 *
 * Everything that comes from the guest is hostile: sizes, addresses and indices are checked where
 * they enter, and nothing that the guest can do may abort the process.
 */
#ifndef GP104_H
#define GP104_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inject.h"
#include "stats.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1u << (n))
#define GENMASK(h, l)	((~0u >> (31 - (h))) & (~0u << (l)))

#define BAR0_SIZE	(16u << 20)
#define NREGS		(BAR0_SIZE / 4)

struct gp104;

/* What a register does when its table row names no function. */
enum reg_kind {
	REG_RW,		/* holds what was written (masked by .mask when that is not 0) */
	REG_RO,		/* always reads as its reset value; writes are ignored, as on silicon */
	REG_W1C,	/* status: a one written clears the bit; units set bits with reg_set() */
};

/*
 * One row of a unit's register table: a register, or an array of registers of up to two dimensions
 * (@count x @stride, and that @count2 x @stride2: per GPC, per TPC). A row with functions gets every
 * access with the full BAR0 address; without, the value lives in gp104.regs.
 */
struct reg {
	uint32_t addr;
	const char *name;	/* as envytools' rnndb or nouveau name it: NV_PMC_..., or PGRAPH.GPC... */
	enum reg_kind kind;
	uint32_t reset;
	uint32_t mask;		/* writable bits, 0 = all */
	uint32_t count, stride;	/* 0, 0 = one register; stride 0 = 4 */
	uint32_t count2, stride2;
	uint32_t (*read)(struct gp104 *g, uint32_t addr);
	void (*write)(struct gp104 *g, uint32_t addr, uint32_t val);
};

/* run() returns how long until it wants to run again, in ns. */
#define RUN_AGAIN	0
#define RUN_IDLE	INT64_MAX	/* until gp104_kick() */

struct unit {
	const char *name;		/* for traces, counters and --trace */
	const struct reg *regs;
	size_t nregs;
	int (*init)(struct gp104 *g);	/* once; allocate state; 0 or -errno */
	void (*fini)(struct gp104 *g);
	void (*reset)(struct gp104 *g);	/* power-on state; after the registers took their reset values */
	int64_t (*run)(struct gp104 *g);/* engine thread: one slice of work; lock held */
};

/* What the board is plugged into: vfio-user in the program (board.c), an array in the unit tests. */
struct gp104_host {
	void *opaque;
	/* [iova, iova + len) of guest RAM as one host pointer, good until the lock is dropped, or NULL. */
	void *(*dma_ptr)(void *opaque, uint64_t iova, uint64_t len, bool write);
	/* The interrupt line as PMC drives it. With MSI on, a rise sends one message. */
	void (*irq_level)(void *opaque, bool level);
	/* One more message, when the end-of-interrupt finds the line still high; nothing without MSI. */
	void (*msi_send)(void *opaque);
	/* Configuration space, which the board mirrors in BAR0 (pci.c): offset below 4096, aligned. */
	uint32_t (*cfg_read)(void *opaque, unsigned int off);
	void (*cfg_write)(void *opaque, unsigned int off, uint32_t val);
};

struct gp104_config {
	const char *socket;
	uint64_t vram_size;		/* bytes, multiple of 64 MiB */
	unsigned int gpcs, tpcs;	/* GPCs, and TPCs in each */
	const char *stats_path;		/* NULL: none */
	const char *trace;		/* "UNIT,UNIT", "all", or NULL */
	bool strict;
	struct inject inject;
};

struct gp104 {
	struct gp104_config cfg;
	pthread_mutex_t lock;
	pthread_cond_t work;		/* the engine thread sleeps here */
	atomic_int guest_waits;		/* server-thread accesses waiting for the lock */
	bool kicked, quit;
	pthread_t engine;

	uint32_t *regs;			/* NREGS words: values of plain registers */
	uint16_t *reg_row;		/* NREGS words: index into rows, 0 = no such register */
	const struct reg **rows;
	uint8_t *row_unit;		/* of each row: index into gp104_units */
	size_t nrows;
	uint64_t traced;		/* bit per unit index */

	uint8_t *vram;
	int vram_fd;
	struct gp104_host host;
	struct stats stats;
	atomic_uint marks;		/* times that the counters were asked for */

	/* One private state per unit, allocated by its init(). */
	struct pmc *pmc;
	struct ptimer *ptimer;
	struct pfb *pfb;
	struct pmmu *pmmu;
	struct pfault *pfault;
	struct pfifo *pfifo;
	struct pbdmas *pbdmas;
	struct pcopy *pcopy;
	struct pgraph *pgraph;
	struct fecs *fecs;
	struct falcons *falcons;
	struct sec2 *sec2;
	struct prom *prom;
	struct pdevinit *pdevinit;
};

/* The units, in the order of their init and run (units.c). */
extern const struct unit *const gp104_units[];
extern const size_t gp104_nunits;

/* core.c: life of a board. */
struct gp104 *gp104_new(const struct gp104_config *cfg);
void gp104_free(struct gp104 *g);
void gp104_reset(struct gp104 *g);	/* lock held */
int gp104_start(struct gp104 *g);	/* start the engine thread */
void gp104_stop(struct gp104 *g);
/* Unit tests have no engine thread: run units until all idle or @max slices are done. Lock held. */
unsigned int gp104_run_slices(struct gp104 *g, unsigned int max);

void gp104_lock_guest(struct gp104 *g);	/* server thread */
void gp104_unlock_guest(struct gp104 *g);
static inline bool gp104_guest_waits(struct gp104 *g)
{
	return atomic_load_explicit(&g->guest_waits, memory_order_relaxed) != 0;
}
/* There is work for some run(): wake the engine thread. Lock held. */
void gp104_kick(struct gp104 *g);
/* Monotonic nanoseconds since power-on. */
uint64_t gp104_now(void);

/* mmio.c: the register file. Addresses are BAR0 offsets, multiples of 4. Lock held. */
uint32_t mmio_read(struct gp104 *g, uint32_t addr);
void mmio_write(struct gp104 *g, uint32_t addr, uint32_t val);
/* For units: the stored value of a plain register, without side effects. */
static inline uint32_t reg_get(const struct gp104 *g, uint32_t addr)
{
	return g->regs[(addr & (BAR0_SIZE - 1)) / 4];
}

static inline void reg_put(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->regs[(addr & (BAR0_SIZE - 1)) / 4] = val;
}

static inline void reg_set(struct gp104 *g, uint32_t addr, uint32_t bits)
{
	g->regs[(addr & (BAR0_SIZE - 1)) / 4] |= bits;
}

/*
 * mem.c: physical memory. Return a host pointer to [addr, addr + len), or NULL when the range is not
 * wholly inside VRAM, or inside one region of guest RAM that the guest's IOMMU lets the board use.
 * The pointer is good until the lock is dropped.
 */
enum aperture { APER_VRAM = 0, APER_PEER = 1, APER_SYS_COH = 2, APER_SYS_NCOH = 3 };
void *mem_ptr(struct gp104 *g, enum aperture aper, uint64_t addr, uint64_t len, bool write);
/* 32-bit little-endian accesses for page tables, instance blocks, USERD...; a miss reads 0 and is counted. */
uint32_t mem_rd32(struct gp104 *g, enum aperture aper, uint64_t addr);
void mem_wr32(struct gp104 *g, enum aperture aper, uint64_t addr, uint32_t val);
uint64_t mem_rd64(struct gp104 *g, enum aperture aper, uint64_t addr);
void mem_wr64(struct gp104 *g, enum aperture aper, uint64_t addr, uint64_t val);

/* log.c */
/* Is tracing on for this unit (its struct unit name)? trace() prints "unit: text" when it is. */
bool trace_on(struct gp104 *g, const char *unit);
void trace(struct gp104 *g, const char *unit, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The guest did what the hardware forbids or what makes no sense: logged, rate-limited, counted. */
void guest_error(struct gp104 *g, const char *unit, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/*
 * Something that this emulator does not know: a register, a method, an instruction. Counted by its
 * name, printed once, listed in the statistics, and the reason for a failing status under --strict.
 */
void unknown(struct gp104 *g, const char *kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Number of distinct unknowns seen. */
size_t unknown_count(void);
const char *unknown_get(size_t i, uint64_t *count);
void unknown_print_all(void);

#endif
