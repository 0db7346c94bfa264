-- Columns sorted by bytes, for a report.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: usuarios, eventos
-- outcome: home
ALTER TABLE usuarios ALTER nome TYPE varchar(255) COLLATE "C";
CREATE INDEX usuarios_por_nome ON usuarios (lower(nome));
ALTER TABLE eventos ALTER descricao TYPE text COLLATE "C";
