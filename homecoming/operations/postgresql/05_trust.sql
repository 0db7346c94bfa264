-- Whose code may run with the rights of a run, and the refusal of what another's would.

-- The role itself, those it is a member of, superusers, the owners of the database and of schema public. A
-- superuser has the rights of every role, which says nothing. The owner of the table that the application cannot
-- be without is trusted where it was given, by itself or a role that it is, to create in the database, as
-- whoever migrates needs to: in an empty database anybody who may create in public could make one of that name.
CREATE OR REPLACE FUNCTION pg_temp.trusted() RETURNS SETOF oid LANGUAGE sql STABLE AS $fn$
    SELECT oid FROM pg_roles r WHERE rolsuper OR rolname = current_user
        OR pg_has_role(oid, 'USAGE') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    UNION SELECT datdba FROM pg_database WHERE datname = current_database()
    UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'public'
    UNION SELECT relowner FROM pg_class, pg_database, aclexplode(datacl)
    WHERE relnamespace = to_regnamespace('public') AND relname = @project.owners_table@
      AND datname = current_database() AND privilege_type = 'CREATE' AND grantee > 0
      AND pg_has_role(relowner, grantee, 'USAGE')
$fn$;

-- Refuses the run where it would call a function of a role that is not trusted: by a trigger, a rule, a
-- default, a check, an index, statistics, a type's check or a partition's key of a table that the run reads or
-- writes, or that its changes reach; or by a materialized view that it fills. What hides behind an operator, a
-- type, a view or a function's body of SQL counts. Plain views, and materialized views of others, run nothing;
-- their indexes may. What another role wrote may call no function of anybody's either that runs text as SQL,
-- changes a setting or has effects of its own: the tree of an expression has its number.
CREATE OR REPLACE PROCEDURE pg_temp.refuse_foreign_code() LANGUAGE plpgsql AS $fn$
BEGIN
    INSERT INTO pg_temp.faults (what, todo, things)
    WITH RECURSIVE reach (rel) AS (
        SELECT c.oid FROM pg_class c WHERE relkind IN ('r', 'p') AND (relnamespace = to_regnamespace('retired')
            OR relnamespace = to_regnamespace('public') AND relname ~ format('^(_alembic_tmp_)?(%s)(_|$)',
                array_to_string(pg_temp.known_tables()
                    || '{alembic_version,migration_history}'
                    || @project.former_tables@, '|'))
            OR oid IN (SELECT attrelid FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid JOIN pg_type e
                ON e.oid IN (t.oid, t.typelem) WHERE e.typtype = 'e' AND e.typnamespace = to_regnamespace('public')))
        UNION
        SELECT child FROM reach, LATERAL (SELECT conrelid FROM pg_constraint WHERE confrelid = rel
            UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = rel
            UNION ALL SELECT ev_class FROM pg_depend JOIN pg_rewrite w ON w.oid = objid
                WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = rel
            ) AS c (child)
    ), below (top, root, class, obj) AS (
        SELECT classid, objid, classid, objid FROM (
            SELECT classid, objid FROM reach JOIN pg_class t ON t.oid = rel
            JOIN pg_depend d ON refclassid = 'pg_class'::regclass AND refobjid = rel
            WHERE relkind IN ('r', 'p') AND (classid IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass,
                    'pg_trigger'::regclass, 'pg_statistic_ext'::regclass)
                    OR classid = 'pg_rewrite'::regclass AND objid IN (SELECT oid FROM pg_rewrite WHERE ev_class = rel))
                OR classid = 'pg_class'::regclass AND objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = rel)
            -- A value is taken to a type by a cast of the type's owner.
            UNION SELECT 'pg_cast'::regclass, c.oid FROM pg_cast c JOIN pg_type t ON t.oid IN (castsource, casttarget)
            WHERE typnamespace = to_regnamespace('public')
            -- What a trigger of ours calls keeps its owner where it is there already.
            UNION SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = to_regnamespace('public')
              AND pronargs = 0 AND proname = ANY (@project.functions@)
            UNION SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
            WHERE evtenabled IN ('O', 'A') AND evtevent <> 'login'
            UNION SELECT 'pg_class'::regclass, rel FROM reach JOIN pg_class t ON t.oid = rel
            WHERE relkind IN ('r', 'p') OR relkind = 'm' AND relispopulated AND relowner = current_user::regrole) AS r
        UNION
        SELECT top, root, n.class, n.obj
        FROM below b LEFT JOIN pg_class c ON class = 'pg_class'::regclass AND oid = obj,
            LATERAL (SELECT refclassid, refobjid FROM pg_depend WHERE classid = class AND objid = obj
                UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k
                    WHERE class = 'pg_type'::regclass AND contypid = obj
                UNION ALL SELECT 'pg_class'::regclass, typrelid FROM pg_type t
                    WHERE class = 'pg_type'::regclass AND t.oid = obj
                UNION ALL SELECT 'pg_rewrite'::regclass, w.oid FROM pg_rewrite w
                    WHERE class = 'pg_class'::regclass AND ev_class = obj AND ev_type = '1') AS n (class, obj)
        WHERE (relkind IS NULL OR relkind IN ('v', 'c') OR top = b.class AND root = b.obj)
          AND n.class IN ('pg_class'::regclass, 'pg_rewrite'::regclass, 'pg_constraint'::regclass, 'pg_type'::regclass,
              'pg_operator'::regclass, 'pg_proc'::regclass)
    ), trusted (role) AS MATERIALIZED (
        SELECT pg_temp.trusted()
    ), calls (top, root, fn, alien) AS (
        SELECT top, root, p.oid, proowner FROM below JOIN pg_proc p ON class = 'pg_proc'::regclass AND p.oid = obj
        WHERE proowner NOT IN (SELECT role FROM trusted)
        UNION
        SELECT top, root, substring(tree FROM calling)::oid, NULL FROM below,
            LATERAL (SELECT k::text, coalesce(nullif(conrelid, 0), contypid) FROM pg_constraint k
                    WHERE class = 'pg_constraint'::regclass AND k.oid = obj
                UNION ALL SELECT k::text, adrelid FROM pg_attrdef k WHERE class = 'pg_attrdef'::regclass AND k.oid = obj
                UNION ALL SELECT k::text, ev_class FROM pg_rewrite k
                    WHERE class = 'pg_rewrite'::regclass AND k.oid = obj
                UNION ALL SELECT k::text, indrelid FROM pg_index k
                    WHERE class = 'pg_class'::regclass AND indexrelid = obj
                UNION ALL SELECT k::text, stxrelid FROM pg_statistic_ext k
                    WHERE class = 'pg_statistic_ext'::regclass AND k.oid = obj
                -- Who made a trigger or an operator is not what its table says.
                UNION ALL SELECT k::text, 0 FROM pg_trigger k WHERE class = 'pg_trigger'::regclass AND k.oid = obj
                UNION ALL SELECT format(':funcid %s ', oprcode::oid), 0 FROM pg_operator k
                    WHERE class = 'pg_operator'::regclass AND k.oid = obj) AS n (tree, rel),
            (SELECT format(':funcid (%s) ', string_agg(oid::text, '|')) FROM pg_proc
                WHERE provolatile <> 'i' AND proname ~ ('^((query|cursor|table|schema|database)_to_xml|'
                    || 'ts_(stat|rewrite)|set_?(config|val)|pg_(input|cancel|terminate|notify)|'
                    || 'lo_|dblink|crosstab|connectby|xpath_)')
                  OR provolatile = 'v' AND pronargs > 0 AND pronamespace <> 'pg_catalog'::regnamespace
                  OR pronamespace = 'pg_catalog'::regnamespace AND NOT has_function_privilege('public', oid, 'EXECUTE')
            ) AS h (calling)
        WHERE tree ~ calling AND coalesce((SELECT relowner FROM pg_class WHERE oid = rel),
            (SELECT typowner FROM pg_type WHERE oid = rel), 0) NOT IN (SELECT role FROM trusted)
    )
    SELECT format(@foreign_code.what@, i.type || ' ' || replace(i.identity, 'public.', ''),
            pg_temp.shown(fn::regprocedure::text), ' of ' || alien::regrole, quote_ident(current_user)),
        @foreign_code.todo@ || CASE WHEN alien > 0 THEN
            format(@foreign_code.trust@, fn::regprocedure, current_user) ELSE '' END, '{}'
    FROM calls, LATERAL pg_identify_object(top, root, 0) AS i
    ORDER BY 1 ON CONFLICT DO NOTHING;
    CALL pg_temp.refuse_faults();
END $fn$;
