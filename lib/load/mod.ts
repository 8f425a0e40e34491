/**
 * The load generator: one process connects many members of a chat over raw sockets and counts what they receive. `parley
 * bench` and the comparisons in `bench/` both use it; they import only from this file.
 * @module
 */
export * from "./plan.ts";
export {
  echoClientProtocol,
  jsonClientProtocol,
  jsonRoomsProtocol,
  textChatProtocol,
  textClientProtocol,
} from "./protocols.ts";
export { holdIdle, type IdleReport } from "./idle.ts";
export { fetchServerLimits, type ServerLimits } from "./server_limits.ts";
export { MARKER_BYTES } from "./marker.ts";
export { runLoad } from "./run.ts";
export { type ConnectStormReport, runConnectStorm } from "./connect_storm.ts";
export { ConnectFailed } from "./ws/handshake.ts";
