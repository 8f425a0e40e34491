/**
 * What can go wrong with a request while the connection stays: a code that never changes, words for people, and whether
 * the same request may succeed when it is sent again.
 * @module
 */

interface FaultKind {
  /** Words for people, where there are none that say more. */
  readonly message: string;
  /** Whether trying again can help. */
  readonly retry: boolean;
}

/** All of them, by their codes. */
export const FAULTS = {
  bad_frame: { message: "this is no frame of the protocol", retry: false },
  unknown_type: { message: "there is no request of this type", retry: false },
  hello_first: { message: "the first frame must be hello", retry: false },
  bad_room: { message: "this is no name for a room", retry: false },
  bad_name: { message: "this is no name for a person", retry: false },
  name_taken: { message: "the name is taken", retry: false },
  in_room: { message: "you are in this room already", retry: false },
  not_in_room: { message: "you are not in this room", retry: false },
  too_many_rooms: { message: "you are in as many rooms as one may be in", retry: false },
  too_long: { message: "the text is too long", retry: false },
  empty: { message: "the text has no visible characters", retry: false },
  gone: { message: "the message is gone", retry: false },
  not_yours: { message: "the message is not yours", retry: false },
  id_reused: { message: "the id was used for something else", retry: false },
  too_many_reactions: { message: "the message has as many reactions as it can hold", retry: false },
  store_full: { message: "the message store has reached its size limit", retry: false },
  rooms_full: { message: "no more rooms can be created", retry: false },
  slow_down: { message: "slow down", retry: true },
  unavailable: { message: "not done, try again", retry: true },
  unknown_outcome: {
    message: "nobody knows whether it was done: try again with the same id",
    retry: true,
  },
} as const satisfies Record<string, FaultKind>;

/** A code of {@linkcode FAULTS}. */
export type FaultCode = keyof typeof FAULTS;
