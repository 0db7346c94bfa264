"""Moving scripts into the archive: all of them, or none; the undo list is written first."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from homecoming.archive import credentials, git, inventory, kinds, readme, text, tree, undo
from homecoming.archive.inventory import Entry
from homecoming.archive.judge import CHANGED, Found
from homecoming.archive.survey import Survey
from homecoming.archive.tree import ARCHIVE
from homecoming.errors import FailedError, LockedError, Refused
from homecoming.language import tr
from homecoming.project import project
from homecoming.terminal import printable


def move(survey: Survey, own: Iterable[Entry], repository: git.Repository | None, redact: bool) -> undo.Undo | None:
    """Move what the survey found into the archive, and return the undo list; None where there was nothing to move.

    Arguments: ``own``, the entries of the folder's register; ``redact``, whether credentials are taken out.
    Errors: Refused before the first change, where a credential would move or a file is not what was looked at;
    LockedError; FailedError where something failed, with everything moved back.
    """
    moving = survey.moving
    if not moving:
        return None
    texts = _redacted(moving, redact)
    entries = [_entry(found, texts.get(found.path)) for found in moving]
    page = tree.within(survey.source, f"{ARCHIVE}/README.md")
    if page.exists() and readme.MARK.encode() not in page.read_bytes():
        raise Refused(
            tr("{archive}/README.md was written by somebody, and would be overwritten", archive=ARCHIVE),
            tr("Give it another name"),
        )
    if repository is not None and repository.is_locked():
        raise LockedError(
            tr("another git is at work in the repository (index.lock)"), tr("Wait for it to end, then run again")
        )
    state = undo.state_of(survey.source, repository)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if repository is None:
            (state / ".gitignore").write_text("*\n")
    except OSError as error:
        raise Refused(
            tr("the undo list cannot be written in {state}: {strerror}", state=state, strerror=error.strerror),
            tr("Make it writable, run again"),
        ) from None
    prefix = prefix_of(survey.source, survey.base)
    with undo.Lock(state):
        _refuse_changes(moving)
        plan = undo.begin(state, prefix)
        try:
            _plan(plan, survey, moving, texts, repository)
            written = _texts(survey.source, entries, own)
            for path, data in written.items():
                place = survey.source / path
                there = place.exists()
                before = place.read_bytes() if there else b""
                plan.written.append(
                    undo.Written(
                        path=path,
                        after=undo.hash_of(data),
                        kept=plan.keep(before) if there else "",
                        before=undo.hash_of(before) if there else "",
                        modified=place.stat().st_mtime_ns if there else 0,
                    )
                )
            plan.save()
            _carry_out(plan, survey, texts, written, repository, prefix)
        except BaseException as error:
            undo.take_back(plan, survey.source, repository, prefix)
            if isinstance(error, OSError | git.GitError):
                reason = str(error).strip().splitlines() or [type(error).__name__]
                raise FailedError(
                    tr("a file could not be moved: {reason}", reason=printable(reason[0])),
                    tr("Everything is where it was. Put that right, run again"),
                ) from None
            raise
    return plan


def prefix_of(source: Path, base: Path) -> str:
    """Return the path of a folder from another, as a beginning of paths: "" or with a slash at its end."""
    relative = source.relative_to(base).as_posix()
    return "" if relative == "." else relative + "/"


def _redacted(moving: list[Found], redact: bool) -> dict[str, bytes]:
    """The new bytes of the files with credentials. Errors: Refused where there are some and none may be touched."""
    holding = [found for found in moving if found.secrets]
    if holding and not redact:
        count = sum(len(found.secrets) for found in holding)
        raise Refused(
            tr(
                "{count} credentials in {holding} scripts would enter the archive; their lines are listed above",
                count=count,
                holding=len(holding),
            ),
            tr(
                "Change them where they are used, then run again with REDACT=1 ({command} archive --apply --redact)",
                command=project().command,
            ),
        )
    texts = {}
    for found in holding:
        read = text.read(found.file.data or b"")
        new = credentials.redact(found.file.name, read.text) if read else None
        if new is None:
            raise Refused(
                tr("{path}: its credentials cannot be taken out without breaking it", path=printable(found.path)),
                tr("Take them out by hand, then run again"),
            )
        texts[found.path] = new.encode()
    return texts


def _entry(found: Found, redacted: bytes | None) -> Entry:
    """What the folder's register says of a file that moves.

    The hash of an unknown file with its credentials is not kept: beside the file without them it lets one try guesses.
    """
    lines = tuple(sorted({f"line {secret.line}: {secret.what}" for secret in found.secrets}, key=_number))
    if redacted is not None:
        digests: tuple[str, ...] = (undo.hash_of(redacted),)
    else:
        digests = (found.sha256,)
    if found.entry is None:
        if found.date is None:
            raise ValueError(found.path)
        return Entry(
            path=found.path,
            date=found.date,
            kind=found.kind,
            dialect=kinds.dialect((found.file.data or b"").decode()),
            did="",
            sha256=digests,
            review=True,
            archived=found.target,
            redacted=lines if redacted is not None else (),
        )
    known = found.entry
    return replace(
        known,
        path=found.path,
        sha256=tuple(dict.fromkeys((*known.sha256, *digests))),
        review=known.review or found.verdict == CHANGED,
        archived=found.target,
        redacted=lines if redacted is not None else (),
    )


def _number(line: str) -> int:
    return int(line.split()[1].rstrip(":"))


def _texts(source: Path, entries: list[Entry], own: Iterable[Entry]) -> dict[str, bytes]:
    """The register with the new entries, and the README made of it, by path."""
    place = source / ARCHIVE / inventory.NAME
    text_of_inventory = inventory.save(place, entries)
    merged = {entry.path: entry for entry in own} | {entry.path: entry for entry in entries}
    page = readme.render(merged.values(), readme.revisions_beside(place))
    return {f"{ARCHIVE}/{inventory.NAME}": text_of_inventory.encode(), f"{ARCHIVE}/README.md": page.encode()}


def _refuse_changes(moving: list[Found]) -> None:
    for found in moving:
        try:
            same = undo.hash_of(found.file.place.read_bytes()) == found.sha256
        except OSError:
            same = False
        if not same:
            raise Refused(tr("{path} was changed or deleted meanwhile", path=printable(found.path)), tr("Run again"))


def _plan(
    plan: undo.Undo, survey: Survey, moving: list[Found], texts: dict[str, bytes], repository: git.Repository | None
) -> None:
    index = repository.entries(found.file.path for found in moving) if repository else {}
    for found in moving:
        facts = found.file.place.stat()
        new = texts.get(found.path)
        plan.moves.append(
            undo.Move(
                source=found.path,
                target=found.target,
                before=found.sha256,
                after=found.sha256 if new is None else undo.hash_of(new),
                index=index.get(found.file.path, []),
                kept="" if new is None else plan.keep(found.file.data or b""),
                mode=facts.st_mode & 0o7777,
                modified=facts.st_mtime_ns,
            )
        )
    folders = {parent.as_posix() for found in moving for parent in PurePosixPath(found.target).parents} - {"."}
    plan.folders = sorted(folder for folder in folders if not (survey.source / folder).exists())


def _carry_out(
    plan: undo.Undo,
    survey: Survey,
    texts: dict[str, bytes],
    written: dict[str, bytes],
    repository: git.Repository | None,
    prefix: str,
) -> None:
    source = survey.source
    for folder in plan.folders:
        (source / folder).mkdir()
    tracked: dict[str, list[str]] = {}
    for move in plan.moves:
        if move.index:
            tracked.setdefault(str(PurePosixPath(move.target).parent), []).append(prefix + move.source)
        elif os.path.lexists(source / move.target):
            raise FileExistsError(tr("{target} is there", target=move.target))
        else:
            (source / move.source).rename(source / move.target)
    for folder, paths in tracked.items():
        if repository is not None:
            repository.move(paths, prefix + folder)
    for move in plan.moves:
        if move.source in texts:
            (source / move.target).write_bytes(texts[move.source])
    if repository is not None:
        repository.stage(prefix + move.target for move in plan.moves if move.source in texts and move.index)
    for path, data in written.items():
        (source / path).write_bytes(data)
