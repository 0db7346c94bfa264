-- The way back: what each revision changed here is noted at its end, and undone from that.

CREATE TEMP TABLE IF NOT EXISTS seen (kind text, id text, rel oid, name text, definition text) ON COMMIT DROP;

-- The words that labels have got, which their type does not tell once it was made anew.
CREATE TEMP TABLE IF NOT EXISTS relabelled (enum_type text, old text, new text) ON COMMIT DROP;

-- What a sequence gives, as (position, whether it was given)|options.
CREATE OR REPLACE FUNCTION pg_temp.numbers(seq oid) RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT concat(coalesce(pg_sequence_last_value(seq), pg_temp.next_of(seq)), ', ',
        (pg_sequence_last_value(seq) IS NOT NULL)::text, '|AS ', seqtypid::regtype, ' INCREMENT ', seqincrement,
        ' MINVALUE ', seqmin, ' MAXVALUE ', seqmax, ' START ', seqstart, ' CACHE ', seqcache,
        CASE WHEN seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END)
    FROM pg_sequence WHERE seqrelid = seq AND has_sequence_privilege(seq, 'USAGE, SELECT')
$fn$;

-- What schema public consists of, under what tells each thing as long as it lives. Facts of a column are things of
-- their own. What a table of ours for the books consists of is not looked at.
CREATE OR REPLACE FUNCTION pg_temp.things()
RETURNS TABLE (kind text, id text, rel oid, name text, definition text) LANGUAGE sql STABLE AS $fn$
    WITH t AS (
        SELECT oid, relname, relnamespace FROM pg_class WHERE relkind IN ('r', 'p')
          AND relnamespace IN ('public'::regnamespace, to_regnamespace('retired'))
          AND relname NOT IN ('alembic_version', 'migration_history', 'register')),
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
    UNION ALL SELECT 'name of not null', concat(conrelid, '.', conkey[1]), conrelid, conname, ''
        FROM t JOIN pg_constraint ON conrelid = t.oid
        WHERE contype = 'n' AND conislocal AND relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexrelid::text, indrelid, c.relname, pg_get_indexdef(indexrelid)
        FROM t JOIN pg_index ON indrelid = t.oid JOIN pg_class c ON c.oid = indexrelid
        WHERE t.relnamespace = 'public'::regnamespace
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
BEGIN
    -- A revision that was taken back by statements of its own has nothing left to undo.
    IF current_setting('painel.direction', true) = 'downgrade' THEN
        IF to_regclass('retired.register') IS NOT NULL THEN
            DELETE FROM retired.register WHERE revision = current_setting('painel.revision') AND kind LIKE 'undo%';
        END IF;
        PERFORM pg_temp.close_retired();
    END IF;
    IF pg_temp.catalogue_writes() = current_setting('painel.noted', true) THEN
        -- Nothing can be otherwise: most revisions find what they want.
        RETURN;
    END IF;
    CREATE TEMP TABLE now_seen ON COMMIT DROP AS SELECT * FROM pg_temp.things();
    IF current_setting('painel.direction', true) = 'upgrade' THEN
        CREATE TEMP TABLE changed ON COMMIT DROP AS
            SELECT kind, id, coalesce(n.rel, o.rel) AS rel, o.name AS old_name, o.definition AS was, n.name,
                n.definition AS is_now
            FROM pg_temp.seen o FULL JOIN pg_temp.now_seen n USING (kind, id)
            WHERE (o.name, o.definition) IS DISTINCT FROM (n.name, n.definition);
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
            SELECT current_setting('painel.revision'),
                CASE WHEN place < 50 THEN 'undo' WHEN place = 50 THEN 'undo name' ELSE 'undo after' END,
                concat_ws(' ', kind, concat_ws('.', CASE WHEN kind <> 'table' THEN relname END,
                    coalesce(old_name, name))), statement
            FROM pg_temp.changed c LEFT JOIN pg_class ON oid = rel,
                LATERAL pg_temp.inverse(kind, id, relname,
                    (SELECT s.name FROM pg_temp.seen s WHERE s.kind = 'table' AND s.rel = c.rel), old_name, was, name,
                    is_now)
            -- What an operation noted by itself is not noted twice.
            WHERE place < 50 OR NOT EXISTS (SELECT FROM retired.register r WHERE r.kind = c.kind
                AND r.revision = current_setting('painel.revision')
                AND r.object IN (concat_ws('.', relname, old_name), replace(old_name, 'public.', '')))
            ORDER BY place DESC, rel;
        END IF;
        DROP TABLE pg_temp.changed;
    END IF;
    DELETE FROM pg_temp.seen;
    INSERT INTO pg_temp.seen SELECT * FROM pg_temp.now_seen;
    DROP TABLE pg_temp.now_seen;
    PERFORM set_config('painel.noted', pg_temp.catalogue_writes(), true);
