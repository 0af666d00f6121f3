# One way to set up, run, test and check. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
LOCKS := requirements/build.txt requirements/dev.txt
EDGE_SERVE ?= ../shared/edge/serve
WORKER_STAMP := python_modules/.installed
PROCESSES ?= 4
FUZZ_SECONDS ?= 120
# What a soak run does more of than the suite: tests/soak.py says how much.
LONG = tests/integration/processes $(shell grep -rlE "soak\.|import pairwise|FUZZ_SECONDS" tests --include="test_*.py" --exclude-dir=processes \
  --exclude-dir=node_modules)
NODE_STAMP := tests/node/node_modules/.package-lock.json
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-config \
  --custom-compile-command "make lock"
ON_POSTGRES := tests/unit/jobs tests/unit/shops tests/unit/quotas tests/unit/generation tests/unit/personalization \
  tests/unit/privacy/test_owned_tables.py tests/lifecycle tests/integration/test_webhooks.py tests/integration/personalization
UV_LOCK_WORKER := $(filter-out --universal --python-version 3.11,$(UV_LOCK)) --python-version 3.14 \
  --python-platform wasm32-pyodide2024 --constraints requirements/run.txt
# Dependencies of the worker's packages that the worker never imports: Google sign-in and other HTTP clients.
NOT_ON_WORKER := cffi charset-normalizer cryptography distro h11 httpcore httpx2 httpx2-jsfetch pyasn1 pyasn1-modules pycparser \
  requests sniffio urllib3
# The same version as in template.yaml.
LAMBDA_PYTHON := 3.13
PIP_FLAGS := --quiet --require-hashes --only-binary=:all:
# No compiler is needed: only pyvips is installed from source, and it is plain Python.
FROM_SOURCE := --no-binary=pyvips --no-build-isolation

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-postgres soak check format bench scale worker lambda lambda-image schema lock browser node clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## create the environment in .venv; again when a lock file changes

$(STAMP): $(LOCKS) pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages into .venv (once, a minute or two)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/build.txt
	@$(BIN)/python -m pip install $(PIP_FLAGS) $(FROM_SOURCE) -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

# Debian packages venv's pip separately: use the system's pip if there is one.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Artify needs Python 3.11 or newer: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 \
	  || { $(PYTHON) -m venv --clear --without-pip .venv \
	       && $(PYTHON) -m pip --python $(BIN)/python install $(PIP_FLAGS) -r requirements/build.txt; } \
	  || { rm -rf .venv; echo "Python's venv is incomplete. Run: apt-get install python3-venv"; exit 1; }

demo: setup ## serve the app and the simulated shop; PORT and DEVSTORE_PORT move them
	@$(BIN)/python -m handlers.demo

test: setup browser node $(if $(wildcard $(EDGE_SERVE)),$(WORKER_STAMP)) ## run every test this machine can run, in PROCESSES=4; REQUIRE_ALL=1 makes a skipped one a failure
	@$(BIN)/python -m pytest --numprocesses=$(PROCESSES)

test-postgres: setup ## run the tests that use the database most on PostgreSQL instead of SQLite
	@TEST_DATABASE=postgres $(BIN)/python -m pytest $(ON_POSTGRES)

soak: setup ## run at full size what `make test` runs a sample of: crashes, floods, damaged photos, prints; about an hour
	@SOAK=1 FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest $(LONG)

check: setup ## check formatting, lint, types and import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code and fix lint errors
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## run the benchmarks, each beside a comparable program
	@$(BIN)/python -m bench

scale: setup ## measure every use case on 1 %, 10 % and 100 % of a million designs; SCALE=0.01,0.1 DATABASES=sqlite for a part
	@$(BIN)/python -m bench.scale

# Without a browser, the tests are skipped with a message; a failed download must not stop the others.
browser: setup
	@$(BIN)/python -m tests.browser.chromium >/dev/null 2>&1 || $(MAKE) --no-print-directory install-browser

.PHONY: install-browser
install-browser:
	@echo "Installing Chromium for the browser tests"
	@{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	   && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null \
	   && $(BIN)/python -m tests.browser.chromium >/dev/null; } \
	 || $(BIN)/playwright install chromium || echo "Chromium could not be installed"

node: $(if $(and $(shell command -v npm 2>/dev/null),$(wildcard tests/node/package-lock.json)),$(NODE_STAMP))

$(NODE_STAMP): tests/node/package-lock.json
	@echo "Installing the Node packages that the tests compare with"
	@npm ci --prefix tests/node --no-audit --no-fund --loglevel=error && touch $@ || echo "npm could not install the packages"

worker: $(WORKER_STAMP) stage ## build the Cloudflare worker and print its size
	@tar -cf - python_modules -C build/worker . | gzip -9 | wc -c \
	  | awk '{printf "The worker: %.1f MB compressed\n", $$1 / 1000000}'

