/* SPDX-License-Identifier: MIT */
/*
 * pmmu.h - the GPU's memory management unit: address spaces, TLBs, translation, BAR1 and BAR2.
 *
 * Who accesses virtual memory fills a struct mmu_ctx from an instance block and calls
 * pmmu_translate(), or pmmu_read()/pmmu_write() which cross pages. A failed translation has been
 * reported to the guest before the call returns: nobody else posts MMU faults.
 */
#ifndef PMMU_H
#define PMMU_H

#include "gp104.h"

#define MMU_VA_BITS	49	/* open-gpu-kernel-modules uvm_pascal_mmu.c */
#define HOST_VA_BITS	40	/* host, PBDMA: uvm_pascal.c max_host_va */

/* Engine ids of the MMU: fault "units" (ogkm gp100/dev_fault.h NV_PFAULT_MMU_ENG_ID). */
enum mmu_engine {
	MMU_ENG_GR = 0,
	MMU_ENG_DISPLAY = 1,
	MMU_ENG_NVDEC = 2,
	MMU_ENG_IFB = 3,
	MMU_ENG_BAR1 = 4,
	MMU_ENG_BAR2 = 5,
	MMU_ENG_HOST0 = 6,	/* + number of the PBDMA */
	MMU_ENG_SEC = 18,
	MMU_ENG_PERF = 19,
	MMU_ENG_CE0 = 21,
	MMU_ENG_CE1 = 22,
	MMU_ENG_PMU = 23,
	MMU_ENG_CE2 = 27,
	MMU_ENG_CE3 = 28,
	MMU_ENG_PHYSICAL = 31,
};

/* Clients behind the hub (NV_PFAULT_CLIENT_HUB). */
enum mmu_hub_client {
	MMU_HUB_FE = 0x04,
	MMU_HUB_FECS = 0x05,
	MMU_HUB_HOST = 0x06,
	MMU_HUB_HOST_CPU = 0x07,
	MMU_HUB_HOST_CPU_NB = 0x08,
	MMU_HUB_PD = 0x10,
	MMU_HUB_PMU = 0x12,
	MMU_HUB_RASTERTWOD = 0x13,
	MMU_HUB_SCC = 0x14,
	MMU_HUB_SEC = 0x16,
	MMU_HUB_SSYNC = 0x17,
	MMU_HUB_GRCOPY = 0x18,
	MMU_HUB_SKED = 0x1d,
	MMU_HUB_HSCE0 = 0x20,	/* + number of the copy engine */
};

/* Clients in a GPC (NV_PFAULT_CLIENT_GPC). */
enum mmu_gpc_client {
	MMU_GPC_T1_0 = 0x01,	/* see pmmu_gpc_tex() */
	MMU_GPC_RAST = 0x0c,
	MMU_GPC_GCC = 0x0d,
	MMU_GPC_GPCCS = 0x0e,
	MMU_GPC_PROP_0 = 0x0f,
};

/* NV_PFAULT_CLIENT_GPC_T1_n: the texture/L1 unit of a TPC. */
static inline uint8_t pmmu_gpc_tex(unsigned int tpc)
{
	return tpc < 4 ? 3 * tpc + 1 : 0x15 + 3 * (tpc - 4);
}

enum mmu_access {		/* NV_PFAULT_ACCESS_TYPE */
	MMU_READ = 0,
	MMU_WRITE = 1,
	MMU_ATOMIC = 2,
	MMU_PREFETCH = 3,
};

enum mmu_fault_type {		/* NV_PFAULT_FAULT_TYPE */
	MMU_FAULT_PDE = 0x0,
	MMU_FAULT_PDE_SIZE = 0x1,
	MMU_FAULT_PTE = 0x2,
	MMU_FAULT_VA_LIMIT = 0x3,
	MMU_FAULT_UNBOUND_INST = 0x4,
	MMU_FAULT_PRIV = 0x5,
	MMU_FAULT_RO = 0x6,
	MMU_FAULT_PITCH_MASK = 0x8,
	MMU_FAULT_WORK_CREATION = 0x9,
	MMU_FAULT_APERTURE = 0xa,
	MMU_FAULT_COMPRESSION = 0xb,
	MMU_FAULT_KIND = 0xc,
	MMU_FAULT_REGION = 0xd,
	MMU_FAULT_POISONED = 0xe,
	MMU_FAULT_ATOMIC = 0xf,
};

/* Who asks. A plain value; keep one per requester. */
struct mmu_client {
	uint8_t engine;		/* enum mmu_engine */
	bool hub;		/* behind the hub, else in a GPC */
	uint8_t gpc;		/* when not hub */
	uint8_t id;		/* enum mmu_hub_client or mmu_gpc_client */
	bool priv;		/* may use pages with the privilege bit */
};

