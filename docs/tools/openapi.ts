/**
 * Writes `openapi.yaml`, and from the same document the page at `/docs/api`. Run it with `deno task openapi`; tests compare both
 * files with the output, and the document with a running service.
 * @module
 */
import { protocolPath } from "./examples.ts";
import { openapi, openapiYaml } from "./openapi/document.ts";
import { referencePage } from "./openapi/reference_page.ts";

if (import.meta.main) {
  const document = openapi(Deno.readTextFileSync(protocolPath));
  Deno.writeTextFileSync(
    new URL("../reference/openapi.yaml", import.meta.url),
    openapiYaml(document),
  );
  Deno.writeTextFileSync(
    new URL("../../static/docs/api.html", import.meta.url),
    referencePage(document),
  );
}
