# SPDX-License-Identifier: MIT
# Where packages come from: the archive that this machine's own apt uses (or DEBIAN_MIRROR), in an
# apt of our own that touches nothing of the machine's.
# shellcheck shell=bash

LAB_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Candidates: what the machine's apt calls Debian and is not the security archive.
mirror_candidates() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		printf '%s\n' "${DEBIAN_MIRROR%/}"
		return
	fi
	{
		apt-get indextargets --format '$(REPO_URI)|$(RELEASE)' 'Created-By: Packages' 2>/dev/null |
			grep -E '\|(bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)$' | cut -d'|' -f1
		# indextargets names the list file, not the mirrors in it, for mirror+file:
		sed -nE 's/^(deb|URIs:).*mirror\+file:([^ ]+).*/\2/p' /etc/apt/sources.list \
			/etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
			xargs -r cat 2>/dev/null | sed 's/[[:space:]].*//'
	} | sed 's|/*$||' | grep -E '^(https?|file|copy|ftp):' | awk '!seen[$0]++'
}

# apt_ours COMMAND...: an apt tool with lists, archives, sources and pins of our own.
apt_ours() {
	APT_CONFIG=$LAB_CACHE/apt/apt.conf "$@"
}

mirror_write() {
	local d=$LAB_CACHE/apt uri=$1
	mkdir -p "$d"/{lists/partial,archives/partial,none}
	: >"$d/status"
	mirror_sources "$uri" >"$d/sources.list"
	mirror_pin >"$d/preferences"
	{
		cat <<-END
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "$d/none";
			Dir::Etc::SourceList "$d/sources.list";
			Dir::Etc::SourceParts "$d/none";
			Dir::Etc::Preferences "$d/preferences";
			Dir::Etc::PreferencesParts "$d/none";
			Dir::State "$d";
			Dir::State::status "$d/status";
			Dir::State::Lists "$d/lists";
			Dir::Cache "$d";
			Dir::Cache::archives "$d/archives";
			APT::Architecture "$LAB_ARCH";
			APT::Architectures { "$LAB_ARCH"; };
			APT::Install-Recommends "false";
			APT::Sandbox::User "";
			Acquire::Languages "none";
			Acquire::Retries "3";
		END
		# A proxy that the machine needs, we need too.
		apt-config dump 2>/dev/null | grep -iE '^Acquire::[a-z]+::(proxy|proxy-auto-detect)' || true
	} >"$d/apt.conf"
}

mirror_sources() {
	local uri=$1 by="[signed-by=$LAB_KEYRING]"
	printf 'deb %s %s %s main non-free-firmware\n' "$by" "$uri" "$LAB_SUITE"
	printf 'deb %s %s %s-backports main non-free-firmware\n' "$by" "$uri" "$LAB_SUITE"
}

mirror_pin() {
	printf 'Package: *\nPin: release n=%s-backports\nPin-Priority: 500\n' "$LAB_SUITE"
}

# Find a mirror that has the suite, and read its lists; lists less than an hour old will do.
mirror_begin() {
	[ -z "${LAB_MIRROR:-}" ] || return 0
	with_lock mirror mirror_update
	LAB_MIRROR=$(<"$LAB_CACHE/apt/mirror")
	export LAB_MIRROR
}

mirror_update() {
	local uri tried='' log=$LAB_CACHE/log/apt-update.log
	[ -z "$(find "$LAB_CACHE/apt/mirror" -mmin -60 2>/dev/null)" ] || return 0
	while read -r uri; do
		[ -n "$uri" ] || continue
		tried+=" $uri"
		mirror_write "$uri"
		if apt_ours apt-get update -q >"$log" 2>&1 && ! grep -qE '^(W|E): .*(Failed|404)' "$log"; then
			echo "$uri" >"$LAB_CACHE/apt/mirror"
			return 0
		fi
	done < <(mirror_candidates)
	[ -n "$tried" ] ||
		die "no Debian archive found in this machine's apt configuration; set DEBIAN_MIRROR to one"
	die "no package lists of $LAB_SUITE and $LAB_SUITE-backports from:$tried ($(grep -m1 -E '^[EW]:' "$log"))"
}

# mirror_resolve PACKAGE...: every package with its version that a root with these would hold.
mirror_resolve() {
	apt_ours apt-get -s -qq install "$@" | awk '$1 == "Inst" { print $2 "=" substr($3, 2) }' |
		LC_ALL=C sort
}
