/**
 * The door: where a request becomes a connection, or is told why not. Who is let in holds a place of the quota until the
 * connection has really ended, however it ends.
 * @module
 */
import type { Heartbeat } from "../chat/heartbeat.ts";
import {
  admissionKey,
  type AdmissionRefusal,
  type Charge,
  EXEMPT,
  type Place,
} from "../core/admissions.ts";
import type { Source } from "../core/addresses.ts";
import { admit, type OriginPolicy, type Refusal, refuse } from "../core/handshake.ts";
import { refusalAnswer } from "./answers.ts";
import { log } from "./log.ts";
import { Connection, type ConnectionContext, type Entrance } from "./socket.ts";
import { Threshold } from "./threshold.ts";

/** Counts who is in. */
export interface Turnstile {
  /** Takes a place, which is given back by disposing it, or says which limit stands against it. */
  take(key: string): Entry | Promise<Entry>;
  /** Charges an address. */
  charge(key: string, what: Charge): void;
}

/** What comes of asking for a place. */
export type Entry = Place | AdmissionRefusal;

/** What the door needs to know. */
export interface DoorContext {
  /** What every connection is given. */
  readonly connections: Omit<ConnectionContext, "heartbeat">;
  /** Watches every connection. */
  readonly heartbeat: Heartbeat;
  /** How many may be connected, in all and from one address. */
  readonly quota: Turnstile;
  /** Which pages may open a connection. */
  readonly origins: OriginPolicy;
  /** After so much silence the runtime closes a connection; it pings at half of it. */
  readonly idleSeconds: number;
}

// A client that reuses the connection would reach this isolate again, although another one has taken over.
const STOPPING = refuse(503, "The service stops", { "retry-after": "1", connection: "close" });

const FULL = {
  "all taken": refuse(503, "Too many connections (MAX_CONNECTIONS)", { "retry-after": "5" }),
  "all of this key taken": refuse(
    503,
    "Too many connections from this address (CONNECTIONS_PER_ADDRESS)",
    { "retry-after": "30" },
  ),
  "too many handshakes": refuse(
    429,
    "Too many new connections from this address (HANDSHAKES_PER_SECOND)",
    { "retry-after": "1" },
  ),
  "address charged": refuse(
    429,
    "Too many connections from this address were not closed: it is refused for a while",
    { "retry-after": "60" },
  ),
  "no memory": refuse(503, "Out of memory (MAX_MEMORY_MB)", { "retry-after": "5" }),
} as const satisfies Readonly<Record<AdmissionRefusal, Refusal>>;

/** Lets connections in, until it is shut. */
export class Door {
  readonly #context: DoorContext;
  readonly #connections: ConnectionContext;
  readonly #threshold = new Threshold();
  #shut = false;
  #untold = 0;
  #toldAt = -Infinity;

  /** A door that is open. */
  constructor(context: DoorContext) {
    this.#context = context;
    this.#connections = { ...context.connections, heartbeat: context.heartbeat };
  }

  /** From now on everybody is refused with 503. */
  shut(): void {
    this.#shut = true;
  }

  /** Answers a request on a socket path. */
  async enter(
    request: Request,
    { address, viaTrustedProxy }: Source,
    entrance: Entrance,
  ): Promise<Response> {
    // Read before all else, and awaited on below: the runtime leaks the socket of a handshake whose client is gone
    // before the 101 is written, and this is how most of them are known (docs/operations.md has what was measured).
    const { signal } = request;
    if (this.#shut) return refusalAnswer(STOPPING);
    const verdict = admit(request, { origins: this.#context.origins, viaTrustedProxy });
    if (verdict.kind === "refused") return refusalAnswer(verdict);
    const key = admissionKey(address);
    const place = await this.#context.quota.take(key);
    if (typeof place === "string") return refusalAnswer(this.#full(place, address));
    using held = new DisposableStack();
    held.use(place);
    if (!await this.#threshold.pass(signal)) return new Response(null, { status: 400 });
    if (this.#shut) return refusalAnswer(STOPPING);
    const counted = key === EXEMPT ? undefined : key;
    const response = this.#upgrade(request, entrance, place, counted);
    // The connection has it now; the stack would weigh more than what is in it.
    held.move();
    return response;
  }

  #upgrade(
    request: Request,
    entrance: Entrance,
    place: Place,
    address: string | undefined,
  ): Response {
    const { idleSeconds: idleTimeout } = this.#context;
    const { subprotocol } = entrance;
    // The runtime's option throws if the offer is written without blanks.
    const isOption = subprotocol !== undefined && offersOf(request).includes(subprotocol);
    const options = isOption ? { idleTimeout, protocol: subprotocol } : { idleTimeout };
    const { socket, response } = Deno.upgradeWebSocket(request, options);
    if (subprotocol !== undefined && !isOption) tellSubprotocol(response, subprotocol);
    new Connection(socket, entrance, this.#connections, place, address);
    return response;
  }

  /** Told in the log at most once a second: whoever is refused tries again, and the log must not be what fails. */
  #full(limit: keyof typeof FULL, address: string): Refusal {
    this.#untold += 1;
    const now = this.#context.connections.clock.now();
    if (now - this.#toldAt >= 1_000) {
      log.warn("connection.refused", { limit, address, count: this.#untold });
      this.#untold = 0;
      this.#toldAt = now;
    }
    return FULL[limit];
  }
}

/** The offered subprotocols as the runtime splits them. */
function offersOf(request: Request): readonly string[] {
  return request.headers.get("sec-websocket-protocol")?.split(", ") ?? [];
}

/** Deno 2.5.0 does not allow this header to be set, and an error thrown here would end the listener. */
function tellSubprotocol(response: Response, subprotocol: string): void {
  try {
    response.headers.set("sec-websocket-protocol", subprotocol);
  } catch (error) {
    log.debug("subprotocol.not_told", { error: String(error) });
  }
}
