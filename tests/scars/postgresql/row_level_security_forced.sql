-- Row level security, forced upon the owner too, with a policy that hides most rows, over columns that go.
-- scripts: migrate_postgres_production.py
-- needs: states 3-23
-- touches: produtos, listas
-- outcome: home
ALTER TABLE produtos ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY so_o_primeiro ON produtos FOR SELECT TO public USING (id = 1);
ALTER TABLE listas ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE listas ADD tipo_usuario varchar(30);
UPDATE listas SET tipo_usuario = 'antes ' || id;
