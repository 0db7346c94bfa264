"""What brings the library into containers is valid by schema, linted, locked down, and a job a database."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from homecoming.settings import VARIABLES
from painel_migrations import __version__
from tests.support import image
from tests.support.history import ROOT
from tests.unit.test_deploy_examples import evaluated
from tests.unit.test_forge import program

DEPLOY = ROOT / "scripts/deploy"
COMPOSE = DEPLOY / "compose/compose.yaml"
JOBS = DEPLOY / "kubernetes/jobs.yaml"
SCHEMA = ROOT / "tests/support/schemas/kubernetes-jobs.json"
CRON = (DEPLOY / "railway/cron.ts").read_text()


# The image


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    done = program("hadolint", ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_slim_and_not_roots() -> None:
    said = dict(image.instructions())
    bases = [rest.split()[0] for word, rest in image.instructions() if word == "FROM"]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+-slim", bases[0])
    assert said["USER"] == f"{image.ACCOUNT}:{image.ACCOUNT}"
    assert json.loads(said["CMD"]) == ["upgrade"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("painel_migrations/project.py", True),
        ("homecoming/operations/postgresql/05_trust.sql", True),
        ("archive/REGISTER.toml", True),
        ("archive/README.md", False),
        ("homecoming/__pycache__/cli.pyc", False),
        (".env", False),
        ("eventos.db", False),
        ("backups/painel.dump", False),
        (".git/config", False),
        ("tests/conftest.py", False),
    ],
)
def test_nothing_but_the_library_gets_into_a_layer(path: str, told: bool) -> None:
    assert image.is_in_context(path) == told


def test_each_copied_path_is_there() -> None:
    sources = [rest.split()[0] for word, rest in image.instructions() if word == "COPY" and "--from" not in rest]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


# Compose


def test_the_example_of_compose_is_one() -> None:
    done = program("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert done.returncode == 0, done.stdout


def test_compose_migrates_locked_down_once_the_database_answers() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    migrate = services["migrate"]
    assert (COMPOSE.parent / migrate["build"]).resolve() == ROOT
    assert migrate["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert (migrate["read_only"], migrate["cap_drop"]) == (True, ["ALL"])
    assert set(migrate["environment"]) <= set(VARIABLES)
    # A password has no default, or it would be everybody's.
    passwords = {services["database"]["environment"]["POSTGRES_PASSWORD"], migrate["environment"]["PGPASSWORD"]}
    assert passwords == {"${DATABASE_PASSWORD:?a password for the database}"}


# Kubernetes


def jobs(*names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", DEPLOY / "kubernetes/jobs.sh", *names], capture_output=True, text=True, check=False, cwd="/"
    )


def judged(folder: Path, text: str) -> tuple[list[dict[str, Any]], str]:
    """The documents of a text, and what Kubernetes' own schema has against them."""
    documents = [document for document in yaml.safe_load_all(text) if document]
    files = [folder / f"{number}.json" for number, _ in enumerate(documents)]
    for file, document in zip(files, documents, strict=True):
        file.write_text(json.dumps(document))
    done = program("check-jsonschema", "--schemafile", SCHEMA, *files)
    return documents, "" if done.returncode == 0 else done.stdout


def test_each_database_has_a_job_of_its_own(tmp_path: Path) -> None:
    made, wrong = judged(tmp_path, jobs("loja-1", "loja-2").stdout)
    assert wrong == ""
    assert [(job["kind"], job["metadata"]["name"]) for job in made] == [
        *(("Job", "migrate-loja-1"), ("CronJob", "health-loja-1")),
        *(("Job", "migrate-loja-2"), ("CronJob", "health-loja-2")),
    ]
    assert "DATABASE" not in json.dumps(made)
    for job in made:
        [container] = containers(job)
        assert container["envFrom"] == [{"secretRef": {"name": f"painel-{job['metadata']['labels']['database']}"}}]


def containers(job: dict[str, Any]) -> list[dict[str, Any]]:
    spec = job["spec"].get("jobTemplate", job)["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsUser"] == image.ACCOUNT
    found: list[dict[str, Any]] = spec["containers"]
    return found


def test_a_job_is_locked_down_and_of_this_version() -> None:
    for job in yaml.safe_load_all(JOBS.read_text()):
        [container] = containers(job)
        assert container["image"] == f"painel-migrations:{__version__}"
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/work"}


def test_a_job_tries_again_what_may_pass_and_nothing_else() -> None:
    """As predeploy.sh does: no connection, and a lock that another holds."""
    job = next(iter(yaml.safe_load_all(JOBS.read_text())))
    [codes] = [rule["onExitCodes"] for rule in job["spec"]["podFailurePolicy"]["rules"] if rule["action"] == "FailJob"]
    documented = set(map(int, re.findall(r"^\| (\d+) \|", (ROOT / "docs/commands.md").read_text(), re.MULTILINE)))
    # 0 is no failure, 8 is of a backup, and who ended the run by a signal may want it again.
    assert documented - set(codes["values"]) == {0, 3, 5, 8, 130, 143}


def test_the_schema_refuses_what_kubernetes_would(tmp_path: Path) -> None:
    text = JOBS.read_text()
    assert "restartPolicies" in judged(tmp_path, text.replace("restartPolicy:", "restartPolicies:", 1))[1]


@pytest.mark.parametrize(
    ("name", "why"), [("Loja_1", "is no name"), ("-x", "is no name"), ("a" * 41, "longer than 40")]
)
def test_a_name_that_kubernetes_would_refuse_prints_nothing(name: str, why: str) -> None:
    done = jobs("loja-1", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr


def test_without_a_name_it_says_how() -> None:
    assert jobs().stderr == "jobs: name the databases: sh jobs.sh loja-1 loja-2\n"


# Railway


def test_railway_runs_each_database_by_night_in_a_service_of_its_own(tmp_path: Path) -> None:
    services = evaluated(tmp_path, CRON)["project"]["settings"]["resources"]
    assert [service["name"] for service in services] == ["migrations-loja-1", "migrations-loja-2"]
    # Names that Railway does not know would be dropped without a word: these were tried with its own package.
    assert {frozenset(service["settings"]) for service in services} == {frozenset({"source", "build", "deploy", "env"})}
    deploys = [service["settings"]["deploy"] for service in services]
    assert [deploy["cronSchedule"] for deploy in deploys] == ["30 5 * * *", "31 5 * * *"]
    assert {deploy["restartPolicyType"] for deploy in deploys} == {"NEVER"}
    assert set(services[0]["settings"]["env"]) <= set(VARIABLES)
    assert (ROOT / services[0]["settings"]["build"]["dockerfilePath"]).is_file()
