"""Schemas of other applications: what the operations have no words for is refused, the rest is as it is said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from homecoming.authoring.spelling import JSON_SPELLED, spelled
from homecoming.catalog import Catalogue, expected_postgresql
from homecoming.catalog.head_text import facts_text
from homecoming.errors import Refused, UsageError
from homecoming.language import localized
from homecoming.operations.describe import items, listed
from homecoming.operations.recorded import Said
from homecoming.schema import dialects
from homecoming.schema.defaults import spelled_default
from homecoming.schema.managed import managed
from homecoming.schema.parts import parts_of, plain_index
from homecoming.schema.words import refuse_unspoken
from tests.support import pseudo


class Wrapped(sa.types.TypeDecorator[str]):
    """A type of an application's own."""

    impl = sa.String(10)
    cache_ok = True


def table(*parts: sa.schema.SchemaItem, key: sa.Column[int] | None = None, **names: str) -> sa.MetaData:
    """A table `t` with an id, and what else is asked for."""
    metadata = sa.MetaData(naming_convention=names or None)
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True) if key is None else key, *parts)
    return metadata


UNSPOKEN = [
    (table(key=sa.Column("id", sa.BigInteger, primary_key=True)), "t.id, which is no plain Integer"),
    (table(key=sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)), "t.id, which is an IDENTITY"),
    (table(sa.Column("at", sa.DateTime)), "t.at, a moment without a time zone (they know DateTime(timezone=True))"),
    (table(sa.Column("n", sa.Integer, sa.Computed("id * 2"))), "t.n, which is computed"),
    (table(sa.Column("kind", sa.Enum("a", "b"))), "t.kind, whose type has no name there"),
    (table(sa.Column("n", sa.Integer, sa.Identity())), "t.n, which is an IDENTITY"),
    (table(sa.Column("a", sa.Text, server_default="wow!")), "t.a, whose default holds '!'"),
    (table(sa.Column("a", sa.Text, server_default="b=c")), "t.a, whose default holds '='"),
    (table(sa.Column("a", sa.Text, server_default="b->c")), "t.a, whose default holds '->'"),
    (table(sa.Column("a", sa.Text, server_default=sa.text("1\n+ 1"))), "t.a, whose default holds '\\n'"),
    (table(sa.Column("a", sa.Text, server_default="is not null")), "t.a, whose default holds ' not null'"),
    (table(sa.Column("a", sa.Text, server_default="ação")), "t.a, whose default holds 'ç'"),
    (table(sa.Column("ação", sa.Text)), "t.ação, whose name holds 'ç'"),
    (table(sa.Column("k", sa.Enum("fé", name="k"))), "t.k, whose label 'fé' holds 'é'"),
    (
        table(sa.Column("a", sa.Text), sa.CheckConstraint("a <> 'é'", name="ck")),
        "t.ck, whose text holds 'é'",
    ),
    (
        table(sa.Column("n", sa.Integer, unique=True), uq="uq_%(table_name)s_%(column_0_name)s"),
        "t.uq_t_n, by another name than the server's own (t_n_key)",
    ),
    (
        table(sa.Column("n", sa.Integer, unique=True), sa.Column("m", sa.ForeignKey("t.n"))),
        "t (m), which refers to something else than an id",
    ),
]


@pytest.mark.parametrize(("metadata", "reason"), UNSPOKEN)
def test_what_postgresql_would_have_otherwise_is_refused(metadata: sa.MetaData, reason: str) -> None:
    with pytest.raises(UsageError) as refused:
        refuse_unspoken(managed(metadata, ()), "postgresql")
    assert refused.value.what == f"on PostgreSQL the operations do not make {reason}"
    assert "unmanaged=(...)" in refused.value.todo
    for text in (refused.value.what, refused.value.todo):
        assert pseudo.words_outside(localized(text, pseudo.LANGUAGE), ["ação", "(m", "m"]) == []
    assert localized(refused.value.what, "pt").startswith("no PostgreSQL as operações não fazem t")


