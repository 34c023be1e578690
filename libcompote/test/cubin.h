/* SPDX-License-Identifier: MIT */
/*
 * A cubin for sm_61 with two kernels, written byte for byte from the ELF specification's offsets
 * and NVIDIA's conventions (program-elf.c names the sources), without <elf.h> or anything of the
 * loader's: what the two agree on they agree on independently.
 *
 *			alpha			beta
 *	code		128 bytes, entry at 32	96 bytes, entry at 0
 *	registers	24			10 in sh_info, 12 in REGCOUNT
 *	barriers	0			1 in sh_flags
 *	shared		none			0x1010
 *	local		0x28, with calls 0x30	none
 *	CRS		0x220			none
 *	parameters	0x1c at 0x140		none
 *	bank 2		8 bytes			none
 *	bank 3		12 bytes, the same	12 bytes
 */
#ifndef TEST_CUBIN_H
#define TEST_CUBIN_H

#include <stdint.h>
#include <string.h>

enum {
	S_NULL, S_SHSTRTAB, S_STRTAB, S_SYMTAB, S_INFO, S_INFO_ALPHA, S_INFO_BETA, S_DEBUG,
	S_REL_DEBUG, S_REL_ALPHA, S_CONSTANT3, S_CONSTANT2_ALPHA, S_CONSTANT0_ALPHA,
	S_CONSTANT0_BETA, S_TEXT_ALPHA, S_TEXT_BETA, S_SHARED_BETA, S_SHARED_ALPHA, SECTIONS
};

/* beta first: the loader sorts */
enum { Y_NULL, Y_TEXT_ALPHA, Y_CONSTANT0_ALPHA, Y_HELPER, Y_BETA, Y_ALPHA, Y_OBJECT, SYMBOLS };

#define CUBIN_ALPHA_CODE	128
#define CUBIN_ALPHA_ENTRY	32
#define CUBIN_ALPHA_LOCAL	0x30
#define CUBIN_BANK_2		0x33333333u	/* the second word */
#define CUBIN_BANK_3		0x00abc000u	/* the third word */

struct cubin_image {
	uint8_t bytes[4096];
	size_t size;
	size_t headers;			/* of the section headers */
	size_t names, name;		/* .shstrtab, and where the next name in it goes */
	unsigned int count;		/* of sections so far */
	size_t symbols;			/* .symtab */
	size_t info, info_alpha;	/* first records */
	size_t alpha_code, alpha_params, alpha_param_size, alpha_param_info, alpha_crs;
};

static inline void cubin_set(struct cubin_image *c, size_t at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		c->bytes[at + i] = value >> 8 * i;
}

static inline size_t cubin_put(struct cubin_image *c, unsigned int bytes, uint64_t value)
{
	size_t at = c->size;

	cubin_set(c, at, bytes, value);
	c->size += bytes;
	return at;
}

/* offset of a field of section header s */
static inline size_t cubin_section_field(const struct cubin_image *c, unsigned int s,
					 unsigned int field)
{
	return c->headers + 64 * s + field;
}

/* offset of the section's name */
static inline size_t cubin_section_name(const struct cubin_image *c, unsigned int s)
{
	size_t at = cubin_section_field(c, s, 0);

	return c->names + (c->bytes[at] | c->bytes[at + 1] << 8);
}

enum {	/* fields of a section header */
	SH_NAME = 0, SH_TYPE = 4, SH_FLAGS = 8, SH_OFFSET = 24, SH_SIZE = 32, SH_LINK = 40,
	SH_INFO = 44, SH_ALIGN = 48, SH_ENTSIZE = 56
};

enum { ST_NAME = 0, ST_INFO = 4, ST_OTHER = 5, ST_SHNDX = 6, ST_VALUE = 8, ST_SIZE = 16 };

static inline size_t cubin_symbol_field(const struct cubin_image *c, unsigned int symbol,
					unsigned int field)
{
	return c->symbols + 24 * symbol + field;
}

