# The app as a server that also runs jobs, or `artify jobs run` on its own; compose.yaml starts both.
# The extra `span` is not included: see the licence note in README.md.
FROM python:3.13-slim-trixie
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/artify
COPY requirements/build.txt requirements/server.txt requirements/
RUN pip install --require-hashes --only-binary=:all: -r requirements/build.txt \
 && pip install --require-hashes --only-binary=:all: --no-binary=pyvips --no-build-isolation -r requirements/server.txt
COPY migrations migrations
COPY app app
COPY handlers handlers
RUN install -d -o 10001 -g 10001 var
USER 10001:10001
VOLUME /srv/artify/var
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# exec makes the server the container's first process, so that it receives SIGTERM.
CMD ["sh", "-c", "python -m handlers.cli db migrate && exec uvicorn handlers.server:app --host 0.0.0.0 --port 8000 --http h11 --limit-concurrency 900 --timeout-keep-alive 75 --timeout-graceful-shutdown 5"]
