-- Copies made on different days, of different columns, and a copy of a copy: each has rows that no other has, two have
-- one row with different prices, and one gives an id to another product. Sales refer to one of them.
-- scripts: backend/fix_produtos_sqlite_migration.py
-- needs: states 3-18, 20
-- touches: produtos, itens_venda_pdv
-- outcome: home
CREATE TABLE produtos_backup_20250810 AS SELECT * FROM produtos WHERE id <= 3;
CREATE TABLE produtos_backup_20250827 AS SELECT * FROM produtos WHERE id IN (2, 3);
UPDATE produtos_backup_20250827 SET preco = preco + 100, atualizado_em = '2025-08-27 09:00:00';
CREATE TABLE produtos_old_old AS SELECT * FROM produtos WHERE id = 4;
CREATE TABLE produtos_copia AS SELECT id, nome, tipo, preco, criado_em FROM produtos WHERE id = 5;
INSERT INTO produtos_copia SELECT 1, 'Guaraná', tipo, 7.25, '2025-08-20 08:00:00' FROM produtos WHERE id = 1;
CREATE TABLE produtos_inteiros AS SELECT * FROM produtos;
ALTER TABLE produtos RENAME TO produtos_old;
DELETE FROM produtos_old WHERE id IN (2, 3, 4, 5);
CREATE TABLE produtos (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, tipo VARCHAR(50) NOT NULL, preco DECIMAL(10, 2) NOT NULL,
    codigo_interno VARCHAR(20), evento_id INTEGER NOT NULL, criado_em DATETIME, atualizado_em DATETIME);
INSERT INTO produtos SELECT id, nome, tipo, preco, codigo_interno, coalesce(evento_id, 1), criado_em,
    atualizado_em FROM produtos_inteiros WHERE id > 6;
