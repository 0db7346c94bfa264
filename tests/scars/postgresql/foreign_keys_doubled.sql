-- The same foreign key twice, the second under a hand-made name.
-- scripts: backend/add_categorias_migration.py
-- needs: states 3-27
-- touches: itens_venda_pdv, listas
-- outcome: home
ALTER TABLE itens_venda_pdv ADD CONSTRAINT fk_itens_venda_pdv_produto_id FOREIGN KEY (produto_id) REFERENCES produtos (id);
ALTER TABLE listas ADD CONSTRAINT fk_listas_evento_id FOREIGN KEY (evento_id) REFERENCES eventos (id) ON DELETE CASCADE;
