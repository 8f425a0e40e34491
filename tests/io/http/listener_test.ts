import assert from "node:assert/strict";
import type { ListenAddress, OpenPort, WebSocketEngine } from "../../../lib/io/http/engine.ts";
import { Listener } from "../../../lib/io/http/listener.ts";
import type { KeyPair } from "../../../lib/io/tls/key_pair.ts";
import { FakeClock, flushMicrotasks } from "../../support/fakes.ts";

const pairOf = (text: string): KeyPair => ({ cert: text, key: text });
const [FIRST, SECOND, THIRD] = [pairOf("1"), pairOf("2"), pairOf("3")];

/** An engine whose ports the test loses, and whose opening it holds up. */
class FakeEngine implements Pick<WebSocketEngine, "open"> {
  /** The certificate of each port that was opened. */
  readonly opened: (KeyPair | undefined)[] = [];
  readonly lose: (() => void)[] = [];
  whenLet: Promise<void> = Promise.resolve();
  readonly #canReplace: boolean;

  constructor(canReplace: boolean) {
    this.#canReplace = canReplace;
  }

  async open(_context: unknown, { keyPair }: ListenAddress): Promise<OpenPort> {
    await this.whenLet;
    const number = this.opened.push(keyPair) - 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lose.push(resolve);
    return {
      port: 8080,
      finished: promise,
      shutdown: () => Promise.resolve(resolve()),
      replaceKeyPair: (pair) => {
        if (this.#canReplace) this.opened[number] = pair;
        return this.#canReplace;
      },
    };
  }
}

for (const canReplace of [true, false]) {
  const how = canReplace ? "replace it" : "only open it again";
  Deno.test(`Listener serves the newest certificate if it changes while the port is opened, with an engine that can ${how}`, async () => {
    const engine = new FakeEngine(canReplace);
    const clock = new FakeClock();
    const tcpLimits = { perAddress: Infinity, total: Infinity, keyOf: () => undefined };
    const handler = () => new Response();
    const listener = await Listener.open(
      { engine, clock, handler, tcpLimits },
      { host: "127.0.0.1", port: 0, isShared: false, keyPair: FIRST },
    );
    const life = new AbortController();
    const running = listener.run(life.signal);
    const opening = Promise.withResolvers<void>();
    engine.whenLet = opening.promise;
    engine.lose[0]?.();
    await clock.advance(1_000);
    listener.replaceKeyPair(SECOND);
    listener.replaceKeyPair(THIRD);
    opening.resolve();
    await flushMicrotasks();
    await clock.advance(1_000);
    await flushMicrotasks();
    assert.equal(engine.opened.at(-1), THIRD);
    life.abort();
    await listener.shutdown();
    await running;
  });
}
