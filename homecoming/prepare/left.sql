-- What was made ahead of a run and is still there under its name of ours, and the statement that takes it away.
SELECT n.tbl, n.what, n.is_done, n.ends
FROM (SELECT r.relname::text AS tbl, concat('index ', regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')) AS what,
             i.indisvalid AS is_done, format('DROP INDEX CONCURRENTLY IF EXISTS public.%I', c.relname) AS ends
      FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_class AS r ON r.oid = i.indrelid
      WHERE c.relnamespace = to_regnamespace('public') AND starts_with(c.relname, '{prepared}')
        AND pg_has_role(r.relowner, 'USAGE')
      UNION ALL
      SELECT r.relname, pg_get_constraintdef(k.oid), k.convalidated,
             concat('DO ', quote_literal(concat('{brief}', format(
                 'ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS %I; END', r.relname, k.conname))))
      FROM pg_catalog.pg_constraint AS k
      JOIN pg_catalog.pg_class AS r ON r.oid = k.conrelid
      WHERE r.relnamespace = to_regnamespace('public') AND starts_with(k.conname, '{prepared}') AND k.conparentid = 0
        AND pg_has_role(r.relowner, 'USAGE')) AS n
ORDER BY n.tbl, n.what
