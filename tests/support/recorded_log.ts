/**
 * Records what this process logs, for tests of the log.
 * @module
 */
import { configure, type LogRecord, reset } from "@logtape/logtape";

/** Records until disposed. One at a time. */
export class RecordedLog implements AsyncDisposable {
  readonly #records: LogRecord[] = [];

  private constructor() {}

  static async start(): Promise<RecordedLog> {
    const log = new RecordedLog();
    await configure({
      reset: true,
      sinks: { record: (record) => void log.#records.push(record) },
      loggers: [
        { category: "parley", sinks: ["record"], lowestLevel: "info" },
        { category: ["logtape", "meta"], lowestLevel: "warning", sinks: [] },
      ],
    });
    return log;
  }

  /** The fields of each event of this name. */
  fields(event: string): readonly Readonly<Record<string, unknown>>[] {
    const records = this.#records.filter(({ message }) => message.join("") === event);
    return records.map(({ properties }) => properties);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await reset();
  }
}
