-- Copies that refer to one another, to a row that cannot go back, by a key of two columns, under the longest of names.
-- scripts: migrate_postgres_production.py
-- needs: states 3-27
-- touches: usuarios, eventos, itens_venda_pdv, vendas_pdv
-- outcome: home
CREATE TABLE usuarios_old AS SELECT * FROM usuarios;
ALTER TABLE usuarios_old ADD PRIMARY KEY (id);
INSERT INTO usuarios_old (id, cpf, nome, email, senha_hash)
    SELECT 99, cpf, nome, email, senha_hash FROM usuarios WHERE id = 1;
CREATE TABLE eventos_old AS SELECT * FROM eventos;
UPDATE eventos_old SET criador_id = 99 WHERE id = 2;
ALTER TABLE eventos_old ADD FOREIGN KEY (criador_id) REFERENCES usuarios_old (id);
CREATE TABLE vendas_pdv_backup_de_vinte_e_nove_de_agosto_de_dois_mil_e_vinte AS SELECT * FROM vendas_pdv;
ALTER TABLE vendas_pdv_backup_de_vinte_e_nove_de_agosto_de_dois_mil_e_vinte ADD PRIMARY KEY (id, numero_venda);
CREATE TABLE notas (venda_id integer, numero_venda varchar(50), FOREIGN KEY (venda_id, numero_venda)
    REFERENCES vendas_pdv_backup_de_vinte_e_nove_de_agosto_de_dois_mil_e_vinte (id, numero_venda));
INSERT INTO notas SELECT id, numero_venda FROM vendas_pdv;
