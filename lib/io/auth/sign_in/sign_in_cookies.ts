/**
 * The cookies of users who sign in with the page: one for the time in which a user is at the provider, and one for the user
 * who is signed in. Both contain everything and are signed, so the service stores nothing per user.
 *
 * They are signed with keys of their own. They are derived from the session secret, the provider and the id of this service
 * there, so nothing else that is signed with that secret can be used as a cookie, and a cookie is worthless once the service
 * has another provider.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import type { TokenUser } from "../../../chat/ports/authenticator.ts";
import type { Clock } from "../../../chat/ports/clock.ts";
import { displayName } from "../../../core/auth/display_name.ts";
import { type Role, ROLES } from "../../../core/auth/member.ts";
import type { Config } from "../../../core/config/config.ts";
import { HostCookie } from "../../../core/http/cookies.ts";
import { appUserId } from "../authenticators/app_user.ts";

/** Time after which a user has to sign in again. */
export const SIGNED_IN_MS = 8 * 3_600_000;
/** For how long a user may be at the provider. */
const AT_PROVIDER_MS = 600_000;
/** Browsers keep no longer cookies (RFC 6265 §6.1). */
const MAX_LENGTH = 4_096;

const Attempt = v.object({
  state: v.string(),
  nonce: v.string(),
  verifier: v.string(),
  to: v.string(),
  until: v.number(),
});

const Session = v.object({
  iss: v.string(),
  sub: v.string(),
  name: v.optional(v.string()),
  role: v.optional(v.picklist(ROLES)),
  at: v.number(),
  until: v.number(),
});

/** What the service has to know of a user who is at the provider. */
export interface SignInAttempt {
  /** Shows that the browser that returns is the one that left. */
  readonly state: string;
  /** Must be in the ID token, so that it was issued for this attempt. */
  readonly nonce: string;
  /** Proves to the provider that the code is used by the client that asked for it (RFC 7636). */
  readonly verifier: string;
  /** The URL of the service to which the browser is sent at the end. */
  readonly to: string;
}

/** A user whom the provider has signed in. */
export interface SignedInUser {
  /** The provider, as its tokens name it. */
  readonly issuer: string;
  /** The user, unique at the provider. */
  readonly subject: string;
  /** As the provider states it; undefined if it does not. */
  readonly name: string | undefined;
  /** Derived from the groups that the provider states; undefined for none. */
  readonly role: Role | undefined;
}

/** The URL for which the cookies are set, and the provider and client that their keys depend on. */
export type CookieSettings = Pick<Config, "oidcIssuer" | "oidcClientId"> & {
  readonly publicUrl: string;
};

/** Creates and reads the cookies. */
export class SignInCookies {
  readonly #clock: Clock;
  readonly #attempt: HostCookie;
  readonly #session: HostCookie;
  #keys: { readonly attempt: Buffer; readonly session: Buffer } | undefined;

  /** Derives the keys. @param secret The session secret. Until it resolves, nothing can be signed or read. */
  constructor(settings: CookieSettings, clock: Clock, secret: Promise<string>) {
    const { publicUrl, oidcIssuer, oidcClientId } = settings;
    this.#clock = clock;
    this.#attempt = new HostCookie("parley-sign-in", publicUrl);
    this.#session = new HostCookie("parley", publicUrl);
    // If it rejects, the service does not start; the caller that passed it handles that.
    secret.then((known) => {
      const keyFor = (purpose: string) =>
        // Neither a session token's body nor the service's label looks like this.
        createHmac("sha256", known)
          .update(JSON.stringify(["parley.cookie", purpose, oidcIssuer, oidcClientId])).digest();
      this.#keys = { attempt: keyFor("attempt"), session: keyFor("session") };
    }, () => {});
  }

  /** Whether cookies can be signed and read. */
  get isReady(): boolean {
    return this.#keys !== undefined;
  }

  /** Whether a request claims that its user is signed in. @param header Its `Cookie`. */
  hasSession(header: string | null): boolean {
    return Boolean(this.#session.valueIn(header));
  }

  /** The user of a request; undefined if no user is signed in. @param header Its `Cookie`. */
  userOf(header: string | null): TokenUser | undefined {
    const session = this.#read(Session, this.#session.valueIn(header), this.#keys?.session);
    if (session === undefined) return undefined;
    return {
      user: appUserId(session.iss, session.sub),
      name: session.name === undefined ? undefined : displayName(session.name),
      rights: null,
      expiresAt: session.until,
      issuedAt: session.at,
      tokenId: undefined,
      role: session.role,
    };
  }

  /** The `Set-Cookie` for a user who is signed in. */
  setSession({ issuer, subject, name, role }: SignedInUser): string {
    const at = this.#clock.date();
    // Only the part that is shown: the provider does not limit names.
    const shown = name === undefined ? undefined : displayName(name);
    const until = at + SIGNED_IN_MS;
    const claims = { iss: issuer, sub: subject, name: shown, role, at, until };
    return this.#session.set(sign(claims, this.#keys?.session), SIGNED_IN_MS / 1_000);
  }

  /** The `Set-Cookie` that signs a user out. */
  removeSession(): string {
    return this.#session.remove();
  }

  /** What is known of a user who returns from the provider; undefined if nothing is. @param header Its `Cookie`. */
  attemptOf(header: string | null): SignInAttempt | undefined {
    return this.#read(Attempt, this.#attempt.valueIn(header), this.#keys?.attempt);
  }

  /** The `Set-Cookie` for a user who leaves for the provider. */
  setAttempt(attempt: SignInAttempt): string {
    const until = this.#clock.date() + AT_PROVIDER_MS;
    return this.#attempt.set(
      sign({ ...attempt, until }, this.#keys?.attempt),
      AT_PROVIDER_MS / 1_000,
    );
  }

  /** The `Set-Cookie` for a user who has returned. */
  removeAttempt(): string {
    return this.#attempt.remove();
  }

  #read<T extends { readonly until: number }>(
    schema: v.GenericSchema<unknown, T>,
    value: string | undefined,
    key: Buffer | undefined,
  ): T | undefined {
    if (value === undefined || value.length > MAX_LENGTH || key === undefined) return undefined;
    const [body = "", signature = "", ...rest] = value.split(".", 3);
    if (rest.length > 0 || !isSame(signature, signatureOf(body, key))) return undefined;
    // The signature is ours, so the body is valid JSON.
    const parsed = v.safeParse(schema, JSON.parse(Buffer.from(body, "base64url").toString()));
    if (!parsed.success || parsed.output.until <= this.#clock.date()) return undefined;
    return parsed.output;
  }
}

function sign(claims: unknown, key: Buffer | undefined): string {
  if (key === undefined) {
    throw new Error("Cannot sign a cookie: the session secret is not known yet");
  }
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const value = `${body}.${signatureOf(body, key)}`;
  if (value.length <= MAX_LENGTH) return value;
  throw new RangeError(
    `Cannot sign a cookie: it has more than ${MAX_LENGTH} characters: received ${value.length}`,
  );
}

function signatureOf(body: string, key: Buffer): string {
  return createHmac("sha256", key).update(body).digest("base64url");
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
