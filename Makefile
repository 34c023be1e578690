# SPDX-License-Identifier: MIT
# The ways into the project. `make demo` and `make check` need nothing but a Debian machine.

FUZZ_S ?= 60
BENCH ?= emulator hmm submit defects
DRIVER ?= fork
LIST ?= full
PREFIX ?= /usr/local
BUILD ?= build/libcompote

help:
	@echo 'make demo            set up what is missing, run the samples on the emulated GPU'
	@echo 'make check           set up what is missing, run every test (ONLY=words: those named so)'
	@echo 'make check-debug     the tests of drivers on a kernel with KASAN, lockdep and kmemleak'
	@echo 'make lint            the kernel'"'"'s style checks over the driver'
	@echo 'make shell           a shell in a VM with the emulated GPU and our driver'
	@echo 'make igt             the igt tests (LIST=full, fast, stress, two-gpus; DRIVER=fork, upstream)'
	@echo 'make igt-report      a table of their results (FORM=--html, --junit, --all)'
	@echo 'make igt-coverage    which lines of the driver they run, counted by gcov'
	@echo 'make igt-mutants     whether they see faults: the driver with one at a time (MUTANTS=words)'
	@echo 'make bench           the benchmarks (BENCH=hmm, submit, defects, emulator: only that one)'
	@echo 'make fuzz FUZZ_S=60  each fuzz target for so many seconds'
	@echo 'make install         the library, on this machine (PREFIX=/usr/local DESTDIR=; needs meson, libdrm)'
	@echo 'make setup           only the set-up;  make clean: drop what is not in use any more'
	@echo 'scripts/lab --help   everything else'

demo:
	@scripts/demo

check:
	@scripts/check $(ONLY)

check-debug:
	@LAB_KERNEL=debug LAB_SLOW=$${LAB_SLOW:-4} LAB_LEAKS=1 scripts/check $(or $(ONLY),'[4-9]?-')

lint:
	@scripts/lab lint

shell:
	@scripts/lab shell

igt:
	@scripts/igt --driver $(DRIVER) --list $(LIST)

igt-report:
	@scripts/igt --report $(FORM)

igt-coverage:
	@scripts/igt-coverage

igt-mutants:
	@scripts/igt-mutants $(MUTANTS)

bench:
	@for b in $(BENCH); do scripts/bench/$$b || exit 1; done

fuzz:
	@scripts/fuzz $(FUZZ_S)

install:
	[ -e $(BUILD)/build.ninja ] || meson setup --prefix=$(PREFIX) -Dtests=disabled $(BUILD) libcompote
	ninja -C $(BUILD)
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

setup:
	@scripts/lab setup

clean:
	@scripts/lab clean

.PHONY: help demo check check-debug lint shell igt igt-report igt-coverage igt-mutants bench fuzz install setup clean
