/**
 * Calls of the HTTP API on a chat in the same process, without HTTP.
 * @module
 */
import assert from "node:assert/strict";
import { makeCall } from "../../../lib/chat/calls/call.ts";
import { OPERATIONS } from "../../../lib/core/api/operations.ts";
import { readCallRequest } from "../../../lib/io/api/calls/call_request.ts";
import { type FakeChat, flushMicrotasks } from "../fakes.ts";

/** The operation, the parameters of its path, and its body. */
export type ApiCall = readonly [
  operation: string,
  parameters: Readonly<Record<string, string>>,
  body?: Readonly<Record<string, unknown>>,
];

/**
 * Makes a call; resolves to the code of a fault, or "done".
 *
 * @param credentials What the caller signs in with; nothing for a guest.
 */
export async function callApi(
  { context }: FakeChat,
  { token, resume }: { readonly token?: string; readonly resume?: string },
  [id, parameters, body = {}]: ApiCall,
): Promise<string> {
  const operation = OPERATIONS.find((it) => it.id === id);
  assert.ok(operation, id);
  const query = new URLSearchParams();
  const request = readCallRequest(operation, { parameters, query, body, id: context.newId() });
  assert.ok(!("status" in request), JSON.stringify(request));
  const room = operation.isInRoom && request.type !== "members" ? parameters.room : undefined;
  const call = { origin: { token }, hello: { resume }, bytes: 100, room, request };
  const made = makeCall(call, context, new AbortController().signal);
  // Some requests read and write the store several times.
  for (let turn = 0; turn < 5; turn++) await flushMicrotasks();
  const result = await made;
  return result.kind === "refused" ? result.fault.code : "done";
}
