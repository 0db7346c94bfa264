-- What head holds, and why a difference matters. A line without an indent opens a section: a table, or with an @
-- something else. One blank begins an entry, more go on with the one before. A column is its name, its definition
-- with ! for NOT NULL and = for DEFAULT, and after each bar what goes with it under the name that PostgreSQL gives of
-- itself. A serial column comes with its sequence, the primary key and an index. Any other entry of a table is its
-- kind, the columns it covers, a colon, its name, its definition. {semicolon} stands for the character itself.
entry (section, place, line, part) AS (
    SELECT split_part(s.body, chr(10), 1), e.place, replace(e.line, '{semicolon}', chr(59)),
           regexp_match(e.line, '^([a-z ]+)[(]([^)]*)[)]: ([^ ]+) (.*)$')
    FROM unnest(regexp_split_to_array(regexp_replace(replace($head$
{text}
$head$, chr(13), ''), E'\n  +', ' ', 'g'), E'\n(?! )')) AS s (body)
    CROSS JOIN unnest(regexp_split_to_array(s.body, E'\n ')) WITH ORDINALITY AS e (line, place)
    WHERE s.body <> ''
),
piece (tab, dot, col, place, text, pair, quoted, serial) AS (
    SELECT e.section, e.section || '.', c.name, p.place, p.text, e.section || '_' || c.name, quote_ident(c.name),
           p.text = c.name || ' serial'
    FROM entry AS e
    CROSS JOIN split_part(e.line, ' ', 1) AS c (name)
    CROSS JOIN unnest(regexp_split_to_array(e.line, ' [|] ')) WITH ORDINALITY AS p (text, place)
    WHERE e.section !~ '^@' AND e.place > 1 AND e.part IS NULL
),
owned (kind, object, definition, tables, columns) AS (
    SELECT 'table', e.section, 'TABLE', ARRAY[e.section], NULL::text[] FROM entry AS e
    WHERE e.section !~ '^@' AND e.place = 1

    UNION ALL
    SELECT e.part[1], e.part[3], e.part[4], ARRAY[e.section], string_to_array(e.part[2], ',')
    FROM entry AS e WHERE e.section !~ '^@' AND e.part IS NOT NULL

    UNION ALL
    SELECT t.kind, t.object, t.definition, ARRAY[p.tab], ARRAY[p.col]
    FROM piece AS p
    CROSS JOIN LATERAL (VALUES
        (p.place = 1, 'column', p.dot || p.col,
         CASE WHEN p.serial
              THEN concat('integer NOT NULL DEFAULT nextval(', quote_literal(quote_ident(p.pair || '_seq')),
                          '::regclass)')
              ELSE replace(replace(regexp_replace(regexp_replace(substr(p.text, length(p.col) + 2),
                                                                 '^varchar[[:>:]]', 'character varying'),
                                                  '^timestamptz[[:>:]]', 'timestamp with time zone'),
                                   '!', ' NOT NULL'), '=', ' DEFAULT ') END),
        (p.serial, 'sequence', p.pair || '_seq',
         'AS integer START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 OWNED BY ' || p.dot || p.col),
        (p.serial OR p.text = 'key', 'primary key', p.dot || p.tab || '_pkey', 'PRIMARY KEY (' || p.quoted || ')'),
        (p.text = 'unique', 'unique', p.dot || p.pair || '_key', 'UNIQUE (' || p.quoted || ')'),
        (p.text ~ '^-> ', 'foreign key', p.dot || p.pair || '_fkey',
         'FOREIGN KEY (' || p.quoted || ') REFERENCES ' || quote_ident(substr(p.text, 4)) || '(id)'),
        (p.serial OR p.place > 1 AND p.text ~ '^(unique )?index', 'index',
         p.dot || coalesce(substring(p.text FROM 'index ([^ ]+)'), 'ix_' || p.pair),
         concat(CASE WHEN p.text ~ '^unique ' THEN 'UNIQUE ' END, 'btree (', p.quoted, ')'))
    ) AS t (applies, kind, object, definition)
    WHERE t.applies
),
head (kind, object, definition, tables, columns) AS (
    SELECT o.kind, o.object, o.definition, o.tables, o.columns FROM owned AS o WHERE o.kind <> 'rows'

    UNION ALL
    SELECT substr(e.section, 2), split_part(e.line, ' ', 1), substr(e.line, strpos(e.line, ' ') + 1), NULL, NULL
    FROM entry AS e WHERE e.section IN ('@enum', '@function') AND e.place > 1

    UNION ALL
    SELECT 'access', 'schema public', 'USAGE', NULL, NULL

    UNION ALL
    SELECT 'access', o.object, CASE o.kind WHEN 'table' THEN '{privileges}' ELSE 'USAGE' END,
           NULL, NULL
    FROM owned AS o WHERE o.kind IN ('table', 'sequence')
)
