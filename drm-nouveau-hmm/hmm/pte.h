/* SPDX-License-Identifier: MIT */
/*
 * Entries of GP100 page tables, in the form of a small page. Inline, as they are for each 4 KiB of
 * memory that is mapped.
 */
#ifndef __SVM_PTE_H__
#define __SVM_PTE_H__

#include <linux/bits.h>
#include <linux/types.h>

#include "svm.h"

/* open-gpu-doc, Pascal MMU format, NV_MMU_VER2_PTE; nouveau, vmmgp100.c. */
#define PTE_VALID		BIT_ULL(0)
#define PTE_SYSTEM_COHERENT	(2ULL << 1)
#define PTE_APERTURE		(3ULL << 1)
#define PTE_VOL			BIT_ULL(3)
#define PTE_READ_ONLY		BIT_ULL(6)
#define PTE_ATOMIC_DISABLE	BIT_ULL(7)
#define PTE_ADDR_SHIFT		4	/* address >> 12, from bit 8 on */
#define PTE_ADDR		GENMASK_ULL(53, 8)

/**
 * svm_pte() - the entry of a small page
 * @addr: DMA address, or address in VRAM
 * @vram: which of both
 * @write: writable
 * @atomic: GPU atomics allowed; needs @write
 *
 * Return: the entry.
 */
static inline u64 svm_pte(u64 addr, bool vram, bool write, bool atomic)
{
	u64 pte = PTE_VALID | addr >> PTE_ADDR_SHIFT;

	if (!vram)
		pte |= PTE_SYSTEM_COHERENT | PTE_VOL;
	if (!write)
		pte |= PTE_READ_ONLY;
	if (!atomic)
		pte |= PTE_ATOMIC_DISABLE;
	return pte;
}

/**
 * svm_pte_allows() - is this access possible through an entry?
 * @pte: entry of a small page, or 0
 * @access: access
 *
 * Return: true if it would not fault.
 */
static inline bool svm_pte_allows(u64 pte, enum svm_access access)
{
	if (!(pte & PTE_VALID))
		return false;
	switch (access) {
	case SVM_ATOMIC:
		return !(pte & (PTE_READ_ONLY | PTE_ATOMIC_DISABLE));
	case SVM_WRITE:
		return !(pte & PTE_READ_ONLY);
	default:
		return true;
	}
}

/**
 * svm_pte_ram() - does an entry point to RAM?
 * @pte: entry of a small page, or 0
 *
 * Return: true if it is valid and points to RAM.
 */
static inline bool svm_pte_ram(u64 pte)
{
	return (pte & PTE_VALID) && (pte & PTE_APERTURE);
}

/**
 * svm_pte_vram() - does an entry point to VRAM?
 * @pte: entry of a small page, or 0
 *
 * Return: true if it is valid and points to VRAM.
 */
static inline bool svm_pte_vram(u64 pte)
{
	return (pte & PTE_VALID) && !(pte & PTE_APERTURE);
}

#endif
