/**
 * Who the user of a session is, what the user may do, and until when. A session starts without a user; its `hello` states
 * one: with a token that an app has signed, with an invite, with a resume token, or as a guest. If a proxy or a cookie has
 * stated the user in the handshake, the `hello` cannot state another.
 * @module
 */
import {
  type Authority,
  isAllowed,
  mayCreateRoom,
  type RoomAction,
} from "../../core/auth/rights.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { addressUser } from "../../core/rooms/address_user.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { ShownRole } from "../../core/log/role.ts";
import type { RoomEvent } from "../../core/log/room_event.ts";
import type { TokenExpiry } from "../../core/health/connection_health.ts";
import { NOT_READY, SIGNED_OUT } from "../../core/protocol/close_codes.ts";
import { faultFrame, withId } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import {
  type GuestLanguage,
  guestLanguage,
  type Name,
  NAME_RULE,
  parseName,
} from "../../core/names/names.ts";
import type { Subject } from "../moderation/sanctions.ts";
import type { TokenUser } from "../ports/authenticator.ts";
import type { SignInState } from "../ports/connection_handler.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { Actor, DeviceToken, SignedInMember } from "../ports/directory.ts";
import type { Identity, ReturningUser } from "../ports/session_tokens.ts";
import { type Access, accessOf } from "./access.ts";
import {
  checkCredential,
  type Credential,
  type CredentialResult,
  REVOKED,
} from "./credential_check.ts";
import { credentialOf, inviteUseOf } from "./presented_credentials.ts";
import type { HandshakeInfo, SignInContext, SignInHost } from "./sign_in_context.ts";
import { BLOCKED_NAME, drawGuestName, isBlockedName, signInName } from "./sign_in_name.ts";

const SIGNED_IN = "the user is signed in already, by the proxy or with a cookie";

/** Signs the user of one session in, and knows what the user may do. */
export class SignIn implements SignInState {
  readonly #host: SignInHost;
  readonly #context: SignInContext;
  readonly #address: string | undefined;
  #language: GuestLanguage;
  // Kept until it has been checked.
  #handshakeCredential: Credential | undefined;
  // Whom it identifies. Kept until the welcome is sent: a ticket cannot be checked again.
  #handshakeUser: TokenUser | undefined;
  #statedUser: TokenUser | undefined;
  readonly #guestSeed: string | undefined;
  #me: Identity | undefined;
  // Of what the user has signed in with, in milliseconds since 1970.
  #issuedAt = 0;
  // The number of the session's tokens; 0 for members.
  #serial = 0;
  // Undefined for guests.
  #access: Access | undefined;
  // The next token of a member's device; undefined for others.
  #device: DeviceToken | undefined;
  #renewals = 0;
  // The newest one that was accepted.
  #renewed = 0;

  /** Starts without a user. */
  constructor(host: SignInHost, context: SignInContext, origin: HandshakeInfo) {
    this.#host = host;
    this.#context = context;
    this.#address = origin.address;
    this.#language = origin.language ?? "en";
    this.#guestSeed = origin.guestSeed;
    // A proxy may pass on a token of its own, which is not for us.
    const token = origin.user ? undefined : origin.token;
    this.#handshakeCredential = credentialOf({ token, ticket: origin.ticket });
    this.#statedUser = origin.user;
  }

  /** The user; undefined before the `hello`. */
  get me(): Identity | undefined {
    return this.#me;
  }

