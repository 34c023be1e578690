// SPDX-License-Identifier: MIT
/*
 * pbdma.c - PBDMAs: fetch a channel's GPFIFO and push buffers, execute host methods, hand the rest
 * to the engines.
 *
 * Entry, header and method formats: ogkm clc06f.h (open-gpu-doc classes/host). RAMFC words have the
 * offsets of the PBDMA registers that they are loaded into (nouveau gk104_chan_ramfc_write();
 * envytools rnndb/fifo/gf100_pfifo.xml PSUBFIFO). Interrupts: nouveau gk104_runq_intr().
 *
 * Addresses of host have 40 bits. Its faults, and the copy engines', are fatal on Pascal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pbdma.h"
#include "pmc.h"
#include "ptimer.h"

/* Registers, + n * 0x2000, and RAMFC words. */
#define PBDMA_BASE	0x040000
#define PBDMA_STRIDE	0x2000
#define PB_GP_PUT	0x00
#define PB_USERD	0x08
#define PB_USERD_HI	0x0c
#define PB_SIGNATURE	0x10
#define PB_GP_GET	0x14
#define PB_GET		0x18
#define PB_GET_HI	0x1c
#define PB_REF		0x28
#define PB_ACQUIRE	0x30
#define PB_SEM_A	0x38
#define PB_GP_BASE	0x48
#define PB_GP_BASE_HI	0x4c
#define PB_SUBDEVICE	0x94
#define PB_METHOD0	0xc0
#define PB_DATA0	0xc4
#define PB_HCE_CTRL	0xe4
#define PB_INTR0	0x108
#define PB_INTR0_EN	0x10c
#define PB_CHANNEL	0x120
#define PB_TIMEOUT	0x12c
#define PB_INTR_STALL	0x13c
#define PB_INTR1	0x148
#define PB_INTR1_EN	0x14c
#define PB_HCE_DBG0	0x150
#define PB_HCE_DBG1	0x154

/* USERD (clc06f.h Nvc06fControl). */
#define USERD_PUT	0x40
#define USERD_GET	0x44
#define USERD_REF	0x48
#define USERD_PUT_HI	0x4c
#define USERD_TOP_GET	0x58
#define USERD_TOP_GET_HI 0x5c
#define USERD_GET_HI	0x60
#define USERD_GP_GET	0x88
#define USERD_GP_PUT	0x8c

/* Host methods. */
#define M_SET_OBJECT	0x00
#define M_ILLEGAL	0x04
#define M_NOP		0x08
#define M_SEM_A		0x10
#define M_SEM_B		0x14
#define M_SEM_C		0x18
#define M_SEM_D		0x1c
#define M_NONSTALL	0x20
#define M_FB_FLUSH	0x24
#define M_MEM_OP_A	0x28
#define M_MEM_OP_B	0x2c
#define M_MEM_OP_C	0x30
#define M_MEM_OP_D	0x34
#define M_REFERENCE	0x50
#define M_WFI		0x78
#define M_CRC_CHECK	0x7c
#define M_YIELD		0x80
#define M_HOST_END	0x100	/* from here on methods are the engine's */

/* Interrupts that stop at a method; the others stop between methods. */
#define PBDMA_METHOD_INTRS (PBDMA_INTR0_METHOD | PBDMA_INTR0_DEVICE | PBDMA_INTR0_SEMAPHORE | \
			    PBDMA_INTR0_ACQUIRE)

#define FETCH_WORDS	64
#define ACQUIRE_MIN_NS	50000
#define ACQUIRE_MAX_NS	2000000

enum header_mode { MODE_NONE, MODE_INC, MODE_NONINC, MODE_ONEINC };

/* What a channel takes with it when it leaves the PBDMA. */
struct pbdma_state {
	enum aperture userd_aper;
	uint64_t userd;
	uint64_t gp_base;
	uint32_t gp_entries;
	uint32_t gp_get, gp_put;
	uint64_t get, end;		/* push buffer segment: next word, end */
	uint64_t top_get;
	uint32_t fetched[FETCH_WORDS];	/* words at get.. */
	unsigned int nfetched, fetch_pos;
	enum header_mode mode;		/* the method header under way */
	uint32_t mthd, count;
	unsigned int subc;
	bool first;			/* of an increment-once header */
	bool have;			/* a method that could not be done yet */
	uint32_t have_mthd, have_data;
	unsigned int have_subc;
	uint32_t sub_mask, sub_stored;	/* sub-device masks: this board is device 0 */
	uint32_t sem[4], memop[4], ref, acquire;
	bool acquiring;
	uint64_t acquire_start;
	int64_t acquire_delay;
	uint64_t acquire_next;		/* when to look again */
	bool dirty;			/* USERD is behind */
};

