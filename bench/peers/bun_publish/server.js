/**
 * A chat of Bun's own parts: its Redis client, and `publish()`, which sends to all subscribers of a topic below
 * JavaScript.
 * @module
 */
import process from "node:process";

const { RedisClient, serve } = globalThis.Bun;
const publisher = new RedisClient(process.env.REDIS_URL);
const subscriber = new RedisClient(process.env.REDIS_URL);
await Promise.all([publisher.connect(), subscriber.connect()]);

const server = serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response("bun\n");
  },
  websocket: {
    open(socket) {
      socket.subscribe("chat");
    },
    message(_socket, text) {
      publisher.publish("chat", text);
    },
  },
});
await subscriber.subscribe("chat", (text) => server.publish("chat", text));
