"""Each statement a finding offers, as it is spelled; that they mend is tried in tests/integration/test_drift.py."""

import pytest

from homecoming.catalog import Fact, remedy


def fact(kind: str, name: str, definition: str, *columns: str) -> Fact:
    own_table = () if kind in {"enum", "function"} else (name.split(".")[0],)
    return Fact(kind, name, definition, ("u",) if kind == "sequence" else own_table, columns)


SEQUENCE = fact("sequence", "u_id_seq", "AS integer START 1 OWNED BY u.id", "id")


@pytest.mark.parametrize(
    ("dialect", "missing", "statement"),
    [
        ("postgresql", fact("column", "u.x", "text NOT NULL", "x"), "ALTER TABLE u ADD COLUMN x text NOT NULL"),
        ("postgresql", fact("column", "u.id", "integer DEFAULT nextval('s'::regclass)", "id"), "make repair"),
        ("postgresql", fact("enum", "cor", "'azul', 'lilás'"), "CREATE TYPE cor AS ENUM ('azul', 'lilás')"),
        (
            "postgresql",
            SEQUENCE,
            (
                "CREATE SEQUENCE u_id_seq AS integer START 1 OWNED BY u.id; "
                "SELECT setval('u_id_seq', coalesce(max(id), 0) + 1, false) FROM u"
            ),
        ),
        ("postgresql", fact("unique", "u.u_x_key", "UNIQUE (x)"), "ALTER TABLE u ADD CONSTRAINT u_x_key UNIQUE (x)"),
        ("postgresql", fact("index", "u.i", "UNIQUE btree (x)"), "CREATE UNIQUE INDEX i ON u USING btree (x)"),
        ("postgresql", fact("trigger", "u.T", "BEFORE UPDATE ON u"), 'CREATE TRIGGER "T" BEFORE UPDATE ON u'),
        (
            "postgresql",
            fact("function", "f()", "RETURNS trigger LANGUAGE plpgsql AS BEGIN END"),
            "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN END$$",
        ),
        ("postgresql", fact("table", "u", "TABLE"), "make repair"),
        ("sqlite", fact("index", "u.i", "(x) where y"), "CREATE INDEX i ON u (x) where y"),
        ("sqlite", fact("column", "u.x", "TEXT", "x"), "make repair"),
    ],
)
def test_missing(dialect: str, missing: Fact, statement: str) -> None:
    assert remedy.missing(dialect, missing) == statement


@pytest.mark.parametrize(
    ("kind", "expected", "found", "statement"),
    [
        ("column", "text DEFAULT 'a'", "text NOT NULL", "ALTER COLUMN x SET DEFAULT 'a', ALTER COLUMN x DROP NOT NULL"),
        ("column", "text NOT NULL", "text DEFAULT 'a'", "ALTER COLUMN x DROP DEFAULT, ALTER COLUMN x SET NOT NULL"),
        ("foreign key", "FK", "FK NOT VALID", "VALIDATE CONSTRAINT x"),
        ("foreign key", "FK", "FK ON DELETE CASCADE", "DROP CONSTRAINT x, ADD CONSTRAINT x FK"),
        ("trigger", "BEFORE", "BEFORE DISABLED", "ENABLE TRIGGER x"),
    ],
)
def test_changed(kind: str, expected: str, found: str, statement: str) -> None:
    ours, theirs = fact(kind, "u.x", expected, "x"), fact(kind, "u.x", found, "x")
    assert remedy.changed("postgresql", ours, theirs) == f"ALTER TABLE u {statement}"


@pytest.mark.parametrize(("expected", "found"), [("text", "varchar(5)"), ("cor NOT NULL", "varchar(5)")])
def test_what_may_convert_values_is_left_to_the_operations(expected: str, found: str) -> None:
    ours, theirs = fact("column", "u.x", expected, "x"), fact("column", "u.x", found, "x")
    assert remedy.changed("postgresql", ours, theirs) == "make repair"
    assert remedy.changed("postgresql", fact("enum", "e", "'a'"), fact("enum", "e", "'b'")) == "make repair"


def test_several_options_of_a_table_are_mended_together() -> None:
    found = fact("table", "u", "UNLOGGED TABLE, INHERITS p, INHERITED BY c, ROW LEVEL SECURITY")
    assert remedy.changed("postgresql", fact("table", "u", "TABLE"), found) == (
        "ALTER TABLE u SET LOGGED; ALTER TABLE u NO INHERIT p; ALTER TABLE c NO INHERIT u; "
        "ALTER TABLE u DISABLE ROW LEVEL SECURITY"
    )


@pytest.mark.parametrize(
    ("name", "privileges", "statement"),
    [
        ("u", ["INSERT", "DELETE"], "as the owner: GRANT INSERT, DELETE ON TABLE u TO app"),
        ("schema public", ["USAGE"], "as the owner: GRANT USAGE ON SCHEMA public TO app"),
        ("u_id_seq", ["USAGE"], "as the owner: GRANT USAGE ON SEQUENCE u_id_seq TO app"),
    ],
)
def test_lacking(name: str, privileges: list[str], statement: str) -> None:
    assert remedy.lacking(Fact("access", name, "", ("u",) if name == "u" else ()), privileges, "app") == statement
