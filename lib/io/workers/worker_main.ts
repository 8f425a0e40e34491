/**
 * Entry point of a worker. Do not keep state here that exists nowhere else: a worker may be terminated without warning.
 * `worker_handle.ts` and the compile task name this file, since `deno compile` does not find it by itself.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { DrainKind } from "../serving/drain.ts";
import { type ChatServer, startChatServer } from "../serving/chat_server.ts";
import { logUncaughtErrors } from "../uncaught_errors.ts";
import { configureLogger } from "../logger.ts";
import type { KeyPair } from "../tls/key_pair.ts";
import type { FromWorker, MainApi, ToWorker, WorkerApi, WorkerInit } from "./rpc_types.ts";
import { RpcChannel } from "./rpc.ts";
import { remoteServices } from "./remote_services.ts";

const server = Promise.withResolvers<ChatServer>();
const main = new RpcChannel<MainApi>(
  (batch) => post({ kind: "post", batch }),
  {
    report: async () => (await server.promise).report(),
    drain: async (kind: DrainKind) => await (await server.promise).drain(kind),
    dropLargestBacklogs: async () => (await server.promise).dropLargestBacklogs(),
    replaceKeyPair: async (pair: KeyPair) => (await server.promise).replaceKeyPair(pair),
  } satisfies WorkerApi,
);
// Keep the reference: the port must close only when this worker ends.
let lifeline: MessagePort | undefined;

self.onmessage = ({ data, ports }: MessageEvent<ToWorker>) => {
  if (data.kind === "post") return main.receive(data.batch);
  [lifeline] = ports;
  // Without a listener here, the other end does not report the closing.
  if (lifeline) lifeline.onmessage = () => {};
  start(data.init);
};

async function start({ config, number, ...options }: WorkerInit): Promise<void> {
  try {
    await configureLogger(config, number);
    logUncaughtErrors();
    const services = remoteServices(main);
    server.resolve(await startChatServer(config, services, { ...options, isShared: true }));
    post({ kind: "up" });
  } catch (error) {
    post({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
    return;
  }
  // The supervisor replaces this worker; there is no recovery here.
  const why = await (await server.promise).failed;
  post({ kind: "failed", why: why.message });
}

function post(message: FromWorker): void {
  self.postMessage(message);
}
