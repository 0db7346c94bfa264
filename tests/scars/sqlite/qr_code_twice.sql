-- transacoes.qr_code_ticket without UNIQUE, and two tickets with one code.
-- scripts: backend/add_qr_code_migration.py, backend/update_existing_qr_codes.py
-- needs: states 1-3
-- touches: transacoes
-- outcome: refused: transacoes.qr_code_ticket: 1 value occurs more than once
ALTER TABLE transacoes ADD COLUMN qr_code_ticket VARCHAR(100);
UPDATE transacoes SET qr_code_ticket = 'TICKET-' || printf('%08X', id * 2654435) || '-' || evento_id WHERE id % 5 <> 0;
UPDATE transacoes SET qr_code_ticket = 'TICKET-0000BEEF-1'
    WHERE id IN ((SELECT min(id) FROM transacoes), (SELECT max(id) FROM transacoes));
