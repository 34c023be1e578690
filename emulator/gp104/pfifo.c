// SPDX-License-Identifier: MIT
/*
 * pfifo.c - the host: channel table, runlists and their scheduling, preemption, interrupts.
 *
 * Registers: nouveau fifo/gf100.c, gk104.c, gk110.c, gm107.c, gm200.c, gp100.c; envytools
 * rnndb/fifo/gf100_pfifo.xml.
 *
 * Each runlist runs one group of channels at a time on its PBDMA(s). An engine keeps a channel's
 * context until another group wants it or the group is preempted; compute work cannot be
 * interrupted (the context switch firmware's default is wait-for-idle), so a preemption may have to
 * wait, and ends in a context switch time-out, from which the driver recovers with a fault and a
 * reset.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fecs.h"
#include "pbdma.h"
#include "pcopy.h"
#include "pfault.h"
#include "pmc.h"
#include "ptimer.h"
#include "ptop.h"

#define INTR		0x002100
#define INTR_EN		0x002140
#define PBDMAS		0x002004
#define CHANNELS	0x002008
#define USERD_BASE	0x002254
#define RUNLIST_WR	0x002270
#define RUNLIST_SUBMIT	0x002274
#define RUNLIST_RD	0x002280
#define PBDMA_RUNLISTS	0x002390
#define BIND_ERROR	0x00252c
#define SCHED_ERROR	0x00254c
#define CHSW_ERROR	0x00256c
#define LB_ERROR	0x00258c
#define PBDMA_SOURCE	0x0025a0
#define SCHED_FAULT	0x00262c
#define SCHED_BLOCK	0x002630
#define PREEMPT		0x002634
#define ENGINE_STATUS	0x002640
#define RUNLIST_INTR	0x002a00
#define FB_TIMEOUT	0x002a04
#define PB_TIMEOUT	0x002a08
#define ENG_TIMEOUT	0x002a0c
#define FAULT_TRIGGER	0x002a30
#define PBDMA_STATUS	0x003080
#define CHAN_TABLE	0x800000

#define BIND_UNBIND_WHILE_RUNNING 0x03	/* nouveau gk104_fifo_intr_bind_reason */
#define BIND_INVALID_TARGET	0x06
#define SCHED_CTXSW_TIMEOUT	0x0a

_Static_assert(FIFO_PBDMAS == PTOP_RUNLISTS + 1, "two for the graphics runlist, one for others");

#define USERD_SIZE	0x200
#define GROUP_CHANS	64		/* 6 bits of a TSG entry */
#define GROUPS		FIFO_CHANNELS
#define SLICE_METHODS	1024		/* per runlist and turn */
#define MAX_ENGINES	16		/* engine numbers with a status register */

/* Channels that share a time slice and engine contexts; a channel outside a TSG is alone in one. */
struct group {
	bool tsg;
	uint16_t id;			/* of the TSG, or the channel */
	uint16_t n;
	uint16_t chan[GROUP_CHANS];
	uint64_t slice;			/* ns */
};

struct runlist {
	struct group *groups;		/* GROUPS of them */
	unsigned int ngroups, next;
	bool loaded;			/* cur is on the PBDMAs */
	struct group cur;
	uint64_t slice_end;
};

/* A request to take a group off everything. */
struct preempt {
	bool pending;
	bool tsg;
	uint16_t id;
	uint64_t since;
};

struct pfifo {
	struct fifo_chan *chan[FIFO_CHANNELS];
	uint32_t chan_reg[FIFO_CHANNELS];
	struct runlist rl[PTOP_RUNLISTS];
	const struct fifo_engine *ops[FIFO_ENGINES];
	struct fifo_chan *eng_chan[FIFO_ENGINES];	/* whose context the engine has */
	bool eng_wanted[FIFO_ENGINES];	/* by another channel */
	uint64_t eng_wanted_since[FIFO_ENGINES];
	uint64_t ctas;			/* launched, when they were last looked at */
	bool eng_faulted[FIFO_ENGINES];
	struct preempt preempt;
	uint32_t sched_fault;		/* runlists that a fault has stopped */
};

/* ---- interrupts ---- */

static uint32_t intr_status(struct gp104 *g)
{
	uint32_t v = reg_get(g, INTR);

	if (pfault_pending(g) && !fecs_ctxsw_stopped(g))
		v |= PFIFO_INTR_MMU_FAULT;
	if (pbdma_pending(g))
		v |= PFIFO_INTR_PBDMA;
	if (reg_get(g, RUNLIST_INTR))
		v |= PFIFO_INTR_RUNLIST;
	return v;
}

void pfifo_update_intr(struct gp104 *g)
{
	pmc_intr(g, PMC_INTR_PFIFO, intr_status(g) & reg_get(g, INTR_EN));
}

void pfifo_intr(struct gp104 *g, uint32_t bits)
{
	reg_set(g, INTR, bits);
	pfifo_update_intr(g);
}

static uint32_t intr_read(struct gp104 *g, uint32_t addr)
{
	return intr_status(g);
}

static void intr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, INTR, reg_get(g, INTR) & ~val);
	pfifo_update_intr(g);
}

static void intr_en_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	pfifo_update_intr(g);
}

static void bind_error(struct gp104 *g, uint32_t code)
{
	reg_put(g, BIND_ERROR, code);
	pfifo_intr(g, PFIFO_INTR_BIND);
}

/* ---- who is where ---- */

struct fifo_chan *pfifo_chan(struct gp104 *g, unsigned int id)
{
	return id < FIFO_CHANNELS ? g->pfifo->chan[id] : NULL;
}

struct fifo_chan *pfifo_chan_of_inst(struct gp104 *g, enum aperture aper, uint64_t inst)
{
	unsigned int i;

