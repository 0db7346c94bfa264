-- The locks of a run: told before it takes any, and taken all at once.

-- How many keys lead to each of some tables from the others, at most: those that refer have less.
CREATE OR REPLACE FUNCTION pg_temp.depths(rels oid[]) RETURNS TABLE (rel oid, n integer) LANGUAGE sql STABLE AS $fn$
    WITH RECURSIVE depth (oid, n) AS (
        SELECT unnest(rels), 0
        UNION
        SELECT confrelid, n + 1 FROM depth d
        JOIN pg_constraint ON contype = 'f' AND conrelid = d.oid AND confrelid <> conrelid
        WHERE n < 20)
    SELECT oid, max(n) FROM depth GROUP BY oid
$fn$;

-- Those that refer come before those that are referred to, as the transactions of an application take them. The locks
-- are on what differs from head, goes as a whole or has a column that goes, what
-- has a kind of values that differs, and what a key refers to that differs or goes.
-- `settled`: the tables of head that are as head has them, on which nothing is asked for.
CREATE OR REPLACE FUNCTION pg_temp.locks_needed(first text, OUT locks text[], OUT settled text[])
LANGUAGE sql STABLE AS $fn$
    WITH odd AS MATERIALIZED (
        SELECT * FROM pg_temp.differences()
        UNION ALL
        SELECT '', '', '', ARRAY[split_part(col, '.', 1)] FROM unnest(CAST(
{transitional}
            AS text[])) AS p (entry), LATERAL (SELECT substr(entry, 6)) AS c (col)
        WHERE left(entry, 4) >= first AND pg_temp.has_column(split_part(col, '.', 1), split_part(col, '.', 2))
        UNION ALL
        SELECT '', '', '', ARRAY[relname::text] FROM pg_class, unnest(pg_temp.known_tables()) k
        WHERE first = '0001' AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
          AND strpos(relname, k) > 0 AND pg_temp.is_copy(relname, k, pg_temp.head_columns(k),
            {endings})
        -- What was made ahead is given its name, or goes.
        UNION ALL
        SELECT '', '', '', ARRAY[relname::text] FROM pg_class c WHERE relnamespace = 'public'::regnamespace
          AND (EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND pg_temp.is_prepared(conname))
            OR EXISTS (SELECT FROM pg_index JOIN pg_class i ON i.oid = indexrelid
                WHERE indrelid = c.oid AND pg_temp.is_prepared(i.relname)))),
    -- What only gets something that readers do not notice: a key, an index or a trigger that is missing. Nor is
    -- a table locked for labels that its type gets at the end.
    changed (tbl, quietly) AS (
        SELECT t, bool_and(found = 'nothing' AND object ~ '^(foreign key|index|trigger) ')
        FROM odd, unnest(tables) t GROUP BY t),
    wanted AS (
        SELECT c.oid, relname, quietly IS FALSE
            OR EXISTS (SELECT FROM odd WHERE substring(found FROM '^FOREIGN KEY .* REFERENCES (\w+)') = relname)
            OR EXISTS (SELECT FROM pg_constraint JOIN pg_class child ON child.oid = conrelid
                WHERE contype = 'f' AND confrelid = c.oid AND child.relname IN (SELECT tbl FROM changed)
                  AND (pg_temp.names_of(conrelid, conkey) <@ pg_temp.head_columns(child.relname)) IS NOT TRUE)
            OR EXISTS (SELECT FROM pg_constraint JOIN pg_class copy ON copy.oid = confrelid
                WHERE contype = 'f' AND conrelid = c.oid AND copy.relname <> ALL (pg_temp.known_tables())
                  AND copy.relname IN (SELECT tbl FROM changed))
            OR EXISTS (SELECT FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
                JOIN odd ON object = 'enum ' || typname AND NOT starts_with(expected, found)
                WHERE attrelid = c.oid AND NOT attisdropped) AS whole,
            quietly OR EXISTS (SELECT FROM odd
                WHERE substring(expected FROM '^FOREIGN KEY .* REFERENCES (\w+)') = relname) AS quiet
        FROM pg_class c LEFT JOIN changed ON tbl = relname
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE')
          AND EXISTS (SELECT FROM pg_temp.head_facts))
    SELECT array_agg(format('LOCK TABLE public.%I IN %s MODE', relname,
            CASE WHEN whole THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE ROW EXCLUSIVE' END) ORDER BY n, relname)
            FILTER (WHERE whole OR quiet),
        array_agg(relname::text) FILTER (WHERE relname = ANY (pg_temp.known_tables()) AND NOT whole
            AND quiet IS NOT TRUE AND relname NOT IN (SELECT tbl FROM changed))
    FROM wanted LEFT JOIN pg_temp.depths((SELECT array_agg(oid) FROM wanted WHERE whole OR quiet)) ON rel = oid
$fn$;

-- The same for the way back to a revision: the tables that what was noted of the later ones names, those that have a
-- kind of values of which it says so, and those that a key which goes, by itself or with
-- its column or table, refers to.
CREATE OR REPLACE FUNCTION pg_temp.locks_to_undo(until text) RETURNS text[] LANGUAGE plpgsql STABLE AS $fn$
DECLARE locks text[];
BEGIN
    IF to_regclass('retired.register') IS NOT NULL THEN
        WITH noted AS (
            SELECT CASE WHEN kind LIKE 'undo%' THEN regexp_replace(object, '^(?:(?:name of )?not null|\w+) ', '')
                ELSE object END AS object,
                CASE WHEN concat(kind, ' ', object) !~ '^(undo[a-z ]* )?(view|function) ' THEN definition END
                AS definition
            FROM retired.register WHERE (revision > until OR until = 'base') AND kind <> 'undo purged'),
        named AS (
            SELECT c.oid FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              AND EXISTS (SELECT FROM noted WHERE object = relname OR starts_with(object, relname || '.')
                  OR quote_ident(relname) = ANY (ARRAY(
                      SELECT m[1] FROM regexp_matches(definition, '\mpublic\.("(?:[^"]|"")+"|\w+)', 'g') m)))
            UNION SELECT attrelid FROM noted JOIN pg_type t ON typname = object JOIN pg_attribute ON atttypid = t.oid
                WHERE typtype = 'e' AND NOT attisdropped),
        wanted AS (
            SELECT oid FROM named
            UNION SELECT conrelid FROM pg_constraint WHERE pg_temp.is_prepared(conname)
            UNION SELECT indrelid FROM pg_index JOIN pg_class i ON i.oid = indexrelid
                WHERE pg_temp.is_prepared(relname)
            UNION SELECT confrelid FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
                JOIN noted ON object = relname OR object = concat(relname, '.', conname)
                    OR definition = format('ALTER TABLE public.%I RENAME TO %I', relname, object)
                    OR object = ANY (ARRAY(
                        SELECT concat(relname, '.', k) FROM unnest(pg_temp.names_of(conrelid, conkey)) k))
                WHERE contype = 'f' AND c.relnamespace = 'public'::regnamespace)
        SELECT array_agg(format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', relname) ORDER BY n, relname)
        INTO locks FROM wanted JOIN pg_class USING (oid)
        JOIN pg_temp.depths((SELECT array_agg(oid) FROM wanted)) ON rel = oid
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'USAGE');
    END IF;
    RETURN coalesce(locks, '{}');
END $fn$;

-- Takes all of them, or none: each try ends before a server would look for deadlocks, so no transaction of others is
-- ended for it. Then all are let go, for longer than the try took: whoever waited for it gets through.
CREATE OR REPLACE PROCEDURE pg_temp.lock_tables(statements text[]) LANGUAGE plpgsql AS $fn$
DECLARE
    timeout integer := (SELECT setting FROM pg_settings WHERE name = 'lock_timeout');
    most integer := (SELECT least(400, setting::integer / 2) FROM pg_settings WHERE name = 'deadlock_timeout');
    began timestamptz := clock_timestamp();
    at_once integer := 20;
    tried timestamptz;
    statement text;
BEGIN
    LOOP
        tried := clock_timestamp();
        BEGIN
            FOREACH statement IN ARRAY statements LOOP
                PERFORM set_config('lock_timeout', greatest(1,
                    at_once - 1000 * extract(epoch FROM clock_timestamp() - tried))::integer::text, true);
                EXECUTE statement;
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF clock_timestamp() - began > timeout * interval '1 ms' AND timeout > 0 THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(at_once * (1 + random()) / 1000);
        at_once := least(at_once * 1.5, most);
    END LOOP;
    PERFORM set_config('lock_timeout', timeout::text, true);
END $fn$;
