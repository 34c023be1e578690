// SPDX-License-Identifier: MIT
/*
 * pmmu.c - the MMU: GP100 page tables, TLBs and page directory caches, invalidates, BAR1 and BAR2.
 *
 * Page table format: NVIDIA's pascal/gp100-mmu-format.pdf (open-gpu-doc), ogkm gp100/dev_mmu.h
 * (NV_MMU_VER2). Registers: nouveau vmmgf100.c, vmmgp100.c, bar/gf100.c, bar/gm107.c;
 * fields of the invalidate: ogkm gp100/dev_fb.h.
 *
 * What is cached stays cached until an invalidate names it (or its slot is needed): a driver that
 * forgets one works on stale memory here as on silicon. Only valid entries are cached; nouveau maps
 * pages where there were none without an invalidate.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pfault.h"
#include "pfifo.h"
#include "pmmu.h"

#define HUB_TLB_SIZE	2048
#define GPC_TLB_SIZE	4096
#define PDE_CACHE_SIZE	512

#define BAR1_BLOCK	0x001704
#define BIND_STATUS	0x001710
#define BAR2_BLOCK	0x001714
#define IFB_BLOCK	0x001718
#define MMU_CTRL	0x100c80
#define INVALIDATE_PDB	0x100cb8
#define INVALIDATE	0x100cbc
#define INVALIDATE_PDB_HI 0x100cec

/* A page in a TLB. */
struct tlb_entry {
	uint64_t vpn;		/* va >> shift */
	uint64_t phys;
	uint8_t shift;		/* 12, 16 or 21 */
	uint8_t aper, kind;
	bool ro, atomic_off, priv, vol;
	uint8_t *host;		/* of the page, when host_gen is current; NULL: look for it */
	uint64_t host_gen;
	bool host_rw;
};

struct tlb {
	unsigned int size;	/* power of two */
	uint64_t *space;	/* 0 = empty slot; apart from the entries, for quick invalidates */
	struct tlb_entry *e;
};

/* Page directory caches: PD0 entries (two pointers, or a 2 MiB page), and pointers to PD0s. */
struct pde_cache {
	uint64_t space[PDE_CACHE_SIZE];
	uint64_t vpn[PDE_CACHE_SIZE];
	uint64_t lo[PDE_CACHE_SIZE], hi[PDE_CACHE_SIZE];
};

struct pmmu {
	struct tlb hub, gpc;
	struct pde_cache pd0, upper;
	uint64_t generation;
	uint64_t host_gen;
	struct mmu_ctx bar1, bar2;
	uint8_t zero[4096], trash[4096];	/* behind sparse pages */
};

static unsigned int hash(uint64_t space, uint64_t vpn, unsigned int shift, unsigned int size)
{
	uint64_t h = (space >> 4) * UINT64_C(0x9e3779b97f4a7c15) + vpn + ((uint64_t)shift << 57);

	return (unsigned int)((h ^ h >> 32) & (size - 1));
}

static int tlb_init(struct tlb *t, unsigned int size)
{
	t->size = size;
	t->space = calloc(size, sizeof(*t->space));
	t->e = calloc(size, sizeof(*t->e));
	return t->space && t->e ? 0 : -ENOMEM;
}

static void tlb_fini(struct tlb *t)
{
	free(t->space);
	free(t->e);
}

static struct tlb_entry *tlb_find(struct tlb *t, uint64_t space, uint64_t va)
{
	static const uint8_t shifts[] = { 21, 16, 12 };
	unsigned int i, slot;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		slot = hash(space, va >> shifts[i], shifts[i], t->size);
		if (t->space[slot] == space && t->e[slot].shift == shifts[i] &&
		    t->e[slot].vpn == va >> shifts[i])
			return &t->e[slot];
	}
	return NULL;
}

static struct tlb_entry *tlb_insert(struct tlb *t, uint64_t space, const struct tlb_entry *e)
{
	unsigned int slot = hash(space, e->vpn, e->shift, t->size);

	t->space[slot] = space;
	t->e[slot] = *e;
	return &t->e[slot];
}

