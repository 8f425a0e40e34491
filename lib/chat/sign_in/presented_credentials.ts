/**
 * The credentials that clients present, in the handshake and in the `hello`.
 * @module
 */
import { deviceLabel } from "../../core/auth/member.ts";
import { parseName } from "../../core/names/names.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import type { Credential } from "./credential_check.ts";

/** The token or the ticket; undefined if there is neither. */
export function credentialOf(
  { token, ticket }: {
    readonly token?: string | undefined;
    readonly ticket?: string | undefined;
  },
): Credential | undefined {
  if (token !== undefined) return { kind: "token", token };
  return ticket === undefined ? undefined : { kind: "ticket", ticket };
}

/** The invite of a `hello`; undefined if there is none. */
export function inviteUseOf(
  { invite, attempt, name, device = "" }: RequestOf<"hello">,
): Credential | undefined {
  if (invite === undefined) return undefined;
  const parsed = name === undefined ? undefined : parseName(name);
  return { kind: "invite", secret: invite, attempt, name: parsed, label: deviceLabel(device) };
}
