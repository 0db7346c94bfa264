-- What refuses a run: all of it in one refusal, in the words of the database as it is once the run is undone.

-- The tables and columns that the run found, before its first change. Numbers stay when names change.
CREATE TEMP TABLE IF NOT EXISTS as_found ON COMMIT DROP AS
SELECT c.oid AS rel, c.relname::text AS tbl, attnum AS num, attname::text AS col,
    format_type(atttypid, atttypmod) AS type
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p');

-- What head has: filled by a run to head, and read once for all who ask, since that takes longer than what
-- they do.
CREATE TEMP TABLE IF NOT EXISTS head_facts (kind text, object text, definition text, tables text[], columns text[])
ON COMMIT DROP;

-- The columns that head has in a table.
CREATE OR REPLACE FUNCTION pg_temp.head_columns(tbl text, OUT o text[]) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT array_agg(columns[1]) INTO o FROM pg_temp.head_facts WHERE kind = 'column' AND tables = ARRAY[tbl];
END $fn$;

CREATE TEMP TABLE IF NOT EXISTS faults (
    place bigint GENERATED ALWAYS AS IDENTITY, what text UNIQUE, todo text, things text[], see text[])
ON COMMIT DROP;

-- Refuses what was noted, if anything was.
CREATE OR REPLACE PROCEDURE pg_temp.refuse_faults() LANGUAGE plpgsql AS $fn$
DECLARE found record;
BEGIN
    -- A name may hold a line's end, and forges no line.
    SELECT string_agg(translate(mark || what || array_to_string(things, ', '), E'\n\r', '  '), E'\n'
            ORDER BY place) AS what,
        string_agg(translate(concat(mark, todo, 'See them: ' || nullif(array_to_string(see, ' UNION ALL '), '')),
            E'\n\r', '  '), E'\n' ORDER BY place) AS todo
    INTO found FROM (SELECT *, CASE WHEN count(*) OVER () > 1 THEN row_number() OVER (ORDER BY place) || '. '
        ELSE '' END AS mark FROM pg_temp.faults) f;
    IF found.what IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PM004', MESSAGE = found.what, HINT = found.todo;
    END IF;
END $fn$;

