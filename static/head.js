// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Runs before the page: migrates the storage of earlier versions, applies the chosen theme and language before the first
 * paint, and opens the connection while the scripts are still loading. A classic script in the head on purpose: a
 * module would run after them. Only this file applies a theme to the page; page/early_socket.js takes over
 * the connection.
 */
{
  const root = document.documentElement;
  const { pathname } = new URL(".", location.href);
  const prefix = `parley-page ${pathname} `;
  const storedChoice = (/** @type {string} */ key) => {
    try {
      return localStorage.getItem(prefix + key);
    } catch {
      return null;
    }
  };
  // Earlier versions had no path in their keys, so the values most likely belong to the service at the root.
  const migrateKeys = () => {
    for (const old of Object.keys(localStorage)) {
      if (pathname !== "/" || !old.startsWith("parley-page.")) continue;
      const key = prefix + old.slice(12);
      const text = localStorage.getItem(old) ?? "";
      localStorage.removeItem(old);
      try {
        if (localStorage.getItem(key) === null) localStorage.setItem(key, text);
      } catch (error) {
        // The storage is full, and the new key is longer. Keep the old one for another visit.
        localStorage.setItem(old, text);
        throw error;
      }
    }
  };
  try {
    migrateKeys();
  } catch {
    // The storage is forbidden or full: the page works from memory.
  }
  const applyTheme = (/** @type {Event | undefined} */ event) => {
    const theme = event instanceof CustomEvent ? event.detail : storedChoice("theme");
    // The storage may contain anything.
    const isChosen = theme === "light" || theme === "dark";
    if (isChosen) root.dataset["theme"] = theme;
    else delete root.dataset["theme"];
    for (const meta of document.querySelectorAll("meta[data-ground]")) {
      const chosen = isChosen && document.querySelector(`meta[data-ground="${theme}"]`) || meta;
      meta.setAttribute("content", chosen.getAttribute("data-colour") ?? "");
    }
  };
  const wanted = storedChoice("language") ?? navigator.language;
  if (wanted.toLowerCase().startsWith("zh")) {
    root.lang = "zh";
    const strings = { rel: "modulepreload", href: "page/i18n/zh.js" };
    document.head.append(Object.assign(document.createElement("link"), strings));
  }
  applyTheme(undefined);
  // Chosen here, or in another tab.
  addEventListener("parley-theme", applyTheme);
  addEventListener("storage", applyTheme);

  const url = new URL("ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  Object.assign(globalThis, { earlySocket: new WebSocket(url, "chat.v1.json") });
}
