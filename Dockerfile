# MovieShow: one image for web, worker and scheduler; compose.yaml shows how they fit together.
# docker build --build-arg TORCH_INDEX_URL=… takes the CPU build of torch from another index.

FROM python:3.11-slim AS build
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV TORCH_INDEX_URL=$TORCH_INDEX_URL PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY pyproject.toml constraints.txt ./
COPY movieshow/__init__.py movieshow/environment.py movieshow/
RUN python -m movieshow.environment

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home movieshow
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
ENV PATH=/app/.venv/bin:$PATH \
    MOVIESHOW_HOME=/data \
    GRANIAN_WORKERS=2 \
    OMP_NUM_THREADS=1 \
    PYTHONUNBUFFERED=1
USER movieshow
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# For a proxy that buffers requests, such as deploy/nginx: a slow body would keep a thread for itself.
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--http", "1", \
     "--no-ws", "--blocking-threads", "4", "--respawn-failed-workers", \
     "--workers-kill-timeout", "8", "--log-level", "warning", "movieshow.wsgi:application"]
