-- Cells: changed with what stands in the way of it, kept as they were, and given back.

-- Changes rows with what may refuse or swallow the change, or set a column that does not exist, out of the way:
-- triggers and rules, checks that old rows need not pass, a publication of a table without a key. Returns how
-- many.
CREATE OR REPLACE FUNCTION pg_temp.change_rows(tbl text, statement text) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := coalesce(pg_temp.oid_of(tbl), to_regclass(tbl));
    n bigint;
    off text;
    back text;
BEGIN
    SELECT string_agg(before, ';'), string_agg(after, ';') INTO off, back
    FROM (SELECT pg_temp.switched(rel, thing, 'D'), pg_temp.switched(rel, thing, state)
          FROM (SELECT format('TRIGGER %I', tgname), tgenabled FROM pg_trigger
                    WHERE tgrelid = rel AND NOT tgisinternal
                UNION ALL SELECT format('RULE %I', rulename), ev_enabled FROM pg_rewrite WHERE ev_class = rel)
              AS switches (thing, state)
          WHERE state <> 'D'
          UNION ALL
          SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', rel::regclass, conname),
              format('ALTER TABLE %s ADD CONSTRAINT %I %s', rel::regclass, conname, pg_get_constraintdef(oid))
          FROM pg_constraint
          WHERE conrelid = rel AND contype = 'c' AND NOT convalidated AND NOT pg_temp.is_prepared(conname)
          UNION ALL
          SELECT format(says, rel::regclass, 'FULL'), format(says, rel::regclass,
              CASE relreplident WHEN 'n' THEN 'NOTHING' ELSE 'DEFAULT' END)
          FROM pg_class, (VALUES ('ALTER TABLE %s REPLICA IDENTITY %s')) AS v (says)
          WHERE oid = rel AND relreplident <> 'f' AND EXISTS (SELECT FROM pg_publication)
            AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = rel
                AND CASE relreplident WHEN 'd' THEN indisprimary WHEN 'i' THEN indisreplident END)
         ) AS s (before, after);
    CALL pg_temp.drop_prepared(rel);
    EXECUTE coalesce(off, '');
    n := pg_temp.run(tbl, statement);
    EXECUTE coalesce(back, '');
    RETURN n;
END $fn$;

