-- Types written by value in three tables.
-- scripts: user_type_validation.py
-- needs: states 3-23
-- touches: listas, comandas, produtos
-- outcome: home
UPDATE listas SET tipo = lower(tipo) WHERE id % 2 = 0;
UPDATE comandas SET tipo = lower(tipo), status = 'bloqueada' WHERE id % 3 = 0;
UPDATE produtos SET tipo = ' ' || lower(tipo) || '  ', status = lower(status) WHERE id % 2 = 1;
