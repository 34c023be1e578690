/* SPDX-License-Identifier: MIT */
/*
 * libcompote: programs, which is GPU code with what a launch must know about it. A program comes
 * from assembler text or from a cubin (what NVIDIA's ptxas writes), holds one or more kernels, and
 * touches no device: it can be made before one is open, and serves any number of them.
 *
 * Code is for sm_61 (GP102, GP104, GP106, GP107, GP108).
 *
 * Threads: a program never changes once it is made. Any number of threads may use one at the same
 * time; compote_program_free() must be the last call on it. All functions may be called from any
 * thread at any time, and keep nothing between calls.
 *
 * Functions return 0 or a negative errno, print nothing, and never end the process.
 */
#ifndef COMPOTE_PROGRAM_H
#define COMPOTE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where a kernel's parameters start in constant bank 0, in bytes: c[0x0][0x140] is the first.
 * ptxas has put them there since sm_30, and assembler sources do so here. Below them the launch
 * has what CUDA's code expects (maxas' names for c[0x0][...], and what ptxas' code reads):
 *
 *	0x08, 0x0c, 0x10	threads per block: x, y, z
 *	0x14, 0x18, 0x1c	blocks in the grid: x, y, z
 *	0x20			the stack pointer, that is the bytes of local memory a thread has
 *
 * Since 0.1.
 */
#define COMPOTE_PARAM_BASE 0x140

/* Constant banks that a kernel can have: c[0x0] to c[0x7]. Since 0.1. */
#define COMPOTE_BANKS 8

/* A program. Since 0.1. */
struct compote_program;

/*
 * What is known about a kernel. It belongs to the program, and so does the name: both are valid
 * until compote_program_free(). Numbers are as the program states them; rounding up to what the
 * hardware can give (16 bytes of local memory, 256 of shared memory, ...) is the launch's matter.
 * Since 0.1.
 */
struct compote_kernel_info {
	const char *name;	/* as in the source or the cubin's symbol table (mangled there) */
	uint64_t code_offset;	/* bytes from the start of the program's code to the entry */
	uint32_t registers;	/* 32-bit registers of a thread, 1 to 255 */
	uint32_t shared_bytes;	/* static shared memory of a block, at most 48 KiB */
	uint32_t local_bytes;	/* local memory (stack) of a thread, at most 512 KiB */
	uint32_t crs_bytes;	/* call, return and synchronisation stack of a warp, up to 1 MiB */
	uint32_t barriers;	/* barriers of a block, 0 to 16 */
	uint32_t param_base;	/* bytes into constant bank 0, COMPOTE_PARAM_BASE as a rule */
	uint32_t param_bytes;	/* of all parameters, with the gaps between them */
};

/*
 * Makes a program from assembler text of len bytes, which need not end in a NUL and is not used
 * after the call. The text is a series of kernels, each with directives and then its instructions:
 *
 *	.kernel NAME		starts a kernel; letters, digits, _, $ and ., at most 255
 *	.registers N		registers of a thread; without it, what the instructions name,
 *				rounded up to eight as the hardware does
 *	.shared N		bytes of shared memory of a block; without it 0
 *	.local N		bytes of local memory of a thread; without it 0
 *	.crs N			bytes of the call, return and synchronisation stack of a warp;
 *				without it 2048 where an instruction uses that stack (SSY, PBK,
 *				PCNT, CAL, ...), else 0
 *	.barriers N		barriers of a block; without it, what the instructions name
 *	.params N		bytes of parameters, from c[0x0][0x140] on; without it 0
 *
 * Numbers are decimal or, with 0x, hexadecimal. Instructions, labels, scheduling annotations and
 * comments are those of sm61-as; labels are known only within their kernel.
 *
 * *out is the program, the caller's to free. error, if not NULL, gets what is wrong with the text
 * as one line without a newline ("line 3: unknown instruction at ..."), cut to error_size bytes
 * with the NUL; it is the empty string when there is nothing to say.
 *
 * -EINVAL: the text is wrong or has no kernel, or text or out is NULL. -E2BIG: more than 16 MiB of
 * text. -ENOMEM. *out is left alone then. Since 0.1.
 */
int compote_program_from_asm(const char *text, size_t len, struct compote_program **out,
			     char *error, size_t error_size);

/*
 * Makes a program from a cubin of len bytes, which is not used after the call and need not be
 * aligned. The cubin may come from anywhere: a broken one is refused, whatever is wrong with it.
 *
 * Constants that the compiler has put into banks are there in a launch, and so are __constant__
 * variables: with the values that they have in the cubin, for good.
 *
 * local_bytes is what kernels need with all that they call. Of a recursive function compilers know
 * only one call's, or nothing: such a kernel may need more than it says.
 *
 * *out is the program, the caller's to free.
 *
 * -EINVAL: no ELF file, no cubin, a broken one, one without a kernel, or bytes or out is NULL.
 * -ENOTSUP: a cubin in order that this library cannot run, because
 *   - it is for another GPU than sm_60 or sm_61. Code for sm_60 runs on sm_61 (CUDA promises that
 *     within a major version, upwards), code for sm_5x or sm_62 may not, and from sm_70 on
 *     instructions are encoded in another way;
 *   - it is in CUDA 13's form, which no compiler writes for these GPUs, or has 32-bit addresses;
 *   - it is not linked (nvcc -dc), or a kernel has relocations: device variables, printf, calls to
 *     other functions through their address;
 *   - it has a constant bank above 7, or one that is both all kernels' and one kernel's;
 *   - a kernel uses texture references, launches kernels, or has a stack of unknown depth.
 * -ENOMEM. *out is left alone then. Since 0.1.
 */
int compote_program_from_cubin(const void *bytes, size_t len, struct compote_program **out);

/* Frees the program and all that was got from it. NULL is fine. Since 0.1. */
void compote_program_free(struct compote_program *program);

/*
 * The kernels of a program by number, from 0, in the order of their names (as strcmp has it). *info
 * belongs to the program. -ENOENT: there is none with this number, those before are all.
 * -EINVAL: program or info is NULL. Since 0.1.
 */
int compote_program_kernels(const struct compote_program *program, unsigned int index,
			    const struct compote_kernel_info **info);

#ifdef __cplusplus
}
#endif

#endif
