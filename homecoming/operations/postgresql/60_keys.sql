-- Keys and indexes: right in what they say, and named as PostgreSQL names them.

CREATE OR REPLACE FUNCTION pg_temp.ensure_primary_key(tbl text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    con record;
    wanted text := tbl || '_pkey';
BEGIN
    SELECT conname, conindid, pg_get_constraintdef(oid) = 'PRIMARY KEY (id)'
        AND (SELECT indisvalid FROM pg_index WHERE indexrelid = conindid) AS is_right INTO con
    FROM pg_constraint WHERE conrelid = rel AND contype = 'p';
    IF con.is_right AND con.conname = wanted THEN
        RETURN;
    ELSIF NOT con.is_right THEN
        PERFORM pg_temp.take_down('constraint', pg_temp.shown(conrelid::regclass || '.' || conname),
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
                pg_get_constraintdef(oid)),
            format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), true)
        FROM pg_constraint WHERE contype = 'f' AND conindid = con.conindid;
        PERFORM pg_temp.drop_constraint(tbl, con.conname);
    END IF;
    PERFORM pg_temp.clear_name(wanted);
    PERFORM pg_temp.clear_constraint(tbl, wanted);
    IF con.is_right THEN
        PERFORM pg_temp.alter(tbl, 'RENAME CONSTRAINT %I TO %I', con.conname, wanted);
        RETURN;
    END IF;
    IF NOT pg_temp.adopt_index(tbl, '{id}', 'PRIMARY KEY', wanted)
            AND NOT pg_temp.could_alter(tbl, 'ADD CONSTRAINT %I PRIMARY KEY (id)', wanted)
            AND pg_temp.has_values(tbl, 'id') AND pg_temp.is_unique(tbl, '{id}') THEN
        PERFORM pg_temp.alter(tbl, 'ADD CONSTRAINT %I PRIMARY KEY (id)', wanted);
    END IF;
    PERFORM pg_temp.restore_dependents();
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.count_duplicates(tbl text, cols text[])
RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    n bigint;
    names text := pg_temp.listed(cols);
BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT FROM public.%I WHERE ROW(%s) IS NOT NULL '
        'GROUP BY %s HAVING count(*) > 1) d', tbl, names, names) INTO n;
    RETURN n;
END $fn$;

-- Finds duplicates under unique indexes that are valid: a collation may have changed beneath, or a hand the
-- catalogue. Whatever builds such an index again fails: it goes, so that a run that is refused at its end finds
-- the rest. Nothing here reads rows by an index, nor does the statement that shows them.
CREATE OR REPLACE PROCEDURE pg_temp.find_duplicates() LANGUAGE plpgsql
SET enable_seqscan = on SET enable_indexscan = off SET enable_indexonlyscan = off SET enable_bitmapscan = off AS $fn$
DECLARE
    x record;
    n bigint;
    twice text;
BEGIN
    FOR x IN SELECT rel, idx, cols, concat_ws(' AND ', coalesce(pg_get_expr(indpred, rel), 'true'),
            CASE WHEN pg_get_indexdef(idx) NOT LIKE '% NULLS NOT DISTINCT%' THEN format('num_nulls(%s) = 0', cols) END)
            AS here, (SELECT conname FROM pg_constraint WHERE conindid = idx AND contype IN ('p', 'u')) AS con
        FROM pg_index JOIN pg_class c ON c.oid = indrelid,
            LATERAL (SELECT indexrelid::regclass, indrelid::regclass) AS i (idx, rel),
            LATERAL (SELECT string_agg(pg_get_indexdef(idx, k, true), ', ' ORDER BY k)
                FROM generate_series(1, indnkeyatts) k) AS k (cols)
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relispartition AND indisunique
          AND indisvalid AND NOT indisexclusion AND pg_has_role(relowner, 'USAGE') AND NOT row_security_active(c.oid)
    LOOP
        BEGIN
            EXECUTE format('SELECT FROM %s WHERE %s GROUP BY %s HAVING count(*) > 1 LIMIT 1', x.rel, x.here, x.cols);
            GET DIAGNOSTICS n = ROW_COUNT;
        EXCEPTION WHEN data_exception OR syntax_error_or_access_rule_violation OR plpgsql_error THEN
            n := 0; -- What an expression calls may fail by itself: what builds the index again says so.
        END;
        CONTINUE WHEN n = 0;
        twice := format('SELECT * FROM (SELECT ctid, %1$s, %2$s AND count(*) FILTER (WHERE %2$s) OVER (PARTITION BY '
            'ROW(%1$s)) > 1 AS twice FROM %3$s) t WHERE twice', x.cols, x.here, x.rel);
        EXECUTE format('SELECT count(*) FROM (%s) d', twice) INTO n;
        PERFORM pg_temp.fault(format(@duplicate_under_an_index.what@, pg_temp.shown(x.rel::text), x.cols, n, pg_temp.shown(x.idx::text)),
            format(@duplicate_under_an_index.todo@, x.idx), '', twice);
        EXECUTE CASE WHEN x.con IS NULL THEN format('DROP INDEX %s CASCADE', x.idx)
            ELSE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', x.rel, x.con) END;
    END LOOP;
