// SPDX-License-Identifier: MIT
/*
 * pfault.c - MMU faults: the replayable fault buffer, replay and cancel, fatal faults by engine.
 *
 * Packets and fields: ogkm clb069.h and gp100/dev_fault.h, nouveau nouveau_svm.c and fault/gp100.c;
 * nvidia-uvm's uvm_pascal_fault_buffer.c. Fatal faults: nouveau gp100_fifo_intr_mmu_fault_unit().
 *
 * Replayable are only faults of a GPC's TEX/L1 and GCC clients, and only in address spaces whose
 * instance block asks for it. The client keeps the access; the page is written into the buffer once
 * per uTLB, and not again before the guest replays. A cancel makes the waiting faults fatal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pfault.h"
#include "pfifo.h"
#include "pmc.h"
#include "ptimer.h"

#define FAULT_SOURCE	0x00259c
#define FAULT_INFO	0x002800	/* + unit * 0x10: instance, address low, high, type */
#define FAULT_UNITS	32
#define BUFFER_LO	0x002a70
#define BUFFER_HI	0x002a74
#define BUFFER_SIZE	0x002a78
#define BUFFER_GET	0x002a7c
#define BUFFER_PUT	0x002a80
#define BUFFER_INFO	0x002a84

#define BUFFER_ENTRIES	0xc00u		/* nvgpu's fifo_replay_fault_buffer_size_hw_entries_v() */
#define ENTRY_SIZE	32
#define ENTRY_VALID	BIT(31)
#define INFO_OVERFLOW	BIT(0)

#define PFIFO_INTR_REPLAYABLE_ERROR BIT(25)	/* nvgpu fifo_intr_0_replayable_fault_error */

/* A fault that its client waits with. */
struct waiting {
	struct mmu_ctx ctx;
	uint64_t va;
	enum mmu_access access;
	enum mmu_fault_type type;
	struct mmu_client client;
};

#define MAX_WAITING 1024

/* A packet whose VALID bit is still to come (--inject fault-late). */
struct late {
	uint64_t when;
	uint32_t index, info;
};

struct pfault {
	struct waiting waiting[MAX_WAITING];
	unsigned int nwaiting;
	const struct mmu_gr_ops *ops;
	uint32_t source;		/* NV_PFIFO_FAULT_SOURCE: units with a fatal fault */
	uint64_t packets;		/* written so far */
	struct late late[BUFFER_ENTRIES];	/* in the order of their time */
	unsigned int nlate;
};

static uint32_t buffer_entries(const struct gp104 *g)
{
	return g->cfg.inject.fault_entries ? g->cfg.inject.fault_entries : BUFFER_ENTRIES;
}

static uint32_t next_entry(const struct gp104 *g, uint32_t i)
{
	return i + 1 >= buffer_entries(g) ? 0 : i + 1;
}

static void update_intr(struct gp104 *g)
{
	bool on = reg_get(g, BUFFER_LO) & 1;

	pmc_intr(g, PMC_INTR_PFAULT, on && reg_get(g, BUFFER_GET) != reg_get(g, BUFFER_PUT));
}

/* Word 7 of a packet; the fatal registers' type word has the same fields. */
static uint32_t packet_info(const struct mmu_client *client, enum mmu_access access,
			    enum mmu_fault_type type)
{
	return (uint32_t)type | (uint32_t)client->id << 8 | (uint32_t)access << 16 |
	       (client->hub ? BIT(20) : 0) | (uint32_t)(client->hub ? 0 : client->gpc) << 24;
}

static const struct mmu_client mmu = {
	.engine = MMU_ENG_BAR2, .hub = true, .id = 0x0a /* MMU */, .priv = true,
};

static uint64_t entry_at(const struct gp104 *g, uint32_t index)
{
	uint64_t base = (uint64_t)reg_get(g, BUFFER_HI) << 32 | (reg_get(g, BUFFER_LO) & ~0xfffu);

	return base + (uint64_t)index * ENTRY_SIZE;
}

static bool write_info(struct gp104 *g, uint32_t index, uint32_t info)
{
	return pmmu_wr32(g, pmmu_bar2_ctx(g), entry_at(g, index) + 28, info, &mmu) == MMU_OK;
}

/* The n first late packets become valid. */
static void settle(struct gp104 *g, unsigned int n)
{
	struct pfault *p = g->pfault;
	unsigned int i;

	for (i = 0; i < n; i++)
		write_info(g, p->late[i].index, p->late[i].info | ENTRY_VALID);
	p->nlate -= n;
	memmove(p->late, p->late + n, p->nlate * sizeof(p->late[0]));
}

