/**
 * A room full of the longest messages, as an attacker with patience would have filled it: the limits are lifted while it
 * is done, since it is the reading that is measured.
 * @module
 */
import { startParley } from "../../tests/support/parley.ts";
import { Attacker } from "./attacker.ts";

const MESSAGES = 1_000;
const AT_A_TIME = 50;
const SECONDS = 120;

/** Fills the room `stored` in a data folder. */
export async function fillStore(folder: string): Promise<void> {
  const lifted = {
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    MAX_BUFFERED_BYTES: String(1024 * 1024 * 1024),
    ADMIN_PORT: "off",
  };
  await using parley = await startParley({ ...lifted, DATA_DIR: folder });
  const attacker = new Attacker(parley.port, SECONDS);
  const socket = await attacker.open("/ws", "198.51.100.250");
  await socket?.frames({ type: "hello" }, { type: "join", room: "stored" });
  await socket?.untilReceived(/"type":"joined"/);
  for (let from = 0; from < MESSAGES; from += AT_A_TIME) {
    for (let index = from; index < from + AT_A_TIME; index++) {
      const text = `${index} ${"x".repeat(65_000)}`;
      await socket?.frames({ type: "say", room: "stored", text, id: `stored-${index}` });
    }
    await socket?.untilReceived(new RegExp(`"type":"ack","id":"stored-${from + AT_A_TIME - 1}"`));
  }
  if (!socket?.isOpen) throw new Error("Cannot fill the room: the connection has ended");
  socket.drop();
}
