# Everything a person does here. Each target makes first what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
PEOPLE ?= 200

.PHONY: check test unit flink faults faults-long faults-short fuzz upgrades secure demo demo-stop bench bench-authoring bench-backtest bench-calls bench-decisions bench-idle bench-latency bench-moving bench-operators bench-outage bench-profiles bench-recovery bench-reporting bench-scaling bench-tables bench-throughput bench-timers bench-waiting benchmarks setup lock fmt lint types imports docs clean
.DEFAULT_GOAL := check

setup: $(VENV)/.ready ## What every target needs: Java and Maven, Python packages, jars.

$(VENV)/.ready: requirements.lock pyproject.toml connectors/embedded/pom.xml connectors/embedded/jars.sha256
	@sh connectors/embedded/install-toolchain.sh
	@echo "Installing the Python packages of requirements.lock into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c "from connectors.embedded.jars import ensure_jars; ensure_jars(print)"
	@touch $@

faults: setup ## Crowds of calls while workers and services die, at full length: minutes.
	@JOURNEYS_LONG=1 $(BIN)/pytest -q -s -m e2e tests/e2e/test_calls.py --timeout 900

upgrades: setup ## Releases and sizes of a job that runs, a killed JobManager, old savepoints: minutes.
	@JOURNEYS_LONG=1 $(BIN)/pytest -q -m e2e tests/e2e/test_upgrading.py tests/e2e/test_high_availability.py tests/e2e/test_golden_savepoint.py --timeout 900

secure: setup ## Both jobs on a broker that asks who comes and lets nobody do more than they need: minutes.
	@JOURNEYS_LONG=1 $(BIN)/pytest -q -m e2e tests/e2e/test_security.py --timeout 300

faults-short: setup ## What `make test` does of faults-long: a crowd and three faults; SEED and RUNS as there.
	@JOURNEYS_SEED=$(SEED) JOURNEYS_RUNS=$(RUNS) $(BIN)/pytest -q -s -m e2e tests/e2e/test_unharmed.py

faults-long: setup ## Crowds while all that can fail on one machine does; RUNS=10 for more of them, SEED=7 to repeat one.
	@JOURNEYS_LONG=1 JOURNEYS_SEED=$(SEED) JOURNEYS_RUNS=$(RUNS) $(BIN)/pytest -q -s -m e2e tests/e2e/test_unharmed.py --timeout 3600

demo: setup ## The whole path: broker, cluster, job, people, emails and calls. KEEP=1 leaves it running.
	@$(BIN)/python examples/welcome/demo.py --people $(PEOPLE) $(if $(KEEP),--keep)

demo-stop: setup ## Stop what `make demo KEEP=1` left running.
	@$(BIN)/python examples/welcome/demo.py --stop

check: lint types imports unit ## All that needs no JVM; seconds.

test: check flink ## Everything.

unit: setup
	@echo "Tests without a JVM"
	@$(BIN)/pytest -q -n 2 --dist worksteal

flink: setup
	@echo "Tests on a real broker and a real Flink cluster"
	@$(BIN)/pytest -q -n 2 --dist loadfile -m "(flink or e2e) and not alone" --timeout 900 --durations=20
	@$(BIN)/pytest -q -m alone --timeout 900

fuzz: setup ## Faults with fifty times as many cases, chosen anew each time; minutes.
	@$(BIN)/pytest -q tests/faults --hypothesis-profile=long --timeout 1800

lint: setup
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports --verbose > /dev/null || $(BIN)/lint-imports

fmt: setup ## Format and mend what can be mended.
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

docs: setup ## Write the generated pages, pictures and schemas anew.
	@$(BIN)/python -m docs.generate

bench: setup ## Latency from event to email or call, at 100 events a second.
	@$(BIN)/python -m bench.latency

bench-authoring: setup ## How long an author waits, on small and large projects.
	@$(BIN)/python bench/authoring.py

bench-backtest: setup ## A journey over two million recorded events; EVENTS=200000 for fewer, JSON=FILE keeps the numbers.
	@$(BIN)/python -m bench.backtest $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json $(JSON))

