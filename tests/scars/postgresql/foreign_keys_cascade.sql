-- Foreign keys made again with ON DELETE CASCADE: a deleted event would take its check-ins along.
-- scripts: backend/meep_migration.sql, backend/create_import_export_tables.py
-- needs: states 3-27
-- touches: itens_venda_pdv, checkins, listas
-- outcome: home
ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_venda_id_fkey,
    ADD CONSTRAINT itens_venda_pdv_venda_id_fkey FOREIGN KEY (venda_id) REFERENCES vendas_pdv (id) ON DELETE CASCADE;
ALTER TABLE checkins DROP CONSTRAINT checkins_evento_id_fkey,
    ADD CONSTRAINT checkins_evento_id_fkey FOREIGN KEY (evento_id) REFERENCES eventos (id) ON DELETE CASCADE;
ALTER TABLE listas DROP CONSTRAINT listas_promoter_id_fkey,
    ADD CONSTRAINT listas_promoter_id_fkey FOREIGN KEY (promoter_id) REFERENCES usuarios (id) ON UPDATE CASCADE ON DELETE SET NULL
    DEFERRABLE INITIALLY DEFERRED;