END $fn$;

-- Whether no value occurs twice.
CREATE OR REPLACE FUNCTION pg_temp.is_unique(tbl text, cols text[]) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE
    n bigint := pg_temp.count_duplicates(tbl, cols);
    names text := (SELECT string_agg(pg_temp.was(tbl, c), ', ' ORDER BY place)
                   FROM unnest(cols) WITH ORDINALITY AS u (c, place));
BEGIN
    IF n > 0 AND NOT EXISTS (SELECT FROM pg_temp.faults WHERE todo LIKE '%REINDEX%'
            AND starts_with(what, format('%s.%s: ', pg_temp.was(tbl), names))) THEN
        PERFORM pg_temp.fault(format(@duplicate.what@, pg_temp.was(tbl), names,
            pg_temp.counted(n, @duplicate.rows@)), @duplicate.todo@, '',
            format('SELECT %1$s, count(*) FROM %2$s WHERE %3$s IS NOT NULL GROUP BY %1$s HAVING count(*) > 1', names,
                pg_temp.was(tbl), replace(names, ', ', ' IS NOT NULL AND ')));
    END IF;
    RETURN n = 0;
END $fn$;

-- Makes a key of the index that was built for it ahead of the run, if one was.
CREATE OR REPLACE FUNCTION pg_temp.adopt_index(tbl text, cols text[], how text, wanted text) RETURNS boolean
LANGUAGE plpgsql AS $fn$
DECLARE
    built text := (SELECT relname FROM pg_index JOIN pg_class c ON c.oid = indexrelid
        WHERE indrelid = pg_temp.oid_of(tbl) AND pg_temp.is_prepared(relname) AND indisvalid
          AND pg_get_indexdef(indexrelid) = pg_temp.index_as_sql(tbl, relname, true, cols));
BEGIN
    RETURN built IS NOT NULL
        AND pg_temp.could_alter(tbl, 'ADD CONSTRAINT %I ' || how || ' USING INDEX %I', wanted, built);
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_unique(tbl text, VARIADIC cols text[]) LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    wanted text := tbl || '_' || array_to_string(cols, '_') || '_key';
    live text;
