"""What the engine has to know of the application whose databases it migrates: one value, given once a process.

Nothing else of the engine knows a table, a label or a name of it.
"""

from __future__ import annotations

import configparser
import functools
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from homecoming.errors import UsageError
from homecoming.language import tr

if TYPE_CHECKING:
    import sqlalchemy as sa

    from homecoming.schema.triggers import Trigger


@dataclass(frozen=True, kw_only=True)
class NarrowedLabels:
    """Columns whose enum takes more labels than a row may hold, such as a spelling that a trigger folds.

    Attributes:
        table: The table.
        columns: A pattern of LIKE that finds the column under every name it ever had.
        labels: What a row may hold.
    """

    table: str
    columns: str
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Former:
    """What the application's databases had once: the history retells it, and copies that scripts left still have it.

    Attributes:
        tables: Tables that head no longer has.
        names: Columns that had another name once: today's name to that one, in whatever table.
        keys: What tells a row of a table whatever its id, as it did while copies were made: columns together, by table.
        retired: The columns, as ``table.column``, that each revision's upgrade retires where they are there.
        transitional: Columns that differ from head between two revisions and are no difference at its end, by the
            first.
        needed: Columns, as ``table.column``, that were NOT NULL once and may be NULL at head, or are gone.
        narrowed: The columns whose labels scripts widened, where there is one.
        last_revision: The newest revision that retells the past; later ones are written by ``revision``.
    """

    tables: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    retired: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    transitional: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needed: tuple[str, ...] = ()
    narrowed: NarrowedLabels = NarrowedLabels(table="", columns="", labels=())
    last_revision: int = 0


@dataclass(frozen=True, kw_only=True)
class Project:
    """An application's databases: which they are, what they should be, what they were.

    Attributes:
        name: What people call the application.
        program: What its migrations are called where they tell who they are: to a server, in a log, to ``pip``.
        command: What their command line is called.
        version: The version of the migrations.
        package: The folder of the package with the schema; ``alembic.ini`` and ``archive/`` lie in it or beside it.
        schema: Where the tables are: a module with ``metadata``, or ``package.models:Base``, a declarative base. The
            module may have ``TRIGGERS`` (by dialect) and ``LABEL_HEIRS`` besides. It is imported when somebody asks
            for it: a start at head needs none of it.
        default_url: The database where no variable names one.
        prefix: What the names of metrics begin with. Graphs and rules read them: it is not to change.
        owners_table: The table that the application cannot be without. Whose it is, is the application's role: its
            search_path and its time zone count. Empty where there is none such.
        owners_columns: Columns that tell it from another's table of that name.
        unmanaged: Tables of the schema that are left alone: told by another key than ``id``, for example.
        texts: A TOML file with texts of the status page in other languages, such as the titles of revisions.
        former: What its databases had once.
    """

    name: str
    program: str
    command: str
    version: str
    package: Path
    schema: str
    default_url: str
    prefix: str
    owners_table: str = ""
    owners_columns: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()
    texts: Path | None = None
    former: Former = Former()

    @functools.cached_property
    def metadata(self) -> sa.MetaData:
        """The tables at head, every constraint with a name: PostgreSQL's own where the schema says none.

        Raises:
            UsageError: A table is of a kind that the operations do not know, and is not among the unmanaged.
        """
        from homecoming.schema.managed import managed

        _, _, base = self.schema.partition(":")
        holder = getattr(self._module, base) if base else self._module
        return managed(holder.metadata, self.unmanaged)

    @functools.cached_property
    def triggers(self) -> Mapping[str, Sequence[Trigger]]:
        """The triggers at head, by dialect."""
        triggers: Mapping[str, Sequence[Trigger]] = getattr(self._module, "TRIGGERS", {"postgresql": (), "sqlite": ()})
        return triggers

    @functools.cached_property
    def label_heirs(self) -> Mapping[str, Mapping[str, str]]:
        """What rows become that hold a label which an enum does not have any more: by enum, by label."""
        heirs: Mapping[str, Mapping[str, str]] = getattr(self._module, "LABEL_HEIRS", {})
        return heirs

    @functools.cached_property
    def enums(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each enum that a column has, in PostgreSQL's order."""
        import sqlalchemy as sa

        kinds = (column.type for table in self.metadata.tables.values() for column in table.columns)
        return {str(kind.name): tuple(kind.enums) for kind in kinds if isinstance(kind, sa.Enum) and kind.name}

    @property
    def state_folder(self) -> str:
        """Where runs keep what no database can, in the folder they are started in."""
        return f".{self.program}"

    @property
    def schema_folder(self) -> str:
        """Where the schema is written, as its own repository calls it."""
        return self.schema.partition(":")[0].replace(".", "/")

    @property
    def _module(self) -> ModuleType:
        return importlib.import_module(self.schema.partition(":")[0])

    def beside(self, name: str) -> Path:
        """Return the path of a file of the repository: in the package where that is installed, else beside it."""
        inside = self.package / name
        return inside if inside.exists() else self.package.parent / name


_places: list[str] = []


def name_project(place: str) -> None:
    """Say which project this process works for: ``package.module:NAME``. It is imported when it is asked for.

    Args:
        place: The module and the name of a `Project` in it.

    Raises:
        UsageError: The process works for another one already: what is known of a schema is kept for its time.
    """
    if _places and _places != [place]:
        raise UsageError(
            tr("this process migrates the databases of {place}", place=_places[0]),
            tr("Start another one for {place}", place=place),
        )
    _places[:] = [place]


def named_in(folder: Path | None = None) -> str:
    """Return the place of the project that a folder's ``alembic.ini`` names.

    Args:
        folder: Where it lies; the current one when left out.

    Raises:
        UsageError: There is none, or it names none.
    """
    file = (folder or Path.cwd()) / "alembic.ini"
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(file, "utf-8")
    place = parser.get("homecoming", "project", fallback="")
    if not place:
        raise UsageError(
            tr("{file} names no project", file=file),
            tr("Begin one: homecoming init PACKAGE. One that is there: [homecoming], project = package.module:NAME"),
        )
    sys.path[:0] = [str(file.parent)]
    return place


def logger_name(part: str = "") -> str:
    """Return the name of a logger: an application says by its migrations' own name what it wants to hear of them."""
    root = _places[0].partition(".")[0] if _places else "homecoming"
    return f"{root}.{part}" if part else root


@functools.cache
def project() -> Project:
    """Return the project this process works for.

    Raises:
        UsageError: None was named, or there is none at that place.
    """
    if not _places:
        raise UsageError(
            tr("no project is named"),
            tr(
                "Name it in alembic.ini: [homecoming], project = package.module:NAME; in an application, before its"
                " hook is imported: homecoming.project.name_project('package.module:NAME')"
            ),
        )
    module, _, name = _places[0].partition(":")
    found = getattr(importlib.import_module(module), name, None)
    if not isinstance(found, Project):
        raise UsageError(
            tr("{place} is no Project of homecoming", place=_places[0]), tr("Name one: package.module:NAME")
        )
    return found
