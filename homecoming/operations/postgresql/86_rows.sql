-- Rows that a revision changes or deletes on purpose: what they were is kept, with the reason, and comes back.

-- Whether a revision has done this already, and it was not taken back: a repair goes through it again.
CREATE OR REPLACE FUNCTION pg_temp.is_stated(what text, of_object text, why text) RETURNS boolean
LANGUAGE plpgsql AS $fn$
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT FROM retired.register WHERE kind = what AND object = of_object
        AND definition = '-- ' || why AND revision = current_setting('homecoming.revision', true));
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.change_stated(tbl text, condition text, why text, VARIADIC pairs text[])
LANGUAGE plpgsql AS $fn$
DECLARE
    sets text;
    kept record;
    i integer;
    n bigint;
BEGIN
    IF NOT pg_temp.has_table(tbl) OR pg_temp.is_stated('changed', tbl || '.' || pairs[1], why) THEN
        RETURN;
    END IF;
    n := pg_temp.count_where(tbl, condition);
    IF n = 0 THEN
        RETURN;
    END IF;
    -- What tells a row comes first here, and last on the way back.
    FOREACH i IN ARRAY ARRAY(SELECT g FROM generate_series(1, cardinality(pairs), 2) g
            ORDER BY pairs[g] NOT IN ('nome', 'criado_em')) LOOP
        PERFORM pg_temp.archive_cells(tbl, pairs[i], condition, 'changed');
        sets := concat_ws(', ', sets, format('%I = (%s)', pairs[i], pairs[i + 1]));
    END LOOP;
    PERFORM pg_temp.change_rows(tbl, format('UPDATE public.%I SET %s WHERE %s', tbl, sets, condition));
    FOR i IN 1 .. cardinality(pairs) BY 2 LOOP
        SELECT * INTO kept FROM pg_temp.noted('changed', tbl || '.' || pairs[i]);
        EXECUTE format('ALTER TABLE retired.%I ADD COLUMN value_given text', kept.kept);
        -- A row is told by what it was given, where that is its name.
        EXECUTE format('UPDATE retired.%I k SET value_given = live.%I::text, of_row = %s FROM public.%I live '
            'WHERE live.id = k.id', kept.kept, pairs[i], pg_temp.marks(tbl, 'live'), tbl);
        UPDATE retired.register SET definition = '-- ' || why WHERE id = kept.entry;
    END LOOP;
    PERFORM pg_temp.say(format('%s: %s changed: %s', tbl, pg_temp.counted(n, 'row', 'rows'), why));
END $fn$;

-- Strikes an entry of which nothing is kept any more, and says how much still is.
CREATE OR REPLACE PROCEDURE pg_temp.release(entry integer, kept text, of_object text, why text) LANGUAGE plpgsql AS $fn$
DECLARE n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM retired.%I', kept) INTO n;
    IF n = 0 THEN
        EXECUTE format('DROP TABLE retired.%I', kept);
        PERFORM pg_temp.strike(entry);
    ELSE
        UPDATE retired.register SET rows = n, definition = NULL WHERE id = entry;
        PERFORM pg_temp.say(format('%s: %s retired: %s', of_object, pg_temp.counted(n, 'row stays', 'rows stay'), why));
    END IF;
END $fn$;

-- Gives back what change_stated() kept. A row that was given another value since keeps that, and is named.
CREATE OR REPLACE PROCEDURE pg_temp.restore_changes(tbl text, col text) LANGUAGE plpgsql AS $fn$
DECLARE
    kept record;
    newer text;
    n bigint;
