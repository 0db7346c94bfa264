SELECT encode(sha256(convert_to(coalesce(string_agg(n.line, '' ORDER BY convert_to(n.line, 'UTF8')), ''), 'UTF8')),
              'hex') AS fingerprint
FROM (SELECT concat(l.kind, chr(9), l.object, chr(9), l.definition, chr(10)) AS line FROM live AS l
      WHERE l.kind NOT IN ('access', 'role access', 'owner', 'option', 'unread')
        AND l.tables && {tables}) AS n
