// @ts-check
/**
 * The palette's entries for a query: rooms and people whose names match, best first, and finally joining a
 * room of that name. Case, width and diacritics do not matter. No DOM.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rooms = ["lobby", "café-bar"].map((name) => ({ name, isJoined: true }));
 * const items = itemsFor("bar", rooms, [{ user: "u1", name: "Barbara", room: "lobby" }]);
 * assert.deepEqual(items.map((it) => `${it.kind} ${it.name}`), ["person Barbara", "room café-bar", "create bar"]);
 * ```
 * @module
 */

import { roomName } from "../../client/room/room_name.js";
import { isPrivateRoom } from "../base/room_kinds.js";

/**
 * A room. `title`: of a direct one, the name of the other person.
 * @typedef {{ readonly name: string, readonly title?: string, readonly topic?: string, readonly isJoined: boolean }} KnownRoom
 */
/** @typedef {import("../../client/room_types.js").RoomSummary} RoomSummary */
/** `room`: a room that the person is in. @typedef {{ readonly user: string, readonly name: string, readonly room: string }} KnownPerson */
/**
 * One entry of the palette. `create` joins a room that the palette does not know.
 * @typedef {({ readonly kind: "room" } & KnownRoom) | ({ readonly kind: "person" } & KnownPerson) | { readonly kind: "create", readonly name: string }} PaletteItem
 */

const MAX_ITEMS = 50;
const IN_TOPIC = 3;
const NO_MATCH = 5;

/**
 * The rooms to search: those that the page knows, each with its topic, and then the others that the server lists.
 * @param {readonly KnownRoom[]} known
 * @param {readonly RoomSummary[]} listed
 * @returns {readonly KnownRoom[]}
 */
export function roomsToOffer(known, listed) {
  const topics = new Map(listed.map(({ room, topic }) => [room, topic]));
  const names = new Set(known.map(({ name }) => name));
  const others = listed.filter(({ room }) => !names.has(room));
  return [
    ...known.map((it) => {
      const topic = topics.get(it.name);
      return topic ? { topic, ...it } : it;
    }),
    ...others.map(({ room: name, title = "", topic = "", with: other }) => {
      const shown = title || other?.name;
      const about = { ...(shown && { title: shown }), ...(topic && { topic }) };
      return { name, ...about, isJoined: false };
    }),
  ];
}

/**
 * The entries, in order. `#` before the text asks for rooms only, `@` for people only.
 * @param {string} typed
 * @param {readonly KnownRoom[]} rooms
 * @param {readonly KnownPerson[]} people
 * @returns {readonly PaletteItem[]}
 */
export function itemsFor(typed, rooms, people) {
  const text = typed.trim();
  const sign = /^[#@]/.exec(text)?.[0];
  const query = foldText(text.slice(sign === undefined ? 0 : 1));
  /** @type {readonly PaletteItem[]} */
  const all = [
    ...(sign === "@" ? [] : rooms.map((it) => ({ kind: /** @type {const} */ ("room"), ...it }))),
    // Without a query, people would hide the rooms.
    ...(sign === "#" || text === ""
      ? []
      : people.map((it) => ({ kind: /** @type {const} */ ("person"), ...it }))),
  ];
  const found = all.map((item) => ({ item, rank: rankOfItem(query, item) }))
    .filter(({ rank }) => rank < NO_MATCH)
    .sort((one, two) => one.rank - two.rank)
    .slice(0, MAX_ITEMS)
    .map(({ item }) => item);
  const name = sign === "@" ? null : roomName(text.slice(sign === undefined ? 0 : 1));
  const isKnown = rooms.some((it) => it.name === name || it.name === name?.toLowerCase());
  return name === null || isKnown || isPrivateRoom(name)
    ? found
    : [...found, { kind: "create", name }];
}

/** @param {string} text */
function foldText(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** A room matches by its title too, and by a part of its topic; a private one never by its id. @param {string} query @param {PaletteItem} item */
function rankOfItem(query, item) {
  if (item.kind !== "room") return rankOf(query, foldText(item.name));
  const { name, title, topic = "" } = item;
  const names = [...(isPrivateRoom(name) ? [] : [name]), ...(title ? [title] : [])];
  const inTopic = query !== "" && foldText(topic).includes(query) ? IN_TOPIC : NO_MATCH;
  // Without a query, all rooms are offered.
  if (query === "") return 1;
  return Math.min(inTopic, ...names.map((it) => rankOf(query, foldText(it))));
}

/**
 * How well a name matches: 0 is the whole name, then its beginning, the beginning of a word, another part of it, its letters in
 * this order; {@linkcode NO_MATCH} if it does not.
 * @param {string} query Folded, as is the name.
 * @param {string} name
 */
function rankOf(query, name) {
  if (name === query) return 0;
  if (name.startsWith(query)) return 1;
  for (let at = name.indexOf(query, 1); at > 0; at = name.indexOf(query, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(name[at - 1] ?? "")) return 2;
  }
  if (name.includes(query)) return 3;
  let rest = query;
  for (const character of name) {
    if (rest.startsWith(character)) rest = rest.slice(character.length);
  }
  return rest === "" ? 4 : NO_MATCH;
}
