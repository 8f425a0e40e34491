/**
 * The command line of `parley bench`: what is to be loaded, how much, and what is wrong with what was asked for. Whether the
 * address may be loaded is not decided here.
 * @module
 */
import { parseRoom, ROOM_RULE } from "./names.ts";

/** What was asked for. */
export interface BenchOptions {
  /** `ws:` or `wss:`, with a path. */
  readonly url: URL;
  /** Connections. */
  readonly members: number;
  /** So many of them also speak. */
  readonly publishers: number;
  /** How long it is measured. */
  readonly seconds: number;
  /** Of each text. */
  readonly textBytes: number;
  /** Texts a second over all publishers, or so many on the way for each of them. */
  readonly pace:
    | { readonly kind: "open"; readonly perSecond: number }
    | { readonly kind: "closed"; readonly window: number };
  /** Undefined for a fresh one. */
  readonly room: string | undefined;
  /** Plain text, not `chat.v1.json`. */
  readonly isPlain: boolean;
  /** From 0 to 1. */
  readonly slowShare: number;
  /** Where the report goes; `-` for standard output. */
  readonly json: string | undefined;
  /** The host that was named as one that may be loaded, and whether that was meant. */
  readonly leave: { readonly host: string | undefined; readonly isReally: boolean };
}

/** Options, or a line for each thing that is wrong with them. */
export type BenchReading =
  | { readonly kind: "good"; readonly options: BenchOptions }
  | { readonly kind: "bad"; readonly problems: readonly string[] };

/** A flag: what comes after it (nothing for a switch), what is allowed, and what it is for. */
interface Flag {
  readonly value?: string;
  readonly allowed?: string;
  readonly about: string;
  readonly fits?: (text: string) => boolean;
}

const whole = (min: number, max: number) => ({
  value: "N",
  allowed: `a whole number, ${min}–${max}`,
  fits: (text: string) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
});
const number = (min: number, max: number) => ({
  value: "N",
  allowed: `a number, ${min}–${max}`,
  fits: (text: string) =>
    /^\d{1,9}(\.\d{1,6})?$/.test(text) && Number(text) >= min && Number(text) <= max,
});

/** What a text has at least, since what is counted by stands in it. */
const MIN_TEXT_BYTES = 29;

const FLAGS: Readonly<Record<string, Flag>> = {
  "--members": { ...whole(1, 100_000), about: "Connections, all in one room; default: 100" },
  "--publishers": {
    ...whole(1, 100_000),
    about: "So many of them also speak; default: 8, or all members where there are fewer",
  },
  "--seconds": { ...number(0.1, 86_400), about: "How long it is measured; default: 10" },
  "--text-bytes": { ...whole(MIN_TEXT_BYTES, 1_000_000), about: "Length of a text; default: 64" },
  "--rate": {
    ...number(0.001, 1_000_000),
    about: "Texts a second from all publishers together; default: 40",
  },
  "--closed": {
    ...whole(1, 10_000),
    about: "Instead of a rate: each has N texts on the way, and says the next when one comes back",
  },
  "--room": {
    value: "ROOM",
    allowed: ROOM_RULE,
    fits: (text) => parseRoom(text) !== undefined,
    about: "The room; default: a fresh one",
  },
  "--plain": { about: "Speak plain text instead of chat.v1.json" },
  "--slow": { ...number(0, 1), about: "That share of the members reads nothing; default: 0" },
  "--json": {
    value: "FILE",
    allowed: "a file, or - for standard output",
    fits: (text) => text !== "",
    about: "Write the report as JSON; - for standard output",
  },
  "--i-may-load-this-host": {
    value: "HOST",
    allowed: "the host of the address",
    fits: (text) => text !== "",
    about: "Together with --really: load an address that is not of a private network",
  },
  "--really": { about: "See above" },
};

/** Reads the arguments after `bench`. */
export function readBenchOptions(args: readonly string[]): BenchReading {
  const { values, addresses, problems } = split(args);
  const url = readAddress(addresses, problems);
  if (values.has("--rate") && values.has("--closed")) {
    problems.push("--rate and --closed are two ways to speak: give one of them");
  }
  const members = Number(values.get("--members") ?? 100);
  const publishers = Number(values.get("--publishers") ?? Math.min(8, members));
  if (publishers > members) {
    problems.push(
      `--publishers is ${publishers}: allowed: at most as many as members (${members})`,
    );
  }
  if (url === undefined || problems.length > 0) return { kind: "bad", problems };
  return { kind: "good", options: { url, members, publishers, ...rest(values) } };
}

function rest(
  values: ReadonlyMap<string, string>,
): Omit<BenchOptions, "url" | "members" | "publishers"> {
  const closed = values.get("--closed");
  return {
    seconds: Number(values.get("--seconds") ?? 10),
    textBytes: Number(values.get("--text-bytes") ?? 64),
    pace: closed === undefined
      ? { kind: "open", perSecond: Number(values.get("--rate") ?? 40) }
      : { kind: "closed", window: Number(closed) },
    room: values.get("--room"),
    isPlain: values.has("--plain"),
    slowShare: Number(values.get("--slow") ?? 0),
    json: values.get("--json"),
    leave: { host: values.get("--i-may-load-this-host"), isReally: values.has("--really") },
  };
}

/** Flags with their values, and what is no flag. */
function split(args: readonly string[]) {
  const values = new Map<string, string>();
  const addresses: string[] = [];
  const problems: string[] = [];
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (!arg.startsWith("--")) {
      addresses.push(arg);
      continue;
    }
    const [, name = "", given] = /^([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    const value = flag?.value === undefined ? given : given ?? valueAfter(left);
    const problem = flag === undefined
      ? `${name} is not known; --help lists what is`
      : problemOf(name, flag, value);
    if (problem !== undefined) problems.push(problem);
    values.set(name, value ?? "");
  }
  return { values, addresses, problems };
}

function valueAfter(left: string[]): string | undefined {
  return left[0]?.startsWith("--") ? undefined : left.shift();
}

function problemOf(name: string, flag: Flag, value: string | undefined): string | undefined {
  if (flag.value === undefined) return value === undefined ? undefined : `${name} takes no value`;
  if (value === undefined) return `${name} needs a value after it: ${flag.allowed}`;
  return flag.fits?.(value)
    ? undefined
    : `${name} is ${JSON.stringify(value)}: allowed: ${flag.allowed}`;
}

/** One address; without a path it is the chat's. */
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

/** What `--help` says of it, a line each. */
export function benchHelp(): string[] {
  return Object.entries(FLAGS).flatMap(([name, { value, allowed, about }]) => [
    `  ${name}${value === undefined ? "" : ` ${value}`}`,
    `      ${about}${allowed === undefined ? "" : `; ${allowed}`}`,
  ]);
}
