"""What `archive` says of scripts, in Portuguese and under the pseudo-language; what it writes stays English."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homecoming.language import ENGLISH, use
from tests.integration.test_archive import add_secrets
from tests.support import pseudo
from tests.support.command import Ran


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    use(ENGLISH)


def test_in_portuguese(small: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    add_secrets(small)
    monkeypatch.setenv("MIGRATION_LANG", "pt")
    code, out, err = run("archive", str(small))
    assert code == 0, err
    assert "desconhecido, parece uma migração" in out
    assert "senha em uma URL" in out
    code, _, err = run("archive", str(small), "--apply")
    assert code == 4
    assert " entrariam no arquivo morto; as linhas estão listadas acima\n" in err
    assert "Próximo passo: Troque-as onde são usadas, e rode de novo com REDACT=1 (" in err
    assert run("archive", str(small), "--apply", "--redact")[0] == 0
    register = (small / "archive" / "REGISTER.toml").read_text("utf-8")
    assert "password in a URL" in register
    assert "senha em uma URL" not in register
    code, _, err = run("archive", str(small / "nowhere"))
    assert (code, err.splitlines()[1]) == (
        2,
        "Próximo passo: Indique a pasta da aplicação: make archive SRC=../application",
    )


def test_nothing_bypasses_the_catalogue(small: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    add_secrets(small)
    monkeypatch.setenv("MIGRATION_LANG", pseudo.LANGUAGE)
    said = "".join("".join(run("archive", str(small), *more)[1:]) for more in ((), ("--apply",)))
    # The register's own words of a script it knows, and the library's kinds of credentials.
    own = {line for line in said.splitlines() if "⟦covered by" in line or "⟦known, " in line}
    for line in said.splitlines():
        if line not in own:
            assert pseudo.words_outside(line, ("secret", "keyword", "painel")) == [], line
