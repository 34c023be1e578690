# SPDX-License-Identifier: MIT
# What the host itself must have, and how a command is run inside a root in namespaces of its own.
# shellcheck shell=bash

host_needs() {
	local need=() p
	[ "$(dpkg --print-architecture 2>/dev/null)" = "$LAB_ARCH" ] ||
		die "this needs a Debian $LAB_ARCH machine (dpkg --print-architecture does not say $LAB_ARCH)"
	command -v mmdebstrap >/dev/null || need+=(mmdebstrap)
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || need+=(debian-archive-keyring)
	for p in unshare setpriv flock; do
		command -v "$p" >/dev/null || need+=(util-linux)
	done
	if [ "$(id -u)" != 0 ]; then
		command -v newuidmap >/dev/null || need+=(uidmap)
	fi
	if [ ${#need[@]} -gt 0 ]; then
		[ "$(id -u)" = 0 ] ||
			die "missing on this machine: ${need[*]}; as root: apt-get install ${need[*]}"
		step "installing on this machine: ${need[*]}"
		logged host-packages host_install "${need[@]}"
	fi
	if [ "$(id -u)" != 0 ] && ! grep -q "^\($(id -un)\|$(id -u)\):" /etc/subuid 2>/dev/null; then
		die "user $(id -un) has no subordinate ids; as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
	fi
	host_unshare true 2>/dev/null ||
		die "this user may not create namespaces here (unshare --mount --pid fails): run as root, or allow unprivileged user namespaces"
}

host_install() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	apt-get install -q -y --no-install-recommends "$@"
}

# Mount and PID namespaces that die with us, whatever happens: the kernel kills unshare when this
# shell dies, unshare's death kills process 1 of the namespace, and that takes all others and the
# mounts with it. In the background, so that a signal to this shell is acted on at once.
host_unshare() {
	local user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user --map-auto)
	${LAB_EXEC:-} setpriv --pdeathsig KILL -- unshare "${user[@]}" --mount --pid --fork --kill-child -- "$@"
}

# in_root ROOT [--bind SRC[:DST]]... [--ro SRC[:DST]]... [--env K=V]... [--cd DIR] -- COMMAND...
in_root() {
	host_unshare bash "$LAB_REPO/scripts/lib/enter" "$@"
}

# run_child COMMAND...: in the background and waited for, so that a signal to us is acted on at once.
run_child() {
	local rc=0
	(LAB_EXEC='exec'; "$@") <&0 &
	wait $! || rc=$?
	return "$rc"
}
