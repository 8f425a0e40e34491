// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Puts the chosen theme and language on the page before anything is drawn. A classic script in the head, on purpose: a module
 * would run after the first picture. Nothing else knows how a theme gets onto the page.
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
}
