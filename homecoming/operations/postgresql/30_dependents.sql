-- What depends on a type, a table or a column, and how each thing is spelled.

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
-- that takes it down, and what a person makes it anew by, or sees it by. No row for what follows by itself.
-- `whole`: a type is made anew, not a column changed.
-- STRICT keeps it out of its caller's plan, which took 4 ms a column where nothing depends on it.
CREATE OR REPLACE FUNCTION pg_temp.dependent(class regclass, obj oid, sub integer, whole boolean)
RETURNS TABLE (kind text, object text, made_by text, gone_by text, again text) LANGUAGE sql STABLE STRICT AS $fn$
    SELECT CASE WHEN more LIKE '% GENERATED ALWAYS AS %' THEN 'generated column'
        WHEN type = 'materialized view' THEN 'view'
            WHEN type = 'table constraint' THEN 'constraint' ELSE type END,
        pg_temp.shown(coalesce(rel::regclass || '.' || own, identity)), sql,
        coalesce('ALTER TABLE ' || rel::regclass || off, off,
            format('DROP %s %s', replace(type, ' object', ''), identity)),
        coalesce('what this shows before: ' || substring(more FROM '^SELECT.*'), more, sql,
            format('what this shows before: SELECT * FROM %s WHERE oid = %s', class, obj))
    FROM pg_identify_object(class, obj, sub), LATERAL (
        -- What another thing brought goes with it.
        SELECT NOT EXISTS (SELECT FROM pg_depend WHERE (classid, objid, deptype) = (class, obj, 'i'))) AS o (own_way),
        LATERAL (SELECT NULL::oid, NULL::text, pg_temp.view_as_sql(oid), NULL::text, NULL::text FROM pg_class
        WHERE class = 'pg_class'::regclass AND oid = obj AND sub = 0 AND relkind IN ('v', 'm')
        UNION ALL
        SELECT indrelid, c.relname, replace(pg_get_indexdef(obj), ' ON ONLY ', ' ON '), NULL, NULL
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
        WHERE class = 'pg_class'::regclass AND indexrelid = obj AND NOT c.relispartition AND t.relkind <> 'm'
          AND (indexprs IS NOT NULL OR indpred IS NOT NULL)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = obj)
        UNION ALL
        -- Of a domain, or an array of one; of a type that holds the changed one, which text leads to and from.
        SELECT attrelid, attname, CASE k WHEN 'd' THEN format(back, obj::regclass, attname, spelled) END,
            CASE k WHEN 'd'
            THEN format(' ALTER %I TYPE %s%s', attname, format_type(coalesce(e.typbasetype, t.typbasetype),
                coalesce(e.typtypmod, t.typtypmod)), CASE WHEN e.oid > 0 THEN '[]' END)
            ELSE format(' ALTER %1$I TYPE text USING %1$I::text', attname) END,
            format(back, obj::regclass, attname, spelled)
        FROM pg_attribute JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_type e ON e.oid = t.typelem JOIN pg_class c
            ON c.oid = attrelid, LATERAL (SELECT coalesce(e.typtype, t.typtype), format_type(atttypid, NULL),
            'ALTER TABLE %1$s ALTER %2$I TYPE %3$s USING %2$I::%3$s') AS u (k, spelled, back)
        WHERE whole AND class = 'pg_class'::regclass AND attrelid = obj AND attnum = sub AND attinhcount = 0
          AND relkind IN ('r', 'p', 'f') AND k NOT IN ('b', 'e') AND attgenerated = ''
        UNION ALL
        SELECT attrelid, attname, NULL, format(' DROP COLUMN %I', attname), format(
            'ALTER TABLE %s ADD %I %s GENERATED ALWAYS AS (%s) %s', obj::regclass, attname,
                format_type(atttypid, atttypmod),
            pg_get_expr(adbin, obj), CASE attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
        FROM pg_attribute JOIN pg_attrdef ON adrelid = obj AND adnum = attnum
        WHERE class = 'pg_class'::regclass AND attrelid = obj AND attnum = sub AND attgenerated <> ''
        UNION ALL
        SELECT obj, 'type', format('ALTER TABLE %s OF %s', obj::regclass, reloftype::regtype), ' NOT OF', NULL
            FROM pg_class
        WHERE whole AND class = 'pg_class'::regclass AND oid = obj AND sub = 0 AND reloftype > 0
        UNION ALL
        SELECT NULL, NULL, NULL, format('CREATE TABLE %s AS TABLE %s; DROP TABLE %2$s', spare, obj::regclass),
            concat(format('CREATE TABLE %s (LIKE %s) PARTITION BY %s; ', obj::regclass, spare, pg_get_partkeydef(obj)),
                (SELECT string_agg(format('CREATE TABLE %s PARTITION OF %s %s; ', p.oid::regclass, obj::regclass,
                     pg_get_expr(relpartbound, p.oid)), '') FROM pg_inherits JOIN pg_class p ON p.oid = inhrelid
                 WHERE inhparent = obj), format('INSERT INTO %s TABLE %s; DROP TABLE %2$s', obj::regclass, spare))
        FROM pg_partitioned_table JOIN pg_class c ON c.oid = partrelid,
            LATERAL (SELECT format('%s.%I', relnamespace::regnamespace, relname || '_kept')) AS k (spare)
        WHERE whole AND class = 'pg_class'::regclass AND partrelid = obj AND sub = ANY (partattrs::smallint[])
        UNION ALL
        SELECT adrelid, attname, format('ALTER TABLE %s ALTER %I SET DEFAULT %s',
            adrelid::regclass, attname, pg_get_expr(adbin, adrelid)), format(' ALTER %I DROP DEFAULT', attname), NULL
        FROM pg_attrdef a JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum JOIN pg_class c ON c.oid = adrelid
        WHERE whole AND class = 'pg_attrdef'::regclass AND a.oid = obj AND relkind <> 'v' AND attgenerated = ''
        UNION ALL
        SELECT conrelid, conname, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
            pg_get_constraintdef(obj)), format(' DROP CONSTRAINT %I', conname), NULL
        FROM pg_constraint WHERE whole AND class = 'pg_constraint'::regclass AND oid = obj
          AND contype IN ('c', 'f', 'x')
          AND conrelid > 0 AND conislocal AND coninhcount = 0 AND conparentid = 0
        UNION ALL
        SELECT tgrelid, tgname, pg_temp.trigger_as_sql(obj), NULL, NULL FROM pg_trigger t
            JOIN pg_class c ON c.oid = tgrelid
        WHERE class = 'pg_trigger'::regclass AND t.oid = obj AND NOT tgisinternal AND tgparentid = 0 AND relkind <> 'v'
        UNION ALL
        SELECT ev_class, rulename, concat(pg_get_ruledef(obj), E'\n',
            pg_temp.switched(ev_class, format('RULE %I', rulename), ev_enabled)), NULL, NULL
        FROM pg_rewrite WHERE class = 'pg_rewrite'::regclass AND oid = obj
        UNION ALL
        SELECT polrelid, polname, pg_temp.policy_as_sql(polrelid, polname), NULL, NULL
        FROM pg_policy WHERE class = 'pg_policy'::regclass AND oid = obj
        UNION ALL
        SELECT NULL, NULL, CASE WHEN prokind <> 'a' THEN concat(pg_get_functiondef(obj), pg_temp.belongings('ROUTINE',
            obj::regprocedure::text, proowner, proacl, obj_description(obj, 'pg_proc'))) END, NULL,
            format(CASE prokind WHEN 'a' THEN 'SELECT * FROM pg_aggregate WHERE aggfnoid = %s'
                ELSE 'SELECT pg_get_functiondef(%s)' END, obj)
        FROM pg_proc WHERE class = 'pg_proc'::regclass AND oid = obj AND own_way
        UNION ALL
        -- A range's rows may be out of order afterwards; what else is a type follows.
        SELECT NULL, NULL, CASE typtype WHEN 'd' THEN concat('CREATE DOMAIN ', name, ' AS ',
            format_type(typbasetype, typtypmod), ' DEFAULT ' || pg_get_expr(typdefaultbin, 0),
            CASE WHEN typnotnull THEN ' NOT NULL' END,
            (SELECT string_agg(format(' CONSTRAINT %I %s', conname, pg_get_constraintdef(k.oid)), '')
             FROM pg_constraint k WHERE contypid = obj AND contype = 'c' AND convalidated),
            (SELECT string_agg(format(E';\nALTER DOMAIN %s ADD CONSTRAINT %I %s', name, conname,
                pg_get_constraintdef(k.oid)),
                '') FROM pg_constraint k WHERE contypid = obj AND contype = 'c' AND NOT convalidated),
            pg_temp.belongings('DOMAIN', name, typowner, typacl, obj_description(obj, 'pg_type'))) END, NULL,
            (SELECT format('CREATE TYPE %s AS RANGE (SUBTYPE = %s)', name, rngsubtype::regtype) FROM pg_range
             WHERE rngtypid = obj)
        FROM pg_type, LATERAL (SELECT obj::regtype::text) AS n (name)
        WHERE whole AND class = 'pg_type'::regclass AND oid = obj AND typtype IN ('d', 'r')
        UNION ALL
        SELECT NULL, NULL, format('CREATE CAST (%s AS %s) %s%s', castsource::regtype, casttarget::regtype,
            CASE castmethod WHEN 'i' THEN 'WITH INOUT' WHEN 'b' THEN 'WITHOUT FUNCTION'
                ELSE 'WITH FUNCTION ' || castfunc::regprocedure END,
            CASE castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END), NULL, NULL
        FROM pg_cast WHERE class = 'pg_cast'::regclass AND oid = obj
        UNION ALL
        SELECT NULL, NULL, pg_get_statisticsobjdef(obj), NULL, NULL WHERE class = 'pg_statistic_ext'::regclass
        UNION ALL
        SELECT NULL, NULL, NULL, NULL, NULL WHERE whole AND own_way AND class::text !~
            '^(pg_catalog\.)?pg_(class|attrdef|constraint|trigger|rewrite|policy|proc|type|cast|statistic_ext)$'
    ) AS found (rel, own, sql, off, more)
