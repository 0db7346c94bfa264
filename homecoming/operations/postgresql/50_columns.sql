-- Columns: there, of the right type, default and nullability.

-- The description of a column, as the revisions write it: name type [default expression] [not null]
-- [references table].
CREATE OR REPLACE FUNCTION pg_temp.described(item text, OUT col text, OUT col_type text, OUT default_is text,
    OUT required boolean, OUT target text) LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
    target := substring(item FROM ' references (\w+)$');
    item := regexp_replace(item, ' references \w+$', '');
    required := item ~ ' not null$';
    item := regexp_replace(item, ' not null$', '');
    default_is := substring(item FROM ' default (.+)$');
    item := regexp_replace(item, ' default .+$', '');
    col := split_part(item, ' ', 1);
    col_type := substr(item, length(col) + 2);
    required := required OR col_type = 'serial';
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.default_of(tbl text, col text, OUT o text) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT pg_get_expr(adbin, adrelid) INTO o FROM pg_attrdef
    WHERE adrelid = pg_temp.oid_of(tbl) AND adnum = pg_temp.attnum_of(tbl, col);
END $fn$;

CREATE OR REPLACE FUNCTION pg_temp.is_required(tbl text, col text, OUT o boolean) LANGUAGE plpgsql STABLE AS $fn$
BEGIN
    SELECT attnotnull INTO o FROM pg_attribute
    WHERE attrelid = pg_temp.oid_of(tbl) AND attnum = pg_temp.attnum_of(tbl, col);
END $fn$;

-- Whether every row has a value. A column may be one that this run has added: what is said then is how to add
-- it.
CREATE OR REPLACE FUNCTION pg_temp.has_values(tbl text, col text) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE
    n bigint;
    type text := pg_temp.type_of(tbl, col);
    was text := pg_temp.was(tbl, col, '');
BEGIN
    IF was > '' THEN
        RETURN pg_temp.no_row(tbl, col, format('%I IS NULL', col), @null@, was || ' IS NULL');
    END IF;
    n := pg_temp.count_where(tbl, format('%I IS NULL', col));
    IF n > 0 THEN
        -- A type that no column had is one that the run makes, out of text as well.
        PERFORM pg_temp.fault(format(@missing_column.what@, pg_temp.was(tbl), col,
            pg_temp.counted(n, @missing_column.rows@)), concat(@missing_column.todo@, pg_temp.may_be(tbl, col),
            format(CASE col WHEN 'id'
                THEN @missing_column.id@ ELSE @missing_column.add@ END, pg_temp.was(tbl), col, CASE WHEN NOT pg_temp.is_enum(type)
                OR type IN (SELECT f.type FROM pg_temp.as_found f) THEN type ELSE 'text' END)));
    END IF;
    RETURN n = 0;
END $fn$;

-- NOT NULL is a named constraint from PostgreSQL 18 on, and the name outlives a rename of the table or the
-- column.
CREATE OR REPLACE FUNCTION pg_temp.name_not_null(tbl text, col text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    con record;
    wanted text := tbl || '_' || col || '_not_null';
BEGIN
    SELECT conname, convalidated, connoinherit INTO con FROM pg_constraint
    WHERE conrelid = pg_temp.oid_of(tbl) AND contype = 'n' AND conkey = ARRAY[pg_temp.attnum_of(tbl, col)];
    IF con.conname IS NOT NULL AND NOT con.convalidated
            AND NOT pg_temp.could_alter(tbl, 'VALIDATE CONSTRAINT %I', con.conname)
            AND pg_temp.has_values(tbl, col) THEN
        PERFORM pg_temp.alter(tbl, 'VALIDATE CONSTRAINT %I', con.conname);
    END IF;
    PERFORM pg_temp.alter(tbl, 'ALTER CONSTRAINT %I INHERIT', con.conname) WHERE con.connoinherit;
    IF con.conname <> wanted THEN
        PERFORM pg_temp.clear_constraint(tbl, wanted);
        PERFORM pg_temp.alter(tbl, 'RENAME CONSTRAINT %I TO %I', con.conname, wanted);
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_column(tbl text, item text) LANGUAGE plpgsql AS $fn$
DECLARE
    d record;
    kind record;
    next bigint;
    rel oid := pg_temp.oid_of(tbl);
BEGIN
    IF rel IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO d FROM pg_temp.described(item);
    <<it>> BEGIN
    -- Most are as said, and seen to be in one look: what comes after it asks for each of this by itself.
    EXIT it WHEN EXISTS (SELECT FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = rel AND attname = d.col AND attidentity = '' AND attgenerated = ''
          AND attcollation = typcollation AND format_type(atttypid, atttypmod) = pg_temp.spelled(d.col_type)
          AND d.col_type <> 'serial' AND attnotnull = d.required
          AND pg_get_expr(adbin, adrelid) IS NOT DISTINCT FROM d.default_is AND NOT EXISTS (
            SELECT FROM pg_constraint WHERE conrelid = rel AND contype = 'n' AND conkey = ARRAY[attnum]
              AND (connoinherit OR NOT convalidated OR conname <> tbl || '_' || d.col || '_not_null')));
    IF NOT pg_temp.has_column(tbl, d.col) THEN
        -- Rows that must have a value get the default; kept cells take its place.
        PERFORM pg_temp.alter(tbl, 'ADD COLUMN %I %s%s', d.col, pg_temp.as_type(pg_temp.spelled(d.col_type)),
            CASE WHEN d.required THEN ' DEFAULT ' || d.default_is || ' NOT NULL' END);
        PERFORM pg_temp.say(format('%s.%s added', tbl, d.col)) WHERE pg_temp.has_rows(tbl);
        PERFORM pg_temp.give_back('column', tbl, d.col, format('live.%I IS NULL OR %L', d.col, d.required));
    ELSE
        SELECT attidentity, attgenerated INTO kind FROM pg_attribute
        WHERE attrelid = rel AND attname = d.col;
        IF kind.attidentity <> '' THEN
            next := pg_temp.next_of(pg_get_serial_sequence(format('public.%I', tbl), d.col)::regclass);
            PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I DROP IDENTITY', d.col);
        ELSIF kind.attgenerated = 's' THEN
            PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I DROP EXPRESSION', d.col);
        ELSIF kind.attgenerated <> '' THEN
            PERFORM pg_temp.alter(tbl, 'RENAME COLUMN %I TO %I', d.col, d.col || '_generated');
            PERFORM pg_temp.alter(tbl, 'ADD COLUMN %I %s', d.col, pg_temp.as_type(pg_temp.spelled(d.col_type)));
            CALL pg_temp.merge_column(tbl, d.col || '_generated', d.col);
        END IF;
        IF NOT pg_temp.change_type(tbl, d.col, d.col_type) THEN
            PERFORM pg_temp.has_values(tbl, d.col) WHERE d.required;
            RETURN;
        END IF;
        PERFORM pg_temp.normalize_labels(tbl, d.col);
    END IF;
    IF d.col_type = 'serial' THEN
        CALL pg_temp.ensure_sequence(tbl, next);
    ELSIF pg_temp.default_of(tbl, d.col) IS DISTINCT FROM d.default_is THEN
        PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I %s', d.col,
            coalesce('SET DEFAULT ' || d.default_is, 'DROP DEFAULT'));
    END IF;
    IF d.required AND NOT pg_temp.is_required(tbl, d.col) THEN
        IF NOT pg_temp.could_alter(tbl, 'ALTER COLUMN %I SET NOT NULL', d.col) AND pg_temp.has_values(tbl, d.col) THEN
            PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I SET NOT NULL', d.col);
        END IF;
    ELSIF d.required < pg_temp.is_required(tbl, d.col) THEN
        PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I DROP NOT NULL', d.col);
    END IF;
    PERFORM pg_temp.name_not_null(tbl, d.col);
    END;
    IF d.target IS NOT NULL THEN
        PERFORM pg_temp.ensure_foreign_key(tbl, d.col, d.target);
    END IF;
