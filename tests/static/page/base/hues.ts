/** Names that produce each of the page's eight colors. */
export const NAMES = ["Sue", "Cem", "Val", "Ben", "Fay", "Lea", "Tom", "Max"];
