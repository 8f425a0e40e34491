// @ts-check
/// <reference lib="dom" />
/**
 * Refuses files that are pasted or dropped on the page: they cannot be sent, and a browser leaves the page to open a dropped
 * file. Text can still be dropped into fields and pasted, even with a picture of it, as office programs provide.
 * @module
 */

/** Refuses files on the whole page. @param {() => void} onRefused Called after each refusal. */
export function refuseFiles(onRefused) {
  /** @param {DragEvent} event */
  const drag = (event) => {
    const { target, dataTransfer: data, type } = event;
    if (!data) return;
    const isFile = data.types.includes("Files");
    if (!isFile && target instanceof Element && target.matches("input, textarea")) return;
    event.preventDefault();
    // Browsers also follow links that are dropped outside of fields.
    if (!isFile) data.dropEffect = "none";
    else if (type === "drop") onRefused();
  };
  document.addEventListener("dragover", drag);
  document.addEventListener("drop", drag);
  document.addEventListener("paste", (event) => {
    const types = event.clipboardData?.types ?? [];
    if (!types.includes("Files") || types.includes("text/plain")) return;
    event.preventDefault();
    onRefused();
  });
}
