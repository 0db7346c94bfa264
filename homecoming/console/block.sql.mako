% if down:
-- ${_("{name}: takes the database back to revision {end}, schema public, PostgreSQL 13 to 18.", name=name, end=end)}
% elif verified:
-- ${_("{name}: brings the database to revision {end} (head), schema public, PostgreSQL 13 to 18.", name=name, end=end)}
% else:
-- ${_("{name}: brings the database to revision {end}, schema public, PostgreSQL 13 to 18.", name=name, end=end)}
% endif
-- ${_("Written by {program} {version} with: {made_by}", program=program, version=version, made_by=made_by)}
-- ${_("SHA-256 of the plain statements: {sha256}", sha256=plain.sha256)}
--
% if part_of:
-- ${part_of}
% endif
-- ${_("Paste all of it. It is one statement: all of it happens, or nothing does. Pasting it again is safe.")}
-- ${_("It makes no backup: take one before, by make backup, or by the platform.")}
% if down and start == "base":
-- ${_("It starts at any revision down to {start} (also where there is no alembic_version), and looks which one the database is at.", start=start)}
% elif down:
-- ${_("It starts at any revision down to {start}, and looks which one the database is at.", start=start)}
% elif start == "base":
-- ${_("It starts at any revision from {start} (also where there is no alembic_version), and looks which one the database is at.", start=start)}
% else:
-- ${_("It starts at any revision from {start}, and looks which one the database is at.", start=start)}
% endif
% if down:
-- ${_("Check afterwards: it says  Done: at {end} . Where a console does not show that, this has a line for each revision:", end=end)}
--     SELECT revision, direction, applied_at, rows_retired FROM public.migration_history ORDER BY id DESC LIMIT 30
% if end == "base":
-- ${_("and this says nothing:")}  SELECT version_num FROM public.alembic_version
% else:
-- ${_("and this says {end}:", end=end)}  SELECT version_num FROM public.alembic_version
% endif
-- ${_("What could not come back is named there, and stays in schema retired.")}
-- ${_("Forward again: paste what  make sql  prints.")}
% else:
-- ${_("Check afterwards: paste what  make sql-verify  prints. Its last row says OK.")}
-- ${_("Way back: paste what  make sql-rollback TO=<where it was before>  prints. What was retired comes back.")}
% endif
DO $run$
DECLARE
    -- The whole history, in order. our_at is how many of its revisions the database has.
    our_known CONSTANT text[] := ARRAY[
${known}];
    our_tables CONSTANT text[] :=
${tables};
    our_at integer := 0;
    our_version text;
    our_lines bigint;
    our_ours bigint;
    our_done integer := 0;
    our_step text := 'the start';
    our_list text := '';
    our_table text;
    our_found record;
    our_helpers oid[];
    e_what text;
    e_hint text;
    e_state text;
    e_schema text;
    e_rel text;
    e_col text;
    e_con text;
    e_type text;
    e_context text;
BEGIN
## Here, so that what is said after an error is said under it, too.
${safe_path};
BEGIN
    ${plain.session.replace("\nSELECT ", "\nPERFORM ").replace("\n", "\n    ")};

    -- One run at a time: this waits for a command, a start-up or another paste, then for tables with less patience.
    our_step := 'the lock';
    SET LOCAL lock_timeout = ${lock_wait_timeout};
    PERFORM pg_advisory_xact_lock(${lock_key});
    SET LOCAL lock_timeout = ${lock_timeout};
    SET LOCAL statement_timeout = ${statement_timeout};
    our_step := 'the start';

    -- The application's tables in another schema: what public has is not its.
    FOR our_found IN
${elsewhere}
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'PM004', MESSAGE = our_found.what, HINT = our_found.todo;
    END LOOP;

    -- What bears a name of ours and is another's is neither read nor written.
    FOR our_found IN
