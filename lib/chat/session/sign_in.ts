/**
 * Who the user of a session is, what the user may do, and until when. A session starts without a user; its `hello` states
 * one: with a token that an app has signed, with a resume token, or as a guest. If a proxy or a cookie has stated the user in
 * the handshake, the `hello` cannot state another.
 * @module
 */
import { isAllowed, type Rights, type RoomAction } from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import type { TokenExpiry } from "../../core/health/connection_health.ts";
import { NOT_READY, SIGNED_OUT } from "../../core/protocol/close_codes.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame, withId } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import {
  type GuestLanguage,
  guestLanguage,
  guestPrefix,
  type Name,
  NAME_RULE,
  parseName,
  pickGuestName,
} from "../../core/names/names.ts";
import type { TokenUser } from "../ports/authenticator.ts";
import type { Clock } from "../ports/clock.ts";
import type { Identity, ReturningUser, SessionTokens } from "../ports/session_tokens.ts";
import type { ClientOutput } from "./client_output.ts";
import {
  checkCredential,
  type Credential,
  type CredentialContext,
  REVOKED,
} from "./credential_check.ts";

/** What all sign-ins of a worker share. */
export interface SignInContext extends CredentialContext {
  /** For the times at which tokens expire. */
  readonly clock: Clock;
  /** Returns a number in [0, 1), for guest names. */
  readonly random: () => number;
  /** Identifies returning users. */
  readonly sessionTokens: SessionTokens;
  /** Whether users without a token are welcome. */
  readonly auth: "open" | "required";
  /** The server's part of the `hello` frame. */
  readonly serverInfo: Pick<FrameOf<"hello">, "server" | "limits" | "heartbeat">;
  /** Prefix for guest names; null for one in the guest's language. */
  readonly guestName: string | null;
}

/** What is known of a connection before its first request. */
export interface ConnectionOrigin {
  /** See `OpenHandler`. */
  readonly address?: string | undefined;
  /** Language of a guest's name, unless the `hello` sets another. */
  readonly language?: GuestLanguage | undefined;
  /** The token of the handshake, not checked; used unless the `hello` has one. */
  readonly token?: string | undefined;
  /** The ticket of the handshake, not checked; used unless there is a token. */
  readonly ticket?: string | undefined;
  /** The user whom a trusted proxy or a cookie states; the `hello` then needs no token, and cannot have one. */
  readonly user?: TokenUser | undefined;
}

/** The session, as its sign-in sees it. */
export interface SignInHost {
  /** Sends to the client. */
  readonly output: Pick<ClientOutput, "isResumable" | "close">;
  /** Sends a frame unless the session has ended. */
  sendFrame(frame: Frame): void;
}

const SIGNED_IN = "the user is signed in already, by the proxy or with a cookie";

interface Access {
  readonly rights: Rights;
  /** When the token expires, in milliseconds of the clock; Infinity without one. */
  readonly expiresAt: number;
  /** The token's own id; undefined if it has none, or there is no token. */
  readonly tokenId: string | undefined;
  /** Whether whoever knows the user sets the name: an app, a proxy or a provider. */
  readonly setsName: boolean;
  isClientTold: boolean;
}

/** The user of one session. */
export class SignIn {
  readonly #host: SignInHost;
  readonly #context: SignInContext;
  readonly #address: string | undefined;
  #language: GuestLanguage;
  // Kept until it has been checked.
  #handshakeCredential: Credential | undefined;
  // Whom it identifies. Kept until somebody has been welcomed: a ticket cannot be checked again.
  #handshakeUser: TokenUser | undefined;
  #statedUser: TokenUser | undefined;
  #me: Identity | undefined;
  // Of what the user has signed in with, in milliseconds since 1970.
  #issuedAt = 0;
  // Undefined for guests.
  #access: Access | undefined;
  #renewals = 0;
  // The newest one that was accepted.
  #renewed = 0;

  /** Starts without a user. */
  constructor(host: SignInHost, context: SignInContext, origin: ConnectionOrigin) {
    this.#host = host;
    this.#context = context;
    this.#address = origin.address;
    this.#language = origin.language ?? "en";
    // A proxy may pass on a token of its own, which is not for us.
    const token = origin.user ? undefined : origin.token;
    this.#handshakeCredential = credentialOf({ token, ticket: origin.ticket });
    this.#statedUser = origin.user;
  }

  /** The user; undefined before the `hello`. */
  get me(): Identity | undefined {
    return this.#me;
  }

