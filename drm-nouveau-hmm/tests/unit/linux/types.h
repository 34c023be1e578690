/* SPDX-License-Identifier: MIT */
/* hmm/policy.h includes it; in user space the compiler's own types are enough. */
