-- What a revision's plain statements do to rows. The server counts it as they run, and what no operation
-- declares is refused. Called around them: watch_rows(), the statements, check_rows(), and where that raises,
-- once they are undone, refuse_undeclared().

-- Whether a table holds rows. One that may not be read, or that another session is about to have for itself, is
-- not opened: it counts as one that does.
CREATE OR REPLACE FUNCTION pg_temp.is_filled(rel oid) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE found_one boolean := true;
BEGIN
    IF has_table_privilege(rel, 'SELECT') AND NOT row_security_active(rel) AND NOT EXISTS (SELECT FROM pg_locks
            WHERE relation = rel AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid()) THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %s)', rel::regclass) INTO found_one;
    END IF;
    RETURN found_one;
END $fn$;

-- The tables whose rows are somebody's, with the counts of this transaction: in public those that the run
-- found, of these the columns that it found; elsewhere all, the retired among them.
CREATE OR REPLACE FUNCTION pg_temp.rows_now()
RETURNS TABLE (rel oid, node oid, added bigint, changed bigint, gone bigint, cols jsonb) LANGUAGE sql AS $fn$
    SELECT c.oid, relfilenode, pg_stat_get_xact_tuples_inserted(c.oid), pg_stat_get_xact_tuples_updated(c.oid),
        pg_stat_get_xact_tuples_deleted(c.oid), coalesce((SELECT jsonb_object_agg(attnum,
            jsonb_build_array(attname, format_type(atttypid, atttypmod))) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
          AND (nspname <> 'public' OR EXISTS (SELECT FROM pg_temp.as_found f WHERE f.rel = c.oid AND num = attnum))),
        '{}')
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND (nspname <> 'public' OR c.oid IN (SELECT f.rel FROM pg_temp.as_found f))
$fn$;

CREATE OR REPLACE PROCEDURE pg_temp.watch_rows() LANGUAGE plpgsql AS $fn$
BEGIN
    IF current_setting('track_counts') <> 'on' THEN
        BEGIN
            SET LOCAL track_counts = on;
        EXCEPTION WHEN insufficient_privilege THEN
            PERFORM pg_temp.refuse(@rows_uncounted.what@,
                format(@rows_uncounted.todo@, session_user, current_database()));
        END;
    END IF;
    IF to_regclass('pg_temp.watched') IS NOT NULL THEN
        DROP TABLE pg_temp.watched;
    END IF;
    CREATE TEMP TABLE watched ON COMMIT DROP AS SELECT *, pg_temp.is_filled(rel) AS filled FROM pg_temp.rows_now();
END $fn$;

-- A column without a value may be dropped: asked before it is, since nobody can tell afterwards.
CREATE OR REPLACE PROCEDURE pg_temp.watch_column(tbl text, col text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_column(tbl, col) AND pg_temp.count_where(tbl, format('%I IS NOT NULL', col)) = 0 THEN
        UPDATE pg_temp.watched SET cols = cols - pg_temp.attnum_of(tbl, col)::text WHERE rel = pg_temp.oid_of(tbl);
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.check_rows() LANGUAGE plpgsql AS $fn$
DECLARE found jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_array(w.rel, verb, col, n) ORDER BY w.rel, col) INTO found
    FROM pg_temp.watched w LEFT JOIN pg_temp.rows_now() AS now ON now.rel = w.rel, LATERAL (
        SELECT 'deletes from', NULL::text, now.gone - w.gone WHERE now.gone > w.gone
        UNION ALL
        SELECT 'changes', NULL, now.changed - w.changed WHERE now.changed > w.changed
        UNION ALL
        SELECT 'drops', NULL, NULL WHERE w.filled AND now.rel IS NULL
        UNION ALL
        -- TRUNCATE counts nothing, and gives the table another file, as what rewrites it does.
        SELECT 'empties', NULL, NULL WHERE w.filled AND now.gone <= w.gone
          AND (now.node <> w.node AND now.added > w.added OR NOT pg_temp.is_filled(now.rel))
        UNION ALL
        SELECT CASE WHEN now.cols ? num THEN 'rewrites' ELSE 'drops' END, was ->> 0, NULL
        FROM jsonb_each(w.cols) AS c (num, was)
        WHERE w.filled AND (NOT now.cols ? num OR now.node <> w.node AND now.cols -> num -> 1 <> was -> 1)
    ) AS f (verb, col, n);
    IF found IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PM007', MESSAGE = 'rows go or change, and no operation declares it',
            DETAIL = found::text;
    END IF;
END $fn$;

-- Says what check_rows() found, with the rows that are there again counted.
CREATE OR REPLACE PROCEDURE pg_temp.refuse_undeclared(things text) LANGUAGE plpgsql AS $fn$
DECLARE
    thing record;
    tbl text;
    n bigint;
BEGIN
    FOR thing IN SELECT (v ->> 0)::oid AS rel, v ->> 1 AS verb, v ->> 2 AS col, (v ->> 3)::bigint AS n
        FROM jsonb_array_elements(things::jsonb) v
    LOOP
        tbl := pg_temp.shown(thing.rel::regclass::text);
        n := thing.n;
        IF n IS NULL AND has_table_privilege(thing.rel, 'SELECT') AND NOT row_security_active(thing.rel) THEN
            EXECUTE format('SELECT count(%s) FROM ONLY %s', coalesce(quote_ident(thing.col), '*'), thing.rel::regclass)
            INTO n;
        END IF;
        PERFORM pg_temp.fault(format(@undeclared.what@,
                current_setting('homecoming.revision', true), thing.verb, concat_ws('.', tbl, quote_ident(thing.col)),
                ' (' || pg_temp.counted(n, 'row', 'rows') || ')'),
            format(@undeclared.todo@, format(CASE
                WHEN thing.verb = 'rewrites' THEN @undeclared.rewrites@
                WHEN thing.col IS NOT NULL THEN @undeclared.drops_a_column@
                WHEN thing.verb = 'drops' THEN @undeclared.drops@
                WHEN thing.verb = 'changes' THEN @undeclared.changes@
                ELSE @undeclared.deletes_from@ END, tbl, thing.col)));
    END LOOP;
    CALL pg_temp.refuse_faults();
END $fn$;
