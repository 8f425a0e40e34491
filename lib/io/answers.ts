/**
 * Answers with a text that is known as a whole, and the headers that every answer has. A text's length is given, since an
 * answer to HEAD has no body to tell it by and the runtime would say 0.
 * @module
 */
import type { Refusal } from "../core/handshake.ts";

const encoder = new TextEncoder();

/** Browser features that the pages do not use (W3C Permissions Policy). */
const DENIED_FEATURES = [
  ...["accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read"],
  ...["display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope"],
  ...["hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"],
  ...["picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb"],
  ...["xr-spatial-tracking"],
];

const ALL_DENIED = denied(DENIED_FEATURES);

/** The features that answers other than documents deny. Browsers apply the policy to documents only. */
const DENIED_ANYWHERE = ["camera", "geolocation", "microphone"];

/** Against guessed content types, window handles, embedding, use of sensors, and page addresses in `Referer`. */
const SECURITY_HEADERS = Object.entries({
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": denied(DENIED_ANYWHERE),
  "referrer-policy": "no-referrer",
});

/**
 * Adds the security headers to a response. A 101 gets none: browsers do not show it, and small clients have a buffer of
 * 1 KB for it (esp_websocket_client).
 */
export function secured(answer: Response): Response {
  if (answer.status === 101) return answer;
  for (const [name, value] of SECURITY_HEADERS) answer.headers.set(name, value);
  if (answer.headers.get("content-type")?.startsWith("text/html")) {
    answer.headers.set("permissions-policy", ALL_DENIED);
  }
  return answer;
}

function denied(features: readonly string[]): string {
  return features.map((feature) => `${feature}=()`).join(", ");
}

/** An answer with a text. @param headers Names in small letters. */
export function textAnswer(
  body: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  const length = String(encoder.encode(body).length);
  return new Response(body, { status, headers: { ...headers, "content-length": length } });
}

/** A refusal: one line of plain text. */
export function refusalAnswer({ status, why, headers }: Refusal): Response {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return textAnswer(`${why}\n`, status, { ...type, ...headers });
}

/** A value as JSON. */
export function jsonAnswer(value: unknown, status = 200): Response {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return textAnswer(JSON.stringify(value), status, headers);
}
