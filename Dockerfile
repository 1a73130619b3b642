# The page and /api/v1 with several workers. `docker build -t needlemap .`
# For programs alone: end the command with viewer.service.wsgi:application instead.
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE.md ./
COPY LICENSES LICENSES
COPY anatomy anatomy
COPY zones zones
COPY viewer viewer
COPY needlemap needlemap
RUN python -m venv /opt/needlemap \
 && /opt/needlemap/bin/pip install --no-cache-dir ".[page,server,postgres,hooks,metrics]"

FROM python:3.12-slim
COPY --from=build /opt/needlemap /opt/needlemap
ENV PATH=/opt/needlemap/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
WORKDIR /tmp
# nobody that the image or the host knows; needs no right to write anywhere but /tmp
USER 10001:10001
EXPOSE 8050
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8050/health/ready', timeout=4)"]
CMD ["gunicorn", "--preload", "--workers", "4", "--threads", "8", "--bind", "0.0.0.0:8050", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "viewer.page.wsgi:application"]
