-- Numbers that come from nowhere: a default dropped, and a sequence dropped with its default.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: listas, promoter_eventos
-- outcome: home
ALTER TABLE listas ALTER COLUMN id DROP DEFAULT;
DROP SEQUENCE promoter_eventos_id_seq CASCADE;
