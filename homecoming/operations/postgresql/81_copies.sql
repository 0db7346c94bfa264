-- The copies that scripts left: rows that exist only there go back, what refers to them is turned round, and
-- they are retired.

-- Rows whose id and natural keys the target lacks are inserted, as far as they satisfy its constraints.
CREATE OR REPLACE PROCEDURE pg_temp.recover_rows(source text, target text, keys text[])
LANGUAGE plpgsql AS $fn$
DECLARE
    d record;
    from_col text;
    from_type text;
    value text;
    zoned text[] := '{}';
    into_cols text[] := '{}';
    cols text[] := '{}';
    conditions text[] := ARRAY(SELECT format('NOT EXISTS (SELECT FROM public.%I target WHERE %s)', target, k)
        FROM pg_temp.joined(source, target, keys) k);
    lacking text;
    says text;
    ids text[];
    n bigint;
BEGIN
    CALL pg_temp.drop_prepared(pg_temp.oid_of(target));
    FOR d IN SELECT a.attname::text AS col, pg_temp.type_name(a.atttypid, a.atttypmod) AS col_type,
            a.attnotnull, a.atthasdef,
            (SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
             WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS parent
        FROM pg_attribute a
        WHERE a.attrelid = pg_temp.oid_of(target) AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = ''
    LOOP
        from_col := CASE WHEN pg_temp.has_column(source, d.col) THEN d.col
            ELSE (SELECT o FROM jsonb_each_text(@project.former_names@) AS p (n, o)
                  WHERE p.n = d.col AND pg_temp.has_column(source, p.o)) END;
        IF from_col IS NULL THEN
            CONTINUE WHEN d.atthasdef OR NOT d.attnotnull;
            -- What the schema does not need any more may be NULL.
            IF target || '.' || d.col = ANY (@project.needed@) THEN
                PERFORM pg_temp.alter(target, 'ALTER %I DROP NOT NULL', d.col);
                CONTINUE;
            END IF;
            PERFORM pg_temp.say(format('%s: no row can go back to %s, which needs %s', source, target, d.col));
            RETURN;
        END IF;
        from_type := pg_temp.type_of(source, from_col);
        value := pg_temp.converted('source.' || quote_ident(from_col), from_type, d.col_type);
        zoned := zoned || ARRAY[[d.col, 'source.' || quote_ident(from_col), from_type, d.col_type]];
        into_cols := into_cols || quote_ident(d.col);
        cols := cols || value;
        conditions := conditions
            || pg_temp.fits('source.' || quote_ident(from_col), from_type, d.col_type, true);
        -- Where scripts made an enum text, it takes what a later revision would refuse.
        IF target = @project.narrowed_table@ AND d.col LIKE @project.narrowed_columns@ THEN
            conditions := conditions || format('(source.%1$I IS NULL OR %2$s IS NOT NULL)', from_col,
                pg_temp.normalized(format('source.%I', from_col), @project.narrowed_labels@));
        END IF;
        IF d.parent IS NOT NULL THEN
            conditions := conditions || format('(source.%1$I IS NULL '
                'OR EXISTS (SELECT FROM public.%2$I parent WHERE parent.id::text = source.%1$I::text))',
                from_col, d.parent);
        END IF;
    END LOOP;
    lacking := format(' FROM public.%I source WHERE NOT EXISTS '
        '(SELECT FROM public.%I target WHERE target.id::text = source.id::text) AND %s', source, target,
        array_to_string('true'::text || conditions, ' AND '));
    PERFORM pg_temp.say_zone(source || '.' || z[i][1], lacking, z[i][2], z[i][3], z[i][4])
    FROM (SELECT zoned) AS a (z), generate_subscripts(z, 1) i;
    PERFORM pg_temp.await_rows(target);
    says := format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s%s', target,
        array_to_string(into_cols, ', '), array_to_string(cols, ', '), lacking);
    BEGIN
        n := pg_temp.change_rows(target, says || ' ORDER BY source.id' || pg_temp.or_nothing(target));
    EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
        n := 0;
        EXECUTE 'SELECT array_agg(source.id::text ORDER BY source.id)' || lacking INTO ids;
        FOREACH value IN ARRAY ids LOOP
            BEGIN
                n := n + pg_temp.change_rows(target,
                    says || format(' AND source.id::text = %L', value) || pg_temp.or_nothing(target));
            EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
                NULL;
            END;
        END LOOP;
    END;
    IF n > 0 THEN
        PERFORM pg_temp.note_arrived(target);
        PERFORM pg_temp.say(format('%s: %s back from %s', target, pg_temp.counted(n, 'row', 'rows'), source));
    END IF;
END $fn$;

