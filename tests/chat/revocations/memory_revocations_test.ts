import { MemoryRevocations } from "../../../lib/chat/revocations/memory_revocations.ts";
import { revocationContract } from "../../contract/revocation_contract.ts";

revocationContract(
  "MemoryRevocations",
  () =>
    Promise.resolve({
      store: new MemoryRevocations(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
);