/* One address, or all: of one space (0 = any). */
static void tlb_drop(struct tlb *t, uint64_t space, bool all_va, uint64_t va)
{
	unsigned int i;

	for (i = 0; i < t->size; i++) {
		if (!t->space[i] || (space && t->space[i] != space))
			continue;
		if (all_va || t->e[i].vpn == va >> t->e[i].shift)
			t->space[i] = 0;
	}
}

static bool pde_find(struct pde_cache *c, uint64_t space, uint64_t vpn, uint64_t *lo, uint64_t *hi)
{
	unsigned int slot = hash(space, vpn, 0, PDE_CACHE_SIZE);

	if (c->space[slot] != space || c->vpn[slot] != vpn)
		return false;
	*lo = c->lo[slot];
	*hi = c->hi[slot];
	return true;
}

static void pde_insert(struct pde_cache *c, uint64_t space, uint64_t vpn, uint64_t lo, uint64_t hi)
{
	unsigned int slot = hash(space, vpn, 0, PDE_CACHE_SIZE);

	c->space[slot] = space;
	c->vpn[slot] = vpn;
	c->lo[slot] = lo;
	c->hi[slot] = hi;
}

static void pde_drop(struct pde_cache *c, uint64_t space)
{
	unsigned int i;

	for (i = 0; i < PDE_CACHE_SIZE; i++)
		if (!space || c->space[i] == space)
			c->space[i] = 0;
}

/*
 * Page table entries. A directory's aperture field counts 1 = video memory, 2 and 3 = system;
 * a page's 0 = video memory, 1 = peer, 2 and 3 = system.
 */
#define PTE_VALID	UINT64_C(0x01)
#define PTE_VOL		UINT64_C(0x08)
#define PTE_PRIV	UINT64_C(0x20)
#define PTE_RO		UINT64_C(0x40)
#define PTE_ATOMIC_OFF	UINT64_C(0x80)
#define PDE_APER(x)	((unsigned int)((x) >> 1) & 3)
#define PTE_KIND(x)	((uint8_t)((x) >> 56))

/* "The hardware supports 47 bits of sysmem addresses"; video memory has 25 bits of page number. */
static uint64_t entry_phys(uint64_t entry, bool sys)
{
	uint64_t page = entry >> 8;

	return (page & (sys ? (UINT64_C(1) << 35) - 1 : (UINT64_C(1) << 25) - 1)) << 12;
}

static enum aperture pde_aper(uint64_t pde)
{
	return PDE_APER(pde) == 1 ? APER_VRAM : (enum aperture)PDE_APER(pde);
}

static uint64_t pde_phys(uint64_t pde)
{
	return entry_phys(pde, PDE_APER(pde) != 1);
}

/* A big page table is 256 bytes, so its pointer counts in 256 bytes (..._ADDRESS_BIG_SHIFT). */
static uint64_t pde_big_phys(uint64_t pde)
{
	uint64_t page = pde >> 4;
	bool sys = PDE_APER(pde) != 1;

	return (page & (sys ? (UINT64_C(1) << 39) - 1 : (UINT64_C(1) << 29) - 1)) << 8;
}

struct walk {
	struct tlb_entry e;
	bool sparse;
	enum mmu_fault_type fault;
};

enum walk_result { WALK_OK, WALK_SPARSE, WALK_FAULT };

static enum walk_result walk_fault(struct walk *w, enum mmu_fault_type type)
{
	w->fault = type;
	return WALK_FAULT;
}

static enum walk_result walk_page(struct walk *w, uint64_t va, uint64_t pte, unsigned int shift)
{
	struct tlb_entry *e = &w->e;
	unsigned int aper = PDE_APER(pte);

	memset(e, 0, sizeof(*e));
	e->shift = (uint8_t)shift;
	e->vpn = va >> shift;
	e->aper = (uint8_t)aper;
	e->kind = PTE_KIND(pte);
	e->ro = pte & PTE_RO;
	e->atomic_off = pte & PTE_ATOMIC_OFF;
	e->priv = pte & PTE_PRIV;
	e->vol = pte & PTE_VOL;
	e->phys = entry_phys(pte, aper >= APER_SYS_COH) & ~((UINT64_C(1) << shift) - 1);
	if (aper == APER_PEER)
		return walk_fault(w, MMU_FAULT_APERTURE);	/* one board: no peers */
	if (e->kind == 0xff)
		return walk_fault(w, MMU_FAULT_KIND);	/* nouveau's kind tables: invalid */
	return WALK_OK;
}

