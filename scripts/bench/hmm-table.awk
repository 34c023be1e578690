# SPDX-License-Identifier: MIT
# The table of scripts/bench/hmm and its targets, from lines "driver section thp MiB metric value".

BEGIN {
	# Metric, head of its column, width.
	split("ms:ms:9 faults:faults:7 batches:batches:7 replays:replays:7 tlb:TLB-inv:7 pt:PT-writes:9 reads:MMIO-reads:10" \
	      " irqs:IRQs:6 cpufaults:CPU-faults:10 in:to-VRAM:10 out:to-RAM:10", columns, " ")
	for (n = 1; n in columns; n++) {
		split(columns[n], part, ":")
		metric[n] = part[1]
		head[n] = part[2]
		width[n] = part[3]
	}
}

{
	key = $2 " " $3 " " $4
	if (!(key in seen)) {
		seen[key] = 1
		keys[++rows] = key
	}
	v[$1, key, $5] = $6
}

function has(driver, key) { return (driver, key, "faults") in v }

function row(driver, key,    i, part) {
	split(key, part, " ")
	printf "%-18s %-3s %4s %-8s", part[1], part[2], part[3], driver
	for (i = 1; i < n; i++)
		printf " %*s", width[i], has(driver, key) && v[driver, key, metric[i]] != -1 ? v[driver, key, metric[i]] : "-"
	print !has(driver, key) ? "  not done" : v[driver, key, "right"] ? "  right" : "  WRONG"
}

function ratio(key,    i, a, b) {
	printf "%-18s %-3s %4s %-8s", "", "", "", "ratio"
	for (i = 1; i < n; i++) {
		a = v["upstream", key, metric[i]]
		b = v["fork", key, metric[i]]
		printf " %*s", width[i], (b > 0 ? sprintf("%.1f", a / b) : a > 0 ? "inf" : "-")
	}
	print ""
}

function target(text, got, met) {
	printf "%-8s %s: %s\n", met ? "met" : "NOT MET", text, got
	if (!met)
		failed = 1
}

function missing(text) {
	printf "%-8s %s\n", "NO DATA", text
	failed = 1
}

# The largest size of a section that this driver, or both, have done.
function largest(section, both,    i, part, best) {
	for (i = 1; i <= rows; i++) {
		split(keys[i], part, " ")
		if (part[1] " " part[2] == section && has("fork", keys[i]) && (!both || has("upstream", keys[i])) && \
		    (best == "" || part[3] + 0 > size))  {
			best = keys[i]
			size = part[3] + 0
		}
	}
	return best
}

# The fork needs at most 1/16 of what upstream needs.
function sixteenth(section, what, text,    key, up, ours) {
	key = largest(section, 1)
	if (key == "") {
		missing(text)
		return
	}
	up = v["upstream", key, what]
	ours = v["fork", key, what]
	target(text " (" key " MiB)", ours " of " up ", 1/" (ours ? sprintf("%.1f", up / ours) : "inf"), ours * 16 <= up)
}

# A packet of the fault buffer takes some reads (4 x 64 bits are all of it), a batch some, a page none. What a launch
# reads, its memory mapped, is not for faults: "touch-again" has it.
function reads_per_page(section,    key, again, pages, reads, packets) {
	key = largest(section, 0)
	if (key == "") {
		missing("no MMIO read per served page, " section)
		return
	}
	again = key
	sub(/^[a-z-]+/, "touch-again", again)
	pages = v["fork", key, "bytes"] / 4096
	packets = v["fork", key, "faults"]
	reads = v["fork", key, "reads"] - (has("fork", again) ? v["fork", again, "reads"] : 0)
	target("no MMIO read per served page, " key " MiB (fewer than 4 a packet and 1 in 16 pages)", \
	       sprintf("%d reads (%d through BARs) for %d pages, %d packets, %d batches", reads, v["fork", key, "barreads"], \
		       pages, packets, v["fork", key, "batches"]), reads < 4 * packets + pages / 16)
}

function rate(driver, key) { return v[driver, key, "bytes"] / v[driver, key, "ms"] / 1048.576 }

function migration(thp,    key, bare, got) {
	key = largest("rate-move " thp, 0)
	if (key == "") {
		missing("migration's rate, THP " thp)
		return
	}
	bare = key
	sub(/^rate-move/, "rate-copy", bare)
	got = rate("fork", key) / rate("fork", bare)
	target("migration moves at least 70 % of what the bare copy engine moves, THP " thp, \
	       sprintf("%.0f of %.0f MiB/s, %.0f %%", rate("fork", key), rate("fork", bare), 100 * got), got >= 0.7)
}

END {
	printf "%-18s %-3s %4s %-8s", "section", "THP", "MiB", "driver"
	for (i = 1; i < n; i++)
		printf " %*s", width[i], head[i]
	print ""
	for (i = 1; i <= rows; i++) {
		print ""
		row("upstream", keys[i])
		row("fork", keys[i])
		if (has("upstream", keys[i]) && has("fork", keys[i]))
			ratio(keys[i])
		if (has("fork", keys[i]) && !v["fork", keys[i], "right"])
			failed = 1
	}
	print "\nfaults: packets of replayable faults. PT-writes: writes through BAR2 and PRAMIN: page tables, their zeroing, and"
	print "one for each packet. MMIO-reads: of registers and through BAR1 and BAR2. CPU-faults: of the process. to-VRAM and"
	print "to-RAM: bytes by copy engines.\n"

	sixteenth("touch-written off", "faults", "at most 1/16 of upstream's faults on sequential first touch")
	sixteenth("touch-untouched off", "faults", "at most 1/16 of upstream's faults on untouched memory")
	sixteenth("read-back off", "cpufaults", "at most 1/16 of upstream's CPU faults on read-back")
	reads_per_page("touch-written off")
	reads_per_page("touch-untouched off")
	key = largest("munmap-unrelated off", 0)
	if (key == "")
		missing("no GPU invalidate for unrelated munmap")
	else
		target("no GPU invalidate for unrelated munmap", v["fork", key, "tlb"], v["fork", key, "tlb"] == 0)
	migration("off")
	migration("on")
	exit failed
}
