-- Every table and sequence that belongs to the database itself, with why this role may not read it, and which rights it has;
-- a table's columns by name, and the types of these.
-- An extension's own come with the extension.
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text,
    CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'it lacks USAGE on the schema'
        WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'it lacks SELECT'
        WHEN row_security_active(c.oid) THEN 'a policy hides rows from it' END,
    has_schema_privilege(n.oid, 'USAGE'), has_table_privilege(c.oid, 'SELECT'), current_user,
    CASE c.relkind WHEN 'r' THEN coalesce(pg_table_size(c.oid), 0) ELSE 0 END,
    array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attname::text COLLATE "C"),
    array(SELECT CASE WHEN t.typtype = 'e' THEN 'enum' WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname::text
        ELSE '' END FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attname::text COLLATE "C")
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'S') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C"
