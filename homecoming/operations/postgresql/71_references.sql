-- References to rows of a copy: they follow their row to the id it has in the live table, and back.

-- The condition, for each key that both tables have, that rows of a copy and of the live table have it in
-- common. A key is a column, or several with commas between them.
CREATE OR REPLACE FUNCTION pg_temp.joined(source text, target text, keys text[])
RETURNS SETOF text LANGUAGE sql STABLE AS $fn$
    SELECT string_agg(format('nullif(source.%1$I::text, '''') = target.%1$I::text', col), ' AND ')
    FROM unnest(keys) k, unnest(string_to_array(k, ',')) col
    GROUP BY k HAVING bool_and(pg_temp.has_column(source, col) AND pg_temp.has_column(target, col))
$fn$;

-- The condition that such rows of one id are not the same row: none of their names and keys is, nor their
-- moment of creation. NULL where the tables cannot tell.
CREATE OR REPLACE FUNCTION pg_temp.differ(source text, target text, keys text[])
RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('(%s OR %s IS NOT DISTINCT FROM %s) IS NOT TRUE', string_agg(j, ' OR '),
        pg_temp.moment(source, 'source', 'criado_em'), pg_temp.moment(target, 'target', 'criado_em'))
    FROM pg_temp.joined(source, target, keys || '{nome,nome_completo}'::text[]) j
    WHERE pg_temp.has_column(source, 'criado_em') AND pg_temp.has_column(target, 'criado_em')
    HAVING count(*) > 0
$fn$;

-- So many ids that no row of two tables has: after the highest or, where these are used up, the highest that
-- are free.
CREATE OR REPLACE FUNCTION pg_temp.fresh_ids(n bigint, one text, other text) RETURNS TABLE (place bigint, id bigint)
LANGUAGE plpgsql AS $fn$
BEGIN
    RETURN QUERY EXECUTE format('WITH ids AS MATERIALIZED (SELECT id::bigint FROM public.%I '
        'UNION SELECT id FROM public.%I), top AS (SELECT max(id) AS id, count(*) + %L AS span FROM ids) '
        'SELECT row_number() OVER (ORDER BY g), g FROM (SELECT g FROM top, LATERAL (SELECT id + %3$s > 2147483647) '
        'AS o (is_over), generate_series(CASE WHEN is_over THEN 2147483647 ELSE id + 1 END, '
        'CASE WHEN is_over THEN 2147483647 - span ELSE id + %3$s END, CASE WHEN is_over THEN -1 ELSE 1 END) g '
        'WHERE NOT EXISTS (SELECT FROM ids WHERE ids.id = g) LIMIT %3$s) f', one, other, n);
END $fn$;

-- Where rows of a copy that are referred to are in the live table under another id: those that a natural key
-- tells, one to one, and those whose ids other rows have taken, which get ids of their own. A row of the same
-- name, or else moment of creation, is the same row, edited since.
CREATE OR REPLACE FUNCTION pg_temp.follow_rows(source text, target text, keys text[], referred text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    other_row text := pg_temp.differ(source, target, keys);
    pairs text := (SELECT string_agg(format('SELECT source.id, target.id AS new_id FROM public.%I source '
        'JOIN public.%I target ON %s', source, target, j), ' UNION ')
        FROM pg_temp.joined(source, target, keys) j);
    apart text := pg_temp.free_name(source || '_apart', 'public');
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS moved (id bigint PRIMARY KEY, new_id bigint NOT NULL) ON COMMIT DROP;
    DELETE FROM pg_temp.moved;
    IF pg_temp.type_of(source, 'id') !~ 'int' OR pg_temp.type_of(target, 'id') !~ 'int' THEN
        RETURN;
    END IF;
    IF pairs IS NOT NULL THEN
        EXECUTE format('INSERT INTO pg_temp.moved WITH pairs AS (%s) SELECT id, new_id FROM pairs '
            'JOIN public.%I source USING (id) '
            'WHERE id IN (SELECT id FROM pairs GROUP BY id HAVING count(*) = 1) '
            'AND new_id IN (SELECT new_id FROM pairs GROUP BY new_id HAVING count(*) = 1) AND (%s) '
            'AND NOT EXISTS (SELECT FROM public.%I target WHERE target.id = source.id AND (%s))',
            pairs, source, referred, target, concat_ws(' OR ', 'false', (SELECT string_agg(j, ' OR ')
                FROM pg_temp.joined(source, target, '{nome,nome_completo}') j)));
    END IF;
    EXECUTE format('CREATE TABLE public.%1$I AS SELECT source.* FROM public.%2$I source '
        'JOIN public.%3$I target USING (id) WHERE %4$s AND (%5$s) '
        'AND id NOT IN (SELECT m.id FROM pg_temp.moved m)',
        apart, source, target, coalesce(other_row, 'false'), referred);
    IF pg_temp.has_rows(apart) THEN
        CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT * FROM pg_temp.moved WITH NO DATA;
        PERFORM pg_temp.alter(apart, 'ALTER id TYPE bigint');
        EXECUTE format('INSERT INTO pg_temp.fresh SELECT a.id, f.id FROM (SELECT id, row_number() OVER (ORDER BY id) '
            'AS place FROM public.%1$I) a JOIN pg_temp.fresh_ids((SELECT count(*) FROM public.%1$I), %2$L, %3$L) f '
            'USING (place)', apart, source, target);
        PERFORM pg_temp.alter(apart, 'REPLICA IDENTITY FULL');
        EXECUTE format('UPDATE public.%1$I SET id = f.new_id FROM pg_temp.fresh f WHERE f.id = %1$I.id', apart);
        CALL pg_temp.recover_rows(apart, target, keys);
        EXECUTE format('INSERT INTO pg_temp.moved SELECT * FROM pg_temp.fresh WHERE new_id IN '
            '(SELECT id FROM public.%I)', target);
        DROP TABLE pg_temp.fresh;
    END IF;
    EXECUTE format('DROP TABLE public.%I', apart);
END $fn$;

-- Refuses to turn references to rows of a copy that are not in the live table, or whose ids other rows have
-- there.
CREATE OR REPLACE FUNCTION pg_temp.refuse_lost(
    child text, col text, source text, target text, keys text[], condition text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    n bigint;
    ids bigint[];
    is_lost text := format('source.id NOT IN (SELECT m.id FROM pg_temp.moved m) AND (target.id IS NULL OR %s)',
        coalesce(pg_temp.differ(source, target, keys), 'false'));
BEGIN
    EXECUTE format('SELECT count(*) FROM pg_temp.referred r JOIN public.%I source USING (id) '
        'LEFT JOIN public.%I target ON target.id = source.id WHERE r.child = %L AND r.col = %L AND %s',
        source, target, child, col, is_lost) INTO n;
    IF n = 0 THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT count(*), (array_agg(DISTINCT child.%2$I))[:100] FROM public.%1$I child '
        'JOIN public.%3$I source ON source.id = child.%2$I '
        'LEFT JOIN public.%4$I target ON target.id = source.id WHERE %6$s AND %5$s',
        child, col, source, target, is_lost, condition)
    INTO n, ids;
    IF n > 0 THEN
        PERFORM pg_temp.refuse(
            format(@no_place.what@, child, col, pg_temp.counted(n, @no_place.rows@), source, target),
            @no_place.todo@ || format(@no_place.see@,
                CASE WHEN pg_temp.has_column(child, 'id') THEN 'child.id' ELSE '1' END, col, child, source, target,
                concat_ws(' OR ', 'target.id = source.id', (
                    SELECT string_agg(j, ' OR ') FROM pg_temp.joined(source, target, keys) j)),
                array_to_string(ids, ', ')));
    END IF;
END $fn$;

-- Foreign keys that refer to a copy refer to the live table instead; those of copies, which are given with what
-- they are copies of, go. The rows they name must be there.
CREATE OR REPLACE PROCEDURE pg_temp.repoint_foreign_keys(
    source text, target text, keys text[], copies jsonb) LANGUAGE plpgsql AS $fn$
DECLARE
    con record;
    says text;
    said text;
    others bigint[];
    is_single boolean;
    ahead text;
BEGIN
    -- A table that refers to the copy may be large. It is read where a row of the copy is not the live one of its id.
    CREATE TEMP TABLE IF NOT EXISTS referred (child text, col text, id bigint) ON COMMIT DROP;
    IF pg_temp.type_of(source, 'id') ~ 'int' AND pg_temp.type_of(target, 'id') ~ 'int' THEN
        EXECUTE format('SELECT array_agg(id) FROM (SELECT source.id FROM public.%I source LEFT JOIN public.%I target '
            'USING (id) WHERE target.id IS NULL OR %s%s) i', source, target,
            coalesce(pg_temp.differ(source, target, keys), 'false'), (
                SELECT string_agg(format(' UNION SELECT source.id FROM public.%I source JOIN public.%I target ON %s '
                    'WHERE source.id <> target.id', source, target, j), '')
                FROM pg_temp.joined(source, target, keys) j)) INTO others;
    END IF;
    -- Again behind it: it may put rows into the live table, and these refer to others.
    FOR pass IN 1 .. 2 LOOP
        DELETE FROM pg_temp.referred;
        FOR con IN SELECT r.child, r.col FROM pg_temp.references_to(source) r
                WHERE r.child <> source AND pg_temp.type_of(r.child, r.col) ~ 'int' AND cardinality(others) > 0 LOOP
            EXECUTE format('INSERT INTO pg_temp.referred SELECT DISTINCT %1$L, %2$L, %2$I::bigint FROM public.%1$I '
                'WHERE %2$I IN (SELECT unnest(%3$L::bigint[]))', con.child, con.col, others);
        END LOOP;
        PERFORM pg_temp.follow_rows(source, target, keys, 'source.id IN (SELECT r.id FROM pg_temp.referred r)')
        WHERE pass = 1;
    END LOOP;
    FOR con IN SELECT k.conname, c.relname AS child, pg_get_constraintdef(k.oid) AS made_by,
            pg_temp.names_of(k.conrelid, k.conkey) AS cols, copies ->> relname AS copy_of
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'f' AND k.confrelid = pg_temp.oid_of(source) AND k.conrelid <> k.confrelid
          AND relnamespace = 'public'::regnamespace
    LOOP
        said := format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', con.child, con.conname, con.made_by);
        says := regexp_replace(said, ' REFERENCES \S+\(', format(' REFERENCES public.%I(', target));
        said := regexp_replace(said, ' REFERENCES \S+\(', format(' REFERENCES public.%I(', source));
        IF con.copy_of IS NULL THEN
            PERFORM pg_temp.alter(con.child, 'DROP CONSTRAINT %I', con.conname);
        ELSE
            PERFORM pg_temp.drop_constraint(con.child, con.conname);
        END IF;
        is_single := cardinality(con.cols) = 1 AND pg_temp.type_of(con.child, con.cols[1]) ~ 'int';
        IF is_single THEN
            -- Of a copy, rows that do not go back may refer to what they like.
            PERFORM pg_temp.refuse_lost(con.child, con.cols[1], source, target, keys, coalesce(
                'target.id IS NOT NULL AND child.id NOT IN (SELECT l.id FROM public.'
                || quote_ident(con.copy_of) || ' l)', 'true'));
            PERFORM pg_temp.change_cells(con.child, con.cols[1],
                format('SELECT m.new_id FROM pg_temp.moved m WHERE m.id = %I.%I', con.child, con.cols[1]),
                format('%I IN (SELECT m.id FROM pg_temp.moved m WHERE m.id <> m.new_id)', con.cols[1]))
            WHERE EXISTS (SELECT FROM pg_temp.referred JOIN pg_temp.moved USING (id)
                WHERE child = con.child AND col = con.cols[1] AND id <> new_id);
            PERFORM pg_temp.note('reference', con.child || '.' || con.cols[1], NULL,
                CASE WHEN con.copy_of IS NULL THEN said END, NULL);
            CONTINUE WHEN con.copy_of IS NOT NULL;
            -- A key that is not enforced on the rows there are finds nothing by itself.
            CONTINUE WHEN (EXISTS (SELECT FROM pg_temp.faults) OR con.made_by ~ ' NOT (VALID|ENFORCED)')
                AND NOT pg_temp.finds_all(con.child, con.cols[1], target);
        END IF;
        CONTINUE WHEN con.copy_of IS NOT NULL;
        IF NOT EXISTS (SELECT FROM pg_index
                       WHERE indrelid = pg_temp.oid_of(target) AND indisunique AND indpred IS NULL
                         AND indkey::text = pg_temp.attnum_of(target, 'id')::text) THEN
            PERFORM pg_temp.alter(target, 'ADD PRIMARY KEY (id)');
        END IF;
        -- The key that was made ahead of the run has seen every row already.
        SELECT conname INTO ahead FROM pg_constraint
        WHERE conrelid = pg_temp.oid_of(con.child) AND pg_temp.is_prepared(conname) AND convalidated
          AND says = format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', con.child, con.conname,
              pg_get_constraintdef(oid));
        IF ahead IS NOT NULL THEN
            says := format('ALTER TABLE public.%I RENAME CONSTRAINT %I TO %I', con.child, ahead, con.conname);
        END IF;
        BEGIN
            EXECUTE says;
            PERFORM pg_temp.say(format('%s.%s refers to %s again', con.child, con.conname, target));
        EXCEPTION WHEN syntax_error_or_access_rule_violation OR integrity_constraint_violation THEN
            IF NOT is_single OR SQLSTATE <> '23503' OR pg_temp.finds_all(con.child, con.cols[1], target) THEN
                PERFORM pg_temp.note('constraint', con.child || '.' || con.conname, NULL, said, NULL);
            END IF;
        END;
    END LOOP;
END $fn$;