/* Should this packet become valid later? Its slot must not be one that another waits for. */
static bool put_off(struct gp104 *g, uint32_t index, uint32_t info)
{
	const struct inject *in = &g->cfg.inject;
	struct pfault *p = g->pfault;
	unsigned int i;

	for (i = 0; i < p->nlate; i++)
		if (p->late[i].index == index)
			settle(g, i + 1);
	if (!in->late_every || p->packets++ % in->late_every)
		return false;
	p->late[p->nlate++] = (struct late){
		gp104_now() + in->late_ms * UINT64_C(1000000), index, info };
	gp104_kick(g);
	return true;
}

static int64_t pfault_run(struct gp104 *g)
{
	struct pfault *p = g->pfault;
	uint64_t now = gp104_now();
	unsigned int n = 0;

	while (n < p->nlate && p->late[n].when <= now)
		n++;
	if (n)
		settle(g, n);
	return p->nlate ? (int64_t)(p->late[0].when - now) : RUN_IDLE;
}

static bool write_entry(struct gp104 *g, uint32_t index, const struct waiting *w)
{
	uint32_t info = packet_info(&w->client, w->access, w->type);
	uint64_t now = ptimer_now(g);
	uint32_t e[7] = {
		(uint32_t)(w->ctx.inst & 0xfffff000) | (uint32_t)w->ctx.inst_aper << 8,
		(uint32_t)(w->ctx.inst >> 32),
		(uint32_t)(w->va & 0xfffff000),
		(uint32_t)(w->va >> 32),
		(uint32_t)now,
		(uint32_t)(now >> 32),
		0,
	};

	/* The word with VALID last: the CPU may look while we write. */
	if (pmmu_write(g, pmmu_bar2_ctx(g), entry_at(g, index), e, sizeof(e), &mmu) != MMU_OK)
		return false;
	return write_info(g, index, put_off(g, index, info) ? info : info | ENTRY_VALID);
}

static void count_replayable(struct gp104 *g, enum mmu_access access)
{
	switch (access) {
	case MMU_READ:
		g->stats.faults_replayable_read++;
		break;
	case MMU_WRITE:
		g->stats.faults_replayable_write++;
		break;
	case MMU_ATOMIC:
		g->stats.faults_replayable_atomic++;
		break;
	case MMU_PREFETCH:
		g->stats.faults_replayable_prefetch++;
		break;
	}
}

static void overflow(struct gp104 *g)
{
	g->stats.fault_buffer_overflows++;
	reg_set(g, BUFFER_INFO, INFO_OVERFLOW);
	pfifo_intr(g, PFIFO_INTR_REPLAYABLE_ERROR);
}

static void post_replayable(struct gp104 *g, const struct waiting *w)
{
	uint32_t put = reg_get(g, BUFFER_PUT);

	if (!(reg_get(g, BUFFER_LO) & 1))
		return;		/* nobody listens; the client waits all the same */
	if (next_entry(g, put) == reg_get(g, BUFFER_GET)) {
		overflow(g);
		return;
	}
	if (!write_entry(g, put, w))
		return;
	count_replayable(g, w->access);
	reg_put(g, BUFFER_PUT, next_entry(g, put));
	update_intr(g);
}

/*
 * The uTLB of a GPC that a client sits behind (nvidia-uvm uvm_hal_pascal_mmu_client_id_to_utlb_id):
 * two TPCs share one; everything else is in the one of the rasterizer.
 */
static unsigned int utlb(uint8_t client)
{
	if (client <= 0x0b)			/* L1, T1, PE of TPC 0..3 */
		return 1 + client / 3 / 2;
	if (client >= 0x14 && client <= 0x2b)	/* TPC 4..11 */
		return 3 + (client - 0x14) / 3 / 2;
	return 0;
}

/* The uTLB merges the misses of its clients: a page is asked for once, for each kind of access. */
static bool same_wait(const struct waiting *a, const struct waiting *b)
{
	return a->va == b->va && a->access == b->access && a->ctx.inst == b->ctx.inst &&
	       a->ctx.inst_aper == b->ctx.inst_aper && a->client.gpc == b->client.gpc &&
	       utlb(a->client.id) == utlb(b->client.id);
}

static bool is_waiting(const struct pfault *p, const struct waiting *w)
{
	unsigned int i;

	for (i = 0; i < p->nwaiting; i++)
		if (same_wait(&p->waiting[i], w))
			return true;
	return false;
}