/* The last level: a page of 64 KiB counts before one of 4 KiB; both hang on the same PD0 entry. */
static enum walk_result walk_tables(struct gp104 *g, struct walk *w, uint64_t va, uint64_t lo,
				    uint64_t hi)
{
	bool big = PDE_APER(lo), small = PDE_APER(hi);
	uint64_t pte;

	if (!big && !small)
		return lo & PTE_VOL ? WALK_SPARSE : walk_fault(w, MMU_FAULT_PDE);
	if (big) {
		pte = mem_rd64(g, pde_aper(lo), pde_big_phys(lo) + (va >> 16 & 0x1f) * 8);
		if (pte & PTE_VALID)
			return walk_page(w, va, pte, 16);
		if (pte & PTE_VOL)
			return WALK_SPARSE;
		/* "Setting this bit in an invalid big page PTE: no small page PTEs are valid." */
		if (!small || (pte & PTE_PRIV))
			return walk_fault(w, MMU_FAULT_PTE);
	}
	pte = mem_rd64(g, pde_aper(hi), pde_phys(hi) + (va >> 12 & 0x1ff) * 8);
	if (pte & PTE_VALID)
		return walk_page(w, va, pte, 12);
	return pte & PTE_VOL ? WALK_SPARSE : walk_fault(w, MMU_FAULT_PTE);
}

/* PD3, PD2, PD1: down to the PD0 that maps 512 MiB around @va. */
static enum walk_result walk_upper(struct gp104 *g, struct walk *w, const struct mmu_ctx *ctx,
				   uint64_t va, uint64_t *pde)
{
	static const struct { uint8_t shift; uint16_t mask; } level[] = {
		{ 47, 3 }, { 38, 0x1ff }, { 29, 0x1ff },
	};
	enum aperture aper = ctx->pdb_aper;
	uint64_t addr = ctx->pdb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(level); i++) {
		*pde = mem_rd64(g, aper, addr + (va >> level[i].shift & level[i].mask) * 8);
		if (*pde & PTE_VALID)	/* pages of this size do not exist */
			return walk_fault(w, MMU_FAULT_PDE_SIZE);
		if (!PDE_APER(*pde))
			return *pde & PTE_VOL ? WALK_SPARSE : walk_fault(w, MMU_FAULT_PDE);
		aper = pde_aper(*pde);
		addr = pde_phys(*pde);
	}
	return WALK_OK;
}

static enum walk_result walk(struct gp104 *g, struct walk *w, const struct mmu_ctx *ctx,
			     uint64_t va)
{
	struct pmmu *m = g->pmmu;
	uint64_t pde, lo, hi, addr, unused;
	enum walk_result r;

	g->stats.page_walks++;
	if (!pde_find(&m->pd0, ctx->space, va >> 21, &lo, &hi)) {
		if (!pde_find(&m->upper, ctx->space, va >> 29, &pde, &unused)) {
			r = walk_upper(g, w, ctx, va, &pde);
			if (r != WALK_OK)
				return r;
			pde_insert(&m->upper, ctx->space, va >> 29, pde, 0);
		}
		addr = pde_phys(pde) + (va >> 21 & 0xff) * 16;
		lo = mem_rd64(g, pde_aper(pde), addr);
		hi = mem_rd64(g, pde_aper(pde), addr + 8);
		if (!(lo & PTE_VALID) && (PDE_APER(lo) || PDE_APER(hi)))
			pde_insert(&m->pd0, ctx->space, va >> 21, lo, hi);
	}
	if (lo & PTE_VALID)
		return walk_page(w, va, lo, 21);
	return walk_tables(g, w, va, lo, hi);
}

/* Is the access allowed by the page? */
static bool allowed(const struct tlb_entry *e, enum mmu_access access,
		    const struct mmu_client *client, enum mmu_fault_type *fault)
{
	if (e->priv && !client->priv) {
		*fault = MMU_FAULT_PRIV;
		return false;
	}
	if (e->ro && (access == MMU_WRITE || access == MMU_ATOMIC)) {
		*fault = MMU_FAULT_RO;
		return false;
	}
	if (e->atomic_off && access == MMU_ATOMIC) {
		*fault = MMU_FAULT_ATOMIC;
		return false;
	}
	return true;
}

