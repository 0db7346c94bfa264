-- Numbers in columns of another type of number, or of text without the scale that the schema gives them.
-- scripts: migrate_postgres_auto_retry.py
-- needs: states 3-27
-- touches: vendas_pdv, itens_venda_pdv, movimentos_estoque, recargas_comanda
-- outcome: home
UPDATE vendas_pdv SET valor_total = ceil(valor_total);
ALTER TABLE vendas_pdv ALTER valor_total TYPE integer, ALTER valor_final TYPE double precision;
ALTER TABLE itens_venda_pdv ALTER preco_total TYPE text USING trim_scale(preco_total)::text;
ALTER TABLE movimentos_estoque ALTER quantidade TYPE numeric(10, 2), ALTER estoque_atual TYPE numeric,
    ALTER estoque_anterior TYPE text;
ALTER TABLE recargas_comanda ALTER valor TYPE varchar(20) USING trim_scale(valor)::text;
