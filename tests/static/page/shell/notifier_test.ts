import assert from "node:assert/strict";
import { notify } from "../../../../static/page/shell/notifications.js";
import { isNews, titleOf } from "../../../../static/page/shell/notifier.js";
import { requestPermission } from "../../../../static/page/shell/notification_permission.js";

for (
  const [unread, mentions, room, isAway, title] of [
    [0, 0, "#lobby", false, "#lobby · Parley"],
    [3, 1, "#lobby", false, "#lobby · Parley"],
    [3, 0, "#lobby", true, "(3) Parley"],
    [3, 1, "#lobby", true, "(@ 3) Parley"],
    [99, 0, "#lobby", true, "(99) Parley"],
    [100, 0, "#lobby", true, "(99+) Parley"],
    [0, 0, "#lobby", true, "#lobby · Parley"],
    [0, 0, undefined, false, "Parley"],
  ] as const
) {
  const place = isAway ? "that is not in view" : "that is in view";
  const news = `${unread} unread and ${mentions} mentions`;
  Deno.test(`titleOf() is ${title} with ${news} in ${room} ${place}`, () => {
    assert.equal(titleOf(unread, mentions, room, isAway), title);
  });
}

Deno.test("isNews() is true for a new message by another user while the page is not in view", () => {
  const said = { user: "u2", name: "Bob", text: "hi", replayed: false };
  assert.equal(isNews(said, "u1", true), true);
  assert.equal(isNews(said, "u1", false), false, "in view");
  assert.equal(isNews(said, "u2", true), false, "one's own");
  assert.equal(isNews({ ...said, replayed: true }, "u1", true), false, "missed earlier");
  assert.equal(isNews({ ...said, event: { kind: "kick" } }, "u1", true), false, "an event");
});

for (
  const [what, { isSecure = true, permission, standalone }, obstacle] of [
    ["gives permission", { permission: "granted" }, null],
    ["refuses", { permission: "denied" }, "notifyDenied"],
    ["closed its question without an answer", { permission: "default" }, "notifyDismissed"],
    ["has none", {}, "notifyUnsupported"],
    ["supports them only in installed pages", { standalone: false }, "notifyInstall"],
    ["does not support them in an installed page", { standalone: true }, "notifyUnsupported"],
    ["hides them over plain http", { isSecure: false }, "notifyInsecure"],
    [
      "refuses them over plain http",
      { isSecure: false, permission: "denied" },
      "notifyInsecure",
    ],
  ] as readonly [string, Browser, string | null][]
) {
  Deno.test(`requestPermission() reports the obstacle when the browser ${what}`, async () => {
    using stack = new DisposableStack();
    const put = (name: string, value: unknown) => {
      const before = Object.getOwnPropertyDescriptor(globalThis, name);
      Object.defineProperty(globalThis, name, { value, configurable: true });
      stack.defer(() => {
        Reflect.deleteProperty(globalThis, name);
        if (before) Object.defineProperty(globalThis, name, before);
      });
    };
    put("isSecureContext", isSecure);
    put("navigator", standalone === undefined ? {} : { standalone });
    if (permission) put("Notification", { requestPermission: () => Promise.resolve(permission) });
    assert.equal(await requestPermission(), obstacle);
  });
}

interface Browser {
  readonly isSecure?: boolean;
  readonly permission?: string;
  readonly standalone?: boolean;
}

interface Options {
  readonly data?: unknown;
}

/** Defines these globals, as in a page, until disposed. */
function withGlobals(globals: Readonly<Record<string, unknown>>): Disposable {
  const before = Object.keys(globals).map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
  );
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { configurable: true, value });
  }
  return {
    [Symbol.dispose]: () => {
      for (const [name, descriptor] of before) {
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else Reflect.deleteProperty(globalThis, name);
      }
    },
  };
}

for (
  const [whose, scope, expected] of [
    ["its own service worker", "https://chat.example/talk/", "worker"],
    ["the page, if only another service's worker is installed", "https://chat.example/", "page"],
    ["the page, if there is no worker", undefined, "page"],
  ] as const
) {
  Deno.test(`A notification is shown by ${whose}`, async () => {
    const shown: unknown[] = [];
    const note = (by: string, title: string, { data }: Options) => shown.push([by, title, data]);
    class Notification extends EventTarget {
      static permission = "granted";
      constructor(title: string, options: Options) {
        super();
        note("page", title, options);
      }
    }
    const showNotification = (title: string, options: Options) => note("worker", title, options);
    const registration = scope && { scope, showNotification };
    using _ = withGlobals({
      Notification,
      location: { href: "https://chat.example/talk/?x#lobby" },
      navigator: { serviceWorker: { getRegistration: () => Promise.resolve(registration) } },
    });
    const where = { room: "den", place: "#den" };
    await notify(where, { user: "u2", name: "Bob", text: "hi", replayed: false }, () => {});
    assert.deepEqual(shown, [[expected, "Bob · #den", "https://chat.example/talk/?x#den"]]);
  });
}
