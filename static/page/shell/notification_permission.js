// @ts-check
/// <reference lib="dom" />
/**
 * Requests the browser's permission for notifications, and explains why it is not available.
 * @module
 */

/** Key of the string that explains why there are no notifications. @typedef {"notifyInsecure" | "notifyInstall" | "notifyUnsupported" | "notifyDenied" | "notifyDismissed"} Obstacle */

/**
 * Asks for permission to notify, if the browser has not asked before. It asks only after a click.
 * @returns {Promise<Obstacle | null>} Null if it is given.
 */
export async function requestPermission() {
  // Checked first: over plain http, some browsers have no notifications, and the others always refuse them.
  if (!isSecureContext) return "notifyInsecure";
  if (!("Notification" in globalThis)) {
    // iPhones and iPads have them only in installed pages.
    const isInBrowser = "standalone" in navigator && navigator.standalone === false;
    return isInBrowser ? "notifyInstall" : "notifyUnsupported";
  }
  const permission = await Notification.requestPermission();
  if (permission === "granted") return null;
  return permission === "denied" ? "notifyDenied" : "notifyDismissed";
}
