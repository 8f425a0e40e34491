/**
 * Uses invites: makes a member, or adds a device to one.
 * @module
 */
import {
  isInviteSecret,
  isRepeatable,
  isUsable,
  type StoredInvite,
  withRedemption,
} from "../../core/auth/invite.ts";
import {
  type Device,
  keptDevices,
  type Member,
  type Role,
  withDevice,
} from "../../core/auth/member.ts";
import type { UserId } from "../../core/log/entry.ts";
import { type Name, NAME_RULE } from "../../core/names/names.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { InviteRefusal, InviteUse, SignedInMember } from "../ports/directory.ts";
import type { RecordChange } from "../ports/directory_store.ts";
import { BAD_INVITE, type DirectoryContext, refusedWith } from "./directory_context.ts";
import { isInviteRevoked } from "./invites.ts";
import { type Attempt, changeTo, type MemberRecords, type Read } from "./member_records.ts";

type Redeemed = SignedInMember | InviteRefusal;

interface Outcome {
  readonly result: Redeemed;
  /** Devices of the member that were removed for the new one, or were too old. */
  readonly dropped: readonly string[];
}

interface PreparedMember {
  readonly member: Member;
  readonly names: readonly RecordChange[];
  readonly read: Read<Member>;
}

/** The uses of invites. */
export class Redemptions {
  readonly #records: MemberRecords;
  readonly #context: DirectoryContext;

  /** Reads nothing yet. */
  constructor(records: MemberRecords, context: DirectoryContext) {
    this.#records = records;
    this.#context = context;
  }

  /** Uses an invite to make a member, or to add a device to one. Rejects with `BusUnavailable`. */
  async redeem(use: InviteUse): Promise<SignedInMember | InviteRefusal> {
    if (!isInviteSecret(use.secret)) return BAD_INVITE;
    const { ids: { hash }, clock } = this.#context;
    const attempt = use.attempt === undefined ? undefined : hash(use.attempt);
    const { result, dropped } = await this.#records.change<Outcome>(async () => {
      const read = await this.#records.invite(hash(use.secret));
      const { value: invite } = read;
      if (invite === undefined || isInviteRevoked(invite, this.#context)) {
        return refused(BAD_INVITE);
      }
      const repeated = invite.redemptions.find((it) =>
        attempt !== undefined && it.attempt === attempt
      );
      if (repeated) {
        const { value } = await this.#records.member(repeated.user);
        const device = value && keptDevices(value, clock.date())
          .find(({ id }) => id === repeated.device);
        // Once the device has come back with the token that it got, the answer has not been lost.
        const isLost = device?.serial === 0 && isRepeatable(repeated, clock.date());
        const again = value && device && isLost && signedInMember(value, device, invite);
        return { changes: [], result: { result: again || BAD_INVITE, dropped: [] } };
      }
      if (!isUsable(invite, clock.date())) return refused(BAD_INVITE);
      if (invite.isFirst && (await this.#records.members()).length > 0) return refused(BAD_INVITE);
      return await this.#redeem(use, attempt, { ...read, value: invite });
    });
    await this.#endDropped(dropped);
    return result;
  }

  async #redeem(
    { name, label }: InviteUse,
    attempt: string | undefined,
    read: Read<StoredInvite> & { readonly value: StoredInvite },
  ): Promise<Attempt<Outcome>> {
    const { ids, clock } = this.#context;
    const invite = read.value;
    const date = clock.date();
    const device = { id: ids.newId(), label, addedAt: date, usedAt: date, serial: 0 };
    const prepared = invite.member === null
      ? await this.#newMember(invite, name, date)
      : await this.#knownMember(invite.member);
    if ("kind" in prepared) return refused(prepared);
    const member = withDevice(withKeptDevices(prepared.member, this.#context), device);
    const kept = new Set(member.devices.map(({ id }) => id));
    const dropped = prepared.member.devices.map(({ id }) => id).filter((id) => !kept.has(id));
    const redemption = { attempt: attempt ?? "", user: member.user, device: device.id, at: date };
    const changes = [
      ...prepared.names,
      changeTo(prepared.read, member),
      changeTo(read, withRedemption(invite, redemption)),
    ];
    return { changes, result: { result: signedInMember(member, device, invite), dropped } };
  }

  /** Ends the connections of devices that were dropped for a new one. They cannot return in any case. */
  async #endDropped(dropped: readonly string[]): Promise<void> {
    const before = this.#context.clock.date();
    for (const id of dropped) {
      try {
        await this.#context.revoke({ scope: "device", id, before });
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
      }
    }
  }

  async #newMember(
    { role, createdBy: invitedBy }: StoredInvite,
    name: Name | undefined,
    date: number,
  ): Promise<PreparedMember | InviteRefusal> {
    if (name === undefined) return refusedWith("bad_name", NAME_RULE);
    const user = this.#context.ids.newMember();
    const names = await this.#records.claimName(user, { wanted: name });
    if (names === undefined) {
      return refusedWith("name_taken", `the name ${name} belongs to another user`);
    }
    const member: Member = { user, name, role, joinedAt: date, invitedBy, devices: [] };
    return { member, names, read: { key: { kind: "member", id: user }, text: undefined } };
  }

  async #knownMember(user: UserId): Promise<PreparedMember | InviteRefusal> {
    const read = await this.#records.member(user);
    return read.value ? { member: read.value, names: [], read } : BAD_INVITE;
  }
}

/** A member with the devices that can still sign in: those that are neither too old nor revoked. */
export function withKeptDevices(
  member: Member,
  { clock, isRevoked }: Pick<DirectoryContext, "clock" | "isRevoked">,
): Member {
  const { user } = member;
  const devices = keptDevices(member, clock.date()).filter(({ id: deviceId, addedAt: issuedAt }) =>
    !isRevoked({ user, deviceId, issuedAt, tokenId: undefined })
  );
  return { ...member, devices };
}

/** A member who has signed in with a device. @param invite The invite, if that was the first time. */
export function signedInMember(
  { user, name, role }: { readonly user: UserId; readonly name: Name; readonly role: Role },
  { id, serial, addedAt }: Device,
  invite?: StoredInvite,
): SignedInMember {
  const device = { id, serial: serial + 1 };
  const invitedBy = invite?.createdBy;
  const rooms = invite?.rooms ?? [];
  return { user, name, role, device, since: addedAt, rooms, ...(invitedBy && { invitedBy }) };
}

function refused(result: InviteRefusal): Attempt<Outcome> {
  return { changes: [], result: { result, dropped: [] } };
}
