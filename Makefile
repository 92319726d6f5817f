# Plain `make` prints the targets. Every target sets up its environment by itself.

VENV   ?= .venv
PYTHON ?= python3
NPROC  ?= 1

BIN   := $(VENV)/bin
READY := $(VENV)/.requirements
LAB   := $(VENV)/.requirements-lab
CORES := $(shell getconf _NPROCESSORS_ONLN)

# A value as one word of the shell, whatever blanks, quotes, dollars or letters it has; a home folder's ~ stays outside.
quoted = $(subst '~/,~/','$(subst ','\'',$(value $(1)))')
flag   = $(if $(value $(2)), $(1) $(call quoted,$(2)))

# The bundled model and data, until a model, data or settings of one's own are named.
OWN      := $(strip $(MODEL)$(DATASET)$(TRAIN)$(CONFIG))
SETTINGS  = $(if $(OWN),$(call flag,--config,CONFIG), --config configs/embedded/$@.yaml$(SHARE))
# Steps of 16 rows, however many processes share them: the bundled run gives one result.
SHARE     = $(if $(filter-out 1,$(NPROC)), --per_device_train_batch_size $$(( (16 + $(NPROC) - 1) / $(NPROC) )))
FLAGS     = $(call flag,--model_name_or_path,MODEL)$(call flag,--dataset_name,DATASET)$(call flag,--train_file,TRAIN)$\
            $(call flag,--validation_file,VALIDATION)$(call flag,--test_file,TEST)$(call flag,--output_dir,OUT)$(if $(ARGS), $(ARGS))
LAUNCH    = $(if $(filter-out 1,$(NPROC)),OMP_NUM_THREADS=$$(( ($(CORES) + $(NPROC) - 1) / $(NPROC) )) $\
            $(BIN)/torchrun --standalone --shutdown-timeout=600 --nproc_per_node=$(NPROC),$(BIN)/python)

