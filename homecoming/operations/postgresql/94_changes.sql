-- What each revision changed here is noted at its end, for the way back.

CREATE TEMP TABLE IF NOT EXISTS seen (kind text, id text, rel oid, name text, definition text) ON COMMIT DROP;

-- Made once: what reads a table that is made anew is planned anew, under the locks of the run.
CREATE TEMP TABLE IF NOT EXISTS now_seen (LIKE pg_temp.seen) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS changed (kind text, id text, rel oid, old_name text, was text, name text, is_now text)
ON COMMIT DROP;

-- The words that labels have got, which their type does not tell once it was made anew.
CREATE TEMP TABLE IF NOT EXISTS relabelled (enum_type text, old text, new text) ON COMMIT DROP;

-- What a sequence gives, as (position, whether it was given)|options.
CREATE OR REPLACE FUNCTION pg_temp.numbers(seq oid, OUT o text) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT concat(coalesce(pg_sequence_last_value(seq), pg_temp.next_of(seq)), ', ',
        (pg_sequence_last_value(seq) IS NOT NULL)::text, '|AS ', seqtypid::regtype, ' INCREMENT ', seqincrement,
        ' MINVALUE ', seqmin, ' MAXVALUE ', seqmax, ' START ', seqstart, ' CACHE ', seqcache,
        CASE WHEN seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END) INTO o
    FROM pg_sequence WHERE seqrelid = seq AND has_sequence_privilege(seq, 'USAGE, SELECT');
END $fn$;

-- Whether a row of the catalogue was written by this transaction since a command of it. The last condition is for one
-- that a part of it, which was undone, would have changed: its command is not told then.
CREATE OR REPLACE FUNCTION pg_temp.is_since(since bigint, made xid, command cid, gone xid) RETURNS boolean
LANGUAGE sql STABLE AS $fn$
    SELECT age(made) <= 0 AND (command::text::bigint >= since OR gone <> '0')
$fn$;

-- The tables of which things may be otherwise since a command of this transaction; NULL, any of them: the definition of
-- a default, a trigger or a key names what bears another name now, or none, and nothing of its table was written.
CREATE OR REPLACE FUNCTION pg_temp.touched(since bigint, OUT o oid[]) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    WITH w (rel, is_named_anew) AS (
        SELECT coalesce(indrelid, c.oid), indrelid IS NULL AND NOT EXISTS (SELECT FROM pg_temp.seen
            WHERE kind = 'table' AND id = c.oid::text AND (name, definition)
                = (relname, relnamespace::regnamespace::text))
        FROM pg_class c LEFT JOIN pg_index ON indexrelid = c.oid
        WHERE pg_temp.is_since(since, c.xmin, c.cmin, c.xmax)
        UNION SELECT attrelid, NOT EXISTS (SELECT FROM pg_temp.seen
            WHERE kind = 'column' AND id = concat(attrelid, '.', attnum) AND name = attname)
        FROM pg_attribute a WHERE pg_temp.is_since(since, xmin, cmin, xmax)
        UNION SELECT attrelid, false FROM pg_type t JOIN pg_attribute ON atttypid = t.oid
        WHERE typtype = 'e' AND pg_temp.is_since(since, t.xmin, t.cmin, t.xmax)
        UNION SELECT conrelid, false FROM pg_constraint WHERE pg_temp.is_since(since, xmin, cmin, xmax)
        UNION SELECT tgrelid, false FROM pg_trigger WHERE pg_temp.is_since(since, xmin, cmin, xmax)
        UNION SELECT seqrelid, false FROM pg_sequence WHERE pg_temp.is_since(since, xmin, cmin, xmax)
        -- What is gone leaves no row, and where an identity stands is in none.
        UNION SELECT CASE kind WHEN 'sequence' THEN id::oid ELSE rel END, false FROM pg_temp.seen WHERE CASE
            WHEN kind IN ('table', 'index', 'sequence') THEN NOT EXISTS (SELECT FROM pg_class WHERE oid = id::oid)
            WHEN kind = 'constraint' THEN NOT EXISTS (SELECT FROM pg_constraint WHERE oid = id::oid)
            WHEN kind = 'trigger' THEN NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid || tgname = id)
            ELSE kind = 'identity' END)
    -- A key of another table says by name what it refers to.
    SELECT array_agg(rel) INTO o FROM (
        SELECT rel FROM w UNION SELECT conrelid FROM pg_constraint JOIN w ON rel = confrelid AND is_named_anew
        UNION SELECT 0) AS t
    WHERE since IS NOT NULL AND NOT EXISTS (SELECT FROM pg_temp.seen WHERE CASE kind
        WHEN 'function' THEN NOT EXISTS (SELECT FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND oid::regprocedure::text = id)
        WHEN 'enum' THEN NOT pg_temp.is_enum(id)
        WHEN 'sequence' THEN EXISTS (SELECT FROM pg_class WHERE oid = id::oid AND relname <> name) END)
      -- Of types, schemas and functions of others no thing is kept: each may have another name since.
      AND NOT EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
          WHERE t.oid >= 16384 AND (typtype IN ('d', 'r') OR relkind = 'c')
            AND pg_temp.is_since(since, t.xmin, t.cmin, t.xmax))
      AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384 AND nspname <> 'retired'
          AND NOT starts_with(nspname, 'pg_') AND pg_temp.is_since(since, xmin, cmin, xmax))
      AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384
          AND pronamespace NOT IN ('public'::regnamespace, pg_my_temp_schema())
          AND pg_temp.is_since(since, xmin, cmin, xmax));
