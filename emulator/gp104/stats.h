/* SPDX-License-Identifier: MIT */
/*
 * stats.h - the board's counters. They count events, never time, so that a run can be compared with
 * another one; --stats writes them as JSON under these names. Add a counter by adding a line.
 */
#ifndef GP104_STATS_H
#define GP104_STATS_H

#include <stdint.h>

/* X(name): one 64-bit counter each. */
#define GP104_STATS(X) \
	X(bar1_reads) X(bar1_writes) X(bar1_read_bytes) X(bar1_write_bytes) \
	X(bar3_reads) X(bar3_writes) X(bar3_read_bytes) X(bar3_write_bytes) \
	X(irqs_raised) X(resets) \
	X(faults_replayable_read) X(faults_replayable_write) X(faults_replayable_atomic) \
	X(faults_replayable_prefetch) X(faults_fatal) X(fault_buffer_overflows) \
	X(replays) X(cancels_targeted) X(cancels_global) \
	X(tlb_invalidates_all) X(tlb_invalidates_pdb) X(tlb_hits) X(tlb_misses) X(page_walks) \
	X(pbdma_methods) X(pbdma_gp_entries) X(semaphore_acquires) X(semaphore_releases) \
	X(channels_killed) X(preempts) X(runlist_updates) \
	X(ce_launches) X(ce_bytes) X(ce_bytes_vram_to_sys) X(ce_bytes_sys_to_vram) \
	X(ce_bytes_vram_to_vram) X(ce_bytes_sys_to_sys) \
	X(gr_methods) X(grids) X(ctas) X(warps) X(warp_insns) X(thread_insns) X(traps) \
	X(twod_bytes) X(inline_bytes) X(clear_bytes) \
	X(dma_maps) X(dma_unmaps) X(dma_mapped_bytes) X(dma_refused) \
	X(guest_errors) X(bad_phys_accesses)

struct stats {
#define X(name) uint64_t name;
	GP104_STATS(X)
#undef X
};

#define GP104_MAX_UNITS 64

struct gp104;
void stats_mmio(struct gp104 *g, unsigned int unit, int write);
/* Write all counters, MMIO accesses by unit and the list of unknowns to @path. 0 or -errno. */
int stats_write(struct gp104 *g, const char *path);

#endif
