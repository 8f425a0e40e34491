/**
 * The fields of requests and frames for what a message has besides its text. In requests, a guard checks each value as a whole:
 * valibot's own schemas would check all items of a list before their number, and drop keys such as `constructor`.
 * @module
 */
import * as v from "valibot";
import {
  isMentions,
  isMetadata,
  MAX_MENTIONS,
  MAX_METADATA_BYTES,
  MAX_METADATA_DEPTH,
  type Metadata,
} from "../log/content.ts";
import { MAX_USER_ID, USER_ID_PATTERN, type UserId } from "../log/user_id.ts";

/** A value that a guard accepts. @param jsonSchema Describes it in the AsyncAPI document. */
function guarded<T>(
  isValid: (value: unknown) => value is T,
  rule: string,
  jsonSchema: Readonly<Record<string, unknown>>,
) {
  return v.optional(v.pipe(
    v.unknown(),
    v.metadata(jsonSchema),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const { value } = dataset;
      if (isValid(value)) return value;
      addIssue({ message: rule });
      return NEVER;
    }),
  ));
}

const MENTIONS_ABOUT = "The ids of the users whom it mentions.";
const METADATA_ABOUT =
  "For programs: the server stores it and returns it as it is, and clients need not show it.";

/** The fields of a request that sends a message. */
export const CONTENT_REQUEST = {
  mentions: guarded<readonly UserId[]>(isMentions, `at most ${MAX_MENTIONS} ids of users`, {
    type: "array",
    items: { type: "string", pattern: USER_ID_PATTERN.source, maxLength: MAX_USER_ID },
    maxItems: MAX_MENTIONS,
    description: MENTIONS_ABOUT,
  }),
  metadata: guarded<Metadata>(
    isMetadata,
    `an object of at most ${MAX_METADATA_BYTES} bytes and ${MAX_METADATA_DEPTH} levels`,
    {
      type: "object",
      description:
        `${METADATA_ABOUT} At most ${MAX_METADATA_BYTES} bytes as JSON, and ${MAX_METADATA_DEPTH} levels of objects and arrays.`,
    },
  ),
} as const;

/** The fields of a frame that holds a message. */
export const CONTENT_FRAME = {
  mentions: v.optional(v.pipe(v.array(v.string()), v.description(MENTIONS_ABOUT))),
  metadata: v.optional(
    v.pipe(v.record(v.string(), v.unknown()), v.description("For programs, as it was sent.")),
  ),
} as const;
