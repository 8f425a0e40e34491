/**
 * One person's connection to the chat, whatever it speaks: requests come in, and answers and what happens in the rooms go
 * out by its voice. What it says goes to the bus and comes back through the hub like everyone's; a newcomer might be
 * tempted to deliver it at once, and there would be two orders.
 * @module
 */
import { Allowance, type ConnectionLimits, type Leave } from "../core/allowance.ts";
import type { Author, UserId } from "../core/entries.ts";
import { BROKEN, type Farewell, FLOODING, NOT_READY } from "../core/farewells.ts";
import type { FaultCode } from "../core/faults.ts";
import type { Frame, FrameOf } from "../core/frames.ts";
import {
  drawGuestName,
  type Name,
  NAME_RULE,
  parseName,
  parseRoom,
  ROOM_RULE,
} from "../core/names.ts";
import { answerBytes, fault, slowDown, withId } from "../core/protocol.ts";
import type { Introduction } from "../core/pulse.ts";
import type { Request, RequestOf } from "../core/requests.ts";
import {
  acknowledge,
  carryOut,
  type DeedContext,
  isReading,
  type ReadRequest,
  type RoomRequest,
} from "./deeds.ts";
import type { Hub } from "./hub.ts";
import type { Identities, Identity } from "./identities.ts";
import { Place, type PlaceHost, type PlaceVoice } from "./place.ts";
import { Reader, type ReaderContext } from "./reader.ts";
import { rename } from "./renaming.ts";

/** What all sessions of an isolate share. */
export interface SessionContext extends DeedContext, ReaderContext {
  /** Where words come from. */
  readonly hub: Hub;
  /** A number in [0, 1), for the names of guests. */
  readonly random: () => number;
  /** Who people are when they come back. */
  readonly identities: Identities;
  /** What the server tells of itself. */
  readonly card: Pick<FrameOf<"hello">, "server" | "limits" | "heartbeat">;
  /** The word that the names of guests begin with. */
  readonly guestName: string;
  /** What each connection may send. */
  readonly limits: ConnectionLimits;
  /** How many rooms one connection may be in. */
  readonly maxRooms: number;
}

/** How a session speaks to its connection. */
export interface Voice extends PlaceVoice {
  /** Whether its user may come back as the same. */
  readonly isResumable: boolean;
  /** Tells something. */
  tell(frame: Frame): void;
  /** Resolves when the peer has taken most of what it was sent, or the connection is over. */
  drained(): Promise<void>;
  /** Ends the connection. */
  close(farewell: Farewell): void;
}

const TOO_MANY_ROOMS = "slow down: too many new rooms from this address";

/** A conversation's session. */
export class Session implements PlaceHost {
  readonly voice: Voice;
  readonly #context: SessionContext;
  readonly #allowance: Allowance;
  readonly #address: string | undefined;
  readonly #places = new Map<string, Place>();
  #me: Identity | undefined;
  #isOver = false;
  #hasJoined = false;
  #naming: Promise<void> | undefined;
  #reader: Reader | undefined;

  /** Says nothing before it is asked. @param address See `Begin`. */
  constructor(voice: Voice, context: SessionContext, address?: string) {
    this.voice = voice;
    this.#context = context;
    this.#address = address;
    this.#allowance = new Allowance(context.limits, address);
  }

  /** Who it is; undefined before the hello. */
  get me(): Author | undefined {
    return this.#me;
  }

