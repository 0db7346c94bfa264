-- The copies that scripts left: rows that exist only there go back, what refers to them is turned round, and
-- they are retired.

-- Rows whose id the target lacks are inserted, as far as they satisfy its keys and constraints.
CREATE OR REPLACE PROCEDURE pg_temp.recover_rows(source text, target text) LANGUAGE plpgsql AS $fn$
DECLARE
    d record;
    from_col text;
    from_type text;
    value text;
    zoned text[] := '{}';
    into_cols text[] := '{}';
    cols text[] := '{}';
    conditions text[] := '{}';
    lacking text;
    says text;
    ids text[];
    n bigint;
BEGIN
    FOR d IN SELECT a.attname::text AS col, pg_temp.type_name(a.atttypid, a.atttypmod) AS col_type,
            a.attnotnull, a.atthasdef,
            (SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
             WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS parent
        FROM pg_attribute a
        WHERE a.attrelid = pg_temp.oid_of(target) AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = ''
    LOOP
        from_col := CASE WHEN pg_temp.has_column(source, d.col) THEN d.col
            ELSE (SELECT o FROM (VALUES ('tipo', 'tipo_usuario'), ('criado_em', 'created_at'),
                                        ('atualizado_em', 'updated_at')) AS p (n, o)
                  WHERE p.n = d.col AND pg_temp.has_column(source, p.o)) END;
        IF from_col IS NULL THEN
            CONTINUE WHEN d.atthasdef OR NOT d.attnotnull;
            PERFORM pg_temp.say(format('%s: no row can go back to %s, which needs %s', source, target, d.col));
            RETURN;
        END IF;
        from_type := pg_temp.type_of(source, from_col);
        value := pg_temp.converted('source.' || quote_ident(from_col), from_type, d.col_type);
        zoned := zoned || ARRAY[[d.col, 'source.' || quote_ident(from_col), from_type, d.col_type]];
        into_cols := into_cols || quote_ident(d.col);
        cols := cols || value;
        conditions := conditions
            || pg_temp.fits('source.' || quote_ident(from_col), from_type, d.col_type, true);
        -- Where scripts made the kind of user text, it takes what a later revision would refuse.
        IF target = 'usuarios' AND d.col LIKE 'tipo%' THEN
            conditions := conditions || format('(source.%1$I IS NULL OR %2$s IS NOT NULL)', from_col,
                pg_temp.folded(format('source.%I', from_col), '{ADMIN,PROMOTER,CLIENTE}'));
        END IF;
        IF d.parent IS NOT NULL THEN
            conditions := conditions || format('(source.%1$I IS NULL '
                'OR EXISTS (SELECT FROM public.%2$I parent WHERE parent.id::text = source.%1$I::text))',
                from_col, d.parent);
        END IF;
    END LOOP;
    lacking := format(' FROM public.%I source WHERE NOT EXISTS '
        '(SELECT FROM public.%I target WHERE target.id::text = source.id::text) AND %s', source, target,
        array_to_string('true'::text || conditions, ' AND '));
    PERFORM pg_temp.say_zone(source || '.' || z[i][1], lacking, z[i][2], z[i][3], z[i][4])
    FROM (SELECT zoned) AS a (z), generate_subscripts(z, 1) i;
    says := format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s%s', target,
        array_to_string(into_cols, ', '), array_to_string(cols, ', '), lacking);
    BEGIN
        n := pg_temp.change_rows(target, says || ' ORDER BY source.id ON CONFLICT DO NOTHING');
    EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
        n := 0;
        EXECUTE 'SELECT array_agg(source.id::text ORDER BY source.id)' || lacking INTO ids;
        FOREACH value IN ARRAY ids LOOP
            BEGIN
                n := n + pg_temp.change_rows(target,
                    says || format(' AND source.id::text = %L ON CONFLICT DO NOTHING', value));
            EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
                NULL;
            END;
        END LOOP;
    END;
    IF n > 0 THEN
        PERFORM pg_temp.say(format('%s: %s back from %s', target, pg_temp.counted(n, 'row', 'rows'), source));
    END IF;
