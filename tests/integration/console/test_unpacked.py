"""What the script unpacks its helpers by, against gzip itself, with each of its kinds of blocks."""

from __future__ import annotations

import base64
import random
import zlib
from importlib import resources

import pytest
import sqlalchemy as sa

from homecoming.console.block import gzipped

RANDOM = random.Random(1)
TEXTS = {
    "nothing": "",
    "a letter": "a",
    "refers to what it makes": "abc" * 20_000,
    "words": " ".join(RANDOM.choice(("SELECT", "produtos", "ção", "§", "WHERE id")) for _ in range(60_000)),
    "no two alike": "".join(chr(RANDOM.randrange(32, 0x2FFF)) for _ in range(40_000)),
}
STRATEGIES = {
    "as the script is": None,
    "stored": (0, zlib.Z_DEFAULT_STRATEGY),
    "fixed codes": (9, zlib.Z_FIXED),
    "no references": (9, zlib.Z_HUFFMAN_ONLY),
}


def packed(text: str, strategy: tuple[int, int] | None) -> str:
    if strategy is None:
        return gzipped(text)
    packer = zlib.compressobj(strategy[0], zlib.DEFLATED, 16 + zlib.MAX_WBITS, 9, strategy[1])
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_it_is_what_was_packed(postgres: sa.Engine, strategy: tuple[int, int] | None) -> None:
    inflate = resources.files("homecoming.console").joinpath("inflate.sql").read_text("utf-8")
    with postgres.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION pg_temp.unpacked(our_list text) RETURNS text LANGUAGE plpgsql AS $fn$\n"
            f"BEGIN\n{inflate}RETURN our_list;\nEND\n$fn$",
            execution_options={"no_parameters": True},
        )
        for name, text in TEXTS.items():
            given = sa.text("SELECT pg_temp.unpacked(:gz)").bindparams(gz=packed(text, strategy))
            assert connection.scalar(given) == text, name
