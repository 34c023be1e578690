# SPDX-License-Identifier: MIT
# rusticl turns OpenCL's built-in library into its own form once and keeps that in Mesa's cache; under
# TCG this takes ten seconds. VMs are thrown away, so it is done once for all of them at set-up, and
# each VM starts with that one file. Kernels are compiled in every VM.
# shellcheck shell=bash

# seed_path: the directory that goes to ~/.cache/mesa_shader_cache in the guest, if there is one.
seed_path() {
	local root
	root=$(root_path guest) || return 1
	printf '%s.seed\n' "$root"
	[ -d "$root.seed" ]
}

seed_ensure() { seed_path >/dev/null || with_lock seed seed_make; }

# Without it all works, only slower: a failure is no error.
seed_make() {
	local to d
	to=$(seed_path) && return 0
	step "Mesa's form of the OpenCL library, made in a VM"
	d=$LAB_CACHE/tmp/seed
	rm -rf "$d" "$to.part"
	mkdir -p "$d"
	cp "$(samples_dir)/vector-add-buffers" "$d/" || return 0
	if ! env -u LAB_INSIDE "$LAB_REPO/scripts/lab" run --timeout 300 --log "$d/log" --share "$d" -- \
		sh -c './vector-add-buffers && cp -a /root/.cache/mesa_shader_cache /mnt/host/' \
		>"$LAB_CACHE/log/seed.log" 2>&1 </dev/null; then
		warn "could not make it (see $LAB_CACHE/log/seed.log); programs will take longer to start"
		return 0
	fi
	mkdir "$to.part"
	(cd "$d/mesa_shader_cache" && find . -type f -size +100k ! -name index -exec cp --parents {} "$to.part/" \;)
	mv -T "$to.part" "$to" || die "cannot write $to"
	rm -rf "$d"
}
