/**
 * Calls of the HTTP API. A call is a session that says hello, enters a room if it needs one, makes one request, and ends. So
 * rights, limits, positions and faults are those of a connection, by the same code. Other users do not see the caller come and
 * go.
 * @module
 */
import type { RoomAction } from "../../core/auth/rights.ts";
import type { FrameEncoder } from "../../core/protocol/encoder.ts";
import {
  BANNED,
  type CloseStatus,
  NOT_READY,
  SIGNED_OUT,
} from "../../core/protocol/close_codes.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame, slowDownFault } from "../../core/protocol/json_protocol.ts";
import { REQUIRED_ACTION } from "../../core/protocol/request_rights.ts";
import type { Request, RequestOf, RequestType } from "../../core/protocol/requests.ts";
import type { ClientOutput } from "../ports/client_output.ts";
import { Session, type SessionContext } from "../session/session.ts";
import type { HandshakeInfo } from "../sign_in/sign_in_context.ts";

/** Input of {@linkcode makeCall}: who calls, the room to be in, and one request. */
export interface Call {
  /** The address of the caller, and the credentials and language of the HTTP request. */
  readonly origin: HandshakeInfo;
  /** Fields of the `hello` with which the session starts. */
  readonly hello: Omit<RequestOf<"hello">, "type" | "id">;
  /** Size of the HTTP body in bytes, which is charged to the rate limits of the connection and its address. */
  readonly bytes: number;
  /** The room that the request concerns, if the user has to be in it. */
  readonly room?: string | undefined;
  /** The request, with an id; undefined if the answer to the hello is all that is wanted. */
  readonly request?: IdentifiedRequest | undefined;
}

/** A request whose answer can be told from others. */
export type IdentifiedRequest = Request & { readonly id: string };

/** Result of {@linkcode makeCall}; `fault` says why the call was refused, and can come from the `hello` or the `join`. */
export type CallResult =
  | {
    readonly kind: "answered";
    /** The answer to the request; without a request, the same as `hello`. */
    readonly frame: Frame;
    /** The `hello` frame of the server, which states the user. */
    readonly hello: FrameOf<"hello">;
  }
  | { readonly kind: "refused"; readonly fault: FrameOf<"fault"> };

/** Ids of the requests that come before the call's own. They contain spaces, which no id of a client does. */
const HELLO_ID = "call hello", JOIN_ID = "call join";

/** The faults for connections that end without one. */
const FAULT_OF_CLOSE = new Map<CloseStatus, FrameOf<"fault">>([
  [SIGNED_OUT, faultFrame(undefined, "bad_token", "the user has been signed out")],
  [BANNED, faultFrame(undefined, "banned")],
  [NOT_READY, faultFrame(undefined, "unavailable", "what you sent cannot be checked yet")],
]);

/** The fault that says why a session has been closed. */
export function faultOfClose(status: CloseStatus): FrameOf<"fault"> {
  return FAULT_OF_CLOSE.get(status) ?? faultFrame(undefined, "unavailable", status.reason);
}

const TOO_LATE = faultFrame(undefined, "unavailable", "the room cannot be reached yet");
/** What a call that has lasted too long is told: whether it took effect is not known. */
export const CALL_TIMEOUT: FrameOf<"fault"> = faultFrame(undefined, "unknown_outcome");