END $fn$;

-- Whether a thing is one of those that are looked at again.
CREATE OR REPLACE FUNCTION pg_temp.is_of(touched oid[], kind text, id text, rel oid) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $fn$
    SELECT touched IS NULL OR rel = ANY (touched) OR CASE kind WHEN 'sequence' THEN id::oid = ANY (touched)
        ELSE kind IN ('view', 'function', 'enum') END
$fn$;

-- What schema public consists of, under what tells each thing as long as it lives: of some tables, or all, and what is
-- no table's. Facts of a column are things of their own. What a table of ours for the books consists of is not looked
-- at.
CREATE OR REPLACE FUNCTION pg_temp.things(only_of oid[] DEFAULT NULL)
RETURNS TABLE (kind text, id text, rel oid, name text, definition text) LANGUAGE sql STABLE AS $fn$
    WITH t AS (
        SELECT oid, relname, relnamespace FROM pg_class WHERE relkind IN ('r', 'p')
          AND relnamespace IN ('public'::regnamespace, to_regnamespace('retired'))
          AND relname NOT IN ('alembic_version', 'migration_history', 'register')
          AND (only_of IS NULL OR oid = ANY (only_of))),
    a AS (SELECT pg_attribute.*, attrelid || '.' || attnum AS at FROM t JOIN pg_attribute ON attrelid = t.oid
          WHERE attnum > 0 AND NOT attisdropped AND attinhcount = 0 AND relnamespace = 'public'::regnamespace)
    SELECT 'table', oid::text, oid, relname::text, relnamespace::regnamespace::text FROM t
    UNION ALL SELECT 'column', at, attrelid, attname, '' FROM a
    UNION ALL SELECT 'type', at, attrelid, attname, concat(format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> (SELECT typcollation FROM pg_type WHERE oid = atttypid)
             THEN ' COLLATE ' || attcollation::regcollation END,
        CASE WHEN attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s', pg_get_expr(adbin, adrelid),
            CASE attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END)
        FROM a LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL SELECT 'identity', at, attrelid, attname, concat('GENERATED ', CASE attidentity WHEN 'a' THEN 'ALWAYS'
            ELSE 'BY DEFAULT' END, ' AS IDENTITY (SEQUENCE NAME ', d.objid::regclass, ')|', pg_temp.numbers(d.objid))
        FROM a JOIN pg_depend d ON refclassid = 'pg_class'::regclass AND refobjid = attrelid AND refobjsubid = attnum
            AND classid = 'pg_class'::regclass AND deptype = 'i' WHERE attidentity <> ''
    UNION ALL SELECT 'not null', at, attrelid, attname, '' FROM a WHERE attnotnull
    UNION ALL SELECT 'default', at, attrelid, attname, pg_get_expr(adbin, adrelid)
        FROM a JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attgenerated = ''
    UNION ALL SELECT 'constraint', k.oid::text, conrelid, conname, pg_get_constraintdef(k.oid)
        FROM t JOIN pg_constraint k ON conrelid = t.oid
        WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND conislocal AND relnamespace = 'public'::regnamespace
          AND NOT pg_temp.is_prepared(conname)
    UNION ALL SELECT 'name of not null', concat(conrelid, '.', conkey[1]), conrelid, conname, ''
        FROM t JOIN pg_constraint ON conrelid = t.oid
        WHERE contype = 'n' AND conislocal AND relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexrelid::text, indrelid, c.relname, pg_get_indexdef(indexrelid)
        FROM t JOIN pg_index ON indrelid = t.oid JOIN pg_class c ON c.oid = indexrelid
        WHERE t.relnamespace = 'public'::regnamespace AND NOT pg_temp.is_prepared(c.relname)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    UNION ALL SELECT 'trigger', tgrelid || tgname, tgrelid, tgname, pg_temp.trigger_as_sql(g.oid)
        FROM t JOIN pg_trigger g ON tgrelid = t.oid WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function', p.oid::regprocedure::text, NULL, p.oid::regprocedure::text, pg_get_functiondef(p.oid)
        FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p') AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    UNION ALL SELECT 'view', c.oid::regclass::text, NULL, c.oid::regclass::text, pg_temp.view_as_sql(c.oid)
        FROM pg_class c WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    UNION ALL SELECT 'enum', typname, NULL, typname, pg_temp.labels_of(oid)::text
        FROM pg_type WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace
    UNION ALL SELECT 'sequence', s.oid::text, d.refobjid, s.relname, concat(pg_temp.numbers(s.oid), ' OWNED BY ',
        coalesce(d.refobjid::regclass || '.' || quote_ident(attname), 'NONE'))
        FROM pg_class s LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
            AND d.deptype = 'a'
        LEFT JOIN pg_attribute ON attrelid = d.refobjid AND attnum = d.refobjsubid
        WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace
          AND pg_temp.is_of(only_of, 'sequence', s.oid::text, d.refobjid)
          AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = s.oid
                          AND i.deptype = 'i')
