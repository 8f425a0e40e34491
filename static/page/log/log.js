// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The log of one room. Texts of other users enter the page as text, never as markup. Actions of the
 * reader go to `onAction`; only older messages are requested here, and seen messages are marked as read.
 * @module
 */
import { isUpTo } from "../../client/frames.js";
import { actionOf } from "./actions.js";
import { FoldedTexts } from "./rows/folded_texts.js";
import { topStateOf } from "./rows/rows.js";
import { JumpButton } from "./view/jump_button.js";
import { watchDays } from "./rows/separators.js";
import { watchOutbox } from "./watch_outbox.js";
import { CurrentNames } from "./rows/current_names.js";
import { HistoryLoader } from "./history_loader.js";
import { RowRenderer } from "./rows/row_renderer.js";
import { ReadTracker } from "./reading/read_tracker.js";
import { findMessage } from "./find_message.js";
import { RenderScheduler } from "./view/render_scheduler.js";
import { LogView } from "./view/log_view.js";
import { onLookingChange } from "../base/user_presence.js";

/** @typedef {import("../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("./rows/rows.js").LogItem} LogItem */
/** @typedef {import("./types.js").Room} Room */
/** @typedef {import("./types.js").Delivery} Delivery */
/** @typedef {import("./types.js").LogContext} LogContext */
/** @template T @typedef {import("./types.js").Observable<T>} Observable */
/** @typedef {Observable<import("./types.js").Person | null>} Me */

/** Shows one room at a time. */
export class Log {
  #jumpButton;
  #context;
  #view;
  #readTracker;
  /** @type {{room: Room, timeline: Timeline, me: Me} | undefined} */
  #current;
  /** The running search for a message. @type {AbortController | undefined} */
  #search;
  /** @type {(() => void)[]} */
  #unsubscribes = [];
  /** @type {readonly Delivery[]} */
  #outbox = [];
  #historyLoader = new HistoryLoader(() => this.#scheduler.schedule());
  /** The positions of blocked users' messages that the reader has opened. @type {Set<string>} */
  #revealed = new Set();
  // Whether the reader was sent to a message and has not been at the end since.
  #hasTarget = false;
  #renderer;
  #names = new CurrentNames(() => this.#scheduler.schedule());
  #scheduler = new RenderScheduler(() => this.#render(), () => this.#loadMore());

