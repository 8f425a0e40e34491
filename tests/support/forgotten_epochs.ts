/**
 * A log that has forgotten the epoch of all its entries.
 * @module
 */
import type { Position } from "../../lib/core/log/position.ts";
import type { RoomHistory } from "../../lib/chat/ports/bus.ts";

/** The only epoch that such a log knows. */
const NEW_EPOCH = "new";

/** Makes a log begin so many epochs that it knows only the newest one. Call it once. */
export function forgetEpochs(log: Pick<RoomHistory, "replay">): void {
  const replay = log.replay.bind(log);
  log.replay = async (room, { epoch, seq }, limit) => {
    const { top: { epoch: oldEpoch } } = await replay(room, { epoch, seq }, 0);
    const isKnown = epoch === NEW_EPOCH;
    const { entries, top } = await replay(room, { epoch: oldEpoch, seq: isKnown ? seq : 0 }, limit);
    const forgotten = { forgotten: top.seq };
    const found = { entries, top: inNewEpoch(top), ...(entries.length > 0 && forgotten) };
    return isKnown ? found : { ...found, lossReason: "unknown_epoch" };
  };
}

/** The position of an entry by which such a log is read. */
export function inNewEpoch({ seq }: Position): Position {
  return { epoch: NEW_EPOCH, seq };
}
