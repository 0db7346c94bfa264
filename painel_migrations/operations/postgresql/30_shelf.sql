-- Views and the like that stand in the way of a change: taken down before it, put back after it.

CREATE TEMP TABLE IF NOT EXISTS shelf (
    place bigint GENERATED ALWAYS AS IDENTITY, kind text, object text, definition text) ON COMMIT DROP;

-- The statement that puts a trigger or a rule into one of its four states.
CREATE OR REPLACE FUNCTION pg_temp.switched(rel oid, thing text, state "char")
RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('ALTER TABLE %s %s %s', rel::regclass, CASE state WHEN 'D' THEN 'DISABLE'
        WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END, thing)
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.trigger_as_sql(trg oid) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT pg_get_triggerdef(oid) || CASE WHEN tgenabled = 'O' THEN ''
        ELSE E';\n' || pg_temp.switched(tgrelid, format('TRIGGER %I', tgname), tgenabled) END
    FROM pg_trigger WHERE oid = trg
$fn$;

-- The statements that make a view again, with its options, owner, grants, comment, and indexes.
CREATE OR REPLACE FUNCTION pg_temp.view_as_sql(v oid) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('CREATE %s %s%s AS %s', CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
                  v::regclass, coalesce(' WITH (' || array_to_string(reloptions, ', ') || ')', ''),
                  rtrim(pg_get_viewdef(v), ';')
                  || CASE WHEN relkind = 'm' AND NOT relispopulated THEN ' WITH NO DATA' ELSE '' END)
        || coalesce((SELECT string_agg(E';\n' || pg_get_indexdef(indexrelid), '')
                     FROM pg_index WHERE indrelid = v), '')
        || coalesce((SELECT string_agg(E';\n' || pg_temp.trigger_as_sql(t.oid), '') FROM pg_trigger t
                     WHERE tgrelid = v AND NOT tgisinternal), '')
        || coalesce(E';\nCOMMENT ON ' || CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'VIEW ' END
                    || v::regclass || ' IS ' || quote_literal(obj_description(v, 'pg_class')), '')
        || coalesce((SELECT string_agg(format(E';\nGRANT %s ON %s TO %s%s', a.privilege_type, v::regclass,
                        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '')
                     FROM aclexplode(relacl) a WHERE a.grantee <> relowner), '')
        || CASE WHEN relowner <> current_user::regrole
                THEN format(E';\nALTER TABLE %s OWNER TO %s', v::regclass, relowner::regrole) ELSE '' END
    FROM pg_class WHERE oid = v
$fn$;

-- Takes down what depends on a column and would stop a change of its type or its removal: views (deepest
-- first), checks, indexes over an expression or with a predicate, triggers that name the column.
CREATE OR REPLACE FUNCTION pg_temp.shelve(tbl text, col text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    num smallint := pg_temp.attnum_of(tbl, col);
    thing record;
BEGIN
    FOR thing IN
        WITH RECURSIVE above (view, depth) AS (
            SELECT DISTINCT r.ev_class, 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
              AND d.refobjid = rel AND d.refobjsubid = num AND r.ev_class <> rel
            UNION
            SELECT r.ev_class, above.depth + 1 FROM above
            JOIN pg_depend d ON d.refobjid = above.view AND d.classid = 'pg_rewrite'::regclass
                AND d.refclassid = 'pg_class'::regclass
            JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> above.view)
        SELECT a.view, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind,
            pg_temp.view_as_sql(a.view) AS made_by
        FROM above a JOIN pg_class c ON c.oid = a.view
        GROUP BY a.view, c.relkind ORDER BY max(a.depth) DESC
    LOOP
        INSERT INTO pg_temp.shelf (kind, object, definition)
        VALUES ('view', thing.view::regclass::text, thing.made_by);
        EXECUTE format('DROP %s %s', thing.kind, thing.view::regclass);
    END LOOP;
    FOR thing IN SELECT conname FROM pg_constraint WHERE conrelid = rel AND contype = 'c' AND num = ANY (conkey)
    LOOP
        PERFORM pg_temp.drop_constraint(tbl, thing.conname);
    END LOOP;
    FOR thing IN SELECT c.relname, pg_get_indexdef(i.indexrelid) AS made_by
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = rel AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
          AND EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = i.indexrelid
                      AND refobjid = rel AND refobjsubid = num)
    LOOP
        INSERT INTO pg_temp.shelf (kind, object, definition)
        VALUES ('index', tbl || '.' || thing.relname, thing.made_by);
        EXECUTE format('DROP INDEX public.%I', thing.relname);
    END LOOP;
    FOR thing IN SELECT tgname, pg_temp.trigger_as_sql(oid) AS made_by FROM pg_trigger
        WHERE tgrelid = rel AND NOT tgisinternal AND (num = ANY (tgattr) OR EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid = pg_trigger.oid
                AND refobjid = rel AND refobjsubid = num))
    LOOP
        INSERT INTO pg_temp.shelf (kind, object, definition)
        VALUES ('trigger', tbl || '.' || thing.tgname, thing.made_by);
        EXECUTE format('DROP TRIGGER %I ON public.%I', thing.tgname, tbl);
    END LOOP;
END $fn$;

-- Puts back what shelve() took down, in the opposite order. What no longer fits is kept as text in the
-- register.
CREATE OR REPLACE FUNCTION pg_temp.unshelve() RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT * FROM pg_temp.shelf ORDER BY place DESC
    LOOP
        BEGIN
            EXECUTE thing.definition;
        EXCEPTION WHEN syntax_error_or_access_rule_violation OR feature_not_supported OR data_exception THEN
            PERFORM pg_temp.note(thing.kind, thing.object, NULL, thing.definition, NULL);
        END;
    END LOOP;
    DELETE FROM pg_temp.shelf;
END $fn$;

-- Drops a constraint of a known table and keeps its definition.
CREATE OR REPLACE FUNCTION pg_temp.drop_constraint(tbl text, con text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.note('constraint', tbl || '.' || con, NULL,
        format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', tbl, con, pg_get_constraintdef(oid)), NULL)
    FROM pg_constraint WHERE conrelid = pg_temp.oid_of(tbl) AND conname = con;
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I', tbl, con);
END $fn$;