/* One PBDMA. */
struct pbdma {
	uint32_t intr0, intr1, en0, en1;
	uint32_t method0, data0;
	bool trapped;			/* method0 holds the method that raised intr0 */
	struct fifo_chan *chan;		/* whose method it is */
};

struct pbdmas {
	struct pbdma p[FIFO_PBDMAS];
};

static struct pbdmas *all(const struct gp104 *g);

static uint32_t ramfc_rd(struct gp104 *g, const struct fifo_chan *chan, uint32_t word)
{
	return mem_rd32(g, chan->mmu.inst_aper, chan->mmu.inst + word);
}

static void ramfc_wr(struct gp104 *g, const struct fifo_chan *chan, uint32_t word, uint32_t val)
{
	mem_wr32(g, chan->mmu.inst_aper, chan->mmu.inst + word, val);
}

struct pbdma_state *pbdma_load(struct gp104 *g, struct fifo_chan *chan)
{
	struct pbdma_state *s = calloc(1, sizeof(*s));
	uint32_t lo, hi, order;
	unsigned int i;

	if (!s)
		return NULL;
	lo = ramfc_rd(g, chan, PB_USERD);
	s->userd_aper = (enum aperture)(lo & 3);
	s->userd = (uint64_t)(ramfc_rd(g, chan, PB_USERD_HI) & 0xff) << 32 | (lo & 0xfffffe00);
	hi = ramfc_rd(g, chan, PB_GP_BASE_HI);
	s->gp_base = (uint64_t)(hi & 0xff) << 32 | (ramfc_rd(g, chan, PB_GP_BASE) & ~7u);
	order = hi >> 16 & 0x1f;
	s->gp_entries = 1u << order;
	s->gp_get = ramfc_rd(g, chan, PB_GP_GET) & (s->gp_entries - 1);
	s->gp_put = ramfc_rd(g, chan, PB_GP_PUT) & (s->gp_entries - 1);
	s->ref = ramfc_rd(g, chan, PB_REF);
	s->acquire = ramfc_rd(g, chan, PB_ACQUIRE);
	for (i = 0; i < 4; i++)
		s->sem[i] = ramfc_rd(g, chan, PB_SEM_A + i * 4);
	s->sub_mask = 0xfff;
	s->sub_stored = 0xfff;
	chan->priv = ramfc_rd(g, chan, PB_HCE_CTRL) & BIT(5);
	return s;
}

void pbdma_save(struct gp104 *g, struct fifo_chan *chan)
{
	struct pbdma_state *s = chan->pb;
	unsigned int i;

	if (!s || !mem_ptr(g, chan->mmu.inst_aper, chan->mmu.inst, 4096, true))
		return;
	ramfc_wr(g, chan, PB_GP_GET, s->gp_get);
	ramfc_wr(g, chan, PB_GP_PUT, s->gp_put);
	ramfc_wr(g, chan, PB_GET, (uint32_t)s->get);
	ramfc_wr(g, chan, PB_GET_HI, (uint32_t)(s->get >> 32));
	ramfc_wr(g, chan, PB_REF, s->ref);
	for (i = 0; i < 4; i++)
		ramfc_wr(g, chan, PB_SEM_A + i * 4, s->sem[i]);
}

static void userd_wr(struct gp104 *g, const struct pbdma_state *s, uint32_t off, uint32_t val)
{
	uint32_t *p = mem_ptr(g, s->userd_aper, s->userd + off, 4, true);

	if (p)
		__atomic_store_n(p, val, __ATOMIC_RELEASE);
}

