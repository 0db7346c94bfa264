-- Triggers the schema has, and what scripts added to known columns that it does not have.

-- The trigger and the function it calls, of the same name, as described, and enabled.
CREATE OR REPLACE PROCEDURE pg_temp.ensure_trigger(tbl text, trigger_name text, fires text, body text)
LANGUAGE plpgsql AS $fn$
DECLARE
    wanted text := format('CREATE TRIGGER %1$I %2$s ON public.%3$I FOR EACH ROW EXECUTE FUNCTION public.%1$I()',
        trigger_name, fires, tbl);
    live record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
                   WHERE p.proname = trigger_name AND p.pronamespace = 'public'::regnamespace
                     AND p.pronargs = 0 AND p.prosrc = body AND l.lanname = 'plpgsql' AND NOT p.prosecdef
                     AND p.proconfig IS NULL) THEN
        EXECUTE format('CREATE OR REPLACE FUNCTION public.%I() RETURNS trigger LANGUAGE plpgsql AS %L',
            trigger_name, body);
    END IF;
    SELECT pg_get_triggerdef(oid) AS made_by, tgenabled INTO live FROM pg_trigger
    WHERE tgrelid = pg_temp.oid_of(tbl) AND tgname = trigger_name AND NOT tgisinternal;
    IF live.made_by = wanted THEN
        IF live.tgenabled <> 'O' THEN
            PERFORM pg_temp.alter(tbl, 'ENABLE TRIGGER %I', trigger_name);
        END IF;
        RETURN;
    ELSIF live.made_by IS NOT NULL THEN
        EXECUTE format('DROP TRIGGER %I ON public.%I', trigger_name, tbl);
    END IF;
    EXECUTE wanted;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_no_trigger(tbl text, trigger_name text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_table(tbl) THEN
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON public.%I', trigger_name, tbl);
    END IF;
    EXECUTE format('DROP FUNCTION IF EXISTS public.%I()', trigger_name);
END $fn$;

-- What is on the columns of a table that head knows, and head does not have there, goes. Its definition is
-- kept. Unknown columns and what is on them stay, but for NOT NULL without a default: no insert of the
-- application would pass.
CREATE OR REPLACE PROCEDURE pg_temp.drop_unmanaged(VARIADIC tables text[]) LANGUAGE plpgsql AS $fn$
DECLARE
    tbl text;
    rel oid;
    known text[];
    keep text[];
    thing record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.head_facts) THEN
        CALL pg_temp.learn_head();
    END IF;
    FOREACH tbl IN ARRAY tables LOOP
        rel := pg_temp.oid_of(tbl);
        CONTINUE WHEN rel IS NULL OR pg_temp.is_settled(tbl);
        known := pg_temp.head_columns(tbl);
        keep := pg_temp.head_names(tbl);
        PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint
        WHERE conrelid = rel AND contype IN ('c', 'f', 'u', 'x')
          AND conname <> ALL (keep) AND pg_temp.names_of(conrelid, conkey) <@ known AND conislocal
          AND NOT pg_temp.is_prepared(conname);
        PERFORM pg_temp.take_down('constraint', concat_ws('.', tbl, attname, 'not null'),
            format('ALTER TABLE public.%I ALTER %I SET NOT NULL', tbl, attname),
            format('ALTER TABLE public.%I ALTER %I DROP NOT NULL', tbl, attname)) FROM pg_attribute
        WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef
          AND attidentity = '' AND attname <> ALL (known);
        -- A domain or a check may ask for a value just as well.
        PERFORM pg_temp.take_down('constraint', concat_ws('.', tbl, attname, 'domain'),
            format('ALTER TABLE public.%I ALTER %I TYPE %s', tbl, attname, format_type(atttypid, atttypmod)),
            format('ALTER TABLE public.%I ALTER %I TYPE %s', tbl, attname, format_type(typbasetype, typtypmod)))
        FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
        WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped AND NOT attnotnull AND NOT atthasdef AND typnotnull
          AND typdefault IS NULL AND attname <> ALL (known);
        PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint JOIN pg_attribute
            ON attrelid = rel AND conkey = ARRAY[attnum]
        WHERE conrelid = rel AND contype = 'c' AND NOT attnotnull AND NOT atthasdef AND attname <> ALL (known)
          AND conislocal AND pg_get_constraintdef(pg_constraint.oid) ~ '^CHECK [(][(][^ ]+ IS NOT NULL[)][)]';
        PERFORM pg_temp.drop_index(tbl, indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
        WHERE indrelid = rel AND relname <> ALL (keep) AND NOT pg_temp.is_prepared(relname)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = rel)
          AND NOT EXISTS (SELECT FROM pg_depend JOIN pg_attribute ON attrelid = rel AND attnum = refobjsubid
                          WHERE classid = 'pg_class'::regclass AND objid = indexrelid AND refobjid = rel
                            AND refobjsubid > 0 AND attname <> ALL (known));
        FOR thing IN SELECT t.oid, p.oid AS fn, p.oid::regprocedure AS fn_name, p.pronamespace
            FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = rel AND NOT t.tgisinternal AND t.tgname <> ALL (keep)
        LOOP
            PERFORM pg_temp.drop_trigger(tbl, thing.oid);
            IF thing.pronamespace = 'public'::regnamespace
                AND pg_has_role((SELECT proowner FROM pg_proc WHERE oid = thing.fn), 'USAGE')
                AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = thing.fn)
                AND NOT EXISTS (SELECT FROM pg_depend
                                WHERE classid = 'pg_proc'::regclass AND objid = thing.fn AND deptype = 'e') THEN
                PERFORM pg_temp.take_down('function', tbl || '.' || pg_temp.shown(thing.fn_name::text),
                    pg_get_functiondef(thing.fn),
                    format('DROP FUNCTION %s', thing.fn_name));
            END IF;
        END LOOP;
    END LOOP;
END $fn$;
