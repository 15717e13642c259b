# Every target sets itself up: a virtual environment in .venv, filled by pip.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-isa test-emulated test-newest sanitize fuzz fuzz-native lint bench docs clean
.PHONY: emulated-avx2 emulated-generic newest
.DEFAULT_GOAL := help

help:
	@echo "make demo           train, save, evaluate and predict on real data"
	@echo "make test           the test suite, with branch coverage"
	@echo "make test-isa       what computes, on this processor's other instruction sets"
	@echo "make test-emulated  the native laws on emulated processors that have less (qemu-user)"
	@echo "make test-newest    what computes, on the newest Python of this machine"
	@echo "make sanitize       the test suite, the native engine under sanitizers"
	@echo "make fuzz           what is read, and what native code is handed, against bytes made up"
	@echo "make lint           ruff, mypy, pyright, import contracts, documented commands"
	@echo "make bench          time trilayer beside its peers"
	@echo "make docs           the API pages, into build/docs"

NATIVE := CMakeLists.txt $(wildcard native/*)

# One stamp for each set of packages; it is renewed when pyproject.toml or the native engine
# changes. pip 25.1 brought --group.
.venv/base: pyproject.toml $(NATIVE)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[all]"
	@touch $@

.venv/group-%: .venv/base
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@

demo: .venv/base
	$(BIN)/trilayer demo --output demo

# What checks the pages of lab and report (tsc, axe) comes from npm, into build/: nothing of it is shipped.
PAGE := src/trilayer/lab/static
CHECKS := $(shell find tests/lab/types -type f)

build/lab/stamp: .venv/group-node $(CHECKS)
	mkdir -p build/lab
	cp -R tests/lab/types/. build/lab
	ln -sfn $(CURDIR)/$(PAGE)/js build/lab/static/js
	ln -sfn $(CURDIR)/src/trilayer/report/static/js build/lab/report
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix build/lab --silent --no-audit --no-fund
	@touch $@

# An install without the native engine is a pure one: good for the demo, but half of the tests are
# about it. The next make tries again.
NO_ENGINE := the tests need the native engine, and it was not built: install a C++ compiler and \
	Python's headers (on Debian: apt-get install g++ python3-dev)

.venv/native: .venv/base
	@$(BIN)/python -c "import trilayer._fused" 2> /dev/null || \
		{ rm .venv/base; echo "$(NO_ENGINE)" >&2; exit 1; }
	@touch $@

# docs/recipes.md is run where its libraries can be had; where not, those tests are skipped by name,
# as are those of docs/migration.md whose peers are not there (pip install --group migration).
.venv/others: .venv/base
	-$(BIN)/python -m pip install --quiet --group recipes
	@touch $@

# The lab's tests drive a browser: one that is there, or else is installed here and now.
test: .venv/native .venv/group-test .venv/others build/lab/stamp
	$(BIN)/python scripts/chromium.py
	$(BIN)/python -m pytest -n auto -rs --cov --cov-report=term $(ARGS)

# What computes, or keeps what was computed: the files that another rounding could turn red.
COMPUTES := tests/engines/test_engines.py tests/solvers tests/sources/test_sources.py \
	tests/derivation/test_golden.py tests/modelfile/test_modelfile_golden.py \
	tests/fit/test_training.py tests/fit/test_starts.py tests/estimators/test_estimator.py \
	tests/select/test_selection.py

# `make test` takes the best instruction set, and tests/engines/fused each of them; here are the others.
ISAS := from trilayer import _fused; print(*_fused.available_isas()[1:])
test-isa: .venv/group-test
	set -e; for isa in $$($(BIN)/python -c '$(ISAS)'); do echo "TRILAYER_ISA=$$isa"; \
		TRILAYER_ISA=$$isa $(BIN)/python -m pytest -q -n auto $(COMPUTES) $(ARGS); done

# One processor with AVX2 and without AVX-512, one without either (NumPy wants SSE4.2); less what
# qemu does not know and would warn of. AVX2 takes it a hundred times as long, so what is large,
# long or about Ctrl-C is left out; and what starts processes, for they would run on the real
# processor. So would xdist's: hence two targets side by side.
HASWELL := Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid
EMULATED = qemu-x86_64 -cpu $(1) $(BIN)/python
SHORT := not (5000 or batches_cut or same_way or stride_has or ctrl_c)
LAWS := tests/engines/fused tests/solvers/test_lbfgs_native.py --ignore=tests/engines/fused/test_fused_process.py \
	--hypothesis-profile=few -q -p no:cacheprovider

test-emulated: .venv/group-test
	@command -v qemu-x86_64 > /dev/null || { echo "make test-emulated needs qemu-x86_64:" \
		"apt-get install qemu-user" >&2; exit 1; }
	$(MAKE) -j2 --output-sync=target emulated-avx2 emulated-generic

emulated-avx2:
	$(call EMULATED,$(HASWELL)) tests/emulated.py avx2 generic
	$(call EMULATED,$(HASWELL)) -m pytest $(LAWS) -k "$(SHORT) and not generic"

emulated-generic:
	$(call EMULATED,Westmere) tests/emulated.py generic
	$(call EMULATED,Westmere) -m pytest $(LAWS) -k "$(SHORT)"

# The newest Python here, in an environment of its own, from what pip has built packages for.
NEWEST := build/newest
NEWEST_PYTHON ?= $(shell $(PYTHON) scripts/newest_python.py)

$(NEWEST)/stamp: .venv/base
	$(NEWEST_PYTHON) -m venv --without-pip --clear $(NEWEST)
	$(BIN)/python -m pip --python $(NEWEST)/bin/python install --quiet --only-binary :all: \
		--editable ".[all]" --group test
	@touch $@

# Where no Python is newer there is nothing to do, and the script has said so.
test-newest:
	$(if $(NEWEST_PYTHON),$(MAKE) newest NEWEST_PYTHON=$(NEWEST_PYTHON))

newest: $(NEWEST)/stamp
	$(NEWEST)/bin/python -c 'import sys, trilayer._fused as f; assert "$(NEWEST)" in f.__file__; print(sys.version)'
	$(NEWEST)/bin/python -m pytest -q -n auto tests/engines/fused $(COMPUTES) $(ARGS)

# The native engine, built with AddressSanitizer and UBSan, in an environment of its own that
# sees the packages of .venv behind it.
SANITIZED := build/sanitized
SITE := import sysconfig; print(sysconfig.get_path("platlib"))
RUNTIMES = $(foreach name,asan ubsan stdc++,$(shell $(CXX) -print-file-name=lib$(name).so))
# Python leaves memory to the system when it ends, so leaks are not looked for; and it asks for
# more than there is, to be told so, where a test lets it.
WATCHED = LD_PRELOAD="$(RUNTIMES)" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
	$(SANITIZED)/bin/python

$(SANITIZED)/stamp: .venv/group-test $(NATIVE)
	$(BIN)/python -m venv --without-pip --clear $(SANITIZED)
	CXX=$(CXX) $(BIN)/python -m pip --python $(SANITIZED)/bin/python install --quiet --no-deps \
		--editable . --config-settings=cmake.define.TRILAYER_SANITIZE=ON \
		--config-settings=cmake.build-type=RelWithDebInfo
	$(BIN)/python -c '$(SITE)' > "$$($(SANITIZED)/bin/python -c '$(SITE)')/behind.pth"
	@touch $@

# What failed to build would be a pure install: the first line refuses that. Left out are tests
# that drive a browser, or start and kill dozens of processes: they find nothing more in C++.
sanitize: $(SANITIZED)/stamp
	$(WATCHED) -c 'import trilayer._fused as f; assert "$(SANITIZED)" in f.__file__'
	$(WATCHED) -m pytest -n auto --ignore=tests/lab/browser --ignore=tests/scale $(ARGS)

# The laws of tests/fuzz against bytes that atheris makes up, for so many seconds each. What is found,
# and the corpus as it grows, is left in build/fuzz.
FUZZED ?= model description arrays checkpoint stages text parquet lab upload
FUZZ_SECONDS ?= 5
FUZZ := build/fuzz
# Chance explores on developers' machines; what gates a change is the same every time.
FUZZ_LIMIT = $(if $(CI),-runs=200 -seed=1,-max_total_time=$(FUZZ_SECONDS))

.PHONY: $(addprefix fuzz-,$(FUZZED))
fuzz: $(addprefix fuzz-,$(FUZZED))

$(addprefix fuzz-,$(FUZZED)): fuzz-%: .venv/native .venv/group-test .venv/group-fuzz
	@mkdir -p $(FUZZ)/$*
	@PYTHONPATH=tests $(BIN)/python -m fuzz.run $* $(FUZZ)/$* \
		-artifact_prefix=$(FUZZ)/found-$*- $(FUZZ_LIMIT) \
		> $(FUZZ)/$*.log 2>&1 || { tail -n 40 $(FUZZ)/$*.log; exit 1; }
	@echo "$*: $$(sed -n 's/^stat::number_of_executed_units: *//p' $(FUZZ)/$*.log) executions"

# What native code is handed: led by coverage where Clang is, else by chance.
CLANG ?= $(firstword $(foreach name,clang++ clang++-19 clang++-16 clang++-14,\
	$(shell command -v $(name))))
FUZZ_CXX := $(or $(CLANG),$(CXX))
WATCHING := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_FLAGS := -std=c++17 -g -O1 -ffp-contract=off -fno-math-errno -fno-trapping-math -Inative \
	$(WATCHING) $(if $(CLANG),-fsanitize=fuzzer-no-link)
FUZZ_OBJECTS := $(addprefix $(FUZZ)/,$(addsuffix .o,dispatch lbfgs pool solvers sums generic avx2 avx512))
FUZZ_OPTIONS = $(if $(CLANG),$(FUZZ)/native-corpus -max_len=4096 -len_control=0 \
	-artifact_prefix=$(FUZZ)/found-native- -max_total_time=$(FUZZ_SECONDS) \
	tests/fuzz/native-corpus,$(FUZZ_SECONDS))

fuzz-native: $(FUZZ)/native
	mkdir -p $(FUZZ)/native-corpus
	$(FUZZ)/native $(FUZZ_OPTIONS)

$(FUZZ)/native: tests/fuzz/native.cpp $(FUZZ_OBJECTS)
	$(FUZZ_CXX) $(FUZZ_FLAGS) $(if $(CLANG),-fsanitize=fuzzer,-DALONE) $^ -o $@ -pthread

$(FUZZ)/avx2.o: ISA := -mavx2 -mfma
$(FUZZ)/avx512.o: ISA := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma -Wno-uninitialized
$(FUZZ)/%.o: native/%.cpp $(NATIVE)
	@mkdir -p $(FUZZ)
	$(FUZZ_CXX) $(FUZZ_FLAGS) -DTRILAYER_X86 -c $< -o $@
$(FUZZ)/generic.o $(FUZZ)/avx2.o $(FUZZ)/avx512.o: $(FUZZ)/%.o: native/kernel.cpp $(NATIVE)
	@mkdir -p $(FUZZ)
	$(FUZZ_CXX) $(FUZZ_FLAGS) $(ISA) -DTRILAYER_ISA=$* -c $< -o $@

lint: .venv/group-lint .venv/group-test build/lab/stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict --config-file= tests/typing/program.py
	$(BIN)/pyright tests/typing/program.py
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_readmes.py
	$(BIN)/python scripts/vendor_lab.py
	PATH="$(CURDIR)/$(BIN):$$PATH" build/lab/node_modules/.bin/tsc -p build/lab

bench: .venv/group-bench
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/peers.py
	$(BIN)/python bench/roofline.py

docs: .venv/group-docs
	$(BIN)/pdoc --docformat numpy --math --output-directory build/docs trilayer

clean:
	rm -rf .venv build dist demo
