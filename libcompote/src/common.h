/* SPDX-License-Identifier: MIT */
/*
 * What programs and launches both have to know: the limits of sm_61.
 *
 * Shared and local memory, barriers: CUDA C++ Programming Guide, "Technical Specifications per
 * Compute Capability", 6.1. Registers: R255 is RZ. Constant banks: clc0c0qmd.h has eight of 64 KiB.
 */
#ifndef COMPOTE_COMMON_H
#define COMPOTE_COMMON_H

#define COMPOTE_PUBLIC	__attribute__((visibility("default")))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define REGISTERS_MAX	255u
#define SHARED_MAX	(48u << 10)
#define LOCAL_MAX	(512u << 10)
#define CRS_MAX		(1u << 20)
#define CRS_DEFAULT	2048u		/* what Mesa gives every compute program (nve4_compute.c) */
#define BARRIERS_MAX	16u
#define BANK_MAX	65536u
#define REGISTER_UNIT	8u		/* threads get them by the eight: CUDA's calculator, 6.1 */

#endif
