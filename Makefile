# Every task of this repository, and what each needs: `make help` prints the lines that begin with ##.
#
# Works with GNU make 3.81 (macOS) and any Python from 3.11. The first target that needs it sets up .venv; what is said
# while doing so goes to standard error, since standard output belongs to the command.

## make TARGET [NAME=value ...]

# What a target takes. Only what stands on make's command line is meant: platforms and shells set HOST, PORT or PLAN for
# purposes of their own, and PLAN=starter would have an upgrade do nothing and succeed.
ARGUMENTS := REV BACKUP PREPARE OLDER_THAN M FROM TO STYLE SPLIT SRC MODELS FORMAT EVERY HOST PORT STATIC PLAN APPLY REDACT FILE INTO CONFIRM LANE ARGS PYTHON
given = $(if $(filter command,$(origin $(1))),$(value $(1)))
# By way of the environment and unexpanded, so that quotes, $ and blanks arrive as they were typed.
$(foreach name,$(ARGUMENTS),$(eval override GIVEN_$(name) := $$(call given,$(name))))
export $(addprefix GIVEN_,$(ARGUMENTS))
# What stands on its command line make gives to every recipe and to every make below it, by itself, and runs each
# $(shell ...) in it to do so: M may be the title of a stranger's request. So it becomes plain text first; DATABASE_URL
# and their like still reach the recipes, those above by their other name.
override GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(filter-out $(ARGUMENTS),$(GIVEN))
MAKEOVERRIDES =

# Messages, in the reader's language. One that is named on make's command line goes before what any locale says.
SAY = sh scripts/language.sh
ifneq ($(filter pt pt_% en en_%,$(if $(filter LANG,$(GIVEN)),$(LANG))),)
override MIGRATION_LANG := $(firstword $(subst ., ,$(LANG)))
export MIGRATION_LANG
endif

# The first of these with Python 3.11 or newer is used; PYTHON=/path/to/python names another.
PYTHONS := python3.13 python3.12 python3.11 python3 python
RUN = .venv/bin/python -m painel_migrations

INSTALL = { $(@D)/bin/python -m ensurepip && $(@D)/bin/python -m pip install --disable-pip-version-check \
	--only-binary :all: --require-hashes -r $<; } >$(@D)/install.log 2>&1 || { cat $(@D)/install.log >&2; \
	$(SAY) "%s could not be installed: the reason is above" $< >&2; exit 1; }
CONSOLE = $(if $(GIVEN_FROM),--from="$$GIVEN_FROM") $(if $(GIVEN_TO),--to="$$GIVEN_TO") \
	$(if $(GIVEN_STYLE),--style="$$GIVEN_STYLE") $(if $(GIVEN_SPLIT),--split="$$GIVEN_SPLIT")
PLANNED = $(if $(filter-out 0 no,$(GIVEN_PLAN)),--plan )
PREPARED = $(if $(filter-out 0 no,$(GIVEN_PREPARE)),--prepare )
SAVED = $(if $(GIVEN_BACKUP),--backup="$$GIVEN_BACKUP" )
FORMATTED = $(if $(GIVEN_FORMAT),--format="$$GIVEN_FORMAT")
PAGE = $(if $(GIVEN_HOST),--host="$$GIVEN_HOST") $(if $(GIVEN_PORT),--port="$$GIVEN_PORT") \
	$(if $(GIVEN_STATIC),--static="$$GIVEN_STATIC")
NAMED = $(if $(GIVEN_FILE),-- "$$GIVEN_FILE")
# How many workers that is: tests/conftest.py.
TEST = .venv/bin/python -m tests.support.given -n logical --dist worksteal
MISSING = { $(SAY) "%s is missing: write %s" "$(1)" "$(2)" >&2; exit 2; }

# `make -C folder sql` must not say which folder it enters.
MAKEFLAGS += --no-print-directory

.PHONY: help upgrade prepare-undo downgrade status verify repair health history doctor retired purge-retired backup backup-verify drill restore metrics watch dashboard sql sql-prepare sql-verify sql-rollback archive archive-undo revision states check test test-all coverage lint docs bench load

##
##   help                   this list
help:
	@sed -n 's/^## \{0,1\}//p' Makefile | $(SAY) --lines

##
## The database: DATABASE_URL, from the environment or .env; otherwise eventos.db in this folder
##   upgrade [REV=head]     bring it to the schema the application needs, or to revision REV
##                          PLAN=1 says what that would do and what is in its way, and does nothing
##                          PREPARE=1 only makes ahead what large tables need; nobody waits for it
##                          BACKUP=require refuses it without a backup first; off makes none
upgrade: .venv/runtime
	@$(RUN) upgrade $(PLANNED)$(PREPARED)$(SAVED)-- "$${GIVEN_REV:-head}"

