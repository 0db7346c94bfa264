SELECT {shown}
FROM (SELECT pg_catalog.current_setting('search_path') AS path,
             pg_catalog.current_setting('quote_all_identifiers') AS quotes,
             pg_catalog.current_setting('jit') AS compiles OFFSET 0) AS before
CROSS JOIN LATERAL pg_catalog.json_to_recordset((
    SELECT pg_catalog.string_agg(pg_catalog.substr(w.word, 7), '' ORDER BY w.word COLLATE pg_catalog."C")
    FROM pg_catalog.ts_stat(CASE WHEN pg_catalog.concat(before.path,
        pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
        pg_catalog.set_config('quote_all_identifiers', 'off', true),
        pg_catalog.set_config('jit', 'off', true)) IS NOT NULL THEN
        pg_catalog.replace(pg_catalog.replace(pg_catalog.replace($verdict$
WITH report AS MATERIALIZED (
{report}
)
SELECT array_to_tsvector(ARRAY[concat(lpad(n::text, 6, '0'), substr(d.doc, n * 400 + 1, 400))])
FROM (SELECT json_agg(r)::text AS doc FROM report AS r) AS d CROSS JOIN generate_series(0, length(d.doc) / 400) AS n
$verdict$, '`s', pg_catalog.chr(59)), '`p', pg_catalog.chr(37)), '`c', pg_catalog.chr(58))
    END) AS w)::pg_catalog.json)
    AS r ({typed})
CROSS JOIN LATERAL (SELECT pg_catalog.concat({first},
    pg_catalog.set_config('search_path', before.path, true),
    pg_catalog.set_config('quote_all_identifiers', before.quotes, true),
    pg_catalog.set_config('jit', before.compiles, true)) AS done OFFSET 0) AS after
WHERE after.done IS NOT NULL
