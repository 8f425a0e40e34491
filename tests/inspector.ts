/**
 * Gets into the isolates of a process that runs with `--inspect`, as a person with a debugger would: so a test can do to
 * one of them what a fault of the runtime's would, without a back door in the service.
 * @module
 */
import { addressesOf, type Parley, runArguments, spawn } from "./parley.ts";

/** A Parley whose isolates can be got into. */
export interface InspectedParley extends Parley {
  /** The isolates that serve now, by ids of the debugger's. */
  isolates(): Promise<readonly string[]>;
  /** Runs something in one of them; resolves when it is done, or when nobody can know any more. */
  runIn(isolate: string, code: string): Promise<void>;
  /** Gets out of all of them: a process does not end while somebody looks into it. */
  leave(): Promise<void>;
}

/** Starts one, as `startParley` does. @param args In front of the service's own. */
export async function startInspected(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = runArguments(),
): Promise<InspectedParley> {
  const [run = "run", ...others] = args;
  const child = spawn(Deno.execPath(), [run, "--inspect=127.0.0.1:0", ...others], env);
  const [, address = ""] = await child.printed(/listening on (ws:\/\/\S+)/);
  const addresses = await addressesOf(child, env);
  const inspector = await Inspector.open(address);
  const inspected = Object.assign(child, {
    ...addresses,
    isolates: () => inspector.workers(),
    runIn: (isolate: string, code: string) => inspector.evaluate(isolate, code),
    leave: () => inspector.close(),
  });
  return inspected;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly targetInfos?: readonly { readonly targetId: string }[] };
}

/** A connection to a debugger; it ends with the process. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  readonly #closed = Promise.withResolvers<void>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const answer: Answer = JSON.parse(data);
      this.#asked.get(answer.id ?? 0)?.(answer);
    };
    // The process may be killed.
    socket.onerror = () => {};
    socket.onclose = () => {
      for (const answer of this.#asked.values()) answer({});
      this.#closed.resolve();
    };
  }

  static async open(address: string): Promise<Inspector> {
    const socket = new WebSocket(address);
    const inspector = new Inspector(socket);
    await new Promise((resolve) => socket.onopen = resolve);
    const every = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
    await inspector.#ask({ method: "Target.setAutoAttach", params: every });
    return inspector;
  }

  async workers(): Promise<readonly string[]> {
    const { result } = await this.#ask({ method: "Target.getTargets" });
    return (result?.targetInfos ?? []).map(({ targetId }) => targetId);
  }

  async evaluate(sessionId: string, expression: string): Promise<void> {
    await this.#ask({ method: "Runtime.evaluate", sessionId, params: { expression } });
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }

  #ask(question: Readonly<Record<string, unknown>>): Promise<Answer> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, ...question }));
    });
  }
}
