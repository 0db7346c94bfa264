-- migration_history: a line for each revision applied or taken back, by whichever way, only ever added.

-- Notes how the run came to be and what it found. The lines are written when it ends, with what it left.
CREATE OR REPLACE PROCEDURE pg_temp.begin_run(way text, project_version text, script_sha256 text)
LANGUAGE plpgsql AS $fn$
BEGIN
    CALL pg_temp.lift_settings();
    CALL pg_temp.refuse_foreign_code();
    PERFORM pg_temp.refuse_other('public.migration_history', 'fingerprint_after');
    CREATE TEMP TABLE IF NOT EXISTS applied (place integer GENERATED ALWAYS AS IDENTITY, revision text, direction text,
        revision_sha256 text, applied_at timestamptz, seconds numeric, rows_retired bigint) ON COMMIT DROP;
    DELETE FROM pg_temp.applied;
    CALL pg_temp.ensure_history();
    PERFORM pg_temp.unguard('alembic_version');
    -- As Alembic makes it: without a key a publication of all tables refuses that the revision changes.
    IF (SELECT pg_has_role(relowner, 'USAGE') AND NOT EXISTS (SELECT FROM pg_index
            WHERE indrelid = c.oid AND indisprimary)
        FROM pg_class c WHERE oid = to_regclass('public.alembic_version')) THEN
        ALTER TABLE public.alembic_version ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
    END IF;
    PERFORM set_config('homecoming.way', way, true), set_config('homecoming.version', project_version, true),
        set_config('homecoming.script', coalesce(script_sha256, ''), true),
        set_config('homecoming.fingerprint', pg_temp.fingerprint(), true);
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.begin_revision(
    revision text, direction text DEFAULT 'upgrade', until text DEFAULT NULL) LANGUAGE plpgsql AS $fn$
DECLARE
    is_first boolean := coalesce(current_setting('homecoming.began', true), '') = '';
    needed record;
    locks text[];
BEGIN
    CALL pg_temp.note_changes();
    PERFORM set_config('homecoming.revision', revision, true), set_config('homecoming.direction', direction, true),
        set_config('homecoming.began', clock_timestamp()::text, true);
    PERFORM pg_temp.say(format('%s %s', CASE direction WHEN 'downgrade' THEN '<-' ELSE '->' END, revision));
    -- It reads every row of every unique index: once, on the way home.
    IF is_first AND direction = 'upgrade' AND revision <= '{last_by_hand}' THEN
        CALL pg_temp.find_duplicates();
    END IF;
    IF is_first AND direction = 'upgrade' THEN
        SELECT * INTO needed FROM pg_temp.locks_needed(revision);
        PERFORM set_config('homecoming.settled', needed.settled::text, true);
        locks := coalesce(needed.locks, '{}');
        CALL pg_temp.lock_tables(locks);
    ELSIF is_first AND direction = 'downgrade' THEN
        locks := pg_temp.locks_to_undo(until);
        CALL pg_temp.lock_tables(locks);
        CALL pg_temp.drop_prepared();
    END IF;
    IF is_first THEN
        PERFORM set_config('homecoming.held', concat(cardinality(locks), ' ', clock_timestamp()), true);
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.end_revision(at_revision text, sha256 text) LANGUAGE plpgsql AS $fn$
DECLARE
    n bigint := 0;
    took numeric := extract(epoch FROM clock_timestamp() - current_setting('homecoming.began')::timestamptz);
BEGIN
    IF to_regclass('retired.register') IS NOT NULL THEN
        SELECT coalesce(sum(rows), 0) INTO n FROM retired.register
        WHERE revision = at_revision AND retired_at = transaction_timestamp();
    END IF;
    INSERT INTO pg_temp.applied (revision, direction, revision_sha256, applied_at, seconds, rows_retired)
    VALUES (at_revision, current_setting('homecoming.direction'), sha256, clock_timestamp(), took, n);
    PERFORM pg_temp.say(format('%s done in %s s%s', at_revision, round(took, 3),
        ', retired ' || pg_temp.counted(nullif(n, 0), 'row', 'rows')));
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.end_run() LANGUAGE plpgsql AS $fn$
DECLARE held text[];
BEGIN
    IF current_setting('homecoming.direction', true) = 'upgrade' THEN
        CALL pg_temp.drop_prepared();
    END IF;
    INSERT INTO public.migration_history (run, revision, direction, applied_at, seconds, way, role, application_name,
        project_version, script_sha256, revision_sha256, fingerprint_before, fingerprint_after, rows_retired)
    SELECT run.id, a.revision, a.direction, a.applied_at, a.seconds, current_setting('homecoming.way'), current_user,
        current_setting('application_name'), current_setting('homecoming.version'),
        nullif(current_setting('homecoming.script'), ''), a.revision_sha256, current_setting('homecoming.fingerprint'),
        run.fingerprint, a.rows_retired
    FROM pg_temp.applied a, (
        SELECT coalesce(nullif(current_setting('homecoming.run', true), '')::uuid, gen_random_uuid()) AS id,
            pg_temp.fingerprint() AS fingerprint OFFSET 0) AS run
    ORDER BY a.place;
    DROP TABLE pg_temp.applied;
    held := regexp_match(current_setting('homecoming.held', true), '^(\d+) (.+)');
    IF held[1] <> '0' THEN
        PERFORM pg_temp.say(format('%s held for %s s', pg_temp.counted(held[1]::bigint, 'table', 'tables'),
            round(extract(epoch FROM clock_timestamp() - held[2]::timestamptz)::numeric, 2)));
    END IF;
END $fn$;

CREATE OR REPLACE PROCEDURE pg_temp.ensure_history() LANGUAGE plpgsql AS $fn$
BEGIN
    IF to_regclass('public.migration_history') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE TABLE public.migration_history (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run uuid NOT NULL,
        revision text NOT NULL,
        direction text NOT NULL,
        applied_at timestamptz NOT NULL,
        seconds numeric(12, 3) NOT NULL,
        way text NOT NULL,
        role text NOT NULL,
        application_name text NOT NULL,
        project_version text NOT NULL,
        script_sha256 text,
        revision_sha256 text NOT NULL,
        fingerprint_before text NOT NULL,
        fingerprint_after text NOT NULL,
        rows_retired bigint NOT NULL);
    COMMENT ON TABLE public.migration_history IS 'A line for each revision applied or taken back, only ever added';
    CREATE OR REPLACE FUNCTION public.migration_history_only_grows() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN RAISE EXCEPTION ''migration_history is only ever added to''; END';
    CREATE TRIGGER migration_history_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON public.migration_history
        FOR EACH STATEMENT EXECUTE FUNCTION public.migration_history_only_grows();
    PERFORM pg_temp.unguard('migration_history');
END $fn$;
