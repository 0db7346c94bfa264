-- Whole tables: there as described, under the right name, or gone.

-- Items, a line each, are columns (nome varchar(255)! is not null, ativo boolean=true has a default, evento_id
-- integer -> eventos refers) and: unique (a, b), index (a), unique index (a). An item that begins with transitional
-- is true only while the table is made: a later revision changes it.
CREATE OR REPLACE PROCEDURE pg_temp.ensure_table(tbl text, items text) LANGUAGE plpgsql AS $fn$
DECLARE
    item text;
    is_new boolean := NOT pg_temp.has_table(tbl);
    parts text[] := ARRAY(
        SELECT regexp_replace(replace(replace(replace(i, '!', ' not null'), '=', ' default '), '->', 'references'),
            '^transitional ', '')
        FROM regexp_split_to_table(items, E'[\r\n]+') WITH ORDINALITY AS s (i, place)
        WHERE i > '' AND (is_new OR i NOT LIKE 'transitional %') ORDER BY place);
    cols text[];
    is_behind boolean;
BEGIN
    IF is_new THEN
        PERFORM pg_temp.clear_name(tbl), pg_temp.clear_name(tbl || '_pkey');
        -- With all columns: what comes after it adds a sequence and indexes.
        EXECUTE format('CREATE TABLE public.%I (%s)', tbl, (
            SELECT string_agg(concat(quote_ident(col), ' ', pg_temp.as_type(pg_temp.spelled(col_type)), ' DEFAULT '
                || default_is, format(CASE WHEN required THEN ' CONSTRAINT %I NOT NULL' END, tbl || '_' || col
                || '_not_null'), format(CASE col WHEN 'id' THEN ' CONSTRAINT %I PRIMARY KEY' END, tbl || '_pkey')),
                ', ' ORDER BY place)
            FROM unnest(parts) WITH ORDINALITY AS p (part, place), pg_temp.described(part)
            WHERE part !~ '^(unique )?(index )?\('));
        PERFORM pg_temp.unguard(tbl);
    ELSE
        IF (SELECT relpersistence FROM pg_class WHERE oid = pg_temp.oid_of(tbl)) <> 'p' THEN
            PERFORM pg_temp.alter(tbl, 'SET LOGGED');
        END IF;
        PERFORM pg_temp.clear_table(tbl);
    END IF;
    IF NOT is_new AND pg_temp.is_settled(tbl) THEN
        -- But for where its sequence stands, which is in no catalogue.
        IF 'id serial' = ANY (parts) THEN
            EXECUTE format('SELECT max(id) >= (SELECT last_value + is_called::integer FROM public.%I) FROM public.%I',
                tbl || '_id_seq', tbl) INTO is_behind;
            IF is_behind THEN
                CALL pg_temp.ensure_sequence(tbl);
            END IF;
        END IF;
        RETURN;
    END IF;
    FOREACH item IN ARRAY parts LOOP
        cols := string_to_array(substring(item FROM '^(?:unique )?(?:index )?\((.*)\)$'), ', ');
        CONTINUE WHEN is_new AND cols IS NULL AND item !~ '^id | references ';
        IF cols IS NULL THEN
            CALL pg_temp.ensure_column(tbl, item);
            IF item LIKE 'id %' THEN
                PERFORM pg_temp.ensure_primary_key(tbl);
            END IF;
        ELSIF item LIKE 'unique (%' THEN
            CALL pg_temp.ensure_unique(tbl, VARIADIC cols);
        ELSE
            CALL pg_temp.ensure_index(tbl, 'ix_' || tbl || '_' || array_to_string(cols, '_'),
                item LIKE 'unique %', VARIADIC cols);
        END IF;
    END LOOP;
    IF is_new THEN
        PERFORM pg_temp.say(format('%s created', tbl));
    END IF;
END $fn$;