/* An address space, as an instance block describes it (ogkm gp100/dev_ram.h NV_RAMIN). */
struct mmu_ctx {
	uint64_t inst;		/* physical address of the instance block */
	enum aperture inst_aper;
	bool valid;
	uint64_t pdb;		/* page directory base, 4 KiB aligned */
	enum aperture pdb_aper;
	uint64_t limit;		/* last valid virtual address */
	bool replay_tex, replay_gcc;
	uint64_t space;		/* equal for equal address spaces: key for TLBs; 0 = none */
};

/* Host memory behind an address, good until pmmu_generation() changes or the lock is dropped. */
struct mmu_span {
	uint8_t *host;
	uint64_t len;		/* from the address to the end of its page, at least 1 */
	enum aperture aper;
	uint64_t phys;
	uint8_t kind;		/* memory kind (PTE 63:56): 0 = pitch */
	bool writable, atomic;	/* may be used for these, too, without asking again */
	bool vol;
	bool sparse;		/* reads as zero; host points to a scratch page for writes */
};

enum mmu_result {
	MMU_OK,
	MMU_FAULT_REPLAY,	/* in the fault buffer (or it was full); retry after the replay */
	MMU_FAULT_FATAL,	/* reported at 0x2800; the channel is lost: stop working on it */
};

/*
 * What the graphics engine does when the guest answers replayable faults. A client is a unit of a
 * GPC as in the fault packet; on a targeted cancel all clients behind the same uTLB are named, one
 * call each. The fault that becomes fatal has been reported when cancel() is called.
 */
struct mmu_gr_ops {
	void (*replay)(struct gp104 *g);
	void (*cancel)(struct gp104 *g, uint8_t gpc, uint8_t client);
	void (*cancel_all)(struct gp104 *g);
};
void pmmu_set_gr_ops(struct gp104 *g, const struct mmu_gr_ops *ops);

/* Read an instance block. False, and ctx->valid false: not readable, or not of VER2 format. */
bool pmmu_ctx_load(struct gp104 *g, struct mmu_ctx *ctx, enum aperture aper, uint64_t inst);

/*
 * The one way from a virtual address to memory: TLB, else page walk. On failure the fault is
 * posted: to the replayable fault buffer where client and address space allow that, else as a fatal
 * one. MMU_PREFETCH faults are posted like others, and the requester drops the access.
 */
enum mmu_result pmmu_translate(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
			       enum mmu_access access, const struct mmu_client *client,
			       struct mmu_span *out);

/* Cross pages. A failure in the middle leaves what came before it done. */
enum mmu_result pmmu_read(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, void *buf,
			  uint64_t len, const struct mmu_client *client);
enum mmu_result pmmu_write(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, const void *buf,
			   uint64_t len, const struct mmu_client *client);
enum mmu_result pmmu_rd32(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, uint32_t *val,
			  const struct mmu_client *client);
enum mmu_result pmmu_wr32(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va, uint32_t val,
			  const struct mmu_client *client);

/*
 * Changes whenever GPC clients must forget what they were told: invalidates, DMA unmaps, resets.
 * Compare at the start of each slice (the guest gets in only between slices).
 */
uint64_t pmmu_generation(const struct gp104 *g);
/* The board's: guest RAM was mapped or unmapped, every host pointer into it is void. Lock held. */
void pmmu_dma_changed(struct gp104 *g);

/* One invalidate, from 0x100cbc or from a host method. */
struct mmu_invalidate {
	bool all_pdb;
	uint64_t pdb;
	enum aperture pdb_aper;
	bool all_va;		/* else the page of @va only */
	uint64_t va;
	bool hub_only;
	unsigned int level;	/* NV_PFB_PRI_MMU_INVALIDATE_CACHE_LEVEL */
	unsigned int replay;	/* NV_PFB_PRI_MMU_INVALIDATE_REPLAY */
	uint8_t cancel_client, cancel_gpc;
	bool cancel_hub;
};
void pmmu_invalidate(struct gp104 *g, const struct mmu_invalidate *inv);

/*
 * The board's: an access of the guest's to BAR1 or BAR3 (BAR2 in NVIDIA's words). Reads that fault
 * give all ones; the fault is reported. Returns false when the access faulted.
 */
bool pmmu_bar1_access(struct gp104 *g, uint64_t off, void *buf, uint32_t len, bool write);
bool pmmu_bar2_access(struct gp104 *g, uint64_t off, void *buf, uint32_t len, bool write);
/* The address space of BAR2, where the fault buffer lies too. */
const struct mmu_ctx *pmmu_bar2_ctx(struct gp104 *g);

extern const struct unit pmmu_unit;

#endif
