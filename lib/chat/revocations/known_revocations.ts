/**
 * What one worker knows of the revocations.
 * @module
 */
import { type Revocable, type Revocation, RevocationList } from "../../core/auth/revocations.ts";
import { type FeedUpdate, followFeed } from "../feed.ts";
import type { RevocationSource } from "./revocation_feed.ts";

/** Follows the revocations of the process. */
export class KnownRevocations {
  readonly #list = new RevocationList();
  readonly #ready = Promise.withResolvers<void>();
  #version = 0;

  /** Whether they have been read. Before that, no user with a token can be admitted. */
  get isReady(): boolean {
    return this.#version > 0;
  }

  /** Resolves when they have been read. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether something is known to be revoked. */
  isRevoked(issued: Revocable): boolean {
    return this.#list.isRevoked(issued);
  }

  /** Adds an update. Returns whether anything is new. Nothing is forgotten: what is revoked remains so. */
  learn({ version, added }: Omit<FeedUpdate<Revocation>, "isWhole">): boolean {
    this.#version = version;
    if (this.isReady) this.#ready.resolve();
    return added.filter((it) => this.#list.add(it)).length > 0;
  }

  /** Follows a source until the signal aborts. @param onChange Called after each change. */
  follow(
    source: Pick<RevocationSource, "revocationsAfter">,
    onChange: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const onUpdate = (update: FeedUpdate<Revocation>) => {
      if (this.learn(update) && !signal.aborted) onChange();
    };
    return followFeed((version) => source.revocationsAfter(version), onUpdate, signal);
  }
}