static void userd_update(struct gp104 *g, struct pbdma_state *s)
{
	if (!s->dirty)
		return;
	s->dirty = false;
	userd_wr(g, s, USERD_GET, (uint32_t)s->get);
	userd_wr(g, s, USERD_GET_HI, (uint32_t)(s->get >> 32));
	userd_wr(g, s, USERD_TOP_GET, (uint32_t)s->top_get | BIT(31));
	userd_wr(g, s, USERD_TOP_GET_HI, (uint32_t)(s->top_get >> 32));
	userd_wr(g, s, USERD_PUT, (uint32_t)s->end);
	userd_wr(g, s, USERD_PUT_HI, (uint32_t)(s->end >> 32));
	userd_wr(g, s, USERD_REF, s->ref);
	userd_wr(g, s, USERD_GP_GET, s->gp_get);
}

bool pbdma_has_work(struct gp104 *g, struct fifo_chan *chan)
{
	struct pbdma_state *s = chan->pb;
	uint32_t *put;

	if (!s)
		return false;
	if (chan->poll) {
		chan->poll = false;
		put = mem_ptr(g, s->userd_aper, s->userd + USERD_GP_PUT, 4, false);
		if (put)
			s->gp_put = __atomic_load_n(put, __ATOMIC_ACQUIRE) & (s->gp_entries - 1);
		else
			guest_error(g, "pbdma", "channel %u: USERD is not in memory", chan->id);
	}
	return s->have || s->count || s->get != s->end || s->gp_get != s->gp_put;
}

bool pbdma_blocked(const struct fifo_chan *chan, int64_t *delay)
{
	uint64_t now;

	if (!chan->pb || !chan->pb->acquiring)
		return false;
	now = gp104_now();
	*delay = chan->pb->acquire_next > now ? (int64_t)(chan->pb->acquire_next - now) : RUN_AGAIN;
	return true;
}

void pbdma_poke(struct fifo_chan *chan)
{
	if (chan->pb && chan->pb->acquiring)
		chan->pb->acquire_next = 0;
}

/* Who asks the MMU: host, for the push buffer, in the name of this PBDMA. */
static struct mmu_client host_client(const struct fifo_chan *chan, unsigned int n)
{
	struct mmu_client c = {
		.engine = (uint8_t)(MMU_ENG_HOST0 + n),
		.hub = true,
		.id = MMU_HUB_HOST,
		.priv = chan->priv,
	};

	return c;
}

static void raise_intr(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t bit,
		       unsigned int subc, uint32_t mthd, uint32_t data)
{
	struct pbdma *p = &all(g)->p[n];

	p->intr0 |= bit;
	p->method0 = BIT(31) | subc << 16 | mthd;
	p->data0 = data;
	p->trapped = bit & PBDMA_METHOD_INTRS;
	p->chan = chan;
	trace(g, "pbdma", "PBDMA%u: channel %u: interrupt %08x, subc %u mthd %04x data %08x", n,
	      chan->id, bit, subc, mthd, data);
	pfifo_update_intr(g);
}

/* The channel leaves for good. */
void pbdma_gone(struct gp104 *g, struct fifo_chan *chan)
{
	unsigned int n;

	for (n = 0; n < FIFO_PBDMAS; n++) {
		if (all(g)->p[n].chan != chan)
			continue;
		all(g)->p[n].chan = NULL;
		all(g)->p[n].trapped = false;
	}
	free(chan->pb);
	chan->pb = NULL;
}

/* Results of one step. */
enum step { STEP_OK, STEP_BUSY, STEP_BLOCKED, STEP_STALLED, STEP_EMPTY, STEP_YIELD, STEP_DEAD };

static uint64_t sem_addr(const struct pbdma_state *s)
{
	return (uint64_t)(s->sem[0] & 0xff) << 32 | (s->sem[1] & ~3u);
}

static enum step sem_reduction(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t d)
{
	struct mmu_client c = host_client(chan, n);
	const struct pbdma_state *s = chan->pb;
	unsigned int op = d >> 27 & 15;

	if (op >= FIFO_REDUCTIONS) {
		raise_intr(g, chan, n, PBDMA_INTR0_SEMAPHORE, 0, M_SEM_D, d);
		return STEP_STALLED;
	}
	if (pfifo_sem_reduce(g, &chan->mmu, sem_addr(s), op, d & BIT(31), s->sem[2], &c) != MMU_OK)
		return STEP_DEAD;
	return STEP_OK;
}

static enum step sem_release(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t d)
{
	struct mmu_client c = host_client(chan, n);
	struct pbdma_state *s = chan->pb;
	enum mmu_result r;

