// SPDX-License-Identifier: MIT
#include <linux/export.h>

#include "gcov.h"

const struct gcov_info *nouveau_hmm_gcov_last[1] __section(".hmm_gcov") = { NULL };
EXPORT_SYMBOL_GPL(nouveau_hmm_gcov_last);
