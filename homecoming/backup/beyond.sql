-- What a database holds that our own copy does not know how to make again: pg_dump does.
WITH own AS (
    SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
), member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
)
SELECT format('extension %s', extname) FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL
SELECT format('%s %s.%s', CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
    WHEN 'm' THEN 'materialized view' ELSE 'type' END, o.nspname, c.relname)
FROM pg_class c JOIN own o ON o.oid = c.relnamespace WHERE c.relkind IN ('p', 'f', 'm', 'c')
UNION ALL
SELECT format('table %s, which inherits', i.inhrelid::regclass) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    JOIN own o ON o.oid = c.relnamespace WHERE c.relkind = 'r'
UNION ALL
SELECT format('type %s', t.oid::regtype) FROM pg_type t JOIN own o ON o.oid = t.typnamespace
WHERE t.typtype IN ('d', 'r', 'm') OR (t.typtype = 'b' AND t.typelem = 0)
UNION ALL
SELECT format('function %s', f.oid::regprocedure) FROM pg_proc f JOIN own o ON o.oid = f.pronamespace
WHERE f.prokind NOT IN ('f', 'p') OR f.prosqlbody IS NOT NULL
UNION ALL
SELECT format('rule %s on %s', w.rulename, w.ev_class::regclass) FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
    JOIN own o ON o.oid = c.relnamespace WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT format('policies or row security of %s.%s', o.nspname, c.relname)
FROM pg_class c JOIN own o ON o.oid = c.relnamespace
WHERE c.relrowsecurity OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
UNION ALL
SELECT format('operator %s', p.oid::regoperator) FROM pg_operator p JOIN own o ON o.oid = p.oprnamespace
UNION ALL
SELECT format('collation %I.%I', o.nspname, c.collname) FROM pg_collation c JOIN own o ON o.oid = c.collnamespace
UNION ALL
SELECT format('statistics %I.%I', o.nspname, s.stxname) FROM pg_statistic_ext s JOIN own o ON o.oid = s.stxnamespace
UNION ALL
SELECT format('event trigger %s', evtname) FROM pg_event_trigger
UNION ALL
SELECT format('publication %s', pubname) FROM pg_publication
UNION ALL
SELECT format('%s large objects', count(*)) FROM pg_largeobject_metadata HAVING count(*) > 0
