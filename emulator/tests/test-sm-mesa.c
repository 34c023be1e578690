// SPDX-License-Identifier: MIT
/*
 * The kernels of samples/ in the machine code that Mesa makes of them, on the SM alone: the same
 * checks against the CPU as the samples make, without a driver or a VM in between. Each runs with
 * all pages present, and with every page of its data missing until it is touched.
 *
 * Block sizes, register counts and the places of arguments in c[0x0] and of the grid's size in
 * c[0x7] are those of Mesa's launches.
 */
#include <unistd.h>

#include "sm-test.h"

#define CBUF0 (TEST_BASE + 0x700000)
#define CBUF7 (TEST_BASE + 0x720000)
#define DATA TEST_BASE
#define DATA_PAGES (0x700000 / 4096)

struct launch {
	const char *code;		/* file in tests/mesa */
	uint32_t registers, barriers, shared;
	uint32_t block[2], grid[2];
};

static char *read_code(const char *name)
{
	char path[512], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.sass", MESA_DIR, name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

/* c[0x7][0x100]: block, grid, 0, dimensions */
static void set_grid(struct board *b, const struct launch *l)
{
	const uint32_t info[8] = { l->block[0], l->block[1], 1, l->grid[0], l->grid[1], 1, 0, 2 };

	memcpy(board_ptr(b, CBUF7 + 0x100), info, sizeof(info));
	b->grid.cbuf[7] = (struct sm_cbuf) { .addr = CBUF7, .size = 0x800, .valid = true };
	b->grid.block_dim[0] = l->block[0];
	b->grid.block_dim[1] = l->block[1];
	b->grid.grid_dim[0] = l->grid[0];
	b->grid.grid_dim[1] = l->grid[1];
	b->grid.registers = l->registers;
	b->grid.barriers = l->barriers;
	b->grid.shared_size = l->shared;
}

/* makes the pages that were faulted on present, as a driver would */
static void serve_faults(struct board *b)
{
	unsigned int known = b->faults < 256 ? b->faults : 256;

	for (unsigned int n = 0; n < known; n++)
		b->missing[(b->fault[n].va - TEST_BASE) / 4096] = 0;
	b->faults = 0;
	sm_gpu_flush(b->gpu, SM_FLUSH_TLB);
	sm_replay(b->gpu);
}

/* returns how many times the GPU stood still until pages were there */
static unsigned int run(struct board *b, const struct launch *l)
{
	char *code = read_code(l->code);
	enum sm_run_status s = SM_BUSY;
	unsigned int stalls = 0;

	set_grid(b, l);
	board_code(b, code);
	free(code);
	sm_gpu_flush(b->gpu, SM_FLUSH_TLB);
	board_launch(b);
	for (int n = 0; n < 100000 && s != SM_IDLE; n++) {
		s = sm_gpu_run(b->gpu, 100000);
		if (s == SM_STALLED) {
			stalls++;
			serve_faults(b);
		}
	}
	assert_int_equal(s, SM_IDLE);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->status, SM_GRID_DONE);
	return stalls;
}

static struct board *new_board(bool missing)
{
	struct board *b = board_new(1, 2);

	memset(b->missing, missing, DATA_PAGES);
	return b;
}

static void arg64(struct board *b, unsigned int offset, uint64_t v)
{
	memcpy(board_ptr(b, CBUF0 + offset), &v, sizeof(v));
}

static void vector_add(bool missing)
{
	static const struct launch l = { "vector-add", 8, 0, 0, { 1024, 1 }, { 16, 1 } };
	struct board *b = new_board(missing);
	/* as malloc places them: 16 bytes into a page, one behind the other */
	uint64_t va[3] = { DATA + 0xac0, DATA + 0x10ad0, DATA + 0x20ae0 };
	int32_t *a = board_ptr(b, va[0]), *c = board_ptr(b, va[1]), *sum = board_ptr(b, va[2]);
	unsigned int stalls;

	for (int n = 0; n < 16384; n++) {
		a[n] = n;
		c[n] = 3 * n + 1;
	}
	for (int n = 0; n < 3; n++)
		arg64(b, 8 * n, va[n]);
	stalls = run(b, &l);
	assert_true(missing ? stalls > 0 : !stalls);
	for (int n = 0; n < 16384; n++)
		assert_int_equal(sum[n], a[n] + c[n]);
	board_free(b);
}

static void linked_lists(bool missing)
{
	static const struct launch follow = { "list-sum", 9, 0, 0, { 256, 1 }, { 1, 1 } };
	static const struct launch flat = { "array-sum", 12, 0, 0, { 256, 1 }, { 1, 1 } };
	enum { LISTS = 256, NODES = 4096 };
	struct board *b = new_board(missing);
	uint64_t heads = DATA, nodes = DATA + 0x10000, sums = DATA + 0x80000;
	uint64_t values = DATA + 0x90000, start = DATA + 0xa0000;
	uint32_t expected[LISTS], random = 1, used = 0, *p;
	uint64_t *head = board_ptr(b, heads);

	for (int n = 0; n < NODES; n++) {
		uint64_t node = nodes + n * 32;

		random = random * 1664525 + 1013904223;
		memcpy(board_ptr(b, node), &head[random >> 8 & 255], 8);
		p = board_ptr(b, node + 8);
		*p = random >> 16;
		head[random >> 8 & 255] = node;
	}
	for (int i = 0; i < LISTS; i++) {
		memcpy(board_ptr(b, start + 4 * i), &used, 4);
		expected[i] = 0;
		for (uint64_t node = head[i]; node; memcpy(&node, board_ptr(b, node), 8)) {
			p = board_ptr(b, node + 8);
			expected[i] += *p;
			memcpy(board_ptr(b, values + 4 * used++), p, 4);
		}
	}
	memcpy(board_ptr(b, start + 4 * LISTS), &used, 4);

	arg64(b, 0, heads);
	arg64(b, 8, sums);
	run(b, &follow);
	assert_memory_equal(board_ptr(b, sums), expected, sizeof(expected));

	memset(board_ptr(b, sums), 0, sizeof(expected));
	arg64(b, 0, values);
	arg64(b, 8, start);
	arg64(b, 16, sums);
	run(b, &flat);
	assert_memory_equal(board_ptr(b, sums), expected, sizeof(expected));
	board_free(b);
}

