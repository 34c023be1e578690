// SPDX-License-Identifier: MIT
#include <linux/export.h>

#include "gcov.h"

const struct gcov_info *nouveau_hmm_gcov_last __section(".hmm_gcov");
EXPORT_SYMBOL_GPL(nouveau_hmm_gcov_last);
