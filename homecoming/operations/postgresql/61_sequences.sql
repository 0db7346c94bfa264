-- Sequences: owned by the column that they number, and beyond what is there.

-- Whether a default names a sequence: that of any table, or, where one is given, of a table but this.
CREATE OR REPLACE FUNCTION pg_temp.in_use(seq oid, but oid DEFAULT 0, OUT o boolean)
LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT true INTO o FROM pg_attrdef a JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = a.oid
    WHERE u.refobjid = seq AND a.adrelid <> but;
    o := FOUND;
END $fn$;

-- The id that a sequence gives next.
CREATE OR REPLACE FUNCTION pg_temp.next_of(seq regclass) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE n bigint;
BEGIN
    EXECUTE format('SELECT last_value + is_called::integer FROM %s', seq) INTO n;
    RETURN n;
END $fn$;

-- The ids of the table come from its own sequence, after the highest one and after those that were given until
-- now: ids of rows that are gone are not given again.
CREATE OR REPLACE PROCEDURE pg_temp.ensure_sequence(tbl text, at_least bigint DEFAULT 1)
LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    num smallint := pg_temp.attnum_of(tbl, 'id');
    wanted text := tbl || '_id_seq';
    path text := 'public.' || quote_ident(wanted);
    seq oid;
    other record;
BEGIN
    -- The sequence in use: the one the default names, else one that the column owns, else one of the right
    -- name.
    SELECT greatest(at_least, max(pg_temp.next_of(c.oid))), max(c.oid) FILTER (WHERE named
        AND relnamespace = 'public'::regnamespace AND NOT pg_temp.in_use(c.oid, rel)) INTO at_least, seq
    FROM (SELECT refobjid, true FROM pg_attrdef JOIN pg_depend ON classid = 'pg_attrdef'::regclass AND objid = oid
            AND refclassid = 'pg_class'::regclass WHERE adrelid = rel AND adnum = num
          UNION ALL SELECT objid, false FROM pg_depend WHERE classid = 'pg_class'::regclass
            AND refclassid = 'pg_class'::regclass AND refobjid = rel AND refobjsubid = num) AS d (id, named)
    JOIN pg_class c ON c.oid = id AND relkind = 'S';
    -- What is no id counts for nothing.
    EXECUTE format('SELECT greatest(CASE WHEN $1 BETWEEN 1 AND 2147483647 THEN $1 END, max(id)::bigint + 1, 1) '
        'FROM public.%I', tbl) INTO at_least USING at_least;
    IF seq IS NULL THEN
        SELECT c.oid INTO seq FROM pg_class c LEFT JOIN pg_depend d
            ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
        WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace
          AND (d.refobjid = rel AND d.refobjsubid = num OR c.relname = wanted AND d.refobjid IS NULL)
        ORDER BY c.relname <> wanted LIMIT 1;
    END IF;
    IF seq IS DISTINCT FROM to_regclass(path) THEN
        PERFORM pg_temp.clear_name(wanted);
        IF seq IS NOT NULL THEN
            EXECUTE format('ALTER SEQUENCE %s RENAME TO %I', seq::regclass, wanted);
        END IF;
    END IF;
    IF seq IS NULL THEN
        EXECUTE format('CREATE SEQUENCE %s AS integer', path);
        seq := to_regclass(path);
    END IF;
    IF EXISTS (SELECT FROM pg_sequence WHERE seqrelid = seq
               AND (seqtypid, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
               IS DISTINCT FROM ('integer'::regtype, 1, 1, 1, 2147483647, 1, false)) THEN
        EXECUTE format('ALTER SEQUENCE public.%I AS integer START 1 INCREMENT 1 '
            'MINVALUE 1 MAXVALUE 2147483647 CACHE 1 NO CYCLE RESTART WITH %s', wanted, least(at_least, 2147483647));
    END IF;
    IF (SELECT relpersistence FROM pg_class WHERE oid = seq) = 'u' THEN
        EXECUTE format('ALTER SEQUENCE %s SET LOGGED', path);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = seq AND refobjid = rel
                   AND refobjsubid = num AND deptype = 'a') THEN
        EXECUTE format('ALTER SEQUENCE public.%I OWNED BY public.%I.id', wanted, tbl);
    END IF;
    IF pg_temp.default_of(tbl, 'id')
            IS DISTINCT FROM format('nextval(%L::regclass)', path) THEN
        PERFORM pg_temp.alter(tbl, 'ALTER COLUMN id SET DEFAULT nextval(%L::regclass)', path);
    END IF;
    FOR other IN SELECT c.oid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = rel AND d.refobjsubid = num
          AND d.deptype = 'a' AND c.oid <> seq
    LOOP
        IF pg_temp.in_use(other.oid) THEN
            EXECUTE format('ALTER SEQUENCE %s OWNED BY NONE', other.oid::regclass);
        ELSE
            EXECUTE format('DROP SEQUENCE %s', other.oid::regclass);
        END IF;
    END LOOP;
    IF pg_temp.next_of(seq) < at_least AND at_least > 2147483647 THEN
        -- A position is in no catalogue: what is written after it has it looked at.
        PERFORM setval(seq, 2147483647), pg_temp.say(format('warning: %s has no id left to give', wanted));
        EXECUTE format('ALTER SEQUENCE public.%I OWNED BY public.%I.id', wanted, tbl);
    ELSIF pg_temp.next_of(seq) < at_least THEN
        EXECUTE format('ALTER SEQUENCE public.%I RESTART WITH %s', wanted, at_least);
        PERFORM pg_temp.say(format('%s: the next id is %s', wanted, at_least));
    END IF;
END $fn$;
