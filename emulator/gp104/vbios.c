// SPDX-License-Identifier: MIT
/*
 * vbios.c - a VBIOS for a headless GP104: PCI ROM header, BIT, and the tables drivers look for.
 *
 * Facts: envytools nvbios/, nouveau nvkm/subdev/bios/ (image.c, pcir.c, bit.c, dcb.c,
 * M0203.c, rammap.c, pmu.c), devinit/gm200.c, fb/ramgp100.c, nouveau_bios.c. Nothing of a real
 * VBIOS is in it.
 */
#include <string.h>

#include "vbios.h"

/* Where things are in the image. */
enum {
	OFF_PCIR = 0x40,
	OFF_NPDE = 0x60,
	OFF_NAME = 0x80,
	OFF_BIT = 0x100,
	OFF_INFO = 0x160,		/* BIT 'i' */
	OFF_INIT = 0x180,		/* BIT 'I' */
	OFF_MEM = 0x1b0,		/* BIT 'M' */
	OFF_PERF = 0x1c0,		/* BIT 'P' */
	OFF_PMU = 0x280,		/* BIT 'p' */
	OFF_DCB = 0x290,
	OFF_M0203 = 0x2c0,
	OFF_RAMMAP = 0x2e0,
	OFF_PMU_TABLE = 0x310,
	OFF_SCRIPT = 0x330,
	OFF_TABLES = 0x380,
	OFF_DEVINIT = 0x400,
};

#define DCB_SIGNATURE	0x4edcbdcb
#define APP_HEADER	0x30
#define APP_BOOT_SIZE	0x100
#define APP_CODE_SIZE	0x100
#define APP_DATA_SIZE	0x40
#define SCRIPT_SIZE	14
#define TABLES_SIZE	16

static void put8(uint8_t *p, unsigned int off, unsigned int val)
{
	p[off] = (uint8_t)val;
}

static void put16(uint8_t *p, unsigned int off, unsigned int val)
{
	put8(p, off, val);
	put8(p, off + 1, val >> 8);
}

static void put32(uint8_t *p, unsigned int off, uint32_t val)
{
	put16(p, off, val & 0xffff);
	put16(p, off + 2, val >> 16);
}

static void build_rom_header(uint8_t *rom)
{
	uint8_t *pcir = rom + OFF_PCIR, *npde = rom + OFF_NPDE;

	put16(rom, 0x00, 0xaa55);
	put8(rom, 0x02, VBIOS_SIZE / 512);
	put8(rom, 0x03, 0xcb);		/* x86 entry: a far return; there is nothing to initialise */
	put16(rom, 0x18, OFF_PCIR);
	put16(rom, 0x36, OFF_DCB);
	memcpy(pcir, "PCIR", 4);
	put16(pcir, 0x04, 0x10de);
	put16(pcir, 0x06, 0x1bb3);
	put16(pcir, 0x0a, 0x18);	/* length */
	put8(pcir, 0x0c, 3);		/* PCI 3.0 */
	put8(pcir, 0x0d, 0x00);
	put8(pcir, 0x0e, 0x02);		/* class 03 02: 3D controller */
	put8(pcir, 0x0f, 0x03);
	put16(pcir, 0x10, VBIOS_SIZE / 512);
	put8(pcir, 0x14, 0x00);		/* code type: x86 */
	put8(pcir, 0x15, 0x80);		/* the last image */
	memcpy(npde, "NPDE", 4);	/* NVIDIA's extension of the former */
	put16(npde, 0x04, 0x0101);
	put16(npde, 0x06, 0x14);
	put16(npde, 0x08, VBIOS_SIZE / 512);
	put8(npde, 0x0a, 0x80);
	memcpy(rom + OFF_NAME, "vfio-user-gp104 VBIOS", 21);
}

static void bit_token(uint8_t *bit, char id, unsigned int version, unsigned int len,
		      unsigned int off)
{
	uint8_t *token = bit + 12 + bit[10] * 6;

	put8(token, 0, (unsigned char)id);
	put8(token, 1, version);
	put16(token, 2, len);
	put16(token, 4, off);
	bit[10]++;
}

static void build_bit(uint8_t *rom)
{
	uint8_t *bit = rom + OFF_BIT;

	memcpy(bit, "\xff\xb8" "BIT", 6);
	put16(bit, 6, 0x0100);		/* version 1.00 */
	put8(bit, 8, 12);		/* size of this header */
	put8(bit, 9, 6);		/* size of a token */
	bit_token(bit, 'i', 2, 0x20, OFF_INFO);
	bit_token(bit, 'I', 1, 0x1c, OFF_INIT);
	bit_token(bit, 'M', 2, 0x09, OFF_MEM);
	bit_token(bit, 'P', 2, 0xa0, OFF_PERF);
	bit_token(bit, 'p', 2, 0x04, OFF_PMU);
}

