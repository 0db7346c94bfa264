-- The way back: undone is what each revision noted, and nothing else.

-- The type that a column had. What a conversion could not invert was kept beside it.
CREATE OR REPLACE PROCEDURE pg_temp.undo_type(tbl text, col text, was text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF was ~ ' GENERATED ' THEN
        PERFORM pg_temp.say(format('%s.%s stays as it is: it was computed', tbl, col));
    ELSIF pg_temp.has_column(tbl, col) AND pg_temp.count_where(tbl,
            'NOT ' || pg_temp.fits(quote_ident(col), pg_temp.type_of(tbl, col), was)) = 0 THEN
        PERFORM pg_temp.change_type(tbl, col, was);
    END IF;
END $fn$;

-- Gives such cells back where their revision is taken back, with the labels they need. A row that was given another
-- value since keeps that. Of rows that are alike in all, one is as good as another.
CREATE OR REPLACE FUNCTION pg_temp.give_spelling_back(enum_type text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    entry integer;
    kept record;
    labels text[];
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    -- Read first: the register goes with the last of them.
    FOREACH entry IN ARRAY ARRAY(SELECT id FROM retired.register WHERE kind = 'cells' AND object LIKE '%.%.%'
        AND concat(revision) >= concat(current_setting('homecoming.revision', true)) ORDER BY id DESC)
    LOOP
        SELECT object, kept_in, format('retired.%I', kept_in) AS here, rel, attname AS col, format_type(atttypid, NULL)
            AS type, CASE WHEN t.oid = atttypid THEN 'ARRAY[cell]' ELSE 'cell::text[]' END AS cells
        INTO kept
        FROM retired.register r, LATERAL (SELECT parse_ident(object) AS p) p,
            LATERAL (SELECT to_regclass(format('%I.%I', p[1], p[2])) AS rel) c
            JOIN pg_attribute ON attrelid = rel JOIN pg_type t ON atttypid IN (t.oid, typarray)
        WHERE r.id = entry AND attname = p[3] AND t.oid = pg_temp.type_oid(enum_type);
        CONTINUE WHEN kept.rel IS NULL;
        EXECUTE format('SELECT ARRAY(SELECT DISTINCT l FROM %s, unnest(%s) l WHERE l <> ALL (%L))', kept.here,
            kept.cells, pg_temp.labels_of(enum_type)) INTO labels;
        IF cardinality(labels) > 0 THEN
            PERFORM pg_temp.rebuild_enum(enum_type, pg_temp.labels_of(enum_type) || labels);
        END IF;
        BEGIN
            PERFORM pg_temp.change_rows(kept.rel::text, format('WITH k AS (SELECT *, ctid AS at, row_number() OVER '
                '(PARTITION BY of_row, became) AS nth FROM %1$s), l AS (SELECT %2$s::text AS of_row, %3$I::text AS '
                'became, ctid AS at, tableoid AS part, row_number() OVER (PARTITION BY %2$s::text, %3$I) AS nth '
                'FROM %4$s), back AS (UPDATE %4$s t SET %3$I = cell::%5$s FROM k JOIN l USING (of_row, became, nth) '
                'WHERE t.ctid = l.at AND t.tableoid = part RETURNING k.at) '
                'DELETE FROM %1$s k USING back WHERE k.ctid = back.at', kept.here,
                obj_description(kept.here::regclass, 'pg_class'), kept.col, kept.rel, kept.type));
        EXCEPTION WHEN integrity_constraint_violation OR syntax_error_or_access_rule_violation THEN
            NULL; -- What stays is told.
        END;
        CALL pg_temp.release(entry, kept.kept_in, kept.object, 'the row is gone, or has a newer value');
    END LOOP;
END $fn$;

-- A sequence as it was. Where it has given numbers since, it goes on after them.
CREATE OR REPLACE PROCEDURE pg_temp.undo_sequence(seq text, was text, is_now text) LANGUAGE plpgsql AS $fn$
DECLARE
    before text[] := string_to_array(was, '|');
    name regclass := to_regclass(format('public.%I', seq));
    stood boolean := split_part(pg_temp.numbers(name), '|', 1) = split_part(coalesce(is_now, was), '|', 1);
BEGIN
    IF name IS NOT NULL THEN
        -- A position beyond its bounds is none.
        EXECUTE format('ALTER SEQUENCE %s %s%s', name, before[2], CASE WHEN stood OR is_now IS NULL
            THEN ' RESTART WITH ' || split_part(before[1], ',', 1) END);
        IF stood OR is_now IS NULL THEN
            EXECUTE format('SELECT setval(%L, %s)', name, before[1]);
        END IF;
    END IF;
END $fn$;

-- A column that was an identity gives its numbers by itself again, from where its sequence stood or stands.
CREATE OR REPLACE PROCEDURE pg_temp.undo_identity(tbl text, col text, was text) LANGUAGE plpgsql AS $fn$
DECLARE
    before text[] := string_to_array(was, '|');
    seq text := substring(before[1] FROM 'SEQUENCE NAME (.*)[)]');
    highest bigint;
BEGIN
    IF pg_temp.is_required(tbl, col) THEN
        PERFORM pg_temp.alter(tbl, format('ALTER COLUMN %%I ADD %s', before[1]), col);
        EXECUTE format('ALTER SEQUENCE %s %s', seq, before[3]);
        EXECUTE format('SELECT setval(%L, %s)', seq, before[2]);
        EXECUTE format('SELECT max(%I) FROM public.%I', col, tbl) INTO highest;
        PERFORM setval(seq, highest) WHERE highest >= pg_temp.next_of(seq::regclass) AND before[2] LIKE '%true';
    END IF;
END $fn$;

-- Leaves a foreign key with the table that it was turned to, and its values, where a row does not find in the copy,
-- by what it was, the row that it refers to: it was written since.
CREATE OR REPLACE PROCEDURE pg_temp.keep_turned(child text, col text, turned text) LANGUAGE plpgsql AS $fn$
DECLARE
    live record;
    copy text;
    kept text := (pg_temp.noted('cells', child || '.' || col)).kept;
    keys text[];
    stays boolean;
BEGIN
    SELECT target, made_by INTO live FROM pg_temp.keys_now
    WHERE conrelid = pg_temp.oid_of(child) AND conkey = ARRAY[pg_temp.attnum_of(child, col)];
    IF turned IS NULL OR live.target IS NULL THEN
        RETURN;
    END IF;
    SELECT relname INTO copy FROM pg_class
    WHERE oid = to_regclass(substring(turned FROM ' REFERENCES (public\.("[^"]+"|\w+))\('));
    stays := copy IS NULL;
    IF NOT stays THEN
        keys := ARRAY(SELECT attname::text FROM pg_index
            JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = pg_temp.oid_of(live.target) AND indisunique AND indnatts = 1 AND attname <> 'id');
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I child '
            'WHERE child.%2$I IS NOT NULL AND NOT EXISTS (SELECT FROM public.%3$I source '
            'JOIN public.%4$I target ON target.id = child.%2$I '
            'WHERE source.id = %5$s AND (%6$s OR source.id = target.id AND NOT %7$s)))',
            child, col, copy, live.target,
            CASE WHEN kept IS NULL THEN format('child.%I', col) ELSE format(
                'coalesce((SELECT kept.%1$I FROM retired.%2$I kept WHERE kept.id = child.id '
                'AND coalesce(kept.of_row && %3$s, true)), child.%1$I)',
                col, kept, pg_temp.marks(child, 'child')) END,
            concat_ws(' OR ', 'false', (SELECT string_agg(j, ' OR ')
                FROM pg_temp.joined(copy, live.target, keys || '{nome,nome_completo}'::text[]) j)),
            coalesce(pg_temp.differ(copy, live.target, keys), 'false')) INTO stays;
    END IF;
    IF stays THEN
        DELETE FROM pg_temp.undone WHERE kind = 'cells' AND object = child || '.' || col;
        DELETE FROM pg_temp.undone WHERE kind = 'undo after' AND object LIKE 'constraint ' || child || '.%'
            AND strpos(definition, format(' FOREIGN KEY (%I) ', col)) > 0;
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = pg_temp.oid_of(child)
                AND conkey = ARRAY[pg_temp.attnum_of(child, col)]) THEN
            EXECUTE live.made_by;
        END IF;
        PERFORM pg_temp.say(format('%s.%s refers to %s still', child, col, live.target));
    END IF;
