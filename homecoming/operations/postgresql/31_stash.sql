-- What stands in the way of a change is taken down before it, and put back after it.

CREATE TEMP TABLE IF NOT EXISTS stash (
    place bigint GENERATED ALWAYS AS IDENTITY, kind text, object text, definition text, advice text)
ON COMMIT DROP;

-- Takes it down. All that cannot be made again is named, and out of the way of what else there is to name.
-- `goes`: a column that is retired.
CREATE OR REPLACE FUNCTION pg_temp.stash_dependents_of(of_class regclass, of_obj oid, of_sub integer, whole boolean,
    goes boolean)
RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    thing record;
    computed boolean;
BEGIN
    -- Sorted: while all of it is there, what depends on each is seen.
    FOR thing IN SELECT * FROM (SELECT *, pg_temp.advice(class, obj, sub) AS todo, row_number() OVER () AS place
        FROM pg_temp.dependents(of_class, of_obj, of_sub, whole)) AS t ORDER BY place
    LOOP
        IF thing.made_by IS NULL THEN
            -- Stored values can stay; a virtual column has none.
            computed := goes AND thing.kind ~ '^g';
            PERFORM pg_temp.fault(format(CASE WHEN computed THEN @computed.what@ ELSE @not_made_again.what@ END,
                thing.kind || ' ' || thing.object), CASE WHEN NOT computed THEN thing.todo
                ELSE @computed.todo@ || CASE WHEN thing.again LIKE '%D'
                    THEN replace(thing.gone_by, 'DROP COLUMN', 'ALTER') || ' DROP EXPRESSION' ELSE thing.gone_by END
                END);
            PERFORM pg_temp.run(thing.object, thing.gone_by);
        ELSE
            PERFORM pg_temp.take_down(thing.kind, thing.object, thing.made_by, thing.gone_by, true, thing.todo);
        END IF;
    END LOOP;
END $fn$;

-- Whether a definition holds a text that means one value and not what becomes of it: in whatever quotes, as an
-- element of a list, as a pattern or a part of one. What folds case, and lists of both, are harmless. Odd quotes
-- cannot hide a text: every piece between two of them is looked at, but the first and the last.
CREATE OR REPLACE FUNCTION pg_temp.names_text(definition text, was text, becomes text, of_type text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $fn$
    SELECT EXISTS (SELECT FROM (SELECT piece, place, count(*) OVER () AS n
            FROM regexp_split_to_table(plain, '[''$]') WITH ORDINALITY AS s (piece, place)) AS p
        WHERE place > 1 AND place < n AND piece !~ '=|::' AND (
            piece ~ format(part, this) AND NOT piece ~ format(part, other)
            OR was LIKE piece ESCAPE '' AND NOT becomes LIKE piece ESCAPE ''
            OR EXISTS (SELECT FROM regexp_split_to_table(piece, '[%^.*()|+?]+') AS c (core)
                WHERE core <> '' AND strpos(was, core) > 0 AND strpos(becomes, core) = 0) AND plain ~* concat(
                '~|\m(like|similar)|\^@|\m(left|right|substr\w*|position|strpos|starts_with|split_part|',
                'regexp_\w+)\s*\(')))
    FROM (SELECT regexp_replace(was, '\W', '\\\&', 'g') AS this, regexp_replace(becomes, '\W', '\\\&', 'g') AS other,
            '(^|[[{,;|"(^])\s*%s\s*($|[]},;|")])' AS part, '\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)' AS parens) AS t,
        LATERAL (SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(definition,
            'COMMENT ON [^'']* IS (''[^'']*'')+|\$(function|procedure)\$', '', 'g'),
            format('(lower|upper)\s*%s\s*(=|<>|!=|!?~~?|\m(not\s+)?(in|like)\M)\s*((any|all)\s*)?(''[^'']*''|%1$s)'
                '|''[^'']*''(::text)? = (lower|upper)\(|(~\*|\milike)\s*''[^'']*''', parens), '', 'gi'),
            format('(''%1$s''::%2$s(?!\w)|''[^'']*''::%2$s\[\])', this, of_type), '', 'g'),
            format('(ARRAY\[|\m[Ii][Nn]\s*\()(?=[^])]*''%1$s'')(?=[^])]*''%2$s'')[^])]*', this, other), '', 'g'),
            format('([\w.:()"]+) (=|<>) ''(%1$s|%2$s)''\S* (OR|AND) \1 \2 ''(%1$s|%2$s)''', this, other),
            '', 'g')) AS h (plain)
$fn$;

-- Refuses a definition that names a value as text where its rows get another spelling: it would find no row any
-- more, or other ones.
CREATE OR REPLACE FUNCTION pg_temp.refuse_text(
    object text, definition text, advice text, was text, becomes text, of_type text DEFAULT '-')
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.fault(format(@names_a_value.what@, object, was, becomes),
        replace(advice, ' -- Anew: ', format(@names_a_value.anew@, becomes, was)))
    WHERE becomes <> was AND pg_temp.names_text(definition, was, becomes, of_type)
$fn$;

