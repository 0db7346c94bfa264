-- Views and the like that stand in the way of a change: taken down before it, put back after it.

CREATE TEMP TABLE IF NOT EXISTS shelf (
    place bigint GENERATED ALWAYS AS IDENTITY, kind text, object text, definition text, advice text)
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

-- Takes it down. All that cannot be made again is named, and out of the way of what else there is to name.
-- `goes`: a column that is retired.
CREATE OR REPLACE FUNCTION pg_temp.shelve_over(of_class regclass, of_obj oid, of_sub integer, whole boolean,
    goes boolean)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    thing record;
    computed boolean;
BEGIN
    -- Sorted: while all of it is there, what depends on each is seen.
    FOR thing IN SELECT * FROM (SELECT *, pg_temp.advice(class, obj, sub) AS todo, row_number() OVER () AS place
        FROM pg_temp.dependents(of_class, of_obj, of_sub, whole)) AS t ORDER BY place
    LOOP
        IF thing.made_by IS NULL THEN
            -- Stored values can stay; a virtual column has none.
            computed := goes AND thing.kind ~ '^g';
            PERFORM pg_temp.fault(format(CASE WHEN computed THEN @computed.what@ ELSE @not_made_again.what@ END,
                thing.kind || ' ' || thing.object), CASE WHEN NOT computed THEN thing.todo
                ELSE @computed.todo@ || CASE WHEN thing.again LIKE '%D'
                    THEN replace(thing.gone_by, 'DROP COLUMN', 'ALTER') || ' DROP EXPRESSION' ELSE thing.gone_by END
                END);
            PERFORM pg_temp.run(thing.object, thing.gone_by);
        ELSE
            PERFORM pg_temp.take_down(thing.kind, thing.object, thing.made_by, thing.gone_by, true, thing.todo);
        END IF;
    END LOOP;
END $fn$;

-- Whether a definition holds a text that means one value and not what becomes of it: in whatever quotes, as an
-- element of a list, as a pattern or a part of one. What folds case, and lists of both, are harmless. Odd quotes
-- cannot hide a text: every piece between two of them is looked at, but the first and the last.
CREATE OR REPLACE FUNCTION pg_temp.names_text(definition text, was text, becomes text, of_type text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $fn$
    SELECT EXISTS (SELECT FROM (SELECT piece, place, count(*) OVER () AS n
            FROM regexp_split_to_table(plain, '[''$]') WITH ORDINALITY AS s (piece, place)) AS p
        WHERE place > 1 AND place < n AND piece !~ '=|::' AND (
            piece ~ format(part, this) AND NOT piece ~ format(part, other)
            OR was LIKE piece ESCAPE '' AND NOT becomes LIKE piece ESCAPE ''
            OR EXISTS (SELECT FROM regexp_split_to_table(piece, '[%^.*()|+?]+') AS c (core)
                WHERE core <> '' AND strpos(was, core) > 0 AND strpos(becomes, core) = 0) AND plain ~* concat(
                '~|\m(like|similar)|\^@|\m(left|right|substr\w*|position|strpos|starts_with|split_part|',
                'regexp_\w+)\s*\(')))
    FROM (SELECT regexp_replace(was, '\W', '\\\&', 'g') AS this, regexp_replace(becomes, '\W', '\\\&', 'g') AS other,
            '(^|[[{,;|"(^])\s*%s\s*($|[]},;|")])' AS part, '\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)' AS parens) AS t,
        LATERAL (SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(definition,
            'COMMENT ON [^'']* IS (''[^'']*'')+|\$(function|procedure)\$', '', 'g'),
            format('(lower|upper)\s*%s\s*(=|<>|!=|!?~~?|\m(not\s+)?(in|like)\M)\s*((any|all)\s*)?(''[^'']*''|%1$s)'
                '|''[^'']*''(::text)? = (lower|upper)\(|(~\*|\milike)\s*''[^'']*''', parens), '', 'gi'),
            format('(''%1$s''::%2$s(?!\w)|''[^'']*''::%2$s\[\])', this, of_type), '', 'g'),
            format('(ARRAY\[|\m[Ii][Nn]\s*\()(?=[^])]*''%1$s'')(?=[^])]*''%2$s'')[^])]*', this, other), '', 'g'),
            format('([\w.:()"]+) (=|<>) ''(%1$s|%2$s)''\S* (OR|AND) \1 \2 ''(%1$s|%2$s)''', this, other),
            '', 'g')) AS h (plain)
$fn$;

-- Refuses a definition that names a value as text where its rows get another spelling: it would find no row any
-- more, or other ones.
CREATE OR REPLACE FUNCTION pg_temp.refuse_text(
    object text, definition text, advice text, was text, becomes text, of_type text DEFAULT '-')
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.fault(format(@names_a_value.what@, object, was, becomes),
        replace(advice, ' -- Anew: ', format(@names_a_value.anew@, becomes, was)))
    WHERE becomes <> was AND pg_temp.names_text(definition, was, becomes, of_type)
$fn$;

-- The same of all that depends on a type or a column. What the run takes off known tables anyhow is not asked.
CREATE OR REPLACE FUNCTION pg_temp.refuse_respelling(class regclass, obj oid, sub integer, was text, becomes text)
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.refuse_text(concat(kind, ' ', object), d.made_by, pg_temp.advice(d.class, d.obj, d.sub),
        was, becomes,
        CASE WHEN $1 = 'pg_type'::regclass THEN format_type($2, NULL) ELSE '-' END)
    FROM pg_temp.dependents($1, $2, $3, $1 = 'pg_type'::regclass) AS d
    WHERE $1 = 'pg_type'::regclass OR kind NOT IN ('index', 'trigger', 'constraint');
    SELECT pg_temp.refuse_compared($1, $2, $3, was, becomes)
$fn$;

-- Shelves what depends on one column. A check may not hold for the values of another type, and goes to the register.
CREATE OR REPLACE FUNCTION pg_temp.shelve(tbl text, col text, goes boolean) RETURNS void
LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint
    WHERE conrelid = pg_temp.oid_of(tbl) AND contype = 'c' AND pg_temp.attnum_of(tbl, col) = ANY (conkey);
    PERFORM pg_temp.shelve_over('pg_class', pg_temp.oid_of(tbl), pg_temp.attnum_of(tbl, col), false, goes);
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
            IF all_fit IS NULL OR SQLSTATE ~ '^42(70|88|P01)' AND EXISTS (SELECT FROM pg_temp.faults) THEN
                CONTINUE; -- The run is refused at its end; what this lacks was named.
            ELSIF SQLSTATE = '42501' THEN
                PERFORM pg_temp.fault(format(@not_made_again_as_its_owners.what@,
                    thing.kind || ' ' || thing.object, SQLERRM), thing.advice);
            ELSIF SQLSTATE LIKE '23%' AND NOT all_fit THEN
                RAISE;
            ELSIF all_fit OR thing.kind NOT IN ('view', 'index', 'trigger', 'constraint') THEN
                PERFORM pg_temp.fault(format(@would_not_work.what@, thing.kind || ' ' || thing.object), thing.advice);
            ELSE
                PERFORM pg_temp.note(thing.kind, thing.object, NULL, thing.definition, NULL);
            END IF;
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
        PERFORM pg_temp.fault(format(@inherits.what@, thing.child, thing.parent),
            format(@inherits.todo@, thing.child, thing.parent));
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