	if (!(d & BIT(20)) && !pfifo_chan_idle(g, chan))
		return STEP_BUSY;
	r = pfifo_sem_release(g, &chan->mmu, sem_addr(s), s->sem[2], !(d & BIT(24)), &c);
	return r == MMU_OK ? STEP_OK : STEP_DEAD;
}

static bool sem_satisfied(unsigned int op, uint32_t mem, uint32_t payload)
{
	switch (op) {
	case 1:
		return mem == payload;
	case 4:
		return (int32_t)(mem - payload) >= 0;
	default:
		return (mem & payload) != 0;
	}
}

/* RAMFC's ACQUIRE: 31 enable, 30:15 mantissa, 14:11 exponent of a time-out in units of 1024 ns. */
static bool acquire_timed_out(const struct pbdma_state *s, uint64_t now)
{
	uint64_t limit = (uint64_t)(s->acquire >> 15 & 0xffff) << (s->acquire >> 11 & 15) << 10;

	return (s->acquire & BIT(31)) && now - s->acquire_start > limit;
}

static enum step sem_acquire(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t d)
{
	struct mmu_client c = host_client(chan, n);
	struct pbdma_state *s = chan->pb;
	uint64_t now = gp104_now();
	uint32_t mem;

	if (s->acquiring && now < s->acquire_next)
		return STEP_BLOCKED;
	if (pmmu_rd32(g, &chan->mmu, sem_addr(s), &mem, &c) != MMU_OK)
		return STEP_DEAD;
	if (sem_satisfied(d & 0x1f, mem, s->sem[2])) {
		s->acquiring = false;
		g->stats.semaphore_acquires++;
		return STEP_OK;
	}
	if (!s->acquiring) {
		s->acquiring = true;
		s->acquire_start = now;
		s->acquire_delay = ACQUIRE_MIN_NS;
	} else if (acquire_timed_out(s, now)) {
		s->acquiring = false;
		raise_intr(g, chan, n, PBDMA_INTR0_ACQUIRE, 0, M_SEM_D, d);
		return STEP_STALLED;
	} else if (s->acquire_delay < ACQUIRE_MAX_NS) {
		s->acquire_delay *= 2;
	}
	s->acquire_next = now + (uint64_t)s->acquire_delay;
	return STEP_BLOCKED;
}

static enum step sem_execute(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t d)
{
	switch (d & 0x1f) {
	case 1:
	case 4:
	case 8:
		return sem_acquire(g, chan, n, d);
	case 2:
		return sem_release(g, chan, n, d);
	case 0x10:
		return sem_reduction(g, chan, n, d);
	default:
		raise_intr(g, chan, n, PBDMA_INTR0_SEMAPHORE, 0, M_SEM_D, d);
		return STEP_STALLED;
	}
}

static enum step mem_op(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t d)
{
	const uint32_t *m = chan->pb->memop;
	struct mmu_invalidate inv = {
		.all_pdb = m[2] & BIT(0),
		.pdb = (uint64_t)(d & 0x07ffffff) << 32 | (m[2] & 0xfffff000),
		.pdb_aper = (enum aperture)(m[2] >> 10 & 3),
		.hub_only = m[2] & BIT(1),
		.level = m[2] >> 7 & 7,
		.replay = m[2] >> 2 & 7,
		.va = (uint64_t)m[1] << 32 | (m[0] & 0xfffff000),
		.cancel_client = m[0] & 0x3f,
		.cancel_gpc = m[0] >> 6 & 0x1f,
	};

	switch (d >> 27) {
	case 0x09:
		inv.all_va = true;
		/* fall through */
	case 0x0a:
		pmmu_invalidate(g, &inv);
		return STEP_OK;
	case 0x05:	/* membar: memory is always up to date here, and so is L2 (0xd..0x15) */
	case 0x0d:
	case 0x0e:
	case 0x0f:
	case 0x10:
	case 0x15:
		return STEP_OK;
	default:
		raise_intr(g, chan, n, PBDMA_INTR0_METHOD, 0, M_MEM_OP_D, d);
		return STEP_STALLED;
	}
}

