// SPDX-License-Identifier: MIT
/*
 * Programs from cubins, as ptxas writes them for sm_60 and sm_61.
 *
 * This reads the file itself, with the structures of <elf.h>, and not through elfutils' libelf:
 *
 *   - The bytes may come from anywhere. elfutils' SECURITY file advises against its libraries on
 *     untrustworthy input and calls malfunctions there ordinary bugs. What is read here is three
 *     tables, and the fuzzer sees all of the code that does it.
 *   - libelf has state of its own (elf_version, elf_errno) and is not thread-safe as distributions
 *     build it; libcompote has no globals.
 *   - Little would be left to it: what counts in a cubin are NVIDIA's section types, flags and
 *     records, which libelf knows nothing of.
 *
 * Sources of the facts about cubins:
 *
 *   [LLVM]    LLVM's BinaryFormat/ELF.h: EM_CUDA, the OS ABIs, e_flags
 *   [maxas]   maxas' Cubin.pm: registers and barriers in section headers, .nv.shared, .nv.constant0
 *   [cuasm]   CuAssembler's CuNVInfo.py and user guide: formats and names of .nv.info's records,
 *             and its test data, a cubin for sm_61 by CUDA 11.1, for what is in them
 *   [nvopen]  nvopen-tools' "EIATTR Attribute Catalog": the same by number, up to CUDA 13
 *   [gdb]     cuda-gdb's cuda-tdep.c: STO_CUDA_ENTRY
 *   [ptxas]   what ptxas of CUDA 13.0 writes for sm_75, looked at with readelf
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* [LLVM] ELFOSABI_CUDA; CUDA 13 has another one, with e_flags of another form */
#define OSABI_CUDA    51
#define OSABI_CUDA_13 65
/* [LLVM] EF_CUDA_SM, EF_CUDA_64BIT_ADDRESS */
#define FLAGS_SM    0xff
#define FLAGS_64BIT 0x400

/* [cuasm], [ptxas]: type of .nv.info and .nv.info.NAME */
#define SHT_CUDA_INFO 0x70000000
/* [gdb]: in st_other, a kernel and not just a function */
#define STO_CUDA_ENTRY 0x10
/* [maxas]: in sh_info and sh_flags of .text.NAME */
#define INFO_REGISTERS(info) ((info) >> 24)
#define FLAGS_BARRIERS(flags) ((flags) >> 20 & 0x7f)

/*
 * A record of .nv.info: format, attribute, 16 bits; these are the value, or (SVAL) the number of
 * bytes that follow, with fill up to a multiple of four. [cuasm], [nvopen]
 */
enum { FORMAT_NVAL = 1, FORMAT_BVAL, FORMAT_HVAL, FORMAT_SVAL };
#define RECORD_BYTES 4

/* EIATTR_*, with the format in the lower byte. [cuasm]; NUM_BARRIERS: [nvopen], [ptxas] */
#define ATTRIBUTE(format, number) ((number) << 8 | FORMAT_##format)
enum {
	/* of the symbol in the first word */
	REGCOUNT = ATTRIBUTE(SVAL, 0x2f),
	FRAME_SIZE = ATTRIBUTE(SVAL, 0x11),
	MIN_STACK_SIZE = ATTRIBUTE(SVAL, 0x12),		/* the frame and those of all it calls */
	MAX_STACK_SIZE = ATTRIBUTE(SVAL, 0x23),		/* 0 as a rule; -1: unknown (assumed) */
	/* of the section's kernel */
	PARAM_CBANK = ATTRIBUTE(SVAL, 0x0a),		/* symbol, offset and size in bank 0 */
	KPARAM_INFO = ATTRIBUTE(SVAL, 0x17),		/* index, ordinal, offset, size << 18 */
	CBANK_PARAM_SIZE = ATTRIBUTE(HVAL, 0x19),
	CRS_STACK_SIZE = ATTRIBUTE(SVAL, 0x1e),
	NUM_BARRIERS = ATTRIBUTE(BVAL, 0x4c),
	/* of kernels that cannot be run */
	BINDLESS_TEXTURE_BANK = ATTRIBUTE(BVAL, 0x15),
	BINDLESS_SURFACE_BANK = ATTRIBUTE(BVAL, 0x16),
	NEED_CNP_WRAPPER = ATTRIBUTE(NVAL, 0x1f),
	NEED_CNP_PATCH = ATTRIBUTE(NVAL, 0x20),
};

