-- Copies made on different days, of different columns, and a copy of a copy: each has rows that no other has, two have
-- one row with different prices, and one gives an id to another product. Sales refer to one of them.
-- scripts: migrate_postgres_auto_retry.py, migrate_postgres.sql
-- needs: states 3-18, 20
-- touches: produtos, itens_venda_pdv
-- outcome: home
CREATE TABLE produtos_backup_20250810 AS SELECT * FROM produtos WHERE id <= 3;
CREATE TABLE produtos_backup_20250827 AS SELECT * FROM produtos WHERE id IN (2, 3);
UPDATE produtos_backup_20250827 SET preco = preco + 100, atualizado_em = '2025-08-27 09:00:00+00';
CREATE TABLE produtos_old_old AS SELECT * FROM produtos WHERE id = 4;
CREATE TABLE produtos_copia AS SELECT id, nome, tipo, preco, criado_em FROM produtos WHERE id = 5;
INSERT INTO produtos_copia SELECT 1, 'Guaraná', tipo, 7.25, '2025-08-20 08:00:00+00' FROM produtos WHERE id = 1;
CREATE TABLE produtos_old (LIKE produtos INCLUDING ALL);
INSERT INTO produtos_old SELECT * FROM produtos;
ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey;
ALTER TABLE itens_venda_pdv ADD CONSTRAINT itens_venda_pdv_produto_id_fkey FOREIGN KEY (produto_id)
    REFERENCES produtos_old (id) NOT VALID;
SET session_replication_role = replica;
DELETE FROM produtos_old WHERE id IN (2, 3, 4, 5);
DELETE FROM produtos WHERE id <= 6;
RESET session_replication_role;
