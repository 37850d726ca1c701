# Everything one does twice; `make help` lists it. It needs Python ≥ 3.11 and nothing else.

PYTHON ?= python3
# Where pip looks for packages beside its own settings, for example PyTorch's CPU index:
#   make test PIP_INDEX="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install test lint types imports unit report torch models slow jax faults format coverage mutation pairs peers font notebooks wheel findings clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s  %s\n", $$1, $$2}' Makefile

install: $(INSTALLED) ## the environment .venv (other targets make it when they need it)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"{sys.executable} is Python {sys.version.split()[0]}, but 3.11 or later is needed: make PYTHON=…")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_INDEX) -c constraints.txt -e '.[test]'
	touch $@

test: lint types imports unit ## lint, types, imports, unit: what must pass before a commit

lint: $(INSTALLED) ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED) ## mypy --strict
	$(BIN)/mypy

imports: $(INSTALLED) ## import-linter: the floors, no circles, torch in one room
	$(BIN)/lint-imports

# As many processes as there are cores. They and those they start share what Python has compiled.
unit: $(INSTALLED) ## pytest, with all doctests and pages
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n auto --dist worksteal

slow: $(INSTALLED) ## AlexNet and ResNet-18 at full size: minutes and some gigabytes
	$(BIN)/python -m pytest -q -m slow tests/parity/judges/test_alexnet.py tests/parity/judges/test_resnet_in_full.py

jax: $(INSTALLED) ## candidates in JAX: 400 MB to install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_INDEX) -c constraints.txt -e '.[jax]'
	$(BIN)/python -m pytest -q -n auto tests/parity/candidates/test_jax.py tests/parity/candidates/test_torch_and_jax.py

# Processes killed, a disk filled, a cluster that loses a worker: the sweep survives. Two tests at
# a time: each starts processes of its own.
faults: $(INSTALLED) ## processes killed, a full disk, a lost worker: the sweep survives
	$(BIN)/python -m pytest -q -m faults -n 2 tests/parity/sweep

# Everything: the comparison with torch and the witnesses, AlexNet included, the verdicts on the
# documents, and the known mistakes.
report: $(INSTALLED) ## the suite with all witnesses, the verdicts on the documents, the known mistakes
	$(BIN)/parity run --full
	$(BIN)/parity audit
	$(BIN)/parity mistakes
	$(BIN)/parity page

# Where torch loses digits, by its versions: an environment of its own for each in .torch, outside
# .venv, a run in each, what differs between them, and the page made of the runs.
TORCHES := 2.13.0 2.14.1
TORCH_RUNS := $(TORCHES:%=.torch/%/report/run.json)

torch: $(INSTALLED) ## docs/torch.md, from a run with each of two versions of torch
	rm -f $(TORCH_RUNS)
	$(MAKE) $(TORCH_RUNS)
	$(BIN)/parity diff $(TORCHES:%=.torch/%/report) || test $$? = 1
	$(BIN)/python -c 'import sys; from parity.report.torch_page import write; write(*sys.argv[1:])' docs/torch.md $(TORCHES:%=.torch/%/report)

.torch/%/report/run.json: .torch/%/.installed
	.torch/$*/bin/parity run --out $(@D)

.torch/%/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .torch/$*
	grep -v '^torch==' constraints.txt > .torch/$*/constraints.txt
	.torch/$*/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_INDEX) -c .torch/$*/constraints.txt -e '.[torch]' 'torch==$*'
	touch $@

.PRECIOUS: .torch/%/.installed

# CNNs of another package under watch, in a folder of its own; what comes out is kept in docs/models.
models: $(INSTALLED) ## docs/models/, what `parity watch` says of seven CNNs: a quarter of an hour
	test -d .models/pytorchcv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target .models pytorchcv==0.0.74
	$(BIN)/python tests/models/watching_models.py

# Other libraries for `parity peers`, each in an environment of its own in .peers. What is there
# stays; for example: make peers PEERS="jax mlx"
peers: $(INSTALLED) ## the libraries of parity peers: minutes and gigabytes, which it says first
	PIP_INDEX='$(PIP_INDEX)' $(BIN)/python -m parity.peers.installing $(PEERS)

format: $(INSTALLED) ## ruff mends style and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Line and branch coverage: refimpl must be complete, parity above 95 %.
coverage: $(INSTALLED) ## lines and branches: all of refimpl, 95 % of parity
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -q -n auto --cov --cov-report=
	$(BIN)/coverage report --include='refimpl/*' --fail-under=100
	$(BIN)/coverage report --include='parity/*' --fail-under=95

# Changes of refimpl's source that nothing refuses, but for those of tests/mutation/equivalents.toml.
# For example: make mutation MUTATION="--module windows --jobs 4"
mutation: $(INSTALLED) ## changes of refimpl's source that nothing refuses: a quarter of an hour
	$(BIN)/python tests/mutation/run.py $(MUTATION)

pairs: $(INSTALLED) ## the generated cases anew, once a factor or a level has changed
	$(BIN)/python -c 'from parity.cases.covering import every, table; table.STORED.write_text(every.rows_as_json())'

font: $(INSTALLED) ## the font of the page's formulas, from Debian's package of the whole one
	$(BIN)/python tests/font/make.py

notebooks: $(INSTALLED) ## the notebooks of examples/ executed and stored anew
	$(BIN)/python tests/notebooks/executing.py

# A wheel, installed and run in three empty environments outside this folder: bare, with the extra
# parity, with the extra torch.
wheel: $(INSTALLED) ## a wheel, run in three empty environments
	sh tests/wheel.sh "$(PYTHON)" "$(PIP_INDEX)"

# What other libraries do that one would not guess; needs the internet, see findings/README.md.
findings: ## what other libraries do that one would not guess: needs the internet
	@changed=; failed=; for script in findings/*.sh; do \
		echo "== $$script"; status=0; \
		PYTHON='$(PYTHON)' PIP_INDEX='$(PIP_INDEX)' bash "$$script" || status=$$?; \
		case $$status in \
			0) ;; \
			1) changed="$$changed $$script" ;; \
			*) failed="$$failed $$script" ;; \
		esac; \
	done; \
	test -z "$$changed" || echo "changed:$$changed"; \
	test -z "$$failed" || echo "not run:$$failed"; \
	test -z "$$changed$$failed" && echo "nothing changed"

clean: ## removes what the others made, but for reports
	rm -rf $(VENV) .torch .models .peers build *.egg-info .mutation .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
