/**
 * One node of the service, assembled as in `lib/io/app/service.ts`, with a bridge that loses posts. After a crash
 * nothing of it runs, its connections are gone, and its leases remain until they expire.
 * @module
 */
import { MemoryTicketStore } from "../../../lib/io/auth/memory_ticket_store.ts";
import { StoredTickets } from "../../../lib/io/auth/stored_tickets.ts";
import type { Announcement } from "../../../lib/chat/ports/bus.ts";
import type { Clock } from "../../../lib/chat/ports/clock.ts";
import type { ConnectionHandler, Socket } from "../../../lib/chat/ports/connection_handler.ts";
import { Heartbeat } from "../../../lib/chat/heartbeat.ts";
import { AddressSanctions } from "../../../lib/chat/moderation/address_sanctions.ts";
import { GuestPace } from "../../../lib/chat/moderation/guest_pace.ts";
import { Sanctions } from "../../../lib/chat/moderation/sanctions.ts";
import { WordFilter } from "../../../lib/chat/moderation/word_filter.ts";
import type { Hub } from "../../../lib/chat/room/hub.ts";
import type { Room } from "../../../lib/chat/room/room.ts";
import type {
  Identity,
  ReturningUser,
  SessionTokens,
} from "../../../lib/chat/ports/session_tokens.ts";
import { IndexRepairer } from "../../../lib/chat/rooms/index_repairer.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import type { HandshakeInfo } from "../../../lib/chat/sign_in/sign_in_context.ts";
import type { SessionContext } from "../../../lib/chat/session/session.ts";
import { TextHandler, type TextOptions } from "../../../lib/chat/handlers/text_handler.ts";
import { UserSessions } from "../../../lib/chat/session/user_sessions.ts";
import { ConcurrencyLimit } from "../../../lib/chat/concurrency_limit.ts";
import { TopAnnouncer } from "../../../lib/chat/bus/top_announcer.ts";
import { healthPolicy } from "../../../lib/core/health/connection_health.ts";
import { SharedBudgets } from "../../../lib/core/limits/rate_limiter.ts";
import { isUserId, type UserId } from "../../../lib/core/log/entry.ts";
import { noRevocations } from "../../support/fakes.ts";
import { noMembers } from "../../support/identity/members.ts";
import { emptyIndex, roomServices } from "../../support/rooms.ts";
import { parseName, type RoomId } from "../../../lib/core/names/names.ts";
import { SimAuthenticator } from "./sim_authenticator.ts";
import { nodeIndex, NodeMembers } from "./sim_directory.ts";
import { simRoomIds } from "./sim_room_ids.ts";
import { RECOVER_LIMIT, SimBus } from "./sim_bus.ts";
import type { World } from "./world.ts";

const LIMITS = {
  maxTextBytes: 1_000,
  maxMessageBytes: 10_000,
  maxRooms: 32,
  messagesPerSecond: 0,
  bytesPerSecond: 0,
  recoverLimit: RECOVER_LIMIT,
};

const HEALTH_POLICY = healthPolicy({ pingMs: 25_000, maxBufferedBytes: Infinity });

/** One process. */
export class SimNode {
  readonly id: string;
  readonly bus: SimBus;
  /** Ends connections whose tokens have expired; undefined if no token does. */
  readonly heartbeat: Heartbeat | undefined;
  /** The newest rooms by name, if there are moderators or private rooms; some may be closed. */
  readonly rooms = new Map<RoomId, Room>();
  readonly #world: World;
  readonly #hub: Hub;
  readonly #members: NodeMembers | undefined;
  readonly #context: SessionContext;
  readonly #rulesChangedAt = new Map<Room, number>();
  #isAlive = true;

