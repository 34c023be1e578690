/* SPDX-License-Identifier: MIT */
/*
 * pfault.h - what becomes of a failed translation: the replayable fault buffer, or the fatal fault
 * registers of an engine (0x2800).
 */
#ifndef PFAULT_H
#define PFAULT_H

#include "gp104.h"
#include "pmmu.h"

/* pmmu's: post the fault where it belongs. MMU_FAULT_REPLAY or MMU_FAULT_FATAL. */
enum mmu_result pfault_post(struct gp104 *g, const struct mmu_ctx *ctx, uint64_t va,
			    enum mmu_access access, enum mmu_fault_type type,
			    const struct mmu_client *client);

/* The replay field of an invalidate (NV_PFB_PRI_MMU_INVALIDATE_REPLAY). */
enum pfault_replay {
	PFAULT_REPLAY_NONE = 0,
	PFAULT_REPLAY_START = 1,
	PFAULT_REPLAY_START_ACK_ALL = 2,
	PFAULT_REPLAY_CANCEL_TARGETED = 3,
	PFAULT_REPLAY_CANCEL_GLOBAL = 4,
};
void pfault_replay(struct gp104 *g, const struct mmu_invalidate *inv);
void pfault_set_gr_ops(struct gp104 *g, const struct mmu_gr_ops *ops);

/* Forget what the graphics engine waits for: it was reset. */
void pfault_gr_reset(struct gp104 *g);

/* NV_PFIFO_FAULT_TRIGGER (0x2a30): a fault of this unit without an access. */
void pfault_trigger(struct gp104 *g, unsigned int unit, const struct mmu_ctx *ctx);

/* Units with a fatal fault that the guest has not acknowledged (0x259c). */
uint32_t pfault_pending(const struct gp104 *g);

extern const struct unit pfault_unit;

#endif
