/**
 * JSON Schemas of the valibot schemas that the server validates with, for `asyncapi.yaml` and `openapi.yaml`.
 * @module
 */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { FAULTS } from "../../../lib/core/protocol/faults.ts";

/** A JSON Schema of a value as sent, where positions are strings. */
export function jsonSchema(schema: GenericSchema): JsonSchema {
  const { $schema: _, ...made } = toJsonSchema(schema, {
    typeMode: "input",
    // Checks by functions: what they allow is described in words.
    ignoreActions: ["check", "raw_transform", "transform"],
    // JSON Schema reads every pattern with the flag u, so it cannot express a pattern without that flag.
    overrideAction: ({ valibotAction: action, jsonSchema }) =>
      isUnicodeRegex(action) ? { ...jsonSchema, pattern: action.requirement.source } : undefined,
    // Users' ids, which a function checks.
    overrideSchema: ({ valibotSchema }) =>
      valibotSchema.type === "custom" ? { type: "string" } : undefined,
  });
  return made;
}

function isUnicodeRegex(
  action: { readonly type: string; readonly requirement?: unknown },
): action is { readonly type: "regex"; readonly requirement: RegExp } {
  const { requirement } = action;
  return action.type === "regex" && requirement instanceof RegExp && requirement.flags === "u";
}

/** The JSON Schema of a frame: the code of a fault refers to {@linkcode faultCodeSchema}. */
export function frameSchema(schema: GenericSchema): JsonSchema {
  const made = jsonSchema(schema);
  if (made.properties?.code === undefined) return made;
  const code = { $ref: "#/components/schemas/FaultCode" };
  return { ...made, properties: { ...made.properties, code } };
}

/** The schema of the codes of faults, the component `FaultCode`. */
export function faultCodeSchema(): Readonly<Record<string, unknown>> {
  const faults = Object.entries(FAULTS);
  return {
    type: "string",
    description:
      "Why a request failed. Codes may be added: rely on `retry` if you do not know one.",
    enum: faults.map(([code]) => code),
    "x-enum-descriptions": Object.fromEntries(faults.map(([code, { message }]) => [code, message])),
    "x-retry": faults.filter(([, { retry }]) => retry).map(([code]) => code),
  };
}
