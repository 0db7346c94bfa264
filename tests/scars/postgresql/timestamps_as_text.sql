-- Moments kept as text, as SQLite writes them, after a copy from there: each is that moment in the database's zone.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: eventos
-- outcome: home
ALTER TABLE eventos ALTER data_evento TYPE text USING to_char(data_evento, 'YYYY-MM-DD HH24:MI:SS');
ALTER TABLE eventos ALTER criado_em DROP DEFAULT,
    ALTER criado_em TYPE varchar(40) USING to_char(criado_em, 'YYYY-MM-DD"T"HH24:MI:SS.US');
