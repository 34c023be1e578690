// SPDX-License-Identifier: MIT
/*
 * acr.c - ACR at a high level: the write-protected region (WPR) and the images in it.
 *
 * The signed programs themselves are taken as they are and not run; their signatures are looked
 * for, not verified. What they do is in how nouveau prepares for them and what it expects
 * afterwards: nouveau acr/gp102.c (layout of the region, load and unload), acr/gm200.c (WPR
 * registers, the bootloader's descriptor), include/nvfw/acr.h and flcn.h (structures),
 * sec2/gp102.c.
 */
#include <string.h>

#include "acr.h"
#include "pfb.h"
#include "pmmu.h"

/* The codes are ours: nouveau prints them, and knows only success. */
enum acr_error {
	ACR_OK = 0,
	ACR_ERROR_NO_INSTANCE = 1,
	ACR_ERROR_DESC = 2,
	ACR_ERROR_REGION = 3,
	ACR_ERROR_IMAGE = 4,
	ACR_ERROR_NO_FALCON = 5,
	ACR_ERROR_NO_WPR = 6,
};

#define ACR_UNLOADED		0x1d	/* mailbox 0 of a good unload (gp102_acr_unload_fwif) */
#define MAX_LSF			11	/* gp102_acr_wpr_layout */
#define LSF_INVALID		0xffffffff
#define MAX_WPR			(16u << 20)
#define STATUS_VALIDATION_DONE	4
#define STATUS_BOOTSTRAP_READY	6

struct bl_desc {		/* struct flcn_bl_dmem_desc_v1 */
	uint32_t reserved[4], signature[4];
	uint32_t ctx_dma;
	uint64_t code_dma_base;
	uint32_t non_sec_code_off, non_sec_code_size;
	uint32_t sec_code_off, sec_code_size;
	uint32_t code_entry_point;
	uint64_t data_dma_base;
	uint32_t data_size;
} __attribute__((packed));

struct acr_desc {		/* struct flcn_acr_desc_v1 */
	uint8_t reserved_dmem[0x200];
	uint32_t signatures[4];
	uint32_t wpr_region_id, wpr_offset, mmu_memory_range;
	uint32_t no_regions;
	struct {
		uint32_t start_addr, end_addr, region_id;
		uint32_t read_mask, write_mask, client_mask, shadow_mem_start_addr;
	} region[2];
};

struct wpr_header {		/* struct wpr_header_v1 */
	uint32_t falcon_id, lsb_offset, bootstrap_owner, lazy_bootstrap, bin_version, status;
};

struct lsb_header {		/* struct lsb_header_v1 */
	uint8_t prd_keys[2][16], dbg_keys[2][16];
	uint32_t prd_present, dbg_present, falcon_id;
	uint32_t supports_versioning, version, depmap_count;
	uint8_t depmap[88], kdf[16];
	uint32_t ucode_off, ucode_size, data_size;
	uint32_t bl_code_size, bl_imem_off, bl_data_off, bl_data_size;
	uint32_t app_code_off, app_code_size, app_data_off, app_data_size, flags;
};

static const struct mmu_client sec2_client = {
	.engine = MMU_ENG_SEC, .hub = true, .id = MMU_HUB_SEC, .priv = true,
};

/* The descriptor that tells the boot loader where its program and data are, in virtual memory. */
static bool read_data(struct gp104 *g, struct falcon *f, void *buf, uint64_t len)
{
	struct mmu_ctx ctx;
	struct bl_desc bl;

	memcpy(&bl, f->dmem, sizeof(bl));
	if (!(f->inst & BIT(30)) || bl.data_size < len)
		return false;
	if (!pmmu_ctx_load(g, &ctx, (enum aperture)((f->inst >> 28) & 3),
			   (uint64_t)(f->inst & 0x0fffffff) << 12))
		return false;
	return pmmu_read(g, &ctx, bl.data_dma_base, buf, len, &sec2_client) == MMU_OK;
}

static uint32_t check_region(struct gp104 *g, const struct acr_desc *desc)
{
	uint64_t start = (uint64_t)desc->region[0].start_addr << 8;
	uint64_t end = (uint64_t)desc->region[0].end_addr << 8;
	uint64_t shadow = (uint64_t)desc->region[0].shadow_mem_start_addr << 8;
	void *src, *dst;

	if (desc->wpr_region_id != 1 || !desc->no_regions || desc->no_regions > 2)
		return ACR_ERROR_DESC;
	if (end <= start || end - start > MAX_WPR || (start | end) & 0x1ffff)
		return ACR_ERROR_REGION;
	src = mem_ptr(g, APER_VRAM, shadow, end - start, false);
	dst = mem_ptr(g, APER_VRAM, start, end - start, true);
	if (!src || !dst)
		return ACR_ERROR_REGION;
	memmove(dst, src, end - start);
	pfb_set_wpr(g, start, end);
	return ACR_OK;
}

/* [off, off + len) of the WPR, or NULL. */
static uint8_t *wpr_ptr(struct gp104 *g, uint64_t off, uint64_t len)
{
	uint64_t start, end;

	if (!pfb_get_wpr(g, &start, &end) || off > end - start || len > end - start - off)
		return NULL;
	return mem_ptr(g, APER_VRAM, start + off, len, true);
}

