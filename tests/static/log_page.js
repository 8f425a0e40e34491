/**
 * A page with nothing but a log, for its tests: of a room whose people, messages and faults are brought about through
 * `window.stage`. It is served beside the real modules, under the real content policy.
 * @module
 */
import { Timeline } from "../../static/client/timeline.js";
import { Feed, Value } from "../../static/client/values.js";
import { Log } from "../../static/page/log.js";
import { logStrings } from "../../static/page/log_strings.js";

const SPAN_MS = 3 * 86_400_000;

class Stage {
  /** What the log wanted done, and how far it was read. */
  deeds = [];
  marks = [];
  isAway = false;
  #all = [];
  me = new Value({ user: "ann", name: "Ann" });
  outbox = new Value([]);
  events = new Feed();
  timeline = new Timeline();
  room = {
    name: "den",
    state: new Value({ kind: "joined" }),
    members: new Value({ members: [{ user: "ben", name: "Ben" }] }),
    read: new Value(null),
    unread: new Value(0),
    markRead: (position) => this.marks.push(position),
    history: (options) => this.#history(options),
  };

  constructor() {
    const find = (id) => document.getElementById(id);
    this.events.subscribe((event) => this.timeline.take(event));
    const elements = { scroller: find("log"), jump: find("jump"), live: find("live") };
    this.strings = { ...logStrings.en, fault_slow_down: "that was too fast." };
    const act = (deed) => this.deeds.push(deed);
    this.log = new Log(elements, {
      strings: this.strings,
      language: "en",
      now: () => Date.now(),
      act,
    });
  }

  /** Opens the room with the newest so many of so many messages. */
  open(count, loaded, read = null) {
    const names = ["Ann", "Ben", "Cem", "Dee"];
    for (let i = 0; i < count; i++) {
      const name = names[Math.floor(i / 3) % names.length];
      const text = i % 7 === 0 ? `message ${i}\n${"more of it ".repeat(30)}` : `message ${i}`;
      this.#keep(name, text, Date.now() - SPAN_MS + i * (SPAN_MS / (count + 1)));
    }
    this.room.read.set(read);
    this.show();
    const messages = this.#all.slice(-loaded);
    const more = count > loaded;
    this.tell({ type: "opened", messages, more, position: `e:${count}`, reason: null });
  }

  show() {
    this.log.show(this.room, this.timeline, this.outbox, this.me);
  }

  say(name, text, more = {}) {
    const message = { ...this.#keep(name, text, Date.now()), ...more };
    this.tell({ type: "said", replayed: false, ...message });
    return message.position;
  }

  react(seq, user, emoji) {
    this.tell({ type: "reacted", of: `e:${seq}`, user, emoji, on: true });
  }

  tell(event) {
    this.events.tell({ position: "e:99999", replayed: false, ...event });
  }

  /** Something of one's own is on its way. */
  send(text, kind = "sending", deed = { type: "say", text }) {
    const error = Object.assign(new Error("slow down"), { code: "slow_down" });
    const state = new Value({ kind, error });
    const delivery = { id: `d-${text}`, room: "den", at: Date.now(), deed, state };
    this.outbox.set([...this.outbox.value, delivery]);
    return delivery.id;
  }

  #keep(name, text, at) {
    const seq = this.#all.length + 1;
    const user = name.toLowerCase();
    const message = { position: `e:${seq}`, at, user, name, id: `i-${seq}`, text };
    this.#all.push(message);
    return message;
  }

  async #history({ before, limit = 50 } = {}) {
    await new Promise((resolve) => setTimeout(resolve));
    if (this.isAway) throw new Error("disconnected");
    const index = this.#all.findIndex(({ position }) => position === before);
    const end = index < 0 ? this.#all.length : index;
    const start = Math.max(0, end - limit);
    const position = `e:${this.#all.length}`;
    return { messages: this.#all.slice(start, end), more: start > 0, position };
  }
}

globalThis.stage = new Stage();
