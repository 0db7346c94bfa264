-- Reports somebody made: a view over usuarios and a view over that view.
-- scripts: optimize_database.py
-- needs: states 1-22, 25-27
-- touches: usuarios
-- outcome: home
CREATE VIEW vw_usuarios_ativos AS SELECT id, nome, email, tipo, criado_em FROM usuarios WHERE ativo;
CREATE VIEW vw_administradores AS SELECT id, nome FROM vw_usuarios_ativos WHERE upper(tipo) = 'ADMIN';
