-- Foreign keys that went with DROP ... CASCADE and never came back; every row would pass.
-- scripts: migrate_postgres_auto_retry.py
-- needs: states 3-27
-- touches: itens_venda_pdv, movimentos_estoque, eventos
-- outcome: home
ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey;
ALTER TABLE movimentos_estoque DROP CONSTRAINT movimentos_estoque_produto_id_fkey;
ALTER TABLE eventos DROP CONSTRAINT eventos_criador_id_fkey;
