/* SPDX-License-Identifier: MIT */
/*
 * Which pages to map, to move and to bring back: decisions without side
 * effects. Pure functions of their arguments, so that they can be tested in
 * user space.
 */
#ifndef __POLICY_H__
#define __POLICY_H__

#include <linux/bitmap.h>
#include <linux/types.h>

#define SVM_BLOCK_PAGES		512
#define SVM_GROUP_PAGES		16	/* 64 KiB, the big page of the GPU */
#define SVM_BLOCK_GROUPS	(SVM_BLOCK_PAGES / SVM_GROUP_PAGES)

/**
 * enum svm_access - what a fault wanted, in the order of what satisfies more
 * @SVM_PREFETCH: a hint, never an error
 * @SVM_READ: read
 * @SVM_WRITE: write
 * @SVM_ATOMIC: atomic read-modify-write
 */
enum svm_access {
	SVM_PREFETCH,
	SVM_READ,
	SVM_WRITE,
	SVM_ATOMIC,
};

/**
 * struct svm_region - pages of a block
 * @first: first page
 * @end: behind the last page
 */
struct svm_region {
	unsigned int first;
	unsigned int end;
};

struct svm_region svm_policy_fault_around(const unsigned long *mapped, const unsigned long *wanted,
					  bool stream, struct svm_region limit);
struct svm_region svm_policy_bring_back(const unsigned long *in_ram, unsigned int page,
					struct svm_region limit);

#endif
