-- Enum types: their labels, all of them, in order.

-- The oid of a type in schema public, or NULL.
CREATE OR REPLACE FUNCTION pg_temp.type_oid(type_name text) RETURNS oid LANGUAGE sql STABLE AS $fn$
    SELECT oid FROM pg_type WHERE typname = type_name AND typnamespace = 'public'::regnamespace
$fn$;

-- The first label equal to one but for case and surrounding blanks, or NULL. The way back changes no spelling that
-- may stay.
CREATE OR REPLACE FUNCTION pg_temp.same_label(label text, labels text[]) RETURNS text LANGUAGE sql AS $fn$
    SELECT l FROM unnest(labels) WITH ORDINALITY AS u (l, place) WHERE lower(l) = lower(btrim(label, E' \t\r\n'))
    ORDER BY l <> label OR current_setting('homecoming.direction', true) IS DISTINCT FROM 'downgrade', place LIMIT 1
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.labels_of(enum_type oid) RETURNS text[] LANGUAGE sql STABLE AS $fn$
    SELECT ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = enum_type ORDER BY enumsortorder)
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.make_enum(enum_type text, labels text[])
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    EXECUTE format('CREATE TYPE public.%I AS ENUM (%s)', enum_type,
        (SELECT string_agg(quote_literal(l), ', ' ORDER BY place)
         FROM unnest(labels) WITH ORDINALITY AS u (l, place)));
END $fn$;

-- Keeps the cells that get another spelling with their type, in whatever table: each with what it becomes, and
-- what tells its row: the primary key or, where there is none, all else that the row holds.
CREATE OR REPLACE FUNCTION pg_temp.keep_spelling(rel regclass, col text, value text) RETURNS void
LANGUAGE plpgsql AS $fn$
DECLARE
    cells text := format('FROM %s WHERE %I::text <> (%s)::text', rel, col, value);
    key text;
    kept text;
    n bigint;
BEGIN
    EXECUTE 'SELECT count(*) ' || cells INTO n;
    IF n > 0 THEN
        SELECT format('ROW(%s)', string_agg(quote_ident(attname), ', ' ORDER BY attnum)) INTO key
        FROM pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped AND attname <> col
          AND attnum = ANY (coalesce((SELECT indkey::smallint[] FROM pg_index WHERE indrelid = rel AND indisprimary),
            ARRAY[attnum]));
        PERFORM pg_temp.open_retired();
        kept := pg_temp.free_name(format('%s__%s__before', pg_temp.shown(rel::text), col), 'retired');
        EXECUTE format('CREATE TABLE retired.%I AS SELECT %s::text AS of_row, %I::text AS cell, (%s)::text AS became '
            '%s', kept, key, col, value, cells);
        EXECUTE format('COMMENT ON TABLE retired.%I IS %L', kept, key);
        PERFORM pg_temp.note('cells', format('%s.%I', rel, col), kept, NULL, n);
    END IF;
END $fn$;

-- Makes the type anew with these labels, and all that depends on it. Columns follow, an array's and a composite
-- type's too; what is retired keeps the old type, which goes to schema retired.
CREATE OR REPLACE FUNCTION pg_temp.rebuild_enum(enum_type text, labels text[])
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    old_type oid := pg_temp.type_oid(enum_type);
    spelled text := format_type(old_type, NULL);
    used record;
    label text;
    value text;
    n bigint;
    parked text := enum_type;
    place integer := 1;
    belongings text;
    all_fit boolean := true;
