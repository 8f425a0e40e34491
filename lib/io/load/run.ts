/**
 * One run: gathers the crowd, lets the publishers speak, measures for a while, waits for what is on its way, and reports.
 * Nothing here knows what is being spoken, only that texts come back.
 * @module
 */
import { systemClock } from "../../chat/clock.ts";
import { Crowd } from "./crowd.ts";
import { markedText, MARKER_BYTES, MARKER_LIMITS } from "./marker.ts";
import { type Pacing, pacingOf } from "./pace.ts";
import type { LoadPlan, LoadReport, Phase, Watch } from "./plan.ts";
import { slowOf, spreadOf, Tally } from "./tally.ts";

const PROGRESS_MS = 250;
/** A server may take a second to find what it has lost. */
const QUIET_MS = 3_000;
/** So long is waited for what is on its way. */
const DRAIN_MS = 30_000;
/** The same where somebody wants it to end. */
const HASTY_DRAIN_MS = 2_000;

/**
 * Does what the plan says. Rejects with ConnectFailed where not all could be connected, with RangeError where the plan makes
 * no sense, and with the signal's reason where it aborts before measuring has begun; later it ends what is going on, and
 * reports of what there is.
 */
export async function runLoad(
  plan: LoadPlan,
  watch: Watch,
  signal: AbortSignal,
): Promise<LoadReport> {
  checkPlan(plan);
  const run = new Run(plan);
  using _telling = run.tell(watch);
  await run.enter("connecting", watch);
  await using crowd = run.crowd;
  await crowd.gather(signal);
  signal.throwIfAborted();
  await run.enter("connected", watch);
  await run.speak(watch, signal);
  await run.drain(signal);
  await run.enter("done", watch);
  return run.report();
}

class Run {
  readonly crowd: Crowd;
  readonly #plan: LoadPlan;
  readonly #tally: Tally;
  readonly #pacing: Pacing;
  #phase: Phase = "connecting";

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#tally = new Tally(plan);
    this.#pacing = pacingOf(plan.pace, plan.publishers, (who, late) => this.#say(who, late));
    const { url, dialogue, connectsAtOnce, members, unhurried } = plan;
    const isPrompt = (index: number) => isPromptIn(plan, index);
    this.crowd = new Crowd({
      ...{ url, dialogue, connectsAtOnce, count: members },
      unhurried: unhurried && { restMs: unhurried.restMs, isPrompt },
      heardItself: (member, seq) => this.#pacing.heardItself(member, seq),
    }, this.#tally);
  }

  enter(phase: Phase, watch: Watch): void | Promise<void> {
    this.#phase = phase;
    return watch.phase(phase);
  }

  /** Tells where it stands, until it is disposed. */
  tell(watch: Watch): Disposable {
    const { crowd } = this;
    const timer = setInterval(() => {
      const { connected, ready } = crowd;
      const { said, heard } = this.#tally;
      watch.progress?.({ phase: this.#phase, connected, ready, said, heard });
    }, PROGRESS_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** Warms up, and measures. */
  async speak(watch: Watch, signal: AbortSignal): Promise<void> {
    const { warmupMs, measureMs } = this.#plan;
    const silence = new AbortController();
    const speaking = this.#pacing.run(silence.signal);
    const life = AbortSignal.any([signal, this.crowd.deserted]);
    await systemClock.sleep(warmupMs, life);
    await this.enter("measuring", watch);
    this.#deafen();
    this.#tally.begin();
    await systemClock.sleep(measureMs, life);
    silence.abort();
    this.#tally.end();
    await this.enter("measured", watch);
    await speaking;
  }

  /** Waits for what is on its way. */
  async drain(signal: AbortSignal): Promise<void> {
    const { quietMs = QUIET_MS } = this.#plan;
    const began = systemClock.now();
    let heard = this.#tally.heard;
    let heardAt = began;
    const never = new AbortController().signal;
    while (!this.#tally.isComplete && !this.crowd.deserted.aborted) {
      const now = systemClock.now();
      if (this.#tally.heard > heard) heardAt = now;
      heard = this.#tally.heard;
      const limit = signal.aborted ? HASTY_DRAIN_MS : DRAIN_MS;
      if (now - heardAt > quietMs || now - began > limit) return;
      await systemClock.sleep(10, never);
    }
  }

  report(): LoadReport {
    const { members, publishers } = this.#plan;
    const { ledger, latencies, seconds, arrived } = this.#tally;
    const { crowd } = this;
    return {
      members,
      publishers,
      slow: slowOf(this.#plan),
      seconds,
      said: ledger.said,
      expected: ledger.expected,
      deliveries: ledger.deliveries,
      arrived,
      deliveriesPerSecond: seconds > 0 ? arrived / seconds : 0,
      lost: ledger.expected - ledger.deliveries,
      doubled: ledger.doubled,
      outOfOrder: ledger.outOfOrder,
      connectMs: { total: crowd.connectMs, ...spreadOf(crowd.handshakes, 1000) },
      readyMs: crowd.readyMs,
      latencyMicros: spreadOf(latencies),
      disconnected: crowd.disconnected,
      behindMs: this.#pacing.behindMs,
      histogram: latencies.steps().map(({ upTo, count }) => ({ upToMicros: upTo, count })),
    };
  }

  #deafen(): void {
    const slow = slowOf(this.#plan);
    if (slow > 0) this.crowd.members.slice(-slow).forEach((member) => member.becomeDeaf());
  }

  #say(publisher: number, lateMs: number): void {
    const link = this.crowd.members[publisher]?.link;
    if (!link?.isOpen) return;
    const seq = this.#tally.ledger.say(publisher);
    const saidMicros = this.#tally.micros() - Math.round(lateMs * 1000);
    const text = markedText(publisher, seq, saidMicros, this.#plan.textBytes);
    link.send(this.#plan.dialogue.say(text, `${publisher}.${seq}`));
    this.#tally.said += 1;
  }
}

/** Evenly among all who do not speak: a server that goes through its sockets in their order reaches the last ones last. */
function isPromptIn({ publishers, members, unhurried }: LoadPlan, index: number): boolean {
  if (unhurried === undefined || index < publishers) return true;
  return (index - publishers) * unhurried.prompt % (members - publishers) < unhurried.prompt;
}

function checkPlan(plan: LoadPlan): void {
  const { members, publishers, textBytes, slowShare } = plan;
  const wrong = !(members >= 1)
    ? `members must be >= 1: received ${members}`
    : !(publishers >= 0 && publishers <= Math.min(members, MARKER_LIMITS.publisher))
    ? `publishers must be members, and at most ${MARKER_LIMITS.publisher}: received ${publishers}`
    : !(textBytes >= MARKER_BYTES)
    ? `textBytes must be >= ${MARKER_BYTES}: received ${textBytes}`
    : !(slowShare >= 0 && slowShare <= 1)
    ? `slowShare must be 0 to 1: received ${slowShare}`
    : undefined;
  if (wrong) throw new RangeError(`Cannot make load: ${wrong}`);
}
