/**
 * What the people in the pictures say, and when: told anew to each service through the client library, and shown at the
 * times that stand here, since the service itself only knows what time it is now.
 * @module
 */
import { type Chat, connect, type Room } from "../../../static/client.js";

/** When the pictures are taken. */
export const NOW = Date.parse("2026-06-09T09:47:00Z");

/** In the order of joining. */
const PEOPLE = ["Tomás", "Priya", "Emil", "林晓", "Maya"] as const;
type Person = typeof PEOPLE[number];

/** Whose page it is. */
const VIEWER: Person = "Maya";

interface Line {
  readonly at: string;
  readonly by: Person;
  readonly text: string;
  /** Which line before it is answered, counted back from it. */
  readonly answers?: number;
  /** What it says after it was edited. */
  readonly edited?: string;
  readonly reactions?: Readonly<Record<string, readonly Person[]>>;
}

const LOBBY: readonly Line[] = [
  {
    at: "2026-06-08T16:20",
    by: "Tomás",
    text: "The lift is out of order until Thursday, in case you have something heavy to carry.",
  },
  { at: "2026-06-08T16:22", by: "Priya", text: "Noted, thank you!" },
  {
    at: "2026-06-09T09:02",
    by: "Emil",
    text: "Good morning! The release went out last night, and everything is green.",
    reactions: { "🎉": ["Priya", "林晓", "Maya"], "👏": ["Tomás"] },
  },
  {
    at: "2026-06-09T09:03",
    by: "Emil",
    text: "Most of the time went into the database:\n" +
      "```\nmigrate   84 s\nrestart   11 s\nchecks    25 s\n```",
  },
  {
    at: "2026-06-09T09:10",
    by: "Priya",
    text: "Lovely. The notes are here: https://notes.example.org/42",
  },
  {
    at: "2026-06-09T09:14",
    by: "林晓",
    text: "早上好！我这边也一切正常，文档已经更新了。",
    reactions: { "👍": ["Emil", "Maya"] },
  },
  {
    at: "2026-06-09T09:15",
    by: "Maya",
    text: "Great work. Does anybody still see the slow search?",
  },
  {
    at: "2026-06-09T09:21",
    by: "Tomás",
    text: "Not since `search.cache` went up",
    edited: "Not since `search.cache` went up to 64 MB",
    answers: 1,
  },
  {
    at: "2026-06-09T09:38",
    by: "Emil",
    text: "It is Lin's fifth year with us today. Cake at three! 🎂",
    reactions: { "❤️": ["Priya", "Maya", "Tomás", "林晓"] },
  },
];

const OTHERS: Readonly<Record<string, readonly Line[]>> = {
  design: [
    { at: "2026-06-09T09:05", by: "Priya", text: "Two drafts of the new icons are in the folder." },
    { at: "2026-06-09T09:06", by: "Priya", text: "I like the second one better." },
    { at: "2026-06-09T09:30", by: "Tomás", text: "The round ones read well at 16 px." },
  ],
  deploys: Array.from({ length: 12 }, (_, i) => ({
    at: "2026-06-09T08:50",
    by: "Emil" as const,
    text: `Server ${i + 1} of 12 is on the new version`,
  })),
  "book-club": [
    { at: "2026-06-08T20:11", by: "林晓", text: "I am on chapter nine, no spoilers please!" },
  ],
};

// All of it now, since the page hears of it before anybody can say when it is to have been.
const LATER: readonly Line[] = [
  { at: "2026-06-09T09:47", by: "Priya", text: "Who has the key of the meeting room?" },
  { at: "2026-06-09T09:47", by: "Tomás", text: "It hangs behind the door." },
  { at: "2026-06-09T09:47", by: "Priya", text: "Found it, thanks!" },
];

/** The people, and when what they said is to have been said. */
export class Story implements Disposable {
  /** By position. */
  readonly times: Map<string, number> = new Map();
  readonly #kept = new Map<string, string>();
  readonly #chats: ReadonlyMap<Person, Chat>;
  readonly #told: string[] = [];
  #writing: ReturnType<typeof setInterval> | undefined;

  /** @param url Of the service. */
  constructor(url: string) {
    const kept = this.#kept;
    const storage = {
      get length() {
        return kept.size;
      },
      key: (index: number) => [...kept.keys()][index] ?? null,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    this.#chats = new Map(
      PEOPLE.map((name) => [
        name,
        connect(new URL("/ws", url), name === VIEWER ? { name, storage } : { name }),
      ]),
    );
  }

  /** Everything that was said before the page is opened; the viewer goes, and leaves what a browser would keep. */
  async begin(): Promise<Readonly<Record<string, string>>> {
    await this.#tell("lobby", LOBBY);
    for (const [room, lines] of Object.entries(OTHERS)) await this.#tell(room, lines);
    this.#chats.get(VIEWER)?.close();
    return {
      ...Object.fromEntries(this.#kept),
      "parley-page / name": VIEWER,
      "parley-page / rooms": ["lobby", ...Object.keys(OTHERS)].join(" "),
    };
  }

  /** What is said in the lobby while the viewer is elsewhere. */
  async goOn(): Promise<void> {
    await this.#tell("lobby", LATER);
  }

  /** Somebody writes. */
  write(): void {
    const room = this.#room("Priya", "lobby");
    room?.type();
    this.#writing = setInterval(() => room?.type(), 1_000);
  }

  /** Nobody writes any more. */
  rest(): void {
    clearInterval(this.#writing);
    this.#room("Priya", "lobby")?.type(false);
  }

  async #tell(room: string, lines: readonly Line[]): Promise<void> {
    const members = PEOPLE.map((person) => this.#room(person, room));
    // One after another, so that they always stand in the same order.
    for (const { at, by, text, answers, edited, reactions } of lines) {
      const own = members[PEOPLE.indexOf(by)];
      if (!own) continue;
      const reply = answers === undefined ? undefined : this.#told.at(-answers);
      const { position } = await own.say(text, reply === undefined ? {} : { reply }).sent;
      this.times.set(position, Date.parse(`${at}Z`));
      this.#told.push(position);
      if (edited !== undefined) await own.edit(position, edited).sent;
      for (const [emoji, people] of Object.entries(reactions ?? {})) {
        for (const person of people) {
          await members[PEOPLE.indexOf(person)]?.react(position, emoji).sent;
        }
      }
    }
  }

  #room(person: Person, room: string): Room | undefined {
    const chat = this.#chats.get(person);
    // Who has gone says nothing any more.
    return chat?.state.value.kind === "closed" ? undefined : chat?.join(room);
  }

  /** All go. */
  [Symbol.dispose](): void {
    clearInterval(this.#writing);
    for (const chat of this.#chats.values()) chat.close();
  }
}
