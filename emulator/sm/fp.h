/* SPDX-License-Identifier: MIT */
/*
 * Floating point helpers: rounding modes of the host, flushing, canonical NaNs, half precision.
 *
 * A NaN result is 0x7fffffff for single and 0xfff8000000000000 for double precision, whatever NaN
 * came in (NVIDIA, "Floating Point and IEEE 754 Compliance for NVIDIA GPUs").
 */
#ifndef SM_FP_H
#define SM_FP_H

#include <fenv.h>
#include <math.h>
#include <string.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "isa.h"

#define NAN32 0x7fffffffu
#define NAN64 0xfff8000000000000ull
#define NAN16 0x7fff

static inline float as_f32(uint32_t v)
{
	float f;

	memcpy(&f, &v, 4);
	return f;
}

static inline uint32_t as_u32(float f)
{
	uint32_t v;

	memcpy(&v, &f, 4);
	return v;
}

static inline double as_f64(uint64_t v)
{
	double f;

	memcpy(&f, &v, 8);
	return f;
}

static inline uint64_t as_u64(double f)
{
	uint64_t v;

	memcpy(&v, &f, 8);
	return v;
}

/* the host's rounding mode, for functions that are not inlined between these two */
static inline void round_set(unsigned int rnd)
{
#if defined(__SSE2__)
	/* MXCSR 14:13: nearest, down, up, zero: the order of enum sm_round */
	_mm_setcsr((_mm_getcsr() & ~0x6000u) | rnd << 13);
#endif
#if !defined(__SSE2__) || !defined(__FMA__)
	static const int mode[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };

	fesetround(mode[rnd & 3]);
#endif
	__asm__ volatile("" ::: "memory");
}

static inline void round_reset(void)
{
	__asm__ volatile("" ::: "memory");
	round_set(SM_RN);
}

/* subnormals to zero of the same sign */
static inline uint32_t flush32(uint32_t v)
{
	return v & 0x7f800000 ? v : v & 0x80000000;
}

static inline uint32_t canon32(uint32_t v)
{
	return (v & 0x7fffffff) > 0x7f800000 ? NAN32 : v;
}

static inline uint64_t canon64(uint64_t v)
{
	return (v & ~(1ull << 63)) > 0x7ff0000000000000ull ? NAN64 : v;
}

/* [0, 1], NaN becomes 0 */
static inline uint32_t sat32(uint32_t v)
{
	uint32_t r = (int32_t)v < 0 ? 0 : v > 0x3f800000 ? 0x3f800000 : v;

	return (v & 0x7fffffff) > 0x7f800000 ? 0 : r;
}

static inline double half_to_double(uint16_t h)
{
	unsigned int e = h >> 10 & 31, m = h & 0x3ff;
	double v;

	if (e == 31)
		v = m ? NAN : INFINITY;
	else if (e)
		v = ldexp(1024 + m, (int)e - 25);
	else
		v = ldexp(m, -24);
	return h & 0x8000 ? -v : v;
}

/* rounds once, from the exact value */
static inline uint16_t double_to_half(double v, unsigned int rnd)
{
	uint16_t sign = signbit(v) ? 0x8000 : 0, r;
	double x = fabs(v), scaled, whole, rest;
	int e;
	bool up;

	if (isnan(v))
		return NAN16;
	if (isinf(v))
		return sign | 0x7c00;
	if (x == 0)
		return sign;
	frexp(x, &e);			/* x in [2^(e-1), 2^e) */
	e = e - 1 < -14 ? -14 : e - 1;	/* subnormals have the least normal exponent */
	if (e > 15)
		e = 16;
	/* a unit in the last place is 2^(e-10); exact: only the exponent changes */
	scaled = ldexp(x, 10 - e);
	whole = e > 15 ? 2048 : floor(scaled);
	rest = e > 15 ? 1 : scaled - whole;
	switch (rnd) {
	case SM_RM:
		up = sign && rest > 0;
		break;
	case SM_RP:
		up = !sign && rest > 0;
		break;
	case SM_RZ_ROUND:
		up = false;
		break;
	default:
		up = rest > 0.5 || (rest == 0.5 && fmod(whole, 2) == 1);
		break;
	}
	if (e > 15)			/* 65536 and more: infinity, or the greatest number */
		return sign | (rnd == SM_RN || up ? 0x7c00 : 0x7bff);
	whole += up;
	/* a carry out of the significand moves into the exponent by itself */
	r = (uint16_t)whole;
	if (r >= 1024)
		r += (e + 14) << 10;
	return sign | r;
}

static inline uint16_t flush16(uint16_t v)
{
	return v & 0x7c00 ? v : v & 0x8000;
}

#endif
