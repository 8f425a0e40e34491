/**
 * One node of the service, put together as `lib/io/service.ts` does it, with a bridge that loses posts. It can crash: then
 * nothing of it goes on, its connections are gone, and its leases stay until they run out.
 * @module
 */
import type { Announcement } from "../../lib/chat/bus.ts";
import type { Clock } from "../../lib/chat/clock.ts";
import type { Conversation, Socket } from "../../lib/chat/conversation.ts";
import type { Hub } from "../../lib/chat/hub.ts";
import type { Identities, Identity } from "../../lib/chat/identities.ts";
import { JsonConversation } from "../../lib/chat/json_conversation.ts";
import type { SessionContext } from "../../lib/chat/session.ts";
import { TextConversation, type Wish } from "../../lib/chat/text_conversation.ts";
import { Turns } from "../../lib/chat/turns.ts";
import { TopWatch } from "../../lib/chat/tops.ts";
import { ConnectionLimits } from "../../lib/core/allowance.ts";
import { isUserId, type UserId } from "../../lib/core/entries.ts";
import { parseName } from "../../lib/core/names.ts";
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

/** One process. */
export class SimNode {
  readonly id: string;
  readonly bus: SimBus;
  readonly #world: World;
  readonly #hub: Hub;
  readonly #context: SessionContext;
  #isAlive = true;

  /** Starts it. */
  constructor(world: World, id: string) {
    this.id = id;
    this.#world = world;
    const { dice, plant } = world;
    const random = () => dice.next();
    const clock = this.#clock();
    this.bus = new SimBus({ ...world.busContext, isAlive: () => this.#isAlive });
    const bus = plant.wrap(this.bus);
    const drawId = () => `id${world.draw()}`;
    const common = { bus, clock, random, drawId, guestName: "guest" };
    this.#hub = plant.makeHub({ ...common, node: id, recoverLimit: RECOVER_LIMIT });
    const card = {
      server: { name: "parley", version: "0" },
      limits: LIMITS,
      heartbeat: { seconds: 30 },
    };
    const identities = new SimIdentities(world);
    const limits = new ConnectionLimits(LIMITS);
    const readTurns = new Turns(2);
    const own = { limits, readTurns, hub: this.#hub, identities, card };
    this.#context = { ...common, ...LIMITS, ...own };
    this.#start(new TopWatch(bus, clock, (tops) => this.#post(tops)));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Begins a conversation. @param draws Is told the user that is made for it, if there is one. */
  begin(socket: Socket, wish: Wish | undefined, draws: (user: UserId) => void): Conversation {
    const identities: Identities = {
      isReady: true,
      ready: this.#context.identities.ready,
      service: this.#context.identities.service,
      draw: () => {
        const user = this.#context.identities.draw();
        draws(user);
        return user;
      },
      sign: (author) => this.#context.identities.sign(author),
      verify: (token) => this.#context.identities.verify(token),
    };
    const context = { ...this.#context, identities };
    return wish
      ? new TextConversation(socket, context, wish)
      : new JsonConversation(socket, context);
  }

  /** Ends it as an operator does: who is there has been told. */
  stop(): void {
    this.#hub[Symbol.dispose]();
    this.crash();
  }

  /** Ends it in the midst of everything. */
  crash(): void {
    this.#isAlive = false;
  }

  #start(tops: TopWatch): void {
    const { signal } = new AbortController();
    const tasks = [this.#hub.run(signal), this.#carry(tops, signal)];
    if (this.#world.plant.tellsTops) tasks.push(tops.run(signal));
    const broken = (error: unknown) => this.#world.complain(`${this.id} broke: ${error}`);
    Promise.all(tasks).catch(broken);
  }

  async #carry(tops: TopWatch, signal: AbortSignal): Promise<void> {
    for await (const announcements of tops.watch(this.bus.announcements(signal))) {
      this.#post(announcements);
    }
  }

  #post(announcements: readonly Announcement[]): void {
    const { clock, dice, busContext } = this.#world;
    if (dice.chance(busContext.weather().dropped)) return;
    clock.after(1, () => {
      if (this.#isAlive) this.#world.guard(() => this.#hub.receive(announcements));
    });
  }

  /** Who sleeps when the node crashes never wakes. */
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

/** Tokens that are easily forged. */
class SimIdentities implements Identities {
  readonly isReady = true;
  readonly ready = Promise.resolve();
  readonly service = "simulated-service";
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  draw(): UserId {
    const user = `user_${1000 + this.#world.draw()}`;
    return isUserId(user) ? user : this.#world.fail(`${user} is no user`);
  }

  sign({ user, name, isDrawn }: Identity): string {
    return `${user} ${isDrawn} ${name}`;
  }

  verify(token: string): Identity | undefined {
    const [user = "", isDrawn, ...rest] = token.split(" ");
    const name = parseName(rest.join(" "));
    return name && isUserId(user) ? { user, name, isDrawn: isDrawn === "true" } : undefined;
  }
}