/* Methods below 0x100 are host's own. */
static enum step host_method(struct gp104 *g, struct fifo_chan *chan, unsigned int n,
			     unsigned int subc, uint32_t mthd, uint32_t data)
{
	struct pbdma_state *s = chan->pb;

	switch (mthd) {
	case M_NOP:
	case M_FB_FLUSH:
		return STEP_OK;
	case M_SEM_A:
	case M_SEM_B:
	case M_SEM_C:
		s->sem[(mthd - M_SEM_A) / 4] = data;
		return STEP_OK;
	case M_SEM_D:
		s->sem[3] = data;
		return sem_execute(g, chan, n, data);
	case M_NONSTALL:
		pfifo_intr(g, PFIFO_INTR_NONSTALL);
		return STEP_OK;
	case M_MEM_OP_A:
	case M_MEM_OP_B:
	case M_MEM_OP_C:
		s->memop[(mthd - M_MEM_OP_A) / 4] = data;
		return STEP_OK;
	case M_MEM_OP_D:
		return mem_op(g, chan, n, data);
	case M_REFERENCE:
		if (!pfifo_chan_idle(g, chan))
			return STEP_BUSY;
		s->ref = data;
		s->dirty = true;
		return STEP_OK;
	case M_WFI:
		return pfifo_chan_idle(g, chan) ? STEP_OK : STEP_BUSY;
	case M_CRC_CHECK:
		unknown(g, "method", "host CRC_CHECK");
		return STEP_OK;
	case M_YIELD:
		return data & 3 ? STEP_YIELD : STEP_OK;
	default:
		/* ILLEGAL, sync points (Tegra's), and what host does not know. */
		raise_intr(g, chan, n, PBDMA_INTR0_METHOD, subc, mthd, data);
		return STEP_STALLED;
	}
}

/* Subchannels 5 to 7 have no engine: "software methods", for the driver to execute. */
static bool software_subchannel(unsigned int subc)
{
	return subc >= 5;
}

static enum step method(struct gp104 *g, struct fifo_chan *chan, unsigned int n, unsigned int subc,
			uint32_t mthd, uint32_t data)
{
	g->stats.pbdma_methods++;
	if (mthd != M_SET_OBJECT && mthd < M_HOST_END) {
		trace(g, "pbdma", "channel %u: host %04x %08x", chan->id, mthd, data);
		return host_method(g, chan, n, subc, mthd, data);
	}
	if (software_subchannel(subc)) {
		raise_intr(g, chan, n, PBDMA_INTR0_DEVICE, subc, mthd, data);
		return STEP_STALLED;
	}
	switch (pfifo_engine_method(g, chan, subc, mthd, data)) {
	case FIFO_DONE:
		return STEP_OK;
	case FIFO_BUSY:
		return STEP_BUSY;
	case FIFO_ERROR:
		break;
	}
	chan->eng_faulted = true;	/* until the driver clears it or the channel is gone */
	return STEP_DEAD;
}

/* Try a method; when it cannot be done now, keep it. */
static enum step try_method(struct gp104 *g, struct fifo_chan *chan, unsigned int n)
{
	struct pbdma_state *s = chan->pb;
	enum step r = method(g, chan, n, s->have_subc, s->have_mthd, s->have_data);

	s->have = r == STEP_BUSY || r == STEP_BLOCKED;
	if (s->have)
		g->stats.pbdma_methods--;	/* counted when it is done */
	return r;
}

static void start_header(struct pbdma_state *s, enum header_mode mode, uint32_t w, uint32_t count)
{
	s->mode = mode;
	s->mthd = (w & 0xfff) << 2;
	s->subc = w >> 13 & 7;
	s->count = count;
	s->first = true;
}

static bool selected(const struct pbdma_state *s)
{
	return s->sub_mask & 1;
}

/* 31:29 = 0: sub-device masks, and the old incrementing format with byte addresses. */
static bool header_group0(struct pbdma_state *s, uint32_t w)
{
	switch (w >> 16 & 3) {
	case 0:
		start_header(s, MODE_INC, w, w >> 18 & 0x7ff);
		s->mthd = w & 0x1ffc;
		return true;
	case 1:
		s->sub_mask = w >> 4 & 0xfff;
		return true;
	case 2:
		s->sub_stored = w >> 4 & 0xfff;
		return true;
	default:
		s->sub_mask = s->sub_stored;
		return true;
	}
}

