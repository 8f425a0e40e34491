/**
 * A service that reviews messages, and a reviewer that asks nobody.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { MessageReviewer } from "../../lib/chat/ports/message_reviewer.ts";

/** Accepts everything. */
export const noReviewer: MessageReviewer = {
  reviewMessage: () => Promise.resolve({ kind: "accepted" }),
};

/** The secret of the requests. */
export const REVIEW_SECRET: string = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** A request whose signature was right. */
export interface ReviewRequest {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reviews as a text says: `reject` and `replace` do so, everything else is accepted. */
export class ReviewReceiver implements AsyncDisposable {
  /** The requests with a right signature. */
  readonly requests: ReviewRequest[] = [];
  /** Number of requests with a wrong one. */
  forged = 0;
  /** Whether it answers only with errors. */
  isBroken = false;
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/review?service=chat`;
  }

  /** The settings of a service that it reviews. */
  get settings(): Readonly<Record<string, string>> {
    return { MODERATION_URL: this.url, MODERATION_SECRET: REVIEW_SECRET };
  }

  async #answer(request: Request): Promise<Response> {
    const body = await request.text();
    const [id, seconds, signature] = ["id", "timestamp", "signature"].map((it) =>
      request.headers.get(`webhook-${it}`) ?? ""
    );
    const key = Buffer.from(REVIEW_SECRET.slice("whsec_".length), "base64");
    const mac = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
    if (signature !== `v1,${mac}`) {
      this.forged += 1;
      return new Response(null, { status: 401 });
    }
    const asked: ReviewRequest = { id: id ?? "", ...JSON.parse(body) };
    this.requests.push(asked);
    if (this.isBroken) return new Response("oops", { status: 500 });
    return Response.json(answerTo(String(asked.data.text)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function answerTo(text: string): Readonly<Record<string, string>> {
  if (text.includes("reject")) return { action: "reject", reason: "an ad" };
  if (text.includes("replace")) return { action: "replace", text: "nicer" };
  return { action: "accept" };
}