	for (i = 0; i < FIFO_CHANNELS; i++) {
		struct fifo_chan *c = g->pfifo->chan[i];

		if (c && c->mmu.inst == inst && c->mmu.inst_aper == aper)
			return c;
	}
	return NULL;
}

struct fifo_chan *pfifo_engine_chan(struct gp104 *g, enum fifo_engine_id id)
{
	return g->pfifo->eng_chan[id];
}

static bool in_group(const struct fifo_chan *c, bool tsg, unsigned int id)
{
	return tsg ? c->tsg == (int)id : c->tsg < 0 && c->id == id;
}

/* PBDMAs 0 and 1 serve the graphics runlist's two runqueues, one each the others. */
static unsigned int pbdma_of(unsigned int runlist, unsigned int runq)
{
	return runlist == PTOP_RUNLIST_GR ? runq : runlist + 1;
}

static unsigned int runlist_of_pbdma(unsigned int n)
{
	return n < 2 ? PTOP_RUNLIST_GR : n - 1;
}

/* The channels of the loaded group, in turn. */
static struct fifo_chan *cur_chan(struct gp104 *g, struct runlist *rl, unsigned int i)
{
	return pfifo_chan(g, rl->cur.chan[i]);
}

struct fifo_chan *pfifo_pbdma_chan(struct gp104 *g, unsigned int n)
{
	unsigned int i, runlist = runlist_of_pbdma(n);
	struct runlist *rl;

	if (runlist >= PTOP_RUNLISTS)	/* a PBDMA that no runlist uses */
		return NULL;
	rl = &g->pfifo->rl[runlist];
	for (i = 0; rl->loaded && i < rl->cur.n; i++) {
		struct fifo_chan *c = cur_chan(g, rl, i);

		if (c && pbdma_of(c->runlist, c->runq) == n)
			return c;
	}
	return NULL;
}

static bool space_is(const struct fifo_chan *c, enum aperture aper, uint64_t pdb)
{
	return c && c->mmu.valid && c->mmu.pdb == pdb && c->mmu.pdb_aper == aper;
}

bool pfifo_pdb_loaded(struct gp104 *g, enum aperture aper, uint64_t pdb)
{
	struct pfifo *f = g->pfifo;
	unsigned int i, j;

	for (i = 0; i < FIFO_ENGINES; i++)
		if (space_is(f->eng_chan[i], aper, pdb))
			return true;
	for (i = 0; i < PTOP_RUNLISTS; i++)
		for (j = 0; f->rl[i].loaded && j < f->rl[i].cur.n; j++)
			if (space_is(cur_chan(g, &f->rl[i], j), aper, pdb))
				return true;
	return false;
}

/* ---- engines ---- */

void pfifo_set_engine(struct gp104 *g, enum fifo_engine_id id, const struct fifo_engine *ops)
{
	g->pfifo->ops[id] = ops;
}

/* Take the engine's context off it. False: not yet. */
static bool engine_unload(struct gp104 *g, enum fifo_engine_id id)
{
	struct pfifo *f = g->pfifo;
	struct fifo_chan *c = f->eng_chan[id];

	if (!c)
		return true;
	if (f->eng_faulted[id])
		return false;		/* hangs until it is reset */
	if (f->ops[id]->unload && !f->ops[id]->unload(g, c))
		return false;
	f->eng_chan[id] = NULL;
	return true;
}

void pfifo_engine_reset(struct gp104 *g, enum fifo_engine_id id)
{
	struct pfifo *f = g->pfifo;

	f->eng_chan[id] = NULL;
	f->eng_faulted[id] = false;
	f->eng_wanted[id] = false;
	if (id == FIFO_ENG_GR)
		pfault_gr_reset(g);
	gp104_kick(g);
}

/* The engine of a subchannel; negative: this runlist has none. */
static int engine_of(const struct fifo_chan *chan, unsigned int subc)
{
	switch (chan->runlist) {
	case PTOP_RUNLIST_GR:
		if (subc == 4)
			return chan->runq ? FIFO_ENG_CE3 : FIFO_ENG_CE2;
		return FIFO_ENG_GR;
	case 1:
		return FIFO_ENG_CE0;
	case 2:
		return FIFO_ENG_CE1;
	default:
		return -1;
	}
}

static void want_engine(struct pfifo *f, int id)
{
	if (f->eng_wanted[id])
		return;
	f->eng_wanted[id] = true;
	f->eng_wanted_since[id] = gp104_now();
}

enum fifo_result pfifo_engine_method(struct gp104 *g, struct fifo_chan *chan, unsigned int subc,
				     uint32_t mthd, uint32_t data)
{
	struct pfifo *f = g->pfifo;
	int id = engine_of(chan, subc);

	if (id < 0 || !f->ops[id]) {
		unknown(g, "method", "runlist %u, subchannel %u, method %04x", chan->runlist, subc,
			mthd);
		return FIFO_DONE;
	}
	if (f->eng_chan[id] != chan) {
		if (!engine_unload(g, (enum fifo_engine_id)id)) {
			want_engine(f, id);
			return FIFO_BUSY;
		}
		f->eng_wanted[id] = false;
		f->eng_chan[id] = chan;
		if (f->ops[id]->load)
			f->ops[id]->load(g, chan);
	}
	return f->ops[id]->method(g, chan, subc, mthd, data);
}

bool pfifo_chan_idle(struct gp104 *g, struct fifo_chan *chan)
{
	struct pfifo *f = g->pfifo;
	unsigned int i;

	for (i = 0; i < FIFO_ENGINES; i++)
		if (f->eng_chan[i] == chan && f->ops[i]->idle && !f->ops[i]->idle(g, chan))
			return false;
	return true;
}