##   prepare-undo           take away what PREPARE=1 made, where no upgrade comes
prepare-undo: .venv/runtime
	@$(RUN) prepare-undo

##   downgrade REV=         take it back to a revision: what later ones did to this database is undone
##                          PLAN=1 says what that is and what would stay, and does nothing
downgrade: .venv/runtime
	@$(if $(GIVEN_REV),$(RUN) downgrade $(PLANNED)-- "$$GIVEN_REV",$(call MISSING,REV,make downgrade REV=0017))

##   status                 where it is, and what is pending
status: .venv/runtime
	@$(RUN) status

##   verify                 compare its catalogue with the schema; exit 1 with the list if it drifted
##                          FORMAT=json prints one JSON document
verify: .venv/runtime
	@$(RUN) verify $(FORMATTED)

##   repair                 show what drifted, then go through the history again, where that mends it
##                          PLAN=1 says what that would do and what would be left, and does nothing
##                          BACKUP=require refuses it without a backup first; off makes none
repair: .venv/runtime
	@$(RUN) repair $(PLANNED)$(SAVED)

##   health                 whether it is well, and if not, what to do; exit 1 if it is not
##                          FORMAT=json for machines, here and for history
health: .venv/runtime
	@$(RUN) health $(FORMATTED)

##   history                what was done to it, when, by whom, how long it took
history: .venv/runtime
	@$(RUN) history $(FORMATTED)

##   doctor                 why it cannot be reached, step by step; what an upgrade would meet there
doctor: .venv/runtime
	@$(RUN) doctor

##   retired                what is kept of what was retired: since when, rows, size
retired: .venv/runtime
	@$(RUN) retired $(FORMATTED)

##   purge-retired OLDER_THAN=90d CONFIRM=
##                          delete the rows of what is older, for good; CONFIRM is the database's name
purge-retired: .venv/runtime
	@$(if $(and $(GIVEN_OLDER_THAN),$(GIVEN_CONFIRM)),$(RUN) purge-retired --older-than="$$GIVEN_OLDER_THAN" \
	--confirm="$$GIVEN_CONFIRM",$(call MISSING,$(if $(GIVEN_OLDER_THAN),CONFIRM,OLDER_THAN),make purge-retired OLDER_THAN=90d CONFIRM=painel))

##
## Backups, in MIGRATION_BACKUP_DIR, otherwise in backups/ (docs/backup.md)
##   backup                 everything in the database into one file, with a manifest beside it
backup: .venv/runtime
	@$(RUN) backup

##   backup-verify [FILE=]  restore one where nobody is, compare, and note that it is proven
backup-verify: .venv/runtime
	@$(RUN) backup-verify $(NAMED)

##   drill [FILE=]          the same; then to head, check, back, and how long each took
drill: .venv/runtime
	@$(RUN) drill $(NAMED)

##   restore FILE= [INTO=]  beside what is there, compared, then in its place; what was there is kept
##                          CONFIRM=name where the backup is of another database
restore: .venv/runtime
	@$(if $(GIVEN_FILE),$(RUN) restore $(if $(GIVEN_INTO),--into="$$GIVEN_INTO" )$(if \
	$(GIVEN_CONFIRM),--confirm="$$GIVEN_CONFIRM" )$(NAMED),$(call MISSING,FILE,make restore FILE=backups/...))

##
## Monitoring (docs/monitoring/README.md)
##   metrics                what is known of it, for Prometheus; also into MIGRATION_METRICS_FILE
metrics: .venv/runtime
	@$(RUN) metrics

##   watch [EVERY=60]       its health every 60 seconds, with metrics and alerts, until it is stopped
watch: .venv/runtime
	@exec sh scripts/monitoring/watch.sh "$$GIVEN_EVERY"

##   dashboard              the status page at http://127.0.0.1:8008; HOST=, PORT= for elsewhere
##                          STATIC=status.html writes it into one file, and serves nothing
dashboard: .venv/runtime
	@$(RUN) dashboard $(PAGE)

##
## Where no client reaches the database: SQL for its own console (docs/console.md)
##   sql [TO=head]          what upgrade does, as one statement: make sql > fix.sql
##                          FROM=0010, STYLE=escaped (holds no semicolon), SPLIT=folder (many files)
sql: .venv/runtime
	@$(RUN) sql $(CONSOLE)

##   sql-prepare            one SELECT that tells what can be made ahead of it, a statement a row
sql-prepare: .venv/runtime
	@$(RUN) sql-prepare

##   sql-verify             one SELECT that tells whether it arrived
sql-verify: .venv/runtime
	@$(RUN) sql-verify

##   sql-rollback TO=       the way back to revision TO, with what was retired
sql-rollback: .venv/runtime
	@$(if $(GIVEN_TO),$(RUN) sql-rollback $(CONSOLE),$(call MISSING,TO,make sql-rollback TO=0017))

