/**
 * Who people are: what a session needs to know somebody again. `io/identities.ts` does it with signed tokens.
 * @module
 */
import type { Author, UserId } from "../core/entries.ts";

/** Remembers who somebody is, by a token that it is given and brings back. */
export interface Identities {
  /** A user who has never been. */
  draw(): UserId;
  /** Whether tokens can be made and checked. */
  readonly isReady: boolean;
  /** Resolves when they can. */
  readonly ready: Promise<void>;
  /** Names the deployment, the same on all its nodes and after a restart; undefined before {@linkcode ready}. */
  readonly service: string | undefined;
  /** A token; undefined before that. */
  sign(me: Identity): string | undefined;
  /** Whose token it is; undefined where it is none of ours or too old, or where none can be checked yet. */
  verify(token: string): Identity | undefined;
}

/** Who somebody is. */
export interface Identity extends Author {
  /** Whether the server chose the name, and may choose another. */
  readonly isDrawn: boolean;
}