@pytest.mark.parametrize("default", ["plain", "a b; c", "it's", "$$", "a|b", "(now() + '1 day'::interval)", "a -b>"])
def test_what_is_not_refused_is_carried_by_each_text(default: str) -> None:
    """By the list of a table, as a run reads it, and the text of head, as the verdict reads it."""
    metadata = managed(table(sa.Column("a", sa.Text, server_default=default)), ())
    refuse_unspoken(metadata, "postgresql")
    assert carried(metadata)


@pytest.mark.parametrize(
    "metadata", [metadata for metadata, reason in UNSPOKEN if "holds" in reason and "not null" not in reason]
)
def test_what_is_refused_is_what_a_text_does_not_carry(metadata: sa.MetaData) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        carried(managed(metadata, ()))


def carried(metadata: sa.MetaData) -> str:
    head = facts_text(Catalogue("postgresql", expected_postgresql.facts(metadata, ())), rows=False)
    return head + listed(items(parts_of(metadata.tables["t"])))


def test_what_is_computed_is_refused_on_sqlite_too() -> None:
    metadata = managed(table(sa.Column("n", sa.Integer, sa.Computed("id * 2"))), ())
    with pytest.raises(UsageError, match=r"on SQLite the operations do not make t\.n, which is computed"):
        refuse_unspoken(metadata, "sqlite")


def test_a_table_that_refers_to_an_unmanaged_one_is_copied_whole() -> None:
    """But for that reference: what SQLAlchemy says of a table is no list of ours."""
    metadata = table(
        sa.Column("u_id", sa.ForeignKey("u.id"), index=True),
        sa.Column("parent_id", sa.ForeignKey("t.id", ondelete="CASCADE")),
        sa.Column("n", sa.Integer, sa.Identity(always=True, start=7)),
        sa.Column("m", sa.Integer, sa.Computed("n * 2", persisted=True)),
        sa.CheckConstraint("n > 1", name="ck"),
        sa.Index("ix_half", "n", postgresql_where=sa.text("n > 1")),
        sa.Index("ix_lower", sa.func.lower(sa.column("n"))),
    )
    sa.Table("u", metadata, sa.Column("id", sa.Integer, primary_key=True))
    made = managed(metadata, ("u",)).tables["t"]
    identity, computed = made.columns["n"].identity, made.columns["m"].computed
    assert identity is not None
    assert (identity.always, identity.start) == (True, 7)
    assert computed is not None
    assert (str(computed.sqltext), computed.persisted) == ("n * 2", True)
    (key,) = made.foreign_key_constraints
    assert (key.column_keys, key.ondelete) == (["parent_id"], "CASCADE")
    assert {str(index.name) for index in made.indexes} == {"ix_t_u_id", "ix_half", "ix_lower"}
    assert "ck" in {str(constraint.name) for constraint in made.constraints}
    # As it was, in the application's own.
    assert len(metadata.tables["t"].foreign_keys) == 2


def test_names_that_postgresql_cuts_are_refused() -> None:
    metadata = sa.MetaData()
    sa.Table("t" * 60, metadata, sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(UsageError, match="whose sequence would have too long a name"):
        refuse_unspoken(managed(metadata, ()), "postgresql")


def test_tables_that_refer_to_each_other_are_refused() -> None:
    metadata = sa.MetaData()
    for name, other in (("a", "b"), ("b", "a")):
        key = sa.Column("id", sa.Integer, primary_key=True)
        sa.Table(name, metadata, key, sa.Column("other_id", sa.ForeignKey(f"{other}.id")))
    with pytest.warns(sa.exc.SAWarning), pytest.raises(UsageError, match=r"a \(other_id\), which refers in a circle"):
        refuse_unspoken(managed(metadata, ()), "postgresql")


def test_what_the_operations_make_is_not_refused() -> None:
    own: sa.Column[int] = sa.Column("parent_id", sa.ForeignKey("t.id"), index=True)
    moment = sa.Column("at", sa.DateTime(timezone=True))
    parts = (own, moment, sa.Column("a", sa.Integer), sa.Column("b", Wrapped), sa.UniqueConstraint("a", "b"))
    refuse_unspoken(managed(table(*parts), ()), "postgresql")


def test_a_key_of_two_columns_is_named_as_postgresql_names_it() -> None:
    metadata = table(sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), sa.UniqueConstraint("a", "b"))
    names = {str(constraint.name) for constraint in managed(metadata, ()).tables["t"].constraints}
    assert names == {"t_pkey", "t_a_b_key"}