  /** What the client has to do before it takes part: send `hello`, then join a room, which it may leave again. */
  get owes(): Introduction | undefined {
    if (this.#me === undefined) return "hello";
    return this.#hasJoined || this.#places.size > 0 ? undefined : "room";
  }

  /**
   * Requests permission for one more frame; a client that keeps sending is closed.
   *
   * @param bytes Size of the frame.
   * @param dropped Size of the frame and of everything dropped with it if it is refused.
   */
  ask(bytes: number, dropped: number = bytes): Leave {
    if (this.#isOver) return "forfeited";
    return this.#closedIf(this.#allowance.ask(this.#context.clock.now(), bytes, dropped));
  }

  /** The place in a room that it has joined, or is joining. */
  place(room: string): Place | undefined {
    return this.#places.get(room);
  }

  /** Does what is asked for. */
  handle(request: Request): void {
    if (this.#isOver || request.type === "pong") return;
    if (request.type === "ping") return this.#tell({ type: "pong", ...withId(request.id) });
    if (request.type === "hello") return this.#hello(request);
    const me = this.#me;
    if (me === undefined) return this.#refuse(request.id, "hello_first");
    if (request.type === "join") this.#join(request, me);
    else if (request.type === "leave") this.#leaveRoom(request);
    else if (request.type === "name") this.#queueRename(request, me.user);
    else this.#inRoom(request, me.user);
  }

  /** Gives everything back. */
  leave(): void {
    this.#isOver = true;
    for (const place of this.#places.values()) place.leave(this.voice.isResumable);
    this.#places.clear();
  }

  arrived(place: Place, frame: FrameOf<"joined">): void {
    this.#hasJoined = true;
    this.#tellAnswer(frame);
    const { name } = place;
    if (this.#me?.isDrawn && name !== this.#me.name) this.#become({ ...this.#me, name });
  }

  turnedAway(place: Place): void {
    this.#places.delete(place.id);
    this.#refuse(place.request, "name_taken", `the name ${place.name} is taken`);
  }

  #hello({ id, name: wished, resume }: RequestOf<"hello">): void {
    const { identities, card, guestName, random } = this.#context;
    if (this.#me) return this.#refuse(id, "bad_frame", "hello was said before");
    if (resume !== undefined && !identities.isReady) return this.voice.close(NOT_READY);
    const known = resume === undefined ? undefined : identities.verify(resume);
    const chosen = wished === undefined ? undefined : parseName(wished);
    if (wished !== undefined && chosen === undefined) {
      return this.#refuse(id, "bad_name", NAME_RULE);
    }
    const drawn = known ?? { name: drawGuestName(guestName, () => false, random), isDrawn: true };
    const { name, isDrawn } = chosen ? { name: chosen, isDrawn: false } : drawn;
    const user = known?.user ?? identities.draw();
    this.#me = { user, name, isDrawn };
    const token = this.#sign();
    const you = { user, name };
    const { service } = identities;
    const server = { ...card.server, ...(service && { id: service }) };
    const resumable = token && { resume: token };
    this.#tell({ type: "hello", ...withId(id), ...card, server, you, ...resumable });
    if (token === undefined && this.voice.isResumable) {
      identities.ready.then(() => this.#tellToken(identities.service));
    }
  }

  #join({ id, room: wished, since, limit = 0 }: RequestOf<"join">, me: Identity): void {
    const { hub, clock, guestName, random, maxRooms } = this.#context;
    const room = parseRoom(wished);
    if (room === undefined) return this.#refuse(id, "bad_room", ROOM_RULE);
    if (this.#places.has(room)) return this.#refuse(id, "in_room");
    if (this.#places.size >= maxRooms) {
      return this.#refuse(id, "too_many_rooms", `you are in ${maxRooms} rooms already`);
    }
    const reader = this.#reads(me.user);
    // The first join waits instead: a plain-text client would not ask again.
    if (this.#hasJoined && reader.waitMs > 0) return this.#slowDown(id, reader.waitMs);
    const draw = (isTaken: (name: Name) => boolean) => drawGuestName(guestName, isTaken, random);
    const { tellsArrivals: wantsStanding } = this.voice;
    const drawn = me.isDrawn ? draw : undefined;
    const wish = { ...me, since, limit, wantsStanding, draw: drawn, reader };
    this.#places.set(room, new Place(room, this, wish, { hub, clock }, id));
  }

  #leaveRoom({ id, room }: RequestOf<"leave">): void {
    const place = this.#places.get(room);
    if (place === undefined) return this.#refuse(id, "not_in_room");
    this.#places.delete(room);
    if (!place.isJoined) this.#refuse(place.request, "not_in_room", "left before it was joined");
    place.leave(false);
    this.#tell({ type: "left", ...withId(id), room });
  }

  /** One after the other: two at once could leave a name behind in some of the rooms. */
  #queueRename({ id, name: wished }: RequestOf<"name">, user: UserId): void {
    const name = parseName(wished);
    if (name === undefined) return this.#refuse(id, "bad_name", NAME_RULE);
    const waitMs = this.#beginRooms(this.#places.values());
    if (waitMs > 0) return this.#tell(slowDown(id, waitMs, TOO_MANY_ROOMS));
    // It is announced in every room, which is as much work as a message in each.
    const more = Math.max(0, this.#places.size - 1);
    this.#allowance.charge(this.#context.clock.now(), more);
    this.#naming = (this.#naming ?? Promise.resolve()).then(() =>
      this.#surely(async () => {
        const author = { user, name };
        const claimed = () => this.#become({ ...author, isDrawn: false });
        const renaming = { id, author, places: this.#places, claimed };
        this.#answer(await rename(renaming, this.#context) ?? acknowledge(id));
      })
    );
  }

  #inRoom(request: RoomRequest, user: UserId): void {
    const place = this.#places.get(request.room);
    if (place === undefined) return this.#refuse(request.id, "not_in_room");
    place.whenJoined({
      run: () =>
        this.#surely(async () => {
          if (isReading(request)) return await this.#read(request, place, user);
          const waitMs = request.type === "say" ? this.#beginRooms([place]) : 0;
          if (waitMs > 0) return this.#tell(slowDown(request.id, waitMs, TOO_MANY_ROOMS));
          this.#answer(await carryOut(request, place, user, this.#context));
        }),
      refuse: () => this.#refuse(request.id, "unavailable", "not joined yet"),
    });
  }

  /** Asks leave to enter something in rooms, for those not known to hold anything; milliseconds to wait, 0 for none. */
  #beginRooms(places: Iterable<Place>): number {
    let waitMs = 0;
    for (const { room } of places) {
      if ((room.last?.seq ?? 0) === 0) {
        waitMs ||= this.#allowance.beginRoom(this.#context.clock.now());
      }
    }
    return waitMs;
  }

