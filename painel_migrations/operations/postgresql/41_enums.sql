-- Enum types: their labels, all of them, in order.

-- The oid of a type in schema public, or NULL.
CREATE OR REPLACE FUNCTION pg_temp.type_oid(type_name text) RETURNS oid LANGUAGE sql STABLE AS $fn$
    SELECT oid FROM pg_type WHERE typname = type_name AND typnamespace = 'public'::regnamespace
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.make_enum(enum_type text, labels text[])
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    EXECUTE format('CREATE TYPE public.%I AS ENUM (%s)', enum_type,
        (SELECT string_agg(quote_literal(l), ', ' ORDER BY place)
         FROM unnest(labels) WITH ORDINALITY AS u (l, place)));
END $fn$;

-- Makes the type anew with these labels. Columns of public follow, copies elsewhere keep the old type, which
-- goes to schema retired.
CREATE OR REPLACE FUNCTION pg_temp.rebuild_enum(enum_type text, labels text[])
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    old_type oid := pg_temp.type_oid(enum_type);
    used record;
    parked text := enum_type;
    n integer := 1;
BEGIN
    PERFORM pg_temp.open_retired();
    WHILE EXISTS (SELECT FROM pg_type WHERE typname = parked AND typnamespace = 'retired'::regnamespace) LOOP
        n := n + 1;
        parked := enum_type || '_' || n;
    END LOOP;
    IF parked <> enum_type THEN
        EXECUTE format('ALTER TYPE public.%I RENAME TO %I', enum_type, parked);
    END IF;
    EXECUTE format('ALTER TYPE public.%I SET SCHEMA retired', parked);
    PERFORM pg_temp.make_enum(enum_type, labels);
    FOR used IN SELECT c.relname::text, a.attname::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.atttypid = old_type AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
          AND c.relnamespace = 'public'::regnamespace
    LOOP
        CONTINUE WHEN NOT pg_temp.has_labels(used.relname, used.attname, enum_type, labels);
        PERFORM pg_temp.shelve(used.relname, used.attname);
        PERFORM pg_temp.alter(used.relname, 'ALTER COLUMN %I DROP DEFAULT', used.attname);
        PERFORM pg_temp.run(used.relname || '.' || used.attname, format(
            'ALTER TABLE public.%1$I ALTER COLUMN %2$I TYPE public.%3$I USING (%4$s)::public.%3$I',
            used.relname, used.attname, enum_type, pg_temp.folded(quote_ident(used.attname), labels)));
        PERFORM pg_temp.unshelve();
    END LOOP;
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
    IF live = labels THEN
        RETURN;
    ELSIF live IS NULL THEN
        IF pg_temp.type_oid(enum_type) IS NOT NULL THEN
            PERFORM pg_temp.refuse(format('the type %s exists and is no enum', enum_type),
                format('Rename it, then run again: ALTER TYPE %1$I RENAME TO %1$s_2', enum_type));
        END IF;
        PERFORM pg_temp.make_enum(enum_type, labels);
        RETURN;
    END IF;
    FOR i IN 1 .. cardinality(labels) LOOP
        IF labels[i] <> ALL (live) THEN
            SELECT l INTO other FROM unnest(live) l
            WHERE lower(btrim(l)) = lower(labels[i]) AND coalesce(array_position(labels, l), i + 1) > i LIMIT 1;
            IF FOUND THEN
                EXECUTE format('ALTER TYPE public.%I RENAME VALUE %L TO %L', enum_type, other, labels[i]);
                live := array_replace(live, other, labels[i]);
            END IF;
        END IF;
    END LOOP;
    -- A label added in this transaction cannot be stored in it: only spellings that rows never hold are added
    -- so.
    IF live = labels[1 : cardinality(live)] AND NOT EXISTS (
            SELECT FROM unnest(labels) l WHERE lower(l) <> ALL (SELECT lower(e) FROM unnest(live) e)) THEN
        FOR i IN cardinality(live) + 1 .. cardinality(labels) LOOP
            EXECUTE format('ALTER TYPE public.%I ADD VALUE %L', enum_type, labels[i]);
        END LOOP;
    ELSE
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

CREATE OR REPLACE PROCEDURE pg_temp.drop_enum(enum_type text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.is_enum(enum_type) AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'n'
            AND refclassid = 'pg_type'::regclass AND refobjid = pg_temp.type_oid(enum_type)) THEN
        EXECUTE format('DROP TYPE public.%I', enum_type);
    END IF;
END $fn$;
