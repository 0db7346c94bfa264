"""What customers wait while a database is taken to head: `make load`.

Customers of a fixed rate do the application's own work on a copy of one damaged database; how long each piece of work
took is counted from the moment it was due. Ways that are compared take turns, each on a copy of its own, so that a busy
machine slows them alike. The figures go into a JSON file, and into a page that needs nothing else.
"""

from __future__ import annotations

import html
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.operations import Operations
from alembic.operations.ops import MigrateOperation, OpContainer
from alembic.runtime.migration import MigrationContext

from homecoming.schema.dialects import schema_for
from tests.conftest import engine_of
from tests.support import command, lineage, pasting, scars, servers
from tests.support.traffic import customers

STATE = 18

STATES: dict[str, tuple[str, ...]] = {
    "as the models had it": (),
    # Of production's kind: a table that scripts rebuilt, with its copies and the keys that refer to them.
    "produtos rebuilt by scripts": ("startup_rebuild_sold_since",),
    # What has to be made again of large tables.
    "keys and indexes dropped": ("keys_and_indexes_dropped",),
}
"""What is done to the database before, by what is said of it: scars."""

WORST = "produtos rebuilt by scripts"

REPORT = 20.0
"""Seconds that a report reads a table which has to be changed."""

PATIENCE = {"MIGRATION_LOCK_TIMEOUT": "30"}
"""On a busy machine customers take their time: more tries, none of which is longer."""

# Rows of the large tables, as a part of --rows. Keys refer to rows that are there.
FILL = {
    "usuarios (cpf, nome, email, senha_hash, tipo) SELECT 'l' || n, 'n', n || '@l', 'h', "
    "(SELECT tipo FROM usuarios LIMIT 1)": 10,
    "transacoes (cpf_comprador, nome_comprador, valor, evento_id, lista_id, codigo_transacao) "
    "SELECT n, 'x', 5, 1 + n % 5, 1 + n % 5, 'l' || n": 1,
    "itens_venda_pdv (venda_id, produto_id, quantidade, preco_unitario, preco_total) "
    "SELECT 1 + n % 5, 1 + n % 5, 1, 5, 5": 1,
    "movimentos_estoque (produto_id, tipo_movimento, quantidade, estoque_anterior, estoque_atual, usuario_id) "
    "SELECT 1 + n % 5, 'venda', 1, 1, 0, 1": 1,
    "checkins (cpf, nome, evento_id, usuario_id) SELECT '1', 'x', 1 + n % 5, 1 + n % 5": 1,
}


@dataclass(frozen=True)
class Waits:
    """What customers met in one round: seconds they waited, how many failed, and how long the work itself took.

    ``state`` is one of ``STATES``, ``rows`` how many each of the large tables has.
    """

    way: str
    state: str
    rows: int
    longest: float
    usual: float
    over_a_quarter: int
    done: int
    failed: int
    took: float
    error: str = ""


Case = tuple[str, str, int]


def case_of(waits: Waits) -> Case:
    """Return the way, the state and the number of rows of a round."""
    return waits.way, waits.state, waits.rows


@dataclass
class Figures:
    """All rounds of all ways, and of what they are."""

    a_second: float
    version: int
    rounds: list[Waits] = field(default_factory=list)

    def of(self, case: Case, name: str) -> float:
        """Return the median of a figure of a way, a state and a number of rows."""
        return float(statistics.median(getattr(each, name) for each in self.rounds if case_of(each) == case))

    @property
    def cases(self) -> list[Case]:
        """The ways, states and numbers of rows, in their order."""
        return list(dict.fromkeys(map(case_of, self.rounds)))


def by_command(engine: sa.Engine) -> str:
    """`make upgrade`: a process of its own."""
    ended = command.run(engine.url, "upgrade", env=command.environment(engine.url, **PATIENCE))
    return "" if ended.code == 0 else ended.err


def by_command_alone(engine: sa.Engine) -> str:
    """`make upgrade` that makes nothing ahead."""
    env = command.environment(engine.url, MIGRATION_PREPARE_ROWS="off", **PATIENCE)
    ended = command.run(engine.url, "upgrade", env=env)
    return "" if ended.code == 0 else ended.err


def by_paste(engine: sa.Engine) -> str:
    """What `make sql` prints, sent at once."""
    return _said(engine.execution_options(isolation_level="AUTOCOMMIT"), pasting.script("sql", **PATIENCE))


def by_autogenerate(engine: sa.Engine) -> str:
    """The net difference, as Alembic's autogenerate finds it (no labels, no triggers), in one transaction."""
    try:
        with engine.begin() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            found = produce_migrations(context, schema_for("postgresql"))
            assert found.upgrade_ops is not None
            _invoke(Operations(context), found.upgrade_ops)
    except sa.exc.DBAPIError as error:
        return str(error.orig).splitlines()[0]
    return ""


def by_copy(engine: sa.Engine) -> str:
    """A table rebuilt as scripts do it: a copy that takes its name, in one transaction."""
    return _said(
        engine,
        "LOCK TABLE itens_venda_pdv; CREATE TABLE copia (LIKE itens_venda_pdv INCLUDING ALL); "
        "INSERT INTO copia SELECT * FROM itens_venda_pdv; ALTER TABLE itens_venda_pdv RENAME TO itens_antigo; "
        "ALTER TABLE copia RENAME TO itens_venda_pdv; "
        "ALTER TABLE itens_venda_pdv ADD FOREIGN KEY (venda_id) REFERENCES vendas_pdv (id)",
    )