  /**
   * @param {import("./types.js").LogElements} elements
   * @param {LogContext} context
   */
  constructor({ scroller, jump, live }, context) {
    this.#context = { ...context };
    this.#readTracker = new ReadTracker(live, this.#context);
    this.#view = new LogView(scroller, {
      draw: (element, item) => this.#drawRow(element, item),
      onMove: () => {
        this.#historyLoader.stop();
        this.#onReaderMoved();
        this.#forgetTarget();
      },
      onFirst: () => {
        this.stopSearch();
        void this.#goToFirst();
      },
      takeSnapshot: () => this.#snapshot(),
      onToolbarNeeded: () => this.#context.onAction({ type: "loadToolbar" }),
    });
    const folds = new FoldedTexts(scroller, this.#view, () => this.#context.strings);
    this.#renderer = new RowRenderer(this.#context, this.#names, folds);
    this.#view.setStrings(context.strings);
    this.#jumpButton = new JumpButton(jump, () => {
      // The focused button disappears.
      scroller.focus({ preventScroll: true });
      this.#goToEnd();
      this.#onReaderMoved();
    });
    scroller.addEventListener("click", (event) => this.#onClick(event));
    onLookingChange(() => this.#onReaderMoved());
    watchDays(context.now, () => this.setLanguage(this.#context));
    this.#updateJumpButton();
    context.blocked.subscribe(() => {
      this.#revealed.clear();
      this.#scheduler.schedule();
    });
  }

  /**
   * Shows a room.
   * @param {Room} room
   * @param {Timeline} timeline Receives the room's events elsewhere.
   * @param {Observable<readonly Delivery[]>} outbox
   * @param {Me} me
   */
  show(room, timeline, outbox, me) {
    this.clear();
    this.#current = { room, timeline, me };
    this.#names.show(room, timeline);
    this.#historyLoader.show(room, timeline);
    this.#openRoom();
    this.#unsubscribes = [
      timeline.changes.subscribe((change) => this.#onChange(change)),
      watchOutbox(outbox, room.name, (own, isNewSay) => this.#onOutbox(own, isNewSay)),
      me.subscribe(() => this.#scheduler.schedule()),
      room.read.subscribe((read) => this.#onRead(read)),
      room.state.subscribe(() => {
        this.#historyLoader.hasFailed = false;
        this.#scheduler.schedule();
      }),
    ];
  }

  /** Shows no room. */
  clear() {
    this.stopSearch();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
    this.#scheduler.clear();
    this.#current = undefined;
    this.#hasTarget = false;
    this.#revealed.clear();
    this.#outbox = [];
    this.#names.clear();
    this.#historyLoader.clear();
    this.#readTracker.clear();
    this.#view.open();
    this.#updateJumpButton();
  }

  /**
   * Switches to another language.
   * @param {Pick<LogContext, "strings" | "language">} words
   */
  setLanguage({ strings, language }) {
    Object.assign(this.#context, { strings, language });
    this.#view.setStrings(strings);
    this.#view.show();
    this.#scheduler.schedule();
  }

  /** Gives the log its toolbar, which is loaded on demand. @param {import("./view/toolbar.js").Toolbar} toolbar */
  attachToolbar(toolbar) {
    this.#view.attachToolbar(toolbar, this.#context.strings);
  }

  /**
   * Scrolls to a message of the current room, loading it if necessary.
   * @param {string} position
   * @returns {Promise<"found" | "gone" | "failed" | "stopped">} `failed`: it could not be requested; `stopped`: the reader
   *   has gone elsewhere meanwhile.
   */
  async goToMessage(position) {
    this.stopSearch();
    if (!this.#current) return "stopped";
    const { room, timeline } = this.#current;
    const search = this.#search = new AbortController();
    const outcome = await findMessage(timeline, room, position, search.signal);
    if (search !== this.#search) return "stopped";
    this.#search = undefined;
    if (outcome !== "found") return outcome;
    this.#hasTarget = true;
    this.#historyLoader.stop();
    this.#view.toMessage(position);
    this.#onReaderMoved();
    return "found";
  }

  /** Stops the search: the reader has gone elsewhere. */
  stopSearch() {
    this.#search?.abort();
    this.#search = undefined;
  }

  #goToEnd() {
    this.#historyLoader.stop();
    // The page's URL still names the searched message.
    this.#hasTarget ||= this.#search !== undefined;
    this.stopSearch();
    this.#view.toEnd();
    this.#forgetTarget();
  }

  // Not while the found message is at the end: the reader has not scrolled yet.
  #forgetTarget() {
    if (!this.#hasTarget || !this.#view.isFollowing) return;
    this.#hasTarget = false;
    this.#context.onAction({ type: "latest" });
  }

  /** @param {HTMLElement} element @param {LogItem} item */
  #drawRow(element, item) {
    if (this.#current) {
      this.#renderer.draw(element, item, this.#current.room, this.#current.me.value);
    }
  }

  #snapshot() {
    if (!this.#current) return undefined;
    const { timeline, me } = this.#current;
    return {
      timeline,
      user: me.value?.user,
      top: topStateOf(timeline, this.#historyLoader.hasFailed),
      divider: this.#readTracker.divider,
      outbox: this.#outbox,
      blocked: this.#context.blocked.value,
      revealed: this.#revealed,
      nameOf: (/** @type {string} */ it) => this.#names.of(it),
      hasOneName: (/** @type {string} */ it) => this.#names.hasOneName(it),
      markOf: (/** @type {string} */ it) => this.#names.markOf(it),
    };
  }

  /** @param {boolean} [staysThere] Whether to keep the reader's place. */
  #openRoom(staysThere = false) {
    if (!this.#current) return;
    const { room, timeline, me } = this.#current;
    // For cached messages of an earlier visit, the read marker is unknown.
    if (timeline.isOpen) {
      this.#readTracker.open(room, timeline, me.value?.user, this.#context.blocked.value);
    }
    if (!staysThere) this.#view.open();
    // Scheduled work belongs to the previous room.
    this.#scheduler.clear();
    this.#scheduler.schedule();
  }

  /** @param {import("../../client/timeline/timeline.js").TimelineChange} change */
  #onChange(change) {
    if (change.type === "replaced") {
      return this.#openRoom(change.hasOverlap && !this.#view.isFollowing);
    }
    if (change.type === "added" && this.#isNews(change.message)) {
      const isAtEnd = this.#view.isFollowing;
      this.#readTracker.onMessage(change.message, { isReplayed: change.replayed, isAtEnd });
    }
    this.#scheduler.schedule();
    // The reader has stopped where the messages are about to appear.
    if (change.type === "prepended") this.#scheduler.extendNow();
  }

  /** @param {import("./types.js").Message} message */
  #isNews({ user }) {
    return user !== this.#current?.me.value?.user && !this.#context.blocked.value.has(user);
  }

  /** @param {readonly Delivery[]} own @param {boolean} isNewSay */
  #onOutbox(own, isNewSay) {
    this.#outbox = own;
    if (!isNewSay) return this.#scheduler.schedule();
    this.#readTracker.divider.clear();
    this.#goToEnd();
    this.#scheduler.schedule();
  }

  #render() {
    this.#view.show();
    this.#view.fillView();
    this.#markSeen();
  }

  /** Called after each movement of the reader. */
  #onReaderMoved() {
    this.#loadMore();
    this.#markSeen();
  }

  #loadMore() {
    if (this.#current && this.#view.growNearReader() && !this.#historyLoader.hasFailed) {
      void this.#historyLoader.loadOlder();
    }
  }

  // Go to the loaded messages at once, and to the room's first one when it has arrived.
  async #goToFirst() {
    if (await this.#historyLoader.loadFirst()) this.#view.toFirst();
    this.#onReaderMoved();
  }

  /** Records what the reader sees now. */
  #markSeen() {
    if (!this.#current) return;
    const { room, timeline } = this.#current;
    const newest = timeline.messages.at(-1)?.position ?? timeline.openedAt;
    // Cached messages may not be the room's latest.
    if (timeline.isOpen && this.#view.isFollowing) this.#readTracker.markSeen(room, newest);
    this.#updateJumpButton();
  }

  /** Messages read on another device are not new here either. @param {string | null} read */
  #onRead(read) {
    const newest = this.#current?.timeline.messages.at(-1);
    if (!newest || !isUpTo(newest.position, read ?? undefined)) return;
    this.#readTracker.divider.markSeen();
    this.#updateJumpButton();
  }

  #updateJumpButton() {
    const isNeeded = this.#current !== undefined && !this.#view.isFollowing;
    this.#jumpButton.show(isNeeded, this.#readTracker.divider.unseen, this.#context.strings);
  }

  /** @param {MouseEvent} event */
  #onClick({ target }) {
    if (!(target instanceof Element) || !this.#current) return;
    const row = target.closest("article");
    const button = target.closest("button");
    if (button) this.#perform(actionOf(button, this.#view.item(row), this.#current.room.name));
    // A tap on a message shows its tools, like focus does.
    else if (row && !target.closest("a") && getSelection()?.isCollapsed) {
      row.focus({ preventScroll: true });
    }
  }

  /** @param {ReturnType<typeof actionOf>} action */
  #perform(action) {
    if (action?.type === "older") void this.#historyLoader.loadOlder();
    else if (action?.type === "jump") this.#jumpTo(action.position);
    else if (action?.type === "reveal") {
      this.#revealed.add(action.position);
      this.#view.show();
    } else if (action) this.#context.onAction(action);
  }

  /** @param {string} position */
  async #jumpTo(position) {
    const { strings, onAction } = this.#context;
    const outcome = await this.goToMessage(position);
    if (outcome === "found" || outcome === "stopped") return;
    const words = outcome === "gone" ? strings.goneMessage : strings.farMessage;
    onAction({ type: "toast", words });
  }
}
