/**
 * What the isolates of one process ask of each other, and what passes between them when one starts. All of it goes
 * through `postMessage`, so there is nothing here but plain values.
 * @module
 */
import type { ServingBus } from "../../chat/bus.ts";
import type { Census } from "../../chat/heartbeat.ts";
import type { AdmissionRefusal, Charge } from "../../core/admissions.ts";
import type { Config } from "../../core/config.ts";
import type { Report } from "../front.ts";
import type { DrainKind } from "../drain.ts";
import type { Readiness } from "../readiness.ts";
import type { Post } from "./line.ts";

/** What the main isolate answers. */
export type MainAnswers = {
  /** Takes a place in the quota: null, or the limit that refuses it. */
  readonly enter: (key: string) => Promise<AdmissionRefusal | null>;
  /** Gives one back. */
  readonly exit: (key: string) => void;
  /** Charges an address. */
  readonly charge: (key: string, what: Charge) => void;
  /** Resolves when it is known. */
  readonly secret: () => Promise<string>;
  /** Of the whole process. */
  readonly census: () => Promise<Census>;
  /** Of the whole process. */
  readonly readiness: () => Promise<Readiness>;
  /** Of the whole process. */
  readonly metrics: () => Promise<string>;
} & { readonly [V in keyof ServingBus]: ServingBus[V] };

/** What a serving isolate answers. */
export type ServingAnswers = {
  /** Tells of itself. */
  readonly report: () => Promise<Report>;
  /** Says goodbye to all. */
  readonly drain: (kind: DrainKind) => Promise<void>;
  /** Parks the connections with the largest backlogs. */
  readonly relieve: () => Promise<void>;
};

/** The first thing that a serving isolate is told. */
export interface Start {
  /** All settings. */
  readonly config: Config;
  /** The name of the process's bridge. */
  readonly channel: string;
  /** The port that all isolates listen on. */
  readonly port: number;
  /** Which one it is, from 1; one that replaces another has a new number. */
  readonly number: number;
}

/** To a serving isolate. The start brings a port along, which is closed when the isolate has ended. */
export type ToServing =
  | { readonly kind: "start"; readonly start: Start }
  | { readonly kind: "post"; readonly post: Post };

/** From a serving isolate. */
export type FromServing =
  | { readonly kind: "up" }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "post"; readonly post: Post };