/* NV_PFIFO_ENGINE_STATUS as nouveau gk104_engn_status() decodes it. */
#define STATUS_BUSY	BIT(31)
#define STATUS_FAULTED	BIT(30)
#define STATUS_CHSW	BIT(15)
#define STATUS_SAVE	BIT(14)
#define STATUS_VALID	BIT(13)		/* and, with CHSW: loading */
#define STATUS_TSG	BIT(12)

static bool engine_leaving(struct gp104 *g, unsigned int id)
{
	const struct pfifo *f = g->pfifo;

	return f->eng_wanted[id] || (f->preempt.pending &&
				     in_group(f->eng_chan[id], f->preempt.tsg, f->preempt.id));
}

static uint32_t engine_status_read(struct gp104 *g, uint32_t addr)
{
	struct pfifo *f = g->pfifo;
	unsigned int id = (addr - ENGINE_STATUS) / 8;
	struct fifo_chan *c;
	uint32_t v;

	if (id >= FIFO_ENGINES || !f->eng_chan[id])
		return 0;
	c = f->eng_chan[id];
	v = c->tsg >= 0 ? STATUS_TSG | (uint32_t)c->tsg : c->id;
	if (f->eng_faulted[id])
		v |= STATUS_FAULTED;
	if (engine_leaving(g, id))
		return v | STATUS_BUSY | STATUS_CHSW | STATUS_SAVE;
	if (f->eng_faulted[id] || (f->ops[id]->idle && !f->ops[id]->idle(g, c)))
		v |= STATUS_BUSY;
	return v | STATUS_VALID;
}

static uint32_t pbdma_status_read(struct gp104 *g, uint32_t addr)
{
	struct fifo_chan *c = pfifo_pbdma_chan(g, (addr - PBDMA_STATUS) / 4);

	if (!c)
		return 0;
	return STATUS_VALID | (c->tsg >= 0 ? STATUS_TSG | (uint32_t)c->tsg : c->id);
}

/* ---- faults ---- */

static int engine_of_fault(unsigned int unit)
{
	unsigned int i;

	for (i = 0; i < FIFO_ENGINES; i++)
		if (ptop_engines[i].fault == unit)
			return (int)i;
	return -1;
}

bool pfifo_engine_faulted(struct gp104 *g, enum fifo_engine_id id)
{
	return g->pfifo->eng_faulted[id];
}

void pfifo_mmu_fault(struct gp104 *g, const struct mmu_client *client, const struct mmu_ctx *ctx)
{
	struct pfifo *f = g->pfifo;
	struct fifo_chan *c = pfifo_chan_of_inst(g, ctx->inst_aper, ctx->inst);
	int id = engine_of_fault(client->engine);

	if (client->engine == MMU_ENG_BAR1 || client->engine == MMU_ENG_BAR2)
		return;
	if (id >= 0)
		f->eng_faulted[id] = f->eng_chan[id] != NULL;
	if (!c)
		return;
	if (id >= 0)
		c->eng_faulted = true;
	else
		c->pbdma_faulted = true;
	f->sched_fault |= BIT(c->runlist);
	g->stats.channels_killed++;
	trace(g, "pfifo", "channel %u faulted, runlist %u stops", c->id, c->runlist);
}

static void trigger_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct pfifo *f = g->pfifo;
	unsigned int id = (addr - FAULT_TRIGGER) / 4;
	struct mmu_ctx none = { .valid = false };
	struct fifo_chan *c = id < FIFO_ENGINES ? f->eng_chan[id] : NULL;
	uint32_t old = reg_get(g, addr);

	reg_put(g, addr, val);
	if (!(val & ~old & BIT(8)))
		return;
	if (c) {
		f->eng_faulted[id] = true;
		c->eng_faulted = true;
		f->sched_fault |= BIT(c->runlist);
	}
	pfault_trigger(g, val & 0x1f, c ? &c->mmu : &none);
}

/* ---- the channel table ---- */

static void drop_from_engines(struct gp104 *g, struct fifo_chan *c)
{
	struct pfifo *f = g->pfifo;
	unsigned int i;

	for (i = 0; i < FIFO_ENGINES; i++) {
		if (f->eng_chan[i] == c) {
			f->eng_chan[i] = NULL;
			f->eng_faulted[i] = false;
		}
		if (f->ops[i] && f->ops[i]->gone)
			f->ops[i]->gone(g, c);
	}
}

static bool chan_loaded(struct gp104 *g, const struct fifo_chan *c)
{
	struct runlist *rl = &g->pfifo->rl[c->runlist];
	unsigned int i;

	for (i = 0; i < FIFO_ENGINES; i++)
		if (g->pfifo->eng_chan[i] == c)
			return true;
	for (i = 0; rl->loaded && i < rl->cur.n; i++)
		if (rl->cur.chan[i] == c->id)
			return true;
	return false;
}

static void chan_free(struct gp104 *g, struct fifo_chan *c)
{
	drop_from_engines(g, c);
	pbdma_save(g, c);
	pbdma_gone(g, c);
	g->pfifo->chan[c->id] = NULL;
	free(c);
}

static void unload_group(struct gp104 *g, struct runlist *rl);

static void chan_unbind(struct gp104 *g, struct fifo_chan *c)
{
	struct runlist *rl = &g->pfifo->rl[c->runlist];

	if (chan_loaded(g, c)) {
		/* Idle on the PBDMA is no offence; work that still runs is. */
		if (!pfifo_chan_idle(g, c))
			bind_error(g, BIND_UNBIND_WHILE_RUNNING);
		unload_group(g, rl);
	}
	chan_free(g, c);
}

/* Read what the instance block says; done whenever the channel comes onto a PBDMA. */
static void chan_load(struct gp104 *g, struct fifo_chan *c)
{
	pmmu_ctx_load(g, &c->mmu, c->mmu.inst_aper, c->mmu.inst);
}

