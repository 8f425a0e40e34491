/**
 * A client of `chat.v1.json` as the protocol wants it: it keeps its token and its place in each room, comes back to any
 * node, and sends again what was not answered. It checks everything that it is told.
 * @module
 */
import { type Farewell, RESTARTING } from "../../lib/core/farewells.ts";
import type { Frame, FrameOf } from "../../lib/core/frames.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { Questions, type Wanted } from "./questions.ts";
import { isRoomFrame, RoomBook } from "./room_book.ts";
import { isEntry } from "./room_record.ts";
import { type Say, Says } from "./says.ts";
import { type Peer, Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** What may go wrong with a request that is as it should be. */
const EXPECTED = /^(unavailable|unknown_outcome|gone|not_yours|name_taken|not_in_room)$/;

/** One person's program. */
export class JsonClient implements Peer {
  readonly id: string;
  readonly says: Says;
  readonly book: RoomBook;
  /** Where it wants to be. */
  readonly wishes = new Set<RoomId>();
  /** What `who` answered last. */
  readonly answers = new Map<RoomId, FrameOf<"members">>();
  user: string | undefined;
  /** By which it is known when it comes back. */
  token: string | undefined;
  wire: Wire | undefined;
  readonly #world: World;
  readonly #slowness: number;
  readonly #tabOf: JsonClient | undefined;
  readonly #questions: Questions;
  #name: string | undefined;
  #connection = 0;
  #isHome = false;
  // The hello of this connection is answered.
  #isGreeted = false;

  /** @param tabOf Whose user it shares, as another tab of the same browser does. */
  constructor(world: World, id: string, slowness: number, tabOf?: JsonClient) {
    this.#world = world;
    this.id = id;
    this.says = new Says(id);
    this.book = new RoomBook(world, id);
    this.#questions = new Questions(world, id);
    this.#slowness = slowness;
    this.#tabOf = tabOf;
    this.#name = tabOf ? undefined : world.dice.pick(["", id, "Ann"]) || undefined;
  }

  /** Connects to any node that runs. */
  connect(): void {
    if (this.#isHome || this.wire) return;
    const { dice, running, clock } = this.#world;
    this.token ??= this.#tabOf?.token;
    const hasToWait = this.#tabOf !== undefined && this.token === undefined;
    if (running.length === 0 || hasToWait) return clock.after(500, () => this.connect());
    const node = dice.pick(running);
    this.#connection += 1;
    this.#world.note(`${this.id} connects to ${node.id}`);
    this.wire = new Wire(this.#world, node, this, this.#slowness, (at, socket) => {
      return at.begin(socket, undefined, () => {});
    });
  }

  /** Goes home for good. */
  goHome(): void {
    this.#isHome = true;
    this.wire?.hangUp();
    this.#forget();
  }

  opened(): void {
    const who = this.token ? { resume: this.token } : { name: this.#name };
    const hello = this.#questions.ask({ type: "hello", ...who });
    const joins = this.#world.dice.chance(0.5) ? this.#joinRequests() : [];
    this.#send([hello, ...joins]);
  }

  closed(farewell: Farewell | undefined): void {
    const { dice, clock, isFine } = this.#world;
    if (farewell && farewell.code !== RESTARTING.code) {
      this.#complain(`closed with ${farewell.code}`);
    }
    this.#world.note(`${this.id} is cut off`);
    this.#forget();
    clock.after(dice.between(10, isFine ? 500 : 3_000), () => this.connect());
  }

  hear(message: string): void {
    for (const line of message.split("\n")) {
      this.#world.note(`${this.id} < ${line}`);
      const frame: Frame = JSON.parse(line);
      if (!isRoomFrame(frame)) this.#takeAnswer(frame);
      else {
        const room = this.book.take(frame);
        if (isEntry(frame) && frame.user === this.user) this.says.see(frame);
        this.#catchUp(room);
      }
    }
  }

  /** Says something new. */
  say(room: RoomId): void {
    const say = this.says.think(room);
    const isJoining = this.#isGreeted && this.#questions.isOpen("join", room);
    const isFirst = this.says.backlog(room, this.#connection).length === 1;
    // In one breath with its first join; where it has been before, it first hears what need not be sent again.
    const isNew = this.book.record(room) === undefined;
    if (isJoining && isFirst && isNew) this.#sendSay(say);
    else this.#catchUp(room);
  }

  /** Asks for something. */
  request(wanted: Wanted): void {
    if (this.#isGreeted) this.#send([this.#questions.ask(wanted)]);
  }

  /** Leaves a room, or goes in. */
  toggle(room: RoomId): void {
    if (this.book.has(room) || this.#questions.isOpen("join", room)) {
      this.wishes.delete(room);
      this.request({ type: "leave", room });
    } else {
      this.wishes.add(room);
      if (this.#isGreeted) this.#send(this.#joinRequests());
    }
  }

  /** Comes to rest: what was never answered, and what it wrongly believes. */
  finish(): void {
    this.#questions.finish();
    this.book.finish();
    if (this.wire === undefined) return;
    for (const room of this.wishes) {
      if (!this.book.has(room)) this.#complain(`never came into ${room}`);
    }
  }

  #takeAnswer(frame: Frame): void {
    switch (frame.type) {
      case "hello":
        return this.#greet(frame);
      case "token":
        return void (this.token = frame.resume);
      case "joined":
        return this.#catchUp(this.book.join(frame, this.#questions.answer(frame.id)?.since));
      case "left":
        this.book.leave(frame.room);
        break;
      case "members":
        this.answers.set(this.book.room(frame.room), frame);
        break;
      case "history":
        this.book.record(this.book.room(frame.room))?.checkHistory(frame);
        break;
      case "pong":
        break;
      case "retry":
        // It has waits of its own.
        return;
      case "ack":
        return this.#takeAck(frame);
      case "fault":
        return this.#takeFault(frame);
      default:
        return this.#complain(`${frame.type}, which was not asked for`);
    }
    this.#questions.answer(frame.id);
  }

  #greet({ id, you, resume }: FrameOf<"hello">): void {
    this.#questions.answer(id);
    const before = this.user ?? this.#tabOf?.user;
    if (before && before !== you.user) this.#complain(`was ${before}, and is ${you.user}`);
    this.user = you.user;
    this.#isGreeted = true;
    this.token = resume ?? this.token;
    this.#send(this.#joinRequests());
  }

  /** Sends what must be sent again, when it is known what need not be. */
  #catchUp(room: RoomId): void {
    if (!this.book.has(room) || !this.book.record(room)?.isCaughtUp) return;
    for (const say of this.says.backlog(room, this.#connection)) this.#sendSay(say);
  }

  #sendSay(say: Say): void {
    say.state = "sent";
    say.connection = this.#connection;
    const { id, room, text } = say;
    this.#send([this.#questions.ask({ type: "say", room, text }, undefined, id)]);
  }

  #takeAck({ id = "", room, position }: FrameOf<"ack">): void {
    const asked = this.#questions.answer(id);
    this.says.acknowledge(id);
    if (asked?.room === undefined || position === undefined || room === undefined) return;
    this.book.record(asked.room)?.acknowledge(position, this.user ?? "", id);
  }

  #takeFault({ id, code, message, retry }: FrameOf<"fault">): void {
    const asked = this.#questions.answer(id);
    const { clock, dice } = this.#world;
    if (!EXPECTED.test(code)) this.#complain(`${asked?.type} ${id}: ${code}: ${message}`);
    const say = retry ? this.says.refuse(id) : undefined;
    if (say) clock.after(dice.between(200, 1_500), () => this.#sayAgain(say));
    if (asked?.type === "join" && code === "name_taken") this.#rename();
  }

  #sayAgain(say: Say): void {
    if (say.state !== "refused") return;
    if (this.book.has(say.room)) this.#sendSay(say);
    else say.state = "waiting";
  }

  /** Another one has the name. */
  #rename(): void {
    const name = `${this.id}${this.#world.draw()}`;
    this.#send([this.#questions.ask({ type: "name", name }), ...this.#joinRequests()]);
  }

  #joinRequests(): readonly Wanted[] {
    const { dice } = this.#world;
    return [...this.wishes]
      .filter((room) => !this.book.has(room) && !this.#questions.isOpen("join", room))
      .map((room) => {
        const since = this.book.record(room)?.since;
        return this.#questions.ask({ type: "join", room, limit: dice.between(0, 5) }, since);
      });
  }

  #send(requests: readonly Wanted[]): void {
    if (requests.length === 0) return;
    const message = requests.map((request) => JSON.stringify(request)).join("\n");
    this.#world.note(`${this.id} > ${message}`);
    this.wire?.post(message);
  }

  #forget(): void {
    this.wire = undefined;
    this.#isGreeted = false;
    this.#questions.forget();
    this.book.forget();
  }

  #complain(what: string): void {
    this.#world.complain(`${this.id}: ${what}`);
  }
}
