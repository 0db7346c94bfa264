-- Whose code may run with the rights of a run, and the refusal of what another's would.

-- The role itself, those it is a member of, superusers, the owner of the database and that of the application's users.
-- A superuser has the rights of every role, which says nothing.
CREATE OR REPLACE FUNCTION pg_temp.trusted() RETURNS SETOF oid LANGUAGE sql STABLE AS $fn$
    SELECT oid FROM pg_roles r WHERE rolsuper OR rolname = current_user
        OR pg_has_role(oid, 'USAGE') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    UNION SELECT datdba FROM pg_database WHERE datname = current_database()
    UNION SELECT relowner FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relname = 'usuarios'
$fn$;

-- Refuses the run where it would call a function of a role that is not trusted: by a trigger, a rule, a
-- default, a check, an index, statistics, a type's check or a partition's key of a table that the run reads
-- or writes, or that its changes reach; or by a materialized view that it fills. What hides behind an
-- operator, a type, a view or a function's body of SQL counts. Plain views, and materialized views of
-- others, run nothing; their indexes may.
CREATE OR REPLACE PROCEDURE pg_temp.refuse_foreign_code() LANGUAGE plpgsql AS $fn$
BEGIN
    INSERT INTO pg_temp.faults (what, todo, things)
    WITH RECURSIVE reach (rel) AS (
        SELECT c.oid FROM pg_class c WHERE relkind IN ('r', 'p') AND (relnamespace = to_regnamespace('retired')
            OR relnamespace = to_regnamespace('public') AND relname ~ format('^(_alembic_tmp_)?(%s)(_|$)',
                array_to_string(pg_temp.known_tables()
                    || '{alembic_version,migration_history,produtos_categorias}', '|'))
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
              AND pronargs = 0 AND proname IN ('usuarios_tipo_maiusculo', 'migration_history_only_grows')
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
    )
    SELECT format('%s %s calls %s of %s, which would run with the rights of %s', i.type,
            replace(i.identity, 'public.', ''), pg_temp.shown(fn::text), proowner::regrole, quote_ident(current_user)),
        format('As a superuser, read what it does, then drop what calls it, or trust it: ALTER ROUTINE %s OWNER TO %I',
            fn, current_user), '{}'
    FROM below JOIN pg_proc p ON class = 'pg_proc'::regclass AND p.oid = obj,
        LATERAL pg_identify_object(top, root, 0) AS i, LATERAL (SELECT p.oid::regprocedure) AS f (fn)
    WHERE proowner NOT IN (SELECT pg_temp.trusted())
    ORDER BY 1 ON CONFLICT DO NOTHING;
    CALL pg_temp.refuse_faults();
END $fn$;
