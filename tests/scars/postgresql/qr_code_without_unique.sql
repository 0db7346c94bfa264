-- transacoes.qr_code_ticket as the script added it: no UNIQUE.
-- scripts: backend/add_qr_code_migration.py
-- needs: states 1-3
-- touches: transacoes
-- outcome: home
ALTER TABLE transacoes ADD COLUMN qr_code_ticket VARCHAR(100);
