/**
 * Members: users who were invited. Their names are theirs, in all rooms and while they are away. A member signs in
 * with a device, which holds a token that changes each time it is used.
 * @module
 */
import * as v from "valibot";
import { isUserId, type UserId } from "../log/entry.ts";
import { type Role, ROLES, type ShownRole } from "../log/role.ts";
import { isStoredName, type Name } from "../names/names.ts";

export { type Role, ROLES, type ShownRole };

/** Something with which a member signs in, such as a browser. */
export interface Device {
  /** Unique in the service. */
  readonly id: string;
  /** How it describes itself, such as `Firefox on Linux`; may be empty. */
  readonly label: string;
  /** When it was added, in milliseconds since 1970. */
  readonly addedAt: number;
  /** When it last signed in, in milliseconds since 1970. */
  readonly usedAt: number;
  /** The highest number of its tokens that was used. */
  readonly serial: number;
}

/** A member, as it is stored. */
export interface Member {
  /** The member's id. */
  readonly user: UserId;
  /** The member's own name. */
  readonly name: Name;
  /** Another name, which is the member's too while a rename is under way. */
  readonly held?: { readonly name: Name; readonly at: number } | undefined;
  /** The member's role in the service, which decides what the member may do. */
  readonly role: Role;
  /** When the member joined, in milliseconds since 1970. */
  readonly joinedAt: number;
  /** Who invited the member; null for an operator. */
  readonly invitedBy: UserId | null;
  /** With what the member signs in. */
  readonly devices: readonly Device[];
}

/** Maximum number of devices of a member. */
export const MAX_DEVICES = 20;
/** Maximum length of a device's label, in UTF-16 code units. */
export const MAX_LABEL_LENGTH = 64;
/** Time without use after which a device has to be added again. */
export const DEVICE_KEPT_MS = 90 * 24 * 3_600_000;
/** A device that signs in more often is recorded once in this time, unless its token changes. */
const RECORDED_MS = 60_000;

/** The label of a device that describes itself: one line that shows what it is, and can hide nothing. */
export function deviceLabel(text: string): string {
  return text.slice(0, MAX_LABEL_LENGTH).replace(/[\s\p{C}]+/gu, " ").trim();
}

/** A member with one more device. If there are too many, the one that was unused for longest is signed out. */
export function withDevice(member: Member, device: Device): Member {
  const kept = keptDevices(member, device.addedAt)
    .toSorted((one, other) => other.usedAt - one.usedAt)
    .slice(0, MAX_DEVICES - 1);
  return { ...member, devices: [...kept, device] };
}

/** Returns the member without the device of this id; as before if there is no such device. */
export function withoutDevice(member: Member, id: string): Member {
  return { ...member, devices: member.devices.filter((it) => it.id !== id) };
}

/** The devices of a member that can still sign in. @param date In milliseconds since 1970. */
export function keptDevices({ devices }: Member, date: number): readonly Device[] {
  return devices.filter(({ usedAt }) => usedAt > date - DEVICE_KEPT_MS);
}

/**
 * Signs a device in: the member as to be stored, unchanged if there is nothing to record; undefined if the device has been
 * removed, or if a newer one of its tokens was used. A token can be used again until then: the reply may have been lost, and
 * a browser's tabs share one.
 *
 * @param serial The number of the token that the device has sent.
 * @param date In milliseconds since 1970.
 */
export function signInDevice(
  member: Member,
  id: string,
  serial: number,
  date: number,
): { readonly device: Device; readonly member: Member } | undefined {
  const known = keptDevices(member, date).find((it) => it.id === id);
  if (known === undefined || serial < known.serial) return undefined;
  if (serial === known.serial && date - known.usedAt < RECORDED_MS) {
    return { device: known, member };
  }
  const device = { ...known, serial, usedAt: Math.max(known.usedAt, date) };
  const devices = member.devices.map((it) => it.id === id ? device : it);
  return { device, member: { ...member, devices } };
}

const date = v.pipe(v.number(), v.finite());
const user = v.custom<UserId>((it) => typeof it === "string" && isUserId(it));

const name = v.custom<Name>((it) => typeof it === "string" && isStoredName(it));

const StoredMember = v.object({
  user,
  name,
  held: v.optional(v.object({ name, at: date })),
  role: v.picklist(ROLES),
  joinedAt: date,
  invitedBy: v.nullable(user),
  devices: v.array(
    v.object({
      id: v.string(),
      label: v.string(),
      addedAt: date,
      usedAt: date,
      serial: v.pipe(v.number(), v.integer()),
    }),
  ),
});

/** A member as stored; undefined if the record is damaged. */
export function parseMember(stored: unknown): Member | undefined {
  const parsed = v.safeParse(StoredMember, stored);
  return parsed.success ? parsed.output : undefined;
}
