"""Who may do what: roles that are plainly an application's, everybody, and tables of another owner than the rest."""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from homecoming.catalog import reasons, remedy
from homecoming.catalog.facts import ACCESS, OWNER, ROLE_ACCESS, UNREAD, Catalogue
from homecoming.catalog.findings import Finding, Severity
from homecoming.language import joined, tr
from homecoming.sql_texts import ServerMessage


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
                    tr("{name} for {role}", name=name, role=role.name),
                    needed.definition,
                    joined(", ", (tr("no {right}", right=each.removeprefix("no ")) for each in lacking.split(", "))),
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


def unread(expected: Catalogue, live: Catalogue) -> Iterator[Finding]:
    """Yield a failure for each known table whose rows nobody looked at, since another role's code would have run."""
    for fact in live.of_kind(UNREAD):
        if fact.name in expected.tables:
            run = tr("See what it is. Where it is the application's, end that, or look as its owner; else rename it")
            alone = tr("a table of ours alone")
            yield Finding("rows", fact.name, alone, ServerMessage(fact.definition), Severity.FAIL, reasons.UNREAD, run)


# What everybody may read, a column at a time too, and what everybody may read of every table that will be made.
_OPEN = sa.text("""
    SELECT c.relname::text AS name, string_agg(DISTINCT g.privilege_type, ', ' ORDER BY g.privilege_type) AS rights
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type FROM pg_catalog.aclexplode(c.relacl) AS x
        UNION ALL
        SELECT x.grantee, x.privilege_type FROM pg_catalog.pg_attribute AS a
        CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) AS x
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS g
    WHERE c.relnamespace = pg_catalog.to_regnamespace('public') AND c.relkind IN ('r', 'p') AND g.grantee = 0
    GROUP BY c.relname
    UNION ALL
    SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %sREVOKE ALL ON TABLES FROM PUBLIC',
        d.defaclrole::regrole, CASE WHEN d.defaclnamespace <> 0 THEN 'IN SCHEMA public ' ELSE '' END),
        string_agg(DISTINCT x.privilege_type, ', ' ORDER BY x.privilege_type)
    FROM pg_catalog.pg_default_acl AS d CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) AS x
    WHERE d.defaclobjtype = 'r' AND x.grantee = 0
      AND d.defaclnamespace IN (0, pg_catalog.to_regnamespace('public')::oid)
    GROUP BY d.defaclrole, d.defaclnamespace""")


def open_to_all(connection: sa.Connection, expected: Catalogue) -> Iterator[Finding]:
    """Yield a note for each known table that every role has rights on, and for what gives them to new ones.

    A named role is somebody's decision, and a healthy database has some; PUBLIC is every role there is and will be.
    """
    if connection.dialect.name != "postgresql":
        return
    for name, rights in connection.execute(_OPEN):
        # A statement is of what will be made, and no table's name.
        is_default = name.startswith("ALTER DEFAULT ")
        if is_default or name in expected.tables:
            yield Finding(
                ACCESS,
                tr("default privileges") if is_default else name,
                tr("nothing for PUBLIC"),
                tr("{rights} for PUBLIC", rights=rights),
                Severity.NOTE,
                reasons.OPEN,
                name if is_default else f"REVOKE ALL ON {name} FROM PUBLIC",
            )
