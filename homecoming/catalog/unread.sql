    -- The tables of schema public whose rows are not read, and why: it would run code of a role that is not trusted,
    -- or could at any moment, since that role owns what is read. A plan computes the constants of an index, a check
    -- and statistics already. A policy and a foreign table run for each row, also behind a parent.
    WITH RECURSIVE trusted (role) AS MATERIALIZED (
{trusted}
    ),
    below (rel, class, obj) AS (
        SELECT d.refobjid, d.classid, d.objid
        FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
        WHERE d.refclassid = 'pg_class'::regclass AND t.relnamespace = to_regnamespace('public')
          AND t.relkind IN ('r', 'p')
          AND (d.classid IN ('pg_constraint'::regclass, 'pg_statistic_ext'::regclass)
               OR d.classid = 'pg_class'::regclass
                  AND d.objid IN (SELECT i.indexrelid FROM pg_catalog.pg_index AS i))
        UNION
        SELECT b.rel, n.class, n.obj
        FROM below AS b CROSS JOIN LATERAL (
            SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend AS d
            WHERE d.classid = b.class AND d.objid = b.obj
              AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)
            UNION ALL
            SELECT 'pg_constraint'::regclass, k.oid FROM pg_catalog.pg_constraint AS k
            WHERE b.class = 'pg_type'::regclass AND k.contypid = b.obj
        ) AS n (class, obj)
    )
    SELECT t.oid, string_agg(DISTINCT w.why, ', ') AS why
    FROM pg_catalog.pg_class AS t CROSS JOIN LATERAL (
        SELECT 'belongs to ' || t.relowner::regrole WHERE t.relowner NOT IN (SELECT s.role FROM trusted AS s)
        UNION ALL
        SELECT 'has row security that applies to ' || quote_ident(current_user) WHERE row_security_active(t.oid)
        UNION ALL
        SELECT 'is kept by another server' WHERE t.relkind = 'f'
        UNION ALL
        SELECT 'shows the rows of ' || h.oid::regclass
        FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS h ON h.oid = i.inhrelid
        WHERE i.inhparent = t.oid AND (h.relkind NOT IN ('r', 'p') OR h.relhassubclass
              OR h.relowner NOT IN (SELECT s.role FROM trusted AS s))
        UNION ALL
        SELECT concat('calls ', p.oid::regprocedure, ' of ', p.proowner::regrole)
        FROM below AS b JOIN pg_catalog.pg_proc AS p ON b.class = 'pg_proc'::regclass AND p.oid = b.obj
        WHERE b.rel = t.oid AND p.proowner NOT IN (SELECT s.role FROM trusted AS s)
    ) AS w (why)
    WHERE t.relnamespace = to_regnamespace('public') AND t.relkind IN ('r', 'p', 'f')
    GROUP BY t.oid