static bool replayable(const struct mmu_ctx *ctx, const struct mmu_client *client)
{
	if (client->hub || client->engine != MMU_ENG_GR || !ctx->valid)
		return false;
	if (client->id == MMU_GPC_GCC)
		return ctx->replay_gcc;
	if (client->id == MMU_GPC_RAST || client->id == MMU_GPC_GPCCS ||
	    (client->id >= MMU_GPC_PROP_0 && client->id <= 0x13))
		return false;
	return ctx->replay_tex;
}

static void post_fatal(struct gp104 *g, unsigned int unit, const struct mmu_ctx *ctx, uint64_t va,
		       uint32_t info)
{
	struct pfault *p = g->pfault;
	uint32_t at = FAULT_INFO + unit * 0x10;

	g->stats.faults_fatal++;
	trace(g, "pfault", "fatal: unit %02x address %llx inst %llx info %08x", unit,
	      (unsigned long long)va, (unsigned long long)ctx->inst, info);
	if (p->source & BIT(unit))
		return;		/* the first one stays until it is acknowledged */
	reg_put(g, at, (uint32_t)(ctx->inst >> 12) | (uint32_t)ctx->inst_aper << 30);
	reg_put(g, at + 4, (uint32_t)(va & 0xfffff000));
	reg_put(g, at + 8, (uint32_t)(va >> 32));
	reg_put(g, at + 12, info | ENTRY_VALID);
	p->source |= BIT(unit);
	pfifo_update_intr(g);
}

static void fatal(struct gp104 *g, const struct waiting *w)
{
	post_fatal(g, w->client.engine & 31, &w->ctx, w->va,
		   packet_info(&w->client, w->access, w->type));
	pfifo_mmu_fault(g, &w->client, &w->ctx);
}

enum mmu_result pfault_post(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
			    enum mmu_access access, enum mmu_fault_type type,
			    const struct mmu_client *client)
{
	static const char *const names[] = { "read", "write", "atomic", "prefetch" };
	struct pfault *p = g->pfault;
	struct waiting w = {
		.ctx = *ctx,
		.va = va & ~UINT64_C(4095),
		.access = access,
		.type = type,
		.client = *client,
	};

	if (replayable(ctx, client) && is_waiting(p, &w))
		return MMU_FAULT_REPLAY;
	trace(g, "pfault", "%s fault: type %x at %llx, %s%u client %02x, engine %02x",
	      names[access & 3], type, (unsigned long long)va, client->hub ? "HUB" : "GPC",
	      client->hub ? 0 : client->gpc, client->id, client->engine);
	if (!replayable(ctx, client)) {
		fatal(g, &w);
		return MMU_FAULT_FATAL;
	}
	if (p->nwaiting < MAX_WAITING) {
		p->waiting[p->nwaiting++] = w;
		post_replayable(g, &w);
	} else {
		overflow(g);
	}
	return MMU_FAULT_REPLAY;
}

static bool hit(const struct waiting *w, const struct mmu_invalidate *inv, bool all)
{
	if (all)
		return true;
	return !inv->cancel_hub && w->client.gpc == inv->cancel_gpc &&
	       utlb(w->client.id) == utlb(inv->cancel_client);
}

/* Every client behind a uTLB gives up. */
static void cancel_utlb(struct gp104 *g, uint8_t gpc, unsigned int n)
{
	const struct mmu_gr_ops *ops = g->pfault->ops;

	if (!ops || !ops->cancel)
		return;
	if (!n) {
		ops->cancel(g, gpc, MMU_GPC_GCC);
		return;
	}
	ops->cancel(g, gpc, pmmu_gpc_tex(2 * n - 2));
	ops->cancel(g, gpc, pmmu_gpc_tex(2 * n - 1));
}

/* Those that are hit become fatal: the first is reported, and the clients are told to give up. */
static void cancel(struct gp104 *g, const struct mmu_invalidate *inv, bool all)
{
	struct pfault *p = g->pfault;
	unsigned int i, n = 0, keep = 0;
	struct waiting *hits = calloc(p->nwaiting + 1, sizeof(*hits));

	if (!hits)
		return;
	for (i = 0; i < p->nwaiting; i++) {
		if (hit(&p->waiting[i], inv, all))
			hits[n++] = p->waiting[i];
		else
			p->waiting[keep++] = p->waiting[i];
	}
	p->nwaiting = keep;
	if (n)
		fatal(g, &hits[0]);
	if (n && !all)
		cancel_utlb(g, inv->cancel_gpc, utlb(inv->cancel_client));
	if (all && n && p->ops && p->ops->cancel_all)
		p->ops->cancel_all(g);
	free(hits);
}

/*
 * "MMU will not forward the replay to the uTLBs if the PDB is not in the MMU PDB_ID cache"
 * (uvm_pascal_host.c): that cache holds the address spaces of the channels that are loaded.
 */
