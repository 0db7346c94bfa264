{facts},
{head},
-- The columns of each table, on either side.
head_table (name, columns) AS (
    SELECT h.tables[1], array_agg(h.columns[1]) FILTER (WHERE h.kind = 'column')
    FROM head AS h WHERE h.kind IN ('table', 'column') GROUP BY h.tables[1]
),
named (names) AS (SELECT array_agg(t.name) FROM head_table AS t),
live_table (name, columns) AS (
    SELECT l.tables[1], coalesce(array_agg(l.columns[1]) FILTER (WHERE l.kind = 'column'), '{}')
    FROM live AS l WHERE l.kind IN ('table', 'column') GROUP BY l.tables[1]
),
pair (kind, object, expected, found, tables, columns, is_unknown) AS (
    SELECT coalesce(h.kind, l.kind), coalesce(h.object, l.object), h.definition, l.definition,
           coalesce(h.tables, l.tables), coalesce(h.columns, l.columns), h.kind IS NULL
    FROM head AS h
    FULL JOIN (SELECT * FROM live AS l WHERE l.kind NOT IN ('role access', 'owner', 'unread')) AS l
         ON l.kind = h.kind AND l.object = h.object
),
-- What only one side has, without what went with a missing table or column. The number tells objects apart that are
-- alike in all but their names.
lone (kind, object, definition, tables, columns, is_unknown, nth) AS (
    SELECT p.kind, p.object, coalesce(p.expected, p.found), p.tables, p.columns, p.is_unknown,
           row_number() OVER (PARTITION BY p.is_unknown, p.kind, p.tables, coalesce(p.expected, p.found)
                              ORDER BY p.object COLLATE "C")
    FROM pair AS p LEFT JOIN live_table AS t ON t.name = p.tables[1]
    WHERE p.kind <> 'access'
      AND (p.is_unknown
           OR p.found IS NULL
              AND (p.kind IN ('table', 'enum', 'function')
                   OR t.name IS NOT NULL AND (p.kind = 'column' OR p.columns <@ t.columns)))
),
-- An object of the other side that is the same under another name makes both one difference.
twin (kind, object, expected, found, other) AS (
    SELECT m.kind, m.object, m.definition, 'the same under the name '
           || CASE m.kind WHEN 'sequence' THEN u.object ELSE substr(u.object, length(u.tables[1]) + 2) END, u.object
    FROM lone AS m
    JOIN lone AS u ON u.kind = m.kind AND u.tables = m.tables AND u.definition = m.definition AND u.nth = m.nth
    WHERE NOT m.is_unknown AND u.is_unknown
      AND m.kind IN ('primary key', 'foreign key', 'unique', 'check', 'exclusion', 'index', 'trigger', 'sequence')
),
-- What may be asked of rows: only where all of it is there and open to the current user, since a question about
-- anything else is an error, and where it runs the code of nobody else.
readable (name, columns) AS (
    SELECT a.object, t.columns
    FROM live AS a LEFT JOIN live_table AS t ON t.name = a.object
    WHERE a.kind = 'access' AND a.definition ~ 'SELECT'
      AND has_schema_privilege(to_regnamespace('public'), 'USAGE')
      AND NOT EXISTS (SELECT FROM live AS u WHERE u.kind = 'unread' AND u.object = a.object)
),
-- Keys of head that say of themselves that every row finds what it refers to, where no policy hides some.
reference (object, tab, col, target, is_large) AS (
    SELECT l.object, t.name, l.columns[1], p.name,
           pg_table_size(to_regclass('public.' || quote_ident(t.name))) > {bound}
    FROM live AS l
    JOIN head AS h ON h.kind = l.kind AND h.object = l.object AND h.definition = l.definition
    JOIN readable AS t ON t.name = l.tables[1]
    JOIN readable AS p ON p.name = substring(l.definition FROM '^FOREIGN KEY .+ REFERENCES ([^ (]+)[(]id[)]$')
    WHERE l.kind = 'foreign key' AND cardinality(l.columns) = 1
      AND NOT row_security_active(to_regclass('public.' || quote_ident(t.name)))
      AND NOT row_security_active(to_regclass('public.' || quote_ident(p.name)))
),
question (statement) AS (
    SELECT concat('SELECT concat_ws(chr(32), ', quote_literal('position ' || o.object), ', coalesce((SELECT max(',
                  quote_ident(o.columns[1]), ') FROM public.', quote_ident(o.tables[1]), ')::text, ',
                  quote_literal('none'), '), last_value + CASE WHEN is_called THEN 1 ELSE 0 END) FROM public.',
                  quote_ident(o.object))
    FROM owned AS o
    JOIN readable AS s ON s.name = o.object
    JOIN readable AS t ON t.name = o.tables[1]
    JOIN live AS q ON q.kind = 'sequence' AND q.object = o.object
    JOIN live AS n ON n.kind = 'column' AND n.object = o.tables[1] || '.' || o.columns[1]
         AND n.definition ~ '^(smallint|integer|bigint)( |$)'
    WHERE o.kind = 'sequence'

    UNION ALL
    SELECT concat('SELECT concat_ws(chr(32), ', quote_literal('rows ' || o.object), ', count(*)) FROM public.',
                  quote_ident(t.name), ' WHERE concat(', quote_ident(o.columns[1]), ') IN (',
                  split_part(o.definition, ', never ', 2), ')')
    FROM owned AS o JOIN readable AS t ON t.name = o.tables[1] AND o.columns <@ t.columns
    WHERE o.kind = 'rows'

    UNION ALL
    SELECT concat('SELECT concat_ws(chr(32), ', quote_literal('orphans ' || r.object), ', count(*)) FROM public.',
                  quote_ident(r.tab), ' AS c WHERE ', quote_ident(r.col),
                  ' IS NOT NULL AND NOT EXISTS (SELECT FROM public.', quote_ident(r.target), ' AS t WHERE t.id = c.',
                  quote_ident(r.col), ')')
    FROM reference AS r WHERE NOT r.is_large
),
-- ts_stat runs a statement that is made here, reads only, and is there in every build, unlike query_to_xml, which
-- needs libxml. Each answer is one lexeme: kind, object, figures.
answer (part) AS (
    SELECT string_to_array(a.word, ' ')
    FROM ts_stat((SELECT concat('SELECT array_to_tsvector(ARRAY[q.line]) FROM (',
                                string_agg(q.statement, ' UNION ALL '), ') AS q (line)')
                  FROM question AS q HAVING count(*) > 0)) AS a
),
-- Which reason to give is what the last column says.
finding (kind, object, expected, found, result, topic) AS (
    SELECT w.kind, w.object, w.expected, w.found, 'FAIL', 'renamed' FROM twin AS w

    UNION ALL
    SELECT n.kind, n.object, n.definition, coalesce(v.definition, 'nothing'), 'FAIL', 'missing'
    FROM lone AS n LEFT JOIN live AS v ON n.kind = 'table' AND v.kind = 'view' AND v.object = n.object
    WHERE NOT n.is_unknown AND NOT EXISTS (SELECT FROM twin AS w WHERE w.kind = n.kind AND w.object = n.object)

    UNION ALL
    SELECT n.kind, n.object, 'nothing', n.definition, j.result,
           CASE j.result WHEN 'FAIL' THEN 'unknown' ELSE 'left' END
    FROM lone AS n
    LEFT JOIN head_table AS t ON t.name = ANY (n.tables)
    CROSS JOIN LATERAL (SELECT CASE
        WHEN n.kind IN ('table', 'view', 'enum', 'function') THEN CASE WHEN t.name IS NULL THEN 'NOTE' END
        WHEN n.tables = '{}' THEN 'NOTE'
        WHEN t.name IS NULL THEN NULL
        WHEN n.kind = 'column' THEN
            CASE WHEN n.definition ~ ' NOT NULL' AND n.definition !~ ' (DEFAULT |GENERATED)' THEN 'FAIL'
                 ELSE 'NOTE' END
        WHEN n.kind = 'option' THEN CASE WHEN n.columns <@ t.columns THEN 'NOTE' END
        WHEN n.kind = 'trigger' THEN
            CASE WHEN (string_to_array(substring(n.definition FROM
{update_of}), ', ')
                 && t.columns) IS NOT FALSE THEN 'FAIL' ELSE 'NOTE' END
        WHEN n.columns <@ t.columns THEN 'FAIL'
        WHEN n.kind <> 'not null' THEN 'NOTE'
        END) AS j (result)
    WHERE n.is_unknown AND j.result IS NOT NULL
      AND NOT EXISTS (SELECT FROM twin AS w WHERE w.kind = n.kind AND w.other = n.object)

    -- A sequence outlives a table that was renamed away: the table is the difference. More rights are none.
    UNION ALL
    SELECT p.kind, p.object, p.expected, coalesce(k.lacking, p.found),
           CASE WHEN k.lacking IS NOT NULL OR p.kind <> 'access' AND p.expected <> p.found THEN 'FAIL' ELSE 'OK' END,
           'changed'
    FROM pair AS p
    CROSS JOIN LATERAL (
        SELECT string_agg('no ' || h.privilege, ', ' ORDER BY h.place)
        FROM unnest(string_to_array(p.expected, ', ')) WITH ORDINALITY AS h (privilege, place)
        WHERE p.kind = 'access' AND h.privilege <> ALL (string_to_array(p.found, ', '))
    ) AS k (lacking)
    WHERE p.expected IS NOT NULL AND p.found IS NOT NULL
      AND (p.kind <> 'sequence' OR EXISTS (SELECT FROM live_table AS t WHERE t.name = p.tables[1]))

    -- A role that may do everything with more than half of the tables is plainly an application.
    UNION ALL
    SELECT 'access', h.object || ' for ' || r.object, h.definition, substr(e.entry, length(h.object) + 3), 'FAIL',
           'role'
    FROM live AS r
    CROSS JOIN unnest(r.columns) AS e (entry)
    JOIN head AS h ON h.kind = 'access' AND h.object = split_part(e.entry, ': ', 1)
    WHERE r.kind = 'role access'
      AND (SELECT 2 * count(*) FILTER (WHERE k.name = ANY (r.tables)) > count(*)
           FROM head_table AS k JOIN live AS t ON t.kind = 'table' AND t.object = k.name)

    UNION ALL
    SELECT 'table', e.schema || '.*', 'nothing', e.what, 'FAIL', 'elsewhere' FROM (
{elsewhere}
    ) AS e

    UNION ALL
    SELECT 'table', b.shown, 'nothing', b.what, 'FAIL', 'book' FROM (
{impostors}
    ) AS b

    UNION ALL
    SELECT 'rows', u.object, 'a table of ours alone', u.definition, 'FAIL', 'unread'
    FROM live AS u JOIN head_table AS t ON t.name = u.object WHERE u.kind = 'unread'

    UNION ALL
    SELECT 'owner', o.object, u.name, o.definition, 'NOTE', 'owner'
    FROM live AS o
    JOIN head AS h ON h.kind IN ('table', 'enum') AND h.object = o.object
    CROSS JOIN (SELECT mode() WITHIN GROUP (ORDER BY t.definition COLLATE "C")
                FROM live AS t JOIN head_table AS k ON k.name = t.object WHERE t.kind = 'owner') AS u (name)
    WHERE o.kind = 'owner' AND o.definition <> u.name

    UNION ALL
    SELECT a.part[1], a.part[2],
           CASE a.part[3] WHEN 'none' THEN 'any next id' ELSE 'the next id above ' || a.part[3] END,
           'the next id ' || a.part[4],
           CASE WHEN a.part[4]::numeric <= nullif(a.part[3], 'none')::numeric THEN 'FAIL' ELSE 'OK' END, 'behind'
    FROM answer AS a WHERE a.part[1] = 'position'

    UNION ALL
    SELECT a.part[1], a.part[2], split_part(o.definition, ', never ', 1),
           CASE a.part[3] WHEN '1' THEN '1 row with another value' ELSE a.part[3] || ' rows with another value' END,
           CASE a.part[3] WHEN '0' THEN 'OK' ELSE 'FAIL' END, 'no_label'
    FROM answer AS a JOIN owned AS o ON o.kind = a.part[1] AND o.object = a.part[2]

    UNION ALL
    SELECT 'rows', r.object, concat('every ', r.col, ' in ', r.target, '.id'),
           CASE WHEN r.is_large THEN '{large}'
                WHEN a.part[3] = '1' THEN '1 row with another' ELSE a.part[3] || ' rows with another' END,
           CASE WHEN r.is_large THEN 'NOTE' ELSE 'FAIL' END, CASE WHEN r.is_large THEN 'large' ELSE 'orphan' END
    FROM reference AS r LEFT JOIN answer AS a ON a.part[1] = 'orphans' AND a.part[2] = r.object
    WHERE r.is_large OR a.part[3] <> '0'
),
-- First what has to go, which may be in the way of the rest, then what others need first.
judged (place, kind, object, expected, found, result, topic) AS (
    SELECT row_number() OVER (ORDER BY f.result = 'OK', f.result = 'NOTE', f.expected <> 'nothing',
                              array_position({kinds}, f.kind), f.object COLLATE "C"),
           f.kind, f.object, f.expected, f.found, f.result, f.topic
    FROM finding AS f
)
