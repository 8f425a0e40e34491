/**
 * What a user who is not a guest may do, and for how long.
 * @module
 */
import type { Role } from "../../core/auth/member.ts";
import type { Rights } from "../../core/auth/rights.ts";
import type { TokenUser } from "../ports/authenticator.ts";
import type { Clock } from "../ports/clock.ts";

/** What a user has got by signing in; replaced when the user renews it. */
export interface Access {
  /** The grants of the token; null for a user whom no token restricts to rooms. */
  readonly rights: Rights;
  /** When the token expires, in milliseconds of the clock; Infinity without one. */
  readonly expiresAt: number;
  /** The token's own id; undefined if it has none, or there is no token. */
  readonly tokenId: string | undefined;
  /** The user's role in the service; undefined for none. */
  readonly role: Role | undefined;
  /** Whether an app, a proxy or a provider sets the name. */
  readonly setsName: boolean;
  /** Whether the client was told that the token expires soon. */
  isClientTold: boolean;
}

/** The access that a user gets with a token, a cookie or a device. */
export function accessOf(
  { rights, role, name, expiresAt, tokenId, deviceId }: TokenUser,
  clock: Pick<Clock, "now" | "date">,
): Access {
  return {
    rights,
    // It counts only without restrictions: members have none.
    role: rights === null ? role : undefined,
    tokenId,
    setsName: name !== undefined && deviceId === undefined,
    expiresAt: clock.now() + (expiresAt - clock.date()),
    isClientTold: false,
  };
}
