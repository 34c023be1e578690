// SPDX-License-Identifier: MIT
/*
 * An OpenCL program that says with libcompote where its malloc'd memory shall be.
 *
 * Memory belongs to the process, not to the file of the device that somebody opened: libcompote
 * opens one of its own, and what it moves is moved for the kernels of OpenCL too. As OpenCL allows
 * clEnqueueSVMMigrateMem for memory of clSVMAlloc only, this is the way for all other memory.
 */
#include "sample.h"

#include <compote.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const char source[] =
#include "migrate/scale.cl.inc"
;

enum { PAGE = 4096 };

struct place {
	struct compote_device *device;
	struct compote_space *space;
};

static void check(int err, const char *call)
{
	if (err)
		sample_fail(SAMPLE_CALL, "%s: %s (%d)", call, compote_strerror(err), err);
}

static void open_place(struct place *p)
{
	int err = compote_device_open(NULL, &p->device);

	if (err)
		sample_fail(SAMPLE_DEVICE, "no device: %s", compote_strerror(err));
	check(compote_space_create(p->device, 0, &p->space), "compote_space_create");
}

static void close_place(struct place *p)
{
	compote_space_destroy(p->space);
	compote_device_close(p->device);
}

/* Moves all of @data; returns how many pages are there then. */
static size_t move(const struct place *p, void *data, size_t bytes, uint32_t target)
{
	struct compote_moved moved;

	check(compote_migrate(p->space, data, bytes, target, &moved), "compote_migrate");
	return moved.moved + moved.zeroed + moved.already;
}

static size_t count_in_vram(const struct place *p, const void *data, size_t bytes)
{
	size_t pages = bytes / PAGE, found = 0;
	uint8_t *page = sample_malloc(pages);

	check(compote_residency(p->space, data, bytes, page), "compote_residency");
	for (size_t i = 0; i < pages; i++)
		found += (page[i] & COMPOTE_PAGE_WHERE) == COMPOTE_PAGE_VRAM;
	free(page);
	return found;
}

/* After the kernel has run twice. */
static size_t count_wrong(const int *data, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += (unsigned int)data[i] != ((unsigned int)i * 3 + 1) * 3 + 1;
	return wrong;
}

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "migrate-compote",
		.summary = "Moves malloc'd memory to VRAM and back, with libcompote.",
		.size = 65536,
		.size_is = "numbers to move",
		.size_max = 1 << 26,
		.size_step = PAGE / sizeof(int),
		.system_svm = true,
	};
	struct place place;

	sample_open(&s, argc, argv);
	open_place(&place);

	size_t n = s.size, bytes = n * sizeof(int), pages = bytes / PAGE, to_vram, seen, to_ram;
	size_t wrong;
	int *data = aligned_alloc(PAGE, bytes);

	if (!data)
		sample_fail(SAMPLE_USAGE, "out of memory");
	for (size_t i = 0; i < n; i++)
		data[i] = i;

	cl_kernel kernel = sample_kernel(&s, source, "scale");

	sample_start(&s);
	CL(clSetKernelArgSVMPointer(kernel, 0, data));
	CL(clSetKernelArg(kernel, 1, sizeof(cl_int), &(cl_int){ 3 }));

	/* In RAM, where malloc has put it. */
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clFinish(s.queue));

	/* To VRAM, and compute there. It stays unless something else needs the room. */
	to_vram = move(&place, data, bytes, COMPOTE_VRAM);
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clFinish(s.queue));
	seen = count_in_vram(&place, data, bytes);

	/* Back to RAM. */
	to_ram = move(&place, data, bytes, COMPOTE_RAM);
	sample_stop(&s);
	wrong = count_wrong(data, n);

	printf("%s: of %zu pages %zu went to VRAM, %zu were there after the kernel, %zu came "
	       "back\n", s.name, pages, to_vram, seen, to_ram);
	CL(clReleaseKernel(kernel));
	free(data);
	close_place(&place);
	return sample_report(&s, !wrong, "%zu of %zu numbers equal the CPU's, in RAM and in VRAM",
			     n - wrong, n);
}
