/**
 * The attacks, each bounded in time and in sockets: how each is carried out, and how it should be refused.
 * @module
 */
import {
  closeCode,
  encodeFrame,
  handshake,
  OPCODE,
} from "../../tests/support/clients/raw_socket.ts";
import { address, arrive, type Attack, join, keep } from "./attack.ts";
import { from } from "./attacker.ts";
import { MEMBER_ATTACKS } from "./member_attacks.ts";

/** The longest text, in bytes. */
const LONGEST = 65_535;
/** Fits into the longest JSON message. */
const LARGE = 390_000;

/** Sends one large message again and again on a number of connections. */
function flood(name: string, about: string, count: number, message: () => string): Attack {
  const bytes = encodeFrame(OPCODE.text, new TextEncoder().encode(message()));
  return {
    name,
    about,
    refusedBy: ["close 1008", "close 1009", "fault slow_down"],
    run: (attacker) =>
      keep(attacker, count, (index) => arrive(attacker, index), (it) => it.write(bytes)),
  };
}

/** Twenty senders of long messages, each in a room of its own. */
function fillers(name: string, where: string, addressOf: (index: number) => number): Attack {
  const text = "x".repeat(LONGEST);
  return {
    name,
    about: `Twenty senders of 65 KB messages, each in a room of its own, ${where}`,
    refusedBy: ["fault slow_down", "close 1008"],
    run: (attacker) =>
      keep(
        attacker,
        20,
        (index) => arrive(attacker, addressOf(index), `fill${index}`),
        async (socket, _, index) => {
          await socket.frames({ type: "say", room: `fill${index}`, text });
          await attacker.pause(50);
        },
      ),
  };
}

