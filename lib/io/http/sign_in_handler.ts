/**
 * Signs users of the page in and out: `/auth/login` sends the browser to the provider, `/auth/callback` is where it returns,
 * and `/auth/logout` ends it. A user who is signed in has a cookie, which counts in every handshake.
 *
 * Who begins a sign-in does not matter: a page of another site that sends its visitor to `/auth/login` achieves nothing that
 * the visitor could not. Only the browser that left for the provider can return from it, or others could sign a visitor in as
 * themselves.
 * @module
 */
import type { TokenUser } from "../../chat/ports/authenticator.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import { checkOrigin, type OriginPolicy, refuse } from "../../core/http/handshake.ts";
import type { RequestSource } from "../../core/http/ip_address.ts";
import { returnUrl } from "../../core/http/return_url.ts";
import { guestLanguage } from "../../core/names/names.ts";
import type { SignInCookies } from "../auth/sign_in/sign_in_cookies.ts";
import type { SignInFailure, SignInProvider } from "../auth/sign_in/sign_in_provider.ts";
import { logger } from "../logger.ts";
import { queryOf } from "./query.ts";
import { jsonResponse, refusalResponse } from "./responses.ts";
import { signInProblemPage } from "./sign_in_page.ts";

/** What a {@linkcode SignInHandler} needs. */
export interface SignInHandlerContext {
  /** The provider at which users sign in. */
  readonly provider: SignInProvider;
  /** Recognize users who are signed in, and those who return from the provider. */
  readonly cookies: SignInCookies;
  /** Where browsers reach the service, without a trailing slash. */
  readonly publicUrl: string;
  /** Origins of the pages that may sign a user out. */
  readonly origins: OriginPolicy;
  /** Current time, for the log's limit. */
  readonly clock: Pick<Clock, "now">;
}

// What these paths answer is for one browser and one moment, and their URLs contain codes.
const PRIVATE = { "cache-control": "no-store", "referrer-policy": "no-referrer" };

const MAX_STATE_LENGTH = 100;

/** Handles the requests of users who sign in and out. */
export class SignInHandler {
  readonly #context: SignInHandlerContext;
  #unloggedCount = 0;
  #loggedAt = -Infinity;

  /** Handles requests from the start. */
  constructor(context: SignInHandlerContext) {
    this.#context = context;
  }

  /** The user of a request; undefined if no user is signed in. `not ready` if that cannot be known yet. */
  userOf({ headers }: Request): TokenUser | "not ready" | undefined {
    const { cookies } = this.#context;
    const header = headers.get("cookie");
    if (!cookies.hasSession(header)) return undefined;
    return cookies.isReady ? cookies.userOf(header) : "not ready";
  }

  /** Sends the browser to the provider. */
  async logIn(request: Request): Promise<Response> {
    const { provider, cookies, publicUrl } = this.#context;
    const begun = await provider.begin();
    if ("kind" in begun) return this.#failed(request, begun);
    if (!cookies.isReady) return problemPage("not ready", request);
    const to = returnUrl(publicUrl, queryOf(request.url).get("to"));
    return redirect(begun.url, [cookies.setAttempt({ ...begun.checks, to })]);
  }

  /** Signs the user in who returns from the provider. */
  async finish(request: Request): Promise<Response> {
    const { provider, cookies } = this.#context;
    if (!cookies.isReady) return problemPage("not ready", request);
    const attempt = cookies.attemptOf(request.headers.get("cookie"));
    const query = queryOf(request.url);
    const state = query.get("state");
    if (attempt === undefined || state === null || state.length > MAX_STATE_LENGTH) {
      return this.#failed(request, over("the browser has no attempt that is still valid"));
    }
    // Not a secret of the service: the browser has sent both. So the time that this takes shows nothing. The attempt goes
    // on: it may be that of another tab.
    if (state !== attempt.state) return this.#failed(request, over("the state is another one"));
    const result = await provider.finish(`?${query}`, attempt);
    if (result.kind === "failed") return this.#failed(request, result, cookies.removeAttempt());
    return redirect(attempt.to, [cookies.setSession(result.user), cookies.removeAttempt()]);
  }

  /** Signs the user out, here and at the provider. Pages cannot follow a redirect there by themselves, and ask for JSON. */
  async logOut(request: Request, { viaTrustedProxy }: RequestSource): Promise<Response> {
    const { provider, cookies, publicUrl, origins } = this.#context;
    if (request.method !== "POST") {
      return refusalResponse(refuse(405, "Signing out takes a POST", { allow: "POST" }));
    }
    const result = checkOrigin(request, { origins, viaTrustedProxy });
    if (result.kind === "refused") return refusalResponse(result);
    const to = await provider.logoutUrl() ?? `${publicUrl}/`;
    const remove = cookies.removeSession();
    if (!request.headers.get("accept")?.includes("application/json")) return redirect(to, [remove]);
    const response = jsonResponse({ to: String(to) });
    response.headers.set("set-cookie", remove);
    return response;
  }

  /** Logs at most once a second: anyone can open these paths, and must not flood standard error. */
  #failed(request: Request, { reason, why }: SignInFailure, cookie?: string): Response {
    const now = this.#context.clock.now();
    this.#unloggedCount += 1;
    if (now - this.#loggedAt >= 1_000) {
      const isOurs = reason === "away" || reason === "refused";
      logger[isOurs ? "warn" : "info"]("sign_in.failed", {
        reason,
        why,
        count: this.#unloggedCount,
      });
      this.#unloggedCount = 0;
      this.#loggedAt = now;
    }
    return problemPage(reason, request, cookie);
  }
}

function over(why: string): SignInFailure {
  return { kind: "failed", reason: "over", why };
}

function problemPage(
  problem: Parameters<typeof signInProblemPage>[0],
  { headers }: Request,
  cookie?: string,
): Response {
  const language = guestLanguage(headers.get("accept-language"));
  return signInProblemPage(problem, language, {
    ...PRIVATE,
    ...(cookie && { "set-cookie": cookie }),
  });
}

/** @param cookies Values of `Set-Cookie`. */
function redirect(to: string | URL, cookies: readonly string[]): Response {
  const response = new Response(null, {
    status: 303,
    headers: { ...PRIVATE, location: String(to) },
  });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}
