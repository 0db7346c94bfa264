-- What compares a value, as text, with what is no constant: it would find other rows once that is spelled otherwise.

-- Refuses what depends on a type or a column and does so, by the names that the value has there: its column's, an
-- argument's, and those it is shown by. What folds case is harmless where case is all that changes.
CREATE OR REPLACE FUNCTION pg_temp.refuse_compared(class regclass, obj oid, sub integer, was text, becomes text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    of_type oid := coalesce((SELECT atttypid FROM pg_attribute WHERE attrelid = $2 AND attnum = $3), $2);
    is_enum boolean := EXISTS (SELECT FROM pg_enum WHERE enumtypid = of_type);
    op text := '\s*((?<![:=-])([<>!]|=(?!>))+|!?~~?(?![~*])|is (not )?distinct from|\min\M)\s*';
    head text := '(any |\w*[(.]| ?select )*';
    tail text := '(,[^()]*\))?\)*';
    fixed text := '(any )?\(*(array\[\(*)?(''[^'']*''(::\w+( varying)?)?|\d)';
    names text;
    term text;
    text_of text;
BEGIN
    SELECT string_agg(made_by, ';') INTO text_of FROM pg_temp.dependents($1, $2, $3, $3 = 0);
    SELECT string_agg(regexp_replace(name, '\W', '\\\&', 'g'), '|') INTO names
    FROM (SELECT attname FROM pg_attribute
            WHERE CASE WHEN is_enum THEN atttypid = of_type ELSE attrelid = $2 AND attnum = $3 END
        UNION SELECT unnest(proargnames) FROM pg_proc WHERE of_type = ANY (proargtypes) AND is_enum) AS n (name);
    FOR i IN 1 .. 3 LOOP
        term := format('\m(%s)\M"?\)*(::\w+( varying)?[()\d]*)*', names);
        SELECT concat_ws('|', names, string_agg(DISTINCT m[cardinality(m)], '|')) INTO names
        FROM regexp_matches(text_of, term || ' AS "?(\w+)', 'g') m;
    END LOOP;
    PERFORM pg_temp.fault(format(@compares_a_value.what@, kind || ' ' || object),
        replace(pg_temp.advice(d.class, d.obj, d.sub), ' -- Anew: ', @compares_a_value.anew@),
        format('%L as %L', was, becomes))
    FROM pg_temp.dependents($1, $2, $3, $3 = 0) d
    WHERE ($3 = 0 OR kind NOT IN ('index', 'trigger', 'constraint'))
      AND regexp_replace(replace(CASE WHEN lower(was) = lower(becomes) THEN regexp_replace(made_by,
            '(lower|upper)\s*\(([^()]|\(([^()]|\([^()]*\))*\))*\)', '', 'gi') ELSE made_by END,
            '::' || of_type::regtype, ''),
        concat(term, tail, op, fixed, '|', fixed, op, head, term, CASE WHEN is_enum
            THEN format('|\m(%s)\M%s%s\m(%1$s)\M(?!"?\)*:)', names, op, head) END), '', 'gi')
        ~* concat(term, tail, '(', op, '|\s+when (?!''))|', op, head, term, CASE WHEN NOT is_enum
            THEN format('|using \([^)]*\m(%s)\M', names) END);
END $fn$;
