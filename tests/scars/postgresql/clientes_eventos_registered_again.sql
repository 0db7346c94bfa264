-- clientes_eventos made anew, and the same people registered again under other ids: entries still refer to the old ones.
-- scripts: migrate_postgres_production.py
-- needs: states 11-27
-- touches: clientes_eventos, validacoes_acesso
-- outcome: home
ALTER TABLE clientes_eventos RENAME TO clientes_eventos_old;
ALTER INDEX ix_clientes_eventos_cpf RENAME TO ix_clientes_eventos_old_cpf;
CREATE TABLE clientes_eventos (LIKE clientes_eventos_old INCLUDING DEFAULTS);
ALTER TABLE clientes_eventos ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ix_clientes_eventos_cpf ON clientes_eventos (cpf);
INSERT INTO clientes_eventos SELECT * FROM clientes_eventos_old;
UPDATE clientes_eventos SET id = id + 1000;
UPDATE clientes_eventos SET id = 1012 - id, criado_em = TIMESTAMP '2025-08-29 12:00:00' WHERE id < 1012;
