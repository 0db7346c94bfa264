-- What a PostgreSQL server tells of itself and of one database, in one statement: a row a fact. It reads no row of a
-- table and leaves out what another session has locked, so it waits for nobody.
WITH busy AS (
    -- What the last number of a sequence, or the highest of a column, would wait for: also for who waits for it.
    SELECT relation, bool_or(mode = 'AccessExclusiveLock') AS closed FROM pg_locks
    WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND pid IS DISTINCT FROM pg_backend_pid()
      AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    GROUP BY relation
), fed AS (
    -- The sequence that a column's default asks, before one that the column merely owns.
    SELECT DISTINCT ON (link.relation, link.attnum) link.*
    FROM (
        SELECT d.adrelid AS relation, d.adnum AS attnum, p.refobjid AS sequence, false AS is_identity, 1 AS place
        FROM pg_attrdef d JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
            AND p.refclassid = 'pg_class'::regclass
        UNION ALL
        SELECT refobjid, refobjsubid, objid, deptype = 'i', 2 FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
          AND deptype IN ('a', 'i')
    ) AS link JOIN pg_class s ON s.oid = link.sequence AND s.relkind = 'S'
    ORDER BY link.relation, link.attnum, link.place, link.sequence
), numbered AS (
    SELECT c.oid, c.relname, a.attname, a.attnum, s.oid AS sequence, s.relname AS sequence_name, n.nspname,
        s.relpersistence, fed.is_identity, q.seqcycle, q.seqincrement > 0 AS is_rising,
        CASE WHEN q.seqincrement > 0 THEN q.seqmax::numeric ELSE -q.seqmin::numeric END AS sequence_limit,
        -- A falling sequence is told as a rising one: its numbers, and its limit, without their sign.
        CASE t.typlen WHEN 2 THEN 32767 WHEN 4 THEN 2147483647 ELSE 9223372036854775807::numeric END
            + (q.seqincrement < 0)::integer AS column_limit
    FROM fed
    JOIN pg_class c ON c.oid = fed.relation AND c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
        -- A partition's numbers are its table's.
        AND NOT c.relispartition
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = fed.attnum AND NOT a.attisdropped
    JOIN pg_type of ON of.oid = a.atttypid
    JOIN pg_type t ON t.oid = coalesce(nullif(of.typbasetype, 0), of.oid)
        AND t.oid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
    JOIN pg_class s ON s.oid = fed.sequence
    JOIN pg_namespace n ON n.oid = s.relnamespace
    JOIN pg_sequence q ON q.seqrelid = s.oid
), unread AS MATERIALIZED (
{unread}
)
SELECT 'server' AS kind, json_build_object(
    'version', current_setting('server_version'),
    'size', CASE WHEN has_database_privilege(current_database(), 'CONNECT')
        OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(current_database()) END,
    -- Of another role's session, a role without pg_read_all_stats sees neither its kind nor its transaction.
    'hidden', (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND usesysid IS NOT NULL AND backend_type IS NULL)) AS facts
UNION ALL
SELECT 'transaction', json_build_object('pid', pid, 'role', usename, 'application', application_name,
    'seconds', extract(epoch FROM clock_timestamp() - xact_start))
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL
  AND pid <> pg_backend_pid()
UNION ALL
SELECT 'transaction', json_build_object('role', owner, 'prepared', gid,
    'seconds', extract(epoch FROM clock_timestamp() - prepared))
FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL
SELECT 'invalid index', json_build_object('name', quote_ident(x.relname))
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
WHERE NOT i.indisvalid AND x.relnamespace = to_regnamespace('public') AND NOT starts_with(x.relname, 'homecoming_prepared_')
  AND NOT EXISTS (
      SELECT FROM pg_stat_progress_create_index p
      WHERE p.datname = current_database() AND (p.index_relid = i.indexrelid
          -- REINDEX tells one of its indexes, and of another role's session none is told: but which tables it locks.
          OR (p.index_relid IS NULL OR p.command LIKE 'REINDEX%') AND EXISTS (SELECT FROM pg_locks l
              WHERE l.pid = p.pid AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock')))
UNION ALL
SELECT 'ids', json_build_object('table', quote_ident(u.relname), 'column', quote_ident(u.attname),
    'sequence', quote_ident(u.nspname) || '.' || quote_ident(u.sequence_name), 'is_identity', u.is_identity,
    'is_rising', u.is_rising,
    'limit', least(u.column_limit, u.sequence_limit),
    'given', CASE WHEN has_sequence_privilege(u.sequence, 'SELECT, USAGE')
        AND NOT EXISTS (SELECT FROM busy WHERE busy.relation = u.sequence)
        -- A standby has no unlogged sequences; before 15.8 and 16.4 it is an error to ask.
        AND NOT (u.relpersistence = 'u' AND pg_is_in_recovery())
        THEN pg_sequence_last_value(u.sequence) END,
    -- The highest number is cheap where an index has it, and nobody else's code has to be asked.
    'is_indexed', has_column_privilege(u.oid, u.attnum, 'SELECT') AND u.oid NOT IN (SELECT oid FROM unread)
        AND NOT EXISTS (SELECT FROM busy WHERE busy.relation = u.oid AND busy.closed)
        AND EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = u.oid AND i.indkey[0] = u.attnum AND i.indisvalid AND i.indpred IS NULL
            AND x.relam = (SELECT oid FROM pg_am WHERE amname = 'btree')))
FROM numbered u
-- One that begins again before its column is full never ends.
WHERE u.sequence_limit > 0 AND NOT (u.seqcycle AND u.sequence_limit <= u.column_limit)
