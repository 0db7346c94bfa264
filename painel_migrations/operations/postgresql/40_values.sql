-- Values: folding text to a label of an enum, casting from one type to another without loss.

CREATE OR REPLACE FUNCTION pg_temp.labels_of(enum_type text) RETURNS text[] LANGUAGE sql STABLE AS $fn$
    SELECT coalesce((SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
                     FROM pg_enum WHERE enumtypid = t.oid), '{}')
    FROM pg_type t WHERE typname = enum_type AND typnamespace = 'public'::regnamespace AND typtype = 'e'
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.is_enum(of_type text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT pg_temp.labels_of(of_type) IS NOT NULL
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.bare(expression text) RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT format('lower(btrim((%s)::text, E'' \t\r\n''))', expression)
$fn$;

-- An expression that folds another to the first label equal but for case and surrounding blanks, or to NULL
-- where there is none.
CREATE OR REPLACE FUNCTION pg_temp.folded(expression text, labels text[])
RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT format('CASE %s %s END', pg_temp.bare(expression),
                  string_agg(format('WHEN %L THEN %L', lower(label), label), ' ' ORDER BY place))
    FROM unnest(labels) WITH ORDINALITY AS l (label, place)
    WHERE NOT EXISTS (SELECT FROM unnest(labels) WITH ORDINALITY AS e (earlier, before)
                      WHERE before < place AND lower(earlier) = lower(label))
$fn$;

-- Whether a value survives the way into another type. Used row by row, only where types differ.
CREATE OR REPLACE FUNCTION pg_temp.casts(value text, into_type text) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE result text;
BEGIN
    EXECUTE format('SELECT $1::%s::text', into_type) INTO result USING value;
    RETURN true;
EXCEPTION WHEN data_exception OR cannot_coerce THEN
    RETURN false;
END $fn$;

-- The expression that takes a value of one type to another, as USING and INSERT need it.
CREATE OR REPLACE FUNCTION pg_temp.converted(expression text, from_type text, to_type text) RETURNS text
LANGUAGE sql STABLE AS $fn$
    SELECT CASE
        WHEN from_type = to_type THEN expression
        WHEN pg_temp.is_enum(to_type)
            THEN format('(%s)::public.%I', pg_temp.folded(expression, pg_temp.labels_of(to_type)), to_type)
        WHEN from_type LIKE 'timestamp%without time zone' AND to_type LIKE 'timestamp%with time zone'
            THEN format('(%s AT TIME ZONE ''UTC'')', expression)
        WHEN from_type = 'inet' THEN format('abbrev(%s)::%s', expression, to_type)
        WHEN to_type = 'boolean' AND from_type IN ('smallint', 'integer', 'bigint')
            THEN format('(%s <> 0)', expression)
        ELSE format('(%s)::text::%s', expression, to_type)
    END
$fn$;

-- Refuses where rows hold what is no label of an enum.
CREATE OR REPLACE FUNCTION pg_temp.refuse_unknown_labels(tbl text, col text, enum_type text, labels text[])
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE n bigint := pg_temp.count_where(tbl, format('%I IS NOT NULL AND %s <> ALL (%L::text[])', col,
    pg_temp.bare(quote_ident(col)), (SELECT array_agg(lower(l)) FROM unnest(labels) l)));
BEGIN
    IF n > 0 THEN
        PERFORM pg_temp.refuse(
            format('%s.%s: %s a value that is no label of %s', tbl, col,
                pg_temp.counted(n, 'row holds', 'rows hold'), enum_type),
            format('Correct them, then run again. See them: SELECT %I, count(*) FROM %I GROUP BY %I',
                col, tbl, col));
    END IF;
END $fn$;

-- Changes the type of a column. Every value survives, or nothing is changed.
CREATE OR REPLACE FUNCTION pg_temp.change_type(tbl text, col text, wanted text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    live text := pg_temp.type_of(tbl, col);
    target text := pg_temp.spelled(wanted);
    fits text;
    n bigint;
BEGIN
    IF live = target THEN
        RETURN;
    ELSIF pg_temp.is_enum(target) THEN
        PERFORM pg_temp.refuse_unknown_labels(tbl, col, target, pg_temp.labels_of(target));
    ELSE
        fits := CASE
            WHEN target = 'text' OR live LIKE 'timestamp%' AND target LIKE 'timestamp%' THEN 'true'
            WHEN target LIKE 'character varying(%'
                THEN format('length(%s) <= %s',
                            format(CASE live WHEN 'inet' THEN 'abbrev(%I)' ELSE '%I::text' END, col),
                            substring(target FROM '\d+'))
            WHEN target = 'boolean' AND live IN ('smallint', 'integer', 'bigint')
                THEN format('%I IN (0, 1)', col)
            ELSE format('CASE WHEN pg_temp.casts(%1$I::text, %2$L) '
                        'THEN %1$I::text::%3$s::text::%4$s IS NOT DISTINCT FROM %1$I '
                        'ELSE false END', col, target, target, live)
        END;
        n := pg_temp.count_where(tbl, format('%I IS NOT NULL AND NOT (%s)', col, fits));
        IF n > 0 THEN
            PERFORM pg_temp.refuse(
                format('%s.%s: %s not fit %s', tbl, col,
                    pg_temp.counted(n, 'value does', 'values do'), upper(wanted)),
                format('Shorten or correct them, then run again. See them: SELECT id, %I FROM %I', col, tbl));
        END IF;
    END IF;
    PERFORM pg_temp.shelve(tbl, col);
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I DROP DEFAULT', tbl, col);
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I TYPE %s USING %s', tbl, col,
        CASE WHEN pg_temp.is_enum(target) THEN format('public.%I', target) ELSE target END,
        pg_temp.converted(quote_ident(col), live, target));
    PERFORM pg_temp.unshelve();
    PERFORM pg_temp.say(format('%s.%s: %s -> %s', tbl, col, live, target));
END $fn$;

-- Changes rows with the triggers of the table off: that of a script may set a column that does not exist.
-- Returns how many.
CREATE OR REPLACE FUNCTION pg_temp.change_rows(tbl text, statement text) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    off record;
    n bigint;
    names text[] := ARRAY(SELECT tgname FROM pg_trigger
        WHERE tgrelid = pg_temp.oid_of(tbl) AND NOT tgisinternal AND tgenabled = 'O');
BEGIN
    FOR off IN SELECT unnest(names) AS name LOOP
        EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER %I', tbl, off.name);
    END LOOP;
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    FOR off IN SELECT unnest(names) AS name LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER %I', tbl, off.name);
    END LOOP;
    RETURN n;
END $fn$;

-- Folds the rows of an enum column whose type has two labels that differ in case only, to the first of them.
CREATE OR REPLACE FUNCTION pg_temp.fold_labels(tbl text, col text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    enum_type text := pg_temp.type_of(tbl, col);
    labels text[] := pg_temp.labels_of(enum_type);
    wanted text;
    n bigint;
BEGIN
    IF (SELECT count(*) > count(DISTINCT lower(l)) FROM unnest(labels) l) THEN
        wanted := pg_temp.folded(quote_ident(col), labels);
        n := pg_temp.change_rows(tbl, format('UPDATE public.%I SET %I = (%s)::public.%I WHERE %I::text <> %s',
            tbl, col, wanted, enum_type, col, wanted));
        IF n > 0 THEN
            PERFORM pg_temp.say(format('%s.%s: %s folded to the first spelling', tbl, col,
                pg_temp.counted(n, 'row', 'rows')));
        END IF;
    END IF;
END $fn$;

-- Keeps the cells of a column, row by row, before they are given other values. Returns how many.
CREATE OR REPLACE FUNCTION pg_temp.keep_cells(tbl text, col text, condition text)
RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    kept text;
    n bigint := pg_temp.count_where(tbl, condition);
BEGIN
    IF n > 0 THEN
        PERFORM pg_temp.open_retired();
        kept := pg_temp.free_name(tbl || '__' || col || '__before', 'retired');
        EXECUTE format('CREATE TABLE retired.%I AS SELECT id, %I FROM public.%I WHERE %s',
            kept, col, tbl, condition);
        EXECUTE format('ALTER TABLE retired.%I ADD PRIMARY KEY (id)', kept);
        PERFORM pg_temp.note('cells', tbl || '.' || col, kept, NULL, n);
    END IF;
    RETURN n;
END $fn$;

-- Gives named values of a column others. The originals are kept.
CREATE OR REPLACE PROCEDURE pg_temp.replace_values(tbl text, col text, VARIADIC pairs text[])
LANGUAGE plpgsql AS $fn$
DECLARE
    live text := pg_temp.type_of(tbl, col);
    cases text := '';
    old_values text[] := '{}';
BEGIN
    IF live IS NULL THEN
        RETURN;
    END IF;
    FOR i IN 1 .. array_length(pairs, 1) BY 2 LOOP
        old_values := old_values || lower(pairs[i]);
        cases := cases || format(' WHEN %L THEN %L', lower(pairs[i]), pairs[i + 1]);
    END LOOP;
    IF pg_temp.keep_cells(tbl, col,
            format('%s = ANY (%L::text[])', pg_temp.bare(quote_ident(col)), old_values)) > 0 THEN
        PERFORM pg_temp.change_rows(tbl, format(
            'UPDATE public.%1$I SET %2$I = (CASE %3$s %4$s END)::%5$s WHERE %3$s = ANY (%6$L::text[])',
            tbl, col, pg_temp.bare(quote_ident(col)), cases, live, old_values));
    END IF;
END $fn$;

-- Gives the rows back the values that replace_values() or rename_table() kept. With the pairs of
-- replace_values(), a row that was given another value since keeps that.
CREATE OR REPLACE PROCEDURE pg_temp.restore_values(tbl text, col text, VARIADIC pairs text[] DEFAULT '{}')
LANGUAGE plpgsql AS $fn$
DECLARE
    still text := 'true';
    kept record;
    live text := pg_temp.type_of(tbl, col);
    labels text[];
BEGIN
    IF live IS NULL THEN
        RETURN;
    END IF;
    IF cardinality(pairs) > 0 THEN
        still := format('live.%I::text = CASE %s %s END', col, pg_temp.bare(format('kept.%I', col)),
            (SELECT string_agg(format('WHEN %L THEN %L', lower(pairs[i]), pairs[i + 1]), ' ')
             FROM generate_series(1, cardinality(pairs), 2) i));
    END IF;
    LOOP
        SELECT * INTO kept FROM pg_temp.noted('cells', tbl || '.' || col);
        EXIT WHEN kept.entry IS NULL;
        IF pg_temp.is_enum(live) THEN
            EXECUTE format('SELECT array_agg(DISTINCT upper(btrim(%I::text))) FROM retired.%I',
                col, kept.kept) INTO labels;
            labels := ARRAY(SELECT l FROM unnest(labels) l WHERE l <> ALL (pg_temp.labels_of(live)) ORDER BY l);
            IF cardinality(labels) > 0 THEN
                PERFORM pg_temp.rebuild_enum(live, pg_temp.labels_of(live) || labels);
            END IF;
        END IF;
        PERFORM pg_temp.change_rows(tbl, format(
            'UPDATE public.%1$I AS live SET %2$I = %3$s FROM retired.%4$I AS kept '
            'WHERE kept.id = live.id AND %5$s', tbl, col,
            CASE WHEN pg_temp.is_enum(live) THEN format('upper(btrim(kept.%I::text))::public.%I', col, live)
                 ELSE format('kept.%I::text::%s', col, live) END, kept.kept, still));
        EXECUTE format('DROP TABLE retired.%I', kept.kept);
        PERFORM pg_temp.strike(kept.entry);
    END LOOP;
END $fn$;