-- The rows that a table has before others come, and those that came: on the way back they go.
CREATE OR REPLACE FUNCTION pg_temp.await_rows(tbl text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS had (id bigint PRIMARY KEY) ON COMMIT DROP;
    DELETE FROM pg_temp.had;
    EXECUTE format('INSERT INTO pg_temp.had SELECT id FROM public.%I WHERE id IS NOT NULL ON CONFLICT DO NOTHING', tbl);
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.note_arrived(tbl text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    kept text;
    n bigint := pg_temp.count_where(tbl, 'id NOT IN (SELECT h.id FROM pg_temp.had h)');
BEGIN
    IF n > 0 THEN
        PERFORM pg_temp.open_retired();
        kept := pg_temp.free_name(tbl || '__arrived', 'retired');
        EXECUTE format('CREATE TABLE retired.%I AS SELECT id, to_jsonb(t) AS of_row FROM public.%I t '
            'WHERE id NOT IN (SELECT h.id FROM pg_temp.had h)', kept, tbl);
        INSERT INTO retired.register (revision, kind, object, kept_in)
        VALUES (nullif(current_setting('homecoming.revision', true), ''), 'arrived', tbl, kept);
    END IF;
END $fn$;

-- Whether a table is a copy of another: named after it, and alike, where its columns are known.
CREATE OR REPLACE FUNCTION pg_temp.is_copy(copy text, tbl text, cols text[], endings text)
RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT (copy = '_alembic_tmp_' || tbl OR copy ~ format('^%s_(%s)(_|$)', tbl, endings))
       AND pg_temp.has_column(copy, 'id')
       AND (cols IS NULL OR (
            SELECT count(*) FILTER (WHERE c = ANY (cols))
                >= greatest(1, least(cardinality(cols) - 1, count(*)) * 0.5)
            FROM unnest(pg_temp.columns_of(copy)) c WHERE c <> 'id'))
$fn$;

-- The latest moment that a row of a table tells.
CREATE OR REPLACE FUNCTION pg_temp.newest_of(tbl text) RETURNS text LANGUAGE plpgsql AS $fn$
DECLARE newest text;
BEGIN
    EXECUTE format('SELECT max(greatest(%s)) FROM public.%I', concat_ws(', ', 'NULL::text', (
        SELECT string_agg(pg_temp.moment(tbl, tbl, col), ', ')
        FROM unnest('{criado_em,created_at,atualizado_em,updated_at}'::text[]) col
        WHERE pg_temp.has_column(tbl, col))), tbl) INTO newest;
    RETURN newest;
END $fn$;

-- The copies of a table. Where two hold a row, the first one's comes back: that with the latest moment, with
-- the most columns of the table, that something refers to, that a rebuild was to end in, the youngest.
CREATE OR REPLACE FUNCTION pg_temp.copies_of(tbl text, known text[], endings text)
RETURNS text[] LANGUAGE sql STABLE AS $fn$
    SELECT ARRAY(
        SELECT c.relname::text
        FROM pg_class c, LATERAL (SELECT pg_temp.columns_of(tbl)) AS l (cols)
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL (known)
          AND strpos(relname, tbl) > 0 AND pg_temp.is_copy(c.relname, tbl, cols, endings)
        ORDER BY pg_temp.newest_of(c.relname) DESC NULLS LAST,
            (SELECT count(*) FROM unnest(pg_temp.columns_of(c.relname)) o
             WHERE (o = ANY (cols)) IS NOT FALSE) DESC,
            EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = c.oid) DESC,
            c.relname ~ '_(new|temp|tmp)' DESC, c.oid DESC)
$fn$;

-- Items are tables with their natural keys (usuarios cpf email), parents before children, so that rows that go
-- back find what they refer to. Rows come back from all copies of a table before a key is turned round.
CREATE OR REPLACE PROCEDURE pg_temp.retire_copies(endings text, VARIADIC items text[])
LANGUAGE plpgsql AS $fn$
DECLARE
    known text[] := ARRAY(SELECT split_part(i, ' ', 1) FROM unnest(items) i);
    all_copies jsonb := '{}';
    copies text[];
    tbl text;
    copy text;
    keys text[];
BEGIN
    PERFORM pg_temp.refuse_other('retired.register', 'kept_in');
    -- First what hides rows, and the tables that are missing.
    PERFORM pg_temp.clear_table(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND EXISTS (
        SELECT FROM unnest(known) k
        WHERE relname = k
          OR strpos(relname, k) > 0 AND pg_temp.is_copy(relname, k, pg_temp.columns_of(k), endings));
    FOREACH tbl IN ARRAY known LOOP
        copies := pg_temp.copies_of(tbl, known, endings);
        IF NOT pg_temp.has_table(tbl) THEN
            copy := (SELECT c FROM unnest(copies) WITH ORDINALITY AS u (c, place)
                WHERE pg_temp.has_rows(c) ORDER BY place LIMIT 1);
            IF copy IS NOT NULL THEN
                PERFORM pg_temp.alter(copy, 'RENAME TO %I', tbl);
                PERFORM pg_temp.say(format('%s renamed to %s, which was missing', copy, tbl));
                copies := array_remove(copies, copy);
            END IF;
        END IF;
        all_copies := all_copies || coalesce((SELECT jsonb_object_agg(c, tbl) FROM unnest(copies) c), '{}');
    END LOOP;
    FOREACH tbl IN ARRAY items LOOP
        keys := (string_to_array(tbl, ' '))[2:];
        tbl := split_part(tbl, ' ', 1);
        copies := pg_temp.copies_of(tbl, known, endings);
        IF pg_temp.has_table(tbl) THEN
            FOREACH copy IN ARRAY copies LOOP
                CALL pg_temp.recover_rows(copy, tbl, keys);
            END LOOP;
            FOREACH copy IN ARRAY copies LOOP
                CALL pg_temp.repoint_foreign_keys(copy, tbl, keys, all_copies);
            END LOOP;
        END IF;
        FOREACH copy IN ARRAY copies LOOP
            CALL pg_temp.retire_table(copy);
        END LOOP;
    END LOOP;
END $fn$;