END $fn$;

-- Undoes what the revision changed here, last first.
CREATE OR REPLACE PROCEDURE pg_temp.undo() LANGUAGE plpgsql AS $fn$
DECLARE
    at_revision text := current_setting('homecoming.revision');
    thing record;
    tbl text;
    col text;
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    CREATE TEMP TABLE undone ON COMMIT DROP AS SELECT * FROM retired.register WHERE revision = at_revision;
    PERFORM pg_temp.say(concat(object, ': ', definition)) FROM pg_temp.undone WHERE kind = 'undo purged' ORDER BY id;
    CREATE TEMP TABLE keys_now ON COMMIT DROP AS SELECT conrelid, conkey, relname AS target,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
            pg_get_constraintdef(k.oid)) AS made_by
        FROM pg_constraint k JOIN pg_class c ON c.oid = confrelid WHERE contype = 'f';
    CALL pg_temp.undo_noted('undo');
    -- Also where the type has the labels that it had: its rows were folded.
    PERFORM pg_temp.give_spelling_back(typname) FROM pg_type
    WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace;
    -- A copy comes back before it is asked whether references to it may, and values before what checks them.
    FOR thing IN SELECT * FROM pg_temp.undone WHERE kind NOT LIKE 'undo%' AND kind <> 'rows'
            ORDER BY kind <> 'table', kind <> 'reference',
                kind NOT IN ('column', 'cells', 'changed', 'deleted', 'arrived'),
                id DESC LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_temp.undone WHERE id = thing.id);
        -- A name may have a dot: the catalogue knows where it ends.
        SELECT relname, attname INTO tbl, col FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
        WHERE relnamespace = 'public'::regnamespace AND concat(relname, '.', attname) = thing.object;
        IF NOT FOUND THEN
            tbl := split_part(thing.object, '.', 1);
            col := split_part(thing.object, '.', 2);
        END IF;
        CASE thing.kind
            WHEN 'column', 'cells' THEN
                PERFORM pg_temp.give_back(thing.kind, tbl, col,
                    CASE thing.kind WHEN 'column' THEN format('live.%I IS NULL', col) ELSE 'true' END);
            WHEN 'table' THEN CALL pg_temp.restore_table(thing.object);
            WHEN 'arrived' THEN PERFORM pg_temp.send_back(thing.object, thing.kept_in);
            WHEN 'reference' THEN
                CALL pg_temp.keep_turned(tbl, col, thing.definition);
                DELETE FROM retired.register WHERE id = thing.id;
            WHEN 'changed' THEN CALL pg_temp.restore_changes(tbl, col);
            WHEN 'deleted' THEN CALL pg_temp.restore_deleted(thing.id, thing.object, thing.kept_in);
            -- All of a kind: a view may need another.
            ELSE CALL pg_temp.restore_noted(thing.kind, '%');
        END CASE;
    END LOOP;
    CALL pg_temp.undo_noted('undo name');
    PERFORM pg_temp.restore_rows(object) FROM pg_temp.undone WHERE kind = 'rows';
    CALL pg_temp.undo_noted('undo after');
    DROP TABLE pg_temp.undone, pg_temp.keys_now;
    PERFORM pg_temp.close_retired();
