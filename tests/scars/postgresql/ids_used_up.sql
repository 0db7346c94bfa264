-- Rows that somebody gave the highest id there is: of a table whose sequence was right, and of one whose sequence counts down.
-- scripts: auto_migrate_railway.py
-- needs: states 11-27
-- touches: empresas, analytics_meep
-- outcome: home
UPDATE analytics_meep SET id = 2147483647 WHERE id = 1;
INSERT INTO empresas (id, nome, cnpj, email, ativa)
    VALUES (2147483647, 'Última', '99999999999999', 'ultima@example.com', true);
ALTER SEQUENCE empresas_id_seq AS bigint INCREMENT -1 MINVALUE -5 MAXVALUE 9223372036854775807 RESTART WITH -5;
