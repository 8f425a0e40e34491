/**
 * The logger of the service. LogTape writes its records to standard error: one event per line, with flat fields.
 * Do not log a message's text, a token or a secret. Do not write to standard output, which has only the line with the
 * service's address.
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

/** The fields of an event: flat values, never a message's text, a token or a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Logs one event, named in the past tense: `connection.parked`. */
export type LogFunction = (event: string, fields?: LogFields) => void;

/** Logs events at four levels. */
export interface Logger {
  /** Details for debugging. */
  readonly debug: LogFunction;
  /** Normal events that operators may want to review. */
  readonly info: LogFunction;
  /** Problems that the service recovers from. */
  readonly warn: LogFunction;
  /** Problems that need an operator. */
  readonly error: LogFunction;
}

/** The logger of the service; discards events until {@linkcode configureLogger} is called. */
export const logger: Logger = getLogger("parley");

const encoder = new TextEncoder();

/**
 * Configures logging in this worker or the main thread. The format `auto` is text on a terminal, and JSON lines otherwise.
 *
 * @param worker Number of the worker, added to all its events; undefined on the main thread.
 */
export async function configureLogger(
  settings: {
    readonly logLevel: "debug" | "info" | "warning" | "error";
    readonly logFormat: "auto" | "text" | "json";
  },
  worker?: number,
): Promise<void> {
  const format = formatter(settings.logFormat, Deno.stderr.isTerminal(), Deno.noColor);
  const origin = worker === undefined ? {} : { worker };
  const write = (record: LogRecord) => {
    const line = format({ ...record, properties: { ...record.properties, ...origin } });
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
  const formatLine = isTerminal && !noColor ? getAnsiColorFormatter() : getTextFormatter();
  return (record) =>
    formatLine({ ...record, message: [record.message.join("") + formatFields(record)] });
}

/** Formats the fields for a text line, since LogTape's text formatters omit them. */
function formatFields(record: LogRecord): string {
  return Object.entries(record.properties).map(([key, value]) => ` ${key}=${String(value)}`).join(
    "",
  );
}
