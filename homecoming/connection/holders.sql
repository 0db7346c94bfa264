-- Who holds tables of schema public, or the lock of runs: the strongest lock first, then the oldest transaction.
SELECT l.pid, a.usename::text, a.application_name, coalesce(a.query_start, a.xact_start),
    coalesce(array_agg(DISTINCT l.table_name) FILTER (WHERE l.table_name IS NOT NULL), '{}')::text[], p.gid
FROM (
    SELECT pid, virtualtransaction,
        CASE WHEN locktype = 'relation' THEN (SELECT c.relname::text FROM pg_catalog.pg_class c WHERE c.oid = relation) END
            AS table_name,
        array_position(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
            'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], mode) AS strength
    FROM pg_catalog.pg_locks
    WHERE granted AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid()
        AND CASE :kind
            WHEN 'table' THEN locktype = 'relation' AND relation IN (SELECT oid FROM pg_catalog.pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))
            ELSE locktype = 'advisory' AND objsubid = 1 AND ((classid::bigint << 32) | objid::bigint) = :key END
) AS l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
-- A prepared transaction is told by the lock on its own number: which virtual one it bears differs by version.
LEFT JOIN (pg_catalog.pg_locks own JOIN pg_catalog.pg_prepared_xacts p ON own.locktype = 'transactionid'
        AND own.transactionid = p.transaction AND own.pid IS NULL AND own.granted)
    ON l.pid IS NULL AND own.virtualtransaction = l.virtualtransaction
-- An autovacuum worker that is in the way of others ends by itself.
WHERE a.backend_type IS DISTINCT FROM 'autovacuum worker'
GROUP BY l.pid, a.usename, a.application_name, a.query_start, a.xact_start, p.gid
ORDER BY max(l.strength) DESC, a.xact_start