BEGIN
    SELECT pg_temp.belongings('TYPE', spelled, typowner, typacl, obj_description(oid, 'pg_type')) INTO belongings
    FROM pg_type WHERE oid = old_type;
    PERFORM pg_temp.refuse_compared('pg_type', old_type, 0, l, pg_temp.same_label(l, labels))
    FROM unnest(pg_temp.labels_of(old_type)) l WHERE pg_temp.same_label(l, labels) <> l;
    PERFORM pg_temp.stash_dependents_of('pg_type', old_type, 0, true, false);
    PERFORM pg_temp.open_retired();
    WHILE EXISTS (SELECT FROM pg_type WHERE typname = parked AND typnamespace = 'retired'::regnamespace) LOOP
        place := place + 1;
        parked := enum_type || '_' || place;
    END LOOP;
    IF parked <> enum_type THEN
        EXECUTE format('ALTER TYPE public.%I RENAME TO %I', enum_type, parked);
    END IF;
    EXECUTE format('ALTER TYPE public.%I SET SCHEMA retired', parked);
    PERFORM pg_temp.make_enum(enum_type, labels);
    EXECUTE ltrim(belongings, ';');
    FOR used IN SELECT c.oid::regclass AS rel, a.attname::text AS col, a.atttypid <> old_type AS is_array,
            c.relkind = 'c' AS is_composite, CASE s.nspname WHEN 'public' THEN c.relname::text END AS tbl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace s ON s.oid = c.relnamespace
        WHERE a.atttypid IN (SELECT oid FROM pg_type WHERE old_type IN (oid, typelem)) AND NOT a.attisdropped
          AND c.relkind IN ('r', 'p', 'f', 'c') AND a.attinhcount = 0 AND nspname <> 'retired' AND nspname !~ '^pg_'
    LOOP
        IF used.is_composite THEN
            PERFORM pg_temp.run(used.rel::text, format('ALTER TYPE %s ALTER ATTRIBUTE %I TYPE %s%s', used.rel, used.col,
                spelled, CASE WHEN used.is_array THEN '[]' END));
            CONTINUE;
        END IF;
        value := format('%I::text%s', used.col, CASE WHEN used.is_array THEN '[]' END);
        IF used.is_array THEN
            FOREACH label IN ARRAY pg_temp.labels_of(old_type) LOOP
                value := format('array_replace(%s, %L, %L)', value, label,
                    coalesce(pg_temp.same_label(label, labels), label));
            END LOOP;
            EXECUTE format('SELECT count(*) FROM %s WHERE NOT array_remove(%s, NULL) <@ %L::text[]', used.rel, value,
                labels) INTO n;
        ELSIF used.tbl IS NOT NULL AND NOT pg_temp.has_labels(used.tbl, used.col, enum_type, labels) THEN
            all_fit := NULL;
            CONTINUE;
        ELSE
            SELECT format('(CASE %s %s ELSE %1$s END)', value, string_agg(format('WHEN %L THEN %L', l,
                coalesce(pg_temp.same_label(l, labels), l)), ' ')) INTO value
            FROM unnest(pg_temp.labels_of(old_type)) l;
            EXECUTE format('SELECT count(*) FROM %s WHERE %s <> ALL (%L)', used.rel, value, labels) INTO n;
        END IF;
        PERFORM pg_temp.refuse_labels(n, pg_temp.shown(used.rel::text), used.col, enum_type);
        PERFORM pg_temp.keep_spelling(used.rel, used.col, value)
        WHERE current_setting('homecoming.direction', true) IS DISTINCT FROM 'downgrade';
        PERFORM pg_temp.run(pg_temp.shown(used.rel::text) || '.' || used.col, format(
            'ALTER TABLE %1$s ALTER COLUMN %2$I TYPE %3$s%5$s USING %4$s::%3$s%5$s',
            used.rel, used.col, spelled, value, CASE WHEN used.is_array THEN '[]' END));
    END LOOP;
    -- What names a label names the one that its rows have now.
    FOREACH label IN ARRAY pg_temp.labels_of(old_type) LOOP
        UPDATE pg_temp.stash SET definition = replace(definition, format('%L::%s', label, spelled),
            format('%L::%s', pg_temp.same_label(label, labels), spelled))
        WHERE pg_temp.same_label(label, labels) <> label;
    END LOOP;
    FOR used IN SELECT DISTINCT m[1] AS was, m[2]::text[] AS them FROM pg_temp.stash, LATERAL regexp_matches(definition,
            format('(''(\{[^'']*\})''::%s\[\])', spelled), 'g') m
    LOOP
        UPDATE pg_temp.stash SET definition = replace(definition, used.was, format('%L::%s[]', ARRAY(
            SELECT coalesce(pg_temp.same_label(l, labels), l) FROM unnest(used.them) l), spelled));
    END LOOP;
    PERFORM pg_temp.refuse_text(concat(kind, ' ', object), definition, advice, l,
        pg_temp.same_label(l, labels), spelled)
    FROM pg_temp.stash, unnest(pg_temp.labels_of(old_type)) l ORDER BY pg_temp.stash.place;
    PERFORM pg_temp.restore_dependents(all_fit);
    IF NOT EXISTS (SELECT FROM pg_depend JOIN pg_type t ON refobjid IN (t.oid, t.typarray)
            WHERE t.oid = old_type AND refclassid = 'pg_type'::regclass AND deptype = 'n') THEN
        EXECUTE format('DROP TYPE retired.%I', parked);
        PERFORM pg_temp.close_retired();
    END IF;
    PERFORM pg_temp.say(format('enum %s rebuilt with labels %s', enum_type, array_to_string(labels, ', ')));
