-- What could stop a run, looked at in one statement: a row a fact. It opens no table and so waits for no lock, and asks
-- for nothing that a server older than 13 could not answer.
WITH RECURSIVE known AS (
    SELECT c.oid, c.relname, c.relowner FROM pg_class c
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
      AND c.relname::text = ANY (%(known)s)
), copies AS (
    -- As pg_temp.is_copy() has it.
    SELECT DISTINCT c.oid, c.relname, c.relowner
    FROM pg_class c JOIN unnest(%(known)s) AS tbl ON c.relname::text = '_alembic_tmp_' || tbl
        OR c.relname::text ~ format('^%%s_(%%s)(_|$)', tbl, %(endings)s)
    LEFT JOIN known k ON k.relname::text = tbl
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
      AND c.relname::text <> ALL (%(known)s)
      AND EXISTS (SELECT FROM pg_attribute i WHERE i.attrelid = c.oid AND i.attname = 'id' AND NOT i.attisdropped)
      AND (k.oid IS NULL OR (
          SELECT count(live.attname) >= greatest(1, least(count(*), (SELECT count(*) - 1 FROM pg_attribute a
              WHERE a.attrelid = k.oid AND a.attnum > 0 AND NOT a.attisdropped)) / 2.0)
          FROM pg_attribute mine LEFT JOIN pg_attribute live ON live.attrelid = k.oid AND live.attname = mine.attname
              AND live.attnum > 0 AND NOT live.attisdropped
          WHERE mine.attrelid = c.oid AND mine.attnum > 0 AND NOT mine.attisdropped AND mine.attname <> 'id'))
), ours AS (
    SELECT * FROM known UNION ALL SELECT * FROM copies
), books AS (
    SELECT oid, relname, relowner FROM pg_class
    WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
      AND relname IN ('alembic_version', 'migration_history')
), locked AS (
    SELECT l.pid, l.virtualtransaction, array_agg(DISTINCT t.relname::text ORDER BY t.relname::text) AS tables
    FROM pg_locks l JOIN (SELECT * FROM ours UNION ALL SELECT * FROM books) AS t ON t.oid = l.relation
    WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.pid IS DISTINCT FROM pg_backend_pid()
    GROUP BY l.pid, l.virtualtransaction
), shown (over) AS (
    SELECT w.ev_class FROM known JOIN pg_attribute a ON a.attrelid = known.oid
        AND known.relname || '.' || a.attname = ANY (%(retired)s)
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
    JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    UNION
    SELECT w.ev_class FROM shown JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = shown.over
    JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
)
SELECT 'server' AS kind, '' AS name, json_build_object(
    'version', current_setting('server_version_num')::integer,
    'standby', pg_is_in_recovery(),
    'read_only', current_setting('default_transaction_read_only')::boolean,
    'role', quote_ident(current_user),
    'database', quote_ident(current_database()),
    'database_create', has_database_privilege(current_database(), 'CREATE'),
    'database_temp', has_database_privilege(current_database(), 'TEMP'),
    'public', (SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE')
               FROM pg_namespace WHERE nspname = 'public'),
    'retired', (SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE')
                FROM pg_namespace WHERE nspname = 'retired'),
    'language', (SELECT has_language_privilege(oid, 'USAGE') FROM pg_language WHERE lanname = 'plpgsql'),
    'tables', (SELECT count(*) FROM ours),
    'bytes', pg_database_size(current_database())) AS facts
UNION ALL
-- What the run lifts where the role may: `lift_settings` of the helpers.
SELECT 'setting', name, json_build_object('value', setting, 'role', quote_ident(current_user),
    'session', quote_ident(session_user), 'database', quote_ident(current_database()))
FROM pg_settings JOIN pg_roles r ON r.rolname = current_user
WHERE (name, setting) IN (('session_replication_role', 'replica'), ('zero_damaged_pages', 'on'),
    ('ignore_checksum_failure', 'on')) AND NOT (r.rolsuper)
UNION ALL
-- What has a session be another role than the one that logged in, as it is said in the settings.
SELECT 'acts', 'role', json_build_object('role', quote_ident(current_user), 'session', quote_ident(session_user),
    'reset', coalesce((SELECT concat('ALTER ', CASE WHEN setrole <> 0 THEN 'ROLE ' || setrole::regrole END,
            CASE WHEN setrole <> 0 AND setdatabase <> 0 THEN ' IN ' WHEN setrole = 0 AND setdatabase = 0 THEN 'ROLE ALL' END,
            CASE WHEN setdatabase <> 0 THEN 'DATABASE ' || quote_ident(current_database()) END, ' RESET role')
        FROM pg_db_role_setting
        WHERE setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
          AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
          AND EXISTS (SELECT FROM unnest(setconfig) AS s WHERE s LIKE 'role=%%')
        ORDER BY setrole = 0, setdatabase = 0 LIMIT 1), ''))
