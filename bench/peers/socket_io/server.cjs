/**
 * A chat of Socket.IO with its Redis adapter, on WebSockets only. Room and broadcast are Socket.IO's own.
 * @module
 */
const process = require("node:process");
const { createClient } = require("@redis/client");
const { createAdapter } = require("@socket.io/redis-adapter");
const { Server } = require("socket.io");

async function serve() {
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const server = new Server({
    adapter: createAdapter(publisher, subscriber),
    transports: ["websocket"],
    serveClient: false,
  });
  server.on("connection", (socket) => {
    socket.join("chat");
    socket.on("chat", (text) => server.to("chat").emit("chat", text));
  });
  server.listen(Number(process.env.PORT), { host: "127.0.0.1" });
}

serve();
