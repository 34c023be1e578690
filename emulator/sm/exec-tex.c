// SPDX-License-Identifier: MIT
#include "exec.h"

bool V(lower_tex)(struct insn *i)
{
	return false;
}