static void chan_bind(struct gp104 *g, unsigned int id, uint32_t val)
{
	struct fifo_chan *c;
	enum aperture aper = (enum aperture)(val >> 28 & 3);

	if (aper == APER_PEER) {
		bind_error(g, BIND_INVALID_TARGET);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->id = id;
	c->tsg = -1;
	c->mmu.inst = (uint64_t)(val & 0x0fffffff) << 12;
	c->mmu.inst_aper = aper;
	chan_load(g, c);
	c->pb = pbdma_load(g, c);
	c->poll = true;
	g->pfifo->chan[id] = c;
	trace(g, "pfifo", "channel %u bound to %d:%llx", id, aper, (unsigned long long)c->mmu.inst);
}

static void table_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	unsigned int id = (addr - CHAN_TABLE) / 8;
	struct fifo_chan *c = pfifo_chan(g, id);

	g->pfifo->chan_reg[id] = val;
	if (c)
		chan_unbind(g, c);
	if (val & BIT(31))
		chan_bind(g, id, val);
}

static uint32_t table_read(struct gp104 *g, uint32_t addr)
{
	return g->pfifo->chan_reg[(addr - CHAN_TABLE) / 8];
}

/* Channel state: 0 enabled, 10 enable, 11 disable, 19:16 runlist, 22 and 23 faulted, 28 busy. */
#define STATE_ENABLED	BIT(0)
#define STATE_ENABLE	BIT(10)
#define STATE_DISABLE	BIT(11)
#define STATE_PBDMA_FAULTED BIT(22)
#define STATE_ENG_FAULTED BIT(23)
#define STATE_BUSY	BIT(28)

static uint32_t state_read(struct gp104 *g, uint32_t addr)
{
	struct fifo_chan *c = pfifo_chan(g, (addr - CHAN_TABLE) / 8);

	if (!c)
		return 0;
	return (c->enabled ? STATE_ENABLED : 0) | c->runlist << 16 |
	       (c->pbdma_faulted ? STATE_PBDMA_FAULTED : 0) |
	       (c->eng_faulted ? STATE_ENG_FAULTED : 0) |
	       (chan_loaded(g, c) && !pfifo_chan_idle(g, c) ? STATE_BUSY : 0);
}

static void state_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct fifo_chan *c = pfifo_chan(g, (addr - CHAN_TABLE) / 8);

	if (!c)
		return;
	if (val & STATE_PBDMA_FAULTED)
		c->pbdma_faulted = false;
	if (val & STATE_ENG_FAULTED)
		c->eng_faulted = false;
	if (val & STATE_ENABLE)
		c->enabled = true;
	if (val & STATE_DISABLE)
		c->enabled = false;
	c->poll = true;
	gp104_kick(g);
}

/* ---- runlists ---- */

static bool blocked(struct gp104 *g, unsigned int n)
{
	return (reg_get(g, SCHED_BLOCK) | g->pfifo->sched_fault) & BIT(n);
}

static bool faulted(const struct fifo_chan *c)
{
	return c->pbdma_faulted || c->eng_faulted;
}

/* May it be loaded? */
static bool runnable(struct gp104 *g, struct fifo_chan *c)
{
	return c && c->enabled && !faulted(c);
}

/* Anything for the group to do now? A semaphore is looked at again only when it is time. */
static bool group_has_work(struct gp104 *g, const struct group *gr)
{
	unsigned int i;
	int64_t delay;

	for (i = 0; i < gr->n; i++) {
		struct fifo_chan *c = pfifo_chan(g, gr->chan[i]);

		if (!runnable(g, c) || !pbdma_has_work(g, c))
			continue;
		if (!pbdma_blocked(c, &delay) || delay == RUN_AGAIN)
			return true;
	}
	return false;
}

/* When the earliest semaphore of the runlist is due. */
static int64_t next_poll(struct gp104 *g, struct runlist *rl)
{
	int64_t next = RUN_IDLE, delay;
	unsigned int i, j;

	for (i = 0; i < rl->ngroups; i++)
		for (j = 0; j < rl->groups[i].n; j++) {
			struct fifo_chan *c = pfifo_chan(g, rl->groups[i].chan[j]);

			if (runnable(g, c) && pbdma_blocked(c, &delay) && delay < next)
				next = delay;
		}
	return next;
}

static void load_group(struct gp104 *g, struct runlist *rl, const struct group *gr)
{
	unsigned int i;

	rl->cur = *gr;
	rl->loaded = true;
	rl->slice_end = gp104_now() + gr->slice;
	for (i = 0; i < gr->n; i++) {
		struct fifo_chan *c = cur_chan(g, rl, i);

		if (c)
			chan_load(g, c);
	}
}

/* Off the PBDMAs. */
static void unload_group(struct gp104 *g, struct runlist *rl)
{
	unsigned int i;

	for (i = 0; rl->loaded && i < rl->cur.n; i++) {
		struct fifo_chan *c = cur_chan(g, rl, i);

		if (c)
			pbdma_save(g, c);
	}
	rl->loaded = false;
}

static struct group *pick(struct gp104 *g, struct runlist *rl)
{
	unsigned int i;

	for (i = 0; i < rl->ngroups; i++) {
		struct group *gr = &rl->groups[(rl->next + i) % rl->ngroups];

		if (!group_has_work(g, gr))
			continue;
		rl->next = (rl->next + i + 1) % rl->ngroups;
		return gr;
	}
	return NULL;
}

static bool others_have_work(struct gp104 *g, struct runlist *rl)
{
	unsigned int i;

	for (i = 0; i < rl->ngroups; i++) {
		struct group *gr = &rl->groups[i];

		if ((gr->tsg != rl->cur.tsg || gr->id != rl->cur.id) && group_has_work(g, gr))
			return true;
	}
	return false;
}

