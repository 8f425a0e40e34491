/**
 * One run: connects the members, lets the publishers send, measures, waits for texts in flight, and reports. It does not
 * depend on the protocol; it only expects to receive the texts that it sends.
 * @module
 */
import { systemClock } from "../chat/ports/clock.ts";
import { LoadClients } from "./clients.ts";
import { markedText, MARKER_BYTES, MARKER_LIMITS } from "./marker.ts";
import { type Pacing, pacingOf } from "./pacing.ts";
import type { LoadObserver, LoadPlan, LoadReport, Phase, ReturnReport } from "./plan.ts";
import { LoadCounters, percentilesOf, slowReaderCount } from "./stats/counters.ts";

const PROGRESS_MS = 250;
/** A server may take a second to fill a gap. */
const QUIET_MS = 3_000;
/** Maximum time to wait for texts in flight. */
const DRAIN_MS = 30_000;
/** The same after an abort. */
const HASTY_DRAIN_MS = 2_000;

/**
 * Runs the plan. Rejects with ConnectFailed if not all members can be connected, with RangeError if the plan is
 * invalid, and with the signal's reason if it aborts before the measurement. If it aborts later, the run ends early and
 * the report covers the time until then.
 */
export async function runLoad(
  plan: LoadPlan,
  observer: LoadObserver,
  signal: AbortSignal,
): Promise<LoadReport> {
  checkPlan(plan);
  const run = new Run(plan);
  using _reporting = run.reportProgress(observer);
  await run.enterPhase("connecting", observer);
  await using clients = run.clients;
  await clients.connectAll(signal);
  signal.throwIfAborted();
  await run.enterPhase("connected", observer);
  await run.measure(observer, signal);
  await run.drain(signal);
  await run.comeBack(observer, signal);
  await run.enterPhase("done", observer);
  return run.report();
}

class Run {
  readonly clients: LoadClients;
  readonly #plan: LoadPlan;
  readonly #counters: LoadCounters;
  readonly #pacing: Pacing;
  #phase: Phase = "connecting";
  #returned: ReturnReport | undefined;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#counters = new LoadCounters(plan);
    this.#pacing = pacingOf(plan.pace, plan.publishers, (who, late) => this.#sendText(who, late));
    const { url, protocol, connectsAtOnce, members, unhurried } = plan;
    const isPrompt = (index: number) => isPromptIn(plan, index);
    this.clients = new LoadClients({
      ...{ url, protocol, connectsAtOnce, count: members },
      unhurried: unhurried && { restMs: unhurried.restMs, isPrompt },
      onOwnText: (member, seq) => this.#pacing.onOwnText(member, seq),
    }, this.#counters);
  }

  enterPhase(phase: Phase, observer: LoadObserver): void | Promise<void> {
    this.#phase = phase;
    return observer.onPhase(phase);
  }