/* the next section; its bytes, if any, follow, and cubin_end() ends them */
static inline void cubin_begin(struct cubin_image *c, const char *name, uint32_t type,
			       uint64_t flags, uint32_t link, uint32_t info, uint64_t align,
			       uint64_t entry)
{
	unsigned int s = c->count++;

	while (c->size % align)
		c->size++;
	cubin_set(c, cubin_section_field(c, s, SH_NAME), 4, c->name - c->names);
	cubin_set(c, cubin_section_field(c, s, SH_TYPE), 4, type);
	cubin_set(c, cubin_section_field(c, s, SH_FLAGS), 8, flags);
	cubin_set(c, cubin_section_field(c, s, SH_OFFSET), 8, c->size);
	cubin_set(c, cubin_section_field(c, s, SH_LINK), 4, link);
	cubin_set(c, cubin_section_field(c, s, SH_INFO), 4, info);
	cubin_set(c, cubin_section_field(c, s, SH_ALIGN), 8, align);
	cubin_set(c, cubin_section_field(c, s, SH_ENTSIZE), 8, entry);
	memcpy(c->bytes + c->name, name, strlen(name) + 1);
	c->name += strlen(name) + 1;
}

static inline void cubin_end(struct cubin_image *c)
{
	size_t header = cubin_section_field(c, c->count - 1, SH_OFFSET);
	size_t start = c->bytes[header] | c->bytes[header + 1] << 8;

	cubin_set(c, cubin_section_field(c, c->count - 1, SH_SIZE), 8, c->size - start);
}

static inline void cubin_symbol(struct cubin_image *c, uint32_t name, uint8_t info, uint8_t other,
				uint16_t section, uint64_t value, uint64_t size)
{
	cubin_put(c, 4, name);
	cubin_put(c, 1, info);
	cubin_put(c, 1, other);
	cubin_put(c, 2, section);
	cubin_put(c, 8, value);
	cubin_put(c, 8, size);
}

static inline size_t cubin_record(struct cubin_image *c, uint8_t format, uint8_t attribute,
				  uint16_t value)
{
	size_t at = cubin_put(c, 1, format);

	cubin_put(c, 1, attribute);
	cubin_put(c, 2, value);
	return at;
}

/* a record of two words: a symbol and a number */
static inline size_t cubin_pair(struct cubin_image *c, uint8_t attribute, uint32_t symbol,
				uint32_t value)
{
	size_t at = cubin_record(c, 4, attribute, 8);

	cubin_put(c, 4, symbol);
	cubin_put(c, 4, value);
	return at;
}

static inline size_t cubin_parameter(struct cubin_image *c, uint16_t ordinal, uint16_t offset,
				     uint32_t bytes)
{
	size_t at = cubin_record(c, 4, 0x17, 12);

	cubin_put(c, 4, 0);
	cubin_put(c, 2, ordinal);
	cubin_put(c, 2, offset);
	cubin_put(c, 4, bytes << 18 | 0x1f000);
	return at;
}

static inline void cubin_file_header(struct cubin_image *c)
{
	static const uint8_t ident[16] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, 0x33, 7 };

	memcpy(c->bytes, ident, sizeof(ident));
	c->size = sizeof(ident);
	cubin_put(c, 2, 2);		/* e_type: ET_EXEC */
	cubin_put(c, 2, 190);		/* e_machine */
	cubin_put(c, 4, 0x6f);		/* e_version: of the compiler */
	cubin_put(c, 8, 0);		/* e_entry */
	cubin_put(c, 8, 0);		/* e_phoff */
	cubin_put(c, 8, 0);		/* e_shoff, later */
	cubin_put(c, 4, 0x3d053d);	/* e_flags: for sm_61 from compute_61, 64-bit */
	cubin_put(c, 2, 64);		/* e_ehsize */
	cubin_put(c, 2, 56);		/* e_phentsize */
	cubin_put(c, 2, 0);		/* e_phnum */
	cubin_put(c, 2, 64);		/* e_shentsize */
	cubin_put(c, 2, SECTIONS);	/* e_shnum */
	cubin_put(c, 2, S_SHSTRTAB);	/* e_shstrndx */
}

