// SPDX-License-Identifier: MIT
#include <linux/export.h>

#include "gcov.h"

const struct gcov_info *nouveau_hmm_gcov_first __section(".hmm_gcov");
EXPORT_SYMBOL_GPL(nouveau_hmm_gcov_first);

/* Each object points to it; it is for programs that add to what a file has. */
void __gcov_merge_add(s64 *counters, u32 num)
{
}
