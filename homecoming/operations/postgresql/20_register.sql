-- The register of what is retired, and the room where it is kept.

-- Refuses a table that bears a name of ours and lacks the column that ours has.
CREATE OR REPLACE FUNCTION pg_temp.refuse_other(tbl text, col text) RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.refuse(format(@not_ours.what@, tbl), format(@not_ours.todo@, tbl))
    WHERE to_regclass(tbl) IS NOT NULL
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(tbl) AND attname = col)
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.open_retired() RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    IF to_regnamespace('retired') IS NULL THEN
        CREATE SCHEMA retired;
        COMMENT ON SCHEMA retired IS 'What migrations took out of the application''s way.';
        EXECUTE coalesce((SELECT 'REVOKE CREATE ON SCHEMA retired FROM '
                || string_agg(pg_temp.grantee_of(grantee, false), ', ')
            FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'retired' AND privilege_type = 'CREATE'
              AND grantee NOT IN (SELECT pg_temp.trusted())), '');
    END IF;
    IF to_regclass('retired.register') IS NULL THEN
        CREATE TABLE retired.register (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            revision text,
            kind text NOT NULL,
            object text NOT NULL,
            kept_in text,
            definition text,
            rows bigint,
            retired_at timestamptz NOT NULL DEFAULT now());
        COMMENT ON TABLE retired.register IS 'What is retired: what it was, where its '
            'rows are, what makes it.';
        -- What default privileges give would let others write SQL that a way back runs.
        EXECUTE coalesce((SELECT 'REVOKE INSERT, UPDATE, TRUNCATE, TRIGGER ON retired.register FROM '
                || string_agg(DISTINCT pg_temp.grantee_of(grantee, false), ', ')
            FROM pg_class, aclexplode(relacl)
            WHERE oid = to_regclass('retired.register') AND grantee <> relowner), '');
    END IF;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.note(what text, of_object text, kept text, made_by text, n bigint)
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.open_retired();
    INSERT INTO retired.register (revision, kind, object, kept_in, definition, rows)
    VALUES (nullif(current_setting('homecoming.revision', true), ''), what, of_object, kept, made_by, n);
    PERFORM pg_temp.say(format('retired %s %s%s', what, of_object,
        ' (' || pg_temp.counted(n, 'row', 'rows') || ')'));
END $fn$;

-- Runs a statement and returns the number of its rows, or says what stands in its way: something of somebody
-- else may need what goes or changes.
CREATE OR REPLACE FUNCTION pg_temp.run(of_object text, statement text) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    why text;
    n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
EXCEPTION WHEN dependent_objects_still_exist OR feature_not_supported OR invalid_column_reference
        OR invalid_table_definition OR invalid_object_definition OR datatype_mismatch THEN
    GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
    PERFORM pg_temp.refuse(format(@needed_as_it_is.what@, of_object,
        coalesce(nullif(split_part(why, E'\n', 1), ''), SQLERRM)), @needed_as_it_is.todo@);
WHEN OTHERS THEN
    -- What comes after a fault may fail because of it.
    CALL pg_temp.refuse_faults();
    RAISE;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.alter(tbl text, how text, VARIADIC names text[] DEFAULT '{}')
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.run(tbl, format('ALTER TABLE public.%I ' || how, VARIADIC tbl || names))
$fn$;

-- Lets go of what was made ahead of the run: of a table whose rows it changes, since what is there to be judged later
-- must not decide now which rows may come; or of all, at the end, where nothing wanted it.
CREATE OR REPLACE PROCEDURE pg_temp.drop_prepared(of_table oid DEFAULT NULL) LANGUAGE sql AS $fn$
    SELECT pg_temp.alter(relname, 'DROP CONSTRAINT %I', conname)
    FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
    WHERE relnamespace = 'public'::regnamespace AND pg_temp.is_prepared(conname) AND conparentid = 0
      AND conrelid = coalesce(of_table, conrelid);
    SELECT pg_temp.run(relname, format('DROP INDEX public.%I', relname))
    FROM pg_index JOIN pg_class i ON i.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace AND pg_temp.is_prepared(relname)
      AND (of_table IS NULL OR indrelid = of_table AND indisunique)
$fn$;

-- Whether a change that rows may forbid could be made: whoever asks them first reads them twice while customers wait.
-- Where the run is refused already nothing is tried, since what it rests on may not be there.
CREATE OR REPLACE FUNCTION pg_temp.could_alter(tbl text, how text, VARIADIC names text[]) RETURNS boolean
LANGUAGE plpgsql AS $fn$
BEGIN
    IF EXISTS (SELECT FROM pg_temp.faults) THEN
        RETURN false;
    END IF;
    PERFORM pg_temp.alter(tbl, how, VARIADIC names);
    RETURN true;