BEGIN
    SELECT conname INTO live FROM pg_constraint
    WHERE conrelid = rel AND contype = 'u' AND (SELECT indisvalid FROM pg_index WHERE indexrelid = conindid)
      AND pg_get_constraintdef(oid) = format('UNIQUE (%s)', pg_temp.listed(cols))
    ORDER BY conname <> wanted LIMIT 1;
    IF live = wanted THEN
        RETURN;
    END IF;
    PERFORM pg_temp.clear_name(wanted);
    PERFORM pg_temp.clear_constraint(tbl, wanted);
    IF live IS NOT NULL THEN
        PERFORM pg_temp.alter(tbl, 'RENAME CONSTRAINT %I TO %I', live, wanted);
    ELSIF NOT pg_temp.adopt_index(tbl, cols, 'UNIQUE', wanted)
            AND NOT pg_temp.could_alter(tbl, 'ADD CONSTRAINT %I UNIQUE (%s)', wanted, pg_temp.listed(cols))
            AND pg_temp.is_unique(tbl, cols) THEN
        PERFORM pg_temp.alter(tbl, 'ADD CONSTRAINT %I UNIQUE (%s)', wanted, pg_temp.listed(cols));
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_no_unique(tbl text, VARIADIC cols text[]) LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.alter(tbl, 'DROP CONSTRAINT %I', conname) FROM pg_constraint
    WHERE conrelid = pg_temp.oid_of(tbl) AND contype = 'u' AND pg_temp.names_of(conrelid, conkey) = cols;
    PERFORM pg_temp.run(tbl, format('DROP INDEX %s', indexrelid::regclass)) FROM pg_index i
    WHERE indrelid = pg_temp.oid_of(tbl) AND indisunique AND indpred IS NULL AND indexprs IS NULL
      AND pg_temp.names_of(indrelid, indkey::smallint[]) = cols
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid);
END $fn$;

-- What makes an INSERT leave out rows whose keys are taken; nothing where a key is checked only after the
-- statement, which then fails as a whole.
CREATE OR REPLACE FUNCTION pg_temp.or_nothing(tbl text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT CASE WHEN bool_and(indimmediate) THEN ' ON CONFLICT DO NOTHING' ELSE '' END FROM pg_index
    WHERE indrelid = pg_temp.oid_of(tbl) AND (indisunique OR indisexclusion)
$fn$;

-- For the way back: UNIQUE where no value occurs twice.
CREATE OR REPLACE PROCEDURE pg_temp.try_add_unique(tbl text, VARIADIC cols text[]) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_table(tbl) THEN
        IF pg_temp.count_duplicates(tbl, cols) = 0 THEN
            CALL pg_temp.ensure_unique(tbl, VARIADIC cols);
        ELSE
            PERFORM pg_temp.say(format('%s (%s) stays without UNIQUE: values occur twice',
                tbl, pg_temp.listed(cols)));
        END IF;
    END IF;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.index_as_sql(tbl text, index_name text, is_unique boolean, cols text[])
RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT format('CREATE %sINDEX %I ON public.%I USING btree (%s)',
                  CASE WHEN is_unique THEN 'UNIQUE ' END, index_name, tbl, pg_temp.listed(cols))
$fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_index(
    tbl text, index_name text, is_unique boolean, VARIADIC cols text[]) LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    wanted text := pg_temp.index_as_sql(tbl, index_name, is_unique, cols);
    live record;
BEGIN
    IF rel IS NULL THEN
        RETURN;
    END IF;
    SELECT i.indexrelid, i.indisvalid, pg_get_indexdef(i.indexrelid) AS made_by INTO live
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = rel AND c.relname = index_name
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'));
    IF live.made_by = wanted AND live.indisvalid THEN
        RETURN;
    ELSIF live.made_by IS NOT NULL THEN
        PERFORM pg_temp.drop_index(tbl, live.indexrelid);
    END IF;
    PERFORM pg_temp.clear_name(index_name);
    SELECT c.relname INTO live FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = rel AND i.indisvalid
      AND pg_get_indexdef(i.indexrelid) = pg_temp.index_as_sql(tbl, c.relname, is_unique, cols)
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) LIMIT 1;
    IF FOUND THEN
        EXECUTE format('ALTER INDEX public.%I RENAME TO %I', live.relname, index_name);
    ELSIF NOT is_unique OR pg_temp.is_unique(tbl, cols) THEN
        EXECUTE wanted;
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_no_foreign_key(tbl text, col text) LANGUAGE sql AS $fn$
    SELECT pg_temp.alter(tbl, 'DROP CONSTRAINT %I', conname) FROM pg_constraint WHERE contype = 'f'
        AND conrelid = pg_temp.oid_of(tbl) AND conkey = ARRAY[pg_temp.attnum_of(tbl, col)]
$fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_no_index(tbl text, index_name text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               WHERE i.indrelid = pg_temp.oid_of(tbl) AND c.relname = index_name) THEN
        EXECUTE format('DROP INDEX public.%I', index_name);
    END IF;
