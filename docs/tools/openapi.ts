/**
 * Writes `openapi.yaml`. Run it with `deno task openapi`; tests compare the file with the output, and with a running service.
 * @module
 */
import { protocolPath } from "./examples.ts";
import { openapi, openapiYaml } from "./openapi/document.ts";

if (import.meta.main) {
  const document = openapi(Deno.readTextFileSync(protocolPath));
  Deno.writeTextFileSync(
    new URL("../reference/openapi.yaml", import.meta.url),
    openapiYaml(document),
  );
}