${impostors}
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'PM004', MESSAGE = our_found.what, HINT = our_found.todo;
    END LOOP;

    -- Where the database is.
    IF to_regclass('public.alembic_version') IS NOT NULL THEN
        SELECT count(*), coalesce(max(array_position(our_known, version_num::text)), 0),
            string_agg(version_num, ', ' ORDER BY version_num),
            string_agg(DISTINCT version_num, ', ' ORDER BY version_num) FILTER (WHERE version_num <> ALL (our_known))
        INTO our_lines, our_at, our_list, e_what FROM public.alembic_version;
        our_version := our_known[our_at];
        IF e_what IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'PM004',
                MESSAGE = format('the database is at revision %L, which this history does not know', e_what),
                HINT = 'It may be newer than this copy: update this repository, or choose another database';
        ELSIF our_lines > 1 THEN
            RAISE EXCEPTION USING ERRCODE = 'PM004',
                MESSAGE = format('alembic_version has %s rows where it may have one: %s', our_lines, our_list),
                HINT = format('Keep the later, %s, then run again, and make verify: DELETE FROM alembic_version'
                    || CASE WHEN replace(our_list, ', ' || our_version, '') = our_version
                    THEN '; INSERT INTO alembic_version VALUES (%L)' ELSE ' WHERE version_num <> %L' END,
                    our_version, our_version);
        END IF;
        our_list := '';
    END IF;
    IF our_at ${"<=" if down else ">="} ${last} THEN
        RAISE NOTICE 'At %: nothing to do', coalesce(our_version, 'base');
        RETURN;
    END IF;
% if down:
    IF our_at > ${first} THEN
% else:
    IF our_at < ${first} THEN
% endif
        RAISE EXCEPTION USING ERRCODE = 'PM004',
            MESSAGE = format('the database is at %s, and this script begins at %s',
                coalesce(our_version, 'no revision'), '${start}'),
            HINT = ${literal(_("Paste what comes before it first") if part_of else _("Write it without FROM"))};
    END IF;
    IF current_setting('transaction_isolation') NOT LIKE 'read%' THEN
        RAISE EXCEPTION USING ERRCODE = 'PM004',
            MESSAGE = 'transactions of this session do not see what another run has done meanwhile',
            HINT = 'SET default_transaction_isolation = ''read committed'', then paste again';
    END IF;
    our_done := our_at;

    -- The helpers. They live in the temporary schema, and go at the end.
    our_helpers := ARRAY(SELECT oid FROM pg_proc WHERE pronamespace = pg_my_temp_schema());
    -- As gzip in base64, between the dollars:  base64 -d | gunzip  shows them. What follows unpacks them.
    our_list := $gzip$
${helpers}$gzip$;
    IF encode(sha256(decode(our_list, 'base64')), 'hex') <>
        '${helpers_sha256}' THEN
        RAISE EXCEPTION USING ERRCODE = 'PM004', MESSAGE = 'the script is not as it was printed',
            HINT = 'Write it to a file, and paste all of it';
    END IF;
${inflate}
    EXECUTE our_list;
    our_list := '';

% if verified or from_the_start:
    CALL pg_temp.learn_head();
% endif
% if from_the_start:
    IF our_at = 0 THEN
        SELECT count(*), count(*) FILTER (WHERE relname = ANY (pg_temp.known_tables() || '${former_tables}')
            OR EXISTS (SELECT FROM unnest(pg_temp.known_tables()) k
                WHERE pg_temp.is_copy(relname, k, pg_temp.head_columns(k),
                    ${endings})))
        INTO our_lines, our_ours FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN
            ('alembic_version', 'migration_history');
        IF our_lines > 0 AND our_ours = 0 THEN
            RAISE EXCEPTION USING ERRCODE = 'PM004',
                MESSAGE = format(CASE WHEN our_lines > 1
                    THEN 'the database has %s tables, and none of this application''s'
                    ELSE 'the database has %s table, and none of this application''s' END, our_lines),
                HINT = 'Choose this application''s database; an empty one will do';
        END IF;
    END IF;
