-- Who is in the way of a paste: holds the lock of runs, or a table that the statement names, or else any; the oldest first.
WITH held AS (
    SELECT pid, bool_or(e_context ~ concat('\m', relname, '\M')) AS named
    FROM pg_locks LEFT JOIN pg_class c
        ON c.oid = relation AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    WHERE granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid <> pg_backend_pid()
        AND CASE our_step WHEN 'the lock' THEN locktype = 'advisory' AND objsubid = 1
            AND (classid::bigint << 32 | objid::bigint) = /*lock_key*/ ELSE relname IS NOT NULL END
    GROUP BY pid
)
SELECT string_agg(format('pid %s of user %s, application %s, %s since %s', pid, coalesce(usename, '?'),
        coalesce(nullif(application_name, ''), '?'), coalesce(state, '?'),
        coalesce(to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS UTC'), '?'))
    || format(': SELECT pg_terminate_backend(%s)', pid), '; ' ORDER BY xact_start) INTO our_list
FROM held JOIN pg_stat_activity a USING (pid)
-- An autovacuum worker that is in the way of others ends by itself.
WHERE (named OR NOT EXISTS (SELECT FROM held WHERE named)) AND backend_type IS DISTINCT FROM 'autovacuum worker'
