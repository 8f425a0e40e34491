// Made by `deno task client-types` from the JSDoc of static/client.js: do not edit.
/**
 * A client for Parley that cannot lose a message, for browsers, Deno, Node 22 and Bun. It needs this file and the folder
 * `client/` beside it, and nothing else. What is said is kept until the room's log has it; what is told comes in order and
 * once, over as many connections as it takes. The protocol is docs/protocol.md.
 *
 * ```js
 * import { connect } from "./client.js";
 *
 * using chat = connect("ws://127.0.0.1:8080/ws", { name: "Ann" });
 * const lobby = chat.join("lobby");
 * await lobby.say("hello").sent;
 * ```
 * @module
 */

/**
 * Begins a conversation. It connects in the background, and comes back by itself until it is closed.
 * @param url Of the chat, such as `wss://chat.example/ws`; `http:` and `https:` are understood as well.
 */
export function connect(url: string | URL, options?: ChatOptions): Chat;

/** A conversation. Made by `connect()`. */
export class Chat {
  private constructor();
  /** What the server allows; null before the first hello. */
  readonly limits: Value<Limits | null>;
  /** In the order of joining. */
  readonly rooms: Value<readonly Room[]>;
  /** Who one is; null before the first hello. */
  get me(): Value<Member | null>;
  /** How the connection stands. */
  get state(): Value<State>;
  /** Whether requests wait because of the server's rate limits. */
  get isSlowed(): Value<boolean>;
  /** All that is not settled, of all rooms, the oldest first. */
  get outbox(): Value<readonly Delivery[]>;
  /** Whether all that waits to be sent would outlive this page. */
  get isKept(): Value<boolean>;
  /**
   * Joins a room, and again after each lost connection. The same room again is the same object; where it was refused, it is
   * asked for again.
   * @param name 1 to 64 of `A-Z a-z 0-9 _ . -`.
   * @param options Messages that come with joining, 0 to 200; 50 without it.
   */
  join(name: string, options?: {
    limit?: number;
  }): Room;
  /**
   * Takes another name, in all rooms or in none.
   * @returns Rejects with a ChatError: `bad_name`, `name_taken`, `disconnected`.
   */
  rename(name: string): Promise<void>;
  /** Tries at once instead of waiting. */
  retryNow(): void;
  /** Resolves when all that was said is in the log, was refused, or waits for a person. Rejects when closed before. */
  settled(): Promise<void>;
  /** Ends it. What was not sent is kept where there is a storage, and sent by the next one. */
  close(): void;
  /** For `using`. */
  [Symbol.dispose](): void;
  #private;
}

/** A deed on its way. */
export class Delivery {
  private constructor();
  /** How it stands. */
  readonly state: Value<DeliveryState>;
  /** Under which the server knows it. */
  get id(): string;
  /** The room's name. */
  get room(): string;
  /** What is to be done. */
  get deed(): Deed;
  /** When it was said, in milliseconds since 1970, by this machine's clock. */
  get at(): number;
  /** Resolves when the log has it; rejects with a {@linkcode ChatError} when it was refused for good or discarded. */
  get sent(): Promise<Receipt>;
  /** Sends one again that failed, or of which nobody can tell; nothing otherwise. */
  sendAgain(): void;
  /** Gives up one that failed, that nobody can tell of, or that was surely not sent yet; nothing otherwise. */
  discard(): void;
  #private;
}

