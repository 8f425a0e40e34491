// @ts-check
/// <reference lib="dom" />
/**
 * The shapes that the log has in common with the page around it and with the client library, of which it needs only so
 * much. There is nothing here to run.
 * @module
 */

/** @typedef {import("../client/timeline.js").Message} Message */
/** @typedef {import("../client/timeline.js").Page} Page */
/** @typedef {import("./log_strings.js").LogStrings} LogStrings */
/** @template T @typedef {{readonly value: T, subscribe(listener: (value: T) => void): () => void}} Watched */
/** @typedef {{user: string, name: string}} Person */

/**
 * @typedef {{kind: "waiting"} | {kind: "sending"} | {kind: "sent", position: string, at: number}
 *   | {kind: "failed", error: Error & {code: string}} | {kind: "unsure", reason: string} | {kind: "discarded"}} DeliveryState
 */
/**
 * @typedef {{type: "say", text: string, reply?: string} | {type: "edit", of: string, text: string}
 *   | {type: "delete", of: string} | {type: "react", of: string, emoji: string, on: boolean}} OwnDeed
 */
/** @typedef {{id: string, room: string, at: number, deed: OwnDeed, state: Watched<DeliveryState>}} Delivery */

/**
 * @typedef {{name: string, me?: Watched<string | null>, state: Watched<{kind: string}>, members: Watched<{members: readonly Person[]}>,
 *   read: Watched<string | null>, unread: Watched<number>, markRead(position: string): void,
 *   history(options?: {before?: string, limit?: number}): Promise<Page>}} Room
 */

/**
 * What the log wants done; the page around it does it. `link` is the message's whole address.
 * @typedef {{type: "reply" | "edit" | "delete", message: Message, anchor?: HTMLElement}
 *   | {type: "copy", message: Message, link: string, anchor?: HTMLElement}
 *   | {type: "pick", message: Message, anchor: HTMLElement}
 *   | {type: "react", message: Message, emoji: string, on: boolean}
 *   | {type: "retry" | "discard", delivery: Delivery} | {type: "say words", words: string}} Deed
 */
/**
 * `strings` are those of the log, and `fault_…` for each code of a fault; `language` is "en" or "zh".
 * @typedef {{strings: LogStrings & Readonly<Record<string, string>>, language: string, now(): number,
 *   act(deed: Deed): void}} Surroundings
 */
/** @typedef {{scroller: HTMLElement, jump: HTMLElement, live: HTMLElement}} Elements */

export {};
