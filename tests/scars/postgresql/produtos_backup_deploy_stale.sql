-- A start-up rebuild that failed: only its copy was committed, and later runs keep it although products changed since.
-- scripts: backend/app/migrations/auto_migrate.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_backup_deploy AS SELECT * FROM produtos;
-- next transaction
UPDATE produtos SET preco = preco + 2, nome = nome || ' (500 ml)' WHERE id % 2 = 0;
