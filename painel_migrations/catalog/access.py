"""Who may do what: other roles that are plainly an application's, and tables of another owner than the rest."""

from collections import Counter
from collections.abc import Iterator

from painel_migrations.catalog import reasons, remedy
from painel_migrations.catalog.facts import ACCESS, OWNER, ROLE_ACCESS, Catalogue
from painel_migrations.catalog.findings import Finding, Severity


def roles(expected: Catalogue, live: Catalogue) -> Iterator[Finding]:
    """Yield what each role lacks that may do everything with more than half of the known tables.

    Who looks is a superuser most of the time, to whom everything is open, so the roles that can log in are asked for.
    """
    known = expected.tables & live.tables
    for role in live.of_kind(ROLE_ACCESS):
        if 2 * len(known.intersection(role.tables)) <= len(known):
            continue
        for entry in role.columns:
            name, _, lacking = entry.partition(": ")
            if needed := expected.get((ACCESS, name)):
                yield Finding(
                    ACCESS,
                    f"{name} for {role.name}",
                    needed.definition,
                    lacking,
                    Severity.FAIL,
                    reasons.ROLE,
                    remedy.granted(needed, lacking.replace("no ", ""), role.name),
                )


def owners(expected: Catalogue, live: Catalogue) -> Iterator[Finding]:
    """Yield a note for each known table or enum that belongs to another role than most of the known tables do."""
    by_name = {fact.name: fact.definition for fact in live.of_kind(OWNER)}
    tables = Counter(by_name[name] for name in sorted(expected.tables) if name in by_name)
    if not tables:
        return
    # The first by name where two have as many: the same one always, here and in verdict.sql.
    usual = min(tables, key=lambda role: (-tables[role], role))
    for kind, name in expected:
        if kind in ("table", "enum") and by_name.get(name, usual) != usual:
            run = remedy.given_to(kind, name, usual)
            yield Finding(OWNER, name, usual, by_name[name], Severity.NOTE, reasons.OWNER, run)
