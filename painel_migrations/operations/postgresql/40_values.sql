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

-- The zone in which the application's sessions read and wrote moments that have none: what the server gives
-- sessions of the role that owns its tables in this database, before this one asked for UTC. AT TIME ZONE takes
-- it. What this client or its role set hides what the server has, which its files tell whoever may read them.
CREATE OR REPLACE FUNCTION pg_temp.zone() RETURNS text LANGUAGE plpgsql AS $fn$
DECLARE
    mine text := current_setting('TimeZone');
    zone text;
    own boolean;
BEGIN
    SET LOCAL TimeZone TO DEFAULT;
    SELECT source IN ('client', 'user', 'database user') INTO own FROM pg_settings WHERE name = 'TimeZone';
    zone := (
        SELECT substr(s, 10) FROM pg_db_role_setting, unnest(setconfig) s
        WHERE s ILIKE 'timezone=%' AND setdatabase IN (0,
            (SELECT oid FROM pg_database WHERE datname = current_database()))
          AND setrole IN (0, coalesce((SELECT relowner FROM pg_class WHERE oid = pg_temp.oid_of('usuarios')),
                                      current_user::regrole))
        ORDER BY setrole = 0, setdatabase = 0 LIMIT 1);
    IF zone IS NULL AND own AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')
        AND has_function_privilege('pg_read_file(text)', 'EXECUTE') THEN
        zone := coalesce(substring(pg_read_file('postmaster.opts') FROM '(?i)[^_]timezone=([^"]+)"'), (SELECT setting
            FROM pg_file_settings WHERE lower(name) = 'timezone' AND error IS NULL ORDER BY seqno DESC LIMIT 1));
    END IF;
    PERFORM set_config('painel.zone', CASE WHEN zone IS NULL AND own THEN 'hidden' END, true),
        set_config('TimeZone', coalesce(zone, current_setting('TimeZone')), true);
    zone := current_setting('TimeZone');
    PERFORM set_config('TimeZone', mine, true);
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
            THEN format('(%s)::public.%I', pg_temp.folded(expression, pg_temp.labels_of(to_type)), to_type)
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

