/**
 * Controls the workers of a process that runs with `--inspect`, as a debugger would: so a test can cause in one of them what a
 * fault of the runtime would, without a back door in the service.
 * @module
 */
import { addressesFrom, type Parley, runArguments, spawn } from "../parley.ts";
import { withinDeadline } from "../provision.ts";

/** A Parley whose workers can be inspected. */
export interface InspectedParley extends Parley {
  /** The workers that serve now, by the debugger's ids. */
  workers(): Promise<readonly string[]>;
  /** Runs code in one of them; resolves when it is done, or when the result can no longer be known. */
  evaluateIn(worker: string, code: string): Promise<void>;
  /** Detaches from all of them: a process does not end while a debugger is attached. */
  detach(): Promise<void>;
}

/** Starts one, as `startParley` does. @param args Placed before the service's own. */
export async function startInspected(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = runArguments(),
): Promise<InspectedParley> {
  const [run = "run", ...others] = args;
  const child = spawn(Deno.execPath(), [run, "--inspect=127.0.0.1:0", ...others], env);
  const [, address = ""] = await child.printed(/listening on (ws:\/\/\S+)/);
  const addresses = await addressesFrom(child, env);
  const inspector = await Inspector.open(address);
  const inspected = Object.assign(child, {
    ...addresses,
    workers: () => inspector.workers(),
    evaluateIn: (worker: string, code: string) => inspector.evaluate(worker, code),
    detach: () => inspector.close(),
  });
  return inspected;
}

interface InspectorReply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly targetId?: string };
  readonly result?: { readonly targetInfos?: readonly { readonly targetId: string }[] };
}

interface PendingQuestion {
  /** The worker that was asked; undefined if it was the debugger itself. */
  readonly sessionId: string | undefined;
  readonly answer: (reply: InspectorReply) => void;
}

/** A connection to a debugger; it ends with the process. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, PendingQuestion>();
  readonly #closed = Promise.withResolvers<void>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const reply: InspectorReply = JSON.parse(data);
      this.#pending.get(reply.id ?? 0)?.answer(reply);
      // A worker that has ended answers nothing more.
      if (reply.method === "Target.targetDestroyed") this.#endPending(reply.params?.targetId);
    };
    // The process may be killed.
    socket.onerror = () => {};
    socket.onclose = () => {
      for (const { answer } of this.#pending.values()) answer({});
      this.#closed.resolve();
    };
  }

  static async open(address: string): Promise<Inspector> {
    const socket = new WebSocket(address);
    const inspector = new Inspector(socket);
    await new Promise((resolve) => socket.onopen = resolve);
    const every = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
    await inspector.#request({ method: "Target.setAutoAttach", params: every });
    return inspector;
  }

  async workers(): Promise<readonly string[]> {
    const { result } = await this.#request({ method: "Target.getTargets" });
    return (result?.targetInfos ?? []).map(({ targetId }) => targetId);
  }

  async evaluate(sessionId: string, expression: string): Promise<void> {
    await this.#request({ method: "Runtime.evaluate", params: { expression } }, sessionId);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }

  #endPending(worker: string | undefined): void {
    for (const { sessionId, answer } of this.#pending.values()) {
      if (sessionId === worker) answer({});
    }
  }

  #request(
    question: Readonly<Record<string, unknown>>,
    sessionId?: string,
  ): Promise<InspectorReply> {
    const id = ++this.#id;
    const reply = new Promise<InspectorReply>((answer) => {
      this.#pending.set(id, { sessionId, answer });
      this.#socket.send(JSON.stringify({ id, sessionId, ...question }));
    });
    return withinDeadline(`the debugger's reply to ${question.method}`, reply)
      .finally(() => this.#pending.delete(id));
  }
}