# Recipes of your own, such as `make new` writes: each has a target by its name.
BUNDLED := summarize_t5 paraphrase_bart translate_mt5_lora qa_t5 convo_flant5 text_to_text
MINE    := $(filter-out $(BUNDLED),$(basename $(notdir $(shell grep -l "^def main" recipes/*.py))))

.DEFAULT_GOAL := help
.PHONY: $(MINE) new doctor help summarize paraphrase translate qa convo text2text predict run which plan gpu setup test bench chaos fuzz lint format check data pretrain clean

help:  ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1|/' | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@$(foreach one,$(MINE),printf '  make %-11s %s\n' $(one) 'your own: recipes/$(one).py';)
	@echo "  variables          MODEL= DATASET= TRAIN= VALIDATION= TEST= CONFIG= OUT= NPROC= ARGS=\"--flag value\" VENV= PYTHON="

summarize: $(READY)  ## fine-tune a summarizer: bundled tickets and tiny T5, or your MODEL= DATASET= TRAIN=
	$(LAUNCH) recipes/summarize_t5.py$(SETTINGS)$(FLAGS)

paraphrase: $(READY)  ## the same for paraphrases: bundled product texts and tiny BART, or your own
	$(LAUNCH) recipes/paraphrase_bart.py$(SETTINGS)$(FLAGS)

translate: $(READY)  ## the same for translations: bundled English-German FAQ, tiny T5 and LoRA, or your own
	$(LAUNCH) recipes/translate_mt5_lora.py$(SETTINGS)$(FLAGS)

qa: $(READY)  ## the same for answers: bundled policies and tiny T5, or your own
	$(LAUNCH) recipes/qa_t5.py$(SETTINGS)$(FLAGS)

convo: $(READY)  ## the same for conversations: bundled support chats and tiny T5, or your own
	$(LAUNCH) recipes/convo_flant5.py$(SETTINGS)$(FLAGS)

text2text: $(READY)  ## any text to any other: bundled FAQ and tiny T5, or your own with ARGS="--source_template ... --target_template ..."
	$(LAUNCH) recipes/text_to_text.py$(SETTINGS)$(FLAGS)

.PHONY: classify tag extract adapt continue zeroshot assistant
classify: $(READY)  ## sort texts into classes: bundled feedback and tiny BERT, or your own
	$(LAUNCH) recipes/neighbours/classify_distilbert.py$(SETTINGS)$(FLAGS)

tag: $(READY)  ## mark names in texts: bundled feedback and tiny BERT, or your own lists, CoNLL files or spans
	$(LAUNCH) recipes/neighbours/tag_bert.py$(SETTINGS)$(FLAGS)

extract: $(READY)  ## find answers as they stand in a text: bundled policies and tiny BERT, or your own
	$(LAUNCH) recipes/neighbours/extract_bert.py$(SETTINGS)$(FLAGS)

adapt: $(READY)  ## a masked language model learns the words of your field: bundled feedback and tiny BERT, or TRAIN=mine.txt
	$(LAUNCH) recipes/neighbours/adapt_mlm.py$(SETTINGS)$(FLAGS)

continue: $(READY)  ## a language model goes on as your texts do, with LoRA: bundled feedback and tiny GPT-2, or TRAIN=mine.txt
	$(LAUNCH) recipes/neighbours/continue_gpt2_lora.py$(SETTINGS)$(FLAGS)

zeroshot: $(READY)  ## sort texts into classes without training: bundled feedback and tiny entailment model, or your own
	$(BIN)/python scripts/zero_shot.py$(SETTINGS)$(FLAGS)

assistant: $(READY)  ## category, entities, summary and reply of feedback; PREDICT=new.csv OUTPUT=out.jsonl, ARGS=--verify
	$(BIN)/python scripts/assistant.py$(call flag,--predict,PREDICT)$(call flag,--output,OUTPUT)$(call flag,--out,OUT)$(call flag,--train_file,TRAIN)$(call flag,--validation_file,VALIDATION)$(call flag,--test_file,TEST) $(ARGS)

.PHONY: $(MINE) new try export demo push port
predict: $(READY)  ## use a trained model: make predict RUN=outputs/summarize_t5 INPUT=new.jsonl OUTPUT=out.jsonl
	$(BIN)/python scripts/predict.py $(if $(RUN),--run $(call quoted,RUN),$(error name a run: make predict RUN=outputs/summarize_t5 INPUT=new.jsonl OUTPUT=out.jsonl))$(call flag,--input,INPUT)$(call flag,--output,OUTPUT) $(ARGS)

doctor: $(READY)  ## what is wrong with data, checkpoint, set-up: make doctor TASK=summarize TRAIN=mine.csv, or RECIPE=headlines
	$(strip $(BIN)/python scripts/doctor.py $(or $(RECIPE),$(TASK),$(error name a task: make doctor TASK=summarize)) $(if $(OWN)$(RECIPE),$(if $(CONFIG),--config $(CONFIG)),--config configs/embedded/$(TASK).yaml) $(FLAGS))

demo: $(VENV)/.requirements-demo  ## show a run on a page of this machine: make demo RUN=outputs/summarize_t5
	$(BIN)/python scripts/demo.py --run $(or $(RUN),$(error name a run: make demo RUN=outputs/summarize_t5)) $(ARGS)

port: $(READY)  ## what transformers 5 no longer has of old code, and what to write: make port FILE=old.py
	$(BIN)/python scripts/port.py $(or $(FILE),$(error name it: make port FILE=old.py))

push: $(READY)  ## put a finished model on the Hub: make push RUN=outputs/summarize_t5 REPO=mine/summaries
	$(BIN)/python scripts/push.py --run $(or $(RUN),$(error name a run: make push RUN=outputs/summarize_t5 REPO=mine/summaries)) --repo $(or $(REPO),$(error name its place: REPO=mine/summaries)) $(ARGS)

export: $(VENV)/.requirements-export  ## prove a run's model in another form: make export RUN=outputs/summarize_t5 FORMAT=ctranslate2 PRECISION=int8
	$(BIN)/python scripts/export.py --run $(or $(RUN),$(error name a run: make export RUN=outputs/summarize_t5 FORMAT=ctranslate2)) --format $(or $(FORMAT),$(error name a form: FORMAT=ctranslate2, onnx or merged)) $(if $(PRECISION),--precision $(PRECISION)) $(if $(OUT),--output $(OUT)) $(ARGS)

try: $(READY)  ## ask a trained model on the terminal: make try RUN=outputs/summarize_t5
	@$(BIN)/python scripts/predict.py --ask --run $(or $(RUN),$(error name a run: make try RUN=outputs/summarize_t5)) $(ARGS)

new: $(READY)  ## copy a recipe under a name of your own: make new NAME=headlines FROM=summarize, then make headlines
	$(BIN)/python scripts/new_recipe.py --name $(or $(NAME),$(error name it: make new NAME=headlines FROM=summarize)) --from $(or $(FROM),$(error copy which? make new NAME=headlines FROM=summarize))

$(MINE): $(READY)
	$(LAUNCH) recipes/$@.py$(if $(OWN)$(wildcard configs/embedded/$@.yaml),$(SETTINGS))$(FLAGS)

run: $(READY)  ## run any recipe by its file: make run RECIPE=headlines TRAIN=mine.csv
	$(LAUNCH) recipes/$(or $(RECIPE),$(error name it: make run RECIPE=headlines)).py$(call flag,--config,CONFIG)$(FLAGS)

which: $(READY)  ## which of these is my task? three questions, and the command
	$(BIN)/python scripts/which.py

plan: $(READY)  ## the memory of fine-tuning, and what makes it fit: make plan MODEL=google/flan-t5-xl GPUS=4 MEMORY=24
	$(BIN)/python scripts/plan.py --model $(or $(MODEL),google-t5/t5-base) --gpus $(or $(GPUS),1) $(if $(MEMORY),--memory $(MEMORY)) $(ARGS)

gpu: $(READY)  ## prove a machine with a GPU: precision, equality with a CPU, resuming, memory, speed
	$(BIN)/python scripts/gpu.py $(ARGS)

.PHONY: compare decode sweep baseline spotcheck challenge variants
# What a command on a recipe passes on to it: its data and model, bundled or one's own.
OWN_DATA  = $(call flag,--model_name_or_path,MODEL)$(call flag,--dataset_name,DATASET)$(call flag,--train_file,TRAIN)$\
            $(call flag,--validation_file,VALIDATION)$(call flag,--test_file,TEST)$(if $(ARGS), $(ARGS))
OF_RECIPE = $(if $(OWN),$(call flag,--config,CONFIG), --config configs/embedded/$(RECIPE).yaml)$(OWN_DATA)

decode: $(LAB)  ## which decoding? make decode RUN=outputs/summarize_t5, with GRID="num_beams=1,4" or ARGS="--apply beam"
	$(BIN)/python scripts/decode.py $(if $(RUN),--run $(call quoted,RUN),$(error name a run: make decode RUN=outputs/summarize_t5))$(call flag,--grid,GRID) $(ARGS)

compare: $(LAB)  ## is one run better, or is it chance? make compare A=outputs/one B=outputs/other, or RUNS="a b c"
	$(BIN)/python scripts/compare.py $(if $(RUNS)$(A),$(RUNS)$(if $(A),$(call quoted,A))$(if $(B), $(call quoted,B)),$(error name two runs: make compare A=outputs/one B=outputs/other)) $(ARGS)

sweep: $(LAB)  ## train every combination of settings: make sweep RECIPE=summarize GRID="learning_rate=1e-3,2e-3 seed=1,2"
	$(BIN)/python scripts/sweep.py --recipe $(or $(RECIPE),$(error name it: make sweep RECIPE=summarize GRID="seed=1,2"))$(call flag,--grid,GRID)$(call flag,--out,OUT)$(OF_RECIPE)

baseline: $(LAB)  ## the model without training, K solved examples before each question: make baseline RECIPE=summarize K=3, or RUN=
	$(BIN)/python scripts/baseline.py$(call flag,--recipe,RECIPE)$(call flag,--run,RUN)$(call flag,--shots,K)$(call flag,--out,OUT)$(if $(RECIPE),$(OF_RECIPE), $(ARGS))

challenge: $(LAB)  ## 100 articles, greedy against four beams, five notes on faithfulness; bundled, or TRAIN=
	$(BIN)/python scripts/challenge.py$(call flag,--out,OUT)$(subst challenge.yaml,summarize.yaml,$(SETTINGS))$(OWN_DATA)

spotcheck: $(LAB)  ## let people judge: make spotcheck RUN=outputs/summarize_t5, then FILLED="a.csv b.csv"; blind with A= B=, then KEY=
	$(BIN)/python scripts/spotcheck.py$(call flag,--run,RUN)$(if $(A), --blind $(call quoted,A) $(call quoted,B))$(call flag,--key,KEY)$(call flag,--sheet,SHEET)$(if $(FILLED), --filled $(FILLED)) $(ARGS)

variants: $(READY)  ## which wording engages people? make variants RUN=outputs/paraphrase_bart SHEET=variants.csv, then COUNTS=variants.csv
	$(BIN)/python scripts/compare_variants.py$(call flag,--run,RUN)$(call flag,--sheet,SHEET)$(call flag,--counts,COUNTS) $(ARGS)

setup: $(READY)  ## create the environment and install the pinned requirements

test: $(READY) $(LAB) $(VENV)/.requirements-export  ## run the tests (offline, on the CPU)
	$(BIN)/python -m pytest -n auto --maxprocesses 8 $(ARGS)

bench: $(READY) $(VENV)/.requirements-export  ## measure speed and memory against plain defaults; rewrites docs/benchmarks.md (ARGS=--quick: only a try)
	$(BIN)/python scripts/benchmark.py $(ARGS)

chaos: $(READY)  ## kill N training runs at random moments, go on, compare with an undisturbed one: make chaos N=60
	$(BIN)/python tests/chaos.py --runs $(or $(N),60) $(ARGS)

fuzz: $(READY)  ## flags, YAML, files and run folders that nobody means, none may end in a traceback: make fuzz MINUTES=10 SEED=0
	$(BIN)/python tests/fuzz.py --minutes $(or $(MINUTES),10) --seed $(or $(SEED),0) $(if $(N),--n $(N)) $(ARGS)

lint: $(READY)  ## look for mistakes, style and types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(READY)  ## put the code into shape
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

check: lint test  ## lint and test, exactly what CI runs

data: $(READY)  ## rebuild the bundled data sets, byte for byte
	$(BIN)/python scripts/make_data.py

pretrain: $(READY)  ## rebuild the tiny base models (nearly four hours on one core)
	$(BIN)/python scripts/pretrain_tiny.py --architecture t5 --minutes 26 --output_dir outputs/tiny-t5-first
	$(BIN)/python scripts/pretrain_tiny.py --architecture t5 --minutes 34 --start_from outputs/tiny-t5-first \
	    --learning_rate 2.5e-3 --seed 2 --output_dir outputs/tiny-t5-second
	$(BIN)/python scripts/pretrain_tiny.py --architecture t5 --minutes 38 --start_from outputs/tiny-t5-second \
	    --learning_rate 2.5e-3 --seed 3 --output_dir outputs/tiny-t5-third
	$(BIN)/python scripts/pretrain_tiny.py --architecture t5 --minutes 75 --start_from outputs/tiny-t5-third --deeper \
	    --paragraphs 60000 --learning_rate 3e-3 --seed 4 --output_dir outputs/tiny-t5-fourth
	$(BIN)/python scripts/pretrain_tiny.py --architecture t5 --minutes 20 --start_from outputs/tiny-t5-fourth \
	    --scrambled 0.9 --copying 0.2 --learning_rate 2e-3 --seed 5
	$(BIN)/python scripts/pretrain_tiny.py --architecture bart --minutes 26

clean:  ## remove caches, never a trained model
	find . -name __pycache__ -not -path './$(VENV)/*' -type d -exec rm -rf {} + && rm -rf .pytest_cache .ruff_cache

# What only some targets need, each with its pins.
$(VENV)/.requirements-%: requirements-%.txt $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(READY): requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

$(LAB): requirements-lab.txt $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-lab.txt
	@touch $@
