/**
 * Keeps what each user sends in order while some of it has to wait. Users do not wait for each other. Nothing is kept for
 * users who have nothing under way.
 * @module
 */
import type { UserId } from "../../core/log/user_id.ts";

/** Maximum number of tasks of one user that are under way. Each keeps a text in memory. */
const MAX_PER_USER = 100;

interface Speaker {
  /** Resolves when the user's last task has ended. */
  readonly last: Promise<void>;
  readonly count: number;
}

/** Runs the tasks of each user one after the other. */
export class SpeakerOrder {
  readonly #speakers = new Map<UserId, Speaker>();

  /** Number of users who have something under way. */
  get size(): number {
    return this.#speakers.size;
  }

  /** Whether a user has so much under way that more must be refused. */
  isFull(user: UserId): boolean {
    return (this.#speakers.get(user)?.count ?? 0) >= MAX_PER_USER;
  }

  /** Runs a task when the user's earlier ones have ended, at once if there are none. Settles like the task. */
  run<T>(user: UserId, task: () => Promise<T>): Promise<T> {
    const before = this.#speakers.get(user);
    const running = before ? before.last.then(task) : task();
    const onEnd = () => this.#remove(user);
    const last = running.then(onEnd, onEnd);
    this.#speakers.set(user, { last, count: (before?.count ?? 0) + 1 });
    return running;
  }

  #remove(user: UserId): void {
    const speaker = this.#speakers.get(user);
    if (speaker === undefined) return;
    if (speaker.count === 1) this.#speakers.delete(user);
    else this.#speakers.set(user, { ...speaker, count: speaker.count - 1 });
  }
}
