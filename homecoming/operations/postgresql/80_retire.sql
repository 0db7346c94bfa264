-- Retiring columns and tables, and bringing them back.

CREATE OR REPLACE PROCEDURE pg_temp.retire_column(tbl text, col text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_column(tbl, col) THEN
        PERFORM pg_temp.archive_cells(tbl, col, format('%I IS NOT NULL', col), 'column');
        PERFORM pg_temp.stash_dependents(tbl, col, true);
        PERFORM pg_temp.alter(tbl, 'DROP COLUMN %I', col);
        PERFORM pg_temp.restore_dependents();
    END IF;
END $fn$;

-- Moves a table to schema retired with its rows, types and key. Its foreign keys and triggers would bind the
-- application, and go.
CREATE OR REPLACE PROCEDURE pg_temp.retire_table(tbl text) LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    thing record;
    kept text;
    n bigint;
BEGIN
    IF rel IS NULL THEN
        RETURN;
    END IF;
    PERFORM pg_temp.open_retired();
    PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint WHERE conrelid = rel AND contype = 'f';
    PERFORM pg_temp.drop_trigger(tbl, oid) FROM pg_trigger WHERE tgrelid = rel AND NOT tgisinternal;
    -- The sequence may have been handed to the live table: what the live table uses stays with it.
    FOR thing IN SELECT s.oid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = rel AND d.deptype = 'a'
          AND pg_temp.in_use(s.oid, rel)
    LOOP
        EXECUTE format('ALTER SEQUENCE %s OWNED BY NONE', thing.oid::regclass);
    END LOOP;
    n := pg_temp.count_where(tbl, 'true');
    kept := pg_temp.free_name(tbl, 'retired');
    PERFORM pg_temp.move_table(rel, 'retired', kept);
    PERFORM pg_temp.note('table', tbl, kept, NULL, n);
END $fn$;

-- Columns of a table that came back have the application's type again, where it has their labels; the one that was kept
-- for them goes.
CREATE OR REPLACE PROCEDURE pg_temp.reunite(tbl text) LANGUAGE plpgsql AS $fn$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT attname, t.oid, format_type(t.oid, NULL) AS spelled,
            regexp_replace(typname, '_\d+$', '') AS type
        FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
        WHERE attrelid = pg_temp.oid_of(tbl) AND typtype = 'e' AND typnamespace = to_regnamespace('retired')
    LOOP
        IF pg_temp.count_where(tbl, format('%I::text <> ALL (%L::text[])', thing.attname,
                pg_temp.labels_of(thing.type))) = 0 THEN
            PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %2$I DROP DEFAULT, ALTER COLUMN %2$I TYPE public.%3$I '
                'USING %2$I::text::public.%3$I', thing.attname, thing.type);
            IF NOT EXISTS (SELECT FROM pg_depend JOIN pg_type t ON refobjid IN (t.oid, t.typarray)
                    WHERE t.oid = thing.oid AND refclassid = 'pg_type'::regclass AND deptype = 'n') THEN
                EXECUTE format('DROP TYPE %s', thing.spelled);
            END IF;
        END IF;
    END LOOP;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.restore_table(tbl text) LANGUAGE plpgsql AS $fn$
DECLARE kept record;
BEGIN
    SELECT * INTO kept FROM pg_temp.noted('table', tbl);
    IF kept.entry IS NOT NULL AND NOT pg_temp.has_table(tbl) THEN
        PERFORM pg_temp.move_table(to_regclass(format('retired.%I', kept.kept)), 'public', tbl);
        PERFORM pg_temp.strike(kept.entry);
        CALL pg_temp.reunite(tbl);
        CALL pg_temp.restore_noted('constraint', tbl || '.%');
        CALL pg_temp.restore_noted('trigger', tbl || '.%');
    END IF;
END $fn$;

