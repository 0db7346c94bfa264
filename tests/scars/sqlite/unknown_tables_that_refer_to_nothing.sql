-- Tables of somebody else's whose rows refer to users that were deleted, to a table that never was, to a copy that is gone.
-- scripts: backend/compatibility_analyzer.py
-- needs: states 3-27
-- touches: usuarios, produtos
-- outcome: home
CREATE TABLE notas (id INTEGER PRIMARY KEY, usuario INTEGER REFERENCES usuarios (id), autor INTEGER REFERENCES autores (id));
INSERT INTO notas VALUES (1, 12345, 5), (2, 1, NULL);
CREATE TABLE pedidos (codigo TEXT PRIMARY KEY, produto INTEGER REFERENCES produtos_old (id));
INSERT INTO pedidos VALUES ('a', 1), ('b', 98765);
