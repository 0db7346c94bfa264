"""Customers: clients that do the application's own work, at a fixed rate, whatever the database is busy with.

Each piece of work has its moment; how long it took is counted from then, so that who waits for another is counted too.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg2

CLIENTS = 8


def login(cursor: Any, nth: int) -> None:
    """Who logs in is read, and when is noted."""
    cursor.execute("SELECT id, senha_hash, tipo FROM usuarios WHERE id = %s", [1 + nth % 5])
    cursor.execute("UPDATE usuarios SET ultimo_login = now() WHERE id = %s", [1 + nth % 5])


def sale(cursor: Any, nth: int) -> None:
    """A product is sold: the sale, its item, the stock and the movement."""
    product = 1 + nth % 5
    cursor.execute("SELECT id, preco FROM produtos WHERE id = %s", [product])
    cursor.execute(
        "INSERT INTO vendas_pdv (numero_venda, evento_id, usuario_vendedor_id, valor_total, valor_final, "
        "tipo_pagamento) SELECT %s, evento_id, usuario_vendedor_id, 5, 5, tipo_pagamento FROM vendas_pdv "
        "ORDER BY id LIMIT 1",
        [f"t{nth}"],
    )
    cursor.execute(
        "INSERT INTO itens_venda_pdv (venda_id, produto_id, quantidade, preco_unitario, preco_total) "
        "VALUES (1, %s, 1, 5, 5)",
        [product],
    )
    cursor.execute("UPDATE produtos SET estoque_atual = coalesce(estoque_atual, 0) - 1 WHERE id = %s", [product])
    cursor.execute(
        "INSERT INTO movimentos_estoque (produto_id, tipo_movimento, quantidade, estoque_anterior, estoque_atual, "
        "usuario_id) VALUES (%s, 'venda', 1, 1, 0, 1)",
        [product],
    )


def check_in(cursor: Any, nth: int) -> None:
    """Somebody is let in."""
    cursor.execute(
        "INSERT INTO checkins (cpf, nome, evento_id, usuario_id) VALUES ('1', 'x', %s, %s)", [1 + nth % 5, 1 + nth % 5]
    )


def ticket(cursor: Any, nth: int) -> None:
    """A ticket of a list is sold."""
    cursor.execute("SELECT id, nome FROM listas WHERE id = %s", [1 + nth % 5])
    cursor.execute(
        "INSERT INTO transacoes (cpf_comprador, nome_comprador, valor, evento_id, lista_id, codigo_transacao) "
        "VALUES ('1', 'x', 5, %s, %s, %s)",
        [1 + nth % 5, 1 + nth % 5, f"c{nth}"],
    )


def sign_up(cursor: Any, nth: int) -> None:
    """Somebody signs up."""
    cursor.execute(
        "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo) SELECT %s, 'n', %s, 'h', tipo FROM usuarios "
        "WHERE id = 1",
        [f"t{nth}", f"t{nth}@x"],
    )


WORK: tuple[Callable[[Any, int], None], ...] = (login, sale, check_in, ticket, sign_up)


@dataclass
class Customers:
    """What they met: seconds of each piece of work since it was due, errors, and by its name what was done."""

    waits: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


@contextlib.contextmanager
def customers(dsn: str, a_second: float) -> Iterator[Customers]:
    """Have customers at work while the block runs; what they met is whole afterwards.

    Args:
        dsn: The database, as libpq takes it.
        a_second: How many pieces of work are due in a second, of all clients together.
    """
    met, stop, begin = Customers(), threading.Event(), time.monotonic() + 0.2

    def client(number: int) -> None:
        nth = number
        with contextlib.closing(psycopg2.connect(dsn)) as connection:
            while not stop.is_set():
                due = begin + nth / a_second
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
                work = WORK[nth % len(WORK)]
                try:
                    with connection, connection.cursor() as cursor:
                        work(cursor, nth)
                    met.done.append(work.__name__)
                except psycopg2.Error as error:
                    met.failed.append(f"{work.__name__}: {error.pgcode} {str(error).splitlines()[0]}")
                met.waits.append(time.monotonic() - due)
                nth += CLIENTS

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield met
    finally:
        stop.set()
        for thread in threads:
            thread.join()
