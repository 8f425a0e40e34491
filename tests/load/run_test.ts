/** The load generator against real servers: a correct one, and some with faults. */
import assert from "node:assert/strict";
import {
  type ClientProtocol,
  echoClientProtocol,
  jsonClientProtocol,
  jsonRoomsProtocol,
  type LoadPlan,
  type LoadProgress,
  type LoadReport,
  type Phase,
  runLoad,
  textChatProtocol,
  textClientProtocol,
} from "../../lib/load/mod.ts";
import { startTestService, type TestService } from "../support/service.ts";

const never = new AbortController().signal;

/** A small run, except for the given options; endless, since the number of messages in a given time depends on the machine. */
function plan(url: string, protocol: ClientProtocol, rest: Partial<LoadPlan> = {}): LoadPlan {
  return {
    url: url.replace(/^http/, "ws"),
    protocol,
    members: 20,
    publishers: 2,
    textBytes: 64,
    pace: { kind: "closed", window: 1 },
    warmupMs: 10,
    measureMs: 3_600_000,
    quietMs: 1_000,
    slowShare: 0,
    connectsAtOnce: 5,
    ...rest,
  };
}

/** Runs until enough messages were sent. */
function run(
  plan: LoadPlan,
  isEnough: (progress: LoadProgress) => boolean = ({ said }) => said >= 200,
): Promise<LoadReport> {
  const life = new AbortController();
  const progress = (it: LoadProgress) => it.phase === "measuring" && isEnough(it) && life.abort();
  return runLoad(plan, { onPhase() {}, onProgress: progress }, life.signal);
}

/** Every expected message was received, once and in order. */
function assertWhole(report: LoadReport, readers: number): void {
  const { said, expected, deliveries, lost, doubled, outOfOrder, disconnected } = report;
  assert.ok(said > 0);
  assert.deepEqual({ expected, deliveries }, {
    expected: said * readers,
    deliveries: said * readers,
  });
  assert.deepEqual({ lost, doubled, outOfOrder }, { lost: 0, doubled: 0, outOfOrder: 0 });
  assert.deepEqual(disconnected, { count: 0, codes: {} });
  assert.equal(report.histogram.reduce((sum, { count }) => sum + count, 0), deliveries);
}

for (
  const [what, path, protocol, rest, receivers] of [
    ["chat.v1.json", "/ws", jsonClientProtocol("attic"), {}, 20],
    ["plain text", "/ws?room=attic", textChatProtocol(), {}, 20],
    ["an echo", "/s", echoClientProtocol(), { groups: 20, publishers: 20 }, 1],
    ["long texts", "/ws", jsonClientProtocol("attic"), { textBytes: 50_000, members: 5 }, 5],
    ["an open loop", "/ws", jsonClientProtocol("attic"), {
      pace: { kind: "open", perSecond: 500 },
    }, 20],
    ["many texts in flight", "/ws", jsonClientProtocol("attic"), {
      pace: { kind: "closed", window: 10 },
    }, 20],
    ["many rooms", "/ws", jsonRoomsProtocol("attic", 5, 3), { groups: 5, publishers: 7 }, 4],
    ["readers that read nothing", "/ws", jsonClientProtocol("attic"), { slowShare: 0.5 }, 10],
  ] as readonly (readonly [string, string, ClientProtocol, Partial<LoadPlan>, number])[]
) {
  Deno.test(`runLoad() finds nothing lost or duplicated with ${what}`, async () => {
    await using service = await startTestService({
      MESSAGES_PER_SECOND: "0",
      BYTES_PER_SECOND: "0",
    });
    assertWhole(await run(plan(service.url + path, protocol, rest)), receivers);
  });
}

Deno.test("runLoad() counts deliveries to unhurried members, and measures latencies with the others", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const unhurried = { prompt: 3, restMs: 20 };
  const report = await run(plan(`${service.url}/ws`, jsonClientProtocol("attic"), { unhurried }));
  assert.equal(report.deliveries, report.said * 20);
  assert.equal(report.lost, 0);
  const measured = report.histogram.reduce((sum, { count }) => sum + count, 0);
  assert.equal(measured, report.said * 5);
});

