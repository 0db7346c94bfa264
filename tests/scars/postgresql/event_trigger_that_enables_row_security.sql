-- A host's own recipe: row security on every table that is made, forced on its owner as well.
-- scripts: auto_migrate_railway.py
-- needs: states 1-27
-- outcome: home
CREATE FUNCTION liga_rls() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE o record; BEGIN
    FOR o IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' AND schema_name = 'public' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', o.object_identity);
    END LOOP; END $$;
CREATE EVENT TRIGGER liga_rls ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION liga_rls();
