/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says of the DRM files of processes: /proc/PID/fdinfo, in the form of the kernel's
 * Documentation/gpu/drm-usage-stats.rst. docs/accounting.md says what nouveau-hmm-* mean.
 */
#ifndef FDINFO_H
#define FDINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Keys of numbers. Sizes are in bytes. */
enum fdinfo_key {
	FDINFO_TOTAL_VRAM, FDINFO_TOTAL_MEMORY, FDINFO_MAPPED_VRAM, FDINFO_MAPPED_MEMORY,
	FDINFO_FAULTS, FDINFO_CANCELS,
	FDINFO_TO_VRAM, FDINFO_TO_RAM, FDINFO_ZEROED,
	FDINFO_KEYS
};

/* A file of a DRM device, or several of one process added up. */
struct fdinfo {
	char driver[32];
	char pdev[32];		/* bus address */
	uint64_t client;
	bool has_client;
	bool mirror;		/* it has keys of nouveau-hmm */
	uint64_t n[FDINFO_KEYS];
};

/* A process with such files. */
struct process {
	int pid;
	uint64_t started;	/* in ticks after boot: numbers are used again */
	char command[32];
	unsigned int files;
	struct fdinfo sum;
};

/* Bytes of buffer objects: nouveau counts mirrored pages in VRAM in drm-total-vram too. */
uint64_t fdinfo_buffers(const struct fdinfo *info);

/* Reads one fdinfo; false if it is not of a DRM device. */
bool fdinfo_read(FILE *f, struct fdinfo *info);

/*
 * All processes below @proc ("/proc") that have a DRM file with a mirror, or with @all any DRM
 * file, by number. A file that several descriptors are of counts once. The list is the caller's to
 * free. @hidden receives how many processes did not let us look. False if @proc cannot be read.
 */
bool processes_read(const char *proc, bool all, struct process **list, size_t *count,
		    size_t *hidden);

#endif
