"""The round: every candidate is examined, side by side, step after step; then one line for all, and the exit code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue

from homecoming.candidates import Candidate
from homecoming.doctor import contents, file, network, report, session, tls
from homecoming.doctor.probe import Probe
from homecoming.doctor.step import State, Step
from homecoming.errors import NoConnectionError
from homecoming.language import and_joined, joined, mark, tr
from homecoming.settings import Settings, read_settings

Question = Callable[[Probe], list[Step]]

# In this order; the first that fails is what the advice is about.
POSTGRESQL: dict[str, Question] = {
    mark("name"): network.names,
    mark("TCP"): network.addresses,
    mark("TLS"): tls.tls,
    mark("log-in"): session.log_in,
    mark("version"): session.version,
    mark("latency"): session.latency,
    mark("pooler"): session.pooler,
    mark("revision"): contents.revision,
    mark("preflight"): contents.preflight,
    mark("schema"): contents.drift,
    mark("runs"): contents.run_lock,
}
SQLITE: dict[str, Question] = {
    mark("file"): file.place,
    mark("kind"): file.kind,
    mark("holder"): file.holder,
    mark("revision"): contents.revision,
    mark("preflight"): contents.preflight,
    mark("schema"): contents.drift,
}

CONSOLE = tr(
    "No way leads to the database. Its own console does: make sql > fix.sql, and paste it there (docs/console.md)"
)
MEND_FIRST = mark(
    "No way leads to the database. Mend {sources} first, as the advice above says, and run again. Only where nobody"
    " can, the database's own console does: make sql > fix.sql, and paste it there (docs/console.md)"
)


@dataclass
class Examined:
    """A candidate and its steps, as they come."""

    candidate: Candidate
    steps: list[Step] = field(default_factory=list)

    @property
    def code(self) -> int:
        """What an upgrade by this way would end with: 0, 3 (not reached) or 4 (refused)."""
        return next((step.code for step in self.steps if step.state is State.FAIL), 0)

    @property
    def advice(self) -> str:
        """One sentence, from the first step that fails; where none does, what comes next."""
        failed = [step.todo for step in self.steps if step.state is State.FAIL]
        # The last of the others: drift says more than the revision.
        return failed[0] if failed else next((step.todo for step in reversed(self.steps) if step.todo), "")


def doctor() -> int:
    """Examine every candidate and print what was found. Writes nothing, tries nothing twice.

    Returns 0 where an upgrade could reach a database it may change, 3 where none can be reached, 4 where it would be
    refused. Errors: UsageError where the settings cannot be followed.
    """
    settings = read_settings()
    queues = [_started(candidate, settings) for candidate in settings.candidates]
    all_examined = []
    for number, (candidate, queue) in enumerate(zip(settings.candidates, queues, strict=True), 1):
        report.heading(candidate, number, len(queues))
        examined = Examined(candidate)
        for step in iter(queue.get, None):
            report.line(step)
            examined.steps.append(step)
        report.advice(examined.advice)
        all_examined.append(examined)
    code, said = conclusion(all_examined)
    report.paragraph(said)
    return code


def _started(candidate: Candidate, settings: Settings) -> SimpleQueue[Step | None]:
    """Begin to examine a candidate; its steps come out of the queue, and None at the end."""
    queue: SimpleQueue[Step | None] = SimpleQueue()

    def work() -> None:
        try:
            for step in examine(Probe(candidate, settings.connect_timeout)):
                queue.put(step)
        finally:
            queue.put(None)

    threading.Thread(target=work, daemon=True).start()
    return queue


def examine(probe: Probe) -> Iterator[Step]:
    """Take the steps in their order; after one that nothing can be asked after, say which were left out."""
    questions = SQLITE if probe.candidate.url.get_backend_name() == "sqlite" else POSTGRESQL
    for place, (name, question) in enumerate(questions.items(), 1):
        steps = probe.ask(name, question)
        yield from steps
        if steps[-1].last:
            if left := list(questions)[place:]:
                yield Step(mark("not asked"), State.LEFT, joined(", ", map(tr, left)))
            break
    if probe.connection is not None:
        probe.ask("end", lambda probe: probe.close())


def conclusion(all_examined: list[Examined]) -> tuple[int, str]:
    """Return the exit code and the line for all: which candidate an upgrade would use, or what to do instead.

    An upgrade uses the first that lets it in, also where it may not change anything there.
    """
    reached = [examined for examined in all_examined if examined.code != NoConnectionError.exit_code]
    if not reached:
        sqlite = all_examined[0].candidate.url.get_backend_name() == "sqlite"
        return NoConnectionError.exit_code, tr("No way leads to the database.") if sqlite else _around(all_examined)
    used, *others = reached
    if not used.code:
        return 0, tr("An upgrade would use {candidate}.", candidate=used.candidate)
    better = next((other.candidate.source for other in others if not other.code), None)
    said = tr("An upgrade would use {candidate}, and be refused there.", candidate=used.candidate)
    if better:
        instead = tr("{better} would do: unset {source}.", better=better, source=used.candidate.source)
        said = joined(" ", [said, instead])
    return used.code, said


def _around(unreached: list[Examined]) -> str:
    """Return what to do where nothing was reached: to mend a variable that is only wrong is less than the console."""
    wrong = [one.candidate.source for one in unreached if not all(step.by_console for step in one.steps)]
    return tr(MEND_FIRST, sources=and_joined(dict.fromkeys(wrong))) if wrong else CONSOLE
