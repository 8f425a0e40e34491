/**
 * Posts a message in the name of a user of your app, with Node 20 or later and nothing else.
 *
 *     CHAT_URL=https://chat.example JWT_SECRET=… node post_message.js team-red "The build has passed"
 *
 * @module
 */
import { createHmac, randomUUID } from "node:crypto";
import { Buffer } from "node:buffer";
import process from "node:process";

const { CHAT_URL = "http://127.0.0.1:8080", JWT_SECRET } = process.env;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Signs a token that is valid for a minute, and only in one room. */
export function signToken(user, room, secret) {
  const iat = Math.floor(Date.now() / 1000);
  const rooms = [{ match: room, allow: ["read", "send"] }];
  const claims = { sub: user.id, name: user.name, iat, exp: iat + 60, parley: { rooms } };
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

/** Sends a message once, however often the call is repeated with the same key. Returns its position. */
export async function postMessage(user, room, text, key) {
  const response = await fetch(`${CHAT_URL}/api/v1/rooms/${encodeURIComponent(room)}/messages`, {
    method: "POST",
    headers: {
      "authorization": `Bearer ${signToken(user, room, JWT_SECRET)}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify({ text }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`The chat answered with ${response.status}: ${answer.detail}`);
  return answer.position;
}

const [room, text] = process.argv.slice(2);
if (room === undefined || text === undefined || JWT_SECRET === undefined) {
  process.stderr.write("Usage: JWT_SECRET=… node post_message.js ROOM TEXT\n");
  process.exit(2);
}
const builder = { id: "builder", name: "Build server" };
process.stdout.write(`${await postMessage(builder, room, text, randomUUID())}\n`);
