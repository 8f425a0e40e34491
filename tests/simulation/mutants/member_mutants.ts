/**
 * Bugs of members, each as a small replacement for a correct part, that the simulation of members must find.
 * @module
 */
import { KnownNames } from "../../../lib/chat/members/known_names.ts";
import type { Directory } from "../../../lib/chat/ports/directory.ts";
import type { DirectoryStore } from "../../../lib/chat/ports/directory_store.ts";
import { type Mutant, UNMUTATED } from "../world/mutant.ts";
import { acceptingAllUses, acceptingUsesOnce } from "./guest_mutants.ts";

/** A directory with some methods replaced. */
function altered(directory: Directory, methods: Partial<Directory>): Directory {
  return {
    signIn: (user, device) => directory.signIn(user, device),
    redeem: (use) => directory.redeem(use),
    holdName: (user, name) => directory.holdName(user, name),
    releaseName: (user, name) => directory.releaseName(user, name),
    renameMember: (user, name) => directory.renameMember(user, name),
    manage: (actor, command) => directory.manage(actor, command),
    namesAfter: (version) => directory.namesAfter(version),
    ...methods,
  };
}

/** Lets an older token in, as if it were the newest. */
function acceptingOldTokens(directory: Directory): Directory {
  return altered(directory, {
    async signIn(user, device) {
      const signedIn = await directory.signIn(user, device);
      if (signedIn || device.serial > 1_000) return signedIn;
      return await directory.signIn(user, { ...device, serial: 1_001 });
    },
  });
}

/** Lets each token in once, also if the reply is lost. */
function acceptingTokensOnce(directory: Directory): Directory {
  const used = new Set<string>();
  return altered(directory, {
    signIn(user, device) {
      const key = `${device.id} ${device.serial}`;
      if (used.has(key)) return Promise.resolve(undefined);
      used.add(key);
      return directory.signIn(user, device);
    },
  });
}

/** Does not recognize a hello that is repeated because the reply was lost. */
function forgettingAttempts(directory: Directory): Directory {
  return altered(directory, {
    redeem: (use) => directory.redeem({ ...use, attempt: undefined }),
  });
}

/** Reserves no name. */
class NoKnownNames extends KnownNames {
  override isReserved(): boolean {
    return false;
  }
}

/** Does not check whether a name record is still what was read. */
function overwritingNames(store: DirectoryStore): DirectoryStore {
  return {
    read: (keys) => store.read(keys),
    list: (kind) => store.list(kind),
    whenNamesChanged: (signal) => store.whenNamesChanged(signal),
    async commit(changes) {
      const stored = await store.read(changes);
      return await store.commit(
        changes.map((it, index) => it.kind === "name" ? { ...it, from: stored[index] } : it),
      );
    },
  };
}

/** Bugs that the simulation of members must find. */
export const MEMBER_MUTANTS: Readonly<Record<string, Mutant>> = {
  "an older token that is still accepted": { ...UNMUTATED, wrapDirectory: acceptingOldTokens },
  "a token that works once, though the reply is lost": {
    ...UNMUTATED,
    wrapDirectory: acceptingTokensOnce,
  },
  "a guest's older token that is still accepted": {
    ...UNMUTATED,
    wrapUsedTokens: acceptingAllUses,
  },
  "a guest's token that works once, though the reply is lost": {
    ...UNMUTATED,
    wrapUsedTokens: acceptingUsesOnce,
  },
  "an invite that is used up by a lost reply": { ...UNMUTATED, wrapDirectory: forgettingAttempts },
  "a device that stays connected when it is signed out": { ...UNMUTATED, revokesDevices: false },
  "a name of a member that guests keep": {
    ...UNMUTATED,
    makeKnownNames: () => new NoKnownNames(),
  },
  "a name that two members get at the same time": {
    ...UNMUTATED,
    wrapDirectoryStore: overwritingNames,
  },
};