/** A room. Made by `Chat.join()`. */
export class Room {
  private constructor();
  /** The room's name. */
  readonly name: string;
  /** How one stands to it. */
  readonly state: Value<RoomState>;
  /** One's name here; null before one has joined. */
  readonly me: Value<string | null>;
  /** Who is here. */
  readonly members: Value<Roster>;
  /** Who is writing, without oneself. */
  readonly typing: Value<readonly Member[]>;
  /** How many messages one has not read. */
  readonly unread: Value<number>;
  /** The position up to which one has read. */
  readonly read: Value<string | null>;
  /** The newest message, for a preview. */
  readonly last: Value<Message | null>;
  /** What happens, in order and each once. */
  readonly events: Feed<RoomEvent>;
  /** The position of the last entry that one was given; null before the first joining. */
  get position(): string | null;
  /**
   * Says something. It is kept and sent again until the room's log has it.
   * @param options `reply`: the position of what it answers.
   */
  say(text: string, options?: {
    reply?: string;
  }): Delivery;
  /**
   * Gives a message of one's own another text.
   * @param of Its position.
   */
  edit(of: string, text: string): Delivery;
  /**
   * Takes a message of one's own back.
   * @param of Its position.
   */
  delete(of: string): Delivery;
  /**
   * Puts an emoji to a message, or takes it back.
   * @param of Its position.
   */
  react(of: string, emoji: string, on?: boolean): Delivery;
  /** Tells the others that one writes, or has stopped. Call it at each key: it is told seldom enough. */
  type(isTyping?: boolean): void;
  /** Marks all up to a message as read, on all devices. */
  markRead(position: string): void;
  /**
   * Older messages as they now stand, the oldest first.
   * @param options The newest before a position (without it, of all); 0 to 200, 50 without it.
   * @returns Rejects with a {@linkcode ChatError}.
   */
  history(options?: {
    before?: string;
    limit?: number;
  }): Promise<{
    messages: readonly Message[];
    more: boolean;
    position: string;
  }>;
  /**
   * Asks who is here; 200 people at most are named.
   * @returns Rejects with a {@linkcode ChatError}.
   */
  who(): Promise<Roster>;
  /** Leaves. What was not sent yet is kept, and sent when one joins again. */
  leave(): void;
  #private;
}

/** What one room has said, as far as it was told or asked for. */
export class Timeline {
  /** @param maxMessages Of more than these, the oldest go. */
  constructor(maxMessages?: number);
  /** What changed, told after it has. */
  changes: Feed<Change>;
  /** Whether there are older messages that are not here. */
  more: boolean;
  /** Whether the room has been opened: before that, nothing is known of it. */
  isOpen: boolean;
  /** The first message's place; a message keeps its place whatever comes before or after it. */
  get firstPlace(): number;
  /** All of them, the oldest first; always the same list. */
  get messages(): readonly Message[];
  /** What is to be told between the messages, the oldest first. */
  get notes(): readonly Note[];
  /** Where a message stands in {@linkcode messages}; -1 where it is not here. */
  indexOf(position: string): number;
  /** The message said at this position, if it is here. */
  get(position: string): Message | undefined;
  /** Takes what the room tells; the same entry again changes nothing. */
  take(event: TimelineEvent): Change;
  /** Asks for what was said before the first message, and puts it there. Rejects as `room.history` does. */
  older(room: Source, limit?: number): Promise<Change>;
  /** Puts an answer of `room.history` before the first message. */
  page(page: Page): Change;
  #private;
}

/** Anything that went wrong here; the others are of this kind. */
export class ChatError extends Error {
  /**
   * One of one's own making.
   * @param code A fault code of the protocol, or `disconnected`, `closed`, `discarded`.
   * @param message For people.
   */
  constructor(code: string, message: string, options?: ErrorOptions);
  /** For programs: a fault code of the protocol, or `disconnected`, `closed`, `discarded`. */
  readonly code: string;
}

/** The conversation is over: closed by the caller, or for a reason that coming back would not mend. */
export class ClosedError extends ChatError {
  private constructor();
  /** The WebSocket's close code, where it was the server who closed. */
  readonly closeCode: number | undefined;
}

/** There is no connection now, or it was lost before the answer came. */
export class DisconnectedError extends ChatError {
  private constructor();
}

/** The server has refused a request; it was not done. */
export class RefusedError extends ChatError {
  private constructor();
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  /** Milliseconds to wait before trying again; undefined if the server gave none. */
  readonly afterMs: number | undefined;
}

