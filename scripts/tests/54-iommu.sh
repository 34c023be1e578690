#!/bin/bash
# SPDX-License-Identifier: MIT
# The GPU behind an IOMMU: QEMU's intel-iommu remaps its DMA, and tells the emulator of each page that the
# guest maps or unmaps, when it does. So the emulator reaches no memory but what the driver has mapped
# for it at that moment, and its counters say that this is so.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

DRIVER=${DRIVER:-upstream}
MEM=2048

# The guest's RAM ends below 2 GiB (and there is none above 4 GiB): no bus address beyond that is a physical one.
mapped_high() { grep -cE 'dma: map [89a-f][0-9a-f]{7}-' "$T/log/emulator-0.log"; }

samples=(vector-add-buffers vector-add-malloc histogram-malloc linked-list-malloc)
# Once pages have been in VRAM, upstream's unload unmaps 65536 addresses that it never mapped, with a
# warning for each (nouveau_dmem_evict_chunk()); this takes minutes.
[ "$DRIVER" = upstream ] || samples+=(migrate)

share_samples "${samples[@]}" migrate
in_guest iommu "${samples[@]}"
lab run --driver "$DRIVER" --iommu --mem $MEM --strict --trace dma --timeout 300 --stats "$T/stats.json" \
	--share "$T/share" -- "${GUEST[@]}"
pass_on ""
expect "the run ends well, strictly" 0

faults=$(counted fresh used "${COUNTER_FAULTS[@]}")
is "the GPU faulted" "$faults" -gt 0
is "at least as many pages were mapped for it, one by one" "$(counted fresh used dma_maps)" -ge "$faults"
is "by addresses that are not those of RAM" "$(mapped_high)" -ge "$faults"
is "not all of RAM was within its reach: bytes" "$(counter "$(mark used)" dma_mapped_bytes)" -lt $((64 << 20))
is "what was mapped for programs is unmapped with them: bytes" "$(counted fresh used dma_mapped_bytes)" -le 0
is "without the driver, nothing is mapped: bytes" "$(counter "$(mark unloaded)" dma_mapped_bytes)" -eq 0
is "the copy engine moved the pages of migrate" "$(counted loaded migrate ce_bytes_sys_to_vram)" -ge 262144
is "no access to an address that was not mapped" "$(counter "$T/stats.json" dma_refused)" -eq 0
is "no fault was fatal" "$(counter "$T/stats.json" faults_fatal)" -eq 0
complains_not ""
