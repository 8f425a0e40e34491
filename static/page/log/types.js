// @ts-check
/// <reference lib="dom" />
/**
 * The types that the log shares with the page around it and with the client library, reduced to what the log
 * needs. No code.
 * @module
 */

/** @typedef {import("../../client/timeline/timeline.js").Message} Message */
/** @typedef {import("../../client/timeline/timeline.js").HistoryPage} HistoryPage */
/** @typedef {import("../i18n/log_en.js").LogStrings} LogStrings */
/** @template T @typedef {{readonly value: T, subscribe(listener: (value: T) => void): () => void}} Observable */
/** @typedef {{user: string, name: string, role?: string}} Person */

/**
 * @typedef {{kind: "waiting"} | {kind: "sending"} | {kind: "sent", position: string, at: number}
 *   | {kind: "failed", error: Error & {code: string, reason?: string | undefined}} | {kind: "unsure", reason: string} | {kind: "discarded"}} DeliveryState
 */
/**
 * @typedef {{type: "say", text: string, reply?: string, mentions?: readonly string[]} | {type: "edit", of: string, text: string}
 *   | {type: "delete", of: string} | {type: "react", of: string, emoji: string, on: boolean}} OwnAction
 */
/** @typedef {{id: string, room: string, at: number, action: OwnAction, state: Observable<DeliveryState>}} Delivery */

/**
 * @typedef {{name: string, me?: Observable<string | null>, state: Observable<{kind: string}>, members: Observable<{members: readonly Person[]}>,
 *   read: Observable<string | null>, unread: Observable<number>, markRead(position: string): void,
 *   history(options?: {before?: string, limit?: number}): Promise<HistoryPage>}} Room
 */

/**
 * An action that the page carries out for the log. `link` is the message's full URL. `loadToolbar`: the
 * toolbar is needed. `latest`: the reader has left the
 * opened message and is at the newest one.
 * @typedef {{type: "reply" | "edit" | "delete", message: Message, anchor?: HTMLElement}
 *   | {type: "moderate" | "report", message: Message, anchor?: HTMLElement}
 *   | {type: "copy", message: Message, link: string, anchor?: HTMLElement}
 *   | {type: "pick", message: Message, anchor: HTMLElement}
 *   | {type: "react", message: Message, emoji: string, on: boolean}
 *   | {type: "loadToolbar" | "latest"} | {type: "retry" | "discard", delivery: Delivery} | {type: "toast", words: string}} LogAction
 */
/**
 * `strings` contains those of the log, and a `fault_…` for each fault code; `language` is "en" or "zh"; `blocked` has the users
 * whose messages are hidden; `roomName` is what a room is called in a sentence.
 * @typedef {{strings: LogStrings & Readonly<Record<string, string>>, language: string, now(): number, roomName(room: string): string,
 *   onAction(action: LogAction): void, blocked: Observable<ReadonlyMap<string, unknown>>}} LogContext
 */
/** @typedef {{scroller: HTMLElement, jump: HTMLElement, live: HTMLElement}} LogElements */

export {};
