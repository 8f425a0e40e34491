// @ts-check
/// <reference lib="dom" />
/**
 * A new link in a dialog: as text with a button to copy it, and as a QR code. It is shown once, since only the answer that
 * brings it has its secret.
 * @module
 */

import { linkTo } from "../base/address.js";
import { find, make, onClick } from "../base/dom.js";
import { qrImage } from "./qr_image.js";

/** @typedef {import("../../client/member_types.js").NewInvite} NewInvite */

/** Hosts that lead every machine to itself. */
const LOOPBACK = /^(?:localhost|127\..*|\[::1\])$/;

/** The URL of this page for links. */
export function pageAddress() {
  return linkTo(location.href, null);
}

/** Shows a link in an element of the page. */
export class LinkView {
  #element;
  #translator;

  /** @param {string} id Of the element. @param {import("../i18n/strings.js").Translator} translator */
  constructor(id, translator) {
    this.#element = find(id, HTMLElement);
    this.#translator = translator;
  }

  /** Removes the link. */
  clear() {
    this.#element.replaceChildren();
  }

  /**
   * Shows a link, unless its dialog has been closed while the server made it.
   *
   * @param {NewInvite} invite @param {string} words What the link is good for.
   */
  show({ link = "", qr = "" }, words) {
    if (!this.#element.closest("dialog")?.open) return;
    const translator = this.#translator;
    const field = make("input", "");
    field.readOnly = true;
    field.value = link;
    field.setAttribute("aria-label", translator.text("link"));
    const copy = make("button", "", translator.text("copy"));
    copy.type = "button";
    const status = make("p", "faint");
    status.setAttribute("role", "status");
    onClick(copy, () => void this.#copy(field, status));
    const notes = [make("p", "faint", words)];
    if (LOOPBACK.test(location.hostname)) {
      notes.push(make("p", "faint", translator.text("linkIsLocal", { host: location.host })));
    }
    const image = qrImage(qr, translator.text("qrCode"));
    const row = make("div", "link-row", field, copy);
    this.#element.replaceChildren(row, status, ...notes, ...(image ? [image] : []));
    field.focus();
    field.select();
    this.#element.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLInputElement} field @param {HTMLElement} status */
  async #copy(field, status) {
    // Missing outside of secure contexts, as on another machine's plain http.
    const written = navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    // Without it, nothing may be waited for: browsers copy only while they handle the click.
    const isCopied = (written && await written) || copySelected(field);
    status.textContent = this.#translator.text(isCopied ? "linkCopied" : "copyByHand");
  }
}

/** Selects the text of a field and copies it, if the browser still can. @param {HTMLInputElement} field */
function copySelected(field) {
  field.focus();
  field.select();
  return document.execCommand?.("copy") ?? false;
}