/* An interrupt of its PBDMA keeps a group where it is. */
static bool group_stalled(struct gp104 *g, struct runlist *rl)
{
	unsigned int i;

	for (i = 0; rl->loaded && i < rl->cur.n; i++) {
		struct fifo_chan *c = cur_chan(g, rl, i);

		if (c && pbdma_stalled(g, pbdma_of(c->runlist, c->runq)))
			return true;
	}
	return false;
}

/*
 * Run what is loaded. The best of the channels' results: is there more, who is waited for? To disable a
 * channel keeps it from being scheduled again, and does not take it off (nvkm_chan_cctx_bind()).
 */
static enum pbdma_result run_group(struct gp104 *g, struct runlist *rl)
{
	enum pbdma_result best = PBDMA_EMPTY, r;
	unsigned int i;

	for (i = 0; i < rl->cur.n; i++) {
		struct fifo_chan *c = cur_chan(g, rl, i);
		unsigned int budget = SLICE_METHODS;

		if (!c || faulted(c) || blocked(g, c->runlist))
			continue;
		r = pbdma_run(g, c, pbdma_of(c->runlist, c->runq), &budget);
		if (r == PBDMA_MORE || (r == PBDMA_YIELD && best != PBDMA_MORE) ||
		    (r == PBDMA_BUSY && best == PBDMA_EMPTY))
			best = r;
	}
	return best;
}

/* One turn of a runlist: load, run, and leave for another group when that is better. */
static int64_t run_runlist(struct gp104 *g, unsigned int n)
{
	struct runlist *rl = &g->pfifo->rl[n];
	enum pbdma_result r;
	struct group *gr;
	uint64_t now;

	if (blocked(g, n))
		return RUN_IDLE;
	if (!rl->loaded) {
		gr = pick(g, rl);
		if (!gr)
			return next_poll(g, rl);
		load_group(g, rl, gr);
	}
	r = run_group(g, rl);
	if (!rl->loaded || blocked(g, n) || group_stalled(g, rl))
		return RUN_IDLE;
	now = gp104_now();
	if (others_have_work(g, rl)) {
		if (r == PBDMA_EMPTY || r == PBDMA_YIELD || now >= rl->slice_end) {
			unload_group(g, rl);
			return RUN_AGAIN;
		}
		return r == PBDMA_MORE ? RUN_AGAIN : (int64_t)(rl->slice_end - now);
	}
	if (r == PBDMA_MORE || r == PBDMA_YIELD)
		return RUN_AGAIN;
	return next_poll(g, rl);
}

/*
 * Host sees what the CPU writes to USERDs through BAR1, in the area at 0x2254. Silicon fetches a
 * push buffer and copies a page before the CPU can look, and nouveau 7.2 depends on that: it has no
 * interrupt for fences of copy engine channels (gk104_fifo_intr() notifies event 0,
 * nvkm_uchan_uevent() waits for event "runlist"), so that a page copy that is not done when it
 * looks costs it 15 s. So the first turns are taken here, in the guest's own access.
 */
#define DOORBELL_TURNS	16

void pfifo_bar1_written(struct gp104 *g, uint64_t off, uint32_t len)
{
	uint32_t val = reg_get(g, USERD_BASE);
	uint64_t base = (uint64_t)(val & 0x0fffffff) << 12;
	struct fifo_chan *c;
	unsigned int i, n;

	if (!(val & BIT(28)) || off < base || off >= base + FIFO_CHANNELS * USERD_SIZE)
		return;
	c = pfifo_chan(g, (unsigned int)((off - base) / USERD_SIZE));
	if (!c)
		return;
	c->poll = true;
	n = c->runlist;
	for (i = 0; i < DOORBELL_TURNS; i++) {
		int64_t host = run_runlist(g, n), copy = pcopy_turn(g, n);

		if (host != RUN_AGAIN && copy != RUN_AGAIN)
			break;
	}
	gp104_kick(g);
}

/* ---- runlist updates ---- */

/* Entries of 8 bytes (nouveau gk110_runl_insert_cgrp, gp100_runl_insert_chan). */
#define ENTRY_TSG	BIT(13)
#define ENTRY_RUNQ	BIT(14)

/* 25:18 << 17:14 microseconds. A channel alone, or nothing said: what nouveau gives its TSGs. */
static uint64_t time_slice(uint32_t w0)
{
	uint64_t us = (uint64_t)(w0 >> 18 & 0xff) << (w0 >> 14 & 15);

	return (w0 & ENTRY_TSG && us ? us : 128 << 3) * 1000;
}

static void list_chan(struct gp104 *g, unsigned int n, struct group *gr, uint32_t w0)
{
	struct fifo_chan *c = pfifo_chan(g, w0 & 0xfff);

	if (!c) {
		guest_error(g, "pfifo", "runlist %u names channel %u, which is not bound", n,
			    w0 & 0xfff);
		return;
	}
	c->runlist = n;
	c->runq = n == PTOP_RUNLIST_GR && (w0 & ENTRY_RUNQ) ? 1 : 0;
	c->tsg = gr->tsg ? gr->id : -1;
	c->listed = true;
	c->poll = true;
	gr->chan[gr->n++] = (uint16_t)c->id;
}

