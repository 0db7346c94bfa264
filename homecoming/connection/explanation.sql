DECLARE
    -- Whose function it was, where it was none of ours. A RAISE may name what it likes, a row's values as well.
    fn text := substring(e_context FROM 'PL/pgSQL (?:function )?((?!pg_temp)[^\s(]+\([^)]*\))');
    con text := CASE WHEN fn IS NULL THEN nullif(e_con, '') END;
    name text := coalesce(CASE WHEN e_rel <> '' AND fn IS NULL THEN format('%I.%I', e_schema, e_rel) END, substring(
        e_context FROM '(?i)\m(?:TABLE|VIEW|INDEX|UPDATE|INTO|FROM|ON) (?:ONLY )?((?:\w+|"[^"]+")\.(?:\w+|"[^"]+"))'));
    rel regclass := to_regclass(name);
    idx regclass := to_regclass(quote_ident(e_schema) || '.' || quote_ident(con));
    shown text;
    n bigint;
    off text;
BEGIN
    SELECT todo || ', then run again', CASE WHEN fn IS NULL AND cause = '' THEN e_what ELSE
        coalesce(nullif(cause, ''), 'it fails') END INTO e_hint, e_what
    FROM (VALUES
/*answers*/
    ) AS a (codes, todo, cause) WHERE e_state ~ ('^(' || codes || ')') LIMIT 1;
    IF fn IS NOT NULL THEN
        SELECT string_agg(says, '; ') INTO off FROM (
            SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname), evtfoid FROM pg_event_trigger
            UNION ALL SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname), tgfoid
            FROM pg_trigger WHERE NOT tgisinternal) AS t (says, calls)
        -- What it calls may be what fails.
        WHERE EXISTS (SELECT FROM regexp_matches(e_context, 'PL/pgSQL (?:function )?([^\s(]+\([^)]*\))', 'g') AS m
            WHERE m[1] IN (calls::regprocedure::text, 'public.' || calls::regprocedure));
        off := coalesce('Switch it off, then run again: ' || off, format('Drop what calls %s, then run again', fn));
    ELSIF e_state = '42501' THEN
        -- Who may see some columns, and not all, lacks those. A superuser's role is lent to nobody.
        SELECT format(CASE WHEN cols > '' THEN 'As %1$s, then run again: GRANT SELECT (%2$s) ON %3$s TO %4$I'
            WHEN rolsuper THEN 'Connect as %1$s, then run again'
            ELSE 'Connect as %1$s, or let this role be it, then run again: GRANT %1$s TO %4$I' END
            || CASE WHEN relkind IN ('v', 'm') THEN '; or drop %3$s as %1$s' ELSE '' END,
            relowner::regrole, cols, rel, current_user) INTO off
        FROM pg_class c JOIN pg_roles r ON r.oid = relowner,
            LATERAL (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS cols FROM pg_attribute
                WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped AND has_any_column_privilege(rel, 'SELECT')
                    AND NOT has_column_privilege(rel, attnum, 'SELECT')) k
        WHERE c.oid = rel AND NOT pg_has_role(relowner, 'USAGE');
    ELSIF e_state = '53400' THEN
        off := /*limit*/;
    ELSIF con IS NOT NULL OR e_state = '23502' THEN
        SELECT format(CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE conrelid = rel AND conname = con)
            THEN 'ALTER TABLE %s DROP CONSTRAINT %I' WHEN idx IS NOT NULL THEN 'DROP INDEX %3$s' END, rel, con, idx)
        INTO off;
        off := 'Drop it, or change the rows so that they pass it, then run again: ' || off;
        SELECT format('SELECT ctid, %1$s FROM %2$s WHERE %3$s AND ROW(%1$s)::text IN (SELECT ROW(%1$s)::text '
            'FROM %2$s WHERE %3$s GROUP BY 1 HAVING count(*) > 1)', key, rel,
            concat_ws(' AND ', format('ROW(%s) IS NOT NULL', key), pg_get_expr(indpred, indrelid))) INTO shown
        FROM pg_index, LATERAL (SELECT string_agg(pg_get_indexdef(idx, k, true), ', ') AS key
            FROM generate_series(1, indnkeyatts) k) AS cols
        WHERE indexrelid = idx AND e_state = '23505';
        shown := coalesce(shown, (
            SELECT format('SELECT ctid, * FROM %s WHERE %I IS NULL', rel, attname) FROM pg_attribute
            WHERE attrelid = rel AND attname = e_col AND e_state = '23502'
        ), (
            SELECT CASE contype WHEN 'c' THEN format('SELECT ctid, * FROM %s WHERE NOT (%s)', rel,
                pg_get_expr(conbin, conrelid)) WHEN 'f' THEN format('SELECT ctid, * FROM %s r WHERE ROW(%s) IS NOT NULL '
                'AND NOT EXISTS (SELECT FROM %s o WHERE ROW(%2$s) = ROW(%4$s))', rel, mine, confrelid::regclass, theirs) END
            FROM pg_constraint, LATERAL (SELECT string_agg(format('r.%I', m.attname), ', ' ORDER BY k),
                    string_agg(format('o.%I', t.attname), ', ' ORDER BY k)
                FROM unnest(conkey, confkey) WITH ORDINALITY AS key (my, their, k)
                JOIN pg_attribute m ON m.attrelid = conrelid AND m.attnum = my
                JOIN pg_attribute t ON t.attrelid = confrelid AND t.attnum = their) AS cols (mine, theirs)
            WHERE conrelid = rel AND conname = con));
        BEGIN
            EXECUTE format('SELECT count(*) FROM (%s) t', coalesce(shown, 'SELECT WHERE false')) INTO n;
        EXCEPTION WHEN others THEN
            -- An expression may fail by itself.
        END;
        IF n > 0 THEN
            e_what := concat(n, ' row', CASE WHEN n > 1 THEN 's' END, ': ', e_what);
            off := CASE WHEN e_state = '23505' THEN format('Correct them, REINDEX INDEX %s, then run again', idx)
                ELSE coalesce(off, e_hint) END || '. See them: ' || shown;
        END IF;
    END IF;
    e_hint := coalesce(off, e_hint, '/*report*/');
    e_what := concat(nullif(concat_ws(', ',
        -- A table that the run made is gone; any other word between points is an alias of our own.
        CASE WHEN rel IS NOT NULL OR name ~ '^public\.' THEN regexp_replace(name, '^public\.', '') END,
        CASE WHEN fn IS NULL THEN nullif(e_col, '') END, con, CASE WHEN fn IS NULL THEN nullif(e_type, '') END, fn),
        '') || ': ', e_what);
END
