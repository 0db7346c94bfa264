# Performance

Made by `python -m tests.load.performance`, which measures, and writes `performance.json` and this page.

Measured on ${figures["measured_at"]}: ${figures["processors"]} processors, which others use too (load average of the last 15 minutes
${f"{figures['load_average']:.1f}"}), Python ${figures["python"]}, PostgreSQL ${figures["postgresql"]}. Ways that are compared took turns on
copies of one database; each figure is the median of its rounds. Ratios say more than seconds: a slower machine slows both sides.

${"##"} What customers wait while a database is taken to head

Eight customers do the application's own work (log-in, sale, check-in, ticket, sign-up), ${f"{waited.a_second:g}"} pieces a second; a wait
is counted from the moment a piece was due. Rows are those of each of four large tables.

| database | rows | way | longest wait | over 250 ms | failed | took |
|---|--:|---|--:|--:|--:|--:|
% for way, state, rows in waited.cases:
<% of = lambda name: waited.of((way, state, rows), name) %>\
| ${state} | ${f"{rows:,}"} | ${way}${" (refused by the server)" if (way, state, rows) in refused else ""} | ${f"{of('longest') * 1000:.0f}"} ms | ${f"{of('over_a_quarter'):.0f}"} | ${f"{of('failed'):.0f}"} | ${f"{of('took'):.1f}"} s |
% endfor

`alembic autogenerate` sees no labels and no triggers; where a leftover copy has keys the server refuses it, and nothing is
done. A report that reads `produtos` for ${f"{report:g}"} s is waited for, and nobody waits behind it for long.

Goals, by the state of the database, for the command and the paste:

% for state, goal, worst, failed in goals:
- ${state}: nobody fails, nobody waits ${f"{goal * 1000:.0f}"} ms. ${"Met" if worst < goal and not failed else "Missed"}: ${failed} failed, the longest waited ${f"{worst * 1000:.0f}"} ms.
% endfor

Where a figure is above its goal: what is left under the locks is what the operations cost the server (each revision looks
at the catalogue, and notes what it changed for the way back), and one look at each table whose foreign key goes elsewhere
now, since PostgreSQL has to see that every row finds its own. Of a large table the command takes the look before, by a key that
is made NOT VALID and validated while customers work; where a row is only in a copy that scripts left, as in the rebuilt
`produtos` here, it can not, and a paste takes it before only where the statements of `make sql-prepare` were pasted first. What
was tried: all statements in one message, tables that are as head has them left alone, rows asked once instead of up to
five times, the catalogue asked less under the locks.

${"##"} Nothing to do

`make upgrade` at head, the whole process, beside `alembic current` in a project of Alembic's own template with as many
revisions: ${f"{start.ratio:.2f}"} (goal ${start_goal}). The bare interpreter is ${f"{start.interpreter / start.current:.2f}"} of it.

${"##"} Backups

`make backup`, which counts rows and computes the checksums that prove a restore, beside `pg_dump -Fc`:

% for line in figures["backups"]:
- ${line.strip()}
% endfor