END $fn$;

-- The type that a column had. What a conversion could not invert was kept beside it.
CREATE OR REPLACE PROCEDURE pg_temp.undo_type(tbl text, col text, was text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF was ~ ' GENERATED ' THEN
        PERFORM pg_temp.say(format('%s.%s stays as it is: it was computed', tbl, col));
    ELSIF pg_temp.has_column(tbl, col) AND pg_temp.count_where(tbl,
            'NOT ' || pg_temp.fits(quote_ident(col), pg_temp.type_of(tbl, col), was)) = 0 THEN
        PERFORM pg_temp.change_type(tbl, col, was);
    END IF;
END $fn$;

-- Gives such cells back where their revision is taken back, with the labels they need. A row that was given another
-- value since keeps that. Of rows that are alike in all, one is as good as another.
CREATE OR REPLACE FUNCTION pg_temp.give_spelling_back(enum_type text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    entry integer;
    kept record;
    labels text[];
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    -- Read first: the register goes with the last of them.
    FOREACH entry IN ARRAY ARRAY(SELECT id FROM retired.register WHERE kind = 'cells' AND object LIKE '%.%.%'
        AND concat(revision) >= concat(current_setting('painel.revision', true)) ORDER BY id DESC)
    LOOP
        SELECT object, kept_in, format('retired.%I', kept_in) AS here, rel, attname AS col, format_type(atttypid, NULL)
            AS type, CASE WHEN t.oid = atttypid THEN 'ARRAY[cell]' ELSE 'cell::text[]' END AS cells
        INTO kept
        FROM retired.register r, LATERAL (SELECT parse_ident(object) AS p) p,
            LATERAL (SELECT to_regclass(format('%I.%I', p[1], p[2])) AS rel) c
            JOIN pg_attribute ON attrelid = rel JOIN pg_type t ON atttypid IN (t.oid, typarray)
        WHERE r.id = entry AND attname = p[3] AND t.oid = pg_temp.type_oid(enum_type);
        CONTINUE WHEN kept.rel IS NULL;
        EXECUTE format('SELECT ARRAY(SELECT DISTINCT l FROM %s, unnest(%s) l WHERE l <> ALL (%L))', kept.here,
            kept.cells, pg_temp.labels_of(enum_type)) INTO labels;
        IF cardinality(labels) > 0 THEN
            PERFORM pg_temp.rebuild_enum(enum_type, pg_temp.labels_of(enum_type) || labels);
        END IF;
        BEGIN
            PERFORM pg_temp.change_rows(kept.rel::text, format('WITH k AS (SELECT *, ctid AS at, row_number() OVER '
                '(PARTITION BY of_row, became) AS nth FROM %1$s), l AS (SELECT %2$s::text AS of_row, %3$I::text AS '
                'became, ctid AS at, tableoid AS part, row_number() OVER (PARTITION BY %2$s::text, %3$I) AS nth '
                'FROM %4$s), back AS (UPDATE %4$s t SET %3$I = cell::%5$s FROM k JOIN l USING (of_row, became, nth) '
                'WHERE t.ctid = l.at AND t.tableoid = part RETURNING k.at) '
                'DELETE FROM %1$s k USING back WHERE k.ctid = back.at', kept.here,
                obj_description(kept.here::regclass, 'pg_class'), kept.col, kept.rel, kept.type));
        EXCEPTION WHEN integrity_constraint_violation OR syntax_error_or_access_rule_violation THEN
            NULL; -- What stays is told.
        END;
        CALL pg_temp.let_go(entry, kept.kept_in, kept.object, 'the row is gone, or has a newer value');
    END LOOP;
END $fn$;

-- A sequence as it was. Where it has given numbers since, it goes on after them.
CREATE OR REPLACE PROCEDURE pg_temp.undo_sequence(seq text, was text, is_now text) LANGUAGE plpgsql AS $fn$
DECLARE
    before text[] := string_to_array(was, '|');
    name regclass := to_regclass(format('public.%I', seq));
    stood boolean := split_part(pg_temp.numbers(name), '|', 1) = split_part(coalesce(is_now, was), '|', 1);
BEGIN
    IF name IS NOT NULL THEN
        -- A position beyond its bounds is none.
        EXECUTE format('ALTER SEQUENCE %s %s%s', name, before[2], CASE WHEN stood OR is_now IS NULL
            THEN ' RESTART WITH ' || split_part(before[1], ',', 1) END);
        IF stood OR is_now IS NULL THEN
            EXECUTE format('SELECT setval(%L, %s)', name, before[1]);
        END IF;
    END IF;
END $fn$;

-- A column that was an identity gives its numbers by itself again, from where its sequence stood or stands.
CREATE OR REPLACE PROCEDURE pg_temp.undo_identity(tbl text, col text, was text) LANGUAGE plpgsql AS $fn$
DECLARE
    before text[] := string_to_array(was, '|');
    seq text := substring(before[1] FROM 'SEQUENCE NAME (.*)[)]');
    highest bigint;
BEGIN
    IF pg_temp.is_required(tbl, col) THEN
        PERFORM pg_temp.alter(tbl, format('ALTER COLUMN %%I ADD %s', before[1]), col);
        EXECUTE format('ALTER SEQUENCE %s %s', seq, before[3]);
        EXECUTE format('SELECT setval(%L, %s)', seq, before[2]);
        EXECUTE format('SELECT max(%I) FROM public.%I', col, tbl) INTO highest;
        PERFORM setval(seq, highest) WHERE highest >= pg_temp.next_of(seq::regclass) AND before[2] LIKE '%true';
    END IF;
END $fn$;

-- Leaves a foreign key with the table that it was turned to, and its values, where a row does not find in the copy,
-- by what it was, the row that it refers to: it was written since.
CREATE OR REPLACE PROCEDURE pg_temp.keep_turned(child text, col text, turned text) LANGUAGE plpgsql AS $fn$
DECLARE
    live record;
    copy text;
    kept text := (pg_temp.noted('cells', child || '.' || col)).kept;
    keys text[];
    stays boolean;
BEGIN
    SELECT target, made_by INTO live FROM pg_temp.keys_now
    WHERE conrelid = pg_temp.oid_of(child) AND conkey = ARRAY[pg_temp.attnum_of(child, col)];
    IF turned IS NULL OR live.target IS NULL THEN
        RETURN;
    END IF;
    SELECT relname INTO copy FROM pg_class
    WHERE oid = to_regclass(substring(turned FROM ' REFERENCES (public\.("[^"]+"|\w+))\('));
    stays := copy IS NULL;
    IF NOT stays THEN
        keys := ARRAY(SELECT attname::text FROM pg_index
            JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = pg_temp.oid_of(live.target) AND indisunique AND indnatts = 1 AND attname <> 'id');
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I child '
            'WHERE child.%2$I IS NOT NULL AND NOT EXISTS (SELECT FROM public.%3$I source '
            'JOIN public.%4$I target ON target.id = child.%2$I '
            'WHERE source.id = %5$s AND (%6$s OR source.id = target.id AND NOT %7$s)))',
            child, col, copy, live.target,
            CASE WHEN kept IS NULL THEN format('child.%I', col) ELSE format(
                'coalesce((SELECT kept.%1$I FROM retired.%2$I kept WHERE kept.id = child.id '
                'AND coalesce(kept.of_row && %3$s, true)), child.%1$I)',
                col, kept, pg_temp.marks(child, 'child')) END,
            concat_ws(' OR ', 'false', (SELECT string_agg(j, ' OR ')
                FROM pg_temp.joined(copy, live.target, keys || '{nome,nome_completo}'::text[]) j)),
            coalesce(pg_temp.differ(copy, live.target, keys), 'false')) INTO stays;
    END IF;
    IF stays THEN
        DELETE FROM pg_temp.undone WHERE kind = 'cells' AND object = child || '.' || col;
        DELETE FROM pg_temp.undone WHERE kind = 'undo after' AND object LIKE 'constraint ' || child || '.%'
            AND strpos(definition, format(' FOREIGN KEY (%I) ', col)) > 0;
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = pg_temp.oid_of(child)
                AND conkey = ARRAY[pg_temp.attnum_of(child, col)]) THEN
            EXECUTE live.made_by;
        END IF;
        PERFORM pg_temp.say(format('%s.%s refers to %s still', child, col, live.target));
    END IF;
