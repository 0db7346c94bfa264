-- Copies whose ids are text, or no number at all, for a live table that takes no id from outside, or has a check that a
-- row breaks.
-- scripts: migrate_postgres_production.py
-- needs: states 3-22
-- touches: usuarios, eventos, produtos
-- outcome: home
CREATE TABLE usuarios_old AS SELECT id::text AS id, cpf, nome, email, senha_hash, tipo::text AS tipo, criado_em FROM usuarios;
UPDATE usuarios_old SET id = '99', cpf = 'x99', email = 'x99' WHERE id = '2';
ALTER TABLE usuarios ALTER id DROP DEFAULT;
DROP SEQUENCE usuarios_id_seq;
ALTER TABLE usuarios ALTER id ADD GENERATED ALWAYS AS IDENTITY (START 100);
CREATE TABLE eventos_backup AS SELECT * FROM eventos;
ALTER TABLE eventos_backup ALTER criador_id TYPE text, ALTER capacidade_maxima TYPE text;
UPDATE eventos_backup SET id = 99, capacidade_maxima = 5000 WHERE id = 2;
UPDATE eventos_backup SET id = 98 WHERE id = 3;
ALTER TABLE eventos ADD CHECK (capacidade_maxima < 1000);
CREATE TABLE produtos_backup_uuid AS SELECT gen_random_uuid() AS id, nome, tipo, preco FROM produtos;
