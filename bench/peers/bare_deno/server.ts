/**
 * The least that Deno can do: a loop over `send()`, without Redis, names or limits. What it costs is what the runtime
 * costs, so that the rest is ours. `/chat` sends to all, `/echo` to the one who said it.
 * @module
 */
const sockets = new Set<WebSocket>();

Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")) },
  (request) => {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response(
        "bare\n",
      );
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    if (request.url.endsWith("/echo")) {
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const each of sockets) each.send(data);
    };
    return response;
  },
);