static bool header_group2(struct pbdma_state *s, uint32_t w)
{
	if (w >> 16 & 3)
		return false;
	start_header(s, MODE_NONINC, w, w >> 18 & 0x7ff);
	s->mthd = w & 0x1ffc;
	return true;
}

static void set_method(struct pbdma_state *s, unsigned int subc, uint32_t mthd, uint32_t data)
{
	s->have = true;
	s->have_subc = subc;
	s->have_mthd = mthd;
	s->have_data = data;
}

/* A word that starts a method. False: there is no such format. */
static bool header(struct pbdma_state *s, uint32_t w)
{
	switch (w >> 29) {
	case 0:
		return header_group0(s, w);
	case 1:
		start_header(s, MODE_INC, w, w >> 16 & 0x1fff);
		return true;
	case 2:
		return header_group2(s, w);
	case 3:
		start_header(s, MODE_NONINC, w, w >> 16 & 0x1fff);
		return true;
	case 4:
		if (selected(s))
			set_method(s, w >> 13 & 7, (w & 0xfff) << 2, w >> 16 & 0x1fff);
		return true;
	case 5:
		start_header(s, MODE_ONEINC, w, w >> 16 & 0x1fff);
		return true;
	case 7:		/* end of the segment */
		s->get = s->end;
		s->nfetched = s->fetch_pos = 0;
		return true;
	default:
		return false;
	}
}

/* A word of data for the header under way. */
static void data_word(struct pbdma_state *s, uint32_t w)
{
	if (selected(s))
		set_method(s, s->subc, s->mthd, w);
	if (s->mode == MODE_INC || (s->mode == MODE_ONEINC && s->first))
		s->mthd = (s->mthd + 4) & 0x3ffc;
	s->first = false;
	s->count--;
}

static enum step fetch(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t *w)
{
	struct mmu_client c = host_client(chan, n);
	struct pbdma_state *s = chan->pb;
	uint64_t left, page;

	if (s->fetch_pos == s->nfetched) {
		left = (s->end - s->get) / 4;
		page = (4096 - (s->get & 4095)) / 4;
		left = left < page ? left : page;
		s->nfetched = left < FETCH_WORDS ? (unsigned int)left : FETCH_WORDS;
		s->fetch_pos = 0;
		if (pmmu_read(g, &chan->mmu, s->get, s->fetched, s->nfetched * 4, &c) != MMU_OK) {
			s->nfetched = 0;
			return STEP_DEAD;
		}
	}
	*w = s->fetched[s->fetch_pos++];
	s->get += 4;
	s->dirty = true;
	return STEP_OK;
}

/* Entries without a length are commands to host itself. */
static enum step gp_control(struct gp104 *g, struct fifo_chan *chan, unsigned int n, uint32_t w0,
			    uint32_t w1)
{
	switch (w1 & 0xff) {
	case 0:
		return STEP_OK;
	case 2:
	case 3:
		unknown(g, "method", "GPFIFO CRC check (opcode %u)", w1 & 0xff);
		return STEP_OK;
	default:
		raise_intr(g, chan, n, PBDMA_INTR0_GPENTRY, 0, w1 & 0xff, w0);
		return STEP_STALLED;
	}
}

static enum step next_entry(struct gp104 *g, struct fifo_chan *chan, unsigned int n)
{
	struct mmu_client c = host_client(chan, n);
	struct pbdma_state *s = chan->pb;
	uint32_t e[2], length;

	if (s->gp_get == s->gp_put)
		return STEP_EMPTY;
	if (pmmu_read(g, &chan->mmu, s->gp_base + (uint64_t)s->gp_get * 8, e, 8, &c) != MMU_OK)
		return STEP_DEAD;
	s->gp_get = (s->gp_get + 1) & (s->gp_entries - 1);
	s->dirty = true;
	g->stats.pbdma_gp_entries++;
	length = e[1] >> 10 & 0x1fffff;
	trace(g, "pbdma", "channel %u: entry %08x %08x, %u words", chan->id, e[0], e[1], length);
	if (!length)
		return gp_control(g, chan, n, e[0], e[1]);
	s->get = (uint64_t)(e[1] & 0xff) << 32 | (e[0] & ~3u);
	s->end = s->get + (uint64_t)length * 4;
	s->nfetched = s->fetch_pos = 0;
	if (!(e[1] & BIT(9)))
		s->top_get = s->get;
	return STEP_OK;
}