static inline void cubin_tables(struct cubin_image *c)
{
	static const char strings[] = "\0alpha\0beta\0helper\0table";

	c->count = S_SHSTRTAB;
	c->names = c->size;
	c->name = c->size + 1;
	cubin_begin(c, ".shstrtab", 3, 0, 0, 0, 1, 0);
	c->size += 512;
	cubin_end(c);
	cubin_begin(c, ".strtab", 3, 0, 0, 0, 1, 0);
	memcpy(c->bytes + c->size, strings, sizeof(strings));
	c->size += sizeof(strings);
	cubin_end(c);
	cubin_begin(c, ".symtab", 2, 0, S_STRTAB, Y_BETA, 8, 24);
	c->symbols = c->size;
	cubin_symbol(c, 0, 0, 0, 0, 0, 0);
	cubin_symbol(c, 0, 0x03, 0, S_TEXT_ALPHA, 0, 0);
	cubin_symbol(c, 0, 0x03, 0, S_CONSTANT0_ALPHA, 0, 0);
	cubin_symbol(c, 12, 0x02, 0, S_TEXT_ALPHA, 0, 32);
	cubin_symbol(c, 7, 0x12, 0x10, S_TEXT_BETA, 0, 96);
	cubin_symbol(c, 1, 0x12, 0x10, S_TEXT_ALPHA, CUBIN_ALPHA_ENTRY,
		     CUBIN_ALPHA_CODE - CUBIN_ALPHA_ENTRY);
	cubin_symbol(c, 19, 0x11, 0, S_CONSTANT3, 0, 0);
	cubin_end(c);
}

static inline void cubin_info(struct cubin_image *c)
{
	cubin_begin(c, ".nv.info", 0x70000000, 0, S_SYMTAB, 0, 4, 0);
	c->info = cubin_pair(c, 0x2f, Y_BETA, 12);	/* REGCOUNT */
	cubin_pair(c, 0x23, Y_BETA, 0);			/* MAX_STACK_SIZE */
	cubin_pair(c, 0x12, Y_BETA, 0);			/* MIN_STACK_SIZE */
	cubin_pair(c, 0x11, Y_BETA, 0);			/* FRAME_SIZE */
	cubin_pair(c, 0x11, Y_HELPER, 0x400);		/* a function's counts for nothing */
	cubin_pair(c, 0x12, Y_ALPHA, CUBIN_ALPHA_LOCAL);
	cubin_pair(c, 0x11, Y_ALPHA, 0x28);
	cubin_end(c);

	cubin_begin(c, ".nv.info.alpha", 0x70000000, 0, S_SYMTAB, S_TEXT_ALPHA, 4, 0);
	c->info_alpha = cubin_record(c, 4, 0x37, 4);	/* CUDA_API_VERSION */
	cubin_put(c, 4, 0x6f);
	cubin_record(c, 1, 0x30, 0);			/* SW2393858_WAR */
	c->alpha_params = cubin_pair(c, 0x0a, Y_CONSTANT0_ALPHA, 0x1c0140);
	c->alpha_param_size = cubin_record(c, 3, 0x19, 0x1c);
	c->alpha_param_info = cubin_parameter(c, 3, 0x18, 4);
	cubin_parameter(c, 2, 0x10, 8);
	cubin_parameter(c, 1, 0x08, 8);
	cubin_parameter(c, 0, 0x00, 8);
	cubin_record(c, 3, 0x1b, 0xff);			/* MAXREG_COUNT */
	cubin_record(c, 4, 0x1d, 4);			/* S2RCTAID_INSTR_OFFSETS */
	cubin_put(c, 4, 0x28);
	cubin_record(c, 4, 0x1c, 4);			/* EXIT_INSTR_OFFSETS */
	cubin_put(c, 4, 0x38);
	c->alpha_crs = cubin_record(c, 4, 0x1e, 4);	/* CRS_STACK_SIZE */
	cubin_put(c, 4, 0x220);
	cubin_record(c, 4, 0xfe, 3);			/* not known, and odd */
	cubin_put(c, 4, 0);
	cubin_end(c);

	cubin_begin(c, ".nv.info.beta", 0x70000000, 0, S_SYMTAB, S_TEXT_BETA, 4, 0);
	cubin_record(c, 1, 0x04, 0);			/* CTAIDZ_USED */
	cubin_end(c);
}

