# The server: docker build -t reverse-oldify . && docker compose up
#
# Two stages, so that the image holds what is installed and nothing that built it. It runs as a user
# without a name or a home, and writes nothing: the root file system may be read-only.

FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE constraints.txt ./
COPY src src
RUN python -m venv /opt/reverse-oldify \
    && /opt/reverse-oldify/bin/pip install --no-cache-dir --no-compile -c constraints.txt '.[serve]' \
    && /opt/reverse-oldify/bin/python -m compileall -q /opt/reverse-oldify/lib

FROM python:3.11-slim
COPY --from=build /opt/reverse-oldify /opt/reverse-oldify
# OMP_NUM_THREADS: the workers share the processors already.
ENV PATH=/opt/reverse-oldify/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Within a container every address is another machine's: without REVERSE_OLDIFY_TOKEN it refuses.
ENTRYPOINT ["reverse-oldify", "serve", "--host", "0.0.0.0"]
