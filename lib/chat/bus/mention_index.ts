/**
 * Which messages of a room mention whom, for the in-memory store: counting a user's mentions must not visit those of others.
 * @module
 */
import type { UserId } from "../../core/log/entry.ts";

/** A user whom a message mentions. */
interface Mention {
  /** The message's number. */
  readonly seq: number;
  readonly user: UserId;
}

/** The mentions in the messages of one room. */
export class MentionIndex {
  /** In the order of the numbers. */
  #all: Mention[] = [];
  /** The numbers of the messages that mention a user, ascending. */
  readonly #seqs = new Map<UserId, number[]>();

  /** Adds a message with a greater number. */
  add(seq: number, users: readonly UserId[]): void {
    for (const user of new Set(users)) {
      this.#all.push({ seq, user });
      const seqs = this.#seqs.get(user);
      if (seqs) seqs.push(seq);
      else this.#seqs.set(user, [seq]);
    }
  }

  /** Removes a message. */
  remove(seq: number, users: readonly UserId[]): void {
    if (users.length === 0) return;
    this.#all = this.#all.filter((it) => it.seq !== seq);
    for (const user of new Set(users)) this.#forget(user, (it) => it !== seq);
  }

  /** Removes all messages with lower numbers. */
  removeBefore(seq: number): void {
    const kept = this.#all.findIndex((it) => it.seq >= seq);
    const removed = this.#all.splice(0, kept < 0 ? this.#all.length : kept);
    for (const user of new Set(removed.map((it) => it.user))) this.#forget(user, (it) => it >= seq);
  }

  /** The number of messages from a number on that mention a user. */
  count(user: UserId, from: number): number {
    const seqs = this.#seqs.get(user) ?? [];
    return seqs.length - (seqs.findLastIndex((seq) => seq < from) + 1);
  }

  #forget(user: UserId, isKept: (seq: number) => boolean): void {
    const kept = (this.#seqs.get(user) ?? []).filter(isKept);
    if (kept.length > 0) this.#seqs.set(user, kept);
    else this.#seqs.delete(user);
  }
}
