/* SPDX-License-Identifier: MIT */
/* The plate in which heat spreads: how it starts, what the CPU makes of it, and its picture. */
#ifndef PLATE_H
#define PLATE_H

#include <stdbool.h>
#include <stddef.h>

enum { STEPS = 200 };

/* Heaters at 100 degrees in a plate of @n x @n cells at 20 degrees. */
void plate_init(float *plate, size_t n);

/* Runs STEPS steps from plate_init() on the CPU; returns how many cells of @plate differ. */
size_t plate_check(const float *plate, size_t n);

/* Writes a picture of about 512 x 512; false and errno if that fails. */
bool plate_write_png(const float *plate, size_t n, const char *path);

#endif
