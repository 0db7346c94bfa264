-- A sale of a product that no table has any more; its foreign key is gone.
-- scripts: create_demo_products.py, migrate_postgres_auto_retry.py
-- needs: states 3-27
-- touches: itens_venda_pdv
-- outcome: refused: itens_venda_pdv.produto_id: 1 row refers to rows of produtos that do not exist
ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey;
-- next transaction
UPDATE itens_venda_pdv SET produto_id = 987654 WHERE id = (SELECT min(id) FROM itens_venda_pdv);
