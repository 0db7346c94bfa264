"""Let every spelling of a user's kind in, and store one

The ORM loads members by name, in upper case; the sign-up endpoint sends lower case. Scripts turned the rows to lower
case, and nobody of those kinds could log in. Rows are upper case, both spellings are labels, and a trigger folds what
comes in. A kind that is neither is refused: it is a privilege, and never guessed.

Application commit: 28ff102 (state 22, whose ORM it serves)
Replaces: CORRECAO_IMEDIATA_ENUM_RAILWAY.sql, apply_complete_solution.py, diagnose_enum_case_issue.py,
  fix_enum_migration.sql, fix_enum_simple.py, fix_enum_tipousuario.py, fix_user_types_standardization.py,
  migrate_enum_auto.py, deploy_auto.sh, test_migration_system.py, backend/fix_user_types.py,
  recovery_system_advanced.py, backend/app/migrations/auto_migrate.py, backend/update_user_1.py (the kind it gave).

Revision ID: 0020
Revises: 0019
Create Date: 2025-08-28 22:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIPOUSUARIO = sa.Enum("ADMIN", "PROMOTER", "CLIENTE", "admin", "promoter", "cliente", name="tipousuario")
BEFORE = sa.Enum("ADMIN", "PROMOTER", "CLIENTE", name="tipousuario")

FIRES = "BEFORE INSERT OR UPDATE OF tipo"
# Qualified for a restore, whose search_path is empty; COLLATE "C" since upper() of a Turkish database gives no label.
BODY = 'BEGIN NEW.tipo := upper(NEW.tipo::text COLLATE "C")::public.tipousuario; RETURN NEW; END'
SQLITE = {
    f"usuarios_tipo_maiusculo_{name}": (
        f"CREATE TRIGGER usuarios_tipo_maiusculo_{name} AFTER {event} ON usuarios FOR EACH ROW "
        "WHEN NEW.tipo NOT IN ('ADMIN', 'PROMOTER', 'CLIENTE') BEGIN "
        "SELECT RAISE(ABORT, 'usuarios.tipo holds a value that is no label of tipousuario') "
        "WHERE upper(trim(NEW.tipo)) NOT IN ('ADMIN', 'PROMOTER', 'CLIENTE'); "
        "UPDATE usuarios SET tipo = upper(trim(NEW.tipo)) WHERE id = NEW.id; END"
    )
    for name, event in (("insert", "INSERT"), ("update", "UPDATE OF tipo"))
}


def upgrade() -> None:
    op.ensure_enum(TIPOUSUARIO)
    op.ensure_column("usuarios", sa.Column("tipo", TIPOUSUARIO, nullable=False))
    op.ensure_trigger("usuarios_tipo_maiusculo", "usuarios", FIRES, BODY, SQLITE)


def downgrade() -> None:
    op.undo()