END $fn$;

-- A column that a later revision takes away: given to a table without rows only, and not where what it refers
-- to is gone already. A table with rows has it, or is past it.
CREATE OR REPLACE PROCEDURE pg_temp.transitional_column(tbl text, item text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_table(tbl) AND NOT pg_temp.has_rows(tbl) AND EXISTS (SELECT FROM pg_temp.described(item)
        WHERE NOT pg_temp.has_column(tbl, col) AND (target IS NULL OR pg_temp.has_table(target))) THEN
        CALL pg_temp.ensure_column(tbl, item);
    END IF;
END $fn$;

-- A column that a later revision changes: made where it is missing.
CREATE OR REPLACE PROCEDURE pg_temp.lacking_column(tbl text, item text) LANGUAGE plpgsql AS $fn$
BEGIN
    IF NOT pg_temp.has_column(tbl, split_part(item, ' ', 1)) THEN
        CALL pg_temp.ensure_column(tbl, item);
    END IF;
END $fn$;

-- NOT NULL where no row is NULL. For the way back: rows written since may have no value.
CREATE OR REPLACE PROCEDURE pg_temp.tighten_column(tbl text, col text, was_gone boolean) LANGUAGE plpgsql AS $fn$
BEGIN
    IF pg_temp.has_column(tbl, col) AND NOT pg_temp.is_required(tbl, col) THEN
        IF was_gone THEN
            -- Rows that were written without it.
            PERFORM pg_temp.change_rows(tbl,
                format('UPDATE public.%1$I SET %2$I = DEFAULT WHERE %2$I IS NULL', tbl, col));
        END IF;
        IF pg_temp.count_where(tbl, format('%I IS NULL', col)) = 0 THEN
            PERFORM pg_temp.alter(tbl, 'ALTER COLUMN %I SET NOT NULL', col);
            PERFORM pg_temp.name_not_null(tbl, col);
        ELSE
            PERFORM pg_temp.say(format('%s.%s stays nullable: rows hold NULL', tbl, col));
        END IF;
    END IF;
END $fn$;

-- One column under one name: old becomes into_col. Where both exist into_col wins, its gaps are filled, and old
-- is retired.
CREATE OR REPLACE PROCEDURE pg_temp.merge_column(tbl text, old text, into_col text) LANGUAGE plpgsql AS $fn$
DECLARE
    old_type text := pg_temp.type_of(tbl, old);
    live text := pg_temp.type_of(tbl, into_col);
    value text;
    gap text := CASE WHEN live = 'text' OR live LIKE 'character%' THEN '(%1$I IS NULL OR btrim(%1$I) = '''')'
                     ELSE '%1$I IS NULL' END;
BEGIN
    IF old_type IS NULL THEN
        RETURN;
    ELSIF live IS NULL THEN
        PERFORM pg_temp.alter(tbl, 'RENAME COLUMN %I TO %I', old, into_col);
        PERFORM pg_temp.say(format('%s.%s renamed to %s', tbl, old, into_col));
        RETURN;
    END IF;
    value := pg_temp.converted(quote_ident(old), old_type, live);
    PERFORM pg_temp.say_zone(tbl || '.' || old, format('FROM public.%I WHERE %s', tbl, format(gap, into_col)),
        quote_ident(old), old_type, live);
    PERFORM pg_temp.change_cells(tbl, into_col, value, format('%I IS NOT NULL AND %s AND %s IS NOT NULL', old,
        format(gap, into_col), value));
    CALL pg_temp.retire_column(tbl, old);
END $fn$;