  get expiry(): TokenExpiry | null | undefined {
    if (this.#access === undefined) return this.#me && null;
    if (this.#access.expiresAt === Infinity) return undefined;
    return { at: this.#access.expiresAt, isTold: this.#access.isClientTold };
  }

  /** Whether the user's token has expired. The connection is about to be closed then, unless the user renews it. */
  get isExpired(): boolean {
    return this.#access !== undefined && this.#context.clock.now() >= this.#access.expiresAt;
  }

  /** When the user signed in; of a guest who has come back, when that guest was new. In milliseconds since 1970. */
  get since(): number {
    return this.#issuedAt;
  }

  /** Whether an app sets the user's name, so that the user cannot change it. */
  get hasFixedName(): boolean {
    return this.#access?.setsName ?? false;
  }

  /** Whether the user's name belongs to a member, and the user is not that member. */
  get hasReservedName(): boolean {
    return this.#me !== undefined && this.#context.names.isReserved(this.#me);
  }

  /** Who asks, in a request about members; undefined for guests. */
  get actor(): Exclude<Actor, { readonly kind: "operator" }> | undefined {
    if (this.#me === undefined || this.#access === undefined) return undefined;
    const { user, name } = this.#me;
    return this.#device
      ? { kind: "member", user, device: this.#device.id }
      : { kind: "app user", user, name, role: this.#access.role };
  }

  /** The role that lists of people show; only of a user of an app: they know the roles of members. */
  get appRole(): ShownRole | undefined {
    const { role, rights } = this.authority;
    // In a token with rights of its own, a role has no effect.
    return this.isMember || rights !== null || role === "member" ? undefined : role;
  }

  /** Whether the user is a member. */
  get isMember(): boolean {
    return this.#device !== undefined;
  }

  /** Whether the user may do something in a room. */
  may(action: RoomAction, room: string): boolean {
    return isAllowed(this.authority, action, room);
  }

  /** Whether the user may create a room. */
  mayCreate(room: string): boolean {
    if (this.#me === undefined) return false;
    const kind = userKind(this.#me.user);
    return mayCreateRoom(this.authority, kind, this.#context.roomCreation, room);
  }

  /** What decides about the user's rights. */
  get authority(): Authority {
    const { role, rights = null } = this.#access ?? {};
    return { role, rights };
  }

  /** Handles the `hello`. Returns a promise if a token has to be checked, undefined if the answer has been sent. */
  hello(request: RequestOf<"hello">): Promise<void> | undefined {
    const { sessionTokens, revocations, words } = this.#context;
    const presented = credentialOf({ token: request.token }) ?? inviteUseOf(request);
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
    } else if (request.invite !== undefined && isBlockedName(request.name, words)) {
      // Now, since the invite would make a member with this name.
      this.#refuse(request.id, "bad_name", BLOCKED_NAME);
    } else if (isReturning && !isReady) this.#host.output.close(NOT_READY);
    else if (credential) return this.#helloWith(request, credential);
    else return this.#helloWithout(request, known);
  }

  #helloWithout(
    request: RequestOf<"hello">,
    known: TokenUser | undefined,
  ): Promise<void> | undefined {
    const { sessionTokens, revocations, auth } = this.#context;
    const { id, resume } = request;
    const returning = known || resume === undefined ? undefined : sessionTokens.verify(resume);
    if (returning?.device) {
      const { user, device } = returning;
      return this.#helloWith(request, { kind: "device", user, device });
    }
    if (!known && auth === "required") this.#refuse(id, "token_required");
    else if (known && revocations.isRevoked(known)) this.#refuse(id, "bad_token", REVOKED);
    else if (returning) return this.#helloAgain(request, returning);
    else this.#welcome(request, known, {});
  }

  /** Welcomes a guest who has been here before. */
  async #helloAgain(request: RequestOf<"hello">, guest: ReturningUser): Promise<void> {
    if (await this.#isNewest(guest)) this.#welcome(request, undefined, { guest });
    // As for a member, it is no mistake of the client's author.
    else this.#host.output.close(SIGNED_OUT);
  }

  /** Whether no newer token of a guest was used. While the store is away it may be: a guest has little to lose. */
  async #isNewest({ user, serial }: ReturningUser): Promise<boolean> {
    try {
      return await this.#context.usedTokens.use(user, serial);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return true;
    }
  }

  /** Handles `auth`. Resolves to whether the user has new rights. */
  async renew({ id, token }: RequestOf<"auth">): Promise<boolean> {
    const number = ++this.#renewals;
    const onUnavailable = (why: string) => this.#refuse(id, "unavailable", why);
    const result = await this.#check(id, { kind: "token", token }, onUnavailable);
    if (result === undefined) return false;
    const { user } = result;
    if (user.user !== this.#me?.user) {
      this.#refuse(id, "not_allowed", "the token is for another user");
      return false;
    }
    // The newest valid token counts, even if checking an older one took longer.
    if (number > this.#renewed) {
      this.#renewed = number;
      this.#access = accessOf(user, this.#context.clock);
      this.#issuedAt = user.issuedAt;
      this.recheckUser();
    }
    return true;
  }

  /** Adopts another name. Sends guests and members a session token with it, if the client can resume. */
  setName(me: Identity): void {
    this.#me = me;
    this.#sendToken();
  }

  onExpiring(): void {
    if (this.#access === undefined) return;
    this.#access.isClientTold = true;
    const inMs = Math.max(0, Math.round(this.#access.expiresAt - this.#context.clock.now()));
    this.#host.sendFrame({ type: "expiring", inMs });
  }

  /** Whether what the user has signed in with has been revoked. The connection is about to be closed then. */
  get isRevoked(): boolean {
    const [user, tokenId, issuedAt] = [this.#me?.user, this.#access?.tokenId, this.#issuedAt];
    const deviceId = this.#device?.id;
    return user !== undefined &&
      this.#context.revocations.isRevoked({ user, tokenId, deviceId, issuedAt });
  }

  recheckUser(event?: RoomEvent): void {
    if (this.#host.isEnded) return;
    const user = this.#me?.user;
    if (user === undefined) return;
    if (this.isRevoked) return this.#host.output.close(SIGNED_OUT);
    this.#adoptRole(user);
    this.#host.checkServiceRules(event);
  }

  /** A member's role can change while the member is signed in. */
  #adoptRole(user: UserId): void {
    if (this.#access === undefined || !this.isMember) return;
    const role = this.#context.names.moderators.roleOf(user);
    if (role && role !== this.#access.role) this.#access = { ...this.#access, role };
  }

  /** Returns a free guest name in the user's language, or with the prefix of the setting GUEST_NAME. */
  pickGuestName(isTaken: (name: Name) => boolean): Name {
    return drawGuestName(this.#language, isTaken, this.#context);
  }

  async #helloWith(request: RequestOf<"hello">, credential: Credential): Promise<void> {
    const { moderators } = this.#context.names;
    const { version } = moderators;
    const isOfHandshake = credential === this.#handshakeCredential;
    const result = await this.#check(
      request.id,
      credential,
      () => this.#host.output.close(NOT_READY),
    );
    if (result === undefined) return;
    const member = result.member && await this.#withOpenRooms(result.member);
    // The client comes back, and repeats the use of the invite.
    if (result.member && !member) return this.#host.output.close(NOT_READY);
    if (isOfHandshake) this.#handshakeUser = result.user;
    const { user } = result;
    const role = member ? moderators.learn(user.user, member.role, version) : user.role;
    this.#welcome(request, { ...user, role }, { ...(member && { member }) });
    // It may have been revoked since it was checked.
    this.recheckUser();
  }

  /** A member with those rooms of the invite that the member may see; undefined if the store is away. */
  async #withOpenRooms(member: SignedInMember): Promise<SignedInMember | undefined> {
    if (member.rooms.length === 0) return member;
    try {
      return { ...member, rooms: await this.#host.enterInvitedRooms(member) };
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return undefined;
    }
  }

  /** The user of a credential; undefined if it was refused and the client has been told. */
  async #check(
    id: string | undefined,
    credential: Credential,
    onUnavailable: (why: string) => void,
  ): Promise<KnownUser | undefined> {
    const result = await checkCredential(credential, this.#address, this.#context);
    if (result.kind !== "postponed" && credential === this.#handshakeCredential) {
      this.#handshakeCredential = undefined;
    }
    if (result.kind === "known") return result;
    const { code, why } = result;
    if (code === "unavailable") onUnavailable(why);
    // It is not a mistake of the client's author, so it is no fault.
    else if (credential.kind === "device" && code === "bad_token") {
      this.#host.output.close(SIGNED_OUT);
    } else if (code !== "slow_down") this.#refuse(id, code, why);
    else this.#host.sendFrame({ ...faultFrame(id, code, why), afterMs: result.afterMs });
    return undefined;
  }

  #welcome(
    { id, name: requestedName, language }: RequestOf<"hello">,
    known: TokenUser | undefined,
    { guest: stated, member }: { readonly guest?: ReturningUser; readonly member?: SignedInMember },
  ): void {
    const { sessionTokens, clock, words } = this.#context;
    const guest = stated && this.#isValid(stated) ? stated : undefined;
    const wanted = known?.name === undefined ? requestedName : undefined;
    const asked = wanted === undefined ? undefined : parseName(wanted);
    if (wanted !== undefined && asked === undefined) return this.#refuse(id, "bad_name", NAME_RULE);
    if (isBlockedName(wanted, words)) return this.#refuse(id, "bad_name", BLOCKED_NAME);
    if (language !== undefined) this.#language = guestLanguage(language);
    this.#statedUser = this.#handshakeUser = undefined;
    this.#access = known && accessOf(known, clock);
    this.#device = member?.device;
    this.#serial = guest ? guest.serial + 1 : 0;
    this.#issuedAt = known?.issuedAt ?? guest?.since ?? clock.date();
    const seed = this.#guestSeed;
    const user = (known ?? guest)?.user ??
      (seed === undefined ? sessionTokens.newUserId() : sessionTokens.userIdFor(seed));
    const sources = { stated: known?.name, asked, previous: guest };
    const named = signInName(this.#subjectOf(user), sources, this.#language, this.#context);
    this.#me = { user, ...named };
    const { name } = named;
    const role = this.#access?.role;
    const resumeToken = this.#signResumeToken();
    const { serviceId } = sessionTokens;
    this.#host.sendFrame({
      type: "hello",
      ...withId(id),
      ...this.#serverInfo(serviceId),
      you: { user, name, kind: userKind(user), ...(role && { role }) },
      ...(member?.rooms.length && { rooms: [...member.rooms] }),
      ...(resumeToken && { resume: resumeToken }),
    });
    this.#host.onSignedIn(user);
    this.#host.checkServiceRules();
    if (serviceId === undefined && this.#host.output.isResumable) {
      sessionTokens.ready.then(() => this.#sendToken(sessionTokens.serviceId));
    }
  }

  #serverInfo(id: string | undefined): SignInContext["serverInfo"] {
    const { serverInfo, appsModerate, names, sanctions } = this.#context;
    const isModerated = appsModerate || !names.moderators.isEmpty;
    const server = {
      ...serverInfo.server,
      ...(id && { id }),
      ...(isModerated && { moderated: true } as const),
      ...(sanctions.isLockedDown && { locked: true } as const),
    };
    return { ...serverInfo, server };
  }

  /** Whether a guest may return as the same user. */
  #isValid({ user, since: issuedAt }: ReturningUser): boolean {
    return !this.#context.revocations.isRevoked({ user, tokenId: undefined, issuedAt });
  }

  /** A user of this connection, as mutes and bans see it. */
  #subjectOf(user: UserId): Subject {
    const address = userKind(user) === "guest" ? addressUser(this.#address ?? "") : undefined;
    return { user, address, authority: this.authority };
  }

  /** @param serviceId The deployment's id, if the `hello` frame lacked it. */
  #sendToken(serviceId?: string): void {
    const resume = this.#signResumeToken();
    const server = serviceId && { server: { id: serviceId } };
    if (resume) this.#host.sendFrame({ type: "token", resume, ...server });
  }

  /**
   * Only for guests and members. Users with a token of an app, a proxy or a cookie return with that, and must not be
   * known for longer.
   */
  #signResumeToken(): string | undefined {
    const isKnownElsewhere = this.#access !== undefined && this.#device === undefined;
    if (this.#me === undefined || isKnownElsewhere || !this.#host.output.isResumable) {
      return undefined;
    }
    const { sessionTokens } = this.#context;
    const [since, serial, device] = [this.#issuedAt, this.#serial, this.#device];
    return sessionTokens.sign(this.#me, { since, serial, device });
  }

  #refuse(id: string | undefined, ...fault: FaultArguments): void {
    this.#host.sendFrame(faultFrame(id, ...fault));
  }
}

type KnownUser = Extract<CredentialResult, { readonly kind: "known" }>;
type FaultArguments = Parameters<typeof faultFrame> extends [unknown, ...infer Rest] ? Rest : never;