-- What has the roles agree about a zone that write to usuarios and have another of their own; NULL where none has.
CREATE OR REPLACE FUNCTION pg_temp.agree(zone text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT string_agg(DISTINCT format(@zone_of_writers.choice@, v.zone, role::regrole, datname), '')
    FROM pg_class u, pg_database d, LATERAL (SELECT DISTINCT ON (setrole) setrole, substr(s, 10)
            FROM pg_db_role_setting, unnest(setconfig) s WHERE s ILIKE 'timezone=%' AND setdatabase IN (0, d.oid)
            ORDER BY setrole, setdatabase DESC) AS r (setrole, its) JOIN pg_roles ON oid = setrole,
        LATERAL (VALUES ($1, setrole), (its, relowner)) AS v (zone, role)
    WHERE u.oid = pg_temp.oid_of('usuarios') AND datname = current_database() AND its NOT ILIKE $1
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
        IF n > 0 AND current_setting('painel.zone', true) = 'hidden' THEN
            PERFORM pg_temp.fault(@zone_hidden.what@, format(@zone_hidden.todo@, zone,
                (SELECT relowner::regrole FROM pg_class WHERE oid = pg_temp.oid_of('usuarios')), current_database()),
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
            THEN pg_temp.folded(value, pg_temp.labels_of(to_type)) || ' IS NOT NULL'
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
    value text := pg_temp.converted(quote_ident(col), live, target);
BEGIN
    IF live = target THEN
        RETURN true;
    ELSIF NOT pg_temp.all_fit(tbl, col, wanted) THEN
        RETURN false;
    END IF;
    PERFORM pg_temp.say_zone(tbl || '.' || col, format('FROM public.%I WHERE true', tbl), quote_ident(col), live,
        target);
    -- What the way back cannot work out is kept.
    IF current_setting('painel.direction', true) = 'upgrade' AND pg_temp.has_column(tbl, 'id')
        AND NOT pg_temp.is_enum(live) THEN
        PERFORM pg_temp.keep_cells(tbl, col, format(
            'CASE WHEN %s THEN %I::text IS DISTINCT FROM (%s)::text ELSE true END', CASE WHEN pg_temp.is_enum(target)
                THEN 'true' ELSE pg_temp.fits(value, target, live) END, col, pg_temp.converted(value, target, live)),
            'cells', pg_temp.converted(value, target, live));
    END IF;
    PERFORM pg_temp.mind_values(tbl, col, value) WHERE pg_temp.is_enum(target);
    PERFORM pg_temp.shelve(tbl, col, false);
    PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I DROP DEFAULT', col);
    PERFORM pg_temp.run(tbl || '.' || col, format('ALTER TABLE public.%I ALTER COLUMN %I TYPE %s USING %s', tbl,
        col, pg_temp.as_type(target), value));
    PERFORM pg_temp.unshelve();
    PERFORM pg_temp.say(format('%s.%s: %s -> %s', tbl, col, live, target));
    RETURN true;
END $fn$;

-- Changes rows with what may refuse or swallow the change, or set a column that does not exist, out of the way:
-- triggers and rules, checks that old rows need not pass, a publication of a table without a key. Returns how
-- many.
CREATE OR REPLACE FUNCTION pg_temp.change_rows(tbl text, statement text) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := coalesce(pg_temp.oid_of(tbl), to_regclass(tbl));
    n bigint;
    off text;
    back text;
BEGIN
    SELECT string_agg(before, ';'), string_agg(after, ';') INTO off, back
    FROM (SELECT pg_temp.switched(rel, thing, 'D'), pg_temp.switched(rel, thing, state)
          FROM (SELECT format('TRIGGER %I', tgname), tgenabled FROM pg_trigger
                    WHERE tgrelid = rel AND NOT tgisinternal
                UNION ALL SELECT format('RULE %I', rulename), ev_enabled FROM pg_rewrite WHERE ev_class = rel)
              AS switches (thing, state)
          WHERE state <> 'D'
          UNION ALL
          SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', rel::regclass, conname),
              format('ALTER TABLE %s ADD CONSTRAINT %I %s', rel::regclass, conname, pg_get_constraintdef(oid))
          FROM pg_constraint WHERE conrelid = rel AND contype = 'c' AND NOT convalidated
          UNION ALL
          SELECT format(says, rel::regclass, 'FULL'), format(says, rel::regclass,
              CASE relreplident WHEN 'n' THEN 'NOTHING' ELSE 'DEFAULT' END)
          FROM pg_class, (VALUES ('ALTER TABLE %s REPLICA IDENTITY %s')) AS v (says)
          WHERE oid = rel AND relreplident <> 'f' AND EXISTS (SELECT FROM pg_publication)
            AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = rel
                AND CASE relreplident WHEN 'd' THEN indisprimary WHEN 'i' THEN indisreplident END)
         ) AS s (before, after);
    EXECUTE coalesce(off, '');
    n := pg_temp.run(tbl, statement);
    EXECUTE coalesce(back, '');
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
        PERFORM pg_temp.mind_values(tbl, col, wanted);
        wanted := format('(%s)::public.%I', wanted, enum_type);
        n := pg_temp.count_where(tbl, format('%I <> %s', col, wanted));
        IF n > 0 THEN
            PERFORM pg_temp.change_cells(tbl, col, wanted, format('%I <> %s', col, wanted));
            PERFORM pg_temp.say(format('%s.%s: %s folded to the first spelling', tbl, col,
                pg_temp.counted(n, 'row', 'rows')));
        END IF;
    END IF;
END $fn$;

-- A column that holds moments, of whatever type, as text that can be compared: to the second.
CREATE OR REPLACE FUNCTION pg_temp.moment(tbl text, alias text, col text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT format('left(translate((%s)::text, ''T'', '' ''), 19)', CASE WHEN type LIKE 'timestamp%'
        THEN pg_temp.converted(value, type, 'timestamp with time zone')
        ELSE format('CASE WHEN pg_temp.casts(%1$s::text, ''timestamptz'') THEN (%2$s)::text ELSE %1$s::text END',
            value, pg_temp.converted(value, type, 'timestamp with time zone')) END)
    FROM (SELECT format('%I.%I', alias, col), pg_temp.type_of(tbl, col)) AS m (value, type)
$fn$;

-- What tells a row from another that took its id: its name and its moment of creation. Rows that share either
-- are one row, edited since. NULL where nothing tells.
CREATE OR REPLACE FUNCTION pg_temp.marks(tbl text, alias text) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT coalesce(
        'nullif(array_remove(ARRAY[' || string_agg(mark, ', ') || '], NULL), ''{}'')', 'NULL::text[]')
    FROM (VALUES ('nome', format('%I.nome::text', alias)), ('criado_em', pg_temp.moment(tbl, alias, 'criado_em')))
        AS m (col, mark)
    WHERE pg_temp.has_column(tbl, col)
$fn$;

-- Keeps the cells of a column, row by row, before they go or are given other values. Returns how many.
CREATE OR REPLACE FUNCTION pg_temp.keep_cells(
    tbl text, col text, condition text, what text DEFAULT 'cells', became text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    kept text;
    n bigint := CASE WHEN pg_temp.has_table(tbl) THEN pg_temp.count_where(tbl, condition) ELSE 1 END;
BEGIN
    IF n > 0 THEN
        IF col = 'id' OR NOT pg_temp.has_column(tbl, 'id') THEN
            PERFORM pg_temp.refuse(
                format(@key_changes.what@, tbl, col), @key_changes.todo@);
        END IF;
        PERFORM pg_temp.open_retired();
        kept := pg_temp.free_name(
            tbl || '__' || col || CASE what WHEN 'column' THEN '' ELSE '__before' END, 'retired');
        EXECUTE format('CREATE TABLE retired.%I AS SELECT id, %I, %s AS of_row%s FROM public.%I WHERE %s',
            -- A row is told by its name, and by the one that it is given.
            kept, col, concat(pg_temp.marks(tbl, tbl), CASE col WHEN 'nome' THEN ' || (' || became || ')::text' END),
            ', (' || became || ')::text AS became', tbl, condition);
        EXECUTE format('ALTER TABLE retired.%I ADD PRIMARY KEY (id)', kept);
        PERFORM pg_temp.note(what, tbl || '.' || col, kept, NULL, n);
    END IF;
    RETURN n;
END $fn$;

-- Gives the cells that were kept of a column back to their rows, the latest first. What does not fit or arrive
-- stays kept, and what is of a row that is gone, also where another has taken its id. A column comes back
-- empty: a cell of it that finds another value finds one that was retired later, and stays.
CREATE OR REPLACE FUNCTION pg_temp.give_back(what text, tbl text, col text, still text)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    kept record;
    live text := pg_temp.type_of(tbl, col);
    cell text := format('kept.%I', col);
    value text;
    same text;
    labels text[];
    n bigint;
BEGIN
    IF live IS NULL OR to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    FOR kept IN SELECT r.id, r.kept_in, pg_temp.type_name(a.atttypid, a.atttypmod) AS type
        FROM retired.register r
        JOIN pg_attribute a ON a.attrelid = to_regclass(format('retired.%I', r.kept_in)) AND a.attname = col
        WHERE r.kind = what AND r.object = tbl || '.' || col AND pg_temp.is_due(r.revision) ORDER BY r.id DESC
    LOOP
        IF pg_temp.is_enum(live) THEN
            EXECUTE format('SELECT array_agg(DISTINCT upper(btrim(%s::text))) FROM retired.%I kept',
                cell, kept.kept_in) INTO labels;
            labels := ARRAY(SELECT l FROM unnest(labels) l WHERE l <> ALL (pg_temp.labels_of(live)) ORDER BY l);
            IF cardinality(labels) > 0 THEN
                PERFORM pg_temp.rebuild_enum(live, pg_temp.labels_of(live) || labels);
            END IF;
        END IF;
        value := pg_temp.converted(cell, kept.type, live);
        IF pg_temp.is_enum(live) AND current_setting('painel.direction', true) = 'downgrade' THEN
            -- As it was spelled, not as it is folded on the way up.
            value := format('CASE WHEN %1$s::text = ANY (%2$L::text[]) THEN %1$s::text::%3$s ELSE %4$s END', cell,
                pg_temp.labels_of(live), pg_temp.as_type(live), value);
        END IF;
        -- What was given another value since keeps that, but for its spelling.
        still := CASE WHEN what = 'cells' AND still = 'true' AND EXISTS (SELECT FROM pg_attribute
                WHERE attrelid = to_regclass(format('retired.%I', kept.kept_in)) AND attname = 'became')
            THEN format('upper(live.%I::text) IS NOT DISTINCT FROM upper(kept.became)', col) ELSE still END;
        same := format('kept.id = live.id AND CASE WHEN %s AND coalesce(kept.of_row && %s, true)',
            pg_temp.fits(cell, kept.type, live), pg_temp.marks(tbl, 'live')) || coalesce((
            -- A row that cannot go back, since another has its id by now, is not the one that is referred to.
            SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM retired.%I r JOIN %s USING (id) WHERE r.id = %s)',
                r.kept_in, coalesce((SELECT split_part(definition, ' ', 3) FROM retired.register
                    WHERE definition LIKE '% RENAME TO ' || quote_ident(r.object)), quote_ident(r.object)), cell), '')
            FROM retired.register r WHERE r.kind = 'rows' AND EXISTS (
                SELECT FROM (SELECT definition FROM retired.register WHERE object LIKE 'constraint ' || tbl || '.%'
                    UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
                        WHERE conrelid = pg_temp.oid_of(tbl)) f
                WHERE strpos(definition, format('FOREIGN KEY (%I) REFERENCES public.%I(id)', col, r.object)) > 0)),
            '');
        PERFORM pg_temp.change_rows(tbl, format(
            'UPDATE public.%I AS live SET %I = %s FROM retired.%I AS kept WHERE %s THEN %s ELSE false END',
            tbl, col, value, kept.kept_in, same, still));
        EXECUTE format('DELETE FROM retired.%I AS kept USING public.%I AS live WHERE %s '
            'THEN live.%I::text IS NOT DISTINCT FROM (%s)::text ELSE false END', kept.kept_in, tbl, same, col, value);
        EXECUTE format('SELECT count(*) FROM retired.%I', kept.kept_in) INTO n;
        IF n = 0 THEN
            EXECUTE format('DROP TABLE retired.%I', kept.kept_in);
            DELETE FROM retired.register WHERE id = kept.id;
        ELSE
            UPDATE retired.register SET rows = n WHERE id = kept.id;
            PERFORM pg_temp.say(format('%s.%s: %s retired', tbl, col,
                pg_temp.counted(n, 'cell stays', 'cells stay')));
        END IF;
    END LOOP;
    PERFORM pg_temp.close_retired();
