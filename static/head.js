// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What does not wait for the page: puts the chosen theme and language on it before anything is drawn, and opens the connection
 * while the scripts are still on their way. A classic script in the head, on purpose: a module would run after them. Nothing
 * else knows how a theme gets onto the page; page/early_socket.js takes the connection over.
 */
{
  const root = document.documentElement;
  const choice = (/** @type {string} */ key) => {
    try {
      return localStorage.getItem(`parley-page.${key}`);
    } catch {
      return null;
    }
  };
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
