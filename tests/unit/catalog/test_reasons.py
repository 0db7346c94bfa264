"""Whoever meets a finding is told why it matters, in one sentence, for every kind there is."""

import pytest

from homecoming import catalog
from homecoming.catalog import reasons
from homecoming.catalog.findings import KINDS

SENTENCES = [
    *reasons.MISSING.values(),
    *reasons.CHANGED.values(),
    *reasons.UNKNOWN.values(),
    *(why for _, _, why in reasons.DETAILS),
    *(
        reasons.RENAMED,
        reasons.LEFT_ALONE,
        reasons.BEHIND,
        reasons.NO_LABEL,
        reasons.ROLE,
        reasons.OWNER,
        reasons.EDITED,
    ),
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_one_sentence(sentence: str) -> None:
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_every_kind_head_has_is_explained(dialect: str) -> None:
    kinds = {fact.kind for fact in catalog.head(dialect).values()}
    assert kinds <= set(reasons.CHANGED) <= set(KINDS)
    assert kinds - {"access"} <= set(reasons.MISSING) <= set(KINDS)
    assert set(reasons.UNKNOWN) <= set(KINDS)


@pytest.mark.parametrize(
    ("kind", "expected", "found", "why"),
    [
        ("table", "TABLE", "UNLOGGED TABLE", "A crash empties an unlogged table, and no replica holds its rows."),
        (
            "foreign key",
            "FOREIGN KEY (a) REFERENCES b(id)",
            "FOREIGN KEY (a) REFERENCES b(id) ON DELETE CASCADE",
            "Removing a row removes or changes others, or is refused, as nobody expects.",
        ),
        (
            "foreign key",
            "FOREIGN KEY (a) REFERENCES b(id)",
            "FOREIGN KEY (a) REFERENCES b_old(id)",
            "It guards other rows, or guards them otherwise, than the application counts on.",
        ),
        (
            "column",
            "timestamp with time zone DEFAULT now()",
            "timestamp with time zone",
            "The application leaves this column to its default; without the right one it stays empty.",
        ),
        ("column", "text", "integer", "Values that the application sends are refused, cut, or left out."),
    ],
)
def test_the_part_that_differs_decides(kind: str, expected: str, found: str, why: str) -> None:
    assert reasons.changed(kind, expected, found) == why
