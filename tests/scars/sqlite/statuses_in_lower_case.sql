-- Statuses written by value, which the ORM cannot load: 'aprovada', ' Ativo '.
-- scripts: backend/compatibility_analyzer.py
-- needs: states 1-27
-- touches: transacoes, eventos
-- outcome: home
UPDATE transacoes SET status = lower(status) WHERE id % 2 = 0;
UPDATE eventos SET status = ' ' || substr(status, 1, 1) || lower(substr(status, 2)) || ' ' WHERE id % 2 = 1;
