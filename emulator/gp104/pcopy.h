/* SPDX-License-Identifier: MIT */
/*
 * pcopy.h - the copy engines (classes C0B5 and C1B5): registered with host, nothing else calls them.
 */
#ifndef PCOPY_H
#define PCOPY_H

struct unit;

extern const struct unit pcopy_unit;

#endif