static enum step step(struct gp104 *g, struct fifo_chan *chan, unsigned int n)
{
	struct pbdma_state *s = chan->pb;
	enum step r;
	uint32_t w;

	if (s->have)
		return try_method(g, chan, n);
	if (s->get == s->end)
		return next_entry(g, chan, n);
	r = fetch(g, chan, n, &w);
	if (r != STEP_OK)
		return r;
	if (s->count) {
		data_word(s, w);
	} else if (!header(s, w)) {
		raise_intr(g, chan, n, PBDMA_INTR0_PBENTRY, 0, 0, w);
		return STEP_STALLED;
	}
	return s->have ? try_method(g, chan, n) : STEP_OK;
}

enum pbdma_result pbdma_run(struct gp104 *g, struct fifo_chan *chan, unsigned int n,
			    unsigned int *budget)
{
	static const enum pbdma_result result[] = {
		[STEP_OK] = PBDMA_MORE,
		[STEP_BUSY] = PBDMA_BUSY,
		[STEP_BLOCKED] = PBDMA_BLOCKED,
		[STEP_STALLED] = PBDMA_STALLED,
		[STEP_EMPTY] = PBDMA_EMPTY,
		[STEP_YIELD] = PBDMA_YIELD,
		[STEP_DEAD] = PBDMA_DEAD,
	};
	enum step r = STEP_OK;

	if (!chan->pb)
		return PBDMA_DEAD;
	if (pbdma_stalled(g, n))
		return PBDMA_STALLED;
	if (!pbdma_has_work(g, chan))
		return PBDMA_EMPTY;
	while (r == STEP_OK && *budget) {
		(*budget)--;
		if (!(*budget & 63) && gp104_guest_waits(g))
			*budget = 0;
		r = step(g, chan, n);
		/* A method of this very channel may have faulted it. */
		if (chan->pbdma_faulted || chan->eng_faulted)
			r = STEP_DEAD;
	}
	userd_update(g, chan->pb);
	return result[r];
}

/* ---- registers ---- */

bool pbdma_stalled(const struct gp104 *g, unsigned int n)
{
	return all(g)->p[n].intr0 || all(g)->p[n].intr1;
}

uint32_t pbdma_pending(const struct gp104 *g)
{
	uint32_t mask = 0;
	unsigned int n;

	for (n = 0; n < FIFO_PBDMAS; n++) {
		const struct pbdma *p = &all(g)->p[n];

		if ((p->intr0 & p->en0) || (p->intr1 & p->en1))
			mask |= BIT(n);
	}
	return mask;
}

static unsigned int reg_unit(uint32_t addr)
{
	return (addr - PBDMA_BASE) / PBDMA_STRIDE;
}

/*
 * The driver has acknowledged everything: go on with what METHOD0 holds now. nouveau puts a NOP
 * there (0x80600008); if it did not, the method is executed again.
 */
static void resume(struct gp104 *g, struct pbdma *p)
{
	struct fifo_chan *chan = p->chan;

	if (p->trapped && chan && chan->pb && (p->method0 & BIT(31)))
		set_method(chan->pb, p->method0 >> 16 & 7, p->method0 & 0x3ffc, p->data0);
	p->trapped = false;
	p->chan = NULL;
	gp104_kick(g);
}

static uint32_t pb_read(struct gp104 *g, uint32_t addr)
{
	struct pbdma *p = &all(g)->p[reg_unit(addr)];

	switch (addr % PBDMA_STRIDE) {
	case PB_METHOD0:
		return p->method0;
	case PB_DATA0:
		return p->data0;
	case PB_INTR0:
		return p->intr0;
	case PB_INTR0_EN:
		return p->en0;
	case PB_INTR1:
		return p->intr1;
	case PB_INTR1_EN:
		return p->en1;
	default:
		return 0;
	}
}

static void pb_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct pbdma *p = &all(g)->p[reg_unit(addr)];
	bool stalled = p->intr0 || p->intr1;

	switch (addr % PBDMA_STRIDE) {
	case PB_METHOD0:
		p->method0 = val;
		break;
	case PB_DATA0:
		p->data0 = val;
		break;
	case PB_INTR0:
		p->intr0 &= ~val;
		break;
	case PB_INTR0_EN:
		p->en0 = val;
		break;
	case PB_INTR1:
		p->intr1 &= ~val;
		break;
	case PB_INTR1_EN:
		p->en1 = val;
		break;
	}
	if (stalled && !p->intr0 && !p->intr1)
		resume(g, p);
	pfifo_update_intr(g);
}