##
## One-off scripts that lie about in an application (docs/archive.md)
##   archive [SRC=.]        which there are below SRC, and which revision does their work now
##                          APPLY=1 moves them to SRC/archive, REDACT=1 without credentials in them
archive: .venv/development
	@$(RUN) archive $(if $(filter 1,$(GIVEN_APPLY)),--apply) $(if $(filter 1,$(GIVEN_REDACT)),--redact) -- "$${GIVEN_SRC:-.}"

##   archive-undo [SRC=.]   take the last move back
archive-undo: .venv/development
	@$(RUN) archive-undo -- "$${GIVEN_SRC:-.}"

##
## Development
##   revision M="..."       write the next revision from a change in painel_migrations/schema
revision: .venv/runtime
	@$(if $(GIVEN_M),$(RUN) revision -m="$$GIVEN_M",$(call MISSING,M,make revision M='Add capa to eventos'))

##   states [SRC=.]         every schema that an application's models had, from its git history
##                          MODELS=app.models:Base says where, INTO=states where to (docs/adopt.md)
states: .venv/runtime
	@$(RUN) states $(if $(GIVEN_MODELS),--models="$$GIVEN_MODELS") $(if $(GIVEN_INTO),--into="$$GIVEN_INTO") \
		-- "$${GIVEN_SRC:-.}"

##   check [FROM=0022]      judge new revisions: what they lock, destroy, break; a change without one
##                          FORMAT=json for machines, FORMAT=markdown for a pull request
check: .venv/runtime
	@$(RUN) check $(FORMATTED) $(if $(GIVEN_FROM),--from="$$GIVEN_FROM")

##   test [ARGS="-k ..."]   the quick tests and some of every kind, on SQLite and on PostgreSQL
##                          servers of its own; LANE=ci runs what CI does, LANE=every every case
test: .venv/development
	@$(TEST) --lane="$${GIVEN_LANE:-quick}"

##   test-all [ARGS=]       every test; on each version of PostgreSQL what can differ with it
test-all: .venv/development
	@$(TEST) --lane=all

##   coverage [LANE=ci]     how much of the code these tests run, with branches, and what they do not
coverage: .venv/development
	@.venv/bin/python -m coverage erase
	@.venv/bin/python -m coverage run -m pytest -q -n logical --dist worksteal --lane="$${GIVEN_LANE:-ci}"
	@.venv/bin/python -m coverage combine -q && .venv/bin/python -m coverage report

##   lint                   style, formatting and types; the shell scripts
lint: .venv/development
	@.venv/bin/python -m ruff check . && .venv/bin/python -m ruff format --check . && .venv/bin/python -m mypy
	@[ ! -x .venv/bin/shellcheck ] && $(SAY) "No shellcheck for this machine: the scripts are not checked" >&2 || \
		.venv/bin/shellcheck $(wildcard .ci/run scripts/*.sh scripts/*/*.sh scripts/*/*/*.sh)

##   docs                   these documents as one site in build/site, to be read without a network
docs: .venv-docs/ready
	@rm -rf build/documents && mkdir -p build/documents
	@tar cf - --exclude=__pycache__ *.md LICENSE .env.example alembic archive docs homecoming/monitoring/alerts scripts | \
		tar xf - -C build/documents
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict >build/documents.log 2>&1 || \
		{ cat build/documents.log >&2; exit 1; }

##   bench                  times and memory, as ratios to the plain tools
bench: .venv/development
	@.venv/bin/python -m tests.load.bench

##   load [ARGS="--rows N"] what customers wait while a database is taken to head, and
##                          what a backup costs beside pg_dump, as JSON and pages
load: .venv/development
	@.venv/bin/python -m tests.load.main $$GIVEN_ARGS

.venv/bin/python:
	@$(SAY) "Setting up %s (once)" .venv >&2
	@set -- $(PYTHONS); [ -z "$$GIVEN_PYTHON" ] || set -- "$$GIVEN_PYTHON"; for p; do \
		"$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		&& exec "$$p" -m venv --clear --without-pip .venv; done; \
	$(SAY) "No Python 3.11 or newer with its venv module: install one, or name it: %s" "make PYTHON=/path/to/python" >&2; exit 2

.venv/runtime: requirements.txt .venv/bin/python
	@$(SAY) "Installing %s into %s" $< .venv >&2
	@$(INSTALL)
	@touch $@

.venv/development: requirements-dev.txt .venv/runtime
	@$(SAY) "Installing %s into %s" $< .venv >&2
	@$(INSTALL)
	@touch $@

.venv-docs/ready: requirements-docs.txt .venv/bin/python
	@$(SAY) "Installing %s into %s" $< .venv-docs >&2
	@.venv/bin/python -m venv --clear --without-pip .venv-docs
	@$(INSTALL)
	@touch $@