static void parse_runlist(struct gp104 *g, unsigned int n, enum aperture aper, uint64_t addr,
			  unsigned int count)
{
	struct runlist *rl = &g->pfifo->rl[n];
	struct group *gr = NULL;
	unsigned int i, left = 0;

	rl->ngroups = 0;
	for (i = 0; i < count; i++) {
		const uint32_t *e = mem_ptr(g, aper, addr + (uint64_t)i * 8, 8, false);
		uint32_t w0;

		if (!e) {
			guest_error(g, "pfifo", "runlist %u is not in memory", n);
			return;
		}
		w0 = e[0];

		if ((w0 & ENTRY_TSG) || !left) {
			if (rl->ngroups == GROUPS)
				return;
			gr = &rl->groups[rl->ngroups++];
			gr->tsg = w0 & ENTRY_TSG;
			gr->id = w0 & 0xfff;
			gr->n = 0;
			gr->slice = time_slice(w0);
			left = gr->tsg ? w0 >> 26 : 1;
		}
		if (!(w0 & ENTRY_TSG)) {
			left--;
			if (gr->n < GROUP_CHANS)
				list_chan(g, n, gr, w0);
		}
	}
}

static bool group_listed(const struct runlist *rl, const struct group *gr)
{
	unsigned int i;

	for (i = 0; i < rl->ngroups; i++)
		if (rl->groups[i].tsg == gr->tsg && rl->groups[i].id == gr->id)
			return true;
	return false;
}

static void unlist_all(struct gp104 *g, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < FIFO_CHANNELS; i++)
		if (g->pfifo->chan[i] && g->pfifo->chan[i]->runlist == n)
			g->pfifo->chan[i]->listed = false;
}

/* A group that stays keeps the PBDMA, with the channels that it has now. */
static void refresh_loaded(struct gp104 *g, struct runlist *rl)
{
	unsigned int i;

	if (!rl->loaded)
		return;
	if (!group_listed(rl, &rl->cur)) {
		unload_group(g, rl);
		return;
	}
	for (i = 0; i < rl->ngroups; i++)
		if (rl->groups[i].tsg == rl->cur.tsg && rl->groups[i].id == rl->cur.id)
			rl->cur = rl->groups[i];
}

static void submit_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	unsigned int n = val >> 20 & 15, count = val & 0xfff;
	uint32_t wr = reg_get(g, RUNLIST_WR);
	struct runlist *rl;

	reg_put(g, addr, val);
	if (n >= PTOP_RUNLISTS) {
		guest_error(g, "pfifo", "runlist %u", n);
		return;
	}
	rl = &g->pfifo->rl[n];
	reg_put(g, RUNLIST_RD + n * 8, wr);
	reg_put(g, RUNLIST_RD + n * 8 + 4, count);
	unlist_all(g, n);
	parse_runlist(g, n, (enum aperture)(wr >> 28 & 3), (uint64_t)(wr & 0x0fffffff) << 12,
		      count);
	refresh_loaded(g, rl);
	g->stats.runlist_updates++;
	trace(g, "pfifo", "runlist %u: %u entries, %u groups", n, count, rl->ngroups);
	reg_set(g, RUNLIST_INTR, BIT(n));
	pfifo_update_intr(g);
	gp104_kick(g);
}

static void runlist_intr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, reg_get(g, addr) & ~val);
	pfifo_update_intr(g);
}

/* ---- preemption ---- */

static bool cur_is(const struct runlist *rl, const struct preempt *p)
{
	return rl->loaded && rl->cur.tsg == p->tsg && rl->cur.id == p->id;
}

/* Off the PBDMA, then off the engines. */
static bool preempt_try(struct gp104 *g, const struct preempt *p)
{
	struct pfifo *f = g->pfifo;
	bool done = true;
	unsigned int i;

	for (i = 0; i < PTOP_RUNLISTS; i++) {
		if (!cur_is(&f->rl[i], p))
			continue;
		if (group_stalled(g, &f->rl[i]))
			return false;
		unload_group(g, &f->rl[i]);
	}
	for (i = 0; i < FIFO_ENGINES; i++)
		if (f->eng_chan[i] && in_group(f->eng_chan[i], p->tsg, p->id))
			done &= engine_unload(g, (enum fifo_engine_id)i);
	return done;
}

static void preempt_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct preempt *p = &g->pfifo->preempt;

	reg_put(g, addr, val);
	p->tsg = val >> 24 & 3;
	p->id = val & 0xfff;
	p->since = gp104_now();
	p->pending = true;
	g->stats.preempts++;
	p->pending = !preempt_try(g, p);
	trace(g, "pfifo", "preempt %s %u: %s", p->tsg ? "TSG" : "channel", p->id,
	      p->pending ? "waits" : "done");
	gp104_kick(g);
}

static uint32_t preempt_read(struct gp104 *g, uint32_t addr)
{
	return (reg_get(g, addr) & ~BIT(20)) | (g->pfifo->preempt.pending ? BIT(20) : 0);
}

/* 31 enable, 30:0 microseconds; 4.2 s on GK104 (rnndb). */
static uint64_t ctxsw_timeout(struct gp104 *g)
{
	uint32_t v = reg_get(g, ENG_TIMEOUT);

	return v & BIT(31) ? (uint64_t)(v & 0x7fffffff) * 1000 : 0;
}

static void ctxsw_timed_out(struct gp104 *g)
{
	trace(g, "pfifo", "context switch time-out");
	reg_put(g, SCHED_ERROR, SCHED_CTXSW_TIMEOUT);
	pfifo_intr(g, PFIFO_INTR_SCHED);
}

static int64_t run_preempt(struct gp104 *g)
{
	struct preempt *p = &g->pfifo->preempt;
	uint64_t now, limit = ctxsw_timeout(g);

	if (!p->pending)
		return RUN_IDLE;
	if (preempt_try(g, p)) {
		p->pending = false;
		return RUN_IDLE;
	}
	if (!limit)
		return RUN_IDLE;
	now = gp104_now();
	if (now - p->since < limit)
		return (int64_t)(limit - (now - p->since));
	p->since = now;
	ctxsw_timed_out(g);
	return (int64_t)limit;
}

