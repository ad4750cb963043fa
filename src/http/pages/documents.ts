import type { OpenAPIHono } from "@hono/zod-openapi";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { projectFile } from "../../lib/project-files.ts";
import { DocsPage } from "../../web/pages/docs.tsx";
import type { AnswerLoad } from "../answers/answer-load.ts";
import { Answer, type AnswerContent } from "../answers/answer.ts";
import { JSON_TYPE } from "../protocol/list-format.ts";
import { API_HEADERS, CACHE_REVALIDATED, DOCS_HEADERS } from "../protocol/headers.ts";
import { openApiInfo } from "../openapi/document.ts";
import { HTML_TYPE, renderPage } from "./routes.ts";
import type { AppEnv } from "../protocol/request-context.ts";

const JAVASCRIPT_TYPE = "text/javascript; charset=utf-8";
const CSS_TYPE = "text/css; charset=utf-8";

/** Files of swagger-ui-dist that the page loads, by the name under /docs/, with their types. */
const SWAGGER_ASSETS = {
  "swagger-ui.css": CSS_TYPE,
  "swagger-ui-bundle.js": JAVASCRIPT_TYPE,
} as const;

/** Starts the viewer; a file of its own because the policy allows no inline script. */
const START_SCRIPT = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
});
`;

/** The API document as served and as kept in docs/openapi.json. */
function openApiText(documented: OpenAPIHono<AppEnv>, publicUrl: string | null): string {
  return `${JSON.stringify(documented.getOpenAPI31Document(openApiInfo(publicUrl)), null, 2)}\n`;
}

/**
 * /openapi.json and /docs with everything that page loads: nothing comes from another host. Each is built once,
 * when it is first asked for, and kept outside the cache of market data, so that neither pushes the other out.
 */
export function addDocumentRoutes(
  router: OpenAPIHono<AppEnv>,
  { load, publicUrl }: { readonly load: AnswerLoad; readonly publicUrl: string | null },
): void {
  const serve = (path: string, make: () => AnswerContent): void => {
    let built: Answer | null = null;
    router.get(path, (c) => {
      built ??= new Answer(make(), load);
      return built.respond(c.req.raw, c.env);
    });
  };
  serve("/openapi.json", () => ({
    pieces: () => [openApiText(router, publicUrl)],
    largeAs: null,
    contentType: JSON_TYPE,
    cacheControl: CACHE_REVALIDATED,
    vary: "Accept-Encoding",
    headers: API_HEADERS,
  }));
  serve("/docs", () => docsAsset(HTML_TYPE, renderPage(DocsPage())));
  serve("/docs/start.js", () => docsAsset(JAVASCRIPT_TYPE, START_SCRIPT));
  for (const [name, type] of Object.entries(SWAGGER_ASSETS)) {
    serve(`/docs/${name}`, () =>
      docsAsset(type, new Uint8Array(readFileSync(join(swaggerFolder(), name)))),
    );
  }
}

function docsAsset(contentType: string, piece: string | Uint8Array<ArrayBuffer>): AnswerContent {
  return {
    pieces: () => [piece],
    largeAs: null,
    contentType,
    cacheControl: CACHE_REVALIDATED,
    vary: "Accept-Encoding",
    headers: DOCS_HEADERS,
  };
}

/** Where the package manager put swagger-ui-dist. */
function swaggerFolder(): string {
  return dirname(
    createRequire(projectFile("package.json")).resolve("swagger-ui-dist/package.json"),
  );
}