for (
  const [what, path, protocol] of [
    ["chat.v1.json", "/ws", jsonRoomsProtocol("attic", 1, 2)],
    ["plain text", "/ws?room=attic", textChatProtocol()],
  ] as const
) {
  Deno.test(`runLoad() lets all members come back after their connections were cut, with ${what}`, async () => {
    await using service = await startTestService({
      MESSAGES_PER_SECOND: "0",
      BYTES_PER_SECOND: "0",
    });
    const phases: Phase[] = [];
    const made = plan(service.url + path, protocol, { measureMs: 10, comeBack: "cut" });
    const report = await runLoad(made, { onPhase: (phase) => void phases.push(phase) }, never);
    const { returned, disconnected } = report;
    assert.equal(returned?.failures, 0);
    assert.ok(returned.backMs.p50 > 0 && returned.backMs.max <= returned.seconds * 1_000 + 1);
    assert.deepEqual(disconnected, { count: 0, codes: {} });
    assert.deepEqual(phases.slice(-3), ["measured", "returning", "done"]);
  });
}

Deno.test("runLoad() lets all members come back when the service has been restarted", async () => {
  const settings = {
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    SESSION_SECRET: "x".repeat(32),
  };
  const first = await startTestService(settings);
  const made = plan(`${first.url}/ws`, jsonClientProtocol("attic"), {
    measureMs: 10,
    comeBack: "restart",
  });
  let restarted: Promise<TestService> | undefined;
  const restart = async () => {
    await first[Symbol.asyncDispose]();
    return await startTestService({ ...settings, PORT: String(first.port) });
  };
  const onPhase = (phase: Phase) => {
    if (phase === "returning") restarted = restart();
  };
  const { returned } = await runLoad(made, { onPhase }, never);
  await using _second = await restarted;
  assert.ok(returned && returned.seconds > 0);
});

Deno.test("runLoad() that is interrupted while members come back says how many are missing", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const life = new AbortController();
  const onPhase = (phase: Phase) => {
    if (phase === "returning") queueMicrotask(() => life.abort());
  };
  const made = plan(`${service.url}/ws`, jsonClientProtocol("attic"), {
    measureMs: 10,
    comeBack: "restart",
  });
  const { returned, lost } = await runLoad(made, { onPhase }, life.signal);
  assert.deepEqual([returned?.missing, returned?.failures, lost], [20, 0, 0]);
});

Deno.test("runLoad() reports its phases in order and waits for each callback", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const phases: Phase[] = [];
  const phase = async (phase: Phase) => {
    await new Promise((resolve) => setImmediate(resolve));
    phases.push(phase);
  };
  const short = plan(`${service.url}/ws`, jsonClientProtocol("attic"), { measureMs: 10 });
  await runLoad(short, { onPhase: phase }, never);
  assert.deepEqual(phases, ["connecting", "connected", "measuring", "measured", "done"]);
});

Deno.test("runLoad() that is interrupted returns the measurements so far", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const began = performance.now();
  const report = await run(plan(`${service.url}/ws`, jsonClientProtocol("attic")));
  assertWhole(report, 20);
  assert.ok(report.seconds > 0 && report.seconds <= (performance.now() - began) / 1000);
});

Deno.test("runLoad() that is interrupted while connecting rejects", async () => {
  await using service = await startTestService();
  const life = new AbortController();
  const watch = { onPhase: () => life.abort() };
  const running = runLoad(
    plan(`${service.url}/ws`, jsonClientProtocol("attic")),
    watch,
    life.signal,
  );
  await assert.rejects(running, { name: "AbortError" });
});