static void histogram(bool missing)
{
	static const struct launch l = { "histogram", 9, 0, 0, { 1024, 1 }, { 4, 1 } };
	enum { BYTES = 65536 };
	struct board *b = new_board(missing);
	uint64_t data = DATA, count = DATA + 0x20000;
	uint8_t *bytes = board_ptr(b, data);
	uint32_t expected[256] = { 0 }, random = 1;

	for (int n = 0; n < BYTES; n++) {
		random = random * 1664525 + 1013904223;
		bytes[n] = (random >> 24) & (random >> 16);
		expected[bytes[n]]++;
	}
	arg64(b, 0, data);
	arg64(b, 8, BYTES);
	arg64(b, 16, count);
	/* what get_global_size() reads */
	arg64(b, 32, 4096);
	arg64(b, 40, 1);
	arg64(b, 48, 1);
	run(b, &l);
	assert_memory_equal(board_ptr(b, count), expected, sizeof(expected));
	board_free(b);
}

static void heat(bool missing)
{
	static const struct launch l = { "heat", 16, 0, 0, { 128, 8 }, { 1, 16 } };
	enum { N = 128, STEPS = 8 };
	static float plane[2][N * N];
	struct board *b = new_board(missing);
	uint64_t va[2] = { DATA + 0xb30, DATA + 0x20b40 };
	float *start = board_ptr(b, va[0]);

	for (int n = 0; n < N * N; n++)
		plane[0][n] = start[n] = n % 37 == 0 ? 100 : 20 + n % 7;
	arg64(b, 16, N);
	for (int s = 0; s < STEPS; s++) {
		const float *from = plane[s & 1];
		float *to = plane[!(s & 1)];

		arg64(b, 0, va[s & 1]);
		arg64(b, 8, va[!(s & 1)]);
		run(b, &l);
		for (int n = 0; n < N * N; n++) {
			int x = n % N, y = n / N;

			to[n] = from[n];
			if (from[n] < 100 && x && y && x < N - 1 && y < N - 1)
				to[n] += 0.2f * ((from[n - 1] + from[n + 1]) +
						 (from[n - N] + from[n + N]) - 4.0f * from[n]);
		}
		assert_memory_equal(board_ptr(b, va[!(s & 1)]), to, sizeof(plane[0]));
	}
	board_free(b);
}

static void matmul(bool missing)
{
	static const struct launch l = { "matmul", 18, 1, 0x800, { 16, 16 }, { 4, 4 } };
	enum { N = 64 };
	struct board *b = new_board(missing);
	uint64_t va[3] = { DATA + 0x920, DATA + 0x10930, DATA + 0x20940 };
	float *a = board_ptr(b, va[0]), *c = board_ptr(b, va[1]), *product = board_ptr(b, va[2]);

	for (int n = 0; n < N * N; n++) {
		a[n] = n * 7 % 17 - 8;
		c[n] = n * 5 % 13 - 6;
	}
	for (int n = 0; n < 3; n++)
		arg64(b, 8 * n, va[n]);
	arg64(b, 24, N);
	run(b, &l);
	for (int y = 0; y < N; y++) {
		for (int x = 0; x < N; x++) {
			float sum = 0;

			for (int k = 0; k < N; k++)
				sum += a[y * N + k] * c[k * N + x];
			assert_true(product[y * N + x] == sum);
		}
	}
	board_free(b);
}

static void scale(bool missing)
{
	static const struct launch l = { "scale", 8, 0, 0, { 1024, 1 }, { 4, 1 } };
	struct board *b = new_board(missing);
	uint32_t *data = board_ptr(b, DATA);

	for (uint32_t n = 0; n < 4096; n++)
		data[n] = n * 0x10001;
	arg64(b, 0, DATA);
	arg64(b, 8, 3);
	run(b, &l);
	for (uint32_t n = 0; n < 4096; n++)
		assert_int_equal(data[n], n * 0x10001 * 3 + 1);
	board_free(b);
}

#define BOTH(kernel) \
	static void test_##kernel(void **state) { kernel(false); } \
	static void test_##kernel##_faulting(void **state) { kernel(true); }

BOTH(vector_add)
BOTH(linked_lists)
BOTH(histogram)
BOTH(heat)
BOTH(matmul)
BOTH(scale)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector_add),
		cmocka_unit_test(test_vector_add_faulting),
		cmocka_unit_test(test_linked_lists),
		cmocka_unit_test(test_linked_lists_faulting),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_histogram_faulting),
		cmocka_unit_test(test_heat),
		cmocka_unit_test(test_heat_faulting),
		cmocka_unit_test(test_matmul),
		cmocka_unit_test(test_matmul_faulting),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_scale_faulting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
