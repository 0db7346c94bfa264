-- Looking at the catalogue, and refusing: what every other helper stands on.

CREATE OR REPLACE FUNCTION pg_temp.refuse(what text, todo text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.fault(what, todo);
    CALL pg_temp.refuse_faults();
END $fn$;

-- The mark tells our own notices from those of triggers by hand, which may quote a row. A revision may have silenced
-- the session; which one runs is heard all the same.
CREATE OR REPLACE FUNCTION pg_temp.say(what text) RETURNS void LANGUAGE plpgsql SET client_min_messages = notice AS $fn$
BEGIN
    RAISE NOTICE 'migration: %', what;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.counted(n bigint, one text, many text) RETURNS text LANGUAGE sql AS $fn$
    SELECT n || ' ' || CASE WHEN n = 1 THEN one ELSE many END
$fn$;

-- The oid of a table in schema public, or NULL. Views and indexes of that name are no tables. In PL/pgSQL, as
-- what else is asked a thousand times a run: before PostgreSQL 18 a function in SQL is planned at every call.
-- INTO, and not RETURN, which would start a worker where somebody has set debug_parallel_query.
CREATE OR REPLACE FUNCTION pg_temp.oid_of(tbl text, OUT o oid) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT oid INTO o FROM pg_class
    WHERE relname = tbl AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p');
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.has_table(tbl text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT pg_temp.oid_of(tbl) IS NOT NULL
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.attnum_of(tbl text, col text, OUT o smallint) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT attnum INTO o FROM pg_attribute
    WHERE attrelid = pg_temp.oid_of(tbl) AND attname = col AND attnum > 0 AND NOT attisdropped;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.has_column(tbl text, col text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT pg_temp.attnum_of(tbl, col) IS NOT NULL
$fn$;

-- Whether a table was as head has it before the first change of the run: then nothing is asked for on it.
CREATE OR REPLACE FUNCTION pg_temp.is_settled(tbl text) RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT coalesce(tbl = ANY (nullif(current_setting('homecoming.settled', true), '')::text[]), false)
$fn$;

-- A type as the revisions name it: an enum of schema public without its schema, any other as SQL reads it
-- anywhere.
CREATE OR REPLACE FUNCTION pg_temp.type_name(of_type oid, modifier integer, OUT o text)
LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT CASE WHEN typtype = 'e' AND typnamespace = 'public'::regnamespace THEN typname
        ELSE format_type(oid, modifier) END INTO o FROM pg_type WHERE oid = of_type;
END $fn$;

-- A relation or a routine by the name that people know it by.
CREATE OR REPLACE FUNCTION pg_temp.shown(thing text) RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT regexp_replace(thing, '^public[.]', '')
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.type_of(tbl text, col text, OUT o text) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT concat(pg_temp.type_name(atttypid, atttypmod),
        CASE WHEN attcollation <> typcollation THEN ' COLLATE ' || attcollation::regcollation END)
    INTO o FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = pg_temp.oid_of(tbl) AND attname = col AND attnum > 0 AND NOT attisdropped;
END $fn$;

-- The columns of a table; NULL where there is none of that name.
CREATE OR REPLACE FUNCTION pg_temp.columns_of(tbl text) RETURNS text[] LANGUAGE sql STABLE AS $fn$
    SELECT array_agg(attname::text) FROM pg_attribute
    WHERE attrelid = pg_temp.oid_of(tbl) AND attnum > 0 AND NOT attisdropped
$fn$;

-- The columns of a key, by name, in the order of the key.
CREATE OR REPLACE FUNCTION pg_temp.names_of(rel oid, nums smallint[]) RETURNS text[] LANGUAGE sql STABLE AS $fn$
    SELECT ARRAY(SELECT attname::text FROM unnest(nums) WITH ORDINALITY AS k (num, place)
                 JOIN pg_attribute ON attrelid = rel AND attnum = num ORDER BY place)
$fn$;

-- Whether a constraint or an index was made ahead of a run (homecoming/prepare), which gives it the name that it is
-- to have, or lets it go. Until then it is no thing of the database's.
CREATE OR REPLACE FUNCTION pg_temp.is_prepared(thing name) RETURNS boolean LANGUAGE sql IMMUTABLE AS $fn$
    SELECT starts_with(thing, 'homecoming_prepared_')
$fn$;

-- The foreign keys of one column that refer to a table: the referring table, the name of the key, the column.
CREATE OR REPLACE FUNCTION pg_temp.references_to(tbl text)
RETURNS TABLE (child text, conname text, col text) LANGUAGE sql STABLE AS $fn$
    SELECT CASE relnamespace WHEN 'public'::regnamespace THEN relname ELSE k.conrelid::regclass::text END,
        k.conname::text, (pg_temp.names_of(k.conrelid, k.conkey))[1]
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'f' AND k.confrelid = pg_temp.oid_of(tbl) AND cardinality(k.conkey) = 1
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.listed(names text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT string_agg(quote_ident(n), ', ' ORDER BY place) FROM unnest(names) WITH ORDINALITY AS u (n, place)
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.count_where(tbl text, condition text) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM public.%I WHERE %s', tbl, condition) INTO n;
    RETURN n;
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.has_rows(tbl text) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE found_one boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', tbl) INTO found_one;
    RETURN found_one;
END $fn$;

-- A type as format_type() spells it, from the way the revisions spell it.
CREATE OR REPLACE FUNCTION pg_temp.spelled(wanted text) RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
    SELECT CASE wanted
        WHEN 'serial' THEN 'integer'
        WHEN 'timestamptz' THEN 'timestamp with time zone'
        ELSE regexp_replace(wanted, '^varchar', 'character varying')
    END
$fn$;

-- A name that is free among the relations of a schema: the wanted one, or the same with _2, _3, ...
CREATE OR REPLACE FUNCTION pg_temp.free_name(wanted text, in_schema text) RETURNS text LANGUAGE plpgsql AS $fn$
DECLARE
    candidate text := wanted::name;
    n integer := 1;
BEGIN
    WHILE EXISTS (SELECT FROM pg_class
                  WHERE relnamespace = to_regnamespace(in_schema) AND relname = candidate) LOOP
        n := n + 1;
        candidate := (left(wanted, 61 - n) || '_' || n)::name;
    END LOOP;
    RETURN candidate;
END $fn$;

-- Makes way for a key, index or sequence that is to bear this name: whatever bears it elsewhere gets another.
CREATE OR REPLACE FUNCTION pg_temp.clear_name(wanted text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    kind "char";
    statement text;
BEGIN
    SELECT relkind INTO kind FROM pg_class
    WHERE relname = wanted AND relnamespace = 'public'::regnamespace;
    IF kind IN ('i', 'I', 'S') THEN
        EXECUTE format('ALTER %s public.%I RENAME TO %I', CASE kind WHEN 'S' THEN 'SEQUENCE' ELSE 'INDEX' END,
            wanted, pg_temp.free_name(wanted, 'public'));
    ELSIF kind IS NOT NULL THEN
        statement := format('ALTER %s %I RENAME TO %I', CASE kind WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, wanted,
            pg_temp.free_name(wanted, 'public'));
        PERFORM pg_temp.fault(
            format(@name_taken.what@, wanted),
            concat(@name_taken.rename@, statement, '; ' || left(pg_temp.may_be(wanted), -7)));
        EXECUTE regexp_replace(statement, '(TABLE|TYPE) ', '\1 public.');
    END IF;
END $fn$;
