"""A fingerprint tells states apart by what they hold, and by nothing else."""

from homecoming.catalog import Catalogue, Fact, fingerprint

TABLE = Fact("table", "usuarios", "TABLE", ("usuarios",))
NAME = Fact("column", "usuarios.nome", "text", ("usuarios",), ("nome",))
KIND = Fact("enum", "tipousuario", "'ADMIN'", ("usuarios",))


def of(*facts: Fact) -> str:
    return fingerprint(Catalogue("postgresql", facts), {"usuarios"})


def test_it_is_the_sha256_of_the_facts() -> None:
    """Written into migration_history, so it may never change for the same state: sha256sum of two lines with tabs."""
    assert of(TABLE, NAME) == "e591d6aead780a3056a4cdbc2e4532a302133bb1ca441676c63d2c7fe55ae698"


def test_order_does_not_count() -> None:
    assert of(TABLE, NAME, KIND) == of(KIND, NAME, TABLE)


def test_what_belongs_to_no_known_table_does_not_count() -> None:
    others = (
        Fact("table", "produtos_old", "TABLE", ("produtos_old",)),
        Fact("enum", "cor", "'azul'"),
        Fact("view", "v", "VIEW", ("v",)),
    )
    assert of(TABLE, *others) == of(TABLE)


def test_rights_of_the_current_user_do_not_count() -> None:
    assert of(TABLE, Fact("access", "usuarios", "SELECT", ("usuarios",))) == of(TABLE)


def test_every_part_of_a_fact_counts() -> None:
    states = [
        of(TABLE),
        of(TABLE, NAME),
        of(TABLE, Fact("column", "usuarios.nome", "text NOT NULL", ("usuarios",), ("nome",))),
        of(TABLE, Fact("column", "usuarios.apelido", "text", ("usuarios",), ("apelido",))),
        of(TABLE, Fact("check", "usuarios.nome", "text", ("usuarios",), ("nome",))),
        of(TABLE, KIND),
    ]
    assert len(set(states)) == len(states)