/*
 * Host memory of the whole page. Guest RAM may be mapped for the board in pieces smaller than the
 * page, or read-only (an IOMMU); then only the 4 KiB around @va are asked for.
 */
static bool span_host(struct gp104 *g, struct tlb_entry *e, uint64_t va, bool write,
		      struct mmu_span *out)
{
	uint64_t size = UINT64_C(1) << e->shift, off = va & (size - 1), small;

	if (!e->host || e->host_gen != g->pmmu->host_gen || (write && !e->host_rw)) {
		e->host = mem_ptr(g, (enum aperture)e->aper, e->phys, size, !e->ro);
		e->host_rw = e->host && !e->ro;
		if (!e->host)
			e->host = mem_ptr(g, (enum aperture)e->aper, e->phys, size, false);
		e->host_gen = g->pmmu->host_gen;
	}
	out->writable = e->host_rw;
	if (e->host && (!write || e->host_rw)) {
		out->host = e->host + off;
		out->len = size - off;
		return true;
	}
	small = e->phys + (off & ~UINT64_C(4095));
	out->host = mem_ptr(g, (enum aperture)e->aper, small, 4096, !e->ro);
	out->writable = out->host && !e->ro;
	if (!out->host && !write)
		out->host = mem_ptr(g, (enum aperture)e->aper, small, 4096, false);
	if (!out->host)
		return false;
	out->host += va & 4095;
	out->len = 4096 - (va & 4095);
	return true;
}

static enum mmu_result span_sparse(struct pmmu *m, uint64_t va, enum mmu_access access,
				   struct mmu_span *out)
{
	bool write = access == MMU_WRITE || access == MMU_ATOMIC;

	memset(out, 0, sizeof(*out));
	out->host = (write ? m->trash : m->zero) + (va & 4095);
	out->len = 4096 - (va & 4095);
	out->writable = write;
	out->sparse = true;
	return MMU_OK;
}

enum mmu_result pmmu_translate(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
			       enum mmu_access access, const struct mmu_client *client,
			       struct mmu_span *out)
{
	struct pmmu *m = g->pmmu;
	struct tlb *t = client->hub ? &m->hub : &m->gpc;
	bool write = access == MMU_WRITE || access == MMU_ATOMIC;
	enum mmu_fault_type fault;
	struct tlb_entry *e;
	struct walk w;

	if (!ctx->valid)
		return pfault_post(g, ctx, va, access, MMU_FAULT_UNBOUND_INST, client);
	if (va >> MMU_VA_BITS || va > ctx->limit)
		return pfault_post(g, ctx, va, access, MMU_FAULT_VA_LIMIT, client);
	e = tlb_find(t, ctx->space, va);
	if (e) {
		g->stats.tlb_hits++;
	} else {
		g->stats.tlb_misses++;
		switch (walk(g, &w, ctx, va)) {
		case WALK_SPARSE:
			return span_sparse(m, va, access, out);
		case WALK_FAULT:
			return pfault_post(g, ctx, va, access, w.fault, client);
		case WALK_OK:
			break;
		}
		e = tlb_insert(t, ctx->space, &w.e);
	}
	if (!allowed(e, access, client, &fault))
		return pfault_post(g, ctx, va, access, fault, client);
	/* Video memory that is not there; a bus address that the IOMMU does not let through. */
	if (!span_host(g, e, va, write, out)) {
		g->stats.dma_refused += e->aper != APER_VRAM;
		return pfault_post(g, ctx, va, access,
				   e->aper == APER_VRAM ? MMU_FAULT_REGION : MMU_FAULT_POISONED,
				   client);
	}
	out->aper = (enum aperture)e->aper;
	out->phys = e->phys + (va & ((UINT64_C(1) << e->shift) - 1));
	out->kind = e->kind;
	out->atomic = out->writable && !e->atomic_off;
	out->vol = e->vol;
	out->sparse = false;
	return MMU_OK;
}

