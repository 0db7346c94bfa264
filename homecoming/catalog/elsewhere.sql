-- The schemas that hold the application's tables where public should: those in which its sessions find them first, by
-- the search_path of its role or its database, or that alone have its people. What, and what to do; no row where none.
SELECT format(CASE count(*) WHEN 1 THEN '%s of this application''s tables is in schema %s, not in public: %s%s'
        ELSE '%s of this application''s tables are in schema %s, not in public: %s%s' END, count(*), nspname,
        array_to_string((array_agg(relname::text ORDER BY relname))[1:3], ', '),
        CASE WHEN count(*) > 3 THEN ', ...' END) AS what,
    CASE WHEN public_is_free AND count(*) > 3 THEN format('Make that schema public, then run again: '
            'ALTER SCHEMA public RENAME TO public_%s; ALTER SCHEMA %I RENAME TO public',
            to_char(clock_timestamp(), 'YYYYMMDDHH24MISS'), nspname)
        WHEN count(*) > 3 THEN format('Move them there, each as this one, then run again: '
            'ALTER TABLE %I.%I SET SCHEMA public', nspname, min(relname::text))
        ELSE 'Move what is there, then run again: ' || string_agg(concat(
            format('ALTER TABLE public.%I RENAME TO ', relname) || quote_ident(twin_name || '_old') || '; ',
            format('ALTER TABLE %I.%I SET SCHEMA public', nspname, relname)), '; ' ORDER BY relname) END AS todo,
    nspname::text AS schema
FROM (
    SELECT c.relname, n.nspname, twin.relname AS twin_name,
        -- A size, since rows would ask for a lock on the table; and it is asked for only where the rest says so.
        CASE WHEN count(*) OVER of_schema > 2 AND bool_or(people.oid IS NOT NULL) OVER of_schema
            THEN bool_or(pg_relation_size(people.oid) > 0) OVER of_schema
                AND NOT coalesce(bool_or(pg_relation_size(twin.oid) > 0) OVER of_schema, false)
            ELSE false END AS alone,
        NOT EXISTS (
            SELECT FROM pg_class o WHERE o.relnamespace = to_regnamespace('public') AND o.relkind IN ('r', 'p')
            AND (o.relname::text <> ALL ({tables} || ARRAY['alembic_version', 'migration_history'])
                 OR o.relname::text = ANY ({tables}) AND pg_relation_size(o.oid) > 0)
            ) AS public_is_free,
        EXISTS (
            SELECT FROM (SELECT oid FROM pg_roles WHERE rolname = current_user UNION SELECT relowner FROM pg_class
                WHERE relnamespace = to_regnamespace('public') AND relname = {owners_table}) AS r (role), LATERAL (
                (SELECT substr(s, 13) FROM pg_db_role_setting, unnest(setconfig) s
                 WHERE s LIKE 'search_path=%' AND setrole IN (0, role)
                   AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                 ORDER BY setrole = 0, setdatabase = 0 LIMIT 1)
                UNION ALL SELECT reset_val FROM pg_settings WHERE name = 'search_path') AS p (path), LATERAL (
                SELECT regexp_split_to_array(btrim(replace(path, '$user', pg_get_userbyid(role)), ' "'),
                    '"?\s*,\s*"?')) AS s (names)
            WHERE array_position(names, n.nspname::text) < CASE WHEN twin.oid IS NULL THEN 1000
                ELSE coalesce(array_position(names, 'public'), 1000) END) AS first
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class twin ON twin.relname = c.relname AND twin.relnamespace = to_regnamespace('public')
        AND twin.relkind IN ('r', 'p')
    LEFT JOIN pg_class people ON people.oid = c.oid AND people.relname = {owners_table} AND (
        SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY ({owners_columns})) = {owners_number}
    WHERE c.relkind IN ('r', 'p') AND c.relname::text = ANY ({tables})
      AND n.nspname NOT IN ('public', 'retired', 'information_schema') AND n.nspname !~ '^pg_'
    WINDOW of_schema AS (PARTITION BY n.nspname)
) AS found
WHERE first OR alone GROUP BY nspname, public_is_free