BEGIN
    IF NOT pg_temp.has_column(tbl, col) THEN
        RETURN;
    END IF;
    SELECT * INTO kept FROM pg_temp.noted('changed', tbl || '.' || col);
    IF kept.entry IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT count(*), string_agg(k.id::text, '', '' ORDER BY k.id) FROM retired.%I k '
        'JOIN public.%I live USING (id) WHERE live.%I::text IS DISTINCT FROM value_given', kept.kept, tbl, col)
        INTO n, newer;
    IF n > 0 THEN
        PERFORM pg_temp.say(format('%s.%s: %s a newer value since, and keep it: id %s', tbl, col,
            pg_temp.counted(n, 'row has', 'rows have'), newer));
    END IF;
    PERFORM pg_temp.change_rows(tbl, format('WITH back AS (UPDATE public.%1$I AS live SET %2$I = %3$s '
        'FROM retired.%4$I AS kept WHERE kept.id = live.id AND coalesce(kept.of_row && %5$s, true) '
        'AND live.%2$I::text IS NOT DISTINCT FROM value_given RETURNING live.id) '
        'DELETE FROM retired.%4$I kept USING back WHERE kept.id = back.id', tbl, col,
        pg_temp.converted(format('kept.%I', col), (SELECT pg_temp.type_name(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = to_regclass(format('retired.%I', kept.kept)) AND attname = col),
            pg_temp.type_of(tbl, col)), kept.kept, pg_temp.marks(tbl, 'live')));
    CALL pg_temp.release(kept.entry, kept.kept, tbl || '.' || col, 'the row is gone, or has a newer value');
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.delete_rows(tbl text, condition text, why text) LANGUAGE plpgsql AS $fn$
DECLARE
    con record;
    kept text;
    n bigint;
    others bigint;
    refers boolean := false;
BEGIN
    IF NOT pg_temp.has_table(tbl) OR pg_temp.is_stated('deleted', tbl, why) THEN
        RETURN;
    END IF;
    n := pg_temp.count_where(tbl, condition);
    IF n = 0 THEN
        RETURN;
    END IF;
    FOR con IN SELECT conrelid::regclass AS child, conrelid = confrelid AS own,
            pg_temp.listed(pg_temp.names_of(conrelid, conkey)) AS here,
            pg_temp.listed(pg_temp.names_of(confrelid, confkey)) AS there
        FROM pg_constraint WHERE contype = 'f' AND confrelid = pg_temp.oid_of(tbl)
    LOOP
        EXECUTE format('SELECT count(*) FROM %s WHERE (%s) IN (SELECT %s FROM public.%I WHERE %s)%s', con.child,
            con.here, con.there, tbl, condition, CASE WHEN con.own THEN format(' AND (%s) IS NOT TRUE', condition) END)
            INTO others;
        IF others > 0 THEN
            refers := true;
            PERFORM pg_temp.fault(format(@referred_to.what@,
                current_setting('homecoming.revision', true), tbl, pg_temp.shown(con.child::text), con.here,
                pg_temp.counted(others, 'row', 'rows')),
                @referred_to.todo@);
        END IF;
    END LOOP;
    IF refers THEN
        RETURN;
    END IF;
    PERFORM pg_temp.open_retired();
    kept := pg_temp.free_name(tbl || '__deleted', 'retired');
    EXECUTE format('CREATE TABLE retired.%I AS SELECT * FROM public.%I WHERE %s', kept, tbl, condition);
    PERFORM pg_temp.change_rows(tbl, format('DELETE FROM public.%I WHERE %s', tbl, condition));
    PERFORM pg_temp.note('deleted', tbl, kept, '-- ' || why, n);
    PERFORM pg_temp.say(format('%s: %s deleted: %s', tbl, pg_temp.counted(n, 'row', 'rows'), why));
END $fn$;

-- Puts deleted rows back where their keys are free. The others stay retired; all do where one would refer to nothing.
CREATE OR REPLACE PROCEDURE pg_temp.restore_deleted(entry integer, tbl text, kept text) LANGUAGE plpgsql AS $fn$
DECLARE
    cols text;
    vals text;
    same text;
BEGIN
    IF NOT pg_temp.has_table(tbl) THEN
        RETURN;
    END IF;
    SELECT string_agg(format('k.%1$I IS NOT DISTINCT FROM back.%1$I', name), ' AND ') INTO same
    FROM unnest(coalesce((SELECT pg_temp.names_of(indrelid, indkey::smallint[]) FROM pg_index
        WHERE indrelid = pg_temp.oid_of(tbl) AND indisprimary), pg_temp.columns_of(tbl))) AS name;
    SELECT string_agg(quote_ident(a.attname), ', '), string_agg(pg_temp.converted(quote_ident(a.attname),
        pg_temp.type_name(a.atttypid, a.atttypmod), pg_temp.type_of(tbl, a.attname)), ', ')
    INTO cols, vals FROM pg_attribute a JOIN pg_attribute l
        ON l.attrelid = pg_temp.oid_of(tbl) AND l.attname = a.attname AND l.attgenerated = '' AND l.attnum > 0
    WHERE a.attrelid = to_regclass(format('retired.%I', kept)) AND a.attnum > 0 AND NOT a.attisdropped;
    BEGIN
        PERFORM pg_temp.change_rows(tbl, format('WITH back AS (INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE '
            'SELECT %3$s FROM retired.%4$I ON CONFLICT DO NOTHING RETURNING *) '
            'DELETE FROM retired.%4$I k USING back WHERE %5$s', tbl, cols, vals, kept, same));
    EXCEPTION WHEN foreign_key_violation THEN -- All of them stay.
    END;
    CALL pg_temp.release(entry, kept, tbl, 'a key of theirs is taken, or not there');
END $fn$;
