/**
 * An OpenID provider for tests: the npm package oidc-provider, with a form that asks for nothing but a name. The form's
 * buttons are "Sign in" and "Cancel".
 * @module
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, type GenerateKeyPairResult } from "jose";
// @ts-types="./oidc_provider.d.ts"
import { Provider } from "oidc-provider";

const CLIENT_ID = "parley";
const CLIENT_SECRET = "a secret that only tests use, 123";

/** A provider, and the settings with which a service uses it. */
export interface TestProvider extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly issuer: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Number of requests for its metadata. */
  readonly discoveries: number;
}

/** What a test may change. */
export interface ProviderOptions {
  /** Settings of the package. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Settings of the client. */
  readonly client?: Readonly<Record<string, unknown>>;
  /** Whether the keys that it publishes are not those with which it signs. */
  readonly publishesOtherKeys?: boolean;
  /** The port, for a provider that comes back. */
  readonly port?: number;
}

/** Starts one. @param publicUrl Where browsers reach the service. */
export async function startProvider(
  publicUrl: string,
  { more, client, publishesOtherKeys = false, port = 0 }: ProviderOptions = {},
): Promise<TestProvider> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The provider has no port");
  const issuer = `http://127.0.0.1:${address.port}`;
  const [{ privateKey }, { publicKey }] = await (keyPairs ??= newKeyPairs());
  const labels = { alg: "RS256", use: "sig", kid: "1" };
  const otherKeys = JSON.stringify({ keys: [{ ...await exportJWK(publicKey), ...labels }] });
  const provider = new Provider(issuer, {
    clients: [{
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: [`${publicUrl}/auth/callback`],
      post_logout_redirect_uris: [`${publicUrl}/`],
      ...client,
    }],
    jwks: { keys: [{ ...await exportJWK(privateKey), ...labels }] },
    cookies: { keys: ["tests"] },
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username"],
      email: ["email", "groups"],
    },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, name: nameOf(sub), groups: ["staff", `friends-of-${sub}`] }),
    }),
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource },
    },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/form/${uid}` },
    ttl: { Interaction: 3_600, Session: 3_600, Grant: 3_600, AccessToken: 3_600, IdToken: 3_600 },
    loadExistingGrant: async ({ oidc }: GrantContext) => {
      const grant = new provider.Grant({
        accountId: oidc.session.accountId,
        clientId: oidc.client.clientId,
      });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
    ...more,
  });
  const respond = provider.callback();
  let discoveries = 0;
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/form/")) return void answerForm(provider, request, response);
    if (request.url === "/.well-known/openid-configuration") discoveries++;
    if (request.url === "/jwks" && publishesOtherKeys) {
      return void response.setHeader("content-type", "application/json").end(otherKeys);
    }
    respond(request, response);
  });
  return {
    issuer,
    settings: {
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      PUBLIC_URL: publicUrl,
    },
    get discoveries() {
      return discoveries;
    },
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** What all providers sign with, and other keys; making them takes half of a second. */
type KeyPairs = readonly [signing: GenerateKeyPairResult, other: GenerateKeyPairResult];

let keyPairs: Promise<KeyPairs> | undefined;

async function newKeyPairs(): Promise<KeyPairs> {
  const options = { extractable: true };
  return [await generateKeyPair("RS256", options), await generateKeyPair("RS256", options)];
}

interface GrantContext {
  readonly oidc: {
    readonly session: { readonly accountId: string };
    readonly client: { readonly clientId: string };
  };
}

/** `ann` is Ann; who is called `nameless` has no name. */
function nameOf(sub: string): string | undefined {
  return sub === "nameless" ? undefined : sub.slice(0, 1).toUpperCase() + sub.slice(1);
}

const FORM = `<!DOCTYPE html><title>Provider</title><form method="post">
<input name="user" aria-label="User"><button>Sign in</button><button name="cancel" value="yes">Cancel</button></form>`;

/** Asks whether to sign out of the provider too, since the request has no ID token. */
function logoutSource(context: { body: string }, form: string): void {
  context.body = `<!DOCTYPE html><title>Provider</title>${form}
<button form="op.logoutForm" name="logout" value="yes">Sign out there too</button>`;
}

async function answerForm(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST") {
    response.setHeader("content-type", "text/html").end(FORM);
    return;
  }
  const fields = new URLSearchParams(await text(request));
  const result = fields.has("cancel")
    ? { error: "access_denied", error_description: "<b>no</b>" }
    : { login: { accountId: fields.get("user") ?? "" } };
  const location = await provider.interactionResult(request, response, result);
  response.writeHead(303, { location }).end();
}
