import { EmbeddedBus } from "../../lib/chat/bus.ts";
import { busContract } from "../bus_contract.ts";

busContract(
  "EmbeddedBus",
  () => Promise.resolve({ bus: new EmbeddedBus(), [Symbol.asyncDispose]: () => Promise.resolve() }),
);
