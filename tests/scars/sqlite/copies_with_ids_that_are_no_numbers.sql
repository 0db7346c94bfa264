-- Copies without a key took whatever was written into them: ids that are text, and one that is no number.
-- scripts: fix_tipousuario_sqlite.py
-- needs: states 9-22
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_old AS SELECT * FROM usuarios;
INSERT INTO usuarios_old SELECT 'abc', 'c-abc', nome, 'abc@exemplo.com', telefone, senha_hash, tipo, ativo, ultimo_login,
    criado_em, atualizado_em FROM usuarios WHERE id = 1;
INSERT INTO usuarios_old SELECT ' 901 ', 'c-901', nome, '901@exemplo.com', telefone, senha_hash, tipo, ativo, ultimo_login,
    criado_em, atualizado_em FROM usuarios WHERE id = 1;
CREATE TABLE usuarios_copy (id TEXT, cpf TEXT, nome TEXT, email TEXT, senha_hash TEXT, tipo TEXT);
INSERT INTO usuarios_copy SELECT 902, 'c-902', nome, '902@exemplo.com', senha_hash, tipo FROM usuarios WHERE id = 2;
INSERT INTO usuarios_copy SELECT '9.5', 'c-9.5', nome, '9.5@exemplo.com', senha_hash, tipo FROM usuarios WHERE id = 2;
