/**
 * Bugs of guests' session tokens, each as a small replacement for a correct part.
 * @module
 */
import type { UsedTokens } from "../../../lib/chat/ports/used_tokens.ts";

/** Lets guests in with any token. */
export function acceptingAllUses(usedTokens: UsedTokens): UsedTokens {
  return {
    async use(user, serial) {
      await usedTokens.use(user, serial);
      return true;
    },
  };
}

/** Lets guests in with each token once, also if the reply is lost. */
export function acceptingUsesOnce(usedTokens: UsedTokens): UsedTokens {
  return {
    async use(user, serial) {
      const isNewest = await usedTokens.use(user, serial);
      return isNewest && await usedTokens.use(user, serial + 0.5);
    },
  };
}