for (
  const [what, wrong] of [
    ["no member", { members: 0, publishers: 0 }],
    ["more publishers than members", { publishers: 21 }],
    ["a text that is too short", { textBytes: 28 }],
    ["a share of slow members above 1", { slowShare: 1.5 }],
  ] as const
) {
  Deno.test(`runLoad() rejects a plan with ${what}`, async () => {
    await assert.rejects(run(plan("ws://127.0.0.1:1/", textClientProtocol(), wrong)), RangeError);
  });
}

/** A chat that sends each text to all members, with the faults of `spoilt`. @param send Sends to one member. */
function faultyChat(
  spoil: (text: string, member: number, send: (text: string) => void, socket: WebSocket) => void,
) {
  const sockets: WebSocket[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => sockets.push(socket);
    socket.onmessage = ({ data }) =>
      sockets.forEach((it, member) => spoil(data, member, (text) => it.send(text), it));
    return response;
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Whether it is the text number 20 of publisher 1. */
const isTheOne = (text: string) => text.startsWith("~00001.00000020.");

Deno.test("runLoad() detects one text that one member does not receive", async () => {
  await using chat = faultyChat((text, member, send) => {
    if (!(isTheOne(text) && member === 5)) send(text);
  });
  const report = await run(plan(chat.url, textClientProtocol(), { warmupMs: 0 }));
  const { lost, doubled, deliveries, expected } = report;
  assert.deepEqual({ lost, doubled, missing: expected - deliveries }, {
    lost: 1,
    doubled: 0,
    missing: 1,
  });
});

Deno.test("runLoad() detects one text that one member receives twice", async () => {
  await using chat = faultyChat((text, member, send) => {
    send(text);
    if (isTheOne(text) && member === 5) send(text);
  });
  const { lost, doubled, outOfOrder } = await run(
    plan(chat.url, textClientProtocol(), { warmupMs: 0 }),
  );
  assert.deepEqual({ lost, doubled, outOfOrder }, { lost: 0, doubled: 1, outOfOrder: 0 });
});

Deno.test("runLoad() detects one text that one member receives after the next one", async () => {
  let held: string | undefined;
  await using chat = faultyChat((text, member, send) => {
    if (member !== 5) return send(text);
    if (isTheOne(text)) return void (held = text);
    send(text);
    if (held !== undefined && text.startsWith("~00001.")) send(held);
    if (text.startsWith("~00001.")) held = undefined;
  });
  const { lost, doubled, outOfOrder } = await run(
    plan(chat.url, textClientProtocol(), { warmupMs: 0 }),
  );
  assert.deepEqual({ lost, doubled, outOfOrder }, { lost: 0, doubled: 0, outOfOrder: 1 });
});

Deno.test("runLoad() continues after a publisher did not receive its own text", async () => {
  let goesOn = false;
  await using chat = faultyChat((text, member, send) => {
    if (!(isTheOne(text) && member === 1)) send(text);
    goesOn ||= text.startsWith("~00001.00000022.");
  });
  const { lost } = await run(plan(chat.url, textClientProtocol(), { warmupMs: 0 }), () => goesOn);
  assert.equal(lost, 1);
});

Deno.test("runLoad() reports closed members, their close codes, and the resulting losses", async () => {
  await using chat = faultyChat((text, member, send, socket) => {
    if (isTheOne(text) && member === 5) socket.close(4008, "too slow");
    else send(text);
  });
  const report = await run(plan(chat.url, textClientProtocol(), { warmupMs: 0 }));
  assert.deepEqual(report.disconnected, { count: 1, codes: { 4008: 1 } });
  assert.ok(report.lost > 0);
  assert.equal(report.expected - report.deliveries, report.lost);
});

Deno.test("runLoad() ends early when the server closes all connections", async () => {
  await using chat = faultyChat((text, _, send, socket) => {
    if (isTheOne(text)) socket.close(1012);
    else send(text);
  });
  const report = await run(plan(chat.url, textClientProtocol(), { warmupMs: 0 }), () => false);
  assert.deepEqual(report.disconnected, { count: 20, codes: { 1012: 20 } });
});
