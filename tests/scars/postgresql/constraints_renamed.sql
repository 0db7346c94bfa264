-- Constraints, an index and a sequence under names of somebody's own.
-- scripts: backend/add_categorias_migration.py
-- needs: states 1-27
-- touches: usuarios, listas, eventos
-- outcome: home
ALTER TABLE usuarios RENAME CONSTRAINT usuarios_email_key TO usuarios_email_unico;
ALTER TABLE listas RENAME CONSTRAINT listas_pkey TO pk_listas;
ALTER TABLE listas RENAME CONSTRAINT listas_evento_id_fkey TO fk_listas_evento;
ALTER INDEX ix_eventos_id RENAME TO idx_eventos_id;
ALTER SEQUENCE eventos_id_seq RENAME TO seq_eventos;
