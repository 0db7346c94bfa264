-- Views and the like that stand in the way of a change: taken down before it, put back after it.

CREATE TEMP TABLE IF NOT EXISTS shelf (
    place bigint GENERATED ALWAYS AS IDENTITY, kind text, object text, definition text, gone_by text)
ON COMMIT DROP;

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

CREATE OR REPLACE FUNCTION pg_temp.policy_as_sql(rel oid, policy name) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', policy, schemaname, tablename, permissive, cmd,
        pg_temp.listed(roles::text[]), ' USING (' || qual || ')', ' WITH CHECK (' || with_check || ')')
    FROM pg_policies JOIN pg_class ON relname = tablename AND relnamespace = to_regnamespace(quote_ident(schemaname))
    WHERE pg_class.oid = rel AND policyname = policy
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.grantee_of(who oid, is_grantable boolean) RETURNS text LANGUAGE sql AS $fn$
    SELECT concat(CASE who WHEN 0 THEN 'PUBLIC' ELSE who::regrole::text END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
$fn$;

-- The statements that take back what default privileges give others of a thing that is made again.
CREATE OR REPLACE FUNCTION pg_temp.undefaulted(kind text, name text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT string_agg(DISTINCT format(E';\nREVOKE ALL ON %s %s FROM %s', kind, name,
        pg_temp.grantee_of(grantee, false)), '')
    FROM pg_default_acl, aclexplode(defaclacl)
    WHERE defaclrole = current_user::regrole AND grantee <> defaclrole
      AND (grantee <> 0 OR defaclobjtype = 'r' AND kind = 'TABLE')
$fn$;

-- The statements that make a view again, with its options, owner, grants, comment, and indexes.
CREATE OR REPLACE FUNCTION pg_temp.view_as_sql(v oid) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT concat(
        format('CREATE %s %s%s AS %s', kind, v::regclass, ' WITH (' || array_to_string(reloptions, ', ') || ')',
               rtrim(pg_get_viewdef(v), ';')),
        -- Filled, it would run with our rights what another role wrote: its owner refreshes it.
        CASE WHEN relkind = 'm' AND (NOT relispopulated OR relowner <> current_user::regrole)
            THEN ' WITH NO DATA' END,
        pg_temp.undefaulted('TABLE', v::regclass::text),
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

CREATE OR REPLACE FUNCTION pg_temp.drop_index(tbl text, idx oid) RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.take_down('index', tbl || '.' || relname, pg_get_indexdef(idx),
        format('DROP INDEX public.%I', relname)) FROM pg_class WHERE oid = idx
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.drop_trigger(tbl text, trg oid) RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.take_down('trigger', tbl || '.' || tgname, pg_temp.trigger_as_sql(trg),
        format('DROP TRIGGER %I ON public.%I', tgname, tbl)) FROM pg_trigger WHERE oid = trg
$fn$;

-- The statements that give what was made again its owner, its rights and its comment, as it has them.
CREATE OR REPLACE FUNCTION pg_temp.belongings(kind text, name text, owner oid, rights aclitem[], remark text)
RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT concat(CASE WHEN rights IS NOT NULL THEN format(E';\nREVOKE ALL ON %s %s FROM PUBLIC', kind, name) END,
        pg_temp.undefaulted(kind, name),
        (SELECT string_agg(format(E';\nGRANT %s ON %s %s TO %s', privilege_type, kind, name,
             pg_temp.grantee_of(grantee, is_grantable)), '') FROM aclexplode(rights) WHERE grantee <> owner),
        format(E';\nCOMMENT ON %s %s IS ', kind, name) || quote_literal(remark),
        CASE WHEN owner <> current_user::regrole
             THEN format(E';\nALTER %s %s OWNER TO %s', kind, name, owner::regrole) END)
$fn$;

-- One thing that depends on what changes: what it is, the SQL that makes it again (NULL where nothing does) and
-- that takes it down. No row for what follows by itself. `whole`: a type is made anew, not a column changed.
-- STRICT keeps it out of its caller's plan, which took 4 ms a column where nothing depends on it.
CREATE OR REPLACE FUNCTION pg_temp.dependent(class regclass, obj oid, sub integer, whole boolean)
RETURNS TABLE (kind text, object text, made_by text, gone_by text) LANGUAGE sql STABLE STRICT AS $fn$
    SELECT CASE type WHEN 'materialized view' THEN 'view' WHEN 'table constraint' THEN 'constraint' ELSE type END,
        pg_temp.shown(coalesce(rel::regclass || '.' || own, identity)), sql,
        coalesce('ALTER TABLE ' || rel::regclass || off, format('DROP %s %s', replace(type, ' object', ''), identity))
    FROM pg_identify_object(class, obj, sub), LATERAL (
        SELECT NULL::oid, NULL::text, pg_temp.view_as_sql(oid), NULL::text FROM pg_class
        WHERE class = 'pg_class'::regclass AND oid = obj AND sub = 0 AND relkind IN ('v', 'm')
        UNION ALL
        SELECT indrelid, c.relname, replace(pg_get_indexdef(obj), ' ON ONLY ', ' ON '), NULL
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
        WHERE class = 'pg_class'::regclass AND indexrelid = obj AND NOT c.relispartition AND t.relkind <> 'm'
          AND (indexprs IS NOT NULL OR indpred IS NOT NULL)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = obj)
        UNION ALL
        SELECT attrelid, attname, format('ALTER TABLE %s ALTER %I TYPE %s', obj::regclass, attname,
            format_type(atttypid, NULL)), format(' ALTER %I TYPE %s', attname, format_type(typbasetype, typtypmod))
        FROM pg_attribute JOIN pg_type t ON t.oid = atttypid AND typtype = 'd' JOIN pg_class c ON c.oid = attrelid
        WHERE whole AND class = 'pg_class'::regclass AND attrelid = obj AND attnum = sub AND attinhcount = 0
          AND relkind IN ('r', 'p', 'f')
        UNION ALL
        SELECT adrelid, attname, CASE attgenerated WHEN '' THEN format('ALTER TABLE %s ALTER %I SET DEFAULT %s',
            adrelid::regclass, attname, pg_get_expr(adbin, adrelid)) END, format(' ALTER %I DROP DEFAULT', attname)
        FROM pg_attrdef a JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum JOIN pg_class c ON c.oid = adrelid
        WHERE whole AND class = 'pg_attrdef'::regclass AND a.oid = obj AND relkind <> 'v'
        UNION ALL
        SELECT conrelid, conname, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
            pg_get_constraintdef(obj)), format(' DROP CONSTRAINT %I', conname)
        FROM pg_constraint WHERE whole AND class = 'pg_constraint'::regclass AND oid = obj
          AND contype IN ('c', 'f', 'x')
          AND conrelid > 0 AND conislocal AND coninhcount = 0 AND conparentid = 0
        UNION ALL
        SELECT tgrelid, tgname, pg_temp.trigger_as_sql(obj), NULL FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        WHERE class = 'pg_trigger'::regclass AND t.oid = obj AND NOT tgisinternal AND tgparentid = 0 AND relkind <> 'v'
        UNION ALL
        SELECT ev_class, rulename, concat(pg_get_ruledef(obj), E'\n',
            pg_temp.switched(ev_class, format('RULE %I', rulename), ev_enabled)), NULL
        FROM pg_rewrite WHERE class = 'pg_rewrite'::regclass AND oid = obj
        UNION ALL
        SELECT polrelid, polname, pg_temp.policy_as_sql(polrelid, polname), NULL
        FROM pg_policy WHERE class = 'pg_policy'::regclass AND oid = obj
        UNION ALL
        SELECT NULL, NULL, CASE WHEN prokind <> 'a' THEN concat(pg_get_functiondef(obj), pg_temp.belongings('ROUTINE',
            obj::regprocedure::text, proowner, proacl, obj_description(obj, 'pg_proc'))) END, NULL
        FROM pg_proc WHERE class = 'pg_proc'::regclass AND oid = obj
        UNION ALL
        -- A range cannot be made again; what else is a type follows.
        SELECT NULL, NULL, CASE typtype WHEN 'd' THEN concat('CREATE DOMAIN ', name, ' AS ',
            format_type(typbasetype, typtypmod), ' DEFAULT ' || pg_get_expr(typdefaultbin, 0),
            CASE WHEN typnotnull THEN ' NOT NULL' END,
            (SELECT string_agg(format(' CONSTRAINT %I %s', conname, pg_get_constraintdef(k.oid)), '')
             FROM pg_constraint k WHERE contypid = obj AND contype = 'c'),
            pg_temp.belongings('DOMAIN', name, typowner, typacl, obj_description(obj, 'pg_type'))) END, NULL
        FROM pg_type, LATERAL (SELECT obj::regtype::text) AS n (name)
        WHERE whole AND class = 'pg_type'::regclass AND oid = obj AND typtype IN ('d', 'r')
        UNION ALL
        SELECT NULL, NULL, format('CREATE CAST (%s AS %s) %s%s', castsource::regtype, casttarget::regtype,
            CASE castmethod WHEN 'i' THEN 'WITH INOUT' WHEN 'b' THEN 'WITHOUT FUNCTION'
                ELSE 'WITH FUNCTION ' || castfunc::regprocedure END,
            CASE castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END), NULL
        FROM pg_cast WHERE class = 'pg_cast'::regclass AND oid = obj
        UNION ALL
        SELECT NULL, NULL, pg_get_statisticsobjdef(obj), NULL WHERE class = 'pg_statistic_ext'::regclass
        UNION ALL
        SELECT NULL, NULL, NULL, NULL WHERE whole AND class::text !~
            '^(pg_catalog\.)?pg_(class|attrdef|constraint|trigger|rewrite|policy|proc|type|cast|statistic_ext)$'
    ) AS found (rel, own, sql, off)
$fn$;

-- What depends on a type and its columns, or on one column, and would stop a change; what depends on that,
-- first. A view stands for the rule that makes it.
CREATE OR REPLACE FUNCTION pg_temp.dependents(of_type oid, rel oid, num integer)
RETURNS TABLE (kind text, object text, made_by text, gone_by text) LANGUAGE sql STABLE AS $fn$
    WITH RECURSIVE above (class, obj, sub, depth) AS (
        SELECT 'pg_type'::regclass::oid, oid, 0, 0 FROM pg_type WHERE of_type IN (oid, typelem)
        UNION
        SELECT 'pg_class'::regclass, rel, num, 0 WHERE rel IS NOT NULL
        UNION
        SELECT CASE WHEN v.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(v.oid, d.objid),
            CASE WHEN v.oid IS NULL THEN d.objsubid ELSE 0 END, depth + 1
        FROM above JOIN pg_depend d ON d.deptype IN ('n', 'a') AND (
                d.refclassid = class AND d.refobjid = obj AND (sub = 0 OR d.refobjsubid = sub)
                -- A function may take a view's rows.
                OR d.refclassid = 'pg_type'::regclass AND class = 'pg_class'::regclass AND sub = 0
                    AND d.refobjid IN (
                    SELECT oid FROM pg_type WHERE typrelid = obj))
            LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
            LEFT JOIN pg_class v ON v.relkind IN ('v', 'm')
                AND v.oid = coalesce(w.ev_class, CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END)
        WHERE depth < 50 AND coalesce(v.oid, d.objid) <> obj)
    SELECT found.* FROM (SELECT class, obj, sub, max(depth) AS depth FROM above WHERE depth > 0
                         GROUP BY class, obj, sub ORDER BY max(depth) DESC) AS a,
        LATERAL pg_temp.dependent(class, obj, sub, of_type IS NOT NULL) AS found
$fn$;

-- Takes it down.
CREATE OR REPLACE FUNCTION pg_temp.shelve_over(of_type oid, rel oid, num integer) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT * FROM pg_temp.dependents(of_type, rel, num)
    LOOP
        IF thing.made_by IS NULL THEN
            PERFORM pg_temp.refuse_dependent(concat(thing.kind, ' ', thing.object),
                'cannot be made again over the type that');
        END IF;
        PERFORM pg_temp.take_down(thing.kind, thing.object, thing.made_by, thing.gone_by, true);
    END LOOP;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.refuse_dependent(object text, why text, gone_by text DEFAULT '...')
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.refuse(format('%s %s this run changes', object, why),
        format('Drop it, run again, then make it anew: %s', gone_by))
$fn$;

-- The same for one column. A check may not hold for the values of another type, and goes to the register.
CREATE OR REPLACE FUNCTION pg_temp.shelve(tbl text, col text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint
    WHERE conrelid = pg_temp.oid_of(tbl) AND contype = 'c' AND pg_temp.attnum_of(tbl, col) = ANY (conkey);
    PERFORM pg_temp.shelve_over(NULL, pg_temp.oid_of(tbl), pg_temp.attnum_of(tbl, col));
END $fn$;

-- Puts back what was taken down, in the opposite order. What no longer fits a column is kept as text in the
-- register, where the way back makes it again; of a type that was made anew, everything fits or nothing is
-- changed.
CREATE OR REPLACE FUNCTION pg_temp.unshelve(all_fit boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE thing record;
BEGIN
    -- A body names what it uses as its own sessions find it.
    SET LOCAL check_function_bodies = off;
    FOR thing IN SELECT * FROM pg_temp.shelf ORDER BY place DESC
    LOOP
        BEGIN
            EXECUTE thing.definition;
        EXCEPTION WHEN syntax_error_or_access_rule_violation OR feature_not_supported OR data_exception
                OR integrity_constraint_violation THEN
            IF all_fit IS NULL THEN
                CONTINUE; -- The run is refused at its end.
            ELSIF SQLSTATE = '42501' THEN
                PERFORM pg_temp.refuse_dependent(concat(thing.kind, ' ', thing.object),
                    format('cannot be made again as its owner''s (%s) over what', SQLERRM), thing.gone_by);
            ELSIF SQLSTATE LIKE '23%' AND NOT all_fit THEN
                RAISE;
            ELSIF all_fit OR thing.kind NOT IN ('view', 'index', 'trigger', 'constraint') THEN
                PERFORM pg_temp.refuse_dependent(concat(thing.kind, ' ', thing.object), 'would not work over what',
                    thing.gone_by);
            END IF;
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
          SELECT 'policy', polname, pg_temp.policy_as_sql(rel, polname),
                  format('DROP POLICY %I ON public.%I', polname, tbl) FROM pg_policy WHERE polrelid = rel
          UNION ALL
          SELECT 'rule', rulename, concat(pg_get_ruledef(oid), E'\n',
                  pg_temp.switched(rel, format('RULE %I', rulename), ev_enabled)),
                  format('DROP RULE %I ON public.%I', rulename, tbl)
          FROM pg_rewrite WHERE ev_class = rel) AS t (kind, name, made_by, statement);
END $fn$;
