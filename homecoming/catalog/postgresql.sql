-- Every fact of schema public, one row each: what kind of object it is, its name, its definition, the tables it
-- belongs to or is used by, the columns it covers. One SELECT, no parameters, nothing left behind, the same answer on
-- PostgreSQL 13 to 18. Names lose the prefix "public." so that the answer is the same under every search_path. Other
-- statements take the CTEs of this one, all but its last line, and go on from there (verdict.sql, fingerprint.sql).
-- What was made ahead of a run under a name of ours ({prepared}...) is none of them until a run gives it its name.
-- Patterns have no backslash, which an old setting (standard_conforming_strings) would take out of them.
WITH
relation AS (
    SELECT c.oid, c.relname::text AS name, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
           c.relkind IN ('r', 'p', 'f') AS is_table, c.relowner, c.relreplident, c.reloptions, c.relam
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = to_regnamespace('public')
      AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
      AND c.relname NOT IN ('alembic_version', 'migration_history', 'migration_history_id_seq')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
-- Which columns of its table an index or a trigger mentions, expressions and conditions included.
mention AS (
    SELECT d.classid, d.objid, array_agg(DISTINCT a.attname::text) AS columns
    FROM pg_catalog.pg_depend AS d
    JOIN relation AS r ON r.oid = d.refobjid AND r.is_table
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
      AND d.classid IN ('pg_class'::regclass, 'pg_trigger'::regclass)
    GROUP BY d.classid, d.objid
),
-- Which tables have columns of a type, or of arrays of it: read once for all, since no index leads to them.
type_use AS (
    SELECT CASE t.typtype WHEN 'b' THEN t.typelem ELSE t.oid END AS oid, array_agg(DISTINCT r.name) AS tables
    FROM relation AS r
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND (t.typtype = 'e' OR t.typelem <> 0)
    GROUP BY 1
),
-- A foreign key is enforced by triggers nobody sees, which DISABLE TRIGGER ALL switches off.
idle_key AS (
    SELECT DISTINCT t.tgconstraint AS oid FROM pg_catalog.pg_trigger AS t WHERE t.tgisinternal AND t.tgenabled <> 'O'
),
fact (kind, name, definition, tables, columns) AS (
    -- What whoever looks may do, and in place of columns who that is.
    SELECT 'access', 'schema public',
           CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE' ELSE '' END,
           NULL::text[], ARRAY[current_user::text]
    FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'public'

    UNION ALL
    SELECT 'access', r.name,
           concat_ws(', ', CASE WHEN has_table_privilege(r.oid, 'SELECT') THEN 'SELECT' END,
                           CASE WHEN has_table_privilege(r.oid, 'INSERT') THEN 'INSERT' END,
                           CASE WHEN has_table_privilege(r.oid, 'UPDATE') THEN 'UPDATE' END,
                           CASE WHEN has_table_privilege(r.oid, 'DELETE') THEN 'DELETE' END),
           ARRAY[r.name], ARRAY[current_user::text]
    FROM relation AS r WHERE r.is_table

    UNION ALL
    SELECT 'table', r.name,
           concat(CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
                  CASE r.relkind WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
                  (SELECT ', INHERITS ' || string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno)
                   FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = r.oid),
                  (SELECT ', INHERITED BY ' || string_agg(i.inhrelid::regclass::text, ' ' ORDER BY c.relname)
                   FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
                   WHERE i.inhparent = r.oid),
                  CASE WHEN r.relrowsecurity THEN ', ROW LEVEL SECURITY' END,
                  CASE WHEN r.relforcerowsecurity THEN ', FORCE ROW LEVEL SECURITY' END),
           ARRAY[r.name], NULL::text[]
    FROM relation AS r WHERE r.is_table

    UNION ALL
    SELECT 'view', r.name, CASE r.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, ARRAY[r.name], NULL
    FROM relation AS r WHERE r.relkind IN ('v', 'm')

    UNION ALL
    SELECT 'column', r.name || '.' || a.attname,
           concat(format_type(a.atttypid, a.atttypmod),
                  (SELECT ' COLLATE ' || quote_ident(l.collname) FROM pg_catalog.pg_collation AS l
                   WHERE l.oid = a.attcollation AND l.oid <> t.typcollation),
                  CASE WHEN a.attnotnull THEN ' NOT NULL'
                       WHEN t.typnotnull THEN ' NOT NULL BY DOMAIN'
                       WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                                    WHERE k.conrelid = r.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
                                      AND NOT starts_with(k.conname, '{prepared}')
                                      AND pg_get_constraintdef(k.oid) ~ '^CHECK [(][(][^ ]+ IS NOT NULL[)][)]')
                       THEN ' NOT NULL BY CHECK' END,
                  CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
                                     WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' END,
                  CASE a.attgenerated
                       WHEN '' THEN ' DEFAULT ' || coalesce(pg_get_expr(e.adbin, e.adrelid), t.typdefault)
                       ELSE ' GENERATED ALWAYS AS (' || pg_get_expr(e.adbin, e.adrelid)
                            || CASE a.attgenerated WHEN 's' THEN ') STORED' ELSE ') VIRTUAL' END END),
           ARRAY[r.name], ARRAY[a.attname::text]
    FROM relation AS r
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef AS e ON e.adrelid = r.oid AND e.adnum = a.attnum
    WHERE r.is_table

    -- PostgreSQL 18 keeps NOT NULL as a constraint, contype n: a fact only where pg_dump would have to name it.
    UNION ALL
    SELECT CASE c.contype WHEN 'p' THEN 'primary key' WHEN 'f' THEN 'foreign key' WHEN 'u' THEN 'unique'
                          WHEN 'c' THEN 'check' WHEN 'n' THEN 'not null' ELSE 'exclusion' END,
           r.name || '.' || c.conname,
           concat(pg_get_constraintdef(c.oid), CASE WHEN idle_key.oid IS NOT NULL THEN ' DISABLED' END,
                  CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN ' INVALID' END),
           ARRAY[r.name], k.columns
    FROM relation AS r
    JOIN pg_catalog.pg_constraint AS c ON c.conrelid = r.oid AND c.contype IN ('p', 'f', 'u', 'c', 'x', 'n'){unmanaged}
    LEFT JOIN idle_key ON idle_key.oid = c.oid
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
    CROSS JOIN LATERAL (SELECT array_agg(a.attname::text) AS columns FROM pg_catalog.pg_attribute AS a
                        WHERE a.attrelid = r.oid AND a.attnum = ANY (c.conkey)) AS k
    WHERE (c.contype <> 'n' OR NOT c.convalidated OR c.connoinherit
           OR c.conname <> r.name || '_' || k.columns[1] || '_not_null')
      AND NOT starts_with(c.conname, '{prepared}')

    UNION ALL
    SELECT 'index', r.name || '.' || c.relname,
           concat(CASE WHEN i.indisunique THEN 'UNIQUE ' END,
                  regexp_replace(pg_get_indexdef(c.oid), '^.*? USING ', ''),
                  CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN ' INVALID' END),
           ARRAY[r.name], mention.columns
    FROM relation AS r
    JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    LEFT JOIN mention ON mention.classid = 'pg_class'::regclass AND mention.objid = c.oid
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                      WHERE k.conindid = c.oid AND k.conrelid = r.oid AND k.contype IN ('p', 'u', 'x'))
      AND NOT starts_with(c.relname, '{prepared}')

    UNION ALL
    SELECT 'sequence', r.name,
           concat(CASE WHEN r.relpersistence = 'u' AND o.relpersistence IS DISTINCT FROM 'u' THEN 'UNLOGGED ' END,
                  'AS ', format_type(s.seqtypid, NULL), ' START ', s.seqstart, ' INCREMENT ', s.seqincrement,
                  ' MINVALUE ', s.seqmin, ' MAXVALUE ', s.seqmax, ' CACHE ', s.seqcache,
                  CASE WHEN s.seqcycle THEN ' CYCLE' END,
                  ' OWNED BY ', coalesce(d.refobjid::regclass::text || '.' || a.attname, 'NONE')),
           ARRAY[o.name], ARRAY[a.attname::text]
    FROM relation AS r
    JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = r.oid
    LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.objsubid = 0
          AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    LEFT JOIN relation AS o ON o.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class AS i
                      WHERE i.oid = d.refobjid AND i.relname IN ('alembic_version', 'migration_history'))

    UNION ALL
    SELECT 'access', r.name,
           concat_ws(', ', CASE WHEN has_sequence_privilege(r.oid, 'SELECT') THEN 'SELECT' END,
                           CASE WHEN has_sequence_privilege(r.oid, 'USAGE, UPDATE') THEN 'USAGE' END),
           NULL, ARRAY[current_user::text]
    FROM relation AS r WHERE r.relkind = 'S'

    -- Who can log in and may do everything with some tables: those it may, and what it lacks on other objects.
    UNION ALL
    SELECT 'role access', u.rolname, '', array_agg(g.name) FILTER (WHERE g.is_table AND g.lacking = ''),
           array_agg(g.name || ': ' || g.lacking) FILTER (WHERE g.lacking <> '')
    FROM pg_catalog.pg_roles AS u
    CROSS JOIN LATERAL (
        SELECT r.name, r.is_table,
               CASE WHEN r.is_table
                    THEN concat_ws(', ',
                                   CASE WHEN NOT has_table_privilege(u.oid, r.oid, 'SELECT') THEN 'no SELECT' END,
                                   CASE WHEN NOT has_table_privilege(u.oid, r.oid, 'INSERT') THEN 'no INSERT' END,
                                   CASE WHEN NOT has_table_privilege(u.oid, r.oid, 'UPDATE') THEN 'no UPDATE' END,
                                   CASE WHEN NOT has_table_privilege(u.oid, r.oid, 'DELETE') THEN 'no DELETE' END)
                    WHEN has_sequence_privilege(u.oid, r.oid, 'USAGE, UPDATE') THEN '' ELSE 'no USAGE' END
        FROM relation AS r WHERE r.is_table OR r.relkind = 'S'
        UNION ALL
        SELECT 'schema public', false,
               CASE WHEN has_schema_privilege(u.oid, n.oid, 'USAGE') THEN '' ELSE 'no USAGE' END
        FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'public'
    ) AS g (name, is_table, lacking)
    WHERE u.rolcanlogin AND NOT u.rolsuper AND u.rolname <> current_user
    GROUP BY u.rolname
    HAVING bool_or(g.is_table AND g.lacking = '') AND bool_or(g.lacking <> '')

    -- What is not read, and why.
    UNION ALL
    SELECT 'unread', r.name, u.why, ARRAY[r.name], ARRAY[current_user::text]
    FROM relation AS r JOIN (
{unread}
    ) AS u ON u.oid = r.oid

    UNION ALL
    SELECT 'owner', o.name, pg_get_userbyid(o.owner)::text, ARRAY[o.name], NULL
    FROM (SELECT r.name, r.relowner FROM relation AS r WHERE r.is_table
          UNION ALL
          SELECT t.typname, t.typowner FROM pg_catalog.pg_type AS t
          WHERE t.typnamespace = to_regnamespace('public') AND t.typtype = 'e') AS o (name, owner)

    -- How a table or a column is stored, where it is otherwise than by default.
    UNION ALL
    SELECT 'option', o.name, o.definition, ARRAY[o.tab], ARRAY[o.col]
    FROM (SELECT r.name, NULL::text, r.name,
                 concat_ws(', ', array_to_string(r.reloptions, ', '),
                           CASE r.relreplident WHEN 'n' THEN 'REPLICA IDENTITY NOTHING'
                                WHEN 'f' THEN 'REPLICA IDENTITY FULL'
                                WHEN 'i' THEN 'REPLICA IDENTITY USING INDEX' END,
                           (SELECT 'USING ' || m.amname FROM pg_catalog.pg_am AS m
                            WHERE m.oid = r.relam AND m.amname <> 'heap'))
          FROM relation AS r WHERE r.is_table
          UNION ALL
          SELECT r.name, a.attname, r.name || '.' || a.attname,
                 concat_ws(', ', CASE WHEN a.attstorage <> t.typstorage
                                      THEN CASE a.attstorage WHEN 'p' THEN 'STORAGE PLAIN'
                                                WHEN 'm' THEN 'STORAGE MAIN'
                                                WHEN 'e' THEN 'STORAGE EXTERNAL' ELSE 'STORAGE EXTENDED' END END,
                           'STATISTICS ' || nullif(a.attstattarget, -1), array_to_string(a.attoptions, ', '))
          FROM relation AS r
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
          JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
          WHERE r.is_table) AS o (tab, col, name, definition)
    WHERE o.definition <> ''

    UNION ALL
    SELECT 'enum', t.typname,
           coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                     FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid), ''),
           u.tables, NULL
    FROM pg_catalog.pg_type AS t LEFT JOIN type_use AS u ON u.oid = t.oid
    WHERE t.typnamespace = to_regnamespace('public') AND t.typtype = 'e'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')

    UNION ALL
    SELECT 'trigger', r.name || '.' || t.tgname,
           regexp_replace(pg_get_triggerdef(t.oid), '^CREATE (CONSTRAINT )?TRIGGER ("([^"]|"")+"|[^ ]+) ', E'\\1')
           || concat(CASE t.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA'
                                               WHEN 'A' THEN ' ALWAYS' END),
           ARRAY[r.name], mention.columns
    FROM relation AS r
    JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    LEFT JOIN mention ON mention.classid = 'pg_trigger'::regclass AND mention.objid = t.oid

    UNION ALL
    SELECT 'function', concat(p.proname, '(', regexp_replace(pg_get_function_identity_arguments(p.oid),
                                                             '[[:<:]]public[.]', '', 'g'), ')'),
           concat('RETURNS ', regexp_replace(coalesce(pg_get_function_result(p.oid), 'nothing'),
                                            '[[:<:]]public[.]', '', 'g'), ' LANGUAGE ', l.lanname,
                  CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' END,
                  ' SET ' || array_to_string(p.proconfig, ' SET '),
                  ' AS ', btrim(regexp_replace(p.prosrc, '[[:space:]]+', ' ', 'g'))),
           (SELECT array_agg(DISTINCT r.name) FROM pg_catalog.pg_trigger AS t JOIN relation AS r ON r.oid = t.tgrelid
            WHERE t.tgfoid = p.oid AND NOT t.tgisinternal), NULL
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    WHERE p.pronamespace = to_regnamespace('public') AND p.proname <> 'migration_history_only_grows'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')

    UNION ALL
    SELECT 'policy', r.name || '.' || p.polname,
           concat(CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, ' FOR ',
                  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                  ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                  ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
           ARRAY[r.name], NULL
    FROM relation AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid

    UNION ALL
    SELECT 'rule', r.name || '.' || w.rulename, pg_get_ruledef(w.oid), ARRAY[r.name], NULL
    FROM relation AS r JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
),
live (kind, object, definition, tables, columns) AS (
    SELECT f.kind, f.name,
           CASE WHEN f.kind IN ('function', 'owner') THEN f.definition
                       ELSE regexp_replace(f.definition, '[[:<:]]public[.]', '', 'g') END,
           coalesce(array_remove(f.tables, NULL), '{}'), coalesce(array_remove(f.columns, NULL), '{}')
    FROM fact AS f
)
SELECT l.kind, l.object, l.definition, l.tables, l.columns FROM live AS l
