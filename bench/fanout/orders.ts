/**
 * What the load's own process is told to do, as JSON, and how the peers are spoken to: a dialogue goes by a name there,
 * since a function cannot be sent.
 * @module
 */
import {
  chatDialogue,
  type Dialogue,
  type LoadPlan,
  type Pace,
  textDialogue,
} from "../../lib/io/load/load.ts";

export type { Dialogue, LoadPlan, Pace };

/** How to speak: text as it is, Socket.IO's framing, our JSON in one room, or our JSON in some of many rooms. */
export type Tongue =
  | { readonly kind: "text" }
  | { readonly kind: "socket.io" }
  | { readonly kind: "json"; readonly room: string; readonly name?: string }
  | { readonly kind: "elsewhere"; readonly rooms: number; readonly each: number };

/** One thing to do. */
export type Order =
  | {
    readonly kind: "load";
    readonly tongue: Tongue;
    readonly plan: Omit<LoadPlan, "dialogue">;
  }
  | {
    readonly kind: "idle";
    readonly tongue: Tongue;
    readonly url: string;
    readonly count: number;
    readonly connectsAtOnce: number;
  }
  | {
    readonly kind: "storm";
    readonly url: string;
    readonly count: number;
    readonly connectsAtOnce: number;
  };

/** The dialogue of that name. */
export function dialogueOf(tongue: Tongue): Dialogue {
  switch (tongue.kind) {
    case "text":
      return textDialogue();
    case "json":
      return chatDialogue(tongue.room, tongue.name);
    case "socket.io":
      return socketIo();
    case "elsewhere":
      return elsewhere(tongue.rooms, tongue.each);
  }
}

/** Engine.IO 4 with Socket.IO 5 on top: digits before the matter say what a message is. */
function socketIo(): Dialogue {
  return {
    opening: () => ["40"],
    isReady: (message) => message.startsWith("40"),
    answer: (message) => message === "2" ? "3" : undefined,
    say: (text) => `42["chat","${text}"]`,
  };
}

/** Connection number i is in `each` of `rooms` rooms, evenly, and is ready when it is in the last of them. */
function elsewhere(rooms: number, each: number): Dialogue {
  const joins = (index: number) =>
    Array.from({ length: each }, (_, nth) => {
      const room = `elsewhere-${(index * each + nth) % rooms}`;
      return `{"type":"join","id":"${nth + 1}","room":"${room}"}`;
    });
  return {
    ...chatDialogue("elsewhere"),
    opening: (
      index,
    ) => [[`{"type":"hello","id":"hello","name":"e${index}"}`, ...joins(index)].join("\n")],
    isReady: (message) => message.includes(`"type":"joined","id":"${each}"`),
  };
}