enum mmu_result pmmu_read(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, void *buf,
			  uint64_t len, const struct mmu_client *client)
{
	struct mmu_span span;
	enum mmu_result r;
	uint8_t *p = buf;
	uint64_t n;

	for (; len; len -= n, va += n, p += n) {
		r = pmmu_translate(g, ctx, va, MMU_READ, client, &span);
		if (r != MMU_OK)
			return r;
		n = span.len < len ? span.len : len;
		memcpy(p, span.host, n);
	}
	return MMU_OK;
}

enum mmu_result pmmu_write(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, const void *buf,
			   uint64_t len, const struct mmu_client *client)
{
	const uint8_t *p = buf;
	struct mmu_span span;
	enum mmu_result r;
	uint64_t n;

	for (; len; len -= n, va += n, p += n) {
		r = pmmu_translate(g, ctx, va, MMU_WRITE, client, &span);
		if (r != MMU_OK)
			return r;
		n = span.len < len ? span.len : len;
		memcpy(span.host, p, n);
	}
	return MMU_OK;
}

/* Aligned words are seen whole by the guest's CPUs, which poll some of them. */
enum mmu_result pmmu_rd32(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, uint32_t *val,
			  const struct mmu_client *client)
{
	struct mmu_span span;
	enum mmu_result r;

	r = pmmu_translate(g, ctx, va & ~UINT64_C(3), MMU_READ, client, &span);
	if (r == MMU_OK)
		*val = __atomic_load_n((uint32_t *)span.host, __ATOMIC_ACQUIRE);
	return r;
}

enum mmu_result pmmu_wr32(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, uint32_t val,
			  const struct mmu_client *client)
{
	struct mmu_span span;
	enum mmu_result r;

	r = pmmu_translate(g, ctx, va & ~UINT64_C(3), MMU_WRITE, client, &span);
	if (r == MMU_OK)
		__atomic_store_n((uint32_t *)span.host, val, __ATOMIC_RELEASE);
	return r;
}

/* Instance blocks: ogkm gp100/dev_ram.h NV_RAMIN. */
#define RAMIN_PDB_LO	0x200
#define RAMIN_PDB_HI	0x204
#define RAMIN_LIMIT_LO	0x208
#define RAMIN_LIMIT_HI	0x20c
#define PDB_REPLAY_TEX	BIT(4)
#define PDB_REPLAY_GCC	BIT(5)
#define PDB_VER2	BIT(10)
#define PDB_64K		BIT(11)

static uint64_t make_space(enum aperture aper, uint64_t pdb)
{
	return pdb | (uint64_t)aper << 1 | 1;
}

bool pmmu_ctx_load(struct gp104 *g, struct mmu_ctx *ctx, enum aperture aper, uint64_t inst)
{
	uint32_t lo;

	memset(ctx, 0, sizeof(*ctx));
	ctx->inst = inst;
	ctx->inst_aper = aper;
	if (!mem_ptr(g, aper, inst, 4096, false)) {
		guest_error(g, "pmmu", "instance block %d:%llx is not in memory", aper,
			    (unsigned long long)inst);
		return false;
	}
	lo = mem_rd32(g, aper, inst + RAMIN_PDB_LO);
	if (!(lo & PDB_VER2)) {
		/* Zero is nouveau's gf100_vmm_part(): no address space. */
		if (lo)
			unknown(g, "mmu",
				"page tables of the format before GP100 (instance block %08x)", lo);
		return false;
	}
	if (!(lo & PDB_64K))
		unknown(g, "mmu", "big pages of 128 KiB");
	ctx->pdb = (uint64_t)mem_rd32(g, aper, inst + RAMIN_PDB_HI) << 32 | (lo & 0xfffff000);
	ctx->pdb_aper = (enum aperture)(lo & 3);
	ctx->limit = (uint64_t)mem_rd32(g, aper, inst + RAMIN_LIMIT_HI) << 32 |
		     mem_rd32(g, aper, inst + RAMIN_LIMIT_LO) | 0xfff;
	ctx->replay_tex = lo & PDB_REPLAY_TEX;
	ctx->replay_gcc = lo & PDB_REPLAY_GCC;
	ctx->space = make_space(ctx->pdb_aper, ctx->pdb);
	ctx->valid = true;
	return true;
}

uint64_t pmmu_generation(const struct gp104 *g)
{
	return g->pmmu->generation;
}

