-- A sale of a product that was deleted: nothing enforced the foreign key.
-- scripts: create_demo_products.py
-- needs: states 3-27
-- touches: itens_venda_pdv
-- outcome: refused: itens_venda_pdv.produto_id: 1 row refers to rows of produtos that do not exist
UPDATE itens_venda_pdv SET produto_id = 987654 WHERE id = (SELECT min(id) FROM itens_venda_pdv);