/* The channel on the PBDMA: 11:0 id, 31 valid. While an interrupt waits, the one that caused it. */
static uint32_t channel_read(struct gp104 *g, uint32_t addr)
{
	unsigned int n = reg_unit(addr);
	struct fifo_chan *chan = all(g)->p[n].chan ? all(g)->p[n].chan : pfifo_pbdma_chan(g, n);

	return chan ? chan->id | BIT(13) : 0;
}

/* The words that RAMFC has, too. */
static uint32_t state_read(struct gp104 *g, uint32_t addr)
{
	struct fifo_chan *chan = pfifo_pbdma_chan(g, reg_unit(addr));

	if (!chan)
		return 0;
	pbdma_save(g, chan);
	return ramfc_rd(g, chan, addr % PBDMA_STRIDE);
}

static void ro_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

#define PB_REG(off, nm, rd, wr) \
	{ PBDMA_BASE + (off), "PBDMA." nm, .count = FIFO_PBDMAS, .stride = PBDMA_STRIDE, \
	  .read = rd, .write = wr }
#define PB_STATE(off, nm, n2) \
	{ PBDMA_BASE + (off), "PBDMA." nm, .count = FIFO_PBDMAS, .stride = PBDMA_STRIDE, \
	  .count2 = n2, .stride2 = 4, .read = state_read, .write = ro_write }
#define PB_STORE(off, nm, rst) \
	{ PBDMA_BASE + (off), "PBDMA." nm, REG_RW, rst, .count = FIFO_PBDMAS, \
	  .stride = PBDMA_STRIDE }

static const struct reg regs[] = {
	PB_STATE(0x00, "GP_PUT", 1),
	PB_STATE(PB_USERD, "USERD", 2),
	PB_STATE(PB_SIGNATURE, "SIGNATURE", 1),
	PB_STATE(PB_GP_GET, "GP_GET", 1),
	PB_STATE(PB_GET, "GET", 2),
	PB_STATE(PB_REF, "REF", 1),
	PB_STATE(PB_ACQUIRE, "ACQUIRE", 1),
	PB_STATE(PB_SEM_A, "SEMAPHORE", 4),
	PB_STATE(PB_GP_BASE, "GP_BASE", 2),
	PB_STATE(PB_SUBDEVICE, "SUBDEVICE", 1),
	PB_REG(PB_METHOD0, "METHOD0", pb_read, pb_write),
	PB_REG(PB_DATA0, "DATA0", pb_read, pb_write),
	PB_STATE(PB_HCE_CTRL, "HCE_CTRL", 1),
	PB_REG(PB_INTR0, "INTR_0", pb_read, pb_write),
	PB_REG(PB_INTR0_EN, "INTR_EN_0", pb_read, pb_write),
	PB_REG(PB_CHANNEL, "CHANNEL", channel_read, ro_write),
	PB_STORE(PB_TIMEOUT, "TIMEOUT", 0),
	PB_STORE(PB_INTR_STALL, "INTR_STALL", 0xffffffff),
	PB_REG(PB_INTR1, "INTR_1", pb_read, pb_write),
	PB_REG(PB_INTR1_EN, "INTR_EN_1", pb_read, pb_write),
	PB_STORE(PB_HCE_DBG0, "HCE_DBG0", 0),
	PB_STORE(PB_HCE_DBG1, "HCE_DBG1", 0),
};

static struct pbdmas *all(const struct gp104 *g)
{
	return g->pbdmas;
}

void pbdma_reset(struct gp104 *g)
{
	memset(all(g), 0, sizeof(*all(g)));
}

static int unit_init(struct gp104 *g)
{
	g->pbdmas = calloc(1, sizeof(*g->pbdmas));
	return g->pbdmas ? 0 : -ENOMEM;
}

static void unit_fini(struct gp104 *g)
{
	free(g->pbdmas);
	g->pbdmas = NULL;
}

const struct unit pbdma_unit = {
	.name = "pbdma",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = unit_init,
	.fini = unit_fini,
	.reset = pbdma_reset,
};
