-- transacoes.qr_code_ticket as the scripts added and filled it: no UNIQUE.
-- scripts: backend/add_qr_code_migration.py, backend/update_existing_qr_codes.py
-- needs: states 1-3
-- touches: transacoes
-- outcome: home
ALTER TABLE transacoes ADD COLUMN qr_code_ticket VARCHAR(100);
UPDATE transacoes SET qr_code_ticket = 'TICKET-' || printf('%08X', id * 2654435) || '-' || evento_id WHERE id % 5 <> 0;
