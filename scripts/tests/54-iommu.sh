#!/bin/bash
# SPDX-License-Identifier: MIT
# The GPU behind an IOMMU: QEMU's intel-iommu remaps its DMA, and tells the emulator of each page that the
# guest maps or unmaps, when it does. So the emulator reaches no memory but what the driver has mapped
# for it at that moment, and its counters say that this is so. (LAB_IOMMU=1 does the same to any other test.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

MEM=2048

# The guest's RAM ends below 2 GiB (and there is none above 4 GiB): no bus address beyond that is a physical one.
mapped_high() { grep -cE 'dma: map [89a-f][0-9a-f]{7}-' "$T/log/emulator-0.log"; }

samples=(vector-add-buffers vector-add-malloc histogram-malloc linked-list-malloc)
share_samples "${samples[@]}" migrate
for driver in "${DRIVERS[@]}"; do
	in_guest iommu "${samples[@]}"
	# Once pages have been in VRAM, upstream's unload unmaps 65536 addresses that it never mapped, with a
	# warning for each (nouveau_dmem_evict_chunk()); this takes minutes.
	[ "$driver" = upstream ] || in_guest iommu "${samples[@]}" migrate
	lab run --driver "$driver" --iommu --mem $MEM --strict --trace dma --timeout 300 --stats "$T/stats.json" \
		--share "$T/share" -- "${GUEST[@]}"
	pass_on "$driver: "
	expect "$driver: the run ends well, strictly" 0

	faults=$(counted fresh used "${COUNTER_FAULTS[@]}")
	is "$driver: the GPU faulted" "$faults" -gt 0
	is "$driver: at least as many pages were mapped for it, one by one" "$(counted fresh used dma_maps)" -ge "$faults"
	is "$driver: by addresses that are not those of RAM" "$(mapped_high)" -ge "$faults"
	is "$driver: not all of RAM was within its reach: bytes" "$(counter "$(mark used)" dma_mapped_bytes)" -lt $((64 << 20))
	is "$driver: what was mapped for programs is unmapped with them: bytes" "$(counted fresh used dma_mapped_bytes)" -le 0
	is "$driver: without the driver, nothing is mapped: bytes" "$(counter "$(mark unloaded)" dma_mapped_bytes)" -eq 0
	is "$driver: the copy engine moved the pages of migrate" "$(counted loaded migrate ce_bytes_sys_to_vram)" -ge 262144
	is "$driver: no access to an address that was not mapped" "$(counter "$T/stats.json" dma_refused)" -eq 0
	is "$driver: no fault was fatal" "$(counter "$T/stats.json" faults_fatal)" -eq 0
	complains_not "$driver: "
done
