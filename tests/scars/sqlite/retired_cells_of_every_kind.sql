-- Values in columns that go, of another kind than their types: they come back as they were.
-- scripts: optimize_database.py
-- needs: states 13-18
-- touches: produtos
-- outcome: home
UPDATE produtos SET destaque = 'f', preco_custo = '10,50', volume = x'00FF', validade_dias = 1.5 WHERE id = 1;
UPDATE produtos SET marca = x'C3A7', ncm = '1234567890', promocional = 2, icms = 'doze', observacoes = 7 WHERE id = 2;
UPDATE produtos SET fornecedor = 'a' || char(0) || 'b', margem_lucro = 1e300, ipi = '', evento_id = 1 WHERE id = 3;