-- Each step of the way back begins with it. Definitions that are read back are run: refuses them where a role that
-- is not trusted could have written one, by a right it was given, or that PostgreSQL's own roles (pg_write_all_data)
-- give their members, and theirs in turn. Who is the owner, or may become it, could write anything anyhow; a role
-- that we belong to is not ours alone.
CREATE OR REPLACE PROCEDURE pg_temp.begin_way_back() LANGUAGE sql AS $fn$
    SELECT pg_temp.refuse(format(@register_writable.what@, string_agg(DISTINCT who, ', '), quote_ident(current_user)),
        @register_writable.todo@ || string_agg(DISTINCT
            format('REVOKE %s FROM %s', what, pg_temp.grantee_of(given, false)), '; '))
    FROM pg_class c, LATERAL (
        SELECT grantee, 'INSERT, UPDATE, TRUNCATE, TRIGGER ON retired.register'
        FROM (SELECT relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = c.oid) AS a (acl),
            aclexplode(acl)
        WHERE privilege_type IN ('INSERT', 'UPDATE', 'TRUNCATE', 'TRIGGER')
        UNION ALL
        SELECT member, roleid::regrole::text FROM pg_auth_members
        WHERE roleid::regrole::text ~ '^pg_' AND (has_any_column_privilege(roleid, c.oid, 'INSERT, UPDATE')
            OR has_table_privilege(roleid, c.oid, 'TRUNCATE, TRIGGER'))
        ) AS g (given, what), LATERAL (
        SELECT 'PUBLIC' WHERE given = 0
        UNION ALL
        SELECT oid::regrole::text FROM pg_roles
        WHERE pg_has_role(oid, nullif(given, 0), 'MEMBER') AND rolname !~ '^pg_'
          AND oid NOT IN (SELECT pg_temp.trusted()) AND NOT pg_has_role(oid, relowner, 'MEMBER')) AS w (who)
    WHERE c.oid = to_regclass('retired.register') HAVING count(*) > 0
$fn$;

-- Whether a definition names a function or an operator of a role that is not trusted, by the name that ours
-- had.
CREATE OR REPLACE FUNCTION pg_temp.names_foreign_code(definition text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT EXISTS (SELECT FROM (
            SELECT format('%s(', replace(oid::regproc::text, '"', '')), proowner FROM pg_proc
            UNION ALL SELECT format('OPERATOR(%s.%s)', oprnamespace::regnamespace, oprname), oprowner FROM pg_operator
        ) AS f (called, who)
        WHERE who NOT IN (SELECT pg_temp.trusted()) AND strpos(replace(definition, '"', ''), called) > 0)
$fn$;

-- Makes again what the register describes, until nothing more fits: a view may need another first. What does
-- not fit stays described. An error may quote a row and is not told.
CREATE OR REPLACE PROCEDURE pg_temp.restore_noted(what text, of_objects text) LANGUAGE plpgsql AS $fn$
DECLARE
    thing record;
    some_fit boolean := true;
    stay text;
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    WHILE some_fit LOOP
        some_fit := false;
        stay := NULL;
        FOR thing IN SELECT id, object, definition FROM retired.register
            WHERE kind = what AND object LIKE of_objects AND definition IS NOT NULL
              AND NOT pg_temp.names_foreign_code(definition) AND pg_temp.is_due(revision) ORDER BY id DESC
        LOOP
            BEGIN
                EXECUTE thing.definition;
                DELETE FROM retired.register WHERE id = thing.id;
                some_fit := true;
            EXCEPTION WHEN syntax_error_or_access_rule_violation OR integrity_constraint_violation
                    OR feature_not_supported OR data_exception OR program_limit_exceeded
                    OR unsafe_new_enum_value_usage OR plpgsql_error THEN
                stay := concat_ws(', ', stay, thing.object);
            END;
        END LOOP;
    END LOOP;
    IF stay IS NOT NULL THEN
        PERFORM pg_temp.say(format('%s stays retired: %s', what, stay));
    END IF;
    PERFORM pg_temp.close_retired();
END $fn$;