-- Notes what refuses the run, which goes on to find the rest and is refused at its end; an operation outside of
-- a run is refused at once. Things of which the same is to be said come together.
CREATE OR REPLACE FUNCTION pg_temp.fault(says text, next text, thing text DEFAULT '', query text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    INSERT INTO pg_temp.faults AS f (what, todo, things, see) VALUES (says, next, ARRAY[thing], ARRAY[query])
    ON CONFLICT (what) DO UPDATE SET things = f.things || thing, see = f.see || query WHERE thing <> ALL (f.things);
    IF coalesce(current_setting('homecoming.began', true), '') = '' THEN
        CALL pg_temp.refuse_faults();
    END IF;
END $fn$;

-- Lifts what only a superuser may set, and what would let a run break what it has to keep; where the role may
-- not, it is refused. A right to set one can be given from PostgreSQL 15 on, so it is tried.
CREATE OR REPLACE PROCEDURE pg_temp.lift_settings() LANGUAGE plpgsql AS $fn$
DECLARE s record;
BEGIN
    FOR s IN SELECT * FROM (VALUES
        ('session_replication_role', 'replica', 'origin', @harmful_setting.replica@),
        ('zero_damaged_pages', 'on', 'off', @harmful_setting.zeroed@),
        ('ignore_checksum_failure', 'on', 'off', @harmful_setting.unchecked@)) AS v (name, bad, wanted, so)
        WHERE current_setting(name) = bad
    LOOP
        BEGIN
            PERFORM set_config(s.name, s.wanted, true);
        EXCEPTION WHEN insufficient_privilege THEN
            PERFORM pg_temp.fault(format(@harmful_setting.what@, s.name, s.bad, s.so, current_user),
                format(@harmful_setting.todo@, session_user, current_database(), s.name, s.wanted));
        END;
    END LOOP;
    CALL pg_temp.refuse_faults();
END $fn$;

-- The name that a table, or a column of it, had when the run began, ready for SQL. Where it was not there it is
-- the one that is given, or the one that it has now.
CREATE OR REPLACE FUNCTION pg_temp.was(live text, of_col text DEFAULT NULL, instead text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE AS $fn$
    SELECT coalesce((SELECT quote_ident(CASE WHEN of_col IS NULL THEN tbl ELSE col END) FROM pg_temp.as_found
        WHERE rel = (SELECT pg_temp.oid_of(live))
          AND (of_col IS NULL OR num = pg_temp.attnum_of(live, of_col) OR col = of_col)
        ORDER BY num = pg_temp.attnum_of(live, of_col) DESC LIMIT 1), instead, quote_ident(coalesce(of_col, live)))
$fn$;

-- The statement that shows rows of a table as the run found it.
CREATE OR REPLACE FUNCTION pg_temp.see(tbl text, col text, condition text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('SELECT %s FROM %s WHERE %s', coalesce(nullif(concat_ws(', ', nullif(pg_temp.was(tbl, 'id', ''), ''),
        CASE WHEN col <> 'id' THEN pg_temp.was(tbl, col) END), ''), '*'), pg_temp.was(tbl), condition)
$fn$;

-- Whether no row satisfies a condition; how many do is a fault. They are shown by a condition in the words of
-- the beginning or, where those cannot say it, by their ids.
CREATE OR REPLACE FUNCTION pg_temp.no_row(tbl text, col text, condition text, one text, many text, says text, next text,
    shown text, by_id boolean DEFAULT false) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE n bigint := pg_temp.count_where(tbl, condition);
BEGIN
    IF n > 0 THEN
        IF by_id AND pg_temp.was(tbl, 'id', '') > '' THEN
            EXECUTE format('SELECT ''id IN ('' || string_agg(quote_literal(id), '', '' ORDER BY id) || '')'' '
                'FROM public.%I WHERE %s', tbl, condition) INTO shown;
        END IF;
        PERFORM pg_temp.fault(format('%s.%s: %s %s', pg_temp.was(tbl), pg_temp.was(tbl, col),
            pg_temp.counted(n, one, many), says), next || ', then run again. ', '',
            pg_temp.see(tbl, CASE WHEN shown !~ ' IS NULL$' THEN col END, shown));
    END IF;
    RETURN n = 0;
END $fn$;

-- What a table that is missing may be called now: the statements that would rename those nobody knows, and that
-- have most of its columns, at least half.
CREATE OR REPLACE FUNCTION pg_temp.may_be(missing text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT string_agg(format('if %1$I is it: ALTER TABLE %1$I RENAME TO %2$I; else ', tbl, missing), '') FROM (
        SELECT tbl FROM pg_temp.as_found, pg_temp.head_columns(missing) AS h
        WHERE tbl NOT IN (SELECT tables[1] FROM pg_temp.head_facts WHERE kind = 'column') GROUP BY tbl, h
        HAVING 2 * count(*) FILTER (WHERE col = ANY (h)) >= cardinality(h)
        ORDER BY count(*) FILTER (WHERE col = ANY (h)) DESC FETCH FIRST ROW WITH TIES) AS t
$fn$;

-- The same for a column: those of its type.
CREATE OR REPLACE FUNCTION pg_temp.may_be(live text, missing text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT string_agg(format('if %1$I is it: ALTER TABLE %2$I RENAME COLUMN %1$I TO %3$I; else ', col, tbl, missing), ''
        ORDER BY num) FROM pg_temp.as_found
    WHERE rel = pg_temp.oid_of(live) AND split_part(type, '(', 1) = split_part(pg_temp.type_of(live, missing), '(', 1)
      AND col <> ALL (pg_temp.head_columns(live))
$fn$;