END $fn$;

-- The type has exactly these labels in this order. What needs no rewrite comes first: RENAME VALUE, then ADD
-- VALUE, then the rebuild.
CREATE OR REPLACE PROCEDURE pg_temp.ensure_enum(enum_type text, VARIADIC labels text[]) LANGUAGE plpgsql AS $fn$
DECLARE
    live text[] := pg_temp.labels_of(enum_type);
    other text;
BEGIN
    IF live IS NULL THEN
        IF pg_temp.type_oid(enum_type) IS NOT NULL THEN
            PERFORM pg_temp.refuse(format(@no_enum.what@, enum_type),
                format(@no_enum.todo@, enum_type));
        END IF;
        PERFORM pg_temp.make_enum(enum_type, labels);
        RETURN;
    END IF;
    FOR i IN 1 .. cardinality(labels) LOOP
        IF labels[i] <> ALL (live) THEN
            SELECT l INTO other FROM unnest(live) l
            WHERE lower(btrim(l)) = lower(labels[i]) AND coalesce(array_position(labels, l), i + 1) > i LIMIT 1;
            IF FOUND THEN
                PERFORM pg_temp.refuse_respelling('pg_type', pg_temp.type_oid(enum_type), 0, other, labels[i]);
                EXECUTE format('ALTER TYPE public.%I RENAME VALUE %L TO %L', enum_type, other, labels[i]);
                PERFORM pg_temp.say(format('enum %s: %s is now %s', enum_type, other, labels[i]));
                live := array_replace(live, other, labels[i]);
            END IF;
        END IF;
    END LOOP;
    -- A label added in this transaction cannot be stored in it: only spellings that rows never hold are added
    -- so.
    IF live = labels[1 : cardinality(live)] AND live <> labels AND NOT EXISTS (
            SELECT FROM unnest(labels) l WHERE lower(l) <> ALL (SELECT lower(e) FROM unnest(live) e)) THEN
        FOR i IN cardinality(live) + 1 .. cardinality(labels) LOOP
            EXECUTE format('ALTER TYPE public.%I ADD VALUE %L', enum_type, labels[i]);
        END LOOP;
    -- Rows of two spellings become rows of one, and so does what is defined over them.
    ELSIF live <> labels OR EXISTS (SELECT FROM unnest(labels) l WHERE pg_temp.same_label(l, labels) <> l)
            AND EXISTS (SELECT FROM pg_depend JOIN pg_type t ON refobjid IN (t.oid, t.typarray)
                WHERE t.oid = pg_temp.type_oid(enum_type) AND refclassid = 'pg_type'::regclass AND deptype = 'n'
                  AND (classid <> 'pg_class'::regclass OR objsubid = 0)) THEN
        PERFORM pg_temp.rebuild_enum(enum_type, labels);
    END IF;
END $fn$;

-- A type of this name exists. A later revision settles its labels.
CREATE OR REPLACE PROCEDURE pg_temp.ensure_some_enum(enum_type text, VARIADIC labels text[])
LANGUAGE plpgsql AS $fn$
BEGIN
    IF NOT pg_temp.is_enum(enum_type) THEN
        CALL pg_temp.ensure_enum(enum_type, VARIADIC labels);
    END IF;
END $fn$;

-- A label has another word, and so have its rows; where both are labels, the rows are another operation's.
CREATE OR REPLACE PROCEDURE pg_temp.rename_label(enum_type text, old text, new text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF old = ANY (pg_temp.labels_of(enum_type)) AND new <> ALL (pg_temp.labels_of(enum_type)) THEN
        PERFORM pg_temp.refuse_respelling('pg_type', pg_temp.type_oid(enum_type), 0, old, new);
        EXECUTE format('ALTER TYPE public.%I RENAME VALUE %L TO %L', enum_type, old, new);
        PERFORM pg_temp.say(format('enum %s: %s is now %s', enum_type, old, new));
        INSERT INTO pg_temp.relabelled VALUES (enum_type, old, new);
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.drop_enum(enum_type text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.is_enum(enum_type) AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'n'
            AND refclassid = 'pg_type'::regclass AND refobjid = pg_temp.type_oid(enum_type)) THEN
        EXECUTE format('DROP TYPE public.%I', enum_type);
    END IF;
END $fn$;