EXCEPTION WHEN integrity_constraint_violation THEN
    RETURN false;
END $fn$;

-- A table just made shows its rows: an event trigger may have switched row security on.
CREATE OR REPLACE FUNCTION pg_temp.unguard(tbl text) RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.alter(tbl, 'DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY') FROM pg_class
    WHERE oid = pg_temp.oid_of(tbl) AND (relrowsecurity OR relforcerowsecurity) AND pg_has_role(relowner, 'USAGE')
$fn$;

-- Makes way for a constraint of the table that is to bear this name: another that bears it gets one of its own
-- until it is named, or goes, in its turn.
CREATE OR REPLACE FUNCTION pg_temp.clear_constraint(tbl text, wanted text) RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.alter(tbl, 'RENAME CONSTRAINT %I TO %I', wanted, 'constraint_' || oid)
    FROM pg_constraint WHERE conrelid = pg_temp.oid_of(tbl) AND conname = wanted
$fn$;

-- Takes something down: it is stashed for a while, else its definition goes to the register.
CREATE OR REPLACE FUNCTION pg_temp.take_down(
    what text, of_object text, made_by text, statement text, for_a_while boolean DEFAULT false,
        advice text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    IF for_a_while THEN
        INSERT INTO pg_temp.stash (kind, object, definition, advice)
        VALUES (what, of_object, made_by, coalesce(advice, statement));
    ELSE
        PERFORM pg_temp.note(what, of_object, NULL, made_by, NULL);
    END IF;
    PERFORM pg_temp.run(of_object, statement);
END $fn$;

-- Whether what a revision kept is to come back: on the way back, that of the revision alone.
CREATE OR REPLACE FUNCTION pg_temp.is_due(of_revision text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT current_setting('homecoming.direction', true) IS DISTINCT FROM 'downgrade'
        OR of_revision = current_setting('homecoming.revision', true)
$fn$;

-- The latest entry for an object, as (id, kept_in, definition). No row where there is none.
CREATE OR REPLACE FUNCTION pg_temp.noted(
    what text, of_object text, OUT entry integer, OUT kept text, OUT made_by text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF to_regclass('retired.register') IS NOT NULL THEN
        SELECT id, kept_in, definition INTO entry, kept, made_by FROM retired.register
        WHERE kind = what AND object = of_object AND pg_temp.is_due(revision) ORDER BY id DESC LIMIT 1;
    END IF;
END $fn$;

-- A type that nothing retired has any more goes. An empty register goes, and the schema with it where nothing else is
-- kept.
CREATE OR REPLACE FUNCTION pg_temp.close_retired() RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    IF to_regnamespace('retired') IS NULL THEN
        RETURN;
    END IF;
    EXECUTE coalesce((SELECT string_agg('DROP TYPE ' || t.oid::regtype, '; ') FROM pg_type t
        WHERE typnamespace = 'retired'::regnamespace AND typtype = 'e' AND NOT EXISTS (SELECT FROM pg_depend
            WHERE refclassid = 'pg_type'::regclass AND refobjid IN (t.oid, typarray) AND deptype = 'n')), '');
    IF to_regclass('retired.register') IS NOT NULL THEN
        IF EXISTS (SELECT FROM retired.register) THEN
            RETURN;
        END IF;
        DROP TABLE retired.register;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'retired'::regnamespace)
        AND NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = 'retired'::regnamespace) THEN
        DROP SCHEMA retired;
    END IF;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.strike(entry integer) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    DELETE FROM retired.register WHERE id = entry;
    PERFORM pg_temp.close_retired();
END $fn$;

-- Moves a table between schemas with all that it owns. Names taken over there get a number.
CREATE OR REPLACE FUNCTION pg_temp.move_table(rel regclass, to_schema text, new_name text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    owned record;
    free text;
BEGIN
    FOR owned IN
        SELECT oid, relname, relkind FROM pg_class
        WHERE oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = rel)
           OR relkind = 'S' AND oid IN (SELECT objid FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND refobjid = rel AND deptype IN ('a', 'i'))
    LOOP
        free := owned.relname;
        IF EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace(to_schema) AND relname = free) THEN
            free := pg_temp.free_name(left(new_name || '_' || owned.relname, 60), to_schema);
        END IF;
        IF free <> owned.relname THEN
            EXECUTE format('ALTER %s %s RENAME TO %I',
                CASE owned.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'INDEX' END, owned.oid::regclass, free);
        END IF;
    END LOOP;
    IF new_name <> (SELECT relname FROM pg_class WHERE oid = rel) THEN
        EXECUTE format('ALTER TABLE %s RENAME TO %I', rel, new_name);
    END IF;
    EXECUTE format('ALTER TABLE %s SET SCHEMA %I', rel, to_schema);
END $fn$;