END $fn$;

-- Whether a table is a copy of another: named after it, and alike.
CREATE OR REPLACE FUNCTION pg_temp.is_leftover(copy text, tbl text, known text[])
RETURNS boolean LANGUAGE sql STABLE AS $fn$
    SELECT copy <> ALL (known)
       AND (copy = '_alembic_tmp_' || tbl
            OR copy ~ ('^' || tbl || '_(old|new|temp|tmp|backup|bkp|copy|copia|antigo|antiga)(_|$)'))
       AND pg_temp.has_column(copy, 'id')
       AND (NOT pg_temp.has_table(tbl) OR (
            SELECT 2 * count(*) FILTER (WHERE pg_temp.has_column(copy, a.attname)) >= least(count(*), (
                SELECT count(*) FROM pg_attribute
                WHERE attrelid = pg_temp.oid_of(copy) AND attnum > 0 AND NOT attisdropped))
            FROM pg_attribute a WHERE a.attrelid = pg_temp.oid_of(tbl) AND a.attnum > 0 AND NOT a.attisdropped))
$fn$;

-- Tables come with parents before children, so that rows that go back find what they refer to.
CREATE OR REPLACE PROCEDURE pg_temp.retire_leftovers(VARIADIC known text[]) LANGUAGE plpgsql AS $fn$
DECLARE
    tbl text;
    copy record;
BEGIN
    PERFORM pg_temp.refuse_other('retired.register', 'kept_in');
    -- First what hides rows, and the keys that bind a copy.
    FOR copy IN SELECT relname::text AS name,
            relname <> ALL (known) AND bool_or(pg_temp.has_table(k)) AS is_copy
        FROM pg_class JOIN unnest(known) k ON relname = k OR pg_temp.is_leftover(relname, k, known)
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') GROUP BY relname
    LOOP
        PERFORM pg_temp.clear_table(copy.name);
        PERFORM pg_temp.drop_constraint(copy.name, conname) FROM pg_constraint
        WHERE copy.is_copy AND conrelid = pg_temp.oid_of(copy.name) AND contype = 'f';
    END LOOP;
    FOREACH tbl IN ARRAY known LOOP
        FOR copy IN
            SELECT c.relname::text AS name,
                EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = c.oid) AS referred
            FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND pg_temp.is_leftover(c.relname, tbl, known)
            ORDER BY referred DESC, c.relname ~ '_(new|temp|tmp)' DESC, c.oid DESC
        LOOP
            IF NOT pg_temp.has_table(tbl) AND pg_temp.has_rows(copy.name) THEN
                PERFORM pg_temp.alter(copy.name, 'RENAME TO %I', tbl);
                PERFORM pg_temp.say(format('%s renamed to %s, which was missing', copy.name, tbl));
            ELSIF NOT pg_temp.has_table(tbl) THEN
                CALL pg_temp.retire_table(copy.name);
            ELSE
                CALL pg_temp.recover_rows(copy.name, tbl);
                CALL pg_temp.repoint_foreign_keys(copy.name, tbl);
                CALL pg_temp.retire_table(copy.name);
            END IF;
        END LOOP;
    END LOOP;
END $fn$;

-- Every table that was retired whole comes back under its name, and what was taken down before the rest.
CREATE OR REPLACE PROCEDURE pg_temp.restore_leftovers() LANGUAGE plpgsql AS $fn$
DECLARE item text;
BEGIN
    IF to_regclass('retired.register') IS NULL THEN
        RETURN;
    END IF;
    FOREACH item IN ARRAY ARRAY(
        SELECT DISTINCT object FROM retired.register WHERE kind = 'table' ORDER BY object)
    LOOP
        CALL pg_temp.restore_table(item);
    END LOOP;
    FOREACH item IN ARRAY '{constraint,rule,policy,row security}'::text[] LOOP
        CALL pg_temp.restore_noted(item, '%');
    END LOOP;
END $fn$;
