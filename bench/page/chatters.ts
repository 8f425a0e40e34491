/**
 * Users who send messages in a room through the client library, of every kind: short and long ones, replies, code,
 * links, Chinese, emoji, edits, deletions and reactions. Each run sends the same messages in the same order.
 * @module
 */
import { type Chat, connect, type Room } from "../../static/client.js";

const NAMES = ["Ann", "Ben", "Chloé", "Dee", "Emeka", "Fatima", "Gus", "Hana", "Ivo", "李雷"];
const LONG =
  "The long one was the database: it had to be copied first, and the copy was slower than anybody thought. ";

/** Users in one room. */
export class Chatters implements Disposable {
  readonly #chats: readonly Chat[];
  readonly #rooms: readonly Room[];
  #said = 0;

  /** @param url The URL of the service. */
  constructor(url: string, room: string) {
    this.#chats = NAMES.map((name) => connect(new URL("/ws", url), { name }));
    this.#rooms = this.#chats.map((chat) => chat.join(room, { limit: 0 }));
  }

  /** Sends this many messages as fast as the service accepts them. */
  async fill(count: number): Promise<void> {
    await Promise.all(this.#rooms.map(async (_, at) => {
      for (let i = at; i < count; i += this.#rooms.length) await this.#say(i);
    }));
    this.#said += count;
  }

  /** Sends this many messages at this interval, in milliseconds. */
  async talk(count: number, everyMs: number): Promise<void> {
    const start = performance.now();
    const said: Promise<unknown>[] = [];
    for (let i = 0; i < count; i++) {
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, start + i * everyMs - performance.now()))
      );
      said.push(this.#say(this.#said + i));
    }
    await Promise.all(said);
    this.#said += count;
  }

  async #say(number: number): Promise<void> {
    const room = this.#rooms[number % this.#rooms.length];
    if (!room) return;
    const last = room.last.value?.position;
    const reply = number % 9 === 4 && last !== undefined ? { reply: last } : {};
    const { position } = await room.say(textOf(number), reply).sent;
    if (number % 11 === 3) await room.edit(position, `${textOf(number)} (I mean it)`).sent;
    if (number % 53 === 7) await room.delete(position).sent;
    else if (number % 6 === 2) await room.react(position, "👍").sent;
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    for (const chat of this.#chats) chat.close();
  }
}

function textOf(number: number): string {
  if (number % 29 === 5) return "```js\nconst rooms = new Map();\nrooms.set(name, room);\n```";
  if (number % 23 === 6) return "🎉🎉";
  if (number % 17 === 8) return `${number}. ${LONG.repeat(1 + number % 5)}`;
  if (number % 13 === 1) return `It is at https://example.org/notes/${number}, see \`notes.md\``;
  if (number % 10 === 9) return `第 ${number} 条：早上好，大家都看过了吗？我也觉得没有问题。`;
  if (number % 7 === 0) {
    return `${number} has three lines:\nthis is the second,\nand this the third.`;
  }
  return `${number}: quite so, let us do it on Wednesday then`;
}
