"""The application as a start-up hook meets it: FastAPI, `create_all()` of its models, the migration, then requests.

`python -m uvicorn tests.support.served_application:app` serves it on the database of DATABASE_URL. Its models are those
of state 22, as SQLAlchemy reads them; `GET /` says how the migration ended, `GET /usuarios` loads every user by the
ORM's way with enums: by the label's name.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import fastapi
import sqlalchemy as sa

from homecoming.settings import read_settings
from painel_migrations.auto_migrate import deploy_monitor, run_auto_migration
from tests.support import lineage

STATE = 22

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")

engine = sa.create_engine(read_settings().database_url)
models = lineage.metadata(lineage.load(STATE))


@asynccontextmanager
async def lifespan(served: fastapi.FastAPI) -> AsyncIterator[None]:
    """What the application's own start-up event does, in its order."""
    models.create_all(engine)
    deploy_monitor.log_startup_info()
    began = time.monotonic()
    served.state.migrated = run_auto_migration()
    deploy_monitor.log_migration_status(served.state.migrated, time.monotonic() - began)
    yield
    engine.dispose()


app = fastapi.FastAPI(lifespan=lifespan)


@app.get("/")
def migrated() -> bool:
    return bool(app.state.migrated)


@app.get("/usuarios")
def usuarios() -> list[str]:
    with engine.connect() as connection:
        return [str(tipo) for tipo in connection.execute(sa.select(models.tables["usuarios"].c.tipo)).scalars()]
