/* SPDX-License-Identifier: MIT */
/*
 * As much of the kernel's linux/bitmap.h as hmm/policy.c uses, for tests in user space.
 */
#ifndef TEST_LINUX_BITMAP_H
#define TEST_LINUX_BITMAP_H

#include <stdbool.h>
#include <string.h>

#define BITS_PER_LONG (8 * sizeof(long))
#define BITS_TO_LONGS(bits) (((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define for_each_set_bit(bit, map, size) \
	for ((bit) = 0; (bit) < (size); (bit)++) \
		if (test_bit(bit, map))

static inline bool test_bit(unsigned long bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> (bit % BITS_PER_LONG) & 1;
}

static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int n)
{
	for (; n--; start++)
		map[start / BITS_PER_LONG] |= 1ul << (start % BITS_PER_LONG);
}

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	memset(map, 0, BITS_TO_LONGS(bits) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from, unsigned int bits)
{
	memcpy(to, from, BITS_TO_LONGS(bits) * sizeof(long));
}

#endif
