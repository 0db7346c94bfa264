-- A foreign key put back NOT VALID over rows that would not pass.
-- scripts: migrate_postgres_auto_retry.py
-- needs: states 1-27
-- touches: transacoes
-- outcome: refused: transacoes.lista_id: 2 rows refer to rows of listas that do not exist
ALTER TABLE transacoes DROP CONSTRAINT transacoes_lista_id_fkey;
UPDATE transacoes SET lista_id = 987654 WHERE id <= (SELECT min(id) + 1 FROM transacoes);
ALTER TABLE transacoes ADD CONSTRAINT transacoes_lista_id_fkey FOREIGN KEY (lista_id) REFERENCES listas (id) NOT VALID;
