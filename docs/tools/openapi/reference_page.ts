/**
 * The page at `/docs/api`: the description of the HTTP API as HTML, for people. It needs no script and nothing from elsewhere.
 * @module
 */
import type { OpenApi } from "./document.ts";
import { html, type Markup, markup } from "./markup.ts";
import type { BodyPart, OperationPart, Part } from "./schema.ts";
import { fieldTable, isPart, resolved, typeOf } from "./schema_table.ts";

/** An operation, and where it is. */
interface Placed {
  readonly path: string;
  readonly method: string;
  readonly operation: OperationPart;
}

const SERVER = "http://127.0.0.1:8080";
/** Names of the ways to say who one is, as the page calls them. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  accessToken: "access token",
  sessionToken: "session token",
  apiKey: "API key",
  ticket: "ticket",
  cookie: "cookie",
  adminToken: "ADMIN_TOKEN",
};

/** The page. */
export function referencePage(document: OpenApi): string {
  const placed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const { info, tags } = document;
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${info.title}</title>
        <link rel="icon" href="../icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="../parley.css">
        <link rel="stylesheet" href="../docs.css">
      </head>
      <body class="docs">
        <header>
          <h1>${info.title}</h1>
          <p>${info.summary}</p>
        </header>
        <nav aria-label="Operations">
    ${tags.map((tag) => navigation(tag.name, placed))}
    <p><a href="#errors">Errors</a> and <a href="#schemas">schemas</a></p>
        </nav>
        <main>
    ${tags.map((tag) => section(tag, placed, document))}
    <section id="errors">
    <h2>Errors</h2>
    <p>Errors are problem details (RFC 9457), with the type application/problem+json.</p>
    ${fieldTable(document.components.schemas?.Problem, document)}
    ${Object.entries(document.components.responses ?? {}).map(errorEntry)}
    </section>
    <section id="schemas">
    <h2>Schemas</h2>
    ${schemaEntries(document)}
    </section>
        </main>
      </body>
    </html>
  `;
  return page.text;
}

function navigation(tag: string, placed: readonly Placed[]): Markup {
  const own = placed.filter(({ operation }) => operation.tags.includes(tag));
  return html`
    <details open>
      <summary>${tag}</summary>
      <ul>
    ${own.map(({ operation }) =>
      html`
        <li><a href="#${operation.operationId}">${operation.operationId}</a></li>
      `
    )}</ul>
    </details>
  `;
}

function section(
  { name, description }: OpenApi["tags"][number],
  placed: readonly Placed[],
  document: OpenApi,
): Markup {
  const own = placed.filter(({ operation }) => operation.tags.includes(name));
  return html`
    <section>
    <h2>${name}</h2>
    <p>${description}</p>
    ${own.map((it) => article(it, document))}
    </section>
  `;
}

function article({ path, method, operation }: Placed, document: OpenApi): Markup {
  const { operationId, summary, description, parameters, requestBody, responses, security } =
    operation;
  return html`
    <article id="${operationId}">
    <h3><code>${method.toUpperCase()} ${path}</code></h3>
    <p>${summary} ${description ?? ""}</p>
    <p class="faint">${whoMay(security)}</p>
    ${parameterTable(parameters, document)}
    ${requestBody ? bodyEntry(requestBody, document) : markup("")}
    ${answers(responses)}
    ${example({ path, method, operation })}
    </article>
  `;
}

function whoMay(security: OperationPart["security"]): string {
  const names = security.flatMap((it) => Object.keys(it)).map((it) => CREDENTIALS[it] ?? it);
  const isOpen = security.some((it) => Object.keys(it).length === 0);
  if (names.length === 0) return "Needs no other credentials.";
  return isOpen ? `Guests, or ${names.join(", ")}.` : `Needs: ${names.join(", ")}.`;
}

function parameterTable(parameters: readonly Part[], document: OpenApi): Markup {
  if (parameters.length === 0) return markup("");
  const rows = parameters.map((it) => resolved(it, document)).map((it) =>
    html`
      <tr>
        <th scope="row"><code>${it.name}</code></th>
        <td>${it.in}</td>
        <td>${it.description ?? ""}</td>
      </tr>
    `
  );
  return html`
    <table>
    <caption>Parameters</caption>
    <tr><th scope="col">name</th><th scope="col">in</th><th scope="col">meaning</th></tr>
    ${rows}</table>
  `;
}

function bodyEntry({ content }: BodyPart, document: OpenApi): Markup {
  const types = Object.keys(content);
  const schema = content["application/json"]?.schema;
  return html`
    <p>Body: ${types.join(", ")}</p>
    ${fieldTable(schema, document)}
  `;
}

function answers(responses: OperationPart["responses"]): Markup {
  const entries = Object.entries(responses).map(([status, response]) => {
    const reference = typeof response.$ref === "string" ? response.$ref.split("/").at(-1) : "";
    if (reference) {
      return html`
        <a href="#${reference}">${status}</a>
      `;
    }
    const names = schemasOf(response);
    return html`<strong>${status}</strong> ${
      names.map((it) =>
        html`
          <a href="#schema-${it}">${it}</a>
        `
      )
    }`;
  });
  return html`
    <p>Answers: ${entries}</p>
  `;
}

/** The names of the schemas to which a part refers. */
function schemasOf(part: unknown): readonly string[] {
  const found = JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  return [...new Set([...found].map(([, name = ""]) => name))];
}

function example({ path, method, operation }: Placed): Markup {
  const { parameters, requestBody, responses, security } = operation;
  const shown = Object.values(responses).flatMap(({ content }) => examplesIn(content));
  const bodies = new Map(examplesIn(requestBody?.content).toReversed().map((it) => [it.name, it]));
  const filled = parameters.reduce<string>(
    (url, { name, in: place, example }) =>
      place === "path" ? url.replace(`{${name}}`, encodeURIComponent(String(example))) : url,
    path,
  );
  const query = parameters.filter((it) => it.in === "query" && it.example !== undefined)
    .map(({ name, example }) => `${name}=${example}`).join("&");
  const url = `${SERVER}${filled}${query === "" ? "" : `?${query}`}`;
  return html`${
    shown.map(({ name, value }) => {
      const isForOperators = name.startsWith("operator");
      const hasToken = isForOperators || security.some((it) => "accessToken" in it);
      const token = isForOperators ? "$ADMIN_TOKEN" : "$TOKEN";
      const body = bodies.get(name);
      const lines = [
        `curl ${
          method === "get" || method === "post" && body ? "" : `-X ${method.toUpperCase()} `
        }"${url}"`,
        ...(hasToken ? [`-H "Authorization: Bearer ${token}"`] : []),
        ...(body ? [`-H "Content-Type: ${body.type}"`, `-d '${textOf(body.value)}'`] : []),
      ];
      return html`
        <details>
          <summary>Example${name.startsWith("operator") ? html`: ${name}` : markup("")}</summary>
          <pre><code>${lines.join(" \\\n  ")}</code></pre>
          <pre><code>${textOf(value)}</code></pre>
        </details>
      `;
    })
  }`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function examplesIn(content: unknown) {
  return Object.entries(isPart(content) ? content : {}).flatMap(([type, media]) => {
    const examples = isPart(media) && isPart(media.examples) ? media.examples : {};
    return Object.entries(examples).map(([name, it]) => ({
      ...{ type, name },
      value: isPart(it) ? it.value : undefined,
    }));
  });
}

function errorEntry([name, response]: readonly [string, unknown]): Markup {
  const [about = "", ...codes] = String(isPart(response) ? response.description : "").split("\n- ");
  return html`
    <h3 id="${name}">${name}</h3>
    <p>${about.trim()}</p>
    ${codes.length === 0 ? markup("") : html`<ul>
${
      codes.map((it) =>
        html`
          <li>${it.replaceAll("`", "")}</li>
        `
      )
    }</ul>`}
  `;
}

function schemaEntries(document: OpenApi): readonly Markup[] {
  const schemas = Object.entries(document.components.schemas ?? {});
  return schemas.filter(([name]) => name !== "Problem")
    .map(([name, schema]) =>
      html`
        <h3 id="schema-${name}">${name}</h3>
        <p>${isPart(schema) ? schema.description ?? "" : ""}</p>
        ${isPart(schema) && schema.properties
          ? fieldTable(schema, document)
          : html`<p>${typeOf(schema)}</p>`}
      `
    );
}