static struct wpr_header *wpr_entry(struct gp104 *g, unsigned int i)
{
	struct wpr_header *h = (void *)wpr_ptr(g, i * sizeof(*h), sizeof(*h));

	return h && h->falcon_id != LSF_INVALID ? h : NULL;
}

static const struct lsb_header *lsb(struct gp104 *g, const struct wpr_header *h)
{
	const struct lsb_header *l = (void *)wpr_ptr(g, h->lsb_offset & ~3u, sizeof(*l));

	if (!l || l->falcon_id != h->falcon_id || !(l->prd_present || l->dbg_present))
		return NULL;
	if (!wpr_ptr(g, l->ucode_off, (uint64_t)l->ucode_size + l->data_size) ||
	    !wpr_ptr(g, l->bl_data_off, l->bl_data_size) || l->bl_code_size > l->ucode_size)
		return NULL;
	return l;
}

static struct falcon *lsf_falcon(struct gp104 *g, uint32_t id)
{
	switch (id) {
	case LSF_PMU:
		return falcon_get(g, FALCON_PMU);
	case LSF_FECS:
		return falcon_get(g, FALCON_FECS);
	case LSF_GPCCS:
		return falcon_get(g, FALCON_GPCCS);
	case LSF_NVDEC:
		return falcon_get(g, FALCON_NVDEC);
	case LSF_SEC2:
		return falcon_get(g, FALCON_SEC2);
	default:
		return NULL;
	}
}

/* The image's boot loader at the end of IMEM under its tag, its descriptor at the start of DMEM. */
static uint32_t place(struct gp104 *g, struct falcon *f, const struct lsb_header *l)
{
	uint32_t size = (l->bl_code_size + FALCON_PAGE - 1) / FALCON_PAGE * FALCON_PAGE;
	const uint8_t *code = wpr_ptr(g, l->ucode_off, l->bl_code_size);
	const uint8_t *data = wpr_ptr(g, l->bl_data_off, l->bl_data_size);
	uint32_t i, off;

	if (!size || size > f->imem_size || l->bl_data_size > f->dmem_size || !code || !data)
		return ACR_ERROR_IMAGE;
	off = f->imem_size - size;
	memcpy(f->imem + off, code, l->bl_code_size);
	for (i = 0; i < size / FALCON_PAGE; i++)
		f->page[off / FALCON_PAGE + i] = (struct falcon_page){
			.tag = (uint16_t)(l->bl_imem_off / FALCON_PAGE + i), .valid = true };
	memcpy(f->dmem, data, l->bl_data_size);
	f->bootvec = l->bl_imem_off;
	f->ls_loaded = true;
	return ACR_OK;
}

uint32_t acr_bootstrap(struct gp104 *g, uint32_t lsf_id)
{
	struct falcon *f = lsf_falcon(g, lsf_id);
	const struct lsb_header *l;
	struct wpr_header *h;
	unsigned int i;
	uint32_t ret;

	if (!wpr_ptr(g, 0, 1))
		return ACR_ERROR_NO_WPR;
	for (i = 0; f && i < MAX_LSF && (h = wpr_entry(g, i)); i++) {
		if (h->falcon_id != lsf_id)
			continue;
		l = lsb(g, h);
		if (!l)
			return ACR_ERROR_IMAGE;
		falcon_reset(g, f);
		ret = place(g, f, l);
		if (!ret)
			h->status = STATUS_BOOTSTRAP_READY;
		trace(g, "acr", "bootstrap of %s: %x", f->name, ret);
		return ret;
	}
	return ACR_ERROR_NO_FALCON;
}

/* Every image in the region must be whole. */
static uint32_t validate(struct gp104 *g)
{
	struct wpr_header *h;
	unsigned int i;

	for (i = 0; i < MAX_LSF && (h = wpr_entry(g, i)); i++) {
		if (!lsb(g, h))
			return ACR_ERROR_IMAGE;
		h->status = STATUS_VALIDATION_DONE;
	}
	return i ? ACR_OK : ACR_ERROR_REGION;
}

uint32_t acr_load(struct gp104 *g, struct falcon *f)
{
	struct acr_desc desc;
	uint32_t ret;

	if (!read_data(g, f, &desc, sizeof(desc)))
		return ACR_ERROR_NO_INSTANCE;
	ret = check_region(g, &desc);
	if (!ret)
		ret = validate(g);
	if (!ret)
		ret = acr_bootstrap(g, LSF_SEC2);
	if (ret) {
		pfb_set_wpr(g, 0, 0);
		guest_error(g, "acr", "load failed: %x", ret);
	}
	return ret;
}

uint32_t acr_unload(struct gp104 *g, struct falcon *f)
{
	struct bl_desc bl;

	memcpy(&bl, f->dmem, sizeof(bl));
	if (!(f->inst & BIT(30)) || !bl.sec_code_size)
		return ACR_ERROR_NO_INSTANCE;
	pfb_set_wpr(g, 0, 0);
	return ACR_UNLOADED;
}
