-- produtos.evento_id made optional, and products without an event since.
-- scripts: backend/fix_produtos_evento_id.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
ALTER TABLE produtos ALTER COLUMN evento_id DROP NOT NULL;
-- next transaction
UPDATE produtos SET evento_id = NULL WHERE id % 2 = 0;