  /** Reports progress to the observer until disposed. */
  reportProgress(observer: LoadObserver): Disposable {
    const { clients } = this;
    const timer = setInterval(() => {
      const { connected, ready } = clients;
      const { said, received } = this.#counters;
      observer.onProgress?.({ phase: this.#phase, connected, ready, said, received });
    }, PROGRESS_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  async measure(observer: LoadObserver, signal: AbortSignal): Promise<void> {
    const { warmupMs, measureMs } = this.#plan;
    const stopSending = new AbortController();
    const sending = this.#pacing.run(stopSending.signal);
    const life = AbortSignal.any([signal, this.clients.allEnded]);
    await systemClock.sleep(warmupMs, life);
    await this.enterPhase("measuring", observer);
    this.#stopSlowReaders();
    this.#counters.begin();
    await systemClock.sleep(measureMs, life);
    stopSending.abort();
    this.#counters.end();
    await this.enterPhase("measured", observer);
    await sending;
  }

  /** Waits for texts in flight. */
  async drain(signal: AbortSignal): Promise<void> {
    const { quietMs = QUIET_MS } = this.#plan;
    const began = systemClock.now();
    let received = this.#counters.received;
    let receivedAt = began;
    const never = new AbortController().signal;
    while (!this.#counters.isComplete && !this.clients.allEnded.aborted) {
      const now = systemClock.now();
      if (this.#counters.received > received) receivedAt = now;
      received = this.#counters.received;
      const limit = signal.aborted ? HASTY_DRAIN_MS : DRAIN_MS;
      if (now - receivedAt > quietMs || now - began > limit) return;
      await systemClock.sleep(10, never);
    }
  }

  /** Lets all members come back, if they are to. */
  async comeBack(observer: LoadObserver, signal: AbortSignal): Promise<void> {
    const { comeBack } = this.#plan;
    if (comeBack === undefined || signal.aborted) return;
    await this.enterPhase("returning", observer);
    this.#returned = await this.clients.comeBack(comeBack, signal);
  }

  report(): LoadReport {
    const { members, publishers } = this.#plan;
    const { ledger, latencies, seconds, arrived } = this.#counters;
    const { clients } = this;
    return {
      members,
      publishers,
      slow: slowReaderCount(this.#plan),
      seconds,
      said: ledger.said,
      expected: ledger.expected,
      deliveries: ledger.deliveries,
      arrived,
      deliveriesPerSecond: seconds > 0 ? arrived / seconds : 0,
      lost: ledger.expected - ledger.deliveries,
      doubled: ledger.doubled,
      outOfOrder: ledger.outOfOrder,
      connectMs: { total: clients.connectMs, ...percentilesOf(clients.handshakes, 1000) },
      readyMs: clients.readyMs,
      latencyMicros: percentilesOf(latencies),
      disconnected: clients.disconnected,
      behindMs: this.#pacing.behindMs,
      returned: this.#returned,
      histogram: latencies.steps().map(({ upTo, count }) => ({ upToMicros: upTo, count })),
    };
  }

  #stopSlowReaders(): void {
    const slow = slowReaderCount(this.#plan);
    if (slow > 0) this.clients.all.slice(-slow).forEach((client) => client.stopReading());
  }

  #sendText(publisher: number, lateMs: number): void {
    const connection = this.clients.all[publisher]?.connection;
    if (!connection?.isOpen) return;
    const seq = this.#counters.ledger.nextSeq(publisher);
    const saidMicros = this.#counters.micros() - Math.round(lateMs * 1000);
    const text = markedText(publisher, seq, saidMicros, this.#plan.textBytes);
    connection.send(this.#plan.protocol.encodeSay(text, `${publisher}.${seq}`, publisher, seq));
    this.#counters.said += 1;
  }
}

/** Spreads the prompt members evenly: a server that sends in the order of its sockets reaches the last ones last. */
function isPromptIn({ publishers, members, unhurried }: LoadPlan, index: number): boolean {
  if (unhurried === undefined || index < publishers) return true;
  return (index - publishers) * unhurried.prompt % (members - publishers) < unhurried.prompt;
}

function checkPlan(plan: LoadPlan): void {
  const { members, publishers, textBytes, slowShare, groups = 1 } = plan;
  const wrong = !(members >= 1)
    ? `members must be >= 1: received ${members}`
    : !(publishers >= 0 && publishers <= Math.min(members, MARKER_LIMITS.publisher))
    ? `publishers must be members, and at most ${MARKER_LIMITS.publisher}: received ${publishers}`
    : !(textBytes >= MARKER_BYTES)
    ? `textBytes must be >= ${MARKER_BYTES}: received ${textBytes}`
    : !(groups >= 1 && members % groups === 0)
    ? `groups must divide members: received ${groups}`
    : slowShare > 0 && groups > 1
    ? "members of several groups cannot be slow"
    : !(slowShare >= 0 && slowShare <= 1)
    ? `slowShare must be 0 to 1: received ${slowShare}`
    : undefined;
  if (wrong) throw new RangeError(`Cannot make load: ${wrong}`);
}
