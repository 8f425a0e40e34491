import { GUEST_TOKEN_MS } from "../../../lib/chat/ports/used_tokens.ts";
import { MemoryUsedTokens } from "../../../lib/io/auth/memory_used_tokens.ts";
import { MAX_GUESTS, usedTokensContract } from "../../contract/used_tokens_contract.ts";
import { FakeClock } from "../../support/fakes.ts";

usedTokensContract("MemoryUsedTokens", () => {
  const clock = new FakeClock();
  return Promise.resolve({
    store: new MemoryUsedTokens(clock, MAX_GUESTS),
    whenExpired: () => clock.advance(GUEST_TOKEN_MS + 1),
    sweep: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