$fn$;

-- The statement that undoes one change, and its place among the others: below 50 before the rows get their values
-- back, from 50 on after that. A table is undone as a whole.
CREATE OR REPLACE FUNCTION pg_temp.inverse(
    kind text, id text, tbl text, old_tbl text, old_name text, was text, name text, is_now text)
RETURNS TABLE (place integer, statement text) LANGUAGE sql STABLE AS $fn$
    SELECT place, statement
    FROM (SELECT coalesce(tbl, ''), coalesce(old_tbl, tbl, ''), coalesce(old_name, ''), coalesce(name, ''))
        AS s (t, b, o, n),
    LATERAL (VALUES
        ('trigger', 1, CASE WHEN name IS NOT NULL THEN format('DROP TRIGGER IF EXISTS %I ON public.%I', n, t) END),
        ('trigger', 80, was),
        -- A key goes after those that refer to it.
        ('constraint', CASE WHEN is_now LIKE 'FOREIGN%' THEN 1 ELSE 2 END,
            CASE WHEN is_now IS DISTINCT FROM was AND name IS NOT NULL
            THEN format('ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS %I', t, n) END),
        -- Two may have swapped their names.
        ('constraint', 3, CASE WHEN was = is_now
            THEN format('ALTER TABLE public.%I RENAME CONSTRAINT %I TO %I', t, n, 'undo ' || id) END),
        ('constraint', 5, CASE WHEN was = is_now
            THEN format('ALTER TABLE public.%I RENAME CONSTRAINT %I TO %I', t, 'undo ' || id, o) END),
        ('constraint', CASE WHEN was LIKE 'FOREIGN%' THEN 71 ELSE 70 END, CASE WHEN was <> is_now OR is_now IS NULL
            THEN format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', b, o, was) END),
        ('name of not null', 95, CASE WHEN was = is_now
            THEN format('ALTER TABLE public.%I RENAME CONSTRAINT %I TO %I', b, n, o) END),
        ('index', 3, CASE WHEN name IS NOT NULL THEN format('DROP INDEX IF EXISTS public.%I', n) END),
        ('index', 69, was),
        ('view', 0, CASE WHEN is_now LIKE 'CREATE MAT%' THEN format('DROP MATERIALIZED VIEW IF EXISTS %s', n)
            WHEN is_now IS NOT NULL THEN format('DROP VIEW IF EXISTS %s', n) END),
        ('view', 90, was),
        ('function', 4, CASE WHEN was IS NULL THEN format('DROP FUNCTION IF EXISTS %s', n) END),
        ('function', 79, was),
        ('not null', 10, CASE WHEN was IS NULL
            THEN format('ALTER TABLE public.%I ALTER COLUMN %I DROP NOT NULL', t, n) END),
        ('not null', 61, CASE WHEN is_now IS NULL OR is_now = 'gone'
            THEN format('CALL tighten_column(%L, %L, %L)', b, o, is_now IS NOT NULL) END),
        ('default', 9, CASE WHEN is_now IS NOT NULL
            THEN format('ALTER TABLE public.%I ALTER COLUMN %I DROP DEFAULT', t, n) END),
        ('default', 60, format('ALTER TABLE public.%I ALTER COLUMN %I SET DEFAULT ', b, o) || was),
        ('enum', 30, CASE WHEN was <> is_now
            THEN format('CALL ensure_enum(%L, VARIADIC %L)', o, was) END),
        ('label', 29, CASE WHEN was IS NOT NULL THEN format('CALL rename_label(%L, %L, %L)', was, n, o) END),
        ('enum', 19, CASE WHEN is_now IS NULL THEN format('CALL ensure_enum(%L, VARIADIC %L)', o, was) END),
        ('enum', 99, CASE WHEN was IS NULL THEN format('CALL drop_enum(%L)', n) END),
        ('column', 20, CASE WHEN was IS NULL THEN format('CALL retire_column(%L, %L)', t, n)
            WHEN is_now IS NOT NULL THEN format('ALTER TABLE public.%I RENAME COLUMN %I TO %I', t, n, o)
            END),
        ('type', 21, CASE WHEN is_now IS NULL THEN format('ALTER TABLE public.%I ADD COLUMN %I %s', t, o, was)
            WHEN was <> is_now THEN format('CALL undo_type(%L, %L, %L)', t, o, was) END),
        -- What comes after it names the table as it was.
        ('table', 50, CASE WHEN is_now = 'public' AND was = 'public'
            THEN format('ALTER TABLE public.%I RENAME TO %I', n, o) END),
        ('table', 97, CASE WHEN was IS NULL THEN format('CALL drop_table_unless_rows(%L)', n) END),
        ('sequence', 58, CASE WHEN n <> o AND o <> '' AND n <> ''
            THEN format('ALTER SEQUENCE public.%I RENAME TO %I', n, o) END),
        ('sequence', 59, CASE WHEN is_now IS NULL THEN format('CREATE SEQUENCE IF NOT EXISTS public.%I', o) END),
        ('sequence', 66, CASE WHEN was IS NOT NULL
            THEN format('CALL undo_sequence(%L, %L, %L)', o, was, is_now) END),
        ('identity', 11, CASE WHEN was IS NULL
            THEN format('ALTER TABLE public.%I ALTER COLUMN %I DROP IDENTITY IF EXISTS', t, n) END),
        ('identity', 63, CASE WHEN was IS NOT NULL
            THEN format('CALL undo_identity(%L, %L, %L)', b, o, was) END),
        ('sequence', 57, CASE WHEN was IS NULL THEN format('DROP SEQUENCE IF EXISTS public.%I', n) END)
    ) AS v (of_kind, place, statement) WHERE of_kind = kind AND statement IS NOT NULL
$fn$;

-- How often this transaction has written to the catalogue, as the server counts it; NULL where it does not.
CREATE OR REPLACE FUNCTION pg_temp.catalogue_writes() RETURNS text LANGUAGE sql AS $fn$
    SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid))::text FROM pg_class
    WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND current_setting('track_counts') = 'on'
