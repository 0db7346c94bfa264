-- What was made ahead of a run, and is not what it needed.

CREATE OR REPLACE PROCEDURE pg_temp.drop_prepared() LANGUAGE sql AS $fn$
    SELECT pg_temp.alter(relname, 'DROP CONSTRAINT %I', conname)
    FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
    WHERE relnamespace = 'public'::regnamespace AND pg_temp.is_prepared(conname);
    SELECT pg_temp.run(relname, format('DROP INDEX public.%I', relname)) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'i' AND pg_temp.is_prepared(relname)
$fn$;
