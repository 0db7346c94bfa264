"""The header of a SQLite file: what it is, which SQLite wrote it last, and why SQLite would not read it.

Its layout is that of https://www.sqlite.org/fileformat2.html, section 1.3.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from homecoming.errors import Refused
from homecoming.language import tr

MAGIC = b"SQLite format 3\x00"

# The newest of each that any SQLite so far knows: of the file, and of the catalogue in it.
_FILE_FORMAT, _SCHEMA_FORMAT = 2, 4

# Files of other programs, by what they set with PRAGMA application_id (those that SQLite's own list has).
APPLICATIONS = {
    0x0F055112: "Fossil",
    0x0F055113: "Fossil",
    0x42654462: "Bentley",
    0x42654C6E: "Bentley",
    0x45737269: "Esri",
    0x47503130: "GeoPackage",
    0x47504B47: "GeoPackage",
    0x4D504258: "MBTiles",
    0x4D4F4C43: "Monotone",
    0x5F4D544E: "Monotone",
    0x54455874: "TeXnicard",
}

_UNREADABLE = re.compile(r"malformed database schema \((?P<name>.*?)\)(?: - (?P<reason>.+))?", re.DOTALL)

NEWER = tr("Run this with that SQLite or a newer one, which a newer Python brings")


@dataclass(frozen=True)
class Header:
    """What the first hundred bytes of a file say.

    Attributes:
        magic: whether it begins as a SQLite file does.
        encrypted: whether it begins with what looks like noise, in whole pages.
        page_size: bytes.
        writes, reads: which format a writer, and a reader, has to know.
        schema_format: of the catalogue.
        version: of the SQLite that wrote it last.
    """

    SIZE = 100

    magic: bool
    encrypted: bool = False
    page_size: int = 4096
    writes: int = 1
    reads: int = 1
    schema_format: int = 4
    version: tuple[int, int, int] = (0, 0, 0)

    @staticmethod
    def of(start: bytes, size: int) -> Header:
        """Return the header in the first bytes of a file of ``size`` bytes."""
        if not start.startswith(MAGIC):
            # Of a hundred random bytes about 63 are not printable; text has none but its line ends.
            noise = sum(byte < 9 or 13 < byte < 32 or byte > 126 for byte in start)
            return Header(False, encrypted=size % 512 == 0 and noise > len(start) // 3)

        def number(at: int, length: int = 4) -> int:
            return int.from_bytes(start[at : at + length], "big")

        page, version = number(16, 2), number(96)
        return Header(
            True,
            page_size=65536 if page == 1 else page,
            writes=number(18, 1),
            reads=number(19, 1),
            schema_format=number(44),
            version=(version // 1_000_000, version // 1000 % 1000, version % 1000),
        )

    @property
    def is_logged(self) -> bool:
        """Whether it is written by way of a log beside it."""
        return self.reads == _FILE_FORMAT

    @property
    def written_by(self) -> str:
        """The SQLite that wrote it last, in words; nothing where it does not say."""
        return f"SQLite {'.'.join(map(str, self.version))}" if any(self.version) else ""

    @property
    def is_newer(self) -> bool:
        """Whether a newer SQLite than this one wrote it last."""
        return self.version > sqlite3.sqlite_version_info

    def refusal(self, path: str, read_only: bool) -> Refused | None:
        """Return why SQLite here would not read the file, or, unless ``read_only``, not write it."""
        if self.encrypted:
            return Refused(
                tr("{path} is no SQLite database, or an encrypted one", path=path),
                tr("Decrypt it with the program that encrypted it, or correct DATABASE_URL"),
            )
        if not self.magic:
            return Refused(
                tr("{path} is no SQLite database", path=path), tr("Correct DATABASE_URL, or move the file away")
            )
        formats = (self.reads,) if read_only else (self.reads, self.writes)
        for name, found, known in (
            *((tr("file"), found, _FILE_FORMAT) for found in formats),
            (tr("schema"), self.schema_format, _SCHEMA_FORMAT),
        ):
            if found > known:
                what = tr(
                    "{path} has the {name} format {found}, and SQLite {version} here knows {known}",
                    path=path,
                    name=name,
                    found=found,
                    version=sqlite3.sqlite_version,
                    known=known,
                )
                return Refused(
                    tr("{what}; {last} wrote it last", what=what, last=self.written_by) if self.is_newer else what,
                    NEWER if self.is_newer else tr("Bring it back from a backup"),
                )
        if not 512 <= self.page_size <= 65536 or self.page_size & (self.page_size - 1):
            return Refused(
                tr(
                    "the header of {path} is damaged: no SQLite has pages of {page_size} bytes",
                    path=path,
                    page_size=self.page_size,
                ),
                tr("Bring it back from a backup, or move it away"),
            )
        return None

    def refusal_of(self, said: str) -> Refused | None:
        """Return the refusal where SQLite, in its words ``said``, cannot read a definition in the catalogue."""
        found = _UNREADABLE.match(said)
        if found is None or not (self.is_newer or found["reason"]):
            return None
        what = tr(
            "SQLite {version} cannot read the definition of {name}", version=sqlite3.sqlite_version, name=found["name"]
        )
        if found["reason"]:
            what = tr("{what}: {reason}", what=what, reason=found["reason"])
        if self.is_newer:
            what = tr("{what}; {last} wrote the file last", what=what, last=self.written_by)
            return Refused(what, tr("{newer}; or drop {name} with it", newer=NEWER, name=found["name"]))
        return Refused(what, tr("Bring the file back from a backup, or drop it with the program that made it"))
