/* SPDX-License-Identifier: MIT */
/*
 * What GCC 12 and later writes into an object that counts (gcc/coverage.cc, libgcc/libgcov.h), read
 * only. A counter of an arc is one of the first kind; the others are not asked for.
 */
#ifndef NOUVEAU_HMM_GCOV_H
#define NOUVEAU_HMM_GCOV_H

#include <linux/types.h>

#if __GNUC__ >= 15
#define GCOV_COUNTERS 10
#elif __GNUC__ >= 14
#define GCOV_COUNTERS 9
#elif __GNUC__ >= 12
#define GCOV_COUNTERS 8
#else
#error "GCC 12 or later"
#endif

struct gcov_counters {
	u32 num;
	s64 *values;
};

struct gcov_function {
	const struct gcov_info *key;
	u32 ident;
	u32 lineno_checksum;
	u32 cfg_checksum;
	struct gcov_counters arcs;
};

struct gcov_info {
	u32 version;
	struct gcov_info *next;
	u32 stamp;
	u32 checksum;
	const char *filename;
	void (*merge[GCOV_COUNTERS])(s64 *counters, u32 num);
	u32 n_functions;
	const struct gcov_function *const *functions;
};

/* The pointers to all of them lie between these two. */
extern const struct gcov_info *nouveau_hmm_gcov_first, *nouveau_hmm_gcov_last;

void __gcov_merge_add(s64 *counters, u32 num);

#endif
