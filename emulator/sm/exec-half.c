// SPDX-License-Identifier: MIT
/*
 * Half precision pairs: none is executed yet (Mesa's gm107 emitter has none of them).
 */
#include "exec.h"

bool V(lower_half)(struct insn *i)
{
	return false;
}
