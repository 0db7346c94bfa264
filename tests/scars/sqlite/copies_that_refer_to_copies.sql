-- A copy that refers to a row of another copy which cannot go back, and to one that is nowhere.
-- scripts: fix_tipousuario_sqlite.py
-- needs: states 9-22
-- touches: usuarios, eventos
-- outcome: home
CREATE TABLE usuarios_old (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14), nome VARCHAR(255), email VARCHAR(255), telefone VARCHAR(20),
    senha_hash VARCHAR(255), tipo VARCHAR(20), ativo BOOLEAN, ultimo_login DATETIME, criado_em DATETIME, atualizado_em DATETIME);
INSERT INTO usuarios_old SELECT * FROM usuarios;
INSERT INTO usuarios_old SELECT 99, cpf || 'z', nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em,
    atualizado_em FROM usuarios WHERE id = 1;
CREATE TABLE eventos_old (id INTEGER PRIMARY KEY, nome VARCHAR(255), criador_id INTEGER REFERENCES usuarios_old (id));
INSERT INTO eventos_old SELECT id, nome, criador_id FROM eventos;
UPDATE eventos_old SET criador_id = 99 WHERE id = 2;
UPDATE eventos_old SET criador_id = 98 WHERE id = 3;
