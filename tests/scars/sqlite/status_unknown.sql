-- A status that is no label, written past the ORM.
-- scripts: backend/seed_financeiro_data.py
-- needs: states 1-27
-- touches: transacoes
-- outcome: refused: transacoes.status: 1 row holds a value that is no label of statustransacao
UPDATE transacoes SET status = 'estornada' WHERE id = (SELECT min(id) FROM transacoes);