% endif
    ${begin};
% for section, place, body in sections:

-- ${section.revision}  ${title(section.revision)}
IF our_at ${">=" if down else "<"} ${place} THEN
our_step := ${literal(_("revision {revision}", revision=section.revision))};
% for statement in body:
${statement};
% endfor
END IF;
% endfor

    our_step := 'the end';
% for statement in ending:
    ${static(statement)};
% endfor
% if verified:

    -- The schema is now what the application needs, or nothing of this stays.
    ## A state that has head's number need not be read.
    our_lines := 0;
    FOR our_found IN SELECT d.* FROM pg_temp.differences() d WHERE
        (SELECT fingerprint_after FROM public.migration_history ORDER BY id DESC LIMIT 1) <>
        '${fingerprint}' ORDER BY object
    LOOP
        our_lines := our_lines + 1;
        our_list := our_list || format('%s%s: expected %s, found %s', E'\n', our_found.object,
            our_found.expected, our_found.found);
    END LOOP;
    IF our_lines > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'PM006',
            MESSAGE = format('the schema would not be what the application needs, in %s:%s', our_lines, our_list),
            HINT = 'Report it with this list';
    END IF;
% endif

    FOR our_found IN SELECT oid::regprocedure AS helper FROM pg_proc
        WHERE pronamespace = pg_my_temp_schema() AND oid <> ALL (our_helpers)
    LOOP
        EXECUTE format('DROP ROUTINE %s', our_found.helper);
    END LOOP;
    our_done := abs(our_done - ${last});
    RAISE NOTICE '%', format(CASE WHEN our_done > 1 THEN 'Done: at %s after %s revisions'
        ELSE 'Done: at %s after %s revision' END, '${end}', our_done);
EXCEPTION
    WHEN lock_not_available OR deadlock_detected THEN
        GET STACKED DIAGNOSTICS e_context = PG_EXCEPTION_CONTEXT;
${holders};
        RAISE EXCEPTION USING ERRCODE = SQLSTATE,
            MESSAGE = CASE our_step
                WHEN 'the lock' THEN
                ${literal(_("another run holds the lock for more than {seconds} s", seconds=f"{lock_wait:g}"))}
                ELSE our_step || ': a table this run has to change is held by another session' END,
            HINT = 'Nothing was changed. ' || CASE our_step WHEN 'the lock' THEN 'Wait for it' ELSE
                'End the other session' END || ', then paste again' || coalesce(': ' || our_list, '');
    WHEN query_canceled THEN
        RAISE EXCEPTION USING ERRCODE = 'query_canceled', MESSAGE = our_step || ': cancelled',
            HINT = 'Nothing was changed. Paste it again; if a statement_timeout stopped it, '
                'SET statement_timeout = 0 first';
    WHEN OTHERS THEN
        -- What a driver would add may quote a row, so only the message is passed on; of some errors, not even that.
        GET STACKED DIAGNOSTICS e_what = MESSAGE_TEXT, e_hint = PG_EXCEPTION_HINT,
            e_state = RETURNED_SQLSTATE, e_schema = SCHEMA_NAME, e_rel = TABLE_NAME,
            e_col = COLUMN_NAME, e_con = CONSTRAINT_NAME, e_type = PG_DATATYPE_NAME,
            e_context = PG_EXCEPTION_CONTEXT;
        IF e_state NOT LIKE 'PM%' THEN
${explanation};
            e_what := format('%s: %s (%s)', our_step, e_what, e_state);
        END IF;
        IF e_state <> 'PM004' THEN
${suspicion};
            e_hint := 'Nothing was changed. ' || replace(e_hint, 'run again', 'paste again');
        END IF;
        RAISE EXCEPTION USING ERRCODE = e_state, MESSAGE = e_what, HINT = e_hint;
END;
END
$run$;