/*
 * Another channel waits for an engine whose work does not end. The engines here are slower than
 * silicon, and the guest is slow to serve a fault: the time starts anew with each replay and as
 * long as blocks of threads come and go.
 */
static void note_progress(struct gp104 *g)
{
	struct pfifo *f = g->pfifo;

	if (f->ctas == g->stats.ctas)
		return;
	f->ctas = g->stats.ctas;
	f->eng_wanted_since[FIFO_ENG_GR] = gp104_now();
}

static int64_t run_wanted(struct gp104 *g)
{
	struct pfifo *f = g->pfifo;
	uint64_t now, limit = ctxsw_timeout(g);
	int64_t next = RUN_IDLE;
	unsigned int i;

	note_progress(g);
	for (i = 0; limit && i < FIFO_ENGINES; i++) {
		if (!f->eng_wanted[i] || !f->eng_chan[i] || f->eng_faulted[i])
			continue;
		now = gp104_now();
		if (now - f->eng_wanted_since[i] >= limit) {
			f->eng_wanted_since[i] = now;
			ctxsw_timed_out(g);
		}
		if ((int64_t)(f->eng_wanted_since[i] + limit - now) < next)
			next = (int64_t)(f->eng_wanted_since[i] + limit - now);
	}
	return next;
}

void pfifo_replayed(struct gp104 *g)
{
	g->pfifo->eng_wanted_since[FIFO_ENG_GR] = gp104_now();
}

/* ---- the rest ---- */

void pfifo_poke(struct gp104 *g)
{
	unsigned int i;

	for (i = 0; i < FIFO_CHANNELS; i++)
		if (g->pfifo->chan[i])
			pbdma_poke(g->pfifo->chan[i]);
	gp104_kick(g);
}

enum mmu_result pfifo_sem_release(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
				  uint32_t payload, bool four_words,
				  const struct mmu_client *client)
{
	enum mmu_result r;
	uint64_t now;

	if (four_words) {
		/* payload, 0, time: the time first, a waiter looks at the payload */
		uint32_t w[3] = { 0 };

		now = ptimer_now(g);
		w[1] = (uint32_t)now;
		w[2] = (uint32_t)(now >> 32);
		r = pmmu_write(g, ctx, va + 4, w, sizeof(w), client);
		if (r != MMU_OK)
			return r;
	}
	r = pmmu_wr32(g, ctx, va, payload, client);
	if (r == MMU_OK) {
		g->stats.semaphore_releases++;
		pfifo_poke(g);
	}
	return r;
}

static uint32_t reduce(unsigned int op, bool is_unsigned, uint32_t mem, uint32_t arg)
{
	bool less = is_unsigned ? mem < arg : (int32_t)mem < (int32_t)arg;

	switch (op) {
	case 0:		/* MIN */
		return less ? mem : arg;
	case 1:		/* MAX */
		return less ? arg : mem;
	case 2:		/* XOR */
		return mem ^ arg;
	case 3:		/* AND */
		return mem & arg;
	case 4:		/* OR */
		return mem | arg;
	case 5:		/* ADD */
		return mem + arg;
	case 6:		/* INC */
		return mem >= arg ? 0 : mem + 1;
	default:	/* DEC */
		return mem == 0 || mem > arg ? arg : mem - 1;
	}
}

enum mmu_result pfifo_sem_reduce(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
				 unsigned int op, bool is_unsigned, uint32_t arg,
				 const struct mmu_client *client)
{
	struct mmu_span span;
	enum mmu_result r;
	uint32_t mem, val;

	r = pmmu_translate(g, ctx, va, MMU_ATOMIC, client, &span);
	if (r != MMU_OK)
		return r;
	mem = __atomic_load_n((uint32_t *)span.host, __ATOMIC_ACQUIRE);
	do {
		val = reduce(op, is_unsigned, mem, arg);
	} while (!__atomic_compare_exchange_n((uint32_t *)span.host, &mem, val, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	pfifo_poke(g);
	return MMU_OK;
}

static void sched_fault_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->pfifo->sched_fault &= ~val;
	gp104_kick(g);
}

static uint32_t sched_fault_read(struct gp104 *g, uint32_t addr)
{
	return g->pfifo->sched_fault;
}

static void sched_block_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	gp104_kick(g);
}

static uint32_t pbdma_source_read(struct gp104 *g, uint32_t addr)
{
	return pbdma_pending(g);
}

static uint32_t pbdma_runlists_read(struct gp104 *g, uint32_t addr)
{
	return BIT(runlist_of_pbdma((addr - PBDMA_RUNLISTS) / 4));
}

static void ro_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

