{judged},
-- A word before the colon is the kind, words after a stroke must be on one side only.
reason (topic, place, kind, words, sentence) AS (
    SELECT substr(e.section, 6), e.place, split_part(split_part(e.line, ': ', 1), ' / ', 1),
           split_part(split_part(e.line, ': ', 1), ' / ', 2), substr(e.line, strpos(e.line, ': ') + 2)
    FROM entry AS e WHERE e.section ~ '^@why ' AND e.place > 1
),
total (failed, noted) AS (
    SELECT count(*) FILTER (WHERE j.result = 'FAIL'), count(*) FILTER (WHERE j.result = 'NOTE') FROM judged AS j
)
SELECT o.object, o.expected, o.found, o.result, o.why
FROM (SELECT j.place, j.kind || ' ' || j.object, j.expected, j.found, j.result,
             CASE j.result WHEN 'OK' THEN '' ELSE coalesce(
                 (SELECT r.sentence FROM reason AS r
                  WHERE r.topic = j.topic AND r.kind IN (j.kind, 'any')
                    AND (r.words = '' OR (strpos(j.expected, r.words) > 0) <> (strpos(j.found, r.words) > 0))
                  ORDER BY r.place LIMIT 1), '') END
      FROM judged AS j

      UNION ALL
      SELECT NULL, 'verdict', '{fingerprint}', (
{live_fingerprint}
             ), CASE t.failed WHEN 0 THEN 'OK' ELSE 'FAIL' END,
             CASE WHEN t.failed = 1 THEN '1 difference'
                  WHEN t.failed > 0 THEN t.failed || ' differences'
                  WHEN t.noted = 0 THEN 'equal to head'
                  ELSE concat('equal to head, beside what it does not know: ', t.noted, ' of it') END
      FROM total AS t
     ) AS o (place, object, expected, found, result, why)
ORDER BY o.place NULLS LAST
