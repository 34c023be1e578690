/* SPDX-License-Identifier: MIT */
/*
 * pmc.h - the master control: interrupt tree, engine enables, and the message to the CPU.
 */
#ifndef PMC_H
#define PMC_H

#include "gp104.h"

/* Bits of NV_PMC_INTR (nouveau gp100_mc_intrs, and the device table for engines: see ptop.c). */
enum pmc_intr_bit {
	PMC_INTR_CE3 = 4,
	PMC_INTR_CE0 = 5,
	PMC_INTR_CE1 = 6,
	PMC_INTR_CE2 = 7,
	PMC_INTR_PFIFO = 8,
	PMC_INTR_PFAULT = 9,	/* replayable fault buffer */
	PMC_INTR_PGRAPH = 12,
	PMC_INTR_PFB = 13,
	PMC_INTR_NVENC1 = 14,
	PMC_INTR_SEC2 = 15,
	PMC_INTR_NVDEC = 17,
	PMC_INTR_PTHERM = 18,
	PMC_INTR_NVENC0 = 19,
	PMC_INTR_PTIMER = 20,
	PMC_INTR_PNVIO = 21,
	PMC_INTR_PMU = 24,
	PMC_INTR_PLTC = 25,
	PMC_INTR_PDISP = 26,
	PMC_INTR_PFBP = 27,
	PMC_INTR_PBUS = 28,
	PMC_INTR_PRING = 30,
};

/* Bits of NV_PMC_ENABLE (the same source). */
enum pmc_enable_bit {
	PMC_ENABLE_PFIFO = 8,
	PMC_ENABLE_PGRAPH = 12,
	PMC_ENABLE_PMU = 13,
	PMC_ENABLE_SEC2 = 14,
	PMC_ENABLE_NVDEC = 15,
	PMC_ENABLE_NVENC0 = 18,
	PMC_ENABLE_NVENC1 = 19,
	PMC_ENABLE_CE0 = 6,
	PMC_ENABLE_CE1 = 7,
	PMC_ENABLE_CE2 = 21,
	PMC_ENABLE_CE3 = 22,
};

/*
 * Set the level of a unit's interrupt line. Units call it whenever their status or mask changes;
 * the message goes to the CPU when the tree's output rises. Lock held.
 */
void pmc_intr(struct gp104 *g, unsigned int bit, bool level);
/* The same for the non-stalling tree (NV_PMC_INTR(1)): engine notifications. */
void pmc_intr_nonstall(struct gp104 *g, unsigned int bit, bool level);
/* PCI's end-of-interrupt (pci.c): the next message may go. */
void pmc_msi_rearm(struct gp104 *g);

/* Is the engine of this NV_PMC_ENABLE bit out of reset? */
bool pmc_enabled(struct gp104 *g, unsigned int bit);
/*
 * Call @reset when the guest puts the engine of this bit into reset (its bit goes from 1 to 0).
 * To be called from a unit's init; several units may share a bit.
 */
int pmc_add_reset(struct gp104 *g, unsigned int bit, void (*reset)(struct gp104 *g));

extern const struct unit pmc_unit;

#endif