/** All attacks, in the order of the table. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "none",
    about: "Nothing: how much two measurements differ by themselves",
    refusedBy: [],
    run: (attacker) => attacker.repeat(() => attacker.pause(1_000)),
  },
  {
    name: "name-marks",
    about: "A name of 100,000 combining marks, once a second on two connections",
    refusedBy: ["fault bad_name", "close 1008"],
    run: (attacker) =>
      keep(attacker, 2, (index) => arrive(attacker, index), async (socket) => {
        await socket.frames({ type: "name", name: `a${"\u0301\u0316".repeat(50_000)}` });
        await attacker.pause(1_000);
      }),
  },
  {
    name: "upgrade-blanks",
    about: "Six handshakes at a time with 64,000 blanks in Upgrade",
    refusedBy: ["HTTP 426", "HTTP 429", "HTTP 431"],
    run: (attacker) =>
      attacker.repeat(async (round) => {
        const headers = { Upgrade: `x${" ".repeat(64_000)}x` };
        await Promise.all(
          Array.from({ length: 6 }, (_, index) =>
            attacker.shakeHands("/ws", address(round % 25 * 6 + index), headers)),
        );
      }),
  },
  flood(
    "pongs",
    "`pong` frames in messages of 390 KB, two connections",
    2,
    () => '{"type":"pong"}\n'.repeat(LARGE / 16),
  ),
  flood(
    "line-feeds",
    "Line feeds in messages of 390 KB, two connections",
    2,
    () => "\n".repeat(LARGE),
  ),
  flood(
    "many-frames",
    "195,000 frames in one message, two connections",
    2,
    () => "1\n".repeat(LARGE / 2),
  ),
  {
    name: "empty-fragments",
    about: "Empty continuation frames without an end, one connection",
    refusedBy: [],
    run: (attacker) => {
      const begin = encodeFrame(OPCODE.text, new Uint8Array(), false);
      const empty = encodeFrame(OPCODE.continuation, new Uint8Array(), false);
      const many = new Uint8Array(empty.length * 10_000);
      for (let at = 0; at < many.length; at += empty.length) many.set(empty, at);
      return keep(attacker, 1, async (index) => {
        const socket = await arrive(attacker, index);
        await socket?.write(begin);
        return socket;
      }, async (socket) => {
        for (let i = 0; i < 50; i++) await socket.write(many);
      });
    },
  },
  {
    name: "history",
    about: "`/history 999` in a room of 65 KB messages, two connections, 20 at a time",
    refusedBy: ["fault slow_down", "close 1008"],
    needsStored: true,
    run: (attacker) =>
      keep(
        attacker,
        2,
        (index) => attacker.open("/ws?room=stored", address(index), false),
        async (socket) => {
          for (let i = 0; i < 20; i++) await socket.say("/history 999");
          await attacker.pause(100);
        },
      ),
  },
  {
    name: "joins",
    about: "Joining and leaving a room of 65 KB messages from its beginning, two connections",
    refusedBy: ["fault slow_down", "close 1008"],
    needsStored: true,
    run: (attacker) =>
      keep(attacker, 2, (index) => arrive(attacker, index), async (socket) => {
        await socket.frames(
          { type: "join", room: "stored", limit: 200 },
          { type: "leave", room: "stored" },
        );
        await attacker.pause(20);
      }),
  },
  {
    name: "since",
    about: "Plain-text connections with `?history=999`, opened and dropped, 25 at a time",
    refusedBy: ["HTTP 429"],
    needsStored: true,
    run: (attacker) =>
      attacker.repeat(async () => {
        const open = () => attacker.open("/ws?room=stored&history=999", address(0), false);
        const sockets = await Promise.all(Array.from({ length: 25 }, open));
        await attacker.pause(50);
        for (const socket of sockets) socket?.drop();
      }),
  },
  {
    name: "replays",
    about: "Joining a room of 65 KB messages with `since` at its beginning, two connections",
    refusedBy: ["fault slow_down", "close 1008"],
    needsStored: true,
    run: async (attacker) => {
      const first = await arrive(attacker, 0);
      await first?.say(join("stored"));
      const joined = await first?.untilReceived(/"type":"joined"/);
      const [, epoch = ""] = /"position":"(\w+):/.exec(joined ?? "") ?? [];
      await keep(attacker, 2, (index) => arrive(attacker, index), async (socket) => {
        await socket.frames(
          { type: "join", room: "stored", since: `${epoch}:0` },
          { type: "leave", room: "stored" },
        );
        await attacker.pause(20);
      });
    },
  },
  {
    name: "renames",
    about: "Renaming in 31 rooms again and again, two connections",
    refusedBy: ["fault slow_down", "close 1008"],
    run: (attacker) =>
      keep(attacker, 2, async (index) => {
        const socket = await arrive(attacker, index);
        const rooms = Array.from({ length: 31 }, (_, room) => `rename${index}-${room}`);
        for (const room of rooms) {
          await socket?.say(join(room));
          // Below the rate limit, so that only the renames are refused.
          await attacker.pause(30);
        }
        return socket;
      }, async (socket, round, index) => {
        await socket.frames({ type: "name", name: `Mallory${index} ${round}` });
        await attacker.pause(20);
      }),
  },
  {
    name: "reactions",
    about: "History of a message with as many reactions as it takes, two connections",
    refusedBy: ["fault slow_down", "close 1008"],
    run: async (attacker) => {
      const socket = await arrive(attacker, 9, "reacted");
      await socket?.frames({ type: "say", room: "reacted", id: "m", text: "react to this" });
      const ack = await socket?.untilReceived(/"type":"ack"/);
      const [, of = ""] = /"position":"([^"]+)"/.exec(ack ?? "") ?? [];
      await Promise.all([
        keep(attacker, 1, () => Promise.resolve(socket), async (it, round) => {
          const emoji = String.fromCodePoint(0x1f600 + round % 500);
          await it.frames({ type: "react", room: "reacted", of, emoji });
          await attacker.pause(120);
        }),
        keep(attacker, 2, (index) => arrive(attacker, index, "reacted"), async (it) => {
          await it.frames({ type: "history", room: "reacted", limit: 200 });
          await attacker.pause(10);
        }),
      ]);
    },
  },
  {
    name: "loud-senders",
    about: "Five senders of ten 65 KB messages a second in the honest clients' room",
    refusedBy: ["fault slow_down", "close 1008"],
    run: (attacker) =>
      keep(attacker, 5, (index) => arrive(attacker, index, "honest"), async (socket) => {
        await socket.frames({ type: "say", room: "honest", text: "x".repeat(LONGEST) });
        await attacker.pause(100);
      }),
  },
  fillers("store-fillers", "from one address", () => 0),
  fillers("store-fillers-20", "from twenty addresses", (index) => index),
  {
    name: "one-token",
    about: "One user on ten connections, each sending as much as one may",
    refusedBy: ["fault slow_down", "close 1008"],
    run: async (attacker) => {
      const first = await arrive(attacker, 0);
      const answer = await first?.untilReceived(/"type":"(hello|token)".*"resume"/);
      const [, resume = ""] = /"resume":"([^"]+)"/.exec(answer ?? "") ?? [];
      await keep(attacker, 10, async (index) => {
        const socket = await attacker.open("/ws", address(index));
        await socket?.frames({ type: "hello", resume }, { type: "join", room: "ten" });
        await socket?.untilReceived(/"type":"joined"/);
        return socket;
      }, async (socket) => {
        await socket.frames({ type: "say", room: "ten", text: "x".repeat(2_000) });
        await attacker.pause(110);
      });
    },
  },
  {
    name: "ignored-close",
    about: "120 sockets that are closed and ignore it, from one address",
    refusedBy: ["close 1003"],
    minSeconds: 100,
    run: async (attacker) => {
      const binary = encodeFrame(OPCODE.binary, new Uint8Array(8));
      for (let index = 0; index < 120; index++) {
        const peer = await attacker.shakeHands("/ws", address(0));
        await peer?.write(binary);
        const code = await peer?.next().then(closeCode);
        if (code !== undefined) attacker.refused(`close ${code}`);
      }
      await attacker.repeat(() => attacker.pause(1_000));
    },
  },
  {
    name: "reset-handshakes",
    about: "Handshakes that are reset after 0 to 14 ms, 20 at a time, from one address",
    refusedBy: ["HTTP 429"],
    minSeconds: 70,
    run: (attacker) =>
      attacker.repeat(async () => {
        await Promise.all(Array.from({ length: 20 }, async (_, index) => {
          const peer = await attacker.send(handshake(attacker.port, "/ws", from(address(0))));
          await attacker.pause(index % 15);
          peer?.[Symbol.dispose]();
          if (peer) attacker.ended(peer);
        }));
        // Once in a while one that waits for the answer, to see how it is refused.
        const waits = await attacker.open("/ws", address(0), false);
        waits?.drop();
      }),
  },
  {
    name: "deaf-readers",
    about: "200 sockets that read nothing of a room in which 65 KB messages are sent",
    refusedBy: [],
    run: async (attacker) => {
      for (let index = 0; index < 200; index++) {
        await attacker.shakeHands("/ws?room=deaf", address(index % 50));
      }
      await keep(attacker, 5, (index) => arrive(attacker, index, "deaf"), async (socket) => {
        await socket.frames({ type: "say", room: "deaf", text: "x".repeat(LONGEST) });
        await attacker.pause(100);
      });
    },
  },
  {
    name: "idle-sockets",
    about: "10,000 idle sockets from one address",
    refusedBy: ["HTTP 429", "HTTP 503"],
    run: async (attacker) => {
      for (let index = 0; index < 10_000 && !attacker.isOver; index += 50) {
        await Promise.all(Array.from({ length: 50 }, () => attacker.shakeHands("/ws", address(0))));
      }
      await attacker.repeat(() => attacker.pause(500));
    },
  },
  {
    name: "silent-json",
    about: "200 connections in `chat.v1.json` that send no `hello`",
    refusedBy: ["close 4011"],
    minSeconds: 20,
    run: async (attacker) => {
      for (let index = 0; index < 200; index++) await attacker.open("/ws", address(index));
      await attacker.repeat(() => attacker.pause(500));
    },
  },
  ...MEMBER_ATTACKS,
];
