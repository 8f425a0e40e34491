/**
 * Parses and validates the command line of `parley bench`. `host_check.ts` decides whether the host may be put under load.
 * @module
 */
import { splitArguments } from "../../core/command_line/arguments.ts";
import { parseRoom, ROOM_RULE } from "../../core/names/names.ts";

/** The validated options. */
export interface BenchOptions {
  /** `ws:` or `wss:`, with a path. */
  readonly url: URL;
  /** Number of connections. */
  readonly members: number;
  /** Number of members that also send. */
  readonly publishers: number;
  /** Duration of the measurement. */
  readonly seconds: number;
  /** Length of each text. */
  readonly textBytes: number;
  /** Open: texts per second over all publishers. Closed: texts in flight for each publisher. */
  readonly pace:
    | { readonly kind: "open"; readonly perSecond: number }
    | { readonly kind: "closed"; readonly window: number };
  /** Undefined for a new room. With several rooms, the beginning of their names. */
  readonly room: string | undefined;
  /** Number of rooms. */
  readonly rooms: number;
  /** Number of rooms that each member joins; divides `rooms`. */
  readonly roomsEach: number;
  /** Whether all members come back in the end; see `LoadPlan`. */
  readonly comeBack: "cut" | "restart" | undefined;
  /** Whether to use plain text instead of `chat.v1.json`. */
  readonly isPlain: boolean;
  /** Share of members that read nothing, from 0 to 1. */
  readonly slowShare: number;
  /** File for the JSON report; `-` for standard output; undefined for none. */
  readonly json: string | undefined;
  /** The host named in `--i-may-load-this-host`, and whether `--really` confirms it. */
  readonly consent: { readonly host: string | undefined; readonly isConfirmed: boolean };
}

/** The options, or one line for each problem. */
export type BenchOptionsResult =
  | { readonly kind: "good"; readonly options: BenchOptions }
  | { readonly kind: "bad"; readonly problems: readonly string[] };

/** A flag: placeholder of its value (undefined for a switch), allowed values, and purpose. */
interface Flag {
  readonly value?: string;
  readonly allowed?: string;
  readonly description: string;
  readonly isValid?: (text: string) => boolean;
}

const whole = (min: number, max: number) => ({
  value: "N",
  allowed: `a whole number, ${min}–${max}`,
  isValid: (text: string) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
});
const number = (min: number, max: number) => ({
  value: "N",
  allowed: `a number, ${min}–${max}`,
  isValid: (text: string) =>
    /^\d{1,9}(\.\d{1,6})?$/.test(text) && Number(text) >= min && Number(text) <= max,
});

/** Length of the marker that each text contains. */
const MIN_TEXT_BYTES = 29;

const FLAGS: Readonly<Record<string, Flag>> = {
  "--members": { ...whole(1, 100_000), description: "Connections; default: 100" },
  "--rooms": {
    ...whole(1, 1_000_000),
    description: "Rooms, all with the same number of members; default: 1",
  },
  "--rooms-each": {
    ...whole(1, 1_000),
    description: "Number of rooms that each member joins; default: 1",
  },
  "--publishers": {
    ...whole(1, 100_000),
    description: "Number of members that also send; default: 8, or all members if fewer",
  },
  "--seconds": {
    ...number(0.1, 86_400),
    description: "Duration of the measurement in seconds; default: 10",
  },
  "--text-bytes": {
    ...whole(MIN_TEXT_BYTES, 1_000_000),
    description: "Length of each text in bytes; default: 64",
  },
  "--rate": {
    ...number(0.001, 1_000_000),
    description: "Texts per second from all publishers together; default: 40",
  },
  "--closed": {
    ...whole(1, 10_000),
    description:
      "Instead of a rate: each publisher keeps N texts in flight, and sends the next when one returns",
  },
  "--room": {
    value: "ROOM",
    allowed: ROOM_RULE,
    isValid: (text) => parseRoom(text) !== undefined,
    description: "The room; default: a new one",
  },
  "--plain": { description: "Use plain text instead of chat.v1.json" },
  "--slow": { ...number(0, 1), description: "Share of members that read nothing; default: 0" },
  "--come-back": {
    value: "AFTER",
    allowed: "cut or restart",
    isValid: (text) => text === "cut" || text === "restart",
    description:
      "At the end, all members come back at once: after their connections are cut here, or after you restart the service",
  },
  "--json": {
    value: "FILE",
    allowed: "a file, or - for standard output",
    isValid: (text) => text !== "",
    description: "Write the report as JSON; - for standard output",
  },
  "--i-may-load-this-host": {
    value: "HOST",
    allowed: "the host of the address",
    isValid: (text) => text !== "",
    description: "Together with --really: allow a host outside private networks",
  },
  "--really": { description: "See above" },
};

