-- Values: folding text to a label of an enum, casting from one type to another without loss.

CREATE OR REPLACE FUNCTION pg_temp.labels_of(enum_type text, OUT o text[]) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
    INTO o FROM pg_type t WHERE typname = enum_type AND typnamespace = 'public'::regnamespace AND typtype = 'e';
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.is_enum(of_type text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT pg_temp.labels_of(of_type) IS NOT NULL
$fn$;

-- A type as SQL reads it, whatever the search_path.
CREATE OR REPLACE FUNCTION pg_temp.as_type(of_type text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT CASE WHEN pg_temp.is_enum(of_type) THEN format('public.%I', of_type) ELSE of_type END
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.bare(expression text) RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT format('lower(btrim((%s)::text, E'' \t\r\n''))', expression)
$fn$;

-- An expression that folds another to the first label equal but for case and surrounding blanks, or to NULL
-- where there is none.
CREATE OR REPLACE FUNCTION pg_temp.normalized(expression text, labels text[])
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

-- The zone in which the application's sessions read and wrote moments that have none: what the server gives
-- sessions of the role that owns its tables in this database, before this one asked for UTC. AT TIME ZONE takes
-- it. What this client or its role set hides what the server has, which its files tell whoever may read them.
CREATE OR REPLACE FUNCTION pg_temp.zone() RETURNS text LANGUAGE plpgsql AS $fn$
DECLARE
    mine text := current_setting('TimeZone');
    zone text := nullif(current_setting('homecoming.found_zone', true), '');
    own boolean;
BEGIN
    IF zone IS NOT NULL THEN
        RETURN zone;
    END IF;
    SET LOCAL TimeZone TO DEFAULT;
    SELECT source IN ('client', 'user', 'database user') INTO own FROM pg_settings WHERE name = 'TimeZone';
    zone := (
        SELECT substr(s, 10) FROM pg_db_role_setting, unnest(setconfig) s
        WHERE s ILIKE 'timezone=%' AND setdatabase IN (0,
            (SELECT oid FROM pg_database WHERE datname = current_database()))
          AND setrole IN (0, coalesce((SELECT relowner FROM pg_class WHERE oid = pg_temp.oid_of(@project.owners_table@)),
                                      current_user::regrole))
        ORDER BY setrole = 0, setdatabase = 0 LIMIT 1);
    IF zone IS NULL AND own AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')
        AND has_function_privilege('pg_read_file(text)', 'EXECUTE') THEN
        zone := coalesce(substring(pg_read_file('postmaster.opts') FROM '(?i)[^_]timezone=([^"]+)"'), (SELECT setting
            FROM pg_file_settings WHERE lower(name) = 'timezone' AND error IS NULL ORDER BY seqno DESC LIMIT 1));
    END IF;
    PERFORM set_config('homecoming.zone', CASE WHEN zone IS NULL AND own THEN 'hidden' END, true),
        set_config('TimeZone', coalesce(zone, current_setting('TimeZone')), true);
    zone := current_setting('TimeZone');
    PERFORM set_config('TimeZone', mine, true), set_config('homecoming.found_zone', zone, true);
    RETURN zone;
END $fn$;

-- The condition that a value bears no zone and is to become a moment, or NULL for types of which none does.
CREATE OR REPLACE FUNCTION pg_temp.zoneless(value text, from_type text, to_type text) RETURNS text
LANGUAGE sql IMMUTABLE AS $fn$
    SELECT CASE
        WHEN to_type NOT LIKE 'timestamp%with time zone' OR from_type LIKE 'timestamp%with time zone' THEN NULL
        WHEN from_type = 'date' OR from_type LIKE 'timestamp%' THEN format('%s IS NOT NULL', value)
        -- An offset other than zero tells by what becomes of it.
        ELSE format('(%1$s::text !~* ''(z|utc|gmt|[+-]0[0:]*)\s*$'' '
            'AND %1$s::text::timestamptz = %1$s::text::timestamp AT TIME ZONE ''UTC'')', value)
    END
$fn$;

-- The expression that takes a value of one type to another, as USING and INSERT need it.
CREATE OR REPLACE FUNCTION pg_temp.converted(expression text, from_type text, to_type text) RETURNS text
LANGUAGE sql STABLE AS $fn$
    SELECT CASE
        WHEN from_type = to_type THEN expression
        WHEN from_type IN ('bytea', 'json', 'jsonb') OR to_type IN ('bytea', 'json', 'jsonb') THEN CASE
            WHEN from_type = 'bytea'
                THEN pg_temp.converted(format('convert_from(%s, getdatabaseencoding())', expression), 'text', to_type)
            WHEN to_type = 'bytea' THEN format('convert_to((%s)::text, getdatabaseencoding())', expression)
            -- A text in JSON is that text; what else is JSON is written so.
            WHEN from_type LIKE 'json%' THEN pg_temp.converted(format('(CASE %2$s_typeof(%1$s) WHEN ''string'' '
                'THEN %2$s_extract_path_text(%1$s, VARIADIC ''{}'') ELSE %1$s::text END)', expression, from_type),
                'text', to_type)
            ELSE format('(CASE WHEN %1$s::text ~ ''^\s*[[{]'' AND pg_temp.casts(%1$s::text, %2$L) '
                'THEN %1$s::text::%2$s ELSE to_%2$s(%1$s::text) END)', expression, to_type) END
        WHEN pg_temp.is_enum(to_type)
            THEN format('(%s)::public.%I', pg_temp.normalized(expression, pg_temp.labels_of(to_type)), to_type)
        WHEN from_type LIKE 'timestamp%with time zone' AND (to_type = 'date' OR to_type LIKE 'timestamp%without%')
            THEN format('(%s AT TIME ZONE %L)::%s', expression, pg_temp.zone(), to_type)
        WHEN pg_temp.zoneless('', from_type, to_type) IS NOT NULL THEN format('CASE WHEN %s '
            'THEN %2$s::text::timestamp AT TIME ZONE %3$L ELSE %2$s::text::timestamptz END',
            pg_temp.zoneless(expression, from_type, to_type), expression, pg_temp.zone())
        WHEN from_type = 'boolean' AND to_type ~ '^(small|big)?int|^(numeric|real|double)'
            THEN format('(%s)::integer::%s', expression, to_type)
        WHEN from_type = 'inet' THEN format('abbrev(%s)::%s', expression, to_type)
        WHEN from_type LIKE 'numeric%' AND to_type = 'integer'
            THEN format('trim_scale(%s)::text::integer', expression)
        ELSE format('(%s)::text::%s', expression, to_type)
    END
$fn$;

-- What has the roles agree about a zone that write to the owner's table and have another of their own; else NULL.
CREATE OR REPLACE FUNCTION pg_temp.agree(zone text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT string_agg(DISTINCT format(@zone_of_writers.choice@, v.zone, role::regrole, datname), '')
    FROM pg_class u, pg_database d, LATERAL (SELECT DISTINCT ON (setrole) setrole, substr(s, 10)
            FROM pg_db_role_setting, unnest(setconfig) s WHERE s ILIKE 'timezone=%' AND setdatabase IN (0, d.oid)
            ORDER BY setrole, setdatabase DESC) AS r (setrole, its) JOIN pg_roles ON oid = setrole,
        LATERAL (VALUES ($1, setrole), (its, relowner)) AS v (zone, role)
    WHERE u.oid = pg_temp.oid_of(@project.owners_table@) AND datname = current_database() AND its NOT ILIKE $1
      AND rolcanlogin AND NOT rolsuper AND setrole <> relowner AND EXISTS (
        SELECT FROM pg_roles g WHERE NOT g.rolsuper AND pg_has_role(setrole, g.oid, 'MEMBER')
          AND has_table_privilege(g.oid, u.oid, 'INSERT, UPDATE'))
$fn$;

-- Says how many moments without a zone were read in the application's. `rows`: FROM and WHERE.
CREATE OR REPLACE FUNCTION pg_temp.say_zone(of_column text, rows text, value text, from_type text, to_type text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    zone text;
    choices text;
    n bigint;
    odd bigint;
BEGIN
    IF pg_temp.zoneless(value, from_type, to_type) IS NOT NULL THEN
        zone := pg_temp.zone();
        choices := pg_temp.agree(zone);
        EXECUTE format('SELECT count(*), count(*) FILTER (WHERE local <> at AT TIME ZONE %1$L OR local = '
            '(at - interval ''1 hour'') AT TIME ZONE %1$L) FROM (SELECT %2$s::text::timestamp AS local, %3$s AS at '
            '%4$s AND CASE WHEN %5$s THEN %6$s ELSE false END) AS moments', zone, value,
            pg_temp.converted(value, from_type, to_type), rows, pg_temp.fits(value, from_type, to_type, true),
            pg_temp.zoneless(value, from_type, to_type)) INTO n, odd;
        IF n > 0 AND current_setting('homecoming.zone', true) = 'hidden' THEN
            PERFORM pg_temp.fault(@zone_hidden.what@, format(@zone_hidden.todo@, zone,
                (SELECT relowner::regrole FROM pg_class WHERE oid = pg_temp.oid_of(@project.owners_table@)), current_database()),
                of_column);
        ELSIF n > 0 AND choices > '' THEN
            PERFORM pg_temp.fault(format(@zone_of_writers.what@, zone), @zone_of_writers.todo@ || rtrim(choices),
                of_column);
        ELSIF n > 0 THEN
            PERFORM pg_temp.say(format('%s: %s without a zone read in %s%s', of_column,
                pg_temp.counted(n, 'moment', 'moments'), zone,
                ', ' || nullif(odd, 0) || ' of them of an hour that the clocks there skipped or repeated'));
        END IF;
    END IF;
END $fn$;

-- Whether no row holds what is no label of an enum.
CREATE OR REPLACE FUNCTION pg_temp.has_labels(tbl text, col text, enum_type text, labels text[])
RETURNS boolean LANGUAGE sql AS $fn$
    SELECT pg_temp.no_row(tbl, col, pg_temp.bare(quote_ident(col)) || other, @no_label.rows@,
        format(@no_label.what@, enum_type), @no_label.todo@, pg_temp.bare(pg_temp.was(tbl, col)) || other,
        (pg_temp.noted('cells', tbl || '.' || col)).entry IS NOT NULL)
    FROM (SELECT format(' NOT IN (%s)', string_agg(quote_literal(l), ', ' ORDER BY place)) AS other
          FROM (SELECT lower(l), min(place) FROM unnest(labels) WITH ORDINALITY AS u (l, place) GROUP BY 1)
              AS once (l, place)) AS o
$fn$;

-- The same of an array, or of a table of another schema.
CREATE OR REPLACE FUNCTION pg_temp.refuse_labels(n bigint, tbl text, col text, enum_type text)
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.refuse(format(@no_label_elsewhere.what@, tbl, col,
            pg_temp.counted(n, @no_label.rows@), enum_type), format(@no_label_elsewhere.todo@, col, tbl))
    WHERE n > 0
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.is_text(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM convert_from(bytes, getdatabaseencoding());
    RETURN true;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $fn$;

-- The condition that a value survives the way to another type: that it comes back as it was or, where the
-- original is kept, that there is a way.
CREATE OR REPLACE FUNCTION pg_temp.fits(value text, from_type text, to_type text, is_kept boolean DEFAULT false)
RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('(%s IS NULL OR %s)', value, CASE
        WHEN from_type <> to_type AND from_type = 'bytea'
            THEN format('CASE WHEN pg_temp.is_text(%s) THEN %s ELSE false END',
            value, pg_temp.fits(format('convert_from(%s, getdatabaseencoding())', value), 'text', to_type, is_kept))
        -- What the application would take for another text.
        WHEN from_type <> to_type AND (from_type IN ('oid', 'money') OR from_type LIKE '%[]' OR from_type LIKE '%range'
                OR from_type LIKE 'json%' AND to_type !~ '^(text|character|bytea|json)')
            THEN 'false'
        WHEN to_type IN ('bytea', 'json', 'jsonb')
            OR from_type = 'boolean' AND to_type ~ '^(small|big)?int|^(num|real|dou)'
            THEN 'true'
        WHEN from_type = to_type OR to_type IN ('text', 'character varying')
            OR from_type LIKE 'timestamp%' AND to_type LIKE 'timestamp%' THEN 'true'
        WHEN pg_temp.is_enum(to_type)
            THEN pg_temp.normalized(value, pg_temp.labels_of(to_type)) || ' IS NOT NULL'
        WHEN to_type LIKE 'character varying(%' THEN format('length(%s) <= %s',
            pg_temp.converted(value, from_type, 'text'), substring(to_type FROM '\d+'))
        WHEN to_type = 'boolean' THEN format('lower(%s::text) = ANY '
            '(''{0,1,f,t,n,y,no,yes,off,on,false,true}''::text[])', value)
        ELSE format('CASE WHEN pg_temp.casts(%1$s::text, %2$L) THEN %3$s ELSE false END',
            CASE WHEN from_type LIKE 'numeric%' AND to_type = 'integer' THEN format('trim_scale(%s)', value)
                ELSE value END, to_type, CASE
            WHEN is_kept THEN 'true'
            WHEN to_type LIKE 'timestamp%' THEN format('%s::text ~ '
                '''^\d{4}-\d\d-\d\d([ T][\d:]+(\.\d{1,6})?(Z|[+-][\d:]+)?)?$''', value)
            -- Its scale is no part of a number.
            WHEN to_type LIKE 'numeric%' THEN format(
                '%1$s::text::%2$s = %1$s::text::numeric AND %1$s::text !~* ''[_xna]''', value, to_type)
            ELSE format('%s IS NOT DISTINCT FROM %s',
                pg_temp.converted(pg_temp.converted(value, from_type, to_type), to_type, from_type), value)
            END)
        END)
$fn$;

-- Whether every value survives the way to another type.
CREATE OR REPLACE FUNCTION pg_temp.all_fit(tbl text, col text, wanted text) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE
    target text := pg_temp.spelled(wanted);
    live text := pg_temp.type_of(tbl, col);
    misfit text := 'NOT ' || pg_temp.fits(quote_ident(col), live, target);
BEGIN
    RETURN CASE WHEN pg_temp.is_enum(target) THEN pg_temp.has_labels(tbl, col, target, pg_temp.labels_of(target))
        ELSE pg_temp.no_row(tbl, col, misfit, @misfit.rows@,
            format(@misfit.what@, replace(upper(wanted), 'CHARACTER VARYING', 'VARCHAR')), @misfit.todo@,
            CASE col WHEN 'id' THEN 'id::text !~ ''^-?\d+$''' ELSE 'NOT ' || pg_temp.fits(pg_temp.was(tbl, col), live,
            target) END, misfit ~ 'pg_temp' AND col <> 'id') END;
END $fn$;

-- Names what would find other rows once values of a column are spelled otherwise. `value`: what they become.
CREATE OR REPLACE FUNCTION pg_temp.mind_values(tbl text, col text, value text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    num integer := pg_temp.attnum_of(tbl, col);
    pair record;
BEGIN
    IF EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = rel AND refobjsubid = num
            AND classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass)) THEN
        FOR pair IN EXECUTE format('SELECT DISTINCT %1$I::text AS was, (%2$s)::text AS becomes FROM public.%3$I '
            'WHERE %1$I::text <> (%2$s)::text', col, value, tbl)
        LOOP
            PERFORM pg_temp.refuse_respelling('pg_class', rel, num, pair.was, pair.becomes);
        END LOOP;
    END IF;
END $fn$;

-- Changes the type of a column. Every value survives, or nothing is changed: says which.
CREATE OR REPLACE FUNCTION pg_temp.change_type(tbl text, col text, wanted text)
RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE
    live text := pg_temp.type_of(tbl, col);
    target text := pg_temp.spelled(wanted);
    value text;
BEGIN
    IF live = target THEN
        RETURN true;
    ELSIF NOT pg_temp.all_fit(tbl, col, wanted) THEN
        RETURN false;
    END IF;
    value := pg_temp.converted(quote_ident(col), live, target);
    PERFORM pg_temp.say_zone(tbl || '.' || col, format('FROM public.%I WHERE true', tbl), quote_ident(col), live,
        target);
    -- What the way back cannot work out is kept.
    IF current_setting('homecoming.direction', true) = 'upgrade' AND pg_temp.has_column(tbl, 'id')
        AND NOT pg_temp.is_enum(live) THEN
        PERFORM pg_temp.archive_cells(tbl, col, format(
            'CASE WHEN %s THEN %I::text IS DISTINCT FROM (%s)::text ELSE true END', CASE WHEN pg_temp.is_enum(target)
                THEN 'true' ELSE pg_temp.fits(value, target, live) END, col, pg_temp.converted(value, target, live)),
            'cells', pg_temp.converted(value, target, live));
    END IF;
    PERFORM pg_temp.mind_values(tbl, col, value) WHERE pg_temp.is_enum(target);
    PERFORM pg_temp.stash_dependents(tbl, col, false);
    PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I DROP DEFAULT', col);
    PERFORM pg_temp.run(tbl || '.' || col, format('ALTER TABLE public.%I ALTER COLUMN %I TYPE %s USING %s', tbl,
        col, pg_temp.as_type(target), value));
    PERFORM pg_temp.restore_dependents();
    PERFORM pg_temp.say(format('%s.%s: %s -> %s', tbl, col, live, target));
    RETURN true;
END $fn$;
