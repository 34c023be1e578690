/* SPDX-License-Identifier: MIT */
/*
 * pring.h - the privileged ring: how many units of each kind hang on it.
 */
#ifndef PRING_H
#define PRING_H

/* A Tesla P4 has 256 bits of GDDR5: 4 memory partitions, 8 L2 caches of 2 slices each. */
#define PRING_FBPS		4
#define PRING_LTCS		8
#define PRING_LTS_PER_LTC	2u
#define PRING_HUBS		1

#endif
