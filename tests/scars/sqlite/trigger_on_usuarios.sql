-- A trigger somebody made: whatever updates a user changes its atualizado_em, an upgrade as well.
-- scripts: backend/meep_migration.sql
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
CREATE TRIGGER usuarios_atualizado_em AFTER UPDATE ON usuarios FOR EACH ROW BEGIN
    UPDATE usuarios SET atualizado_em = '2025-12-31 23:59:59' WHERE id = NEW.id;
END;
