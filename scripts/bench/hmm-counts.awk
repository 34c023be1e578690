# SPDX-License-Identifier: MIT
# What the emulator and the guest counted in one section, as lines "KEY METRIC VALUE". Reads the counters at its
# begin and at its end (emulator/gp104/stats.h); rest= is what hmm-sections printed of it.

BEGIN {
	n = split(rest, words, " ")
	for (i = 1; i <= n; i++)
		if (split(words[i], pair, "=") == 2)
			print key, pair[1], pair[2]
}
FNR == 1 { sign = NR == 1 ? -1 : 1 }
/"mmio_reads"/ { group = "mmio_reads." }
/"mmio_writes"/ { group = "mmio_writes." }
/^ *}/ { group = "" }
match($0, /"[a-z0-9_-]+": *[0-9]+/) {
	split(substr($0, RSTART + 1, RLENGTH), pair, /": */)
	c[group pair[1]] += sign * pair[2]
}
END {
	print key, "faults", c["faults_replayable_read"] + c["faults_replayable_write"] + \
		c["faults_replayable_atomic"] + c["faults_replayable_prefetch"]
	print key, "replays", c["replays"]
	print key, "tlb", c["tlb_invalidates_all"] + c["tlb_invalidates_pdb"]
	print key, "pt", c["bar3_writes"] + c["mmio_writes.pramin"]
	print key, "reads", c["mmio_reads.total"] + c["bar1_reads"] + c["bar3_reads"]
	print key, "barreads", c["bar1_reads"] + c["bar3_reads"]
	print key, "irqs", c["irqs_raised"]
	print key, "in", c["ce_bytes_sys_to_vram"]
	print key, "out", c["ce_bytes_vram_to_sys"]
}