static void build_bit_tables(uint8_t *rom)
{
	put32(rom, OFF_INFO, 0x86040000);	/* version 86.04.00.00: GP104's are 86.04.x */
	put16(rom, OFF_INIT + 0x14, OFF_TABLES);
	put16(rom, OFF_INIT + 0x16, TABLES_SIZE);
	put16(rom, OFF_INIT + 0x18, OFF_SCRIPT);
	put16(rom, OFF_INIT + 0x1a, SCRIPT_SIZE);
	put16(rom, OFF_MEM + 0x03, OFF_M0203);
	put32(rom, OFF_PERF + 0x04, OFF_RAMMAP);
	put32(rom, OFF_PMU, OFF_PMU_TABLE);
}

/* No connector, no output, no GPIO, no I2C. */
static void build_dcb(uint8_t *rom)
{
	uint8_t *dcb = rom + OFF_DCB;

	put8(dcb, 0, 0x41);
	put8(dcb, 1, 0x23);		/* header */
	put8(dcb, 2, 0);		/* entries */
	put8(dcb, 3, 8);		/* size of one */
	put32(dcb, 6, DCB_SIGNATURE);
}

/* One kind of memory: strap 0 is GDDR5. And a map of memory clocks without any entry. */
static void build_memory(uint8_t *rom)
{
	uint8_t *m = rom + OFF_M0203, *map = rom + OFF_RAMMAP;

	put8(m, 0, 0x10);
	put8(m, 1, 7);			/* header */
	put8(m, 2, 2);			/* size of an entry */
	put8(m, 3, 1);			/* entries */
	put8(m, 4, 0x00);		/* chosen by the RAMCFG strap */
	put8(m, 7, 0x0 << 4 | 0x3);	/* strap, GDDR5 */
	put8(map, 0, 0x11);
	put8(map, 1, 0x19);		/* header */
}

/* What devinit does on this board: says that it ran (PTOP.DEVINIT). */
static void build_script(uint8_t *rom)
{
	uint8_t *s = rom + OFF_SCRIPT;

	put8(s, 0, VBIOS_INIT_NV_REG);
	put32(s, 1, 0x02240c);
	put32(s, 5, ~UINT32_C(2));
	put32(s, 9, 2);
	put8(s, 13, VBIOS_INIT_DONE);
}

static void build_devinit(uint8_t *rom)
{
	uint8_t *table = rom + OFF_PMU_TABLE, *app = rom + OFF_DEVINIT;
	uint8_t *code = app + APP_HEADER, *data = code + APP_BOOT_SIZE + APP_CODE_SIZE;

	put8(table, 0, 0x01);
	put8(table, 1, 6);		/* header */
	put8(table, 2, 6);		/* size of an entry */
	put8(table, 3, 1);		/* entries */
	put8(table, 6, VBIOS_APP_DEVINIT);
	put32(table, 8, OFF_DEVINIT);

	put32(app, 0x08, 0);		/* entry point */
	put32(app, 0x0c, VBIOS_DEVINIT_ARGS);
	put32(app, 0x10, 0);		/* IMEM base */
	put32(app, 0x18, 0);
	put32(app, 0x1c, APP_BOOT_SIZE);
	put32(app, 0x20, APP_CODE_SIZE);
	put32(app, 0x24, APP_BOOT_SIZE + APP_CODE_SIZE);
	put32(app, 0x28, 0);		/* DMEM base */
	put32(app, 0x2c, APP_DATA_SIZE);
	memcpy(code, VBIOS_APP_TAG, 8);
	put32(code, 8, VBIOS_APP_DEVINIT);
	put32(data, VBIOS_DEVINIT_ARGS + 0x08, VBIOS_DEVINIT_PTRS);
	put32(data, VBIOS_DEVINIT_PTRS + 0x08, VBIOS_DEVINIT_TABLES);
	put32(data, VBIOS_DEVINIT_PTRS + 0x10, VBIOS_DEVINIT_SCRIPTS);
}

static void set_checksum(uint8_t *p, unsigned int len)
{
	uint8_t sum = 0;
	unsigned int i;

	for (i = 0; i < len - 1; i++)
		sum = (uint8_t)(sum + p[i]);
	p[len - 1] = (uint8_t)-sum;
}

void vbios_build(uint8_t image[VBIOS_SIZE])
{
	memset(image, 0, VBIOS_SIZE);
	build_rom_header(image);
	build_bit(image);
	build_bit_tables(image);
	build_dcb(image);
	build_memory(image);
	build_script(image);
	build_devinit(image);
	set_checksum(image + OFF_BIT, 12);
	set_checksum(image, VBIOS_SIZE);
}