/* sections and records that a kernel has at most one of */
enum { SEEN_INFO = 1, SEEN_SHARED = 2, SEEN_PARAMS = 4, SEEN_PARAM_SIZE = 8, SEEN_BANK_0 = 16 };

#define BUNDLE_BYTES 32

struct cubin {
	const uint8_t *bytes;
	size_t size;
	Elf64_Ehdr header;
	Elf64_Shdr names, symbols, strings;	/* .shstrtab, .symtab, .strtab */
	uint32_t symbol_count;
	size_t copied;				/* bytes of sections that the program has */
	bool *loaded;				/* by section: is it code or constants? */
	struct program_kernel **by_symbol;
	struct compote_program *program;
};

static bool is_inside(const struct cubin *c, uint64_t offset, uint64_t size)
{
	return offset <= c->size && size <= c->size - offset;
}

/* index must be below e_shnum, and the table inside the file */
static Elf64_Shdr section(const struct cubin *c, uint32_t index)
{
	Elf64_Shdr s;

	memcpy(&s, c->bytes + c->header.e_shoff + (uint64_t)index * sizeof(s), sizeof(s));
	return s;
}

/* index must be below symbol_count */
static Elf64_Sym symbol(const struct cubin *c, uint32_t index)
{
	Elf64_Sym s;

	memcpy(&s, c->bytes + c->symbols.sh_offset + (uint64_t)index * sizeof(s), sizeof(s));
	return s;
}

/* the string at this offset of a string table, or NULL */
static const char *string(const struct cubin *c, const Elf64_Shdr *table, uint64_t offset)
{
	const char *s;

	if (offset >= table->sh_size)
		return NULL;
	s = (const char *)c->bytes + table->sh_offset + offset;
	return memchr(s, 0, table->sh_size - offset) ? s : NULL;
}

static int read_header(struct cubin *c)
{
	Elf64_Ehdr *h = &c->header;

	if (c->size < sizeof(*h))
		return -EINVAL;
	memcpy(h, c->bytes, sizeof(*h));
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_ident[EI_VERSION] != EV_CURRENT ||
	    h->e_machine != EM_CUDA || h->e_ehsize != sizeof(*h))
		return -EINVAL;
	if (h->e_ident[EI_OSABI] == OSABI_CUDA_13)
		return -ENOTSUP;
	if (h->e_ident[EI_OSABI] != OSABI_CUDA)
		return -EINVAL;
	if ((h->e_flags & FLAGS_SM) != 60 && (h->e_flags & FLAGS_SM) != 61)
		return -ENOTSUP;
	if (!(h->e_flags & FLAGS_64BIT) || h->e_type == ET_REL)
		return -ENOTSUP;
	if (h->e_type != ET_EXEC)
		return -EINVAL;
	/* more sections than fit these fields: ptxas would need ten thousand kernels for that */
	if (h->e_shoff && (!h->e_shnum || h->e_shstrndx == SHN_XINDEX))
		return -ENOTSUP;
	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shstrndx >= h->e_shnum ||
	    !is_inside(c, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)))
		return -EINVAL;
	return 0;
}

static bool has_bytes(const Elf64_Shdr *s)
{
	return s->sh_type != SHT_NULL && s->sh_type != SHT_NOBITS;
}

static int read_symbol_table(struct cubin *c, const Elf64_Shdr *s)
{
	if (c->symbols.sh_type || s->sh_entsize != sizeof(Elf64_Sym) ||
	    s->sh_size % sizeof(Elf64_Sym) || s->sh_size / sizeof(Elf64_Sym) > UINT32_MAX ||
	    s->sh_link >= c->header.e_shnum)
		return -EINVAL;
	c->symbols = *s;
	c->symbol_count = s->sh_size / sizeof(Elf64_Sym);
	c->strings = section(c, s->sh_link);
	return c->strings.sh_type == SHT_STRTAB ? 0 : -EINVAL;
}