END $fn$;

-- Gives cells another value, and keeps them.
CREATE OR REPLACE FUNCTION pg_temp.change_cells(tbl text, col text, value text, condition text)
RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.keep_cells(tbl, col, condition, 'cells', value) > 0 THEN
        PERFORM pg_temp.change_rows(tbl,
            format('UPDATE public.%I SET %I = (%s) WHERE %s', tbl, col, value, condition));
    END IF;
END $fn$;

-- Gives named values of a column others. The originals are kept.
CREATE OR REPLACE PROCEDURE pg_temp.replace_values(tbl text, col text, VARIADIC pairs text[])
LANGUAGE plpgsql AS $fn$
DECLARE
    live text := pg_temp.type_of(tbl, col);
    cases text := '';
    changes text;
BEGIN
    IF live IS NULL THEN
        RETURN;
    END IF;
    FOR i IN 1 .. array_length(pairs, 1) BY 2 LOOP
        cases := cases || format(' WHEN %L THEN %L', lower(pairs[i]), pairs[i + 1]);
    END LOOP;
    cases := format('CASE %s%s END', pg_temp.bare(quote_ident(col)), cases);
    PERFORM pg_temp.mind_values(tbl, col, cases);
    -- What is spelled so already is left alone.
    changes := format('%I::text <> %s', col, cases);
    PERFORM pg_temp.change_cells(tbl, col, format('(%s)::%s', cases, pg_temp.as_type(live)), changes)
    WHERE pg_temp.no_row(tbl, col, format('%s AND NOT %s', changes, pg_temp.fits(cases, 'text', live)), @replaced@,
        changes, true);
END $fn$;

-- Gives the rows back the values that replace_values() or rename_table() kept. With the pairs of
-- replace_values(), a row that was given another value since keeps that.
CREATE OR REPLACE PROCEDURE pg_temp.restore_values(tbl text, col text, VARIADIC pairs text[] DEFAULT '{}')
LANGUAGE plpgsql AS $fn$
DECLARE
    still text := 'true';
BEGIN
    IF cardinality(pairs) > 0 THEN
        still := format('live.%I::text = CASE %s %s END', col, pg_temp.bare(format('kept.%I', col)),
            (SELECT string_agg(format('WHEN %L THEN %L', lower(pairs[i]), pairs[i + 1]), ' ')
             FROM generate_series(1, cardinality(pairs), 2) i));
    END IF;
    PERFORM pg_temp.give_back('cells', tbl, col, still);
END $fn$;
