#!/bin/bash
# SPDX-License-Identifier: MIT
# Set-up that cannot be done ends in one plain line, and leaves a cache that the next one can use.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

real=${XDG_CACHE_HOME:-$HOME/.cache}/drm-nouveau-hmm

# A cache of its own with the real roots in it, so that nothing here can spoil those.
new_cache() {
	rm -rf "$T/cache"
	mkdir -p "$T/cache/drm-nouveau-hmm"
	ln -s "$real/roots" "$T/cache/drm-nouveau-hmm/roots"
	cp -a "$real/kernels" "$T/cache/drm-nouveau-hmm/"
	export XDG_CACHE_HOME=$T/cache
}

new_cache
mkdir -p "$T/cache/drm-nouveau-hmm/tmp"
cp "$real"/tmp/kvm-* "$T/cache/drm-nouveau-hmm/tmp/" 2>/dev/null
for kit in "$T"/cache/drm-nouveau-hmm/kernels/7*; do
	rm -rf "$kit/upstream"
	find "$kit/nouveau" -name '*.c' -exec sed -i '1i #error this driver does not build' {} +
done
lab run --driver upstream --gpus 0 -- true
expect "a driver that does not build is told" 125 'driver-upstream failed'
check "... with the compiler's word for it" grep -q 'this driver does not build' "$T/err"
lab run --driver fork --gpus 0 -- true
expect "a fork that does not build is told" 125 'driver-fork-.* failed'
check "... with the compiler's word for it" grep -q 'this driver does not build' "$T/err"
lab run --driver none -- true
expect "... and other drivers go on working" 0

export XDG_CACHE_HOME=/proc/nowhere
lab run --driver none -- true
expect "a cache that cannot be written is told" 125 'cannot write to'

export XDG_CACHE_HOME=$T/empty DEBIAN_MIRROR=file:$T/no-archive
mkdir "$T/empty"
lab run --driver none -- true
expect "an archive without the packages is told" 125 'no package lists'
unset DEBIAN_MIRROR

if [ "$(id -u)" = 0 ]; then
	mkdir "$T/full"
	mount -t tmpfs -o size=100m full "$T/full"
	XDG_CACHE_HOME=$T/full lab run --driver none -- true
	expect "a disk that is too small is told" 125 'MiB of free disk'
	umount "$T/full"
else
	skip "a disk that is too small is told (needs root)"
fi