static const struct reg regs[] = {
	{ PBDMAS, "PFIFO.PBDMAS", REG_RO, FIFO_PBDMAS },
	{ CHANNELS, "PFIFO.CHANNELS", REG_RO, FIFO_CHANNELS },
	{ INTR, "PFIFO.INTR", .read = intr_read, .write = intr_write },
	{ INTR_EN, "PFIFO.INTR_EN", .write = intr_en_write },
	{ USERD_BASE, "PFIFO.BAR1_BASE" },
	{ RUNLIST_WR, "PFIFO.RUNLIST_BASE" },
	{ RUNLIST_SUBMIT, "PFIFO.RUNLIST", .write = submit_write },
	{ RUNLIST_RD, "PFIFO.ENG_RUNLIST_BASE", REG_RO, .count = PTOP_RUNLISTS, .stride = 8 },
	/* bit 20, an update under way, is never seen: it is done when the write returns */
	{ RUNLIST_RD + 4, "PFIFO.ENG_RUNLIST", REG_RO, .count = PTOP_RUNLISTS, .stride = 8 },
	{ 0x002310, "PFIFO.ENG_TIMESLICE", REG_RW, 0x10003080, .count = MAX_ENGINES },
	{ 0x002350, "PFIFO.PB_TIMESLICE", REG_RW, 0x10000010, .count = MAX_ENGINES },
	{ PBDMA_RUNLISTS, "PFIFO.PBDMA_MAP", .count = FIFO_PBDMAS, .read = pbdma_runlists_read,
	  .write = ro_write },
	{ BIND_ERROR, "PFIFO.INTR_BIND_ERROR", REG_RO },
	{ SCHED_ERROR, "PFIFO.INTR_SCHED_ERROR", REG_RO },
	{ CHSW_ERROR, "PFIFO.INTR_CHSW_ERROR", REG_W1C },
	{ LB_ERROR, "PFIFO.INTR_LB_ERROR", REG_RO },
	{ PBDMA_SOURCE, "PFIFO.INTR_PBDMA_ID", .read = pbdma_source_read, .write = ro_write },
	{ SCHED_FAULT, "PFIFO.ERROR_SCHED_DISABLE", .read = sched_fault_read,
	  .write = sched_fault_write },
	{ SCHED_BLOCK, "PFIFO.SCHED_DISABLE", .write = sched_block_write },
	{ PREEMPT, "PFIFO.PREEMPT", .read = preempt_read, .write = preempt_write },
	{ ENGINE_STATUS, "PFIFO.ENGINE_STATUS", .count = MAX_ENGINES, .stride = 8,
	  .read = engine_status_read, .write = ro_write },
	{ RUNLIST_INTR, "PFIFO.INTR_RUNLIST", .write = runlist_intr_write },
	{ FB_TIMEOUT, "PFIFO.FB_TIMEOUT", REG_RW, 0x800003ff },
	{ PB_TIMEOUT, "PFIFO.PB_TIMEOUT", REG_RW, 0x80007fff },
	{ ENG_TIMEOUT, "PFIFO.ENG_TIMEOUT", REG_RW, 0x803ff3ff },
	{ FAULT_TRIGGER, "PFIFO.TRIGGER_MMU_FAULT", .count = MAX_ENGINES, .write = trigger_write },
	{ PBDMA_STATUS, "PFIFO.PBDMA_STATUS", .count = FIFO_PBDMAS, .read = pbdma_status_read,
	  .write = ro_write },
	{ CHAN_TABLE, "PFIFO.CHANNEL", .count = FIFO_CHANNELS, .stride = 8, .read = table_read,
	  .write = table_write },
	{ CHAN_TABLE + 4, "PFIFO.CHANNEL_STATE", .count = FIFO_CHANNELS, .stride = 8,
	  .read = state_read, .write = state_write },
};

static void forget(struct gp104 *g)
{
	struct pfifo *f = g->pfifo;
	unsigned int i;

	for (i = 0; i < PTOP_RUNLISTS; i++) {
		f->rl[i].ngroups = 0;
		f->rl[i].next = 0;
		f->rl[i].loaded = false;
	}
	for (i = 0; i < FIFO_CHANNELS; i++) {
		if (f->chan[i])
			chan_free(g, f->chan[i]);
		f->chan_reg[i] = 0;
	}
	memset(f->eng_chan, 0, sizeof(f->eng_chan));
	memset(f->eng_wanted, 0, sizeof(f->eng_wanted));
	memset(f->eng_faulted, 0, sizeof(f->eng_faulted));
	memset(&f->preempt, 0, sizeof(f->preempt));
	f->sched_fault = 0;
}

/* NV_PMC_ENABLE's PFIFO bit: nouveau resets host before it sets it up. */
static void engine_reset(struct gp104 *g)
{
	size_t i;

	forget(g);
	pbdma_reset(g);
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		if (regs[i].addr < CHAN_TABLE && !regs[i].read && !regs[i].count)
			reg_put(g, regs[i].addr, regs[i].reset);
	reg_put(g, INTR, 0);
	pfifo_update_intr(g);
}

static int pfifo_init(struct gp104 *g)
{
	struct pfifo *f = calloc(1, sizeof(*f));
	unsigned int i;

	if (!f)
		return -ENOMEM;
	g->pfifo = f;
	for (i = 0; i < PTOP_RUNLISTS; i++) {
		f->rl[i].groups = calloc(GROUPS, sizeof(*f->rl[i].groups));
		if (!f->rl[i].groups)
			return -ENOMEM;
	}
	return pmc_add_reset(g, PMC_ENABLE_PFIFO, engine_reset);
}

static void pfifo_fini(struct gp104 *g)
{
	struct pfifo *f = g->pfifo;
	unsigned int i;

	if (!f)
		return;
	/* The engines are still there: units end in reverse order (units.c lists them after us). */
	for (i = 0; i < FIFO_CHANNELS; i++) {
		if (f->chan[i]) {
			free(f->chan[i]->pb);
			free(f->chan[i]);
		}
	}
	for (i = 0; i < PTOP_RUNLISTS; i++)
		free(f->rl[i].groups);
	free(f);
	g->pfifo = NULL;
}

static void pfifo_reset(struct gp104 *g)
{
	forget(g);
	pfifo_update_intr(g);
}

static int64_t pfifo_run(struct gp104 *g)
{
	int64_t next = run_preempt(g), t = run_wanted(g);
	unsigned int i;

	if (t < next)
		next = t;
	for (i = 0; i < PTOP_RUNLISTS; i++) {
		t = run_runlist(g, i);
		if (t < next)
			next = t;
	}
	return next;
}

const struct unit pfifo_unit = {
	.name = "pfifo",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pfifo_init,
	.fini = pfifo_fini,
	.reset = pfifo_reset,
	.run = pfifo_run,
};
