# Parley in a container: nobody's root, listening on 8080, allowed to reach nothing but a Redis called `redis`.
#
#   docker build -t parley .
#   docker run --rm -p 8080:8080 -v parley:/data parley
#
# Metrics are on 127.0.0.1:9464 inside; ADMIN_HOST=0.0.0.0 shows them to other containers. People who open it under a name
# of its own need PUBLIC_URL.
#
# The permissions below name addresses, since a permission that names none allows all. For another port or another Redis
# give the command anew, with the addresses that you use: see docs/operations.md, "In a container". Reading is allowed
# where data is kept, and where the service's own modules are: an isolate that is started later reads them again.
FROM denoland/deno:2.9.6

WORKDIR /app
COPY deno.json deno.lock main.ts ./
COPY lib lib
COPY static static

# What is said is kept here, unless REDIS_URL is set.
RUN mkdir /data && chown deno:deno /data
VOLUME /data

USER deno
# Everything is fetched now and checked against the lock file, so that the container starts without a network.
RUN deno install --frozen --entrypoint main.ts

ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["deno", "eval", "Deno.exit((await fetch('http://127.0.0.1:8080/healthz')).ok ? 0 : 1)"]

CMD ["deno", "run", "--v8-flags=--max-semi-space-size=4", "--no-prompt", "--cached-only", "--frozen", \
  "--allow-net=0.0.0.0:8080,127.0.0.1:9464,0.0.0.0:9464,redis:6379", "--allow-read=/data,/app/lib,/app/static,/app/deno.json", \
  "--allow-write=/data", \
  "--allow-env=PORT,HOST,PUBLIC_URL,ADMIN_HOST,ADMIN_PORT,ADMIN_TOKEN,WORKERS,MAX_MEMORY_MB,REDIS_URL,REDIS_PREFIX,REDIS_CA_FILE,REDIS_DURABLE,DATA_DIR,SESSION_SECRET,HISTORY_MESSAGES,HISTORY_HOURS,MAX_STORE_MB,MAX_ROOMS_TOTAL,RECOVER_LIMIT,MAX_ROOMS,ALLOWED_ORIGINS,ALLOWED_HOSTS,TRUST_PROXY,MAX_CONNECTIONS,CONNECTIONS_PER_ADDRESS,HANDSHAKES_PER_SECOND,MAX_MESSAGE_BYTES,MESSAGES_PER_SECOND,BYTES_PER_SECOND,MAX_BUFFERED_BYTES,PING_SECONDS,ECHO,GUEST_NAME,LOG_LEVEL,LOG_FORMAT", \
  "main.ts"]
