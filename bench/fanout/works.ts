/**
 * All works, in the order in which they are run and reported.
 * @module
 */
import type { Work } from "./work.ts";
import { IDLE_WORK, STORM } from "./works/connections.ts";
import { ECHO } from "./works/echo.ts";
import { EVENTS } from "./works/events.ts";
import { FANOUTS } from "./works/fanout.ts";
import { INSTANCES } from "./works/instances.ts";
import { OPEN_LOOP } from "./works/open_loop.ts";
import { OVERLOAD } from "./works/overload.ts";
import { JOIN_WORK, ROOMS_WORK } from "./works/rooms.ts";
import { COME_BACK, MANY_ROOMS } from "./works/scale.ts";
import { SLOW_READERS } from "./works/slow_readers.ts";

/** The servers compared with each other. */
export const SERVER_WORKS: readonly Work[] = [
  ...FANOUTS,
  OPEN_LOOP,
  ECHO,
  STORM,
  IDLE_WORK,
  SLOW_READERS,
  OVERLOAD,
  JOIN_WORK,
  ROOMS_WORK,
  INSTANCES,
];

/** What operators need to know for planning. */
export const SCALE_WORKS: readonly Work[] = [MANY_ROOMS, COME_BACK];

/** What other ways of following a room cost. */
export const READER_WORKS: readonly Work[] = [EVENTS];

/** All works. */
export const WORKS: readonly Work[] = [...SERVER_WORKS, ...SCALE_WORKS, ...READER_WORKS];