/** Makes a call. Rejects if the session fails, which is a bug. @param signal Ends the call early, with {@linkcode CALL_TIMEOUT}. */
export async function makeCall(
  { origin, hello, bytes, room, request }: Call,
  context: SessionContext,
  signal: AbortSignal,
): Promise<CallResult> {
  const output = new CallOutput(joinActionsOf(request));
  const session = new Session(output, context, origin);
  const cancel = () => output.fail(CALL_TIMEOUT);
  signal.addEventListener("abort", cancel);
  const ask = async (asked: IdentifiedRequest) => {
    const answer = output.expect(asked.id);
    session.handle(asked);
    return await answer;
  };
  try {
    if (signal.aborted) cancel();
    const decision = session.checkRate(bytes);
    if (typeof decision !== "string") {
      return { kind: "refused", fault: slowDownFault(undefined, decision.afterMs, "connection") };
    }
    const welcome = await ask({ type: "hello", id: HELLO_ID, ...hello });
    if (welcome.type !== "hello") return refused(welcome);
    if (room !== undefined) {
      const { me } = session.signIn;
      // The answer of a call says when to try again.
      const waitMs = me ? session.readerFor(me.user).waitMs : 0;
      if (waitMs > 0) return { kind: "refused", fault: slowDownFault(undefined, waitMs, "user") };
      const joined = await ask({ type: "join", id: JOIN_ID, room, limit: 0 });
      if (joined.type !== "joined") return refused(joined);
    }
    const frame = request ? await ask(request) : welcome;
    return frame.type === "fault" ? refused(frame) : { kind: "answered", frame, hello: welcome };
  } finally {
    signal.removeEventListener("abort", cancel);
    session.end();
  }
}

/**
 * Other actions that allow a request, besides the one that it usually needs: moderators delete the messages of others, and
 * the creator of a room changes its settings.
 */
const OTHER_ACTIONS: Partial<Record<RequestType, readonly RoomAction[]>> = {
  delete: [REQUIRED_ACTION.moderate],
  room: [REQUIRED_ACTION.create],
};

/** Who makes one request need not be allowed to read what it does not show. */
function joinActionsOf(request: Request | undefined): readonly RoomAction[] {
  if (request === undefined) return [REQUIRED_ACTION.join];
  const { type } = request;
  const actions: Readonly<Partial<Record<RequestType, RoomAction>>> = REQUIRED_ACTION;
  const own = actions[type];
  return [REQUIRED_ACTION.join, ...(own ? [own] : []), ...OTHER_ACTIONS[type] ?? []];
}

function refused(frame: Frame): CallResult {
  if (frame.type !== "fault") throw new TypeError(`Cannot continue a call: received ${frame.type}`);
  return { kind: "refused", fault: frame };
}

/** What happens in the room meanwhile is not read. */
const silentEncoder: FrameEncoder = { encode: () => undefined, canBatch: true };

/** Waits for the answer to one request at a time. */
class CallOutput implements ClientOutput {
  readonly encoder = silentEncoder;
  readonly isResumable = false;
  readonly wantsJoinDetails = false;
  readonly joinActions: readonly RoomAction[];
  readonly isPresent = false;
  #expected: { readonly id: string; readonly resolve: (frame: Frame) => void } | undefined;
  // Why there will be no other answer.
  #failure: FrameOf<"fault"> | undefined;

  /** @param joinActions See `ClientOutput`. */
  constructor(joinActions: readonly RoomAction[]) {
    this.joinActions = joinActions;
  }

  /** Resolves with the answer to the request with this id, or with why there is none. */
  expect(id: string): Promise<Frame> {
    if (this.#failure) return Promise.resolve(this.#failure);
    return new Promise((resolve) => this.#expected = { id, resolve });
  }

  /** Ends the wait, and all later ones. The first reason counts. */
  fail(fault: FrameOf<"fault">): void {
    this.#failure ??= fault;
    this.#expected?.resolve(this.#failure);
  }

  sendFrame(frame: Frame): void {
    if ("id" in frame && frame.id === this.#expected?.id) return this.#expected?.resolve(frame);
    // Nothing that was asked: the user has been banned, and the session is about to be closed.
    if (frame.type === "fault" && frame.id === undefined) this.fail(frame);
  }

  onJoinDelayed(): void {
    this.fail(TOO_LATE);
  }

  deliver(): void {}

  replay(): void {}

  isBacklogged(): boolean {
    return false;
  }

  whenDrained(): Promise<void> {
    return Promise.resolve();
  }

  close(status: CloseStatus): void {
    this.fail(faultOfClose(status));
  }
}