  /** Starts the node. */
  constructor(world: World, id: string) {
    this.id = id;
    this.#world = world;
    const { dice, mutant, batchPolicy, sharesWrites } = world;
    const random = () => dice.next();
    const clock = this.#clock();
    this.bus = new SimBus({ ...world.busContext, isAlive: () => this.#isAlive });
    const bus = mutant.wrap(this.bus);
    this.heartbeat = world.checksExpiry ? new Heartbeat(clock, HEALTH_POLICY) : undefined;
    const newId = () => `id${world.nextNumber()}`;
    const common = { bus, clock, random, newId, guestName: "guest" };
    const batching = { batchPolicy, sharesWrites };
    this.#members = world.directory &&
      new NodeMembers(world, world.directory, this.bus, clock);
    const members = { ...noMembers(clock), revocations: noRevocations() };
    const { directory, names, revocations } = this.#members ?? members;
    const roomIndex = world.index ? nodeIndex(world, world.index, this.bus, clock) : emptyIndex();
    const indexRepairer = new IndexRepairer({ roomIndex, clock });
    const userSessions = new UserSessions();
    const pace = new GuestPace();
    this.#hub = mutant.makeHub({
      ...common,
      names,
      ...batching,
      onUserSignal: (signal) => userSessions.onSignal(signal),
      onGuestSent: (room, { address, at }) => pace.onSent(address, room, at),
      onRoomOpened: (room) => world.index && indexRepairer.repair(room),
      node: id,
      recoverLimit: RECOVER_LIMIT,
    });
    if (world.hasAudit) this.#recordRooms(this.#hub);
    const serverInfo = {
      server: { name: "parley", version: "0" },
      limits: LIMITS,
      heartbeat: { seconds: 30 },
    };
    const sessionTokens = new SimSessionTokens(world);
    const limits = new SharedBudgets(LIMITS);
    const readLimit = new ConcurrencyLimit(2);
    const authenticator = mutant.wrapAuthenticator(new SimAuthenticator(world));
    const tickets = new StoredTickets(new MemoryTicketStore(clock), clock);
    const known = { ...members, directory, names, revocations };
    const usedTokens = mutant.wrapUsedTokens({
      use: async (user, serial) => await this.bus.call(() => world.usedTokens.use(user, serial)),
    });
    const words = new WordFilter();
    const open = { auth: "open", roomCreation: "anyone", appsModerate: true } as const;
    const access = { authenticator, tickets, usedTokens, words, ...known, ...open };
    const rooms = {
      ...roomServices({ bus: this.bus, hub: this.#hub, clock }, roomIndex, userSessions),
      roomIds: simRoomIds(world),
    };
    const own = { limits, readLimit, hub: this.#hub, sessionTokens, ...access, serverInfo };
    const sanctions = new Sanctions(clock);
    const addressSanctions = new AddressSanctions({ ...common, sanctions, pace });
    const rules = { sanctions, addressSanctions, appsModerate: false };
    this.#context = { ...common, ...LIMITS, ...own, ...rooms, ...rules };
    this.#start(new TopAnnouncer(bus, clock, (tops) => this.#dispatchLater(tops)));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Opens a session. @param onNewUser Receives the user that is created for it, if any. */
  openHandler(
    socket: Socket,
    options: TextOptions | undefined,
    onNewUser: (user: UserId) => void,
    origin: HandshakeInfo = {},
  ): ConnectionHandler {
    const sessionTokens: SessionTokens = {
      isReady: true,
      ready: this.#context.sessionTokens.ready,
      serviceId: this.#context.sessionTokens.serviceId,
      newUserId: () => {
        const user = this.#context.sessionTokens.newUserId();
        onNewUser(user);
        return user;
      },
      userIdFor: (seed) => this.#context.sessionTokens.userIdFor(seed),
      sign: (...args) => this.#context.sessionTokens.sign(...args),
      verify: (token) => this.#context.sessionTokens.verify(token),
    };
    const context = { ...this.#context, sessionTokens };
    return options
      ? new TextHandler(socket, context, options)
      : new JsonHandler(socket, context, origin);
  }

  /** How long ago an event in a room, or a read of its state, may have changed its rules here. */
  msSinceRulesChanged(id: RoomId): number {
    const room = this.rooms.get(id);
    const changedAt = room && this.#rulesChangedAt.get(room);
    return this.#world.clock.now() - (changedAt ?? -Infinity);
  }

  /** Stops the node as an operator does; clients have been notified. */
  stop(): void {
    this.#hub[Symbol.dispose]();
    this.crash();
  }

  /** Crashes the node. */
  crash(): void {
    this.#isAlive = false;
  }

  #recordRooms(hub: Hub): void {
    const join = hub.join.bind(hub), follow = hub.follow.bind(hub);
    hub.join = (...args) => {
      const subscription = join(...args);
      this.#recordRoom(subscription.room);
      return subscription;
    };
    hub.follow = (...args) => {
      const room = follow(...args);
      this.#recordRoom(room);
      return room;
    };
  }

  #recordRoom(room: Room): void {
    if (this.rooms.get(room.id) === room) return;
    this.rooms.set(room.id, room);
    const { rules } = room;
    const learn = rules.learn.bind(rules), apply = rules.apply.bind(rules);
    const onChange = () => this.#rulesChangedAt.set(room, this.#world.clock.now());
    rules.learn = (stored) => {
      onChange();
      learn(stored);
    };
    rules.apply = (entry) => {
      const event = apply(entry);
      if (event) onChange();
      return event;
    };
  }

  #start(topAnnouncer: TopAnnouncer): void {
    const { signal } = new AbortController();
    const onRevoked = () => this.#isAlive && this.heartbeat?.recheckUsers();
    const tasks = [this.#hub.run(signal), this.#forwardAnnouncements(topAnnouncer, signal)];
    if (this.#world.mutant.announcesTops) tasks.push(topAnnouncer.run(signal));
    if (this.#world.hasAudit) {
      const onChange = (event?: RoomEvent) => {
        if (!this.#isAlive) return;
        if (event === undefined || event.kind === "role") this.#members?.names.onRolesChanged();
        this.heartbeat?.recheckUsers(event);
        this.#context.addressSanctions.onEvent(event, (room) => this.#hub.find(room));
      };
      this.#context.sanctions.follow(this.#hub, onChange);
    }
    if (this.heartbeat) tasks.push(this.heartbeat.run(signal));
    const onNamesChanged = () => this.#isAlive && this.#hub.onNamesChanged();
    const onNewRoles = (users: readonly UserId[]) => {
      if (this.#isAlive) this.#hub.onRolesChanged(users);
      onRevoked();
    };
    tasks.push(...this.#members?.run(onNamesChanged, onNewRoles, onRevoked, signal) ?? []);
    const broken = (error: unknown) => this.#world.reportViolation(`${this.id} broke: ${error}`);
    Promise.all(tasks).catch(broken);
  }

  async #forwardAnnouncements(topAnnouncer: TopAnnouncer, signal: AbortSignal): Promise<void> {
    for await (const announcements of topAnnouncer.observe(this.bus.announcements(signal))) {
      this.#dispatchLater(announcements);
    }
  }

  #dispatchLater(announcements: readonly Announcement[]): void {
    const { clock, dice, busContext } = this.#world;
    if (dice.chance(busContext.faultRates().dropped)) return;
    clock.after(1, () => {
      if (this.#isAlive) this.#world.guard(() => this.#hub.dispatch(announcements));
    });
  }

  /** Sleeps end only while the node is alive. */
  #clock(): Clock {
    const { clock } = this.#world;
    return {
      now: () => clock.now(),
      date: () => clock.date(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        if (!this.#isAlive) await new Promise<never>(() => {});
      },
    };
  }
}

/** Tokens that are trivial to forge. */
class SimSessionTokens implements SessionTokens {
  readonly isReady = true;
  readonly ready = Promise.resolve();
  readonly serviceId = "simulated-service";
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  newUserId(): UserId {
    const user = `user_${1000 + this.#world.nextNumber()}`;
    return isUserId(user) ? user : this.#world.fail(`${user} is no user`);
  }

  userIdFor(): UserId {
    return this.newUserId();
  }

  sign(
    { user, name, hasGuestName }: Identity,
    { since, device, serial }: Parameters<SessionTokens["sign"]>[1],
  ): string {
    const session = device ? `${device.id}.${device.serial}.${since}` : `${hasGuestName}.${serial}`;
    return `${user} ${session} ${name}`;
  }

  verify(token: string): ReturningUser | undefined {
    const [user = "", session = "", ...rest] = token.split(" ");
    const name = parseName(rest.join(" "));
    if (!name || !isUserId(user)) return undefined;
    const [first = "", number, since] = session.split(".");
    if (since === undefined) {
      const hasGuestName = first === "true";
      return { user, name, hasGuestName, since: 0, serial: Number(number) };
    }
    const device = { id: first, serial: Number(number) };
    return { user, name, hasGuestName: false, since: Number(since), serial: 0, device };
  }
}