/** Things that happen, each told once to whoever listens at that time. */
export class Feed<T> {
  /**
   * Listens until the answer is called.
   * @returns Ends the listening.
   */
  subscribe(listener: (item: T) => void): () => void;
  /** Gives what happens from now on; nothing is dropped while the loop is busy. It ends when the feed does. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  #private;
}

/** A value that changes. Whoever subscribes is told the present one at once. */
export class Value<T> extends Feed<T> {
  private constructor();
  /** What it is now. */
  get value(): T;
  #private;
}

/** What `connect()` can be asked for. */
export type ChatOptions = {
  /** What one would like to be called; without it one is a guest, or who one was. */
  name?: string | undefined;
  /** Where what is not sent outlives this page, such as `localStorage`. */
  storage?: StoragePort | undefined;
  /** What its keys begin with; `parley` without it. */
  storageKey?: string | undefined;
  /** Closes when it is aborted. */
  signal?: AbortSignal | undefined;
  /** For tests. */
  surroundings?: Surroundings | undefined;
};

/** What the server tells in its hello. */
export type Limits = {
  /** Of UTF-8, in one text. */
  maxTextBytes: number;
  /** Of UTF-8, in one WebSocket message. */
  maxMessageBytes: number;
  /** At a time. */
  maxRooms: number;
  /** 0 for no limit. */
  messagesPerSecond: number;
  /** Of UTF-8; 0 for no limit. */
  bytesPerSecond?: number | undefined;
  /** Entries that are replayed at most. */
  recoverLimit: number;
};

/** A person in a room. */
export type Member = {
  readonly user: string;
  readonly name: string;
};

/**
 * How the connection stands. `retryAt` is in milliseconds since 1970; it is Infinity after the server closed because no room was
 * joined. `code` and `reason` are those of the WebSocket's close.
 */
export type State = {
  readonly kind: "connecting";
} | {
  readonly kind: "online";
} | {
  readonly kind: "waiting";
  readonly code: number;
  readonly reason: string;
  readonly retryAt: number;
} | {
  readonly kind: "closed";
  readonly error: ChatError | null;
};

/**
 * How it stands: not sent yet; sent and not answered; in the log; refused for good; nobody can tell whether it was done, so the
 * person must say; given up by the caller, or settled or given up by another page on the same storage. A message
 * for another service, which used this URL before, is `unsure` too.
 */
export type DeliveryState =
  | {
    readonly kind: "waiting";
  }
  | {
    readonly kind: "sending";
  }
  | ({
    readonly kind: "sent";
  } & Receipt)
  | {
    readonly kind: "failed";
    readonly error: ChatError;
  }
  | {
    readonly kind: "unsure";
    readonly reason: Doubt;
  }
  | {
    readonly kind: "discarded";
  };

/** What can be done in a room so that everybody is told and the log keeps it. */
export type Deed = {
  readonly type: "say";
  readonly text: string;
  readonly reply?: string;
} | {
  readonly type: "edit";
  readonly of: string;
  readonly text: string;
} | {
  readonly type: "delete";
  readonly of: string;
} | {
  readonly type: "react";
  readonly of: string;
  readonly emoji: string;
  readonly on: boolean;
};

/** Where the log has a deed, and since when. */
export type Receipt = {
  readonly position: string;
  readonly at: number;
};

/** How one stands to the room. After a lost connection it is `joining` again. */
export type RoomState = {
  readonly kind: "joining";
} | {
  readonly kind: "joined";
} | {
  readonly kind: "refused";
  readonly error: ChatError;
} | {
  readonly kind: "left";
};

/** Who is here. `isSampled`: there are more people than `members` names. */
export type Roster = {
  readonly count: number;
  readonly members: readonly Member[];
  readonly isSampled: boolean;
};

/** A message with all that was done to it since. Treat it as immutable. */
export type Message = {
  /** Its name for ever, `epoch:seq`. */
  position: string;
  /** When it was said, in milliseconds since 1970. */
  at: number;
  /** Who said it. */
  user: string;
  /** Under which name. */
  name: string;
  /** The id that its author gave it. */
  id: string;
  /** The latest. */
  text: string;
  /** The position of what it answers. */
  reply?: string | undefined;
  /** When it was edited last. */
  edited?: number | undefined;
  /** It was taken back. */
  deleted?: true | undefined;
  /** Users by emoji, in the order of coming. */
  reactions?: Readonly<Record<string, readonly string[]>> | undefined;
};

/** What happens in a room, in order. `resumed`: one is back and has missed nothing; what happened meanwhile follows, `replayed`. */
export type RoomEvent =
  | Opened
  | {
    type: "resumed";
  }
  | (Entry & {
    replayed: boolean;
  })
  | Lost;

/** What a view has to touch. */
export type Change = {
  type: "nothing";
} | {
  type: "replaced";
} | {
  type: "changed";
  message: Message;
} | {
  type: "added";
  message: Message;
  replayed: boolean;
} | {
  type: "prepended";
  count: number;
} | {
  type: "noted";
  note: Note;
};

/**
 * Something beside the messages that is worth a line: a new name, or that something is missing. It stands after the
 * message at the position `after`, or before the first.
 */
export type Note =
  & {
    after: string | null;
    at: number;
  }
  & ({
    type: "renamed";
    name: string;
    from: string;
  } | {
    type: "missing";
    reason: string;
  });

/** What `room.events` tells. */
export type TimelineEvent =
  | {
    type: "opened";
    messages: readonly Message[];
    more: boolean;
    position: string;
    reason: string | null;
    read: string | null;
    unread: number;
  }
  | {
    type: "resumed";
  }
  | TimelineSaid
  | Amendment
  | (Stamp & {
    type: "renamed";
    from: string;
  })
  | {
    type: "lost";
    after: string;
    until: string;
    reason: string;
  };

export type Source = {
  history(options?: {
    before?: string;
    limit?: number;
  }): Promise<Page>;
};

export type Page = {
  messages: readonly Message[];
  more: boolean;
  position: string;
};

/** Where things are kept by name: `localStorage`, or anything with the same methods. */
export type StoragePort = {
  length: number;
  key: (index: number) => string | null;
  getItem: (key: string) => string | null;
  setItem: (key: string, value: string) => void;
  removeItem: (key: string) => void;
};

/** What there is where the library runs. */
export type Surroundings = {
  /** Opens a WebSocket. */
  open: (url: string, protocol: string) => Socket;
  /** Milliseconds since 1970. */
  now: () => number;
  /** From 0 up to 1, at random. */
  draw: () => number;
  /** Does something later; the answer calls it off. */
  after: (deed: () => void, ms: number) => () => void;
  /**
   * Tells when a connection may have come back to life, and
   * when nobody looks any more, and perhaps never will again; the answer ends it.
   */
  onWake: (wake: () => void, rest: () => void) => () => void;
};

/** Why a person has to decide: the answer was lost, or the message was written for another service, which used this URL before. */
export type Doubt = "answer_lost" | "other_service";

/**
 * What stands in the place of all that one had: on the first joining (`reason` null), or because not all that was missed can be
 * given (a reason of docs/protocol.md).
 */
export type Opened = {
  type: "opened";
  /** The newest, the oldest first. */
  messages: readonly Message[];
  /** Whether there are older ones. */
  more: boolean;
  position: string;
  reason: string | null;
  /** How far one has read. */
  read: string | null;
  unread: number;
};

/** What a room's log holds; they come in the order of their positions, each once. */
export type Entry = Said | Edited | Deleted | Reacted | Renamed;

/** What stands after one position and up to another can not be given any more. */
export type Lost = {
  type: "lost";
  room: string;
  after: string;
  until: string;
  reason: string;
};

export type TimelineSaid = Stamp & {
  type: "said";
  text: string;
  reply?: string;
  edited?: number;
  deleted?: true;
};

export type Amendment =
  & Stamp
  & {
    of: string;
  }
  & ({
    type: "edited";
    text: string;
    deleted?: true;
  } | {
    type: "deleted";
  } | {
    type: "reacted";
    emoji: string;
    on: boolean;
  });

export type Stamp = {
  position: string;
  at: number;
  user: string;
  name: string;
  id: string;
  replayed: boolean;
};

/** The part of a WebSocket that is used. */
export type Socket = {
  protocol: string;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send: (data: string) => void;
  close: (code?: number) => void;
};

/** Somebody has said something. */
export type Said = EntryBase & {
  type: "said";
  text: string;
  reply?: string;
  edited?: number;
  deleted?: true;
};

/** The text of a message is another one now. */
export type Edited = EntryBase & {
  type: "edited";
  of: string;
  text: string;
  deleted?: true;
};

/** A message was taken back. */
export type Deleted = EntryBase & {
  type: "deleted";
  of: string;
};

/** An emoji was put to a message, or taken back. */
export type Reacted = EntryBase & {
  type: "reacted";
  of: string;
  emoji: string;
  on: boolean;
};

/** Somebody has another name. */
export type Renamed = EntryBase & {
  type: "renamed";
  from: string;
};

/** What every entry has: where it stands, when and by whom it was done, under which name, and the id its author gave it. */
export type EntryBase = {
  room: string;
  position: string;
  at: number;
  user: string;
  name: string;
  id: string;
};
