/**
 * The fields of requests and frames for what a message has besides its text. In requests, a guard checks each value as a whole:
 * valibot's own schemas would check all items of a list before their number, and drop keys such as `constructor`.
 * @module
 */
import * as v from "valibot";
import {
  isMentions,
  isMetadata,
  isUserList,
  MAX_MENTIONS,
  MAX_METADATA_BYTES,
  MAX_METADATA_DEPTH,
  type Metadata,
} from "../log/content.ts";
import { MAX_USER_ID, USER_ID_PATTERN, USER_ID_RULE, type UserId } from "../log/user_id.ts";

/** What is wrong with a value, or with one item of it. */
interface ValueIssue {
  readonly message: string;
  readonly path?: [v.UnknownPathItem];
}

/** A value that a guard accepts. @param jsonSchema Describes it in the AsyncAPI document. */
function guarded<T>(
  isValid: (value: unknown) => value is T,
  issueOf: (value: unknown) => ValueIssue,
  jsonSchema: Readonly<Record<string, unknown>>,
) {
  return v.optional(v.pipe(
    v.unknown(),
    v.metadata(jsonSchema),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const { value } = dataset;
      if (isValid(value)) return value;
      addIssue(issueOf(value));
      return NEVER;
    }),
  ));
}

/** Of a list that is short enough, the first item that is no id. */
function mentionsIssue(value: unknown): ValueIssue {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const key = items.length > MAX_MENTIONS ? -1 : items.findIndex((it) => !isUserList([it]));
  if (key < 0) return { message: `Expected a list of at most ${MAX_MENTIONS} ids of users` };
  const item = { type: "unknown", origin: "value", input: value, key, value: items[key] } as const;
  return { message: USER_ID_RULE, path: [item] };
}

const METADATA_RULE =
  `Expected an object of at most ${MAX_METADATA_BYTES} bytes as JSON, with at most ` +
  `${MAX_METADATA_DEPTH} levels of objects and arrays`;

const MENTIONS_ABOUT = "The ids of the users whom it mentions.";
const METADATA_ABOUT =
  "For programs: the server stores it and returns it as it is, and clients need not show it.";

/** The fields of a request that sends a message. */
export const CONTENT_REQUEST = {
  mentions: guarded<readonly UserId[]>(isMentions, mentionsIssue, {
    type: "array",
    items: { type: "string", pattern: USER_ID_PATTERN.source, maxLength: MAX_USER_ID },
    maxItems: MAX_MENTIONS,
    description: MENTIONS_ABOUT,
  }),
  metadata: guarded<Metadata>(
    isMetadata,
    () => ({ message: METADATA_RULE }),
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
