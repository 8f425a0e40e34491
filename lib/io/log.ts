/**
 * The service's log, by LogTape: one event a line, flat fields, never a message's text or a secret. It goes to standard
 * error, so that standard output stays free for the one line that says where the service is.
 * @module
 */
import {
  configure,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";

/** The fields of an event: flat, and never a message's text or a secret. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** Takes one event, named in the past tense: `session.parked`. */
export type Teller = (event: string, fields?: Fields) => void;

/** The service's log. */
export interface Log {
  /** For those who look for a fault. */
  readonly debug: Teller;
  /** What one would want to read the next morning. */
  readonly info: Teller;
  /** What is wrong and mends itself. */
  readonly warn: Teller;
  /** What somebody should look at. */
  readonly error: Teller;
}

/** The service's log; silent until {@linkcode openLog}. */
export const log: Log = getLogger("parley");

const encoder = new TextEncoder();

/**
 * Sets the log up for this isolate. `auto` is lines for people on a terminal, and JSON lines otherwise.
 *
 * @param isolate Its number, for all its events; the main isolate has none.
 */
export async function openLog(
  settings: {
    readonly logLevel: "debug" | "info" | "warning" | "error";
    readonly logFormat: "auto" | "text" | "json";
  },
  isolate?: number,
): Promise<void> {
  const format = formatter(settings.logFormat, Deno.stderr.isTerminal(), Deno.noColor);
  const of = isolate === undefined ? {} : { isolate };
  const write = (record: LogRecord) => {
    const line = format({ ...record, properties: { ...record.properties, ...of } });
    Deno.stderr.writeSync(encoder.encode(line));
  };
  await configure({
    sinks: { stderr: write },
    loggers: [
      { category: "parley", sinks: ["stderr"], lowestLevel: settings.logLevel },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
}

function formatter(
  format: "auto" | "text" | "json",
  isTerminal: boolean,
  noColor: boolean,
): TextFormatter {
  if (format === "json" || (format === "auto" && !isTerminal)) {
    return getJsonLinesFormatter({ properties: "flatten" });
  }
  const lines = isTerminal && !noColor ? getAnsiColorFormatter() : getTextFormatter();
  return (record) => lines({ ...record, message: [record.message.join("") + fields(record)] });
}

/** The event's fields behind its name, since a line's format alone would leave them out. */
function fields(record: LogRecord): string {
  return Object.entries(record.properties).map(([key, value]) => ` ${key}=${String(value)}`).join(
    "",
  );
}