/* after this, each section that has bytes is in the file, and each has a name */
static int read_sections(struct cubin *c)
{
	Elf64_Shdr s;
	int ret;

	c->names = section(c, c->header.e_shstrndx);
	if (c->names.sh_type != SHT_STRTAB ||
	    !is_inside(c, c->names.sh_offset, c->names.sh_size))
		return -EINVAL;
	for (uint32_t i = 0; i < c->header.e_shnum; i++) {
		s = section(c, i);
		if ((has_bytes(&s) && !is_inside(c, s.sh_offset, s.sh_size)) ||
		    !string(c, &c->names, s.sh_name))
			return -EINVAL;
	}
	for (uint32_t i = 0; i < c->header.e_shnum; i++) {
		s = section(c, i);
		ret = s.sh_type == SHT_SYMTAB ? read_symbol_table(c, &s) : 0;
		if (ret)
			return ret;
	}
	return c->symbols.sh_type ? 0 : -EINVAL;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* a kernel's symbol; its code must be in .text.NAME, as the other sections go by the name */
static int read_kernel(struct cubin *c, uint32_t index, const Elf64_Sym *sym)
{
	const char *name = string(c, &c->strings, sym->st_name), *text;
	struct program_kernel *k;
	Elf64_Shdr s;
	int ret;

	if (!name || !*name || sym->st_shndx >= c->header.e_shnum)
		return -EINVAL;
	s = section(c, sym->st_shndx);
	text = string(c, &c->names, s.sh_name);
	if (s.sh_type != SHT_PROGBITS || !(s.sh_flags & SHF_EXECINSTR) ||
	    !has_prefix(text, ".text.") || strcmp(text + strlen(".text."), name))
		return -EINVAL;
	if (!s.sh_size || s.sh_size % BUNDLE_BYTES || sym->st_value % BUNDLE_BYTES ||
	    sym->st_value >= s.sh_size || sym->st_size > s.sh_size - sym->st_value)
		return -EINVAL;
	ret = program_add_kernel(c->program, name, strlen(name), &k);
	if (ret)
		return ret;
	k->symbol = index;
	k->section = sym->st_shndx;
	k->info.code_offset = sym->st_value;
	k->info.registers = INFO_REGISTERS(s.sh_info);
	k->info.barriers = FLAGS_BARRIERS(s.sh_flags);
	return 0;
}

static int read_kernels(struct cubin *c)
{
	struct compote_program *p = c->program;
	int ret;

	for (uint32_t i = 0; i < c->symbol_count; i++) {
		Elf64_Sym sym = symbol(c, i);

		if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || !(sym.st_other & STO_CUDA_ENTRY))
			continue;
		ret = read_kernel(c, i, &sym);
		if (ret)
			return ret;
	}
	if (!p->count || program_sort(p))
		return -EINVAL;
	c->loaded = calloc(c->header.e_shnum, sizeof(*c->loaded));
	c->by_symbol = calloc(c->symbol_count, sizeof(*c->by_symbol));
	if (!c->loaded || !c->by_symbol)
		return -ENOMEM;
	for (unsigned int i = 0; i < p->count; i++) {
		c->loaded[p->kernels[i].section] = true;
		c->by_symbol[p->kernels[i].symbol] = &p->kernels[i];
	}
	return 0;
}