/** Parses the arguments after `bench`. */
export function readBenchOptions(args: readonly string[]): BenchOptionsResult {
  const { values, addresses, problems } = parseFlags(args);
  const url = readAddress(addresses, problems);
  if (values.has("--rate") && values.has("--closed")) {
    problems.push("--rate and --closed exclude each other: give one of them");
  }
  const members = Number(values.get("--members") ?? 100);
  const publishers = Number(values.get("--publishers") ?? Math.min(8, members));
  if (publishers > members) {
    problems.push(
      `--publishers is ${publishers}: allowed: at most as many as members (${members})`,
    );
  }
  problems.push(...roomProblems(values, members));
  if (values.has("--slow") && values.has("--come-back")) {
    problems.push("--slow and --come-back exclude each other");
  }
  if (url === undefined || problems.length > 0) return { kind: "bad", problems };
  return { kind: "good", options: { url, members, publishers, ...otherOptions(values) } };
}

/** The number of rooms, and of those that each member joins. */
function roomCounts(values: ReadonlyMap<string, string>): readonly [number, number] {
  return [Number(values.get("--rooms") ?? 1), Number(values.get("--rooms-each") ?? 1)];
}

function roomProblems(values: ReadonlyMap<string, string>, members: number): readonly string[] {
  const [rooms, each] = roomCounts(values);
  if (rooms === 1 && each === 1) return [];
  const excluded = ["--plain", "--slow"].filter((it) => values.has(it));
  const others = excluded.map((it) => `${it} and several rooms exclude each other`);
  if (!(rooms % each === 0)) {
    return [...others, `--rooms is ${rooms}: allowed: a multiple of --rooms-each (${each})`];
  }
  const groups = rooms / each;
  if (members % groups === 0) return others;
  return [
    ...others,
    `--members is ${members}: allowed: a multiple of ${groups}, so that all rooms have as many`,
  ];
}

function otherOptions(
  values: ReadonlyMap<string, string>,
): Omit<BenchOptions, "url" | "members" | "publishers"> {
  const closed = values.get("--closed");
  const comeBack = values.get("--come-back");
  const [rooms, roomsEach] = roomCounts(values);
  return {
    seconds: Number(values.get("--seconds") ?? 10),
    textBytes: Number(values.get("--text-bytes") ?? 64),
    pace: closed === undefined
      ? { kind: "open", perSecond: Number(values.get("--rate") ?? 40) }
      : { kind: "closed", window: Number(closed) },
    room: values.get("--room"),
    rooms,
    roomsEach,
    comeBack: comeBack === "cut" || comeBack === "restart" ? comeBack : undefined,
    isPlain: values.has("--plain"),
    slowShare: Number(values.get("--slow") ?? 0),
    json: values.get("--json"),
    consent: { host: values.get("--i-may-load-this-host"), isConfirmed: values.has("--really") },
  };
}

/** Validates flags, and separates them from other arguments. */
function parseFlags(args: readonly string[]) {
  const { flags, words } = splitArguments(args, (name) => flagNamed(name)?.value !== undefined);
  const problems = flags.flatMap(({ name, value }) =>
    problemOf(name, flagNamed(name), value) ?? []
  );
  const values = new Map(flags.map(({ name, value = "" }) => [name, value]));
  return { values, addresses: words, problems };
}

function flagNamed(name: string): Flag | undefined {
  return Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
}

function problemOf(
  name: string,
  flag: Flag | undefined,
  value: string | undefined,
): string | undefined {
  if (flag === undefined) return `${name} is not known; --help lists what is`;
  if (flag.value === undefined) return value === undefined ? undefined : `${name} takes no value`;
  if (value === undefined) return `${name} needs a value after it: ${flag.allowed}`;
  return flag.isValid?.(value)
    ? undefined
    : `${name} is ${JSON.stringify(value)}: allowed: ${flag.allowed}`;
}

/** Reads the only address; without a path, the path is `/ws`. */
function readAddress(addresses: readonly string[], problems: string[]): URL | undefined {
  const [address, ...more] = addresses;
  if (address === undefined || more.length > 0) {
    problems.push("bench needs one address, such as ws://127.0.0.1:8080/ws");
    return undefined;
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^wss?:$/.test(url.protocol)) {
    problems.push(`the address is ${JSON.stringify(address)}: allowed: ws://… or wss://…`);
    return undefined;
  }
  if (url.pathname === "/") url.pathname = "/ws";
  url.hash = "";
  return url;
}

/** The lines about `bench` in `--help`. */
export function benchHelp(): string[] {
  return Object.entries(FLAGS).flatMap(([name, { value, allowed, description }]) => [
    `  ${name}${value === undefined ? "" : ` ${value}`}`,
    `      ${description}${allowed === undefined ? "" : `; ${allowed}`}`,
  ]);
}