END $fn$;

-- Whether every row that refers to a row of another table finds it. Where that has no key because of a fault,
-- it is not asked.
CREATE OR REPLACE FUNCTION pg_temp.finds_all(tbl text, col text, target text) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE
    n bigint;
    orphan text := format('%1$I IS NOT NULL AND NOT EXISTS '
        '(SELECT FROM public.%2$I target WHERE target.id = %3$I.%1$I)', col, target, tbl);
    was text := pg_temp.was(tbl, col);
BEGIN
    IF EXISTS (SELECT FROM pg_temp.faults) AND (pg_temp.type_of(tbl, col) <> pg_temp.type_of(target, 'id')
            OR NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'p' AND conrelid = pg_temp.oid_of(target))) THEN
        RETURN false;
    ELSIF pg_temp.was(target, NULL, '') > '' THEN
        -- Of rows that came back from a copy, nothing that can be asked before says which.
        RETURN pg_temp.no_row(tbl, col, orphan, @orphan.rows@,
            format(@orphan.what@, pg_temp.was(target)), @orphan.todo@,
            format('%s NOT IN (SELECT id FROM %s)', was, pg_temp.was(target)),
            pg_temp.was(target, 'id') <> 'id' OR EXISTS (
                SELECT FROM pg_temp.as_found f JOIN pg_class c ON c.oid = rel
                WHERE relnamespace = to_regnamespace('retired') AND f.tbl LIKE target || '\_%'));
    END IF;
    n := pg_temp.count_where(tbl, orphan);
    IF n > 0 THEN
        PERFORM pg_temp.fault(format(@missing_table.what@, target), concat(@missing_table.todo@,
            pg_temp.may_be(target), @missing_table.backup@), format('%s of %s.%s', n, pg_temp.was(tbl), was),
            replace(pg_temp.see(tbl, col, was || ' IS NOT NULL'), 'SELECT ', format('SELECT %L, ', pg_temp.was(tbl))));
    END IF;
    RETURN n = 0;
END $fn$;

-- One foreign key on the column, to the id of the target, validated and enforced. Any other on that column
-- alone goes. One whose own triggers were switched off is made again: only a superuser may switch them on, and
-- rows may have come in that violate it.
CREATE OR REPLACE FUNCTION pg_temp.ensure_foreign_key(tbl text, col text, target text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    wanted text := tbl || '_' || col || '_fkey';
    says text := format('FOREIGN KEY (%I) REFERENCES public.%I(id)', col, target);
    con record;
    live text;
BEGIN
    FOR con IN SELECT conname, pg_get_constraintdef(oid) AS made_by,
            EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = k.oid AND tgenabled <> 'O') AS is_off
        FROM pg_constraint k
        WHERE conrelid = rel AND contype = 'f' AND conkey = ARRAY[pg_temp.attnum_of(tbl, col)]
        ORDER BY conname <> wanted
    LOOP
        IF live IS NULL AND con.made_by IN (says, says || ' NOT VALID') AND NOT con.is_off THEN
            live := con.conname;
            IF con.made_by <> says AND NOT pg_temp.could_alter(tbl, 'VALIDATE CONSTRAINT %I', live)
                    AND pg_temp.finds_all(tbl, col, target) THEN
                PERFORM pg_temp.alter(tbl, 'VALIDATE CONSTRAINT %I', live);
            END IF;
        ELSE
            PERFORM pg_temp.drop_constraint(tbl, con.conname);
        END IF;
    END LOOP;
    IF live = wanted THEN
        RETURN;
    END IF;
    PERFORM pg_temp.clear_constraint(tbl, wanted);
    IF live IS NOT NULL THEN
        PERFORM pg_temp.alter(tbl, 'RENAME CONSTRAINT %I TO %I', live, wanted);
    ELSIF NOT pg_temp.could_alter(tbl, 'ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.%I (id)',
            wanted, col, target) AND pg_temp.finds_all(tbl, col, target) THEN
        PERFORM pg_temp.alter(tbl, 'ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.%I (id)',
            wanted, col, target);
    END IF;
END $fn$;
