# The worker and every other `cleanplate` command. Build from the checkout's root, see docker-compose.yml.
FROM python:3.12.12-slim-bookworm AS build
WORKDIR /opt/cleanplate
# What the set-up reads: as long as it stays the same, the environment comes from the build cache.
COPY pyproject.toml ./
COPY infra ./infra
COPY processors ./processors
# By the lock of infra/locks, from wheels, with hashes; the same way as on a developer's machine.
RUN CLEANPLATE_CACHE=/tmp/cache python -m infra.provision app
COPY inference ./inference
COPY streams ./streams
RUN .venv/bin/python -m compileall -q .venv inference infra processors streams

FROM python:3.12.12-slim-bookworm
COPY --from=build /opt/cleanplate /opt/cleanplate
ENV HOME=/tmp \
    OMP_NUM_THREADS=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# The one place that is writable where the root file system is not.
WORKDIR /tmp
ENTRYPOINT ["/opt/cleanplate/.venv/bin/cleanplate"]
CMD ["worker"]
