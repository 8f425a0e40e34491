/**
 * A chat of Node's `ws` and Redis pub/sub, as its own guide writes it: what is said is published, and what Redis
 * announces goes to every socket in a loop.
 * @module
 */
import process from "node:process";
import { createClient } from "@redis/client";
import { WebSocket, WebSocketServer } from "ws";

const publisher = createClient({ url: process.env.REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
});
await subscriber.subscribe("chat", (text) => {
  for (const socket of server.clients) {
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  }
});
server.on("connection", (socket) => {
  socket.on("message", (bytes) => publisher.publish("chat", bytes.toString()));
  socket.on("error", () => socket.terminate());
});
