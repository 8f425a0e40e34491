/**
 * Tokens of a simulated app: trivial to forge, checked after a while, and sometimes not at all.
 * @module
 */
import type { Authentication, Authenticator } from "../../../lib/chat/ports/authenticator.ts";
import type { Role } from "../../../lib/core/auth/member.ts";
import { isUserId } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { name } from "../../support/fakes.ts";
import type { World } from "./world.ts";

/** What a token says. */
export interface SimToken {
  readonly user: string;
  readonly name: string;
  /** The rooms that the user may read and write. */
  readonly rooms: readonly RoomId[];
  /** Those of them in which the user may delete the messages of others. */
  readonly moderated: readonly RoomId[];
  /** With a role, the user may read and write everywhere. */
  readonly role?: Role;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Longest time that checking a token takes. */
const MAX_CHECK_MS = 100;

/** Checks the tokens. */
export class SimAuthenticator implements Authenticator {
  readonly #world: World;
  readonly #signal = new AbortController().signal;

  constructor(world: World) {
    this.#world = world;
  }

  async authenticate(text: string): Promise<Authentication> {
    const { clock, dice, isFaultFree } = this.#world;
    await clock.sleep(dice.between(1, MAX_CHECK_MS), this.#signal);
    if (!isFaultFree && dice.chance(0.05)) {
      return { kind: "refused", code: "unavailable", why: "the keys are away" };
    }
    const token: SimToken = JSON.parse(text);
    if (token.expiresAt <= clock.date()) {
      return { kind: "refused", code: "token_expired", why: "the token has expired" };
    }
    const { user, rooms, moderated, role, expiresAt } = token;
    if (!isUserId(user)) return this.#world.fail(`${user} is no user`);
    const rights = [
      ...rooms.map((match) => ({ match, allow: ["read", "send"] as const })),
      ...moderated.map((match) => ({ match, allow: ["moderate"] as const })),
    ];
    if (role !== undefined) {
      const known = { user, name: name(token.name), role, rights: null };
      return { kind: "known", ...known, issuedAt: 0, tokenId: undefined, expiresAt };
    }
    const issue = { issuedAt: 0, tokenId: undefined, expiresAt };
    return { kind: "known", user, name: name(token.name), rights, ...issue };
  }
}
