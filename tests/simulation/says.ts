/**
 * What one JSON client says: sent in order, sent again with the same id until it is answered or seen, as the protocol tells
 * clients to.
 * @module
 */
import type { RoomId } from "../../lib/core/names.ts";
import type { EntryFrame } from "./room_record.ts";

/** Something to be said. */
export interface Say {
  readonly id: string;
  readonly room: RoomId;
  readonly text: string;
  state: "waiting" | "sent" | "refused" | "acknowledged" | "seen" | "given up";
  /** Over which connection it was sent last. */
  connection: number;
}

/** All that one client says. */
export class Says {
  readonly all: Say[] = [];
  readonly #author: string;

  constructor(author: string) {
    this.#author = author;
  }

  /** Something new. */
  think(room: RoomId): Say {
    const id = `${this.#author}.${this.all.length}`;
    const say: Say = { id, room, text: `text ${id}`, state: "waiting", connection: 0 };
    this.all.push(say);
    return say;
  }

  /** What must be sent in a room before anything new is: what it has not read itself, for an answer can be lost with the log. */
  backlog(room: RoomId, connection: number): readonly Say[] {
    return this.all.filter((say) => {
      if (say.room !== room || /^(seen|refused|given up)$/.test(say.state)) return false;
      return say.state === "waiting" || say.connection !== connection;
    });
  }

  /** One of them has come back, and needs nothing any more. */
  see({ type, id }: EntryFrame): void {
    const say = type === "said" ? this.#find(id) : undefined;
    if (say) say.state = "seen";
  }

  /** Perhaps one of them was acknowledged. */
  acknowledge(id: string): void {
    const say = this.#find(id);
    if (say && say.state !== "seen") say.state = "acknowledged";
  }

  /** Perhaps one of them was refused; that one, unless it has come back all the same. */
  refuse(id: string | undefined): Say | undefined {
    const say = this.#find(id);
    if (say === undefined || say.state === "seen") return undefined;
    say.state = "refused";
    return say;
  }

  /** It is long ago: what was sent and not seen must not be sent again. */
  giveUp(): void {
    for (const say of this.all) {
      if (say.connection > 0 && say.state !== "seen") say.state = "given up";
    }
  }

  #find(id: string | undefined): Say | undefined {
    return this.all.find((say) => say.id === id);
  }
}
