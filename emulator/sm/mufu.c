// SPDX-License-Identifier: MIT
/*
 * Special functions. The hardware interpolates in tables; NVIDIA documents bounds on its error (PTX
 * ISA, *.approx), which a correctly computed value is well within. As there, subnormal inputs
 * and results are zeros of the same sign: nvcc scales around MUFU where it must not be so.
 */
#include <math.h>

#include "exec.h"
#include "fp.h"

static double function(unsigned int mode, double x)
{
	switch (mode) {
	case SM_MUFU_COS:
		return cos(x);
	case SM_MUFU_SIN:
		return sin(x);
	case SM_MUFU_EX2:
		return exp2(x);
	case SM_MUFU_LG2:
		return log2(x);
	case SM_MUFU_RCP:
		return 1.0 / x;
	case SM_MUFU_RSQ:
		return 1.0 / sqrt(x);
	default:
		return sqrt(x);
	}
}

/*
 * the upper word of a double in, the upper word of the approximation out (nv50's rcp and rsq in
 * double)
 */
static uint32_t upper(unsigned int mode, uint32_t v)
{
	double x = as_f64((uint64_t)v << 32), r;

	if (!(v & 0x7ff00000))
		x = copysign(0.0, x);
	r = mode == SM_MUFU_RCP64H ? 1.0 / x : 1.0 / sqrt(x);
	if (isnan(r))
		return NAN64 >> 32;
	if (!(as_u64(r) & 0x7ff0000000000000ull))
		r = copysign(0.0, r);
	return as_u64(r) >> 32;
}

uint32_t mufu_lane(unsigned int mode, uint32_t v)
{
	float x = as_f32(flush32(v));

	if (mode == SM_MUFU_RCP64H || mode == SM_MUFU_RSQ64H)
		return upper(mode, v);
	return flush32(canon32(as_u32((float)function(mode, x))));
}