def test_the_application_s_own_names_stay_where_a_table_is_unmanaged() -> None:
    metadata = table(
        sa.Column("u_id", sa.ForeignKey("u.id")), sa.Column("n", sa.Integer, unique=True), uq="uq_%(table_name)s"
    )
    sa.Table("u", metadata, sa.Column("id", sa.Integer, primary_key=True))
    names = {str(constraint.name) for constraint in managed(metadata, ("u",)).tables["t"].constraints}
    assert names == {"t_pkey", "uq_t"}


def test_a_type_that_sqlite_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match=r"on SQLite the operations do not make t\.n, whose type has no name there"):
        refuse_unspoken(managed(table(sa.Column("n", postgresql.ARRAY(sa.Integer))), ()), "sqlite")


def test_an_index_with_a_predicate_is_no_plain_one() -> None:
    column = sa.Column("n", sa.Integer)
    table(column, sa.Index("ix_t_n", "n", postgresql_where=sa.text("n > 1")), sa.Index("ix_t_m", "n"))
    assert {str(index.name): plain_index(index) for index in column.table.indexes} == {"ix_t_n": False, "ix_t_m": True}


def test_a_type_of_the_application_s_own_is_written_as_what_is_inside() -> None:
    said = Said("ensure_column", ("t", sa.Column("n", Wrapped)), {})
    assert 'sa.Column("n", sa.String(10))' in spelled(said)


def test_json_that_has_equality_is_written_as_the_models_say_it() -> None:
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    assert f'sa.Column("n", {JSON_SPELLED})' in spelled(Said("ensure_column", ("t", sa.Column("n", kind)), {}))
    assert repr(eval(JSON_SPELLED, {"sa": sa, "postgresql": postgresql})) == repr(kind)


@pytest.mark.parametrize(
    "kind",
    [
        postgresql.JSONB(),
        sa.JSON().with_variant(postgresql.JSON(), "postgresql"),
        sa.Text().with_variant(postgresql.JSONB(), "postgresql"),
        sa.JSON().with_variant(postgresql.JSONB(), "postgresql").with_variant(sa.Text(), "sqlite"),
    ],
    ids=["one", "another", "text there", "three"],
)
def test_a_type_of_one_dialect_is_refused_not_written_otherwise(kind: sa.types.TypeEngine[object]) -> None:
    with pytest.raises(Refused, match="a type of one dialect, or another on each"):
        spelled(Said("ensure_column", ("t", sa.Column("n", kind)), {}))


def test_a_default_of_a_float_is_as_the_server_has_it() -> None:
    assert spelled_default(sa.Column("n", sa.Float, server_default="1.5")) == "'1.5'::double precision"


def test_a_sequence_belongs_to_a_table_whose_name_needs_quotes() -> None:
    assert expected_postgresql.sequence_definition("integer", "order", "id").endswith(' OWNED BY "order".id')


@pytest.mark.parametrize(
    ("dialect", "kind"), [("postgresql", sa.DateTime()), ("sqlite", postgresql.ARRAY(sa.Integer))], ids=["pg", "sqlite"]
)
def test_each_dialect_is_asked_before_its_schema_is_taken(
    monkeypatch: pytest.MonkeyPatch, dialect: str, kind: sa.types.TypeEngine[object]
) -> None:
    metadata = managed(table(sa.Column("n", kind)), ())
    monkeypatch.setattr(dialects, "project", lambda: SimpleNamespace(metadata=metadata))
    with pytest.raises(UsageError, match=r"t\.n"):
        dialects.schema_for.__wrapped__(dialect)
