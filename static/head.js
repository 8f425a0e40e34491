// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What does not wait for the page: takes over what earlier versions kept, puts the chosen theme and language on it before anything is drawn, and opens the connection
 * while the scripts are still on their way. A classic script in the head, on purpose: a module would run after them. Nothing
 * else knows how a theme gets onto the page; page/early_socket.js takes the connection over.
 */
{
  const root = document.documentElement;
  const { pathname } = new URL(".", location.href);
  const prefix = `parley-page ${pathname} `;
  const choice = (/** @type {string} */ key) => {
    try {
      return localStorage.getItem(prefix + key);
    } catch {
      return null;
    }
  };
  // Earlier versions had no path in their keys, so the values most likely belong to the service at the root.
  const takeOver = () => {
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
    takeOver();
  } catch {
    // The storage is forbidden or full: the page works from memory.
  }
  const apply = (/** @type {Event | undefined} */ event) => {
    const theme = event instanceof CustomEvent ? event.detail : choice("theme");
    // Anything may lie in the storage.
    const isChosen = theme === "light" || theme === "dark";
    if (isChosen) root.dataset["theme"] = theme;
    else delete root.dataset["theme"];
    for (const meta of document.querySelectorAll("meta[data-ground]")) {
      const chosen = isChosen && document.querySelector(`meta[data-ground="${theme}"]`) || meta;
      meta.setAttribute("content", chosen.getAttribute("data-colour") ?? "");
    }
  };
  const wanted = choice("language") ?? navigator.language;
  if (wanted.toLowerCase().startsWith("zh")) root.lang = "zh";
  apply(undefined);
  // Chosen here, or in another tab.
  addEventListener("parley-theme", apply);
  addEventListener("storage", apply);

  const url = new URL("ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  Object.assign(globalThis, { earlySocket: new WebSocket(url, "chat.v1.json") });
}
