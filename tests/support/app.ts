/**
 * An app that signs tokens for its users.
 * @module
 */
import { SignJWT } from "jose";

type SigningKey = Parameters<SignJWT["sign"]>[0];

/** What a test sets `JWT_SECRET` to. */
export const SECRET = "a secret of the app that is long enough";

/** Signs a token for Ann, which is valid for an hour, unless the payload says otherwise. */
export function signToken(
  payload: Readonly<Record<string, unknown>> = {},
  alg = "HS256",
  key: SigningKey = new TextEncoder().encode(SECRET),
  kid?: string,
): Promise<string> {
  const exp = Math.ceil(Date.now() / 1_000) + 3_600;
  return new SignJWT({ sub: "42", name: "Ann", exp, ...payload })
    .setProtectedHeader({ alg, ...(kid && { kid }) })
    .sign(key);
}

/** A response of the HTTP API. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Not validated. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Requests a ticket for a token. */
export async function requestTicket(
  service: { readonly url: string },
  token: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiResponse> {
  const all = new Headers(headers);
  if (token !== undefined) all.set("authorization", `Bearer ${token}`);
  const response = await fetch(`${service.url}/api/v1/tickets`, { method: "POST", headers: all });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Exchanges a token for a ticket. */
export async function ticketFor(
  service: { readonly url: string },
  token: string,
): Promise<string> {
  const { status, body } = await requestTicket(service, token);
  if (status !== 201) throw new Error(`No ticket: ${status}`);
  return String(body.ticket);
}
