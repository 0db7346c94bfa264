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
    SELECT concat(pg_get_triggerdef(oid), CASE WHEN tgenabled <> 'O'
        THEN E';\n' || pg_temp.switched(tgrelid, format('TRIGGER %I', tgname), tgenabled) END)
    FROM pg_trigger WHERE oid = trg
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.grantee_of(who oid, is_grantable boolean) RETURNS text LANGUAGE sql AS $fn$
    SELECT concat(CASE who WHEN 0 THEN 'PUBLIC' ELSE who::regrole::text END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
$fn$;

-- The statements that make a view again, with its options, owner, grants, comment, and indexes.
CREATE OR REPLACE FUNCTION pg_temp.view_as_sql(v oid) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT concat(
        format('CREATE %s %s%s AS %s', kind, v::regclass, ' WITH (' || array_to_string(reloptions, ', ') || ')',
               rtrim(pg_get_viewdef(v), ';')),
        CASE WHEN relkind = 'm' AND NOT relispopulated THEN ' WITH NO DATA' END,
        (SELECT string_agg(E';\n' || pg_get_indexdef(indexrelid), '') FROM pg_index WHERE indrelid = v),
        (SELECT string_agg(E';\n' || pg_temp.trigger_as_sql(t.oid), '') FROM pg_trigger t
         WHERE tgrelid = v AND NOT tgisinternal),
        (SELECT string_agg(E';\n' || rtrim(pg_get_ruledef(oid), ';'), '') FROM pg_rewrite
         WHERE ev_class = v AND ev_type <> '1'),
        (SELECT string_agg(concat(
            E';\nALTER VIEW ' || v::regclass || format(' ALTER %I SET DEFAULT ', attname)
                || (SELECT pg_get_expr(adbin, v) FROM pg_attrdef WHERE adrelid = v AND adnum = attnum),
            format(E';\nCOMMENT ON COLUMN %s.%I IS ', v::regclass, attname)
                || quote_literal(col_description(v, attnum)),
            (SELECT string_agg(format(E';\nGRANT %s (%I) ON %s TO %s', privilege_type, attname, v::regclass,
                 pg_temp.grantee_of(grantee, is_grantable)), '') FROM aclexplode(attacl))), '')
         FROM pg_attribute WHERE attrelid = v AND attnum > 0),
        format(E';\nCOMMENT ON %s %s IS ', kind, v::regclass) || quote_literal(obj_description(v, 'pg_class')),
        (SELECT string_agg(format(E';\nGRANT %s ON %s TO %s', privilege_type, v::regclass,
             pg_temp.grantee_of(grantee, is_grantable)), '') FROM aclexplode(relacl) WHERE grantee <> relowner),
        CASE WHEN relowner <> current_user::regrole
             THEN format(E';\nALTER TABLE %s OWNER TO %s', v::regclass, relowner::regrole) END)
    FROM pg_class, LATERAL (SELECT CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END) AS k (kind)
    WHERE oid = v
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.drop_index(tbl text, idx oid, for_a_while boolean DEFAULT false)
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.take_down('index', tbl || '.' || relname, pg_get_indexdef(idx),
        format('DROP INDEX public.%I', relname), for_a_while) FROM pg_class WHERE oid = idx
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.drop_trigger(tbl text, trg oid, for_a_while boolean DEFAULT false)
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.take_down('trigger', tbl || '.' || tgname, pg_temp.trigger_as_sql(trg),
        format('DROP TRIGGER %I ON public.%I', tgname, tbl), for_a_while) FROM pg_trigger WHERE oid = trg
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
        PERFORM pg_temp.take_down('view', pg_temp.shown(thing.view::regclass::text), thing.made_by,
            format('DROP %s %s', thing.kind, thing.view::regclass), true);
    END LOOP;
    PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint
    WHERE conrelid = rel AND contype = 'c' AND num = ANY (conkey);
    PERFORM pg_temp.drop_index(tbl, indexrelid, true) FROM pg_index i
    WHERE indrelid = rel AND (indexprs IS NOT NULL OR indpred IS NOT NULL)
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
      AND EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = indexrelid
                  AND refobjid = rel AND refobjsubid = num);
    PERFORM pg_temp.drop_trigger(tbl, oid, true) FROM pg_trigger t
    WHERE tgrelid = rel AND NOT tgisinternal AND (num = ANY (tgattr) OR EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid = t.oid
            AND refobjid = rel AND refobjsubid = num));
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
CREATE OR REPLACE FUNCTION pg_temp.drop_constraint(tbl text, con text) RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.take_down('constraint', tbl || '.' || con,
        format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', tbl, con, pg_get_constraintdef(oid)),
        format('ALTER TABLE public.%I DROP CONSTRAINT %I', tbl, con))
    FROM pg_constraint WHERE conrelid = pg_temp.oid_of(tbl) AND conname = con
$fn$;

-- Takes down what decides which rows of a table are seen or changed. Rows that another table inherits would be
-- seen in both.
CREATE OR REPLACE FUNCTION pg_temp.clear_table(tbl text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    thing record;
BEGIN
    SELECT pg_temp.shown(inhrelid::regclass::text) AS child, pg_temp.shown(inhparent::regclass::text) AS parent
    INTO thing FROM pg_inherits
    WHERE rel IN (inhrelid, inhparent);
    IF FOUND THEN
        PERFORM pg_temp.fault(format('table %s inherits from %s', thing.child, thing.parent), format(
            'Take them apart, then run again: ALTER TABLE %s NO INHERIT %s', thing.child, thing.parent));
    END IF;
    PERFORM pg_temp.take_down(kind, concat_ws('.', tbl, name), made_by, statement)
    FROM (SELECT 'row security', NULL, format('ALTER TABLE public.%I %s ROW LEVEL SECURITY', tbl, yes),
              format('ALTER TABLE public.%I %s ROW LEVEL SECURITY', tbl, no)
          FROM pg_class, LATERAL (VALUES (relrowsecurity, 'ENABLE', 'DISABLE'),
                                  (relforcerowsecurity, 'FORCE', 'NO FORCE')) AS v (is_on, yes, no)
          WHERE oid = rel AND is_on
          UNION ALL
          SELECT 'policy', policyname, format('CREATE POLICY %I ON public.%I AS %s FOR %s TO %s%s%s',
                  policyname, tbl, permissive, cmd, pg_temp.listed(roles::text[]), ' USING (' || qual || ')',
                  ' WITH CHECK (' || with_check || ')'), format('DROP POLICY %I ON public.%I', policyname, tbl)
          FROM pg_policies WHERE schemaname = 'public' AND tablename = tbl
          UNION ALL
          SELECT 'rule', rulename, concat(pg_get_ruledef(oid), E'\n',
                  pg_temp.switched(rel, format('RULE %I', rulename), ev_enabled)),
                  format('DROP RULE %I ON public.%I', rulename, tbl)
          FROM pg_rewrite WHERE ev_class = rel) AS t (kind, name, made_by, statement);
END $fn$;
