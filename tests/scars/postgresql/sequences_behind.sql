-- Rows put in with their numbers, as a restore does, and sequences that were not told.
-- scripts: migrate_postgres_production.py, migrate_postgres_auto_retry.py
-- needs: states 1-27
-- touches: usuarios, eventos, listas, transacoes, empresas
-- outcome: home
SELECT setval('usuarios_id_seq', 1, false), setval('eventos_id_seq', 2), setval('listas_id_seq', 1, false),
    setval('transacoes_id_seq', 3),
    setval('empresas_id_seq', 1, false);