bench-calls: setup ## How many calls a second, and how much of each journey's time is ours; PEOPLE=2000 for fewer.
	@$(BIN)/python -m bench.calls $(if $(filter command environment,$(origin PEOPLE)),--people $(PEOPLE)) $(if $(JSON),--json $(JSON))

bench-outage: setup ## What a dead service does to the calls of another.
	@$(BIN)/python -m bench.outage

bench-tables: setup ## What a lookup in a table costs, and what a table costs.
	@$(BIN)/python bench/tables.py

bench-operators: setup ## CPU time of each record in the Python of the operators.
	@$(BIN)/python -m bench.operators

bench-moving: setup ## How long 100,000 people take to move to a new version, and back.
	@$(BIN)/python -m bench.moving

bench-recovery: setup ## How long a job stands still when a worker is killed; JSON=FILE keeps the numbers.
	@$(BIN)/python -m bench.recovery $(if $(JSON),--json $(JSON))

bench-reporting: setup ## 100,000 people, a worker killed: every source counts the same, and a planted loss is told.
	@$(BIN)/python -m bench.reporting --lose $(if $(filter command environment,$(origin PEOPLE)),--people $(PEOPLE))

bench-profiles: setup ## A million profiles out of Parquet; PEOPLE=50000 for fewer, JSON=FILE keeps the numbers.
	@$(BIN)/python -m bench.profiles $(if $(filter command environment,$(origin PEOPLE)),--people $(PEOPLE)) $(if $(JSON),--json $(JSON))

bench-throughput: setup ## Events a second beside Flink SQL where few match, by number of journeys and state; EVENTS=100000 for fewer, which are doubled three times.
	@$(BIN)/python -m bench.grid --matching 1 --doublings 3 --events $(or $(EVENTS),1000000) $(if $(JSON),--json $(JSON))

bench-decisions: setup ## The same where a tenth of them or every one matches; EVENTS=100000 for fewer.
	@$(BIN)/python -m bench.grid --matching 10 100 --journeys 1 500 --backend rocksdb $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json $(JSON))

bench-idle: setup ## What 500 published journeys cost, where events begin one of them; EVENTS=100000 for fewer.
	@$(BIN)/python -m bench.grid --matching 10 100 --journeys 1 500 --entered 1 --backend rocksdb --without-baseline $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json $(JSON))

bench-scaling: setup ## What a second TaskManager gives; EVENTS=100000 for fewer events.
	@$(BIN)/python -m bench.grid --matching 1 100 --journeys 50 --backend rocksdb --parallelism 1 2 $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json $(JSON))

bench-latency: setup ## From event to decision at half of the maximum load; EVENTS=60000 for fewer to find it by.
	@$(BIN)/python -m bench.deciding $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json $(JSON))

bench-timers: setup ## How late 100,000 waits are decided that fall due in one minute; PEOPLE=5000 for fewer.
	@$(BIN)/python -m bench.timers $(if $(filter command environment,$(origin PEOPLE)),--people $(PEOPLE)) $(if $(JSON),--json $(JSON))

bench-waiting: setup ## State, memory, checkpoints and restarts with people who wait, a million at last; PEOPLE=20000 for so many.
	@$(BIN)/python -m bench.waiting $(if $(filter command environment,$(origin PEOPLE)),--people $(PEOPLE)) $(if $(JSON),--json $(JSON))

benchmarks: setup ## All of docs/benchmarks.md, measured anew at full size; hours, on a machine that does nothing else.
	@for one in timers latency calls decisions idle scaling waiting throughput; do $(MAKE) --no-print-directory bench-$$one JSON=docs/benchmarks/$$one.json || exit 1; done
	@$(BIN)/python -m docs.generate

lock: ## Resolve pyproject.toml anew into requirements.lock.
	@$(BIN)/uv pip compile pyproject.toml --group dev --group bench --generate-hashes --no-emit-index-url --python-version 3.11 --quiet --no-header --output-file requirements.lock

clean: ## Remove everything that was made here.
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