END $fn$;

-- Undoes what the revision changed here, last first.
CREATE OR REPLACE PROCEDURE pg_temp.undo() LANGUAGE plpgsql AS $fn$
DECLARE
    at_revision text := current_setting('painel.revision');
    thing record;
    tbl text;
    col text;
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    CREATE TEMP TABLE undone ON COMMIT DROP AS SELECT * FROM retired.register WHERE revision = at_revision;
    CREATE TEMP TABLE keys_now ON COMMIT DROP AS SELECT conrelid, conkey, relname AS target,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
            pg_get_constraintdef(k.oid)) AS made_by
        FROM pg_constraint k JOIN pg_class c ON c.oid = confrelid WHERE contype = 'f';
    CALL pg_temp.undo_noted('undo');
    -- Also where the type has the labels that it had: its rows were folded.
    PERFORM pg_temp.give_spelling_back(typname) FROM pg_type
    WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace;
    -- A copy comes back before it is asked whether references to it may, and values before what checks them.
    FOR thing IN SELECT * FROM pg_temp.undone WHERE kind NOT LIKE 'undo%' AND kind <> 'rows'
            ORDER BY kind <> 'table', kind <> 'reference',
                kind NOT IN ('column', 'cells', 'changed', 'deleted', 'arrived'),
                id DESC LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_temp.undone WHERE id = thing.id);
        -- A name may have a dot: the catalogue knows where it ends.
        SELECT relname, attname INTO tbl, col FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
        WHERE relnamespace = 'public'::regnamespace AND concat(relname, '.', attname) = thing.object;
        IF NOT FOUND THEN
            tbl := split_part(thing.object, '.', 1);
            col := split_part(thing.object, '.', 2);
        END IF;
        CASE thing.kind
            WHEN 'column', 'cells' THEN
                PERFORM pg_temp.give_back(thing.kind, tbl, col,
                    CASE thing.kind WHEN 'column' THEN format('live.%I IS NULL', col) ELSE 'true' END);
            WHEN 'table' THEN CALL pg_temp.restore_table(thing.object);
            WHEN 'arrived' THEN PERFORM pg_temp.send_back(thing.object, thing.kept_in);
            WHEN 'reference' THEN
                CALL pg_temp.keep_turned(tbl, col, thing.definition);
                DELETE FROM retired.register WHERE id = thing.id;
            WHEN 'changed' THEN CALL pg_temp.restore_changes(tbl, col);
            WHEN 'deleted' THEN CALL pg_temp.restore_deleted(thing.id, thing.object, thing.kept_in);
            -- All of a kind: a view may need another.
            ELSE CALL pg_temp.restore_noted(thing.kind, '%');
        END CASE;
    END LOOP;
    CALL pg_temp.undo_noted('undo name');
    PERFORM pg_temp.restore_rows(object) FROM pg_temp.undone WHERE kind = 'rows';
    CALL pg_temp.undo_noted('undo after');
    DROP TABLE pg_temp.undone, pg_temp.keys_now;
    PERFORM pg_temp.close_retired();
