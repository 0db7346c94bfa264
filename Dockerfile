# A migration job: `docker run --rm -e DATABASE_URL IMAGE` brings the database to head and ends with the exit code of
# docs/commands.md; another verb is the argument. It runs without root and on a read-only root file system: what a run
# writes (the console script, what monitoring remembers) goes to /work, which wants a volume or a tmpfs.
FROM python:3.13-slim AS build

WORKDIR /opt/painel
COPY requirements.txt ./
# Wheels only, by their hashes: no compiler, and nothing else than what was tried.
RUN python -m venv venv \
    && venv/bin/python -m pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.txt
COPY alembic.ini ./
COPY alembic ./alembic
COPY archive ./archive
COPY homecoming ./homecoming
COPY painel_migrations ./painel_migrations
# Nobody can write bytecode later.
RUN venv/bin/python -m compileall -q homecoming painel_migrations alembic

FROM python:3.13-slim

COPY --from=build /opt/painel /opt/painel
ENV PATH=/opt/painel/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/opt/painel \
    PYTHONUNBUFFERED=1 \
    HOME=/work \
    TMPDIR=/work
# A number: Kubernetes then knows that it is not root.
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["python", "-m", "painel_migrations"]
CMD ["upgrade"]