-- The same of all that depends on a type or a column. What the run takes off known tables anyhow is not asked.
CREATE OR REPLACE FUNCTION pg_temp.refuse_respelling(class regclass, obj oid, sub integer, was text, becomes text)
RETURNS void LANGUAGE sql AS $fn$
    SELECT pg_temp.refuse_text(concat(kind, ' ', object), d.made_by, pg_temp.advice(d.class, d.obj, d.sub),
        was, becomes,
        CASE WHEN $1 = 'pg_type'::regclass THEN format_type($2, NULL) ELSE '-' END)
    FROM pg_temp.dependents($1, $2, $3, $1 = 'pg_type'::regclass) AS d
    WHERE $1 = 'pg_type'::regclass OR kind NOT IN ('index', 'trigger', 'constraint');
    SELECT pg_temp.refuse_compared($1, $2, $3, was, becomes)
$fn$;

-- Stashes what depends on one column. A check may not hold for the values of another type, and goes to the register.
CREATE OR REPLACE FUNCTION pg_temp.stash_dependents(tbl text, col text, goes boolean) RETURNS void
LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_temp.drop_constraint(tbl, conname) FROM pg_constraint
    WHERE conrelid = pg_temp.oid_of(tbl) AND contype = 'c' AND pg_temp.attnum_of(tbl, col) = ANY (conkey);
    PERFORM pg_temp.stash_dependents_of('pg_class', pg_temp.oid_of(tbl), pg_temp.attnum_of(tbl, col), false, goes);
END $fn$;

-- Puts back what was taken down, in the opposite order. What no longer fits a column is kept as text in the
-- register, where the way back makes it again; of a type that was made anew, everything fits or nothing is
-- changed.
CREATE OR REPLACE FUNCTION pg_temp.restore_dependents(all_fit boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $fn$
DECLARE thing record;
BEGIN
    -- A body names what it uses as its own sessions find it.
    SET LOCAL check_function_bodies = off;
    FOR thing IN SELECT * FROM pg_temp.stash ORDER BY place DESC
    LOOP
        BEGIN
            EXECUTE thing.definition;
        EXCEPTION WHEN syntax_error_or_access_rule_violation OR feature_not_supported OR data_exception
                OR integrity_constraint_violation THEN
            IF all_fit IS NULL OR SQLSTATE ~ '^42(70|88|P01)' AND EXISTS (SELECT FROM pg_temp.faults) THEN
                CONTINUE; -- The run is refused at its end; what this lacks was named.
            ELSIF SQLSTATE = '42501' THEN
                PERFORM pg_temp.fault(format(@not_made_again_as_its_owners.what@,
                    thing.kind || ' ' || thing.object, SQLERRM), thing.advice);
            ELSIF SQLSTATE LIKE '23%' AND NOT all_fit THEN
                RAISE;
            ELSIF all_fit OR thing.kind NOT IN ('view', 'index', 'trigger', 'constraint') THEN
                PERFORM pg_temp.fault(format(@would_not_work.what@, thing.kind || ' ' || thing.object), thing.advice);
            ELSE
                PERFORM pg_temp.note(thing.kind, thing.object, NULL, thing.definition, NULL);
            END IF;
        END;
    END LOOP;
    DELETE FROM pg_temp.stash;
END $fn$;

-- Drops a constraint of a known table and keeps its definition.
CREATE OR REPLACE FUNCTION pg_temp.drop_constraint(tbl text, con text) RETURNS void LANGUAGE sql AS $fn$
    SELECT CASE WHEN pg_temp.is_prepared(con) THEN pg_temp.alter(tbl, 'DROP CONSTRAINT %I', con)
        ELSE pg_temp.take_down('constraint', tbl || '.' || con,
            format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', tbl, con, pg_get_constraintdef(oid)),
            format('ALTER TABLE public.%I DROP CONSTRAINT %I', tbl, con)) END
    FROM pg_constraint WHERE conrelid = pg_temp.oid_of(tbl) AND conname = con
$fn$;

-- Takes down what decides which rows of a table are seen or changed. Rows that another table inherits would be
-- seen in both.
CREATE OR REPLACE FUNCTION pg_temp.clear_table(tbl text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    rel oid := pg_temp.oid_of(tbl);
    thing record;
BEGIN
    SELECT pg_temp.shown(inhrelid::regclass::text) AS child, pg_temp.shown(inhparent::regclass::text) AS parent
    INTO thing FROM pg_inherits
    WHERE rel IN (inhrelid, inhparent);
    IF FOUND THEN
        PERFORM pg_temp.fault(format(@inherits.what@, thing.child, thing.parent),
            format(@inherits.todo@, thing.child, thing.parent));
    END IF;
    PERFORM pg_temp.take_down(kind, concat_ws('.', tbl, name), made_by, statement)
    FROM (SELECT 'row security', NULL, format('ALTER TABLE public.%I %s ROW LEVEL SECURITY', tbl, yes),
              format('ALTER TABLE public.%I %s ROW LEVEL SECURITY', tbl, no)
          FROM pg_class, LATERAL (VALUES (relrowsecurity, 'ENABLE', 'DISABLE'),
                                  (relforcerowsecurity, 'FORCE', 'NO FORCE')) AS v (is_on, yes, no)
          WHERE oid = rel AND is_on
          UNION ALL
          SELECT 'policy', polname, pg_temp.policy_as_sql(rel, polname),
                  format('DROP POLICY %I ON public.%I', polname, tbl) FROM pg_policy WHERE polrelid = rel
          UNION ALL
          SELECT 'rule', rulename, concat(pg_get_ruledef(oid), E'\n',
                  pg_temp.switched(rel, format('RULE %I', rulename), ev_enabled)),
                  format('DROP RULE %I ON public.%I', rulename, tbl)
          FROM pg_rewrite WHERE ev_class = rel) AS t (kind, name, made_by, statement);
END $fn$;