-- As ensure_table(), unless another table has taken its place.
CREATE OR REPLACE PROCEDURE pg_temp.ensure_table_unless(successor text, tbl text, items text)
LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_table(tbl) OR NOT pg_temp.has_table(successor) THEN
        CALL pg_temp.ensure_table(tbl, items);
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.drop_table_unless_rows(tbl text) LANGUAGE plpgsql AS $fn$
DECLARE rel oid := pg_temp.oid_of(tbl);
BEGIN
    IF NOT pg_temp.has_table(tbl) THEN
        RETURN;
    ELSIF pg_temp.has_rows(tbl) THEN
        PERFORM pg_temp.say(format('%s stays: it holds rows', tbl));
    ELSIF EXISTS (SELECT FROM pg_constraint
                  WHERE contype = 'f' AND confrelid = rel AND conrelid <> confrelid) THEN
        PERFORM pg_temp.say(format('%s stays: other tables refer to it', tbl));
    ELSIF EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_rewrite'::regclass AND refobjid = rel) THEN
        PERFORM pg_temp.say(format('%s stays: a view reads it', tbl));
    ELSE
        EXECUTE format('DROP TABLE public.%I', tbl);
    END IF;
END $fn$;

-- Rows that a table cannot keep go among the retired, whole. References to them become NULL, and what they were
-- is kept.
CREATE OR REPLACE FUNCTION pg_temp.retire_rows(tbl text, condition text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    kept text;
    n bigint := pg_temp.count_where(tbl, condition);
BEGIN
    IF n = 0 THEN
        RETURN;
    END IF;
    PERFORM pg_temp.open_retired();
    kept := pg_temp.free_name(tbl, 'retired');
    EXECUTE format('CREATE TABLE retired.%I AS SELECT * FROM public.%I WHERE %s', kept, tbl, condition);
    EXECUTE format('ALTER TABLE retired.%I ADD PRIMARY KEY (id)', kept);
    PERFORM pg_temp.change_cells(child, col, 'NULL',
        format('%I IN (SELECT k.id FROM retired.%I k)', col, kept)) FROM pg_temp.references_to(tbl);
    PERFORM pg_temp.change_rows(tbl, format('DELETE FROM public.%I WHERE %s', tbl, condition));
    PERFORM pg_temp.note('rows', tbl, kept, NULL, n);
END $fn$;

-- Puts the rows back where their ids are free, with the references to them.
CREATE OR REPLACE FUNCTION pg_temp.restore_rows(tbl text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    kept record;
    cols text;
    con record;
    some_stay boolean;
BEGIN
    SELECT * INTO kept FROM pg_temp.noted('rows', tbl);
    IF kept.entry IS NULL THEN
        RETURN;
    END IF;
    SELECT string_agg(quote_ident(attname), ', ') INTO cols FROM pg_attribute
    WHERE attrelid = to_regclass(format('retired.%I', kept.kept)) AND attnum > 0 AND NOT attisdropped
      AND pg_temp.has_column(tbl, attname);
    -- They went because the renamed table requires what they lack.
    FOR con IN SELECT attname FROM pg_attribute
        WHERE attrelid = pg_temp.oid_of(tbl) AND attnum > 0 AND attnotnull AND NOT attisdropped
          AND attname <> 'id'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM retired.%I k WHERE k.%I IS NULL)', kept.kept, con.attname)
        INTO some_stay;
        IF some_stay THEN
            PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I DROP NOT NULL', con.attname);
        END IF;
    END LOOP;
    PERFORM pg_temp.change_rows(tbl, format(
        'INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM retired.%3$I k '
        'WHERE NOT EXISTS (SELECT FROM public.%1$I live WHERE live.id = k.id)%4$s', tbl, cols, kept.kept,
        pg_temp.or_nothing(tbl)));
    EXECUTE format('DELETE FROM retired.%I k USING public.%I live WHERE live.id = k.id AND %s && %s',
        kept.kept, tbl, pg_temp.marks(tbl, 'k'), pg_temp.marks(tbl, 'live'));
    EXECUTE format('SELECT EXISTS (SELECT FROM retired.%I)', kept.kept) INTO some_stay;
    IF NOT some_stay THEN
        EXECUTE format('DROP TABLE retired.%I', kept.kept);
        PERFORM pg_temp.strike(kept.entry);
    END IF;
    FOR con IN SELECT * FROM pg_temp.references_to(tbl)
    LOOP
        CALL pg_temp.restore_values(con.child, con.col);
    END LOOP;
END $fn$;

-- A table under its new name. Where both exist, rows move: a row keeps its id where that is free, is the same
-- row where all is equal, and gets a fresh id otherwise, which the rows that refer to it follow. Their old
-- values are kept. Rows without a value that the new table requires stay behind.
CREATE OR REPLACE PROCEDURE pg_temp.rename_table(old text, new text, VARIADIC required text[] DEFAULT '{}')
LANGUAGE plpgsql AS $fn$
DECLARE
    shared text[];
    same text;
    lacking text;
    changed text;
    con record;
BEGIN
    IF NOT pg_temp.has_table(old) THEN
        RETURN;
    END IF;
    lacking := coalesce(
        (SELECT string_agg(format('source.%I IS NULL', r), ' OR ') FROM unnest(required) r), 'false');
    IF NOT pg_temp.has_table(new) THEN
        PERFORM pg_temp.retire_rows(old, replace(lacking, 'source.', ''));
        PERFORM pg_temp.alter(old, 'RENAME TO %I', new);
        RETURN;
    END IF;
    SELECT array_agg(attname::text ORDER BY attnum) INTO shared FROM pg_attribute
    WHERE attrelid = pg_temp.oid_of(new) AND attnum > 0 AND NOT attisdropped AND attname <> 'id'
      AND pg_temp.has_column(old, attname);
    IF NOT (SELECT bool_and(pg_temp.all_fit(old, s, pg_temp.type_of(new, s))) FROM unnest(shared) s) THEN
        RETURN;
    END IF;
    PERFORM pg_temp.say_zone(old || '.' || s, format('FROM public.%I WHERE true', old), quote_ident(s),
        pg_temp.type_of(old, s), pg_temp.type_of(new, s)) FROM unnest(shared) s;
    same := (SELECT string_agg(format('source.%1$I::text IS NOT DISTINCT FROM target.%1$I::text', s), ' AND ')
             FROM unnest(shared) s);
    CREATE TEMP TABLE IF NOT EXISTS moved (id bigint PRIMARY KEY, new_id bigint NOT NULL) ON COMMIT DROP;
    DELETE FROM pg_temp.moved;
    EXECUTE format('INSERT INTO pg_temp.moved SELECT source.id, coalesce('
        '(SELECT target.id FROM public.%2$I target WHERE target.id = source.id AND %3$s), '
        '(SELECT min(target.id) FROM public.%2$I target WHERE %3$s), '
        'CASE WHEN NOT EXISTS (SELECT FROM public.%2$I target WHERE target.id = source.id) '
        'THEN source.id END, 0) '
        'FROM public.%1$I source WHERE NOT coalesce(%4$s, false)', old, new, same, lacking);
    UPDATE pg_temp.moved SET new_id = f.id
    FROM (SELECT m.id, row_number() OVER (ORDER BY m.id) AS place FROM pg_temp.moved m WHERE new_id = 0) a
        JOIN pg_temp.fresh_ids((SELECT count(*) FROM pg_temp.moved WHERE new_id = 0), old, new) f USING (place)
    WHERE a.id = moved.id;
    PERFORM pg_temp.await_rows(new);
    PERFORM pg_temp.change_rows(new, format(
        'INSERT INTO public.%2$I (id, %3$s) OVERRIDING SYSTEM VALUE SELECT moved.new_id, %4$s '
        'FROM public.%1$I source JOIN pg_temp.moved USING (id) '
        'WHERE NOT EXISTS (SELECT FROM public.%2$I target WHERE target.id = moved.new_id)',
        old, new, pg_temp.listed(shared),
        (SELECT string_agg(pg_temp.converted('source.' || quote_ident(s), pg_temp.type_of(old, s),
                                             pg_temp.type_of(new, s)), ', ' ORDER BY place)
         FROM unnest(shared) WITH ORDINALITY AS u (s, place))));
    PERFORM pg_temp.note_arrived(new);
    FOR con IN SELECT * FROM pg_temp.references_to(old)
    LOOP
        changed := format('%1$I IS NOT NULL AND NOT EXISTS '
            '(SELECT FROM pg_temp.moved m WHERE m.id = %2$I.%1$I AND m.new_id = m.id)', con.col, con.child);
        IF pg_temp.has_table(con.child) THEN
            PERFORM pg_temp.alter(con.child, 'DROP CONSTRAINT %I', con.conname);
        END IF;
        PERFORM pg_temp.change_cells(con.child, con.col, format(
            'SELECT m.new_id FROM pg_temp.moved m WHERE m.id = %I.%I', con.child, con.col), changed);
        PERFORM pg_temp.ensure_foreign_key(con.child, con.col, new);
    END LOOP;
    CALL pg_temp.retire_table(old);
END $fn$;
