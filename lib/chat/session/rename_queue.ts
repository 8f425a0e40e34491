/**
 * The renames of one session, one at a time: two at once could leave an old name behind in some rooms.
 * @module
 */
import type { Author } from "../../core/log/entry.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import type { Membership } from "../room/membership.ts";
import { type MemberRenameContext, renameInAllRooms, renameMember } from "./rename.ts";
import { acknowledge } from "../requests/answers.ts";
import type { SessionRules } from "./session_rules.ts";
import type { SignIn } from "../sign_in/sign_in.ts";

/** What the renames of a session need from it. */
export interface RenameHost {
  /** States the user's current name, and adopts the new one. */
  readonly signIn: Pick<SignIn, "me" | "isExpired" | "isMember" | "setName" | "may">;
  /** Says in which rooms the user is muted. */
  readonly rules: Pick<SessionRules, "muteIn">;
  /** The session's memberships, by room. */
  readonly memberships: ReadonlyMap<string, Membership>;
  /** Runs a function whose errors end the session. */
  guarded(fn: () => Promise<void>): Promise<void>;
}

/** Carries out the renames of a session in their order. */
export class RenameQueue {
  readonly #host: RenameHost;
  readonly #context: MemberRenameContext;
  readonly #life = new AbortController();
  #last: Promise<void> | undefined;
  // Rooms that were being joined under the old name when the current one was chosen.
  #joinedUnderOldName: WeakSet<Membership> | undefined;

  /** Starts empty. */
  constructor(host: RenameHost, context: MemberRenameContext) {
    this.#host = host;
    this.#context = context;
  }

  /** The session has ended: nothing is left to wait for. */
  end(): void {
    this.#life.abort();
  }

  /** Whether a room was joined under an old name: the rename was acknowledged before, and has to follow there. */
  hasMissed(membership: Membership): boolean {
    return this.#joinedUnderOldName?.has(membership) ?? false;
  }

  /**
   * Adds a rename.
   *
   * @param authorOf Returns the user and the new name when it is carried out.
   * @param id The id of the request, if there is one.
   * @param respond Receives the answer.
   */
  add(authorOf: () => Author, id?: string, respond?: (frame: Frame | undefined) => void): void {
    this.#last = (this.#last ?? Promise.resolve()).then(() =>
      this.#host.guarded(async () => {
        const refusal = await this.#rename(authorOf(), id);
        respond?.(refusal ?? acknowledge(id));
      })
    );
  }

  async #rename({ user, name }: Author, id: string | undefined): Promise<Frame | undefined> {
    const { signIn, rules, memberships } = this.#host;
    const onClaimed = () => {
      const { me } = signIn;
      const isNews = name !== me?.name || me.hasGuestName;
      if (isNews) signIn.setName({ user, name, hasGuestName: false });
      const joining = [...memberships.values()].filter((it) => !it.isJoined);
      this.#joinedUnderOldName = new WeakSet(joining);
    };
    const request = {
      id,
      author: { user, name },
      memberships,
      // Since the request, a room may have been joined, or a right may have ended. Before a room is open, it is not known who
      // is muted in it; it follows when it is joined.
      maySend: ({ roomId, room }: Membership) =>
        !signIn.isExpired && signIn.may("send", roomId) && room.isOpen &&
        rules.muteIn(room) === undefined,
      onClaimed,
    };
    return signIn.isMember
      ? await renameMember(request, signIn.me?.name, this.#context, this.#life.signal)
      : await renameInAllRooms(request, this.#context);
  }
}
