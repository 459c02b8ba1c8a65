# `make demo` and `make test` do all the set-up themselves; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := crawler nlp index service tests tools

.PHONY: help demo train test test-elasticsearch-9 test-cluster test-killing test-alerts lint bench format browser servers lock wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    crawl the sample newsroom, show what was found, serve the desk"
	@echo "make test    every test, in a real browser where one can be had"
	@echo "make test-elasticsearch-9    the index tests on an Elasticsearch 9 (wants a JDK 21 or newer)"
	@echo "make test-cluster            three Elasticsearch nodes, one of which is lost"
	@echo "make test-killing            many processes on PostgreSQL and Elasticsearch, killed for five minutes"
	@echo "make test-alerts             the way from index to mail, killed 200 times at named steps"
	@echo "make train   the shipped model again, from its items (hours on two cores; nlp/training/README.md)"
	@echo "make lint    ruff, mypy strict, import-linter"
	@echo "make bench   speed and memory on this machine (docs/benchmarks.md)"
	@echo "make wheel   the distribution, in dist/"
	@echo "make lock    pin the dependencies anew (UPGRADE=--upgrade: the newest)"
	@echo "make clean   remove what these commands made, but for your data"

demo: $(VENV)/.run
	$(BIN)/rasid demo

test: $(VENV)/.test browser servers
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-elasticsearch-9: $(VENV)/.test
	RASID_TEST_ELASTICSEARCH_VERSION=9.4.3 RASID_TEST_REQUIRE_SERVERS=1 $(BIN)/python -m pytest tests/index -k elasticsearch

test-cluster: $(VENV)/.test
	RASID_TEST_CLUSTER=1 RASID_TEST_REQUIRE_SERVERS=1 $(BIN)/python -m pytest tests/index/elasticsearch/test_cluster.py

test-killing: $(VENV)/.test
	RASID_TEST_MANY=5000,300 RASID_TEST_REQUIRE_SERVERS=1 $(BIN)/python -m pytest tests/end_to_end/test_many.py

test-alerts: $(VENV)/.test
	RASID_TEST_ALERT_FAULTS=200 RASID_TEST_REQUIRE_SERVERS=1 $(BIN)/python -m pytest tests/end_to_end/test_alert_faults.py

lint: $(VENV)/.test
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

train: $(VENV)/.run
	sh tools/train.sh $(PYTHON) $(BIN)

bench: $(VENV)/.test
	$(BIN)/rasid bench

wheel: $(VENV)/.test
	$(BIN)/python -m build --wheel --no-isolation

browser: $(VENV)/.test
	@sh tools/browser.sh $(BIN)

servers: $(VENV)/.test
	@sh tools/servers.sh $(BIN)

# torch stays out: camel-tools asks for it, but nothing that Rasid runs imports it. The locks are complete without it,
# so everything is installed with --no-deps.
$(VENV)/.venv:
	sh tools/environment.sh $(PYTHON) $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.venv requirements.lock pyproject.toml
	@echo "installing the pinned dependencies (about a minute)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: $(VENV)/.run requirements-test.lock
	@echo "installing the pinned tools of the tests"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-test.lock
	touch $@

lock: $(VENV)/.test
	$(BIN)/python -m pip install --quiet uv
	sh tools/lock.sh $(BIN)/uv $(UPGRADE)

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
