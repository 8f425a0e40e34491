/**
 * The load generator: many members of one chat in one process, over raw sockets, who count what they hear. It is the same
 * for `parley bench` and for the comparisons in `bench/`; everything that these need comes from here.
 * @module
 */
export * from "./plan.ts";
export { chatDialogue, echoDialogue, textDialogue } from "./dialogues.ts";
export { type IdleReport, openIdle } from "./idle.ts";
export { askLimits, type ServerLimits } from "./limits.ts";
export { MARKER_BYTES } from "./marker.ts";
export { runLoad } from "./run.ts";
export { stormConnects, type StormReport } from "./storm.ts";
export { ConnectFailed } from "./target.ts";
