-- What of the way to head can be made ahead of a run, in steps that hold up nobody: indexes, built beside the work of
-- others; foreign keys and NOT NULL, which are looked at row by row without a lock that a customer feels. Each bears a
-- name of ours, which makes it no thing of the database's, until a run finds it, and gives it the name that it is to
-- have.
{facts},
{head},
place AS (
    SELECT c.oid, c.relname::text AS tbl, greatest(c.reltuples, pg_relation_size(c.oid) / {row})::bigint AS rows
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
),
typed (object, type) AS (
    SELECT l.object, regexp_replace(l.definition, ' (NOT NULL|DEFAULT|GENERATED) ?.*$', '') FROM live AS l
    WHERE l.kind = 'column'
),
typed_at_head (object, type) AS (
    SELECT h.object, regexp_replace(h.definition, ' (NOT NULL|DEFAULT|GENERATED) ?.*$', '') FROM head AS h
    WHERE h.kind = 'column'
),
-- What head has and the database has not, under whichever name, where all columns are there and of head's type.
lacking AS (
    SELECT h.kind, h.object, h.definition, h.columns, p.oid, p.tbl, p.rows,
           CASE h.kind WHEN 'foreign key' THEN substring(h.definition FROM ' REFERENCES ([^ (]+)[(]id[)]') END AS target,
           concat('{prepared}', left(md5(concat(h.object, ' ', h.definition)), 12)) AS name
    FROM head AS h
    JOIN place AS p ON h.tables = ARRAY[p.tbl]
    WHERE (h.kind IN ('index', 'unique', 'primary key')
           OR h.kind = 'foreign key' AND h.definition ~ '^FOREIGN KEY [(][^,()]+[)] REFERENCES [^ (]+[(]id[)]$'
           OR h.kind = 'column' AND h.definition ~ ' NOT NULL')
      AND NOT EXISTS (SELECT FROM live AS l
                      WHERE l.kind = h.kind AND l.tables = h.tables
                        AND CASE h.kind WHEN 'column' THEN l.object = h.object AND l.definition ~ ' NOT NULL( |$)'
                                 ELSE l.definition IN (h.definition, concat(h.definition, ' NOT VALID')) END)
      AND NOT EXISTS (SELECT FROM unnest(h.columns) AS c (col)
                      WHERE NOT EXISTS (SELECT FROM typed AS t JOIN typed_at_head AS w USING (object, type)
                                        WHERE t.object = concat(p.tbl, '.', c.col)))
),
step (place, kind, object, tbl, rows, name, parts, ends, is_done) AS (
    SELECT 1, l.kind, l.object, l.tbl, l.rows, l.name,
           ARRAY[CASE WHEN NOT i.indisvalid THEN format('DROP INDEX CONCURRENTLY public.%I', l.name) END,
                 format('CREATE %sINDEX CONCURRENTLY %I ON public.%I %s',
                        CASE WHEN l.kind <> 'index' OR l.definition ~ '^UNIQUE ' THEN 'UNIQUE ' END, l.name, l.tbl,
                        CASE l.kind WHEN 'index' THEN concat('USING ', regexp_replace(l.definition, '^UNIQUE ', ''))
                             ELSE substring(l.definition FROM '[(].*$') END)],
           format('DROP INDEX CONCURRENTLY IF EXISTS public.%I', l.name), coalesce(i.indisvalid, false)
    FROM lacking AS l
    LEFT JOIN pg_catalog.pg_class AS c ON c.relname = l.name AND c.relnamespace = to_regnamespace('public')
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
    WHERE l.kind IN ('index', 'unique', 'primary key')

    UNION ALL
    SELECT CASE l.kind WHEN 'column' THEN 3 ELSE 2 END, l.kind, l.object, l.tbl, l.rows, l.name,
           ARRAY[CASE WHEN k.oid IS NULL THEN concat('DO ', quote_literal(concat('{brief}', format(
                          'ALTER TABLE public.%I ADD CONSTRAINT %I %s NOT VALID; END', l.tbl, l.name,
                          CASE l.kind WHEN 'column' THEN format('CHECK (%I IS NOT NULL)', l.columns[1])
                               ELSE replace(l.definition, ' REFERENCES ', ' REFERENCES public.') END)))) END,
                 format('ALTER TABLE public.%I VALIDATE CONSTRAINT %I', l.tbl, l.name)],
           concat('DO ', quote_literal(concat('{brief}', format(
               'ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS %I; END', l.tbl, l.name)))), coalesce(k.convalidated, false)
    FROM lacking AS l
    LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = l.oid AND k.conname = l.name
    WHERE l.kind = 'column'
       OR l.kind = 'foreign key' AND l.target IN (SELECT p.tbl FROM place AS p)
      AND EXISTS (SELECT FROM live AS t WHERE t.kind IN ('primary key', 'unique') AND t.tables = ARRAY[l.target]
                    AND t.definition IN ('PRIMARY KEY (id)', 'UNIQUE (id)'))
      AND EXISTS (SELECT FROM typed AS t JOIN typed_at_head AS w USING (object, type)
                  WHERE t.object = concat(l.target, '.id'))
)
{shown}
