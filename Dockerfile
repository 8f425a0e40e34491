# Parley in a container: without root, listening on port 8080, allowed to connect only to a Redis called `redis`.
#
#   docker build -t parley .
#   docker run --rm -p 8080:8080 -v parley:/data parley
#
# Metrics are on 127.0.0.1:9464 inside the container. ADMIN_HOST=0.0.0.0 makes them available to other containers. Set
# PUBLIC_URL if users open the service under a host name.
#
# The permissions below name addresses, because a permission without addresses allows all of them. For another port or
# another Redis, override the command with the addresses that you use: see docs/operations/deploying.md, "Container". The
# process may read the data folder, the service's own modules, which a worker that starts later reads again, and /run/secrets.
FROM denoland/deno:2.9.6

WORKDIR /app
COPY deno.json deno.lock main.ts ./
COPY lib lib
COPY static static

# Messages are stored here, unless REDIS_URL is set.
RUN mkdir /data && chown deno:deno /data
VOLUME /data

USER deno
# Download all packages now and check them against the lock file, so that the container starts without a network.
RUN deno install --frozen --entrypoint main.ts

ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data WEBSOCKET_ENGINE=node
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["deno", "eval", "Deno.exit((await fetch('http://127.0.0.1:8080/healthz')).ok ? 0 : 1)"]

CMD ["deno", "run", "--v8-flags=--max-semi-space-size=4", "--no-prompt", "--cached-only", "--frozen", \
  "--allow-net=0.0.0.0:8080,127.0.0.1:9464,0.0.0.0:9464,redis:6379", "--allow-read=/data,/app/lib,/app/static,/app/deno.json,/run/secrets", \
  "--allow-write=/data", \
  "--allow-env=PORT,HOST,PUBLIC_URL,TLS_CERT_FILE,TLS_KEY_FILE,ADMIN_HOST,ADMIN_PORT,ADMIN_TOKEN,ADMIN_TOKEN_FILE,WEBSOCKET_ENGINE,WORKERS,MAX_MEMORY_MB,REDIS_URL,REDIS_URL_FILE,REDIS_PREFIX,REDIS_CA_FILE,REDIS_DURABLE,DATA_DIR,SESSION_SECRET,SESSION_SECRET_FILE,AUTH,ROOM_CREATION,JWT_SECRET,JWT_SECRET_FILE,JWT_PUBLIC_KEY_FILE,JWKS_URL,JWT_ISSUER,JWT_AUDIENCE,AUTH_PROXY_HEADER,OIDC_ISSUER,OIDC_CLIENT_ID,OIDC_CLIENT_SECRET,OIDC_CLIENT_SECRET_FILE,OIDC_SCOPES,OIDC_GROUP_CLAIM,OIDC_ROLES,HISTORY_MESSAGES,HISTORY_HOURS,MAX_STORE_MB,MAX_ROOMS_TOTAL,RECOVER_LIMIT,MAX_ROOMS,ALLOWED_ORIGINS,ALLOWED_FRAMERS,ALLOWED_HOSTS,TRUST_PROXY,MAX_CONNECTIONS,CONNECTIONS_PER_ADDRESS,HANDSHAKES_PER_SECOND,MAX_MESSAGE_BYTES,MESSAGES_PER_SECOND,BYTES_PER_SECOND,MAX_BUFFERED_BYTES,MAX_BATCH_MS,PING_SECONDS,DRAIN_SECONDS,ECHO,GUEST_NAME,BLOCKED_WORDS_FILE,MODERATION_URL,MODERATION_SECRET,MODERATION_SECRET_FILE,MODERATION_FAILS,WEBHOOK_ALLOW_PRIVATE,LOG_LEVEL,LOG_FORMAT,WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE", \
  "main.ts"]
