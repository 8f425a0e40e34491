/**
 * What the users in the screenshots write, and when. It is sent to each new service through the client library. The
 * times here replace those of the service, which are always the current time.
 * @module
 */
import { type Chat, connect, type Room } from "../../../static/client.js";

/** The time of the screenshots. */
export const NOW = Date.parse("2026-06-09T09:47:00Z");

/** In the order of joining. */
const PEOPLE = ["Diego", "Priya", "Emil", "林静", "Maya"] as const;
type Person = typeof PEOPLE[number];

/** The user whose page is shown. */
const VIEWER: Person = "Maya";

interface Line {
  readonly at: string;
  readonly by: Person;
  readonly text: string;
  /** How many lines before it the quoted line is. */
  readonly answers?: number;
  /** The text after an edit. */
  readonly edited?: string;
  readonly reactions?: Readonly<Record<string, readonly Person[]>>;
}

const LOBBY: readonly Line[] = [
  {
    at: "2026-06-08T16:20",
    by: "Diego",
    text: "The lift is out of order until Thursday, in case you have something heavy to carry.",
  },
  { at: "2026-06-08T16:22", by: "Priya", text: "Noted, thank you!" },
  {
    at: "2026-06-09T09:02",
    by: "Emil",
    text: "Good morning! The release went out last night, and everything is green.",
    reactions: { "🎉": ["Priya", "林静", "Maya"], "👏": ["Diego"] },
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
    by: "林静",
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
    by: "Diego",
    text: "Not since `search.cache` went up",
    edited: "Not since `search.cache` went up to 64 MB",
    answers: 1,
  },
  {
    at: "2026-06-09T09:38",
    by: "Emil",
    text: "It is Lin's fifth year with us today. Cake at three! 🎂",
    reactions: { "❤️": ["Priya", "Maya", "Diego", "林静"] },
  },
];

const OTHERS: Readonly<Record<string, readonly Line[]>> = {
  design: [
    { at: "2026-06-09T09:05", by: "Priya", text: "Two drafts of the new icons are in the folder." },
    { at: "2026-06-09T09:06", by: "Priya", text: "I like the second one better." },
    { at: "2026-06-09T09:30", by: "Diego", text: "The round ones read well at 16 px." },
  ],
  deploys: Array.from({ length: 12 }, (_, i) => ({
    at: "2026-06-09T08:50",
    by: "Emil" as const,
    text: `Server ${i + 1} of 12 is on the new version`,
  })),
  "book-club": [
    { at: "2026-06-08T20:11", by: "林静", text: "I am on chapter nine, no spoilers please!" },
  ],
};

// All at the current time, because the page receives it before its time in the story is known.
const LATER: readonly Line[] = [
  { at: "2026-06-09T09:47", by: "Priya", text: "Who has the key of the meeting room?" },
  { at: "2026-06-09T09:47", by: "Diego", text: "It hangs behind the door." },
  { at: "2026-06-09T09:47", by: "Priya", text: "Found it, thanks!" },
];

/** The users, and the time of each message. */
export class Story implements Disposable {
  /** Times by position. */
  readonly times: Map<string, number> = new Map();
  readonly #kept = new Map<string, string>();
  readonly #chats: ReadonlyMap<Person, Chat>;
  readonly #told: string[] = [];
  #writing: ReturnType<typeof setInterval> | undefined;

  /** @param url The URL of the service. */
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

  /** Sends everything before the page is opened. The viewer then leaves; resolves to what a browser would store. */
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

  /** Sends the messages in the lobby while the viewer is away. */
  async goOn(): Promise<void> {
    await this.#tell("lobby", LATER);
  }

  /** A user starts typing. */
  write(): void {
    const room = this.#room("Priya", "lobby");
    room?.type();
    this.#writing = setInterval(() => room?.type(), 1_000);
  }

  /** The user stops typing. */
  rest(): void {
    clearInterval(this.#writing);
    this.#room("Priya", "lobby")?.type(false);
  }

  async #tell(room: string, lines: readonly Line[]): Promise<void> {
    const members = PEOPLE.map((person) => this.#room(person, room));
    // One after another, so that their order is always the same.
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
    // A user who has left sends nothing.
    return chat?.state.value.kind === "closed" ? undefined : chat?.join(room);
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    clearInterval(this.#writing);
    for (const chat of this.#chats.values()) chat.close();
  }
}
