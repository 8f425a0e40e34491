import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import { directoryStoreContract } from "../../contract/directory_store_contract.ts";

directoryStoreContract(
  "MemoryDirectoryStore",
  () =>
    Promise.resolve({ store: new MemoryDirectoryStore(), [Symbol.asyncDispose]: async () => {} }),
);