def by_command_behind_a_report(engine: sa.Engine) -> str:
    """`make upgrade` while a report reads `produtos` for some seconds."""
    with engine.connect() as report:
        report.exec_driver_sql("SELECT count(*) FROM produtos")
        ends = threading.Timer(REPORT, report.rollback)
        ends.start()
        try:
            return by_command(engine)
        finally:
            ends.join()


def by_nobody(engine: sa.Engine) -> str:
    """Nothing at all: what customers wait for each other."""
    time.sleep(1)
    return ""


WAYS: dict[str, Callable[[sa.Engine], str]] = {
    "nobody": by_nobody,
    "make upgrade": by_command,
    "make upgrade, nothing ahead": by_command_alone,
    "make sql, pasted": by_paste,
    "alembic autogenerate": by_autogenerate,
    "one table copied and renamed": by_copy,
    "make upgrade behind a report": by_command_behind_a_report,
}


def _invoke(operations: Operations, operation: MigrateOperation) -> None:
    if isinstance(operation, OpContainer):
        for each in operation.ops:
            _invoke(operations, each)
    else:
        operations.invoke(operation)


def _said(engine: sa.Engine, text: str) -> str:
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(text, execution_options={"no_parameters": True})
    except sa.exc.DBAPIError as error:
        return str(error.orig).splitlines()[0]
    return ""


def build(engine: sa.Engine, rows: int, state: str = WORST) -> None:
    """Make the database that all ways start from, with so many rows in each of its large tables."""
    lineage.build(engine, STATE, rows=5)
    for name in STATES[state]:
        scars.apply(engine, scars.get("postgresql", name))
    with engine.begin() as connection:
        for text, part in FILL.items():
            insert = f"INSERT INTO {text} FROM generate_series(100, 100 + {rows // part}) AS n"
            connection.exec_driver_sql(insert, execution_options={"no_parameters": True})


def one_round(server: servers.Server, case: Case, a_second: float) -> Waits:
    """Take a copy of the database to head on one way while customers are at work."""
    server.drop_database("copy")
    engine = engine_of(server.create_database("copy", template="original"))
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with customers(dsn, a_second) as met:
        time.sleep(1.5)
        usual, before, began = max(met.waits), len(met.waits), time.monotonic()
        error = WAYS[case[0]](engine)
        took = time.monotonic() - began
        time.sleep(1)
    engine.dispose()
    waits = met.waits[before:]
    over = sum(wait > 0.25 for wait in waits)
    return Waits(*case, max(waits), usual, over, len(met.done), len(met.failed), took, error)


def measure(
    version: int, sizes: Iterable[int], a_second: float, rounds: int, ways: list[str], tell: Callable[[str], object]
) -> Figures:
    """Measure the ways on each state, each so many rounds, in turns.

    Args:
        version: PostgreSQL's.
        sizes: How many rows each of the large tables has; a tenth of them usuarios, a hundredth produtos.
        a_second: Pieces of work that are due in a second, of eight customers together.
        rounds: Of each way.
        ways: Of ``WAYS``.
        tell: Is told each round as it ends.
    """
    figures = Figures(a_second, version)
    with servers.start(version) as server:
        for state, rows in product(STATES, sizes):
            engine = engine_of(server.create_database("original"))
            build(engine, rows, state)
            engine.dispose()
            for _, way in product(range(rounds), ways):
                met = one_round(server, (way, state, rows), a_second)
                figures.rounds.append(met)
                tell(
                    f"{rows:9,}  {state:28} {way:30} longest wait {met.longest * 1000:6.0f} ms, over 250 ms "
                    f"{met.over_a_quarter:4d} of {met.done:5d}, failed {met.failed}, took {met.took:5.1f} s"
                    f"{met.error and f'  {met.error[:100]}'}"
                )
            server.drop_database("copy")
            server.drop_database("original")
    return figures


def page(figures: Figures) -> str:
    """Return the figures as a page that needs nothing else: a bar for each case's longest wait, a table of the rest."""
    longest = {case: figures.of(case, "longest") for case in figures.cases}
    most = max(longest.values())
    bars = "".join(
        f'<text x="0" y="{40 * n + 16}">{html.escape(", ".join(map(str, case)))}: {wait * 1000:.0f} ms</text>'
        f'<rect x="0" y="{40 * n + 22}" width="{max(1, 700 * wait / most):.0f}" height="12" fill="#2a6f97"/>'
        for n, (case, wait) in enumerate(longest.items())
    )
    names = ("longest", "over_a_quarter", "failed", "took", "usual")
    heads = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in names)
    lines = "".join(
        f"<tr><th>{html.escape(', '.join(map(str, case)))}</th>"
        f"{''.join(f'<td>{figures.of(case, name):.3f}</td>' for name in names)}</tr>"
        for case in figures.cases
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What customers wait</title>'
        "<style>body{font:16px sans-serif;margin:2em;max-width:60em}td,th{padding:.2em 1em;text-align:right}</style>"
        f"<h1>What customers wait</h1><p>PostgreSQL {figures.version}, {figures.a_second:g} pieces of work a second. "
        "Medians of the rounds; seconds, but for counts.</p>"
        f'<svg width="720" height="{40 * len(longest) + 10}" role="img" aria-label="longest wait">{bars}</svg>'
        f"<table><tr><th>way, state, rows</th>{heads}</tr>{lines}</table></html>\n"
    )


def write(figures: Figures, folder: Path) -> None:
    """Write ``waits.json`` and ``waits.html`` into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "waits.json").write_text(json.dumps(asdict(figures), indent=1) + "\n", "utf-8")
    (folder / "waits.html").write_text(page(figures), "utf-8")
