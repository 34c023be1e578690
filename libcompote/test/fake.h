/* SPDX-License-Identifier: MIT */
/*
 * A kernel driver and a GPU for tests: ioctl() of the library ends here (ld --wrap=ioctl).
 *
 * Calls come one at a time, whichever thread makes them. Commands are executed at once, at submit:
 * every method is noted, and those that write memory do. The GPU refuses what silicon would: memory
 * that the job did not name, addresses above 2^40 for the host unit.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"
#include "nouveau_hmm_drm.h"

#define FAKE_METHODS	16384u
#define FAKE_CLASS_COMPUTE 0xc1c0u
#define FAKE_CLASS_COPY	0xc1b5u
#define FAKE_SMS	20u

struct fake_method {
	unsigned int subchannel;
	uint32_t method, data;
};

struct fake {
	/* what to do */
	bool off;			/* ioctl() is the real one */
	bool forget;			/* methods are noted only within a submit */
	const char *driver;
	uint32_t version;
	uint64_t features;
	int submit_error;		/* of the next submits */
	uint32_t stopped;		/* of all channels */
	/* what happened */
	unsigned int ioctls, submits, creates, destroys, svm_inits;
	uint64_t job;
	uint64_t cutout, cutout_bytes;
	struct drm_nouveau_hmm_channel_create create;
	struct drm_nouveau_hmm_migrate migrate;
	struct drm_nouveau_hmm_range ranges[DRM_NOUVEAU_HMM_RANGES];	/* of the last submit */
	uint32_t nr_ranges, nr_in, nr_out;
	struct fake_method m[FAKE_METHODS];
	unsigned int nr_methods;
	unsigned int refused;		/* accesses */
	unsigned int grids;
	uint64_t qmd;			/* of the last one */
	uint32_t state[8][0x1000];	/* last data of each method / 4 */
};

extern struct fake fake;

/* All as new: a GP104 with everything. */
void fake_reset(void);
/* Forgets the methods so far. */
void fake_forget(void);
/* Data of the only method of that number since; fails the test if there is not just one. */
uint32_t fake_once(unsigned int subchannel, uint32_t method);
unsigned int fake_count(unsigned int subchannel, uint32_t method);
/* Is it memory that the last job named? */
bool fake_named(uint64_t addr, uint64_t bytes, bool write);

/* A device, and one with a space; the caller closes and destroys. */
struct compote_device *fake_device(void);
struct compote_space *fake_space(void);

#endif
