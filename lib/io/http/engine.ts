/**
 * The port to the engine that serves HTTP and WebSockets, and its two adapters: `deno/` is the runtime's own
 * (`Deno.serve`, `Deno.upgradeWebSocket`), `node/` is `node:http` with the npm package `ws`. Nothing outside the two
 * folders knows which one runs, except to name it.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import type { ConnectionStatus } from "../../chat/heartbeat.ts";
import type { ConnectionSlot, TcpLimits } from "../../core/limits/connection_limits.ts";
import type { ConnectionContext, Endpoint } from "./connection.ts";
import type { EngineName } from "../../core/config/settings_table.ts";
import type { KeyPair } from "../tls/key_pair.ts";

/** Responds to a request. `remote` is the IP address of the TCP peer, which may be a proxy. */
export type RequestHandler = (request: Request, remote: string) => Response | Promise<Response>;

/** Where to listen. */
export interface ListenAddress {
  /** An address of this machine, or a host name. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Whether other listeners of this process share the port. */
  readonly isShared: boolean;
  /** The certificate for HTTPS, which `readKeyPair()` has checked; undefined for HTTP. */
  readonly keyPair: KeyPair | undefined;
}

/** The handler of a port's requests, and the limits of its TCP connections. */
export interface PortContext {
  /** Responds to requests. */
  readonly handler: RequestHandler;
  /** Measures time and waits. */
  readonly clock: Clock;
  /** Limits of its TCP connections, if the engine sees those. */
  readonly tcpLimits: TcpLimits;
}

/** A port that an engine has opened, until it is shut down or fails. */
export interface OpenPort {
  /** The actual port, even if 0 was requested. */
  readonly port: number;
  /** Resolves or rejects when the port is no longer open, for whatever reason. */
  readonly finished: Promise<void>;
  /** Stops accepting and waits for requests in progress. May never resolve if a peer is stuck: use a timeout. */
  shutdown(): Promise<void>;
  /** Uses another certificate for new connections and keeps the others; false if the engine cannot do that. */
  replaceKeyPair(pair: KeyPair): boolean;
}

/** A request that is about to become a connection. */
export interface PendingUpgrade {
  /** Resolves to whether the client is still connected, as far as the engine can know. */
  isConnected(): boolean | Promise<boolean>;
  /**
   * Opens the connection, which owns the slot from then on.
   *
   * @param address See `OpenHandler`.
   * @returns What the request handler must return.
   */
  open(endpoint: Endpoint, slot: ConnectionSlot, address: string | undefined): Response;
}

/** Turns requests into connections. */
export interface SocketAcceptor {
  /** Starts an upgrade. Call it before anything is awaited. */
  begin(request: Request): PendingUpgrade;
}

/** What the connections of one acceptor share. */
export interface AcceptorContext extends ConnectionContext {
  /** An idle peer is pinged after this time, and its connection ends after twice as long, in seconds. */
  readonly pingSeconds: number;
}

/** Opens ports, and turns requests that arrive there into connections. */
export interface WebSocketEngine {
  /** Its value of the setting WEBSOCKET_ENGINE. */
  readonly name: EngineName;
  /** The statuses that its connections can have. */
  readonly statuses: readonly ConnectionStatus[];
  /** The statuses of connections that will never end by themselves, and can only be ended with their worker. */
  readonly deadStatuses: readonly ConnectionStatus[];
  /** Whether messages sent to a connection together cost about one, so that those of a busy room may wait for others. */
  readonly sharesWrites: boolean;
  /** Opens a port. Rejects with `Deno.errors.AddrInUse` if it is taken. */
  open(context: PortContext, address: ListenAddress): Promise<OpenPort>;
  /** Creates an acceptor for requests that arrive through ports of this engine. */
  acceptor(context: AcceptorContext): SocketAcceptor;
}