void pmmu_dma_changed(struct gp104 *g)
{
	g->pmmu->host_gen++;
	g->pmmu->generation++;
	gp104_kick(g);
}

void pmmu_set_gr_ops(struct gp104 *g, const struct mmu_gr_ops *ops)
{
	pfault_set_gr_ops(g, ops);
}

/* Cache levels: 0 = all, 1 = pages only, 2 = and PD0, 3.. = and what is above. */
void pmmu_invalidate(struct gp104 *g, const struct mmu_invalidate *inv)
{
	struct pmmu *m = g->pmmu;
	uint64_t space = inv->all_pdb ? 0 : make_space(inv->pdb_aper, inv->pdb);

	if (inv->all_pdb)
		g->stats.tlb_invalidates_all++;
	else
		g->stats.tlb_invalidates_pdb++;
	trace(g, "pmmu", "invalidate %s %llx%s level %u replay %u",
	      inv->all_pdb ? "all, not only" : "PDB", (unsigned long long)inv->pdb,
	      inv->hub_only ? " in the hub only" : "", inv->level, inv->replay);
	tlb_drop(&m->hub, space, inv->all_va, inv->va);
	if (!inv->hub_only)
		tlb_drop(&m->gpc, space, inv->all_va, inv->va);
	if (inv->level != 1)
		pde_drop(&m->pd0, space);
	if (inv->level == 0 || inv->level >= 3)
		pde_drop(&m->upper, space);
	if (!inv->hub_only)
		m->generation++;
	if (inv->replay && !inv->hub_only)
		pfault_replay(g, inv);
	gp104_kick(g);
}

static void invalidate_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	uint64_t pdb = (uint64_t)reg_get(g, INVALIDATE_PDB_HI) << 32 | reg_get(g, INVALIDATE_PDB);
	struct mmu_invalidate inv = {
		.all_va = val & BIT(0),
		.all_pdb = val & BIT(1),
		.hub_only = val & BIT(2),
		.replay = val >> 3 & 7,
		.cancel_client = val >> 9 & 0x3f,
		.cancel_gpc = val >> 15 & 0x1f,
		.cancel_hub = val & BIT(20),
		.level = val >> 24 & 7,
		/* nouveau writes address >> 12 << 4, aperture in the low bits */
		.pdb = pdb >> 4 << 12,
		.pdb_aper = (enum aperture)(pdb & 3),
	};

	reg_put(g, addr, val & ~BIT(31));
	if (!(val & BIT(31)))
		return;
	/* Without ALL_VA the register interface has no address to name: everything goes. */
	inv.all_va = true;
	pmmu_invalidate(g, &inv);
}

/*
 * 0x100c80: free slots of the invalidate queue (23:16) and "queue empty" (15), as
 * gf100_vmm_invalidate() polls them. Invalidates are done when the write returns.
 */
static uint32_t ctrl_read(struct gp104 *g, uint32_t addr)
{
	return (reg_get(g, addr) & ~0x00ff8000u) | 0x00808000u;
}

/* BAR1 and BAR2 blocks: bit 31 virtual, 29:28 target, 27:0 instance block >> 12. */
static void bind_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct mmu_ctx *ctx = addr == BAR1_BLOCK ? &g->pmmu->bar1 : &g->pmmu->bar2;
	enum aperture aper = (enum aperture)(val >> 28 & 3);

	reg_put(g, addr, val);
	if (addr == BAR2_BLOCK && (val & BIT(30))) {
		/* nouveau's NvBar2Halve sets this; what it does is not known */
		unknown(g, "mmu", "BAR2_BLOCK bit 30");
	}
	ctx->valid = false;
	if (val & BIT(31))
		pmmu_ctx_load(g, ctx, aper, (uint64_t)(val & 0x0fffffff) << 12);
	trace(g, "pmmu", "BAR%d: %s, PDB %llx", addr == BAR1_BLOCK ? 1 : 2,
	      val & BIT(31) ? "virtual" : "physical", (unsigned long long)ctx->pdb);
}

static uint32_t zero_read(struct gp104 *g, uint32_t addr)
{
	return 0;	/* nothing is ever pending */
}

static void ignore_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

