/**
 * Records who becomes a member and what is done about members, so that operators can see it afterwards. It logs ids, and never
 * a secret, a name or the label of a device. What the store has carried out without an answer is not logged.
 * @module
 */
import type { FeedUpdate } from "../../chat/feed.ts";
import type {
  Actor,
  DeviceToken,
  Directory,
  InviteRefusal,
  InviteUse,
  MemberAnswer,
  MemberCommand,
  OwnedName,
  SignedInMember,
} from "../../chat/ports/directory.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Name } from "../../core/names/names.ts";
import { type LogFields, logger } from "../logger.ts";

/** A directory whose changes are logged. */
export class LoggedDirectory implements Directory {
  readonly #directory: Directory;

  /** Logs what this directory does. */
  constructor(directory: Directory) {
    this.#directory = directory;
  }

  signIn(user: UserId, device: DeviceToken): Promise<SignedInMember | undefined> {
    return this.#directory.signIn(user, device);
  }

  /** A repeated attempt is logged again. */
  async redeem(use: InviteUse): Promise<SignedInMember | InviteRefusal> {
    const result = await this.#directory.redeem(use);
    if (!("kind" in result)) {
      const { user, role, device } = result;
      logger.info("auth.joined", { user, role, device: device.id });
    }
    return result;
  }

  holdName(user: UserId, name: Name): Promise<boolean> {
    return this.#directory.holdName(user, name);
  }

  releaseName(user: UserId, name: Name): Promise<void> {
    return this.#directory.releaseName(user, name);
  }

  renameMember(user: UserId, name: Name): Promise<boolean> {
    return this.#directory.renameMember(user, name);
  }

  async manage(actor: Actor, command: MemberCommand): Promise<MemberAnswer> {
    const answer = await this.#directory.manage(actor, command);
    logAnswer(actor, command, answer);
    return answer;
  }

  namesAfter(version: number): Promise<FeedUpdate<OwnedName>> {
    return this.#directory.namesAfter(version);
  }
}

function logAnswer(actor: Actor, command: MemberCommand, answer: MemberAnswer): void {
  const by: LogFields = actor.kind === "operator" ? {} : { by: actor.user };
  if (answer.kind === "invited") {
    const { id: invite, role, usesLeft: uses, member } = answer.invite;
    logger.info("auth.invited", { invite, role, uses, ...by, ...(member && { member }) });
  }
  if (answer.kind !== "done") return;
  if (command.kind === "revoke invite") {
    logger.info("auth.invite_revoked", { invite: command.id, ...by });
  } else if (command.kind === "change role") {
    logger.info("auth.role_changed", { user: command.user, role: command.role, ...by });
  } else if (command.kind === "remove device" && actor.kind === "member") {
    logger.info("auth.device_removed", { device: command.id, user: actor.user });
  }
}