# Parts of packages that the worker never imports.
PRUNED := $(addprefix sqlalchemy/,ext orm testing dialects/mssql dialects/mysql dialects/oracle) \
  $(addprefix websockets/,legacy sync trio) \
  $(addprefix google/genai/,tests _gaos _interactions) \
  $(addprefix google/auth/,compute_engine crypt transport/_aiohttp_requests.py transport/grpc.py) google/oauth2

# Wheels for Pyodide, mostly pure Python. markupsafe has none; its Python part is enough.
$(WORKER_STAMP): requirements/worker.txt | $(STAMP)
	@rm -rf python_modules
	@$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps --target python_modules --implementation cp \
	  --platform pyemscripten_2026_0_wasm32 --python-version 3.14 -r requirements/worker.txt
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --no-binary=:all: --no-build-isolation --target python_modules \
	  -r requirements/worker-source.txt
	@rm -rf python_modules/bin $(addprefix python_modules/,$(PRUNED))
	@find python_modules -name __pycache__ -prune -exec rm -rf {} +
	@find python_modules \( -name '*.c' -o -name '*.pyi' -o -name '*-linux-gnu.so' -o -name RECORD \) -delete
	@touch $@

# wrangler uploads every .py file under one folder, so the worker's code gets its own folder.
.PHONY: stage
stage:
	@rm -rf build/worker && mkdir -p build/worker
	@cp -r app handlers build/worker/
	@rm -rf build/worker/handlers/cli build/worker/handlers/demo
	@find build/worker -name __pycache__ -prune -exec rm -rf {} +

schema: setup ## compare the committed subset of the Admin API with Shopify's package (needs Node)
	@command -v npm >/dev/null || { echo "make schema needs Node and npm"; exit 1; }
	@rm -rf var/dev-mcp && mkdir -p var/dev-mcp
	@cd var/dev-mcp && tar -xzf "$$(npm pack --silent @shopify/dev-mcp)"
	@$(BIN)/python -m tests.admin_schema var/dev-mcp/package --compare

lock: setup ## update requirements/*.txt with the names, versions and hashes of PyPI's files
	@$(BIN)/python -m pip install --quiet uv
	$(UV_LOCK) requirements/build.in -o requirements/build.txt
	$(UV_LOCK) pyproject.toml -o requirements/run.txt
	$(UV_LOCK) --extra postgres pyproject.toml -o requirements/web.txt
	$(UV_LOCK) --extra aws --extra heif --extra postgres --extra print pyproject.toml -o requirements/jobs.txt
	$(UV_LOCK) --extra heif --extra local-ai --extra postgres --extra print --extra server pyproject.toml \
	  --constraints requirements/dev.txt -o requirements/server.txt
	$(UV_LOCK_WORKER) $(addprefix --no-emit-package ,markupsafe $(NOT_ON_WORKER)) requirements/worker.in -o requirements/worker.txt
	$(UV_LOCK_WORKER) requirements/worker-source.in -o requirements/worker-source.txt
	$(UV_LOCK) --all-extras pyproject.toml requirements/build.in -o requirements/dev.txt

# `sam build` calls these by the functions' names in template.yaml: they copy the code and install packages for Lambda.
.PHONY: build-WebFunction build-SweepFunction
build-WebFunction build-SweepFunction:
	$(PYTHON) -m pip install $(PIP_FLAGS) --no-compile --target "$(ARTIFACTS_DIR)" --python-version $(LAMBDA_PYTHON) \
	  --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 -r requirements/web.txt
	cp -R app handlers "$(ARTIFACTS_DIR)"
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -rf {} +
	@$(MAKE) --no-print-directory lambda-bytecode

# A function's folder is read-only, so code that is not compiled here is compiled at every cold start.
.PHONY: lambda-bytecode
lambda-bytecode:
	@for python in python$(LAMBDA_PYTHON) $(PYTHON); do \
	  $$python -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(LAMBDA_PYTHON)")' 2>/dev/null || continue; \
	  exec $$python -m compileall -q --invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" -p /var/task "$(ARTIFACTS_DIR)"; \
	done; echo "Python $(LAMBDA_PYTHON) was not found: without its bytecode, cold starts take longer"

lambda: setup ## build the package of the Lambda functions for HTTP and the sweep, and print its size
	@rm -rf build/lambda && mkdir -p build/lambda
	@$(MAKE) --no-print-directory --silent build-WebFunction ARTIFACTS_DIR=build/lambda PYTHON=$(BIN)/python
	@du -sm build/lambda | awk '{printf "The function: %s MB, of 250 MB that Lambda allows\n", $$1}'

lambda-image: ## build the image of the Lambda function that runs jobs (needs Docker)
	docker build --platform linux/amd64 --file Dockerfile.lambda --tag artify-jobs .

clean: ## remove everything that these commands created
	rm -rf .venv var build python_modules .wrangler tests/node/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