$fn$;

-- Notes what the revision changed since things were looked at last, and looks at them again.
CREATE OR REPLACE PROCEDURE pg_temp.note_changes() LANGUAGE plpgsql AS $fn$
DECLARE
    touched oid[];
BEGIN
    -- A revision that was taken back by statements of its own has nothing left to undo.
    IF current_setting('homecoming.direction', true) = 'downgrade' THEN
        IF to_regclass('retired.register') IS NOT NULL THEN
            DELETE FROM retired.register WHERE revision = current_setting('homecoming.revision') AND kind LIKE 'undo%';
        END IF;
        PERFORM pg_temp.close_retired();
    END IF;
    IF pg_temp.catalogue_writes() = current_setting('homecoming.noted', true) THEN
        -- Nothing can be otherwise: most revisions find what they want.
        RETURN;
    END IF;
    touched := pg_temp.touched((SELECT max(cmin::text::bigint) FROM pg_temp.seen));
    DELETE FROM pg_temp.now_seen;
    INSERT INTO pg_temp.now_seen SELECT * FROM pg_temp.things(touched);
    IF current_setting('homecoming.direction', true) = 'upgrade' THEN
        DELETE FROM pg_temp.changed;
        INSERT INTO pg_temp.changed
            SELECT kind, id, coalesce(n.rel, o.rel), o.name, o.definition, n.name, n.definition
            FROM (SELECT * FROM pg_temp.seen WHERE pg_temp.is_of(touched, kind, id, rel)) o
            FULL JOIN pg_temp.now_seen n USING (kind, id)
            WHERE (o.name, o.definition) IS DISTINCT FROM (n.name, n.definition);
        -- What it changed is not as head has it any more.
        PERFORM set_config('homecoming.settled', ARRAY(
            SELECT unnest(nullif(current_setting('homecoming.settled', true), '')::text[])
            EXCEPT SELECT relname FROM pg_temp.changed JOIN pg_class ON oid = rel)::text, true);
        INSERT INTO pg_temp.changed (kind, old_name, was, name)
            SELECT 'label', old, enum_type, new FROM pg_temp.relabelled;
        DELETE FROM pg_temp.relabelled;
        -- Of a table that was made everything goes with it, and what is retired comes back as a whole.
        DELETE FROM pg_temp.changed c WHERE kind <> 'table' AND NOT (kind = 'sequence' AND was IS NOT NULL)
            AND rel IN (SELECT d.rel FROM pg_temp.changed d
                WHERE kind = 'table' AND (was IS NULL OR is_now IS DISTINCT FROM 'public'))
            OR kind = 'table' AND 'retired' IN (was, is_now)
            OR kind IN ('type', 'not null', 'default', 'identity')
                AND id IN (SELECT d.id FROM pg_temp.changed d WHERE kind = 'column' AND was IS NULL);
        UPDATE pg_temp.changed c SET is_now = 'gone' WHERE kind = 'not null'
            AND id IN (SELECT d.id FROM pg_temp.changed d WHERE kind = 'column' AND is_now IS NULL);
        IF EXISTS (SELECT FROM pg_temp.changed) THEN
            PERFORM pg_temp.open_retired();
            INSERT INTO retired.register (revision, kind, object, definition)
            SELECT current_setting('homecoming.revision'),
                CASE WHEN place < 50 THEN 'undo' WHEN place = 50 THEN 'undo name' ELSE 'undo after' END,
                concat_ws(' ', c.kind, concat_ws('.', CASE WHEN c.kind <> 'table' THEN relname END,
                    coalesce(old_name, c.name))), statement
            FROM pg_temp.changed c LEFT JOIN pg_class ON oid = rel
                -- As a subquery it would have the function planned for each row.
                LEFT JOIN pg_temp.seen t ON t.kind = 'table' AND t.rel = c.rel,
                LATERAL pg_temp.inverse(c.kind, c.id, relname, t.name, old_name, was, c.name, is_now)
            -- What an operation noted by itself is not noted twice.
            WHERE place < 50 OR NOT EXISTS (SELECT FROM retired.register r WHERE r.kind = c.kind
                AND r.revision = current_setting('homecoming.revision')
                AND r.object IN (concat_ws('.', relname, old_name), replace(old_name, 'public.', '')))
            ORDER BY place DESC, c.rel;
        END IF;
    END IF;
    DELETE FROM pg_temp.seen WHERE pg_temp.is_of(touched, kind, id, rel);
    INSERT INTO pg_temp.seen SELECT * FROM pg_temp.now_seen;
    PERFORM set_config('homecoming.noted', pg_temp.catalogue_writes(), true);
END $fn$;
