-- What makes the schema of a database again, a statement a row: those before its rows (up to 50), and those after them.
-- Read under search_path pg_catalog, so that every name is there with its schema.
WITH own AS (
    SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
), member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.*, format('%I.%I', o.nspname, c.relname) AS spelled
    FROM pg_class c JOIN own o ON o.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
), columns AS (
    SELECT a.attrelid, string_agg(format('%I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation THEN format(' COLLATE %s', a.attcollation::regcollation) ELSE '' END,
        CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
            WHEN a.attgenerated = 'v' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(d.adbin, d.adrelid))
            WHEN a.attidentity <> '' THEN (SELECT format(
                ' GENERATED %s AS IDENTITY (SEQUENCE NAME %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s)',
                CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, r.spelled,
                s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)
                FROM pg_depend p JOIN pg_sequence s ON s.seqrelid = p.objid JOIN relation r ON r.oid = p.objid
                WHERE p.classid = 'pg_class'::regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
                    AND p.deptype = 'i')
            WHEN d.adbin IS NOT NULL THEN format(' DEFAULT %s', pg_get_expr(d.adbin, d.adrelid)) ELSE '' END,
        CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END), ', ' ORDER BY a.attnum) AS listed
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attrelid
)
SELECT 10 AS place, nspname::text AS sorted, format('CREATE SCHEMA %I', nspname) FROM own WHERE nspname <> 'public'
UNION ALL
SELECT 20, t.oid::text, format('CREATE TYPE %s AS ENUM (%s)', t.oid::regtype,
    (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM pg_type t JOIN own o ON o.oid = t.typnamespace WHERE t.typtype = 'e'
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
UNION ALL
SELECT 30, r.spelled, format('CREATE SEQUENCE %s AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', r.spelled,
    format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
    CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)
FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid
WHERE NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = r.oid AND p.deptype = 'i')
UNION ALL
SELECT 40, lpad(f.oid::text, 12, '0'), pg_get_functiondef(f.oid)
FROM pg_proc f JOIN own o ON o.oid = f.pronamespace WHERE f.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = f.oid)
UNION ALL
SELECT 50, r.spelled, format('CREATE %sTABLE %s (%s)%s', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, r.spelled,
    (SELECT k.listed FROM columns k WHERE k.attrelid = r.oid),
    CASE WHEN r.reloptions IS NULL THEN '' ELSE format(' WITH (%s)', array_to_string(r.reloptions, ', ')) END)
FROM relation r WHERE r.relkind = 'r' AND r.relpersistence <> 't'
UNION ALL
SELECT 60, r.spelled, format('ALTER SEQUENCE %s OWNED BY %s.%I', r.spelled, p.refobjid::regclass, a.attname)
FROM relation r JOIN pg_depend p ON p.classid = 'pg_class'::regclass AND p.objid = r.oid AND p.deptype = 'a'
    AND p.refclassid = 'pg_class'::regclass AND p.refobjsubid > 0
    JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE r.relkind = 'S'
UNION ALL
SELECT CASE k.contype WHEN 'f' THEN 90 ELSE 70 END, k.conname || k.oid,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.spelled, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid WHERE k.contype IN ('p', 'u', 'x', 'c', 'f') AND r.relkind = 'r'
UNION ALL
SELECT 80, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN relation r ON r.oid = i.indrelid
WHERE r.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 85, i.indexrelid::regclass::text, format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', r.spelled, x.relname)
FROM pg_index i JOIN relation r ON r.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indisreplident
UNION ALL
SELECT 100, lpad(r.oid::text, 12, '0'), format('CREATE VIEW %s%s AS %s', r.spelled,
    CASE WHEN r.reloptions IS NULL THEN '' ELSE format(' WITH (%s)', array_to_string(r.reloptions, ', ')) END,
    pg_get_viewdef(r.oid))
FROM relation r WHERE r.relkind = 'v'
UNION ALL
SELECT 110, t.tgname::text, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 120, t.tgname::text, format('ALTER TABLE %s %s TRIGGER %I', r.spelled,
    CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgenabled <> 'O'
UNION ALL
SELECT 130, i.identity, format('COMMENT ON %s %s IS %L', CASE WHEN i.type IN ('table column', 'view column') THEN 'COLUMN'
    WHEN i.type = 'table constraint' THEN 'CONSTRAINT' ELSE upper(i.type) END, i.identity, d.description)
FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE d.classoid = 'pg_class'::regclass AND d.objoid IN (SELECT r.oid FROM relation r)
    OR d.classoid = 'pg_namespace'::regclass AND d.objoid IN (SELECT o.oid FROM own o WHERE o.nspname <> 'public')
    OR d.classoid = 'pg_proc'::regclass AND d.objoid IN (SELECT f.oid FROM pg_proc f JOIN own o ON o.oid = f.pronamespace)
    OR d.classoid = 'pg_type'::regclass AND d.objoid IN (SELECT t.oid FROM pg_type t JOIN own o ON o.oid = t.typnamespace)
    OR d.classoid = 'pg_constraint'::regclass
        AND d.objoid IN (SELECT k.oid FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid)
    OR d.classoid = 'pg_trigger'::regclass
        AND d.objoid IN (SELECT t.oid FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid)
ORDER BY 1, 2
