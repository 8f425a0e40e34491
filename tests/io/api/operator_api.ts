/**
 * The paths for operators without a service, for tests of what they answer.
 * @module
 */
import { forOperators, type OperatorHandler } from "../../../lib/io/api/operator.ts";

const TOKEN = "a token of some length";

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Awaited<ReturnType<Response["json"]>>;
}

/** Asks a handler as an operator. @param body What to post; undefined to read. */
export async function askAsOperator(
  handler: OperatorHandler,
  body?: unknown,
  search = "",
): Promise<ApiAnswer> {
  const respond = forOperators({ adminToken: TOKEN }, handler);
  const response = await respond(
    new Request(`http://localhost/api/v1/path${search}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  );
  return { status: response.status, body: await response.json() };
}
