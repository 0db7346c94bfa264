-- The two MEEP views over the application's own tables.
-- scripts: backend/meep_migration.sql
-- needs: states 11-23
-- touches: validacoes_acesso, equipamentos_eventos, eventos, usuarios
-- outcome: home
CREATE OR REPLACE VIEW v_validacoes_resumo AS
    SELECT e.id AS evento_id, e.nome AS evento_nome, count(v.id) AS total_validacoes,
        count(*) FILTER (WHERE v.sucesso) AS validacoes_sucesso, max(v.timestamp_validacao) AS ultima_validacao
    FROM eventos e LEFT JOIN validacoes_acesso v ON v.evento_id = e.id GROUP BY e.id, e.nome;
CREATE OR REPLACE VIEW v_equipamentos_status AS
    SELECT eq.id, eq.nome, eq.tipo, eq.ip_address, eq.status, eq.ultima_atividade, e.nome AS evento_nome, u.nome AS responsavel_nome
    FROM equipamentos_eventos eq LEFT JOIN eventos e ON e.id = eq.evento_id LEFT JOIN usuarios u ON u.id = eq.responsavel_id;