-- Folds the rows of an enum column whose type has two labels that differ in case only, to the first of them.
CREATE OR REPLACE FUNCTION pg_temp.normalize_labels(tbl text, col text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    enum_type text := pg_temp.type_of(tbl, col);
    labels text[] := pg_temp.labels_of(enum_type);
    wanted text;
    n bigint;
BEGIN
    IF (SELECT count(*) > count(DISTINCT lower(l)) FROM unnest(labels) l) THEN
        wanted := pg_temp.normalized(quote_ident(col), labels);
        PERFORM pg_temp.mind_values(tbl, col, wanted);
        wanted := format('(%s)::public.%I', wanted, enum_type);
        n := pg_temp.count_where(tbl, format('%I <> %s', col, wanted));
        IF n > 0 THEN
            PERFORM pg_temp.change_cells(tbl, col, wanted, format('%I <> %s', col, wanted));
            PERFORM pg_temp.say(format('%s.%s: %s folded to the first spelling', tbl, col,
                pg_temp.counted(n, 'row', 'rows')));
        END IF;
    END IF;
END $fn$;

-- A column that holds moments, of whatever type, as text that can be compared: to the second.
CREATE OR REPLACE FUNCTION pg_temp.moment(tbl text, alias text, col text, OUT o text) LANGUAGE plpgsql STABLE AS $fn$
DECLARE
    type text := pg_temp.type_of(tbl, col);
    value text := format('%I.%I', alias, col);
    as_moment text := pg_temp.converted(value, type, 'timestamp with time zone');
BEGIN
    o := format('left(translate((%s)::text, ''T'', '' ''), 19)', CASE WHEN type LIKE 'timestamp%' THEN as_moment
        ELSE format('CASE WHEN pg_temp.casts(%1$s::text, ''timestamptz'') THEN (%2$s)::text ELSE %1$s::text END',
            value, as_moment) END);
END $fn$;

-- What tells a row from another that took its id: its name and its moment of creation. Rows that share either
-- are one row, edited since. NULL where nothing tells.
CREATE OR REPLACE FUNCTION pg_temp.marks(tbl text, alias text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT coalesce(
        'nullif(array_remove(ARRAY[' || string_agg(mark, ', ') || '], NULL), ''{}'')', 'NULL::text[]')
    FROM (VALUES ('nome', format('%I.nome::text', alias)), ('criado_em', pg_temp.moment(tbl, alias, 'criado_em')))
        AS m (col, mark)
    WHERE pg_temp.has_column(tbl, col)
$fn$;

-- Keeps the cells of a column, row by row, before they go or are given other values. Returns how many.
CREATE OR REPLACE FUNCTION pg_temp.archive_cells(
    tbl text, col text, condition text, what text DEFAULT 'cells', became text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    kept text;
    n bigint := CASE WHEN pg_temp.has_table(tbl) THEN pg_temp.count_where(tbl, condition) ELSE 1 END;
BEGIN
    IF n > 0 THEN
        IF col = 'id' OR NOT pg_temp.has_column(tbl, 'id') THEN
            PERFORM pg_temp.refuse(
                format(@key_changes.what@, tbl, col), @key_changes.todo@);
        END IF;
        PERFORM pg_temp.open_retired();
        kept := pg_temp.free_name(
            tbl || '__' || col || CASE what WHEN 'column' THEN '' ELSE '__before' END, 'retired');
        EXECUTE format('CREATE TABLE retired.%I AS SELECT id, %I, %s AS of_row%s FROM public.%I WHERE %s',
            -- A row is told by its name, and by the one that it is given.
            kept, col, concat(pg_temp.marks(tbl, tbl), CASE col WHEN 'nome' THEN ' || (' || became || ')::text' END),
            ', (' || became || ')::text AS became', tbl, condition);
        EXECUTE format('ALTER TABLE retired.%I ADD PRIMARY KEY (id)', kept);
        PERFORM pg_temp.note(what, tbl || '.' || col, kept, NULL, n);
    END IF;
    RETURN n;
END $fn$;

-- Gives the cells that were kept of a column back to their rows, the latest first. What does not fit or arrive
-- stays kept, and what is of a row that is gone, also where another has taken its id. A column comes back
-- empty: a cell of it that finds another value finds one that was retired later, and stays.
CREATE OR REPLACE FUNCTION pg_temp.give_back(what text, tbl text, col text, still text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    kept record;
    live text := pg_temp.type_of(tbl, col);
    cell text := format('kept.%I', col);
    value text;
    same text;
    labels text[];
    n bigint;
BEGIN
    IF live IS NULL OR to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    FOR kept IN SELECT r.id, r.kept_in, pg_temp.type_name(a.atttypid, a.atttypmod) AS type
        FROM retired.register r
        JOIN pg_attribute a ON a.attrelid = to_regclass(format('retired.%I', r.kept_in)) AND a.attname = col
        WHERE r.kind = what AND r.object = tbl || '.' || col AND pg_temp.is_due(r.revision) ORDER BY r.id DESC
    LOOP
        IF pg_temp.is_enum(live) THEN
            EXECUTE format('SELECT array_agg(DISTINCT upper(btrim(%s::text))) FROM retired.%I kept',
                cell, kept.kept_in) INTO labels;
            labels := ARRAY(SELECT l FROM unnest(labels) l WHERE l <> ALL (pg_temp.labels_of(live)) ORDER BY l);
            IF cardinality(labels) > 0 THEN
                PERFORM pg_temp.rebuild_enum(live, pg_temp.labels_of(live) || labels);
            END IF;
        END IF;
        value := pg_temp.converted(cell, kept.type, live);
        IF pg_temp.is_enum(live) AND current_setting('homecoming.direction', true) = 'downgrade' THEN
            -- As it was spelled, not as it is folded on the way up.
            value := format('CASE WHEN %1$s::text = ANY (%2$L::text[]) THEN %1$s::text::%3$s ELSE %4$s END', cell,
                pg_temp.labels_of(live), pg_temp.as_type(live), value);
        END IF;
        -- What was given another value since keeps that, but for its spelling.
        still := CASE WHEN what = 'cells' AND still = 'true' AND EXISTS (SELECT FROM pg_attribute
                WHERE attrelid = to_regclass(format('retired.%I', kept.kept_in)) AND attname = 'became')
            THEN format('upper(live.%I::text) IS NOT DISTINCT FROM upper(kept.became)', col) ELSE still END;
        same := format('kept.id = live.id AND CASE WHEN %s AND coalesce(kept.of_row && %s, true)',
            pg_temp.fits(cell, kept.type, live), pg_temp.marks(tbl, 'live')) || coalesce((
            -- A row that cannot go back, since another has its id by now, is not the one that is referred to.
            SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM retired.%I r JOIN %s USING (id) WHERE r.id = %s)',
                r.kept_in, coalesce((SELECT split_part(definition, ' ', 3) FROM retired.register
                    WHERE definition LIKE '% RENAME TO ' || quote_ident(r.object)), quote_ident(r.object)), cell), '')
            FROM retired.register r WHERE r.kind = 'rows' AND EXISTS (
                SELECT FROM (SELECT definition FROM retired.register WHERE object LIKE 'constraint ' || tbl || '.%'
                    UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
                        WHERE conrelid = pg_temp.oid_of(tbl)) f
                WHERE strpos(definition, format('FOREIGN KEY (%I) REFERENCES public.%I(id)', col, r.object)) > 0)),
            '');
        PERFORM pg_temp.change_rows(tbl, format(
            'UPDATE public.%I AS live SET %I = %s FROM retired.%I AS kept WHERE %s THEN %s ELSE false END',
            tbl, col, value, kept.kept_in, same, still));
        EXECUTE format('DELETE FROM retired.%I AS kept USING public.%I AS live WHERE %s '
            'THEN live.%I::text IS NOT DISTINCT FROM (%s)::text ELSE false END', kept.kept_in, tbl, same, col, value);
        EXECUTE format('SELECT count(*) FROM retired.%I', kept.kept_in) INTO n;
        IF n = 0 THEN
            EXECUTE format('DROP TABLE retired.%I', kept.kept_in);
            DELETE FROM retired.register WHERE id = kept.id;
        ELSE
            UPDATE retired.register SET rows = n WHERE id = kept.id;
            PERFORM pg_temp.say(format('%s.%s: %s retired', tbl, col,
                pg_temp.counted(n, 'cell stays', 'cells stay')));
        END IF;
    END LOOP;
    PERFORM pg_temp.close_retired();
END $fn$;

-- Gives cells another value, and keeps them.
CREATE OR REPLACE FUNCTION pg_temp.change_cells(tbl text, col text, value text, condition text)
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.archive_cells(tbl, col, condition, 'cells', value) > 0 THEN
        PERFORM pg_temp.change_rows(tbl,
            format('UPDATE public.%I SET %I = (%s) WHERE %s', tbl, col, value, condition));
    END IF;
END $fn$;

-- Gives named values of a column others. The originals are kept.
CREATE OR REPLACE PROCEDURE pg_temp.replace_values(tbl text, col text, VARIADIC pairs text[])
LANGUAGE plpgsql AS $fn$
DECLARE
    live text := pg_temp.type_of(tbl, col);
    cases text := '';
    changes text;
BEGIN
    IF live IS NULL THEN
        RETURN;
    END IF;
    FOR i IN 1 .. array_length(pairs, 1) BY 2 LOOP
        cases := cases || format(' WHEN %L THEN %L', lower(pairs[i]), pairs[i + 1]);
    END LOOP;
    cases := format('CASE %s%s END', pg_temp.bare(quote_ident(col)), cases);
    PERFORM pg_temp.mind_values(tbl, col, cases);
    -- What is spelled so already is left alone.
    changes := format('%I::text <> %s', col, cases);
    PERFORM pg_temp.change_cells(tbl, col, format('(%s)::%s', cases, pg_temp.as_type(live)), changes)
    WHERE pg_temp.no_row(tbl, col, format('%s AND NOT %s', changes, pg_temp.fits(cases, 'text', live)), @replaced@,
        changes, true);
END $fn$;

-- Gives the rows back the values that replace_values() or rename_table() kept. With the pairs of
-- replace_values(), a row that was given another value since keeps that.
CREATE OR REPLACE PROCEDURE pg_temp.restore_values(tbl text, col text, VARIADIC pairs text[] DEFAULT '{}')
LANGUAGE plpgsql AS $fn$
DECLARE
    still text := 'true';
BEGIN
    IF cardinality(pairs) > 0 THEN
        still := format('live.%I::text = CASE %s %s END', col, pg_temp.bare(format('kept.%I', col)),
            (SELECT string_agg(format('WHEN %L THEN %L', lower(pairs[i]), pairs[i + 1]), ' ')
             FROM generate_series(1, cardinality(pairs), 2) i));
    END IF;
    PERFORM pg_temp.give_back('cells', tbl, col, still);
END $fn$;