  async #read(request: ReadRequest, place: Place, user: UserId): Promise<void> {
    const reader = this.#reads(user);
    if (reader.waitMs > 0) return this.#slowDown(request.id, reader.waitMs);
    const answer = () => carryOut(request, place, user, this.#context);
    // The members are known without the store.
    const frame = await (request.type === "who" ? answer() : reader.answer(answer));
    if (frame) this.#tellAnswer(frame);
  }

  /** An error that gets here is a bug of ours: the client must not wait for an answer for ever. */
  async #surely(deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
    } catch (error) {
      this.voice.close(BROKEN);
      reportError(error);
    }
  }

  #become(me: Identity): void {
    this.#me = me;
    this.#tellToken();
  }

  /** @param service The deployment's id, if the hello did not have it. */
  #tellToken(service?: string): void {
    const resume = this.#sign();
    const server = service && { server: { id: service } };
    if (resume) this.#tell({ type: "token", resume, ...server });
  }

  #sign(): string | undefined {
    return this.#me && this.voice.isResumable ? this.#context.identities.sign(this.#me) : undefined;
  }

  #closedIf(leave: Leave): Leave {
    if (leave === "forfeited") this.voice.close(FLOODING);
    return leave;
  }

  #answer(frame: Frame | undefined): void {
    if (frame) this.#tell(frame);
  }

  #tellAnswer(frame: Frame): void {
    this.#reader?.charge(answerBytes(frame));
    this.#tell(frame);
  }

  /** Created on the first read: most connections only listen. */
  #reads(user: UserId): Reader {
    const owner = { user, address: this.#address, voice: this.voice };
    return this.#reader ??= new Reader(this.#context, owner);
  }

  #slowDown(id: string | undefined, afterMs: number): void {
    this.#tell(slowDown(id, afterMs));
    this.#closedIf(this.#allowance.wait(this.#context.clock.now(), afterMs));
  }

  #refuse(id: string | undefined, code: FaultCode, message?: string): void {
    this.#tell(fault(id, code, message));
  }

  #tell(frame: Frame): void {
    if (!this.#isOver) this.voice.tell(frame);
  }
}