  /** When the user's token expires; undefined if it does not. */
  get expiry(): TokenExpiry | undefined {
    if (this.#access === undefined || this.#access.expiresAt === Infinity) return undefined;
    return { at: this.#access.expiresAt, isTold: this.#access.isClientTold };
  }

  /** Whether an app sets the user's name, so that the user cannot change it. */
  get hasFixedName(): boolean {
    return this.#access?.setsName ?? false;
  }

  /** Whether the user may do something in a room. */
  may(action: RoomAction, room: string): boolean {
    return isAllowed(this.#access?.rights ?? null, action, room);
  }

  /** Handles the `hello`. Returns a promise if a token has to be checked, undefined if the answer has been sent. */
  hello(request: RequestOf<"hello">): Promise<void> | undefined {
    const { sessionTokens, revocations } = this.#context;
    const presented = credentialOf({ token: request.token });
    const known = this.#statedUser ?? (presented ? undefined : this.#handshakeUser);
    const credential = presented ?? this.#handshakeCredential;
    const isReturning = credential !== undefined || request.resume !== undefined ||
      known !== undefined;
    const isReady = sessionTokens.isReady && revocations.isReady;
    if (this.#me) this.#refuse(request.id, "bad_frame", "hello was already sent");
    // No page can make a person who is signed in act as someone else.
    else if (known && credential) {
      this.#handshakeCredential = undefined;
      this.#refuse(request.id, "not_allowed", SIGNED_IN);
    } else if (isReturning && !isReady) this.#host.output.close(NOT_READY);
    else if (credential) return this.#helloWith(request, credential);
    else if (!known && this.#context.auth === "required") {
      this.#refuse(request.id, "token_required");
    } else if (known && revocations.isRevoked(known)) {
      this.#refuse(request.id, "bad_token", REVOKED);
    } else this.#welcome(request, known);
  }

  /** Handles `auth`. Resolves to whether the user has new rights. */
  async renew({ id, token }: RequestOf<"auth">): Promise<boolean> {
    const number = ++this.#renewals;
    const onUnavailable = (why: string) => this.#refuse(id, "unavailable", why);
    const result = await this.#check(id, { kind: "token", token }, onUnavailable);
    if (result === undefined) return false;
    if (result.user !== this.#me?.user) {
      this.#refuse(id, "not_allowed", "the token is for another user");
      return false;
    }
    // The newest valid token counts, even if checking an older one took longer.
    if (number > this.#renewed) {
      this.#renewed = number;
      this.#access = this.#accessOf(result);
      this.#issuedAt = result.issuedAt;
      this.checkRevocation();
    }
    return true;
  }

  /** The user has chosen another name. */
  setName(me: Identity): void {
    this.#me = me;
    this.#sendToken();
  }

  /** Tells the client that its token expires soon. */
  onExpiring(): void {
    if (this.#access === undefined) return;
    this.#access.isClientTold = true;
    const inMs = Math.max(0, Math.round(this.#access.expiresAt - this.#context.clock.now()));
    this.#host.sendFrame({ type: "expiring", inMs });
  }

  /** Ends the session if what the user has signed in with has been revoked. */
  checkRevocation(): void {
    const { revocations } = this.#context;
    const [user, tokenId, issuedAt] = [this.#me?.user, this.#access?.tokenId, this.#issuedAt];
    if (user === undefined || !revocations.isRevoked({ user, tokenId, issuedAt })) return;
    this.#host.output.close(SIGNED_OUT);
  }

  /** Picks a name for a guest. */
  pickGuestName(isTaken: (name: Name) => boolean): Name {
    const { guestName, random } = this.#context;
    return pickGuestName(guestPrefix(guestName, this.#language), isTaken, random);
  }

  async #helloWith(request: RequestOf<"hello">, credential: Credential): Promise<void> {
    const isOfHandshake = credential === this.#handshakeCredential;
    const result = await this.#check(
      request.id,
      credential,
      () => this.#host.output.close(NOT_READY),
    );
    if (result === undefined) return;
    if (isOfHandshake) this.#handshakeUser = result;
    this.#welcome(request, result);
    // It may have been revoked since it was checked.
    this.checkRevocation();
  }

  /** The user of a credential; undefined if it was refused and the client has been told. */
  async #check(
    id: string | undefined,
    credential: Credential,
    onUnavailable: (why: string) => void,
  ): Promise<TokenUser | undefined> {
    const result = await checkCredential(credential, this.#address, this.#context);
    if (result.kind !== "postponed" && credential === this.#handshakeCredential) {
      this.#handshakeCredential = undefined;
    }
    if (result.kind === "known") return result.user;
    const { code, why } = result;
    if (code === "unavailable") onUnavailable(why);
    else if (code !== "slow_down") this.#refuse(id, code, why);
    else this.#host.sendFrame({ ...faultFrame(id, code, why), afterMs: result.afterMs });
    return undefined;
  }

  #welcome(
    { id, name: requestedName, resume, language }: RequestOf<"hello">,
    known: TokenUser | undefined,
  ): void {
    const { sessionTokens, serverInfo, clock } = this.#context;
    const guest = known || resume === undefined ? undefined : this.#returningGuest(resume);
    const returning = known ?? guest;
    const asked = known?.name === undefined ? requestedName : undefined;
    const chosen = asked === undefined ? known?.name : parseName(asked);
    if (asked !== undefined && chosen === undefined) return this.#refuse(id, "bad_name", NAME_RULE);
    if (language !== undefined) this.#language = guestLanguage(language);
    this.#statedUser = this.#handshakeUser = undefined;
    this.#access = known && this.#accessOf(known);
    this.#issuedAt = known?.issuedAt ?? guest?.since ?? clock.date();
    this.#me = {
      user: returning?.user ?? sessionTokens.newUserId(),
      ...this.#nameOf(chosen, returning),
    };
    const { user, name } = this.#me;
    const resumeToken = this.#signResumeToken();
    const { serviceId } = sessionTokens;
    this.#host.sendFrame({
      type: "hello",
      ...withId(id),
      ...serverInfo,
      server: { ...serverInfo.server, ...(serviceId && { id: serviceId }) },
      you: { user, name, kind: userKind(user) },
      ...(resumeToken && { resume: resumeToken }),
    });
    if (serviceId === undefined && this.#host.output.isResumable) {
      sessionTokens.ready.then(() => this.#sendToken(sessionTokens.serviceId));
    }
  }

  /** The guest of a resume token; none if it is not valid any more. */
  #returningGuest(resume: string): ReturningUser | undefined {
    const { sessionTokens, revocations } = this.#context;
    const guest = sessionTokens.verify(resume);
    if (guest === undefined) return undefined;
    const issued = { user: guest.user, tokenId: undefined, issuedAt: guest.since };
    return revocations.isRevoked(issued) ? undefined : guest;
  }

  #nameOf(
    chosen: Name | undefined,
    returning: Partial<Identity> | undefined,
  ): Pick<Identity, "name" | "hasGuestName"> {
    if (chosen !== undefined) return { name: chosen, hasGuestName: false };
    const { name, hasGuestName = false } = returning ?? {};
    if (name !== undefined) return { name, hasGuestName };
    return { name: this.pickGuestName(() => false), hasGuestName: true };
  }

  #accessOf({ rights, name, expiresAt, tokenId }: TokenUser): Access {
    const { clock } = this.#context;
    // A token that is accepted although it has just expired, by a clock that runs ahead, lasts for the grace period.
    const lifetimeMs = Math.max(0, expiresAt - clock.date());
    return {
      rights,
      tokenId,
      setsName: name !== undefined,
      expiresAt: clock.now() + lifetimeMs,
      isClientTold: false,
    };
  }

  /** @param serviceId The deployment's id, if the `hello` frame lacked it. */
  #sendToken(serviceId?: string): void {
    const resume = this.#signResumeToken();
    const server = serviceId && { server: { id: serviceId } };
    if (resume) this.#host.sendFrame({ type: "token", resume, ...server });
  }

  /** None for a user with a token, of a proxy or with a cookie: the user comes back with that, and it must not outlive itself. */
  #signResumeToken(): string | undefined {
    if (this.#me === undefined || this.#access || !this.#host.output.isResumable) return undefined;
    return this.#context.sessionTokens.sign(this.#me, this.#issuedAt);
  }

  #refuse(id: string | undefined, ...fault: FaultArguments): void {
    this.#host.sendFrame(faultFrame(id, ...fault));
  }
}

function credentialOf(
  { token, ticket }: Pick<ConnectionOrigin, "token" | "ticket">,
): Credential | undefined {
  if (token !== undefined) return { kind: "token", token };
  return ticket === undefined ? undefined : { kind: "ticket", ticket };
}

type FaultArguments = Parameters<typeof faultFrame> extends [unknown, ...infer Rest] ? Rest : never;
