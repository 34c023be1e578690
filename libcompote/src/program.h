/* SPDX-License-Identifier: MIT */
/*
 * Programs inside the library. The first part is for the launch; the second is how the two loaders
 * (program-asm.c, program-elf.c) put a program together.
 */
#ifndef COMPOTE_PROGRAM_INTERNAL_H
#define COMPOTE_PROGRAM_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "common.h"
#include "compote-program.h"

struct program_kernel;

/*
 * The code of all kernels, position independent, to be put at an address that is a multiple of
 * PROGRAM_ALIGN. It belongs to the program. *bytes includes PROGRAM_TAIL bytes of zeroes behind the
 * last instruction, for the fetch that runs ahead.
 */
const void *program_code(const struct compote_program *p, size_t *bytes);

/* The kernel with this name, or NULL. */
struct program_kernel *program_find_kernel(const struct compote_program *p, const char *name);

/*
 * What a kernel has in a constant bank: NULL and 0 bytes if nothing. In bank 0 launch parameters
 * and arguments are written over it; it reaches at least to their end. It belongs to the program.
 */
const void *program_bank(const struct compote_program *p, const struct program_kernel *kernel,
			 unsigned int bank, size_t *bytes);

/* A kernel's code starts at a multiple of this; instruction cache lines are no longer. */
#define PROGRAM_ALIGN 128

/* Mesa leaves as much free at the end of its code, for prefetches (nvc0_screen.c). */
#define PROGRAM_TAIL 256

struct program_bank {
	void *data;
	size_t bytes;
};

struct program_kernel {
	struct compote_kernel_info info;	/* its name was allocated */
	struct program_bank banks[COMPOTE_BANKS];
	/* the loaders' own notes, without a meaning later */
	uint32_t line;			/* assembler: of .kernel */
	uint32_t symbol, section;	/* cubin: of the entry, of the code */
	uint32_t seen;
};

struct compote_program {
	struct program_kernel *kernels;	/* in the order of their names once made */
	unsigned int count, room;
	struct program_bank banks[COMPOTE_BANKS];	/* that all kernels share */
	uint8_t *code;
	size_t code_bytes, code_room;
};

/*
 * Adds a kernel of this name (copied), all else zero but for param_base. *k is valid until the next
 * one is added. 0 or -ENOMEM.
 */
int program_add_kernel(struct compote_program *p, const char *name, size_t name_length,
		       struct program_kernel **k);

/* Adds code behind what is there; *offset says where. 0 or -ENOMEM. */
int program_add_code(struct compote_program *p, const void *code, size_t bytes, uint64_t *offset);

/* Puts kernels in the order of their names. NULL, or one whose name another has too. */
const struct program_kernel *program_sort(struct compote_program *p);

/* Copies what is in a bank; bytes may be 0. 0 or -ENOMEM. */
int program_set_bank(struct program_bank *bank, const void *data, size_t bytes);

/* Last step: -EINVAL if there is no kernel, or a kernel has a number beyond the limits; -ENOMEM. */
int program_finish(struct compote_program *p);

#endif
