// SPDX-License-Identifier: MIT
/*
 * test-pmmu.c - address translation: page sizes, apertures, rights, sparse; that TLBs cache until
 * an invalidate; BAR1 and BAR2.
 */
#include "gpu-test.h"

static int setup(void **state)
{
	struct board *b = board_new();

	tables_init(b);
	inst_init(b, T_INST, T_PD3, 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	board_free(*state);
	return 0;
}

static struct mmu_ctx context(struct board *b)
{
	struct mmu_ctx ctx;

	assert_true(pmmu_ctx_load(b->g, &ctx, APER_VRAM, T_INST));
	return ctx;
}

static enum mmu_result look(struct board *b, uint64_t va, enum mmu_access access,
			    struct mmu_span *span)
{
	struct mmu_ctx ctx = context(b);

	return pmmu_translate(b->g, &ctx, va, access, &test_hub, span);
}

static void assert_vram(struct board *b, uint64_t va, uint64_t phys, uint64_t len)
{
	struct mmu_span s;

	assert_int_equal(look(b, va, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->g->vram + phys);
	assert_int_equal(s.phys, phys);
	assert_int_equal(s.len, len);
	assert_int_equal(s.aper, APER_VRAM);
}

/* The type of the fatal fault that the last access made, which is acknowledged. */
static uint32_t fault_type(struct board *b, unsigned int unit)
{
	uint32_t info = mmio_read(b->g, 0x280c + unit * 16);

	assert_int_equal(mmio_read(b->g, 0x259c), BIT(unit));
	mmio_write(b->g, 0x259c, BIT(unit));
	assert_int_equal(mmio_read(b->g, 0x259c), 0);
	return info & 0x1f;
}

static void assert_faults(struct board *b, uint64_t va, enum mmu_access access, uint32_t type)
{
	struct mmu_span s;

	assert_int_equal(look(b, va, access, &s), MMU_FAULT_FATAL);
	assert_int_equal(mmio_read(b->g, 0x2804 + MMU_ENG_CE0 * 16), va & 0xfffff000);
	assert_int_equal(mmio_read(b->g, 0x2808 + MMU_ENG_CE0 * 16), va >> 32);
	assert_int_equal(fault_type(b, MMU_ENG_CE0), type);
}

static void test_page_sizes(void **state)
{
	struct board *b = *state;

	map4k(b, 0x5000, T_DATA + 0x3000, P_VALID);
	map64k(b, 0x210000, T_DATA + 0x40000, P_VALID);
	map2m(b, 0x400000, T_DATA2, P_VALID);
	assert_vram(b, 0x5010, T_DATA + 0x3010, 0xff0);
	assert_vram(b, 0x21ffff, T_DATA + 0x4ffff, 1);
	assert_vram(b, 0x4abcde, T_DATA2 + 0xabcde, 0x200000 - 0xabcde);
}

static void test_upper_levels(void **state)
{
	struct board *b = *state;
	uint64_t t = 0x600000, va = UINT64_C(0x1) << 47 | UINT64_C(0x1ff) << 38 |
				    UINT64_C(0x155) << 29 | UINT64_C(0xaa) << 21 | 0x77u << 12;

	/* 49 bits: PD3[1], PD2[0x1ff], PD1[0x155], PD0[0xaa] */
	vram64(b, T_PD3 + 8, t >> 4 | D_VRAM);
	vram64(b, t + 0x1ff * 8, (t + 0x1000) >> 4 | D_VRAM);
	vram64(b, t + 0x1000 + 0x155 * 8, (t + 0x2000) >> 4 | D_VRAM);
	vram64(b, t + 0x2000 + 0xaa * 16 + 8, (t + 0x3000) >> 4 | D_VRAM);
	vram64(b, t + 0x3000 + 0x77 * 8, T_DATA >> 4 | P_VALID);
	assert_vram(b, va, T_DATA, 4096);
	assert_faults(b, va + (UINT64_C(1) << 47), MMU_READ, MMU_FAULT_PDE);
}

static void test_tables_in_ram(void **state)
{
	struct board *b = *state;
	uint64_t pte = T_DATA >> 4 | P_VALID;

	/* PD0's small table in the guest's RAM */
	vram64(b, T_PD0 + 8, (RAM_BASE + 0x2000) >> 4 | D_COH | P_VOL);
	memcpy(b->ram + 0x2000 + 9 * 8, &pte, 8);
	assert_vram(b, 0x9000, T_DATA, 4096);
}

static void test_apertures(void **state)
{
	struct board *b = *state;
	struct mmu_span s;

	map4k(b, 0x1000, RAM_BASE + 0x5000, P_VALID | P_COH | P_VOL);
	map4k(b, 0x2000, RAM_BASE + 0x6000, P_VALID | P_NCOH);
	map4k(b, 0x3000, T_DATA, P_VALID | UINT64_C(1) << 1);
	assert_int_equal(look(b, 0x1004, MMU_WRITE, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x5004);
	assert_int_equal(s.aper, APER_SYS_COH);
	assert_true(s.vol);
	assert_int_equal(look(b, 0x2000, MMU_READ, &s), MMU_OK);
	assert_int_equal(s.aper, APER_SYS_NCOH);
	assert_faults(b, 0x3000, MMU_READ, MMU_FAULT_APERTURE);
	/* nothing behind it */
	map4k(b, 0x4000, RAM_BASE + RAM_SIZE, P_VALID | P_COH);
	map4k(b, 0x5000, VRAM_SIZE, P_VALID);
	assert_faults(b, 0x4000, MMU_READ, MMU_FAULT_POISONED);
	assert_faults(b, 0x5000, MMU_READ, MMU_FAULT_REGION);
}

/* A 2 MiB page of guest RAM of which the board may use only a part. */
static void test_partial_ram(void **state)
{
	struct board *b = *state;
	struct mmu_span s;

	map2m(b, 0x600000, RAM_BASE + RAM_SIZE - 0x100000,
	      P_VALID | P_COH); /* rounds down to 2 MiB */
	assert_int_equal(look(b, 0x600000, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + RAM_SIZE - 0x200000);
	map2m(b, 0x800000, RAM_BASE - 0x200000, P_VALID | P_COH);
	assert_faults(b, 0x800000, MMU_READ, MMU_FAULT_POISONED);
}

static void test_rights(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx = context(b);
	struct mmu_client priv = test_hub;
	struct mmu_span s;

	map4k(b, 0x1000, T_DATA, P_VALID | P_RO);
	map4k(b, 0x2000, T_DATA, P_VALID | P_NOATOMIC);
	map4k(b, 0x3000, T_DATA, P_VALID | P_PRIV);
	assert_int_equal(look(b, 0x1000, MMU_READ, &s), MMU_OK);
	assert_false(s.writable);
	assert_faults(b, 0x1000, MMU_WRITE, MMU_FAULT_RO);
	assert_faults(b, 0x1000, MMU_ATOMIC, MMU_FAULT_RO);
	assert_int_equal(look(b, 0x2000, MMU_WRITE, &s), MMU_OK);
	assert_true(s.writable);
	assert_false(s.atomic);
	assert_faults(b, 0x2000, MMU_ATOMIC, MMU_FAULT_ATOMIC);
	assert_faults(b, 0x3000, MMU_READ, MMU_FAULT_PRIV);
	priv.priv = true;
	assert_int_equal(pmmu_translate(b->g, &ctx, 0x3000, MMU_READ, &priv, &s), MMU_OK);
}

static void test_missing(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx = context(b);
	struct mmu_span s;

	map4k(b, 0x1000, T_DATA, P_VALID);
	assert_faults(b, 0x2000, MMU_READ, MMU_FAULT_PTE);
	assert_faults(b, 0x200000, MMU_WRITE, MMU_FAULT_PDE);
	assert_faults(b, UINT64_C(1) << 38, MMU_READ, MMU_FAULT_PDE);
	ctx.limit = 0xffff;
	assert_int_equal(pmmu_translate(b->g, &ctx, 0x10000, MMU_READ, &test_hub, &s),
			 MMU_FAULT_FATAL);
	assert_int_equal(fault_type(b, MMU_ENG_CE0), MMU_FAULT_VA_LIMIT);
	memset(&ctx, 0, sizeof(ctx));
	assert_int_equal(pmmu_translate(b->g, &ctx, 0x1000, MMU_READ, &test_hub, &s),
			 MMU_FAULT_FATAL);
	assert_int_equal(fault_type(b, MMU_ENG_CE0), MMU_FAULT_UNBOUND_INST);
}

/* Both tables hang on one PD0 entry: a valid big page wins, an invalid one lets small pages be. */
static void test_dual(void **state)
{
	struct board *b = *state;

	map64k(b, 0x0, T_DATA + 0x100000, P_VALID);
	map4k(b, 0x1000, T_DATA, P_VALID);
	map4k(b, 0x11000, T_DATA + 0x1000, P_VALID);
	map64k(b, 0x20000, 0, P_PRIV);		/* "no small page PTEs in this range are valid" */
	map4k(b, 0x21000, T_DATA, P_VALID);
	assert_vram(b, 0x1000, T_DATA + 0x101000, 0xf000);
	assert_vram(b, 0x11000, T_DATA + 0x1000, 4096);
	assert_faults(b, 0x21000, MMU_READ, MMU_FAULT_PTE);
}

/* Pages of 64 KiB and 2 MiB, in guest RAM as in VRAM. */
static void test_large_ram(void **state)
{
	struct board *b = *state;
	struct mmu_span s;

	map64k(b, 0x230000, RAM_BASE + 0x50000, P_VALID | P_COH | P_VOL);
	map2m(b, 0x600000, RAM_BASE + 0x400000, P_VALID | P_NCOH | P_RO);
	assert_int_equal(look(b, 0x231234, MMU_WRITE, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x51234);
	assert_int_equal(s.phys, RAM_BASE + 0x51234);
	assert_int_equal(s.len, 0x10000 - 0x1234);
	assert_int_equal(s.aper, APER_SYS_COH);
	assert_true(s.vol);
	assert_int_equal(look(b, 0x7ffff8, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x5ffff8);
	assert_int_equal(s.len, 8);
	assert_int_equal(s.aper, APER_SYS_NCOH);
	assert_false(s.writable);
	assert_faults(b, 0x600000, MMU_WRITE, MMU_FAULT_RO);
}

/*
 * nouveau's gp100_vmm_pgd_pde(), both tables of a PD0 entry there: of a 64 KiB range, an LPTE that is
 * valid counts, one of 0 leaves it to the small pages, one with PRIV and not valid says that there
 * are none, and one with VOL makes it sparse.
 */
static void test_dual_ram(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx = context(b);
	struct mmu_span s;
	uint32_t v = 1;

	map64k(b, 0x400000, RAM_BASE + 0x100000, P_VALID | P_COH);
	map4k(b, 0x411000, RAM_BASE + 0x3000, P_VALID | P_COH);
	map4k(b, 0x421000, RAM_BASE + 0x4000, P_VALID | P_COH);
	map64k(b, 0x420000, 0, P_PRIV);
	map64k(b, 0x430000, 0, P_VOL);
	assert_int_equal(look(b, 0x40f000, MMU_WRITE, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x10f000);
	assert_int_equal(look(b, 0x411000, MMU_WRITE, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x3000);
	assert_int_equal(s.len, 4096);
	assert_faults(b, 0x412000, MMU_READ, MMU_FAULT_PTE);
	assert_faults(b, 0x421000, MMU_READ, MMU_FAULT_PTE);
	assert_int_equal(pmmu_rd32(b->g, &ctx, 0x430000, &v, &test_hub), MMU_OK);
	assert_int_equal(v, 0);
	/* From small pages to a big one and back: an invalidate each time, no other table. */
	map64k(b, 0x410000, RAM_BASE + 0x110000, P_VALID | P_COH);
	assert_int_equal(look(b, 0x411000, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x3000);
	invalidate(b, T_PD3, 1);
	assert_int_equal(look(b, 0x411000, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x111000);
	map64k(b, 0x410000, 0, 0);
	invalidate(b, T_PD3, 1);
	assert_int_equal(look(b, 0x411000, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram + 0x3000);
}

/* A PD0 entry that was two tables becomes a 2 MiB page, and the other way round. */
static void test_2m_switch(void **state)
{
	struct board *b = *state;

	map4k(b, 0x401000, T_DATA, P_VALID);
	assert_vram(b, 0x401000, T_DATA, 4096);
	map2m(b, 0x400000, T_DATA2, P_VALID);
	invalidate(b, T_PD3, 1);
	assert_vram(b, 0x401000, T_DATA2 + 0x1000, 0x200000 - 0x1000);
	map2m(b, 0x400000, 0, 0);
	map4k(b, 0x401000, T_DATA, P_VALID);
	assert_vram(b, 0x401000, T_DATA2 + 0x1000, 0x200000 - 0x1000);
	invalidate(b, T_PD3, 1);
	assert_vram(b, 0x401000, T_DATA, 4096);
}

static void test_sparse(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx = context(b);
	uint32_t v = 0x12345678;

	map4k(b, 0x1000, 0, P_VOL);
	vram64(b, T_PD0 + 3 * 16, P_VOL);
	assert_int_equal(pmmu_wr32(b->g, &ctx, 0x1000, v, &test_hub), MMU_OK);
	assert_int_equal(pmmu_rd32(b->g, &ctx, 0x1000, &v, &test_hub), MMU_OK);
	assert_int_equal(v, 0);
	assert_int_equal(pmmu_wr32(b->g, &ctx, 0x600ffc, 5, &test_hub), MMU_OK);
	assert_int_equal(pmmu_rd32(b->g, &ctx, 0x600ffc, &v, &test_hub), MMU_OK);
	assert_int_equal(v, 0);
}

/* A change of a page table stays unseen until an invalidate. */
static void test_tlb_caches(void **state)
{
	struct board *b = *state;

	map4k(b, 0x1000, T_DATA, P_VALID);
	assert_vram(b, 0x1000, T_DATA, 4096);
	map4k(b, 0x1000, T_DATA + 0x9000, P_VALID);
	assert_vram(b, 0x1000, T_DATA, 4096);
	vram64(b, T_SPT + 8, 0);
	assert_vram(b, 0x1000, T_DATA, 4096);
	invalidate(b, T_PD3, 1);
	assert_faults(b, 0x1000, MMU_READ, MMU_FAULT_PTE);
	/* What was missing is not remembered. */
	map4k(b, 0x1000, T_DATA + 0x9000, P_VALID);
	assert_vram(b, 0x1000, T_DATA + 0x9000, 4096);
}

static void test_pde_caches(void **state)
{
	struct board *b = *state;

	map4k(b, 0x1000, T_DATA, P_VALID);
	map4k(b, 0x2000, T_DATA + 0x1000, P_VALID);
	assert_vram(b, 0x1000, T_DATA, 4096);
	/* Another table: the old one is still used for pages not yet looked at. */
	vram64(b, T_PD0 + 8, (T_SPT + 0x20000) >> 4 | D_VRAM);
	assert_vram(b, 0x2000, T_DATA + 0x1000, 4096);
	invalidate(b, T_PD3, 1 | 1 << 24);	/* pages only */
	assert_vram(b, 0x2000, T_DATA + 0x1000, 4096);
	invalidate(b, T_PD3, 1);
	assert_faults(b, 0x2000, MMU_READ, MMU_FAULT_PTE);
}

static void test_invalidate_pdb(void **state)
{
	struct board *b = *state;

	map4k(b, 0x1000, T_DATA, P_VALID);
	assert_vram(b, 0x1000, T_DATA, 4096);
	map4k(b, 0x1000, T_DATA + 0x1000, P_VALID);
	invalidate(b, T_PD3 + 0x10000, 1);	/* somebody else's */
	assert_vram(b, 0x1000, T_DATA, 4096);
	invalidate(b, 0, 3);			/* everybody's */
	assert_vram(b, 0x1000, T_DATA + 0x1000, 4096);
	assert_int_equal(b->g->stats.tlb_invalidates_all, 1);
	assert_int_equal(b->g->stats.tlb_invalidates_pdb, 1);
}

/* HUB_ONLY leaves the GPCs' translations alone. */
static void test_invalidate_hub(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx = context(b);
	uint64_t generation = pmmu_generation(b->g);
	struct mmu_span s;

	map4k(b, 0x1000, T_DATA, P_VALID);
	assert_vram(b, 0x1000, T_DATA, 4096);
	assert_int_equal(pmmu_translate(b->g, &ctx, 0x1000, MMU_READ, &test_tex, &s), MMU_OK);
	map4k(b, 0x1000, T_DATA + 0x1000, P_VALID);
	invalidate(b, T_PD3, 5);
	assert_vram(b, 0x1000, T_DATA + 0x1000, 4096);
	assert_int_equal(pmmu_translate(b->g, &ctx, 0x1000, MMU_READ, &test_tex, &s), MMU_OK);
	assert_int_equal(s.phys, T_DATA);
	assert_int_equal(pmmu_generation(b->g), generation);
	invalidate(b, T_PD3, 1);
	assert_int_not_equal(pmmu_generation(b->g), generation);
	assert_int_equal(pmmu_translate(b->g, &ctx, 0x1000, MMU_READ, &test_tex, &s), MMU_OK);
	assert_int_equal(s.phys, T_DATA + 0x1000);
}

/* No pointer into the guest's RAM outlives its unmapping, though the TLB still holds the page. */
static void test_dma_unmap(void **state)
{
	struct board *b = *state;
	uint64_t generation = pmmu_generation(b->g);
	struct mmu_span s;

	map4k(b, 0x1000, RAM_BASE, P_VALID | P_COH);
	assert_int_equal(look(b, 0x1000, MMU_READ, &s), MMU_OK);
	b->unmapped = true;
	pmmu_dma_changed(b->g);
	assert_int_not_equal(pmmu_generation(b->g), generation);
	assert_faults(b, 0x1000, MMU_READ, MMU_FAULT_POISONED);
	assert_int_equal(b->g->stats.dma_refused, 1);
	b->unmapped = false;
	pmmu_dma_changed(b->g);
	assert_int_equal(look(b, 0x1000, MMU_READ, &s), MMU_OK);
	assert_ptr_equal(s.host, b->ram);
}

static void test_cross_pages(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx = context(b);
	char text[] = "across the page", back[sizeof(text)];

	map4k(b, 0x1000, T_DATA + 0x5000, P_VALID);
	map4k(b, 0x2000, T_DATA, P_VALID);
	assert_int_equal(pmmu_write(b->g, &ctx, 0x1ffa, text, sizeof(text), &test_hub), MMU_OK);
	assert_memory_equal(b->g->vram + T_DATA + 0x5ffa, text, 6);
	assert_memory_equal(b->g->vram + T_DATA, text + 6, sizeof(text) - 6);
	assert_int_equal(pmmu_read(b->g, &ctx, 0x1ffa, back, sizeof(text), &test_hub), MMU_OK);
	assert_string_equal(back, text);
	assert_int_equal(pmmu_write(b->g, &ctx, 0x2ffa, text, sizeof(text), &test_hub),
			 MMU_FAULT_FATAL);
	assert_memory_equal(b->g->vram + T_DATA + 0xffa, text, 6);
}

static void test_bars(void **state)
{
	struct board *b = *state;
	uint32_t v = 0xcafe0001;

	/* Not bound: video memory as it is. */
	assert_true(pmmu_bar1_access(b->g, T_DATA, &v, 4, true));
	assert_int_equal(get32(b, T_DATA), v);
	bars_init(b);
	assert_true(pmmu_bar1_access(b->g, 0x1234, &v, 4, true));
	assert_int_equal(get32(b, T_USERD + 0x1234), v);
	assert_true(pmmu_bar2_access(b->g, 0x10, &v, 4, true));
	assert_int_equal(get32(b, T_BAR2_MEM + 0x10), v);
	/* A hole: all ones, and the fault of the BAR unit. */
	assert_false(pmmu_bar1_access(b->g, 0x40000, &v, 4, false));
	assert_int_equal(v, 0xffffffff);
	assert_int_equal(fault_type(b, MMU_ENG_BAR1), MMU_FAULT_PTE);
	assert_false(pmmu_bar2_access(b->g, 0x200000, &v, 4, true));
	assert_int_equal(fault_type(b, MMU_ENG_BAR2), MMU_FAULT_PDE);
}

static void test_bad_instance(void **state)
{
	struct board *b = *state;
	struct mmu_ctx ctx;
	uint32_t v;

	assert_false(pmmu_ctx_load(b->g, &ctx, APER_VRAM, VRAM_SIZE - 8));
	assert_false(pmmu_ctx_load(b->g, &ctx, APER_SYS_COH, 0));
	assert_false(pmmu_ctx_load(b->g, &ctx, APER_PEER, 0));
	mmio_write(b->g, 0x1704, 0xbfffffff);
	assert_false(pmmu_bar1_access(b->g, 0, &v, 4, false));
	assert_int_equal(fault_type(b, MMU_ENG_BAR1), MMU_FAULT_UNBOUND_INST);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_page_sizes),
		T(test_upper_levels),
		T(test_tables_in_ram),
		T(test_apertures),
		T(test_partial_ram),
		T(test_rights),
		T(test_missing),
		T(test_dual),
		T(test_large_ram),
		T(test_dual_ram),
		T(test_2m_switch),
		T(test_sparse),
		T(test_tlb_caches),
		T(test_pde_caches),
		T(test_invalidate_pdb),
		T(test_invalidate_hub),
		T(test_dma_unmap),
		T(test_cross_pages),
		T(test_bars),
		T(test_bad_instance),
	};

	return cmocka_run_group_tests_name("pmmu", tests, NULL, NULL);
}