static bool forwarded(struct gp104 *g, const struct mmu_invalidate *inv)
{
	return inv->all_pdb || pfifo_pdb_loaded(g, inv->pdb_aper, inv->pdb);
}

void pfault_replay(struct gp104 *g, const struct mmu_invalidate *inv)
{
	struct pfault *p = g->pfault;

	if (!forwarded(g, inv)) {
		trace(g, "pfault", "replay %u of a PDB that is not loaded: not forwarded",
		      inv->replay);
		return;
	}
	switch (inv->replay) {
	case PFAULT_REPLAY_START:
	case PFAULT_REPLAY_START_ACK_ALL:
		g->stats.replays++;
		p->nwaiting = 0;
		pfifo_replayed(g);
		if (p->ops && p->ops->replay)
			p->ops->replay(g);
		break;
	case PFAULT_REPLAY_CANCEL_TARGETED:
		g->stats.cancels_targeted++;
		cancel(g, inv, false);
		break;
	case PFAULT_REPLAY_CANCEL_GLOBAL:
		g->stats.cancels_global++;
		cancel(g, inv, true);
		break;
	default:
		unknown(g, "mmu", "replay operation %u", inv->replay);
		break;
	}
	gp104_kick(g);
}

void pfault_set_gr_ops(struct gp104 *g, const struct mmu_gr_ops *ops)
{
	g->pfault->ops = ops;
}

void pfault_gr_reset(struct gp104 *g)
{
	g->pfault->nwaiting = 0;
}

void pfault_trigger(struct gp104 *g, unsigned int unit, const struct mmu_ctx *ctx)
{
	post_fatal(g, unit & 31, ctx, 0, 0);
}

uint32_t pfault_pending(const struct gp104 *g)
{
	return g->pfault->source;
}

static uint32_t source_read(struct gp104 *g, uint32_t addr)
{
	return g->pfault->source;
}

static void source_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->pfault->source &= ~val;
	pfifo_update_intr(g);
}

static void buffer_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val & 0xfffff001);
	update_intr(g);
}

static void get_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	val &= 0x3fff;
	if (val >= buffer_entries(g)) {
		guest_error(g, "pfault", "fault buffer GET %u of %u", val, buffer_entries(g));
		return;
	}
	reg_put(g, addr, val);
	update_intr(g);
}

static uint32_t size_read(struct gp104 *g, uint32_t addr)
{
	return buffer_entries(g);
}

static void ignore_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

static const struct reg regs[] = {
	{ FAULT_SOURCE, "PFIFO.FAULT_SOURCE", .read = source_read, .write = source_write },
	{ FAULT_INFO, "PFIFO.FAULT.INST", REG_RO, .count = FAULT_UNITS, .stride = 0x10 },
	{ FAULT_INFO + 4, "PFIFO.FAULT.ADDR_LO", REG_RO, .count = FAULT_UNITS, .stride = 0x10 },
	{ FAULT_INFO + 8, "PFIFO.FAULT.ADDR_HI", REG_RO, .count = FAULT_UNITS, .stride = 0x10 },
	{ FAULT_INFO + 12, "PFIFO.FAULT.TYPE", REG_RO, .count = FAULT_UNITS, .stride = 0x10 },
	{ BUFFER_LO, "PFIFO.REPLAY_BUFFER_LO", .write = buffer_write },
	{ BUFFER_HI, "PFIFO.REPLAY_BUFFER_HI", REG_RW, 0, 0xff },
	{ BUFFER_SIZE, "PFIFO.REPLAY_BUFFER_SIZE", .read = size_read, .write = ignore_write },
	{ BUFFER_GET, "PFIFO.REPLAY_BUFFER_GET", .write = get_write },
	{ BUFFER_PUT, "PFIFO.REPLAY_BUFFER_PUT", REG_RO },
	{ BUFFER_INFO, "PFIFO.REPLAY_BUFFER_INFO", REG_W1C },
};

static int pfault_init(struct gp104 *g)
{
	g->pfault = calloc(1, sizeof(*g->pfault));
	return g->pfault ? 0 : -ENOMEM;
}

static void pfault_fini(struct gp104 *g)
{
	free(g->pfault);
	g->pfault = NULL;
}

static void pfault_reset(struct gp104 *g)
{
	g->pfault->nwaiting = 0;
	g->pfault->source = 0;
	g->pfault->nlate = 0;
	update_intr(g);
}

const struct unit pfault_unit = {
	.name = "pfault",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pfault_init,
	.fini = pfault_fini,
	.reset = pfault_reset,
	.run = pfault_run,
};
