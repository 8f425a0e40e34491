/** The part of oidc-provider that tests use; the package has no types of its own. */
import type { IncomingMessage, ServerResponse } from "node:http";

export class Provider {
  constructor(issuer: string, settings: Readonly<Record<string, unknown>>);
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionResult(
    request: IncomingMessage,
    response: ServerResponse,
    result: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  Grant: new (properties: { accountId: string; clientId: string }) => {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  };
}