WHERE current_user <> session_user
UNION ALL
SELECT 'owned', thing.name, json_build_object('owner', quote_ident(pg_get_userbyid(thing.owner)),
    'superuser', (SELECT rolsuper FROM pg_roles WHERE oid = thing.owner), 'what', thing.what, 'labels', thing.labels)
FROM (
    SELECT quote_ident(relname) AS name, relowner AS owner, 'table' AS what, NULL::text[] AS labels FROM ours
    UNION ALL
    SELECT 'retired.' || quote_ident(relname), relowner, 'table', NULL FROM pg_class
    WHERE relnamespace = to_regnamespace('retired') AND relkind IN ('r', 'p')
    UNION ALL
    SELECT quote_ident(c.relname), c.relowner, 'sequence', NULL FROM pg_class c
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind = 'S'
      AND c.relname::text IN (SELECT relname || '_id_seq' FROM known)
      -- One that a column owns is its table's.
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.deptype = 'a')
    UNION ALL
    SELECT quote_ident(t.typname), t.typowner, 'type',
        ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
    FROM pg_type t WHERE t.typnamespace = to_regnamespace('public') AND t.typtype = 'e'
      AND t.typname::text = ANY (%(enums)s)
) AS thing
-- Of a member that does not inherit, PostgreSQL asks the same.
WHERE NOT pg_has_role(thing.owner, 'USAGE')
UNION ALL
SELECT 'book', quote_ident(relname), json_build_object('owner', quote_ident(pg_get_userbyid(relowner)))
FROM books WHERE NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
    AND (relname = 'migration_history' OR has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')))
UNION ALL
-- Of another role's session, a role without pg_read_all_stats sees no more than pid, user and application.
SELECT 'held', locked.pid::text, json_build_object('tables', locked.tables, 'user', a.usename,
    'application', a.application_name, 'state', a.state,
    'seconds', floor(extract(epoch FROM clock_timestamp() - a.xact_start)))
FROM locked LEFT JOIN pg_stat_activity a ON a.pid = locked.pid
WHERE locked.pid IS NOT NULL AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
UNION ALL
SELECT 'long', a.pid::text, json_build_object('user', a.usename, 'application', a.application_name, 'state', a.state,
    'seconds', floor(extract(epoch FROM clock_timestamp() - a.xact_start)))
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.xact_start IS NOT NULL
  AND a.pid <> pg_backend_pid() AND a.pid NOT IN (SELECT pid FROM locked WHERE pid IS NOT NULL)
UNION ALL
SELECT 'prepared', quote_literal(p.gid), json_build_object('tables', locked.tables,
    'seconds', floor(extract(epoch FROM clock_timestamp() - p.prepared)))
-- Its locks are told by the lock on its own number: which virtual transaction it bears differs by version.
FROM pg_prepared_xacts p
JOIN pg_locks own ON own.locktype = 'transactionid' AND own.transactionid = p.transaction AND own.pid IS NULL
JOIN locked ON locked.virtualtransaction = own.virtualtransaction AND locked.pid IS NULL
WHERE own.granted AND p.database = current_database()
UNION ALL
-- What shows a column that goes is taken down before, which is its owner's right, or its schema's owner's.
SELECT 'view', v.oid::regclass::text, json_build_object('owner', quote_ident(pg_get_userbyid(v.relowner)),
    'superuser', (SELECT rolsuper FROM pg_roles WHERE oid = v.relowner))
FROM pg_class v JOIN pg_namespace s ON s.oid = v.relnamespace
WHERE v.relkind IN ('v', 'm') AND v.oid IN (SELECT over FROM shown)
  AND NOT pg_has_role(v.relowner, 'USAGE') AND NOT pg_has_role(s.nspowner, 'USAGE')
UNION ALL
SELECT 'event trigger', quote_ident(evtname), json_build_object('owner', evtowner::regrole::text,
    'function', regexp_replace(evtfoid::regproc::text, '^public[.]', ''))
FROM pg_event_trigger WHERE {event_triggers}
UNION ALL
SELECT 'publication', quote_ident(p.pubname), json_build_object('tables', CASE
    WHEN p.puballtables THEN (SELECT count(*) FROM ours)
    ELSE (SELECT count(*) FROM pg_publication_rel r JOIN ours ON ours.oid = r.prrelid WHERE r.prpubid = p.oid) END)
FROM pg_publication p
