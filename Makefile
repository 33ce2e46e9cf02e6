# `make` renders every film; `make help` lists the rest. Works with GNU Make 3.81 (macOS) and newer.

QUALITY ?= m
STORE ?= data/cifar10.h5
STORE_ORIGIN := $(origin STORE)
RUN ?=
# The films' language (en, hi, or a catalogue of your own); a voice that speaks their captions, such as espeak.
LANG_ ?=
VOICE ?=
FULL_STORE ?= data/cifar10-full.h5
DEMO_STORE ?= data/digits.h5
# A lecture of your own (docs/talk.md): a file that names films, words, names and pace.
TALK ?=
# Without one: dark or light, and how fast films are (below 1 slower).
THEME ?=
PACE ?=
# Of make slides: lecture, or films in their order, as esd,adversarial.
DECK ?= lecture
# Of make film: files of your own, own/x.py, or several in a comma list.
FILM ?=
# Films go to OUT/STORE/QUALITY.
OUT ?= media/films
# Processes that draw at a time: N of `make -jN` (which GNU Make 3.81 does not tell), else what the machine bears.
JOBS ?= $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))

BIN := .venv/bin
# Of test-cuda alone: a Python that has PyTorch for the GPU.
PYTHON ?= python3
# A film is a file of scenes/ with a class derived from Film, as scenes/making/orders.py says.
FILMS := $(sort $(basename $(notdir $(shell grep -lE '^class [A-Za-z]+\(Film\)' scenes/*.py))))

# What films and decks are drawn with; what is not set here is as the variables WEIGHTREEL_… say.
SPEAKING := $(if $(LANG_),--lang "$(LANG_)")
LOOKS := $(SPEAKING) $(if $(THEME),--theme "$(THEME)") $(if $(PACE),--pace "$(PACE)") $(if $(TALK),--talk "$(TALK)")
DRAWN := $(if $(RUN),--runs "$(RUN)") $(LOOKS)
# A talk names its store; one that is named with make comes before it.
OF := $(if $(and $(TALK),$(filter file undefined,$(STORE_ORIGIN))),,"$(STORE)")

.DEFAULT_GOAL := videos
.DELETE_ON_ERROR:
.PHONY: videos $(FILMS) film demo data sheet slides present site notebooks figures test test-slow kills fuzz test-cuda lint catalogues bench calibrate clean help films-layer slides-layer analysis-layer test-layer

# weightreel decides by content whether there is anything to do, so that a store changed in place is noticed: one
# process for all films, or those of the talk. Of them all one that the store holds nothing for is passed over; asked
# for alone, that is an error.
RENDER = @$(BIN)/weightreel film $(OF) --quality "$(QUALITY)" --out "$(OUT)" $(DRAWN) $(if $(VOICE),--voice "$(VOICE)")
# Of several that are asked for by name with -j, each is drawn by one process.
ALONE = $(if $(and $(word 2,$(MAKECMDGOALS)),$(findstring jobserver,$(MAKEFLAGS))),1,$(JOBS))

videos: films-layer ## every film that its scene, the kit or the store changed (default); with TALK=talk.toml its films
	$(RENDER) $(if $(JOBS),--jobs $(JOBS))

$(FILMS): films-layer ## one film: make esd
	$(RENDER) --films $@ $(if $(ALONE),--jobs $(ALONE))

film: films-layer ## a film of your own: make film FILM=own/x.py (docs/films.md)
	$(RENDER) --films "$(or $(FILM),$(error name a film, as in make film FILM=own/x.py))" $(if $(ALONE),--jobs $(ALONE))

demo: analysis-layer ## digits: trained, measured, attacked and filmed in a few minutes, nothing downloaded
	$(BIN)/weightreel run data/digits.toml --out "$(DEMO_STORE)" --resume --jobs 2
	@$(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2) videos STORE="$(DEMO_STORE)" QUALITY=l RUN=

data: analysis-layer ## the study of CIFAR-10 once more, its images downloaded; goes on where it was stopped
	$(BIN)/weightreel run data/cifar10-download.toml --out "$(FULL_STORE)" --resume

sheet: videos ## all films at a glance, docs/sheet.png, and the trailer for the README, docs/trailer.webp
	$(BIN)/python -m scripts.sheet $(OF) --quality "$(QUALITY)" --films "$(OUT)" $(LOOKS)

slides: slides-layer ## the lecture as one HTML file, PowerPoint and a PDF handout, media/slides/STORE; DECK=esd,noise for these films
	@scripts/setup_node.sh
	@$(BIN)/weightreel slides $(OF) --deck "$(DECK)" --quality "$(QUALITY)" $(DRAWN)

present: slides-layer ## the lecture in a window of its own, where Qt is installed; DECK as of slides
	@$(BIN)/weightreel present $(OF) --deck "$(DECK)" --quality "$(QUALITY)" $(DRAWN)

site: films-layer ## an explorable article on the store, media/site/STORE/index.html, with the films that lie rendered
	@scripts/setup_node.sh
	@$(BIN)/weightreel site $(OF) --films "$(OUT)" $(DRAWN)

notebooks: test-layer ## the notebooks executed anew, as they lie in the repository
	$(BIN)/python -m scripts.notebooks

figures: films-layer ## the films' data as still figures
	$(BIN)/weightreel figures $(OF) $(SPEAKING) $(if $(TALK),--talk "$(TALK)")

test: lint ## the tests, but for the slow ones
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: test-layer ## kills, fresh clones and other tests of minutes
	@scripts/setup_node.sh test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "slow and not alone"
	$(BIN)/python -m pytest -m "slow and alone" --durations 5

kills: test-layer ## every command killed at twenty moments, and what it leaves; an hour
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow --kills 20 tests/end_to_end/test_kills.py tests/end_to_end/test_kills_of_commands.py

fuzz: test-layer ## thousands of changed stores, checkpoints and recipes are tried, into media/fuzz; hours, goes on where it stopped
	$(BIN)/python -m tests.fuzz

test-cuda: ## the training step on a GPU, under a minute, with the packages of PYTHON=python3 and no network
	@$(PYTHON) -m tests.check_cuda

lint: test-layer ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

catalogues: test-layer ## what is said, from the sources into the languages' catalogues; then translate the rest
	scripts/catalogues.sh

bench: test-layer ## each figure as a ratio to its peer, into media/bench.json
	$(BIN)/python -m benchmarks.bench

calibrate: test-layer ## how often alpha's intervals hold the exponent, into data/calibration.csv and docs/spectra.md; an hour
	OMP_NUM_THREADS=1 $(BIN)/python -m scripts.calibrate measure

clean: ## remove what was rendered and measured, and the caches; stores and .venv stay
	rm -rf media/films media/slides media/figures media/site media/export media/notebook-* media/bench.json media/calibration media/fuzz build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find analysis scenes page weightreel tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@echo 'make [QUALITY=l|m|h|k] [STORE=data/cifar10.h5] [RUN=cnn-s0,spectral-cnn-s0] [LANG_=hi] [VOICE=espeak] [-j2] TARGET'
	@echo '     [TALK=talk.toml] [THEME=light] [PACE=0.7] [DECK=esd,adversarial]   a lecture of your own: docs/talk.md'
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-14s%s\n", $$1, $$2 }'
	@echo '  films:      $(FILMS)'

# Each layer holds the one before it; the order keeps `make -j` from installing two at once.
films-layer:
	@scripts/setup.sh films
ifneq ($(filter-out en,$(LANG_)),)
	@[ -z "$$($(BIN)/python -m scripts.font_wanted "$(LANG_)")" ] || scripts/setup_node.sh
endif
ifneq ($(VOICE),)
	@scripts/setup.sh voice
endif
slides-layer: films-layer
	@scripts/setup.sh slides
analysis-layer: films-layer
	@scripts/setup.sh analysis
test-layer: analysis-layer
	@scripts/setup.sh test
