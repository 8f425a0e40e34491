/** The requests of a dialog: what a late answer may still do to it. */
import assert from "node:assert/strict";
import { RefusedError } from "../../../../static/client.js";
import { DialogRequests } from "../../../../static/page/members/dialog_requests.js";

/** A dialog in plain objects, and its requests. */
function start() {
  const dialog = {
    open: false,
    showModal: () => void (dialog.open = true),
    close: () => void (dialog.open = false),
  };
  const button = { disabled: false };
  const error = { textContent: "" };
  const requests = new DialogRequests(dialog, button, error, { faultSentence: (code) => code });
  const shown = () => ({
    isOpen: dialog.open,
    isDisabled: button.disabled,
    error: error.textContent,
  });
  return { dialog, requests, shown };
}

const REFUSAL = new RefusedError({ type: "fault", code: "unavailable", message: "later" });
const FRESH = { isOpen: true, isDisabled: false, error: "" };

for (const end of ["success", "failure"] as const) {
  Deno.test(`DialogRequests leaves the next opening as it is on the ${end} of a late request`, async () => {
    const { dialog, requests, shown } = start();
    const answer = Promise.withResolvers<void>();
    requests.open();
    const done = requests.submitAndClose(() => answer.promise);
    assert.deepEqual(shown(), { ...FRESH, isDisabled: true });
    dialog.close();
    requests.open();
    assert.deepEqual(shown(), FRESH, "it can be submitted");
    const next = Promise.withResolvers<void>();
    const nextDone = requests.submitAndClose(() => next.promise);
    if (end === "success") answer.resolve();
    else answer.reject(REFUSAL);
    assert.equal(await done, end === "success");
    assert.deepEqual(shown(), { ...FRESH, isDisabled: true }, "its own request is pending");
    next.resolve();
    assert.equal(await nextDone, true);
    assert.deepEqual(shown(), { ...FRESH, isOpen: false });
  });
}

Deno.test("DialogRequests shows why a request has failed until the dialog is opened again", async () => {
  const { requests, shown } = start();
  requests.open();
  assert.equal(await requests.submitAndClose(() => Promise.reject(REFUSAL)), false);
  assert.deepEqual(shown(), { ...FRESH, error: "unavailable" });
  requests.open();
  assert.deepEqual(shown(), FRESH);
});

Deno.test("DialogRequests tells a request whether the dialog was opened again", async () => {
  const { requests } = start();
  requests.open();
  const seen: boolean[] = [];
  const isCurrent = await requests.attempt((isCurrent) => {
    seen.push(isCurrent());
    requests.open();
    seen.push(isCurrent());
    return Promise.resolve();
  });
  assert.deepEqual([...seen, isCurrent], [true, false, false]);
});
