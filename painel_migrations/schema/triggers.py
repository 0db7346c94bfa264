"""The triggers that fold ``usuarios.tipo`` to upper case: the application writes it in both, and can load only upper.

They fold and never map: whoever is no known kind of user is refused, since the kind is a privilege. PostgreSQL refuses
by the enum type itself, before the trigger sees the row; SQLite, which has no enum types, by the trigger.
"""

from homecoming.schema.triggers import Trigger
from painel_migrations.schema.enums import TIPOUSUARIO_STORED

NAME = "usuarios_tipo_maiusculo"
FUNCTION = f"public.{NAME}"

# The type is qualified because a restore runs with an empty search_path. COLLATE "C" because upper() follows the
# database's language, and in Turkish 'admin' would become 'ADMİN', which is no label.
BODY = 'BEGIN NEW.tipo := upper(NEW.tipo::text COLLATE "C")::public.tipousuario; RETURN NEW; END'

POSTGRESQL = (
    f"CREATE TRIGGER {NAME} BEFORE INSERT OR UPDATE OF tipo ON public.usuarios "
    f"FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()"
)


def _sqlite(name: str, event: str) -> str:
    """Return the statement of the SQLite trigger ``name`` on ``event``.

    SQLite cannot change NEW, so the row is folded after it was written: RETURNING still shows what was sent. The fold
    is an UPDATE that fires the update trigger in its turn (and itself, under ``recursive_triggers``), and it ends there
    because the value is upper case by then. ABORT undoes the statement that sent a value that is no label.
    """
    labels = ", ".join(f"'{label}'" for label in TIPOUSUARIO_STORED)
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON usuarios FOR EACH ROW WHEN NEW.tipo NOT IN ({labels}) BEGIN "
        "SELECT RAISE(ABORT, 'usuarios.tipo holds a value that is no label of tipousuario') "
        f"WHERE upper(trim(NEW.tipo)) NOT IN ({labels}); "
        "UPDATE usuarios SET tipo = upper(trim(NEW.tipo)) WHERE id = NEW.id; END"
    )


SQLITE_INSERT = _sqlite(f"{NAME}_insert", "INSERT")
SQLITE_UPDATE = _sqlite(f"{NAME}_update", "UPDATE OF tipo")

TRIGGERS: dict[str, tuple[Trigger, ...]] = {
    "postgresql": (Trigger(NAME, "usuarios", POSTGRESQL, FUNCTION, BODY),),
    "sqlite": (
        Trigger(f"{NAME}_insert", "usuarios", SQLITE_INSERT),
        Trigger(f"{NAME}_update", "usuarios", SQLITE_UPDATE),
    ),
}