static void raise_to(uint32_t *value, uint32_t least)
{
	if (*value < least)
		*value = least;
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

/* an attribute of a symbol: another word behind its number */
static int read_symbol_attribute(struct cubin *c, unsigned int attribute, const uint8_t *payload,
				 unsigned int size)
{
	struct program_kernel *k;
	uint32_t value;

	if (size != 8 || get32(payload) >= c->symbol_count)
		return -EINVAL;
	k = c->by_symbol[get32(payload)];
	if (!k)
		return 0;	/* of a function; what a kernel calls is in its own numbers */
	value = get32(payload + 4);
	if (attribute == MAX_STACK_SIZE && value == UINT32_MAX)
		return -ENOTSUP;
	raise_to(attribute == REGCOUNT ? &k->info.registers : &k->info.local_bytes, value);
	return 0;
}

static int set_params(struct program_kernel *k, uint32_t seen, uint32_t base, uint32_t bytes)
{
	uint32_t other = seen == SEEN_PARAMS ? SEEN_PARAM_SIZE : SEEN_PARAMS;

	if (k->seen & seen || (k->seen & other && k->info.param_bytes != bytes))
		return -EINVAL;
	k->seen |= seen;
	if (seen == SEEN_PARAMS)
		k->info.param_base = base;
	k->info.param_bytes = bytes;
	return 0;
}

static int read_attribute(struct cubin *c, struct program_kernel *k, unsigned int attribute,
			  unsigned int value, const uint8_t *payload)
{
	switch (attribute) {
	case REGCOUNT:
	case FRAME_SIZE:
	case MIN_STACK_SIZE:
	case MAX_STACK_SIZE:
		return read_symbol_attribute(c, attribute, payload, value);
	case PARAM_CBANK:
		if (!k || value != 8)
			return -EINVAL;
		return set_params(k, SEEN_PARAMS, get16(payload + 4), get16(payload + 6));
	case CBANK_PARAM_SIZE:
		return k ? set_params(k, SEEN_PARAM_SIZE, 0, value) : -EINVAL;
	case CRS_STACK_SIZE:
		if (!k || value != 4)
			return -EINVAL;
		raise_to(&k->info.crs_bytes, get32(payload));
		return 0;
	case NUM_BARRIERS:
		if (!k)
			return -EINVAL;
		raise_to(&k->info.barriers, value & 0xff);
		return 0;
	case BINDLESS_TEXTURE_BANK:
	case BINDLESS_SURFACE_BANK:
	case NEED_CNP_WRAPPER:
	case NEED_CNP_PATCH:
		return -ENOTSUP;
	default:	/* hints, workarounds for the driver, lists of instructions */
		return 0;
	}
}

/* a parameter must be among the kernel's, whose size may come behind it */
static int check_parameter(const struct program_kernel *k, const uint8_t *payload,
			   unsigned int size)
{
	uint32_t offset, bytes;

	if (!k || size != 12)
		return -EINVAL;
	offset = get16(payload + 6);
	bytes = get32(payload + 8) >> 18;
	if (offset > k->info.param_bytes || bytes > k->info.param_bytes - offset)
		return -EINVAL;
	return 0;
}

/* parameters: 0 for all records but those, 1 for those */
static int read_records(struct cubin *c, const Elf64_Shdr *s, struct program_kernel *k,
			bool parameters)
{
	const uint8_t *p = c->bytes + s->sh_offset;
	uint64_t left = s->sh_size, payload;
	int ret;

	while (left) {
		unsigned int attribute, value;

		if (left < RECORD_BYTES || p[0] < FORMAT_NVAL || p[0] > FORMAT_SVAL)
			return -EINVAL;
		attribute = get16(p);
		value = get16(p + 2);
		payload = p[0] == FORMAT_SVAL ? value : 0;
		p += RECORD_BYTES;
		left -= RECORD_BYTES;
		if (payload > left)
			return -EINVAL;
		if (attribute == KPARAM_INFO)
			ret = parameters ? check_parameter(k, p, value) : 0;
		else
			ret = parameters ? 0 : read_attribute(c, k, attribute, value, p);
		if (ret)
			return ret;
		payload = (payload + 3) & ~UINT64_C(3);
		if (payload > left)
			payload = left;
		p += payload;
		left -= payload;
	}
	return 0;
}

static int read_info(struct cubin *c, const Elf64_Shdr *s, struct program_kernel *k)
{
	int ret;

	if (s->sh_type != SHT_CUDA_INFO)
		return -EINVAL;
	ret = read_records(c, s, k, false);
	return ret ? ret : read_records(c, s, k, true);
}

static int read_shared(const Elf64_Shdr *s, struct program_kernel *k)
{
	if (s->sh_type != SHT_NOBITS || s->sh_size > SHARED_MAX)
		return -EINVAL;
	k->info.shared_bytes = s->sh_size;
	return 0;
}

/*
 * Sections of a file in order don't overlap. Where they do, the program could be larger than the
 * file by as much as one likes.
 */
static bool may_copy(struct cubin *c, uint64_t size)
{
	if (size > c->size - c->copied)
		return false;
	c->copied += size;
	return true;
}

/* the kernel that the section is of; NULL with *ret set: none, or it has such a section already */
static struct program_kernel *owner(struct cubin *c, const char *name, uint32_t seen, int *ret)
{
	struct program_kernel *k = program_find_kernel(c->program, name);

	*ret = k && k->seen & seen ? -EINVAL : 0;
	if (!k || *ret)
		return NULL;
	k->seen |= seen;
	return k;
}

static int read_bank(struct cubin *c, uint32_t index, const Elf64_Shdr *s,
		     struct program_bank *bank)
{
	if (s->sh_type != SHT_PROGBITS || s->sh_size > BANK_MAX || !may_copy(c, s->sh_size))
		return -EINVAL;
	c->loaded[index] = true;
	return program_set_bank(bank, c->bytes + s->sh_offset, s->sh_size);
}

/*
 * .nv.constantN.NAME is a kernel's own bank: parameters in 0, in 2 what the compiler puts there;
 * .nv.constantN is all kernels', with __constant__ variables in 3. [cuasm]
 */
static int read_constants(struct cubin *c, uint32_t index, const Elf64_Shdr *s, const char *name)
{
	unsigned int bank = (unsigned char)name[0] - '0';
	struct program_kernel *k;
	int ret;

	if (bank >= COMPOTE_BANKS || (name[1] && name[1] != '.'))
		return s->sh_size ? -ENOTSUP : 0;
	if (!name[1]) {
		if (c->program->banks[bank].bytes)
			return -EINVAL;
		return read_bank(c, index, s, &c->program->banks[bank]);
	}
	k = owner(c, name + 2, SEEN_BANK_0 << bank, &ret);
	if (k)
		return read_bank(c, index, s, &k->banks[bank]);
	/* a function's: nobody says which kernels call it */
	return ret || !bank || !s->sh_size ? ret : -ENOTSUP;
}

static int read_section(struct cubin *c, uint32_t index, const Elf64_Shdr *s, const char *name)
{
	struct program_kernel *k;
	int ret;

	if (!strcmp(name, ".nv.info"))
		return read_info(c, s, NULL);
	if (has_prefix(name, ".nv.info.")) {
		k = owner(c, name + strlen(".nv.info."), SEEN_INFO, &ret);
		return k ? read_info(c, s, k) : ret;
	}
	if (has_prefix(name, ".nv.shared.")) {
		k = owner(c, name + strlen(".nv.shared."), SEEN_SHARED, &ret);
		return k ? read_shared(s, k) : ret;
	}
	if (has_prefix(name, ".nv.constant"))
		return read_constants(c, index, s, name + strlen(".nv.constant"));
	return 0;
}

/* bank 0 has room for the parameters, and is nobody else's; no bank is both */
static int check_banks(const struct compote_program *p, const struct program_kernel *k)
{
	const struct program_bank *parameters = &k->banks[0];

	if (parameters->bytes &&
	    parameters->bytes < (uint64_t)k->info.param_base + k->info.param_bytes)
		return -EINVAL;
	for (unsigned int n = 0; n < COMPOTE_BANKS; n++)
		if (p->banks[n].bytes && (!n || k->banks[n].bytes))
			return -ENOTSUP;
	return 0;
}

static int read_named_sections(struct cubin *c)
{
	const struct compote_program *p = c->program;
	Elf64_Shdr s;
	int ret;

	for (uint32_t i = 0; i < c->header.e_shnum; i++) {
		s = section(c, i);
		ret = read_section(c, i, &s, string(c, &c->names, s.sh_name));
		if (ret)
			return ret;
	}
	for (unsigned int i = 0; i < p->count; i++) {
		ret = check_banks(p, &p->kernels[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* Only those of code and constants count: debuggers' sections have some in each cubin. */
static int check_relocations(const struct cubin *c)
{
	for (uint32_t i = 0; i < c->header.e_shnum; i++) {
		Elf64_Shdr s = section(c, i);

		if (s.sh_type != SHT_REL && s.sh_type != SHT_RELA)
			continue;
		if (s.sh_info >= c->header.e_shnum)
			return -EINVAL;
		if (s.sh_size && c->loaded[s.sh_info])
			return -ENOTSUP;
	}
	return 0;
}

static int copy_code(struct cubin *c)
{
	struct compote_program *p = c->program;
	uint64_t offset;
	int ret;

	for (unsigned int i = 0; i < p->count; i++) {
		struct program_kernel *k = &p->kernels[i];
		Elf64_Shdr s = section(c, k->section);

		if (!may_copy(c, s.sh_size))
			return -EINVAL;
		ret = program_add_code(p, c->bytes + s.sh_offset, s.sh_size, &offset);
		if (ret)
			return ret;
		k->info.code_offset += offset;
	}
	return program_finish(p);
}

static int load(struct cubin *c)
{
	int ret;

	ret = read_header(c);
	if (!ret)
		ret = read_sections(c);
	if (!ret)
		ret = read_kernels(c);
	if (!ret)
		ret = read_named_sections(c);
	if (!ret)
		ret = check_relocations(c);
	return ret ? ret : copy_code(c);
}

COMPOTE_PUBLIC int compote_program_from_cubin(const void *bytes, size_t len,
					      struct compote_program **out)
{
	struct cubin c = { .bytes = bytes, .size = len };
	int ret;

	if (!bytes || !out)
		return -EINVAL;
	c.program = calloc(1, sizeof(*c.program));
	ret = c.program ? load(&c) : -ENOMEM;
	free(c.loaded);
	free(c.by_symbol);
	if (ret) {
		compote_program_free(c.program);
		return ret;
	}
	*out = c.program;
	return 0;
}