END $fn$;

-- These may be called: pg_temp.tighten_column, pg_temp.rename_label, pg_temp.ensure_enum, pg_temp.drop_enum,
-- pg_temp.retire_column, pg_temp.undo_type, pg_temp.undo_identity, pg_temp.drop_table_unless_rows,
-- pg_temp.undo_sequence.
CREATE OR REPLACE PROCEDURE pg_temp.undo_noted(what text) LANGUAGE plpgsql AS $fn$
DECLARE
    thing record;
    is_last boolean := false;
    is_further boolean;
BEGIN
    LOOP
        is_further := false;
        FOR thing IN SELECT * FROM pg_temp.undone WHERE kind = what ORDER BY id DESC LOOP
            BEGIN
                IF pg_temp.names_foreign_code(thing.definition) THEN
                    RAISE insufficient_privilege USING MESSAGE = 'it names the code of a role that is not trusted';
                END IF;
                EXECUTE concat(regexp_replace(thing.definition, '^CALL ', 'CALL pg_temp.'),
                    -- It was there over rows that break it.
                    CASE WHEN is_last AND thing.definition ~ ' ADD CONSTRAINT .* (FOREIGN KEY|CHECK) '
                        THEN ' NOT VALID' END);
                is_further := true;
                DELETE FROM pg_temp.undone WHERE id = thing.id;
                DELETE FROM retired.register WHERE id = thing.id;
            EXCEPTION WHEN syntax_error_or_access_rule_violation OR integrity_constraint_violation
                    OR feature_not_supported OR data_exception OR dependent_objects_still_exist
                    OR invalid_table_definition OR duplicate_object OR undefined_object OR SQLSTATE 'PM004' THEN
                IF is_last THEN
                    -- What is said of a value may quote it.
                    PERFORM pg_temp.say(concat(thing.object, ' is not as it was',
                        CASE WHEN SQLSTATE ~ '^(42|2B|55|PM)' THEN ': ' || SQLERRM END));
                    -- How it was made is kept.
                    UPDATE retired.register SET kind = split_part(object, ' ', 1),
                        object = substr(object, strpos(object, ' ') + 1)
                    WHERE id = thing.id AND definition ~ '^CREATE| ADD CONSTRAINT ';
                    DELETE FROM retired.register WHERE id = thing.id AND kind = what;
                END IF;
            END;
        END LOOP;
        EXIT WHEN is_last;
        -- One may need another that is made after it.
        is_last := NOT is_further;
    END LOOP;
END $fn$;

-- Rows that came from elsewhere go back where they came from, unless they were changed since or are referred to.
CREATE OR REPLACE FUNCTION pg_temp.send_back(tbl text, kept text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    row_id integer;
    n bigint := 0;
BEGIN
    IF pg_temp.has_table(tbl) THEN
        FOR row_id IN EXECUTE format('SELECT t.id FROM public.%I t JOIN retired.%I k USING (id) '
                'WHERE to_jsonb(t) = k.of_row ORDER BY id DESC', tbl, kept) LOOP
            BEGIN
                n := n + pg_temp.change_rows(tbl, format('DELETE FROM public.%I WHERE id = %s', tbl, row_id));
            EXCEPTION WHEN integrity_constraint_violation THEN
                NULL;
            END;
        END LOOP;
        PERFORM pg_temp.say(format('%s: %s gone again', tbl, pg_temp.counted(n, 'row', 'rows')));
    END IF;
    EXECUTE format('DROP TABLE retired.%I', kept);
    DELETE FROM retired.register WHERE kind = 'arrived' AND kept_in = kept;
END $fn$;
