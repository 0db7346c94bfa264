-- The catalogue from within: what the database has, what head has, and where they differ.

CREATE OR REPLACE FUNCTION pg_temp.known_tables() RETURNS text[] LANGUAGE sql IMMUTABLE AS $fn$
    SELECT {tables}
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.facts()
RETURNS TABLE (kind text, object text, definition text, tables text[], columns text[]) LANGUAGE sql STABLE AS $fn$
{facts}
SELECT * FROM live
$fn$;

-- In PL/pgSQL: planned before the locks of the run, and not again under them.
CREATE OR REPLACE FUNCTION pg_temp.fingerprint(OUT o text) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    WITH live AS (SELECT * FROM pg_temp.facts()),
    found AS (
{fingerprint}
    )
    SELECT fingerprint INTO o FROM found;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.learn_head() LANGUAGE sql AS $fn$
INSERT INTO pg_temp.head_facts
WITH
{head}
SELECT * FROM head
$fn$;

-- The names of the constraints, indexes and triggers that head has on a table.
CREATE OR REPLACE FUNCTION pg_temp.head_names(tbl text) RETURNS text[] LANGUAGE sql STABLE AS $fn$
    SELECT array_agg(split_part(object, '.', 2)) FROM pg_temp.head_facts
    WHERE tables = ARRAY[tbl] AND kind NOT IN ('table', 'column', 'sequence')
$fn$;

-- What the application cannot do with. Unknown tables, and what is on unknown columns, are left alone. What the role
-- may do is not asked: it has just changed the tables.
CREATE OR REPLACE FUNCTION pg_temp.differences()
RETURNS TABLE (object text, expected text, found text, tables text[]) LANGUAGE sql STABLE AS $fn$
    WITH live AS MATERIALIZED (SELECT * FROM pg_temp.facts())
    SELECT concat(h.kind, ' ', h.object), h.definition, coalesce(l.definition, 'nothing'), h.tables
    FROM pg_temp.head_facts AS h LEFT JOIN live AS l ON l.kind = h.kind AND l.object = h.object
    WHERE h.definition IS DISTINCT FROM l.definition
    UNION ALL
    SELECT concat(l.kind, ' ', l.object), 'nothing', l.definition, l.tables FROM live AS l
    WHERE l.tables && pg_temp.known_tables() AND l.kind NOT IN ('table', 'view', 'enum', 'function')
      AND NOT EXISTS (SELECT FROM pg_temp.head_facts AS h WHERE h.kind = l.kind AND h.object = l.object)
      AND CASE l.kind WHEN 'column' THEN l.definition ~ ' NOT NULL' AND l.definition !~ ' (DEFAULT |GENERATED)'
                      WHEN 'trigger' THEN (string_to_array(substring(l.definition FROM
{update_of}), ', ')
                           && pg_temp.head_columns(l.tables[1])) IS NOT FALSE
                      ELSE coalesce(l.columns, '{}') <@ pg_temp.head_columns(l.tables[1]) END
$fn$;
