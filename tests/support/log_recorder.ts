/**
 * Records what this process logs, for tests of logging.
 * @module
 */
import { configure, type LogRecord, reset } from "@logtape/logtape";

/** Records until disposed. One at a time. */
export class LogRecorder implements AsyncDisposable {
  readonly #records: LogRecord[] = [];

  private constructor() {}

  static async start(): Promise<LogRecorder> {
    const recorder = new LogRecorder();
    await configure({
      reset: true,
      sinks: { record: (record) => void recorder.#records.push(record) },
      loggers: [
        { category: "parley", sinks: ["record"], lowestLevel: "info" },
        { category: ["logtape", "meta"], lowestLevel: "warning", sinks: [] },
      ],
    });
    return recorder;
  }

  /** The fields of each event of this name. */
  fields(event: string): readonly Readonly<Record<string, unknown>>[] {
    const records = this.#records.filter(({ message }) => message.join("") === event);
    return records.map(({ properties }) => properties);
  }

  /** Everything that was logged. */
  get text(): string {
    return JSON.stringify(this.#records);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await reset();
  }
}