$fn$;

-- What depends on a type and its columns, or on one column, and would stop a change; what depends on that,
-- first. A view stands for the rule that makes it, a generated column for its expression.
CREATE OR REPLACE FUNCTION pg_temp.dependents(of_class regclass, of_obj oid, of_sub integer, whole boolean)
RETURNS TABLE (class oid, obj oid, sub integer, kind text, object text, made_by text, gone_by text, again text)
LANGUAGE sql STABLE AS $fn$
    WITH RECURSIVE above (class, obj, sub, depth) AS (
        SELECT of_class::oid, of_obj, of_sub, 0
        UNION
        SELECT CASE WHEN coalesce(v.oid, adrelid) IS NULL THEN d.classid ELSE 'pg_class'::regclass END,
            coalesce(v.oid, adrelid, d.objid),
            CASE WHEN v.oid IS NULL THEN coalesce(adnum, d.objsubid) ELSE 0 END, depth + 1
        FROM above, LATERAL (SELECT class, obj, sub UNION ALL SELECT 'pg_type'::regclass, reltype, 0 FROM pg_class
                WHERE class = 'pg_class'::regclass AND oid = obj AND relkind = 'c') AS a (of_class, of_obj, of_sub)
            JOIN pg_depend d ON d.refclassid = a.of_class AND d.refobjid = a.of_obj AND CASE d.deptype
                -- An array follows its element; a function may take a view's rows.
                WHEN 'i' THEN d.classid = 'pg_type'::regclass AND a.of_sub = 0
                ELSE d.deptype IN ('n', 'a') AND (a.of_sub = 0 OR d.refobjsubid = a.of_sub) END
            LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
            LEFT JOIN pg_class v ON v.relkind IN ('v', 'm')
                AND v.oid = coalesce(w.ev_class, CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END)
            LEFT JOIN (pg_attrdef g JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum AND attgenerated <> '')
                ON d.classid = 'pg_attrdef'::regclass AND g.oid = d.objid
        WHERE depth < 50 AND coalesce(v.oid, d.objid) <> obj AND (adrelid = obj AND adnum = sub) IS NOT TRUE)
    SELECT class, obj, sub, found.* FROM (SELECT class, obj, sub, max(depth) AS depth FROM above WHERE depth > 0
                         GROUP BY class, obj, sub ORDER BY max(depth) DESC) AS a,
        LATERAL pg_temp.dependent(class, obj, sub, whole) AS found
$fn$;

-- What to do: the statements that drop a thing, after what depends on it, and behind them those that make it all anew.
CREATE OR REPLACE FUNCTION pg_temp.advice(class oid, obj oid, sub integer) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT concat(@drop_first.todo@, string_agg(gone_by, '; ' ORDER BY place), ' -- Anew: ',
        string_agg(again, '; ' ORDER BY place DESC))
    FROM (SELECT gone_by, again, row_number() OVER () AS place FROM (
        SELECT gone_by, again FROM pg_temp.dependents($1, $2, $3, true)
        UNION ALL SELECT gone_by, again FROM pg_temp.dependent($1, $2, $3, true)) AS t) AS u
$fn$;