END $fn$;

-- These may be called: pg_temp.tighten_column, pg_temp.rename_label, pg_temp.ensure_enum, pg_temp.drop_enum,
-- pg_temp.retire_column, pg_temp.undo_type, pg_temp.undo_identity, pg_temp.drop_table_unless_rows,
-- pg_temp.undo_sequence.
CREATE OR REPLACE PROCEDURE pg_temp.undo_noted(what text) LANGUAGE plpgsql AS $fn$
DECLARE
    thing record;
    is_last boolean := false;
    is_further boolean;
BEGIN
    LOOP
        is_further := false;
        FOR thing IN SELECT * FROM pg_temp.undone WHERE kind = what ORDER BY id DESC LOOP
            BEGIN
                IF pg_temp.names_foreign_code(thing.definition) THEN
                    RAISE insufficient_privilege USING MESSAGE = 'it names the code of a role that is not trusted';
                END IF;
                EXECUTE concat(regexp_replace(thing.definition, '^CALL ', 'CALL pg_temp.'),
                    -- It was there over rows that break it.
                    CASE WHEN is_last AND thing.definition ~ ' ADD CONSTRAINT .* (FOREIGN KEY|CHECK) '
                        THEN ' NOT VALID' END);
                is_further := true;
                DELETE FROM pg_temp.undone WHERE id = thing.id;
                DELETE FROM retired.register WHERE id = thing.id;
            EXCEPTION WHEN syntax_error_or_access_rule_violation OR integrity_constraint_violation
                    OR feature_not_supported OR data_exception OR dependent_objects_still_exist
                    OR invalid_table_definition OR duplicate_object OR undefined_object OR SQLSTATE 'PM004' THEN
                IF is_last THEN
                    -- What is said of a value may quote it.
                    PERFORM pg_temp.say(concat(thing.object, ' is not as it was',
                        CASE WHEN SQLSTATE ~ '^(42|2B|55|PM)' THEN ': ' || SQLERRM END));
                    -- How it was made is kept.
                    UPDATE retired.register SET kind = split_part(object, ' ', 1),
                        object = substr(object, strpos(object, ' ') + 1)
                    WHERE id = thing.id AND definition ~ '^CREATE| ADD CONSTRAINT ';
                    DELETE FROM retired.register WHERE id = thing.id AND kind = what;
                END IF;
            END;
        END LOOP;
        EXIT WHEN is_last;
        -- One may need another that is made after it.
        is_last := NOT is_further;
    END LOOP;
END $fn$;

-- Rows that came from elsewhere go back where they came from, unless they were changed since or are referred to.
CREATE OR REPLACE FUNCTION pg_temp.send_back(tbl text, kept text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    row_id integer;
    n bigint := 0;
BEGIN
    IF pg_temp.has_table(tbl) THEN
        FOR row_id IN EXECUTE format('SELECT t.id FROM public.%I t JOIN retired.%I k USING (id) '
                'WHERE to_jsonb(t) = k.of_row ORDER BY id DESC', tbl, kept) LOOP
            BEGIN
                n := n + pg_temp.change_rows(tbl, format('DELETE FROM public.%I WHERE id = %s', tbl, row_id));
            EXCEPTION WHEN integrity_constraint_violation THEN
                NULL;
            END;
        END LOOP;
        PERFORM pg_temp.say(format('%s: %s gone again', tbl, pg_temp.counted(n, 'row', 'rows')));
    END IF;
    EXECUTE format('DROP TABLE retired.%I', kept);
    DELETE FROM retired.register WHERE kind = 'arrived' AND kept_in = kept;
END $fn$;