static bool bar_access(struct gp104 *g, const struct mmu_ctx *ctx, uint8_t engine, uint64_t off,
		       void *buf, uint32_t len, bool write)
{
	struct mmu_client client = {
		.engine = engine,
		.hub = true,
		/* gf100_fifo_mmu_fault_hubclient: BAR_READ and BAR_WRITE */
		.id = write ? MMU_HUB_HOST_CPU_NB : MMU_HUB_HOST_CPU,
		.priv = true,
	};
	enum mmu_result r;

	if (write)
		r = pmmu_write(g, ctx, off, buf, len, &client);
	else
		r = pmmu_read(g, ctx, off, buf, len, &client);
	if (r == MMU_OK)
		return true;
	if (!write)
		memset(buf, 0xff, len);
	return false;
}

/* Without a binding the BAR shows video memory as it is. */
static bool bar_physical(struct gp104 *g, uint64_t off, void *buf, uint32_t len, bool write)
{
	uint8_t *p = mem_ptr(g, APER_VRAM, off, len, write);

	if (p && write)
		memcpy(p, buf, len);
	else if (p)
		memcpy(buf, p, len);
	else if (!write)
		memset(buf, 0xff, len);
	return p;
}

bool pmmu_bar1_access(struct gp104 *g, uint64_t off, void *buf, uint32_t len, bool write)
{
	bool ok;

	if (!(reg_get(g, BAR1_BLOCK) & BIT(31)))
		return bar_physical(g, off, buf, len, write);
	ok = bar_access(g, &g->pmmu->bar1, MMU_ENG_BAR1, off, buf, len, write);
	if (ok && write)
		pfifo_bar1_written(g, off, len);
	return ok;
}

bool pmmu_bar2_access(struct gp104 *g, uint64_t off, void *buf, uint32_t len, bool write)
{
	if (!(reg_get(g, BAR2_BLOCK) & BIT(31)))
		return bar_physical(g, off, buf, len, write);
	return bar_access(g, &g->pmmu->bar2, MMU_ENG_BAR2, off, buf, len, write);
}

const struct mmu_ctx *pmmu_bar2_ctx(struct gp104 *g)
{
	return &g->pmmu->bar2;
}

static const struct reg regs[] = {
	{ BAR1_BLOCK, "PBUS.BAR1_BLOCK", .write = bind_write },
	{ BIND_STATUS, "PBUS.BIND_STATUS", .read = zero_read, .write = ignore_write },
	{ BAR2_BLOCK, "PBUS.BAR2_BLOCK", .write = bind_write },
	{ IFB_BLOCK, "PBUS.IFB_BLOCK" },
	{ MMU_CTRL, "PFB.MMU.CTRL", .read = ctrl_read },
	{ INVALIDATE_PDB, "PFB.MMU.INVALIDATE_PDB" },
	{ INVALIDATE, "PFB.MMU.INVALIDATE", .write = invalidate_write },
	{ INVALIDATE_PDB_HI, "PFB.MMU.INVALIDATE_PDB_HI" },
};

static int pmmu_init(struct gp104 *g)
{
	struct pmmu *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	g->pmmu = m;
	m->host_gen = 1;
	if (tlb_init(&m->hub, HUB_TLB_SIZE) || tlb_init(&m->gpc, GPC_TLB_SIZE))
		return -ENOMEM;
	return 0;
}

static void pmmu_fini(struct gp104 *g)
{
	if (!g->pmmu)
		return;
	tlb_fini(&g->pmmu->hub);
	tlb_fini(&g->pmmu->gpc);
	free(g->pmmu);
	g->pmmu = NULL;
}

static void pmmu_reset(struct gp104 *g)
{
	struct pmmu *m = g->pmmu;

	tlb_drop(&m->hub, 0, true, 0);
	tlb_drop(&m->gpc, 0, true, 0);
	pde_drop(&m->pd0, 0);
	pde_drop(&m->upper, 0);
	memset(&m->bar1, 0, sizeof(m->bar1));
	memset(&m->bar2, 0, sizeof(m->bar2));
	m->generation++;
	m->host_gen++;
}

const struct unit pmmu_unit = {
	.name = "pmmu",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pmmu_init,
	.fini = pmmu_fini,
	.reset = pmmu_reset,
};