static inline void cubin_rest(struct cubin_image *c)
{
	cubin_begin(c, ".debug_frame", 1, 0, 0, 0, 1, 0);
	cubin_put(c, 8, 0);
	cubin_end(c);
	cubin_begin(c, ".rel.debug_frame", 9, 0, S_SYMTAB, S_DEBUG, 8, 16);
	cubin_put(c, 8, 0);
	cubin_put(c, 8, (uint64_t)Y_ALPHA << 32 | 2);
	cubin_end(c);
	cubin_begin(c, ".rel.text.alpha", 9, 0, S_SYMTAB, S_TEXT_ALPHA, 8, 16);
	cubin_end(c);
	cubin_begin(c, ".nv.constant3", 1, 2, 0, 0, 4, 0);
	for (unsigned int i = 0; i < 2; i++)
		cubin_put(c, 4, 0x44444444 + i);
	cubin_put(c, 4, CUBIN_BANK_3);
	cubin_end(c);
	cubin_begin(c, ".nv.constant2.alpha", 1, 2, 0, S_TEXT_ALPHA, 4, 0);
	cubin_put(c, 4, 0x22222222);
	cubin_put(c, 4, CUBIN_BANK_2);
	cubin_end(c);
	cubin_begin(c, ".nv.constant0.alpha", 1, 2, 0, S_TEXT_ALPHA, 4, 0);
	for (unsigned int i = 0; i < 0x15c / 4; i++)
		cubin_put(c, 4, 0xc0000000 + i);
	cubin_end(c);
	cubin_begin(c, ".nv.constant0.beta", 1, 2, 0, S_TEXT_BETA, 4, 0);
	cubin_end(c);
	cubin_begin(c, ".text.alpha", 1, 6, S_SYMTAB, 24 << 24 | Y_ALPHA, 32, 0);
	c->alpha_code = c->size;
	for (unsigned int i = 0; i < CUBIN_ALPHA_CODE; i++)
		cubin_put(c, 1, 0x40 + i);
	cubin_end(c);
	cubin_begin(c, ".text.beta", 1, 0x100006, S_SYMTAB, 10 << 24 | Y_BETA, 32, 0);
	for (unsigned int i = 0; i < 96; i++)
		cubin_put(c, 1, 0x80 + i);
	cubin_end(c);
	cubin_begin(c, ".nv.shared.beta", 8, 3, 0, S_TEXT_BETA, 16, 0);
	cubin_end(c);
	cubin_set(c, cubin_section_field(c, S_SHARED_BETA, SH_SIZE), 8, 0x1010);
	cubin_begin(c, ".nv.shared.alpha", 8, 3, 0, S_TEXT_ALPHA, 16, 0);
	cubin_end(c);
}

/* The section headers come last, so that a file cut anywhere lacks something. */
static inline void cubin_make(struct cubin_image *c)
{
	memset(c, 0, sizeof(*c));
	c->headers = sizeof(c->bytes) - 64 * SECTIONS;
	cubin_file_header(c);
	cubin_tables(c);
	cubin_info(c);
	cubin_rest(c);
	while (c->size % 8)
		c->size++;
	memmove(c->bytes + c->size, c->bytes + c->headers, 64 * SECTIONS);
	c->headers = c->size;
	c->size += 64 * SECTIONS;
	cubin_set(c, 40, 8, c->headers);
}

#endif
