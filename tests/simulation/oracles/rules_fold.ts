/**
 * What the events of a log mean, worked out a second time and from the whole log: who is muted and banned, and what a room's
 * settings are. Only the simulation can afford that, and compares everything else with it.
 * @module
 */
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { RoomEvent, Sanction } from "../../../lib/core/log/room_event.ts";

/** A mute or a ban, with the entry that has imposed it. */
export interface Imposed {
  readonly sanction: Sanction;
  readonly entry: Entry;
  /** Only of an address in one room: that room. */
  readonly room: string | undefined;
}

/** The rules of one room after some of its entries. */
export interface Rules {
  /** By {@linkcode imposedKey}. */
  readonly imposed: Map<string, Imposed>;
  /** When each user has sent the last message that slow mode counts, in milliseconds since 1970. */
  readonly sentAt: Map<string, number>;
  isReadOnly: boolean;
  slowSeconds: number;
  /** Undefined while the service is open to guests. */
  lockedDownAt: number | undefined;
}

/** The key of a mute or a ban. @param room Only for an address in a room. @param guest Only for an address. */
export function imposedKey(
  kind: Sanction["kind"],
  user: string,
  room?: string,
  guest?: string,
): string {
  return `${kind} ${user} ${room ?? ""} ${guest ?? ""}`;
}

/** The rules after these entries of one log. */
export function foldRules(log: readonly Entry[]): Rules {
  const rules: Rules = {
    imposed: new Map(),
    sentAt: new Map(),
    isReadOnly: false,
    slowSeconds: 0,
    lockedDownAt: undefined,
  };
  for (const entry of log) applyEntry(rules, entry);
  return rules;
}

/** The mute or ban, unless it has ended. @param date Milliseconds since 1970. */
export function activeIn(rules: Rules, key: string, date: number): Imposed | undefined {
  const imposed = rules.imposed.get(key);
  return imposed !== undefined && imposed.sanction.until > date ? imposed : undefined;
}

/** Applies the next entry of the log. */
export function applyEntry(rules: Rules, entry: Entry): void {
  const { action, user, at } = entry;
  if (action.kind !== "said") return;
  const { event } = action;
  if (event !== undefined) applyEvent(rules, event, entry);
  else if (rules.slowSeconds > 0) rules.sentAt.set(user, at);
}

function applyEvent(rules: Rules, event: RoomEvent, entry: Entry): void {
  // In `_audit`, what happens in a room counts only there, but for addresses.
  const isAboutAddress = "user" in event && event.user.startsWith("ip_");
  if (event.kind === "unmute" || event.kind === "unban") endOnAccount(rules, event, isAboutAddress);
  if (event.room !== undefined && !isAboutAddress) return;
  switch (event.kind) {
    case "room":
      rules.isReadOnly = event.readOnly ?? rules.isReadOnly;
      rules.slowSeconds = event.slowSeconds ?? rules.slowSeconds;
      return;
    case "lockdown":
      rules.lockedDownAt = event.on ? entry.at : undefined;
      return;
    case "mute":
    case "ban":
      rules.imposed.set(imposedKey(event.kind, event.user, event.room, event.guest), {
        ...{ sanction: event, entry, room: event.room },
      });
      return;
    case "unmute":
    case "unban": {
      const kind = event.kind === "unmute" ? "mute" : "ban";
      rules.imposed.delete(imposedKey(kind, event.user, event.room));
    }
  }
}

/** What is imposed on an address on account of guests ends with its own, and with that of its guest. */
function endOnAccount(
  { imposed }: Rules,
  event: RoomEvent & { readonly kind: "unmute" | "unban" },
  isAboutAddress: boolean,
): void {
  for (const [key, { sanction: { kind, user, guest }, room }] of imposed) {
    const concerned = isAboutAddress ? user : guest;
    const isEnded = guest !== undefined && concerned === event.user && room === event.room;
    if (isEnded && event.kind === `un${kind}`) imposed.delete(key);
  }
}
