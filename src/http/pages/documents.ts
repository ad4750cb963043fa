import type { OpenAPIHono } from "@hono/zod-openapi";
import { readFileSync } from "node:fs";
import { projectFile } from "../../lib/project-files.ts";
import { TryPage } from "../../web/pages/try.tsx";
import type { AnswerLoad } from "../answers/answer-load.ts";
import { Answer, type AnswerContent } from "../answers/answer.ts";
import { JSON_TYPE } from "../protocol/list-format.ts";
import {
  API_HEADERS,
  CACHE_NEVER,
  CACHE_REVALIDATED,
  type FixedHeaders,
  PAGE_HEADERS,
  TRY_HEADERS,
} from "../protocol/headers.ts";
import { openApiInfo } from "../openapi/document.ts";
import { finishedDocument } from "../openapi/finished-document.ts";
import type { JsonObject } from "../openapi/json-tree.ts";
import { asOpenApi30 } from "../openapi/openapi-30.ts";
import { HTML_TYPE, renderPage } from "./routes.ts";
import { ApiError } from "../protocol/problem.ts";
import { type AppEnv, REQUEST_ID_HEADER } from "../protocol/request-context.ts";
import { ProblemsPage } from "../../web/pages/problems.tsx";
import { ReferencePage } from "../../web/pages/reference.tsx";
import { TermsPage } from "../../web/pages/terms.tsx";
import { problemsModel } from "./problems-model.ts";
import { referenceModel } from "./reference-model.ts";
import { readStyleSheet } from "./style-sheet.ts";
import { termsModel } from "./terms-model.ts";
import { triedAddress, triedOperations, tryModel } from "./try-model.ts";

const JAVASCRIPT_TYPE = "text/javascript; charset=utf-8";

/** The script of /docs/try. */
const TRY_SCRIPT = "/docs/try.js";

/** A document as served and as stored in docs/openapi.json. */
function documentText(document: JsonObject): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * /openapi.json and /docs with everything that these pages load: nothing comes from another host. Each is built once,
 * on first use, and kept outside the cache of market data, so that neither evicts the other.
 */
export function addDocumentRoutes(
  router: OpenAPIHono<AppEnv>,
  { load, publicUrl }: { readonly load: AnswerLoad; readonly publicUrl: string | null },
): void {
  const { assets } = readStyleSheet();
  let finished: JsonObject | null = null;
  // Takes a tenth of a second: done once for all pages made from it, on first use.
  const document = (): JsonObject =>
    (finished ??= finishedDocument(router.getOpenAPI31Document(openApiInfo(publicUrl))));
  const serve = (path: string, make: () => AnswerContent): void => {
    let built: Answer | null = null;
    router.get(path, (c) => {
      built ??= new Answer(make(), load);
      return built.respond(c.req.raw, c.env);
    });
  };
  const servePage = (path: string, page: () => Parameters<typeof renderPage>[0]): void =>
    serve(path, () => asset(HTML_TYPE, renderPage(page()), PAGE_HEADERS));
  serve("/openapi.json", () => asset(JSON_TYPE, documentText(document()), API_HEADERS));
  serve("/openapi-3.0.json", () =>
    asset(JSON_TYPE, documentText(asOpenApi30(document())), API_HEADERS),
  );
  servePage("/docs", () => ReferencePage({ model: referenceModel(document()), assets }));
  servePage("/docs/problems", () => ProblemsPage({ problems: problemsModel(publicUrl), assets }));
  servePage("/docs/terms", () => TermsPage({ model: termsModel(document()), assets }));
  serve("/docs/try", () =>
    asset(
      HTML_TYPE,
      renderPage(TryPage({ model: tryModel(document()), assets, script: TRY_SCRIPT })),
      TRY_HEADERS,
    ),
  );
  serve(TRY_SCRIPT, () =>
    asset(
      JAVASCRIPT_TYPE,
      readFileSync(projectFile("src/web/static/try.js"), "utf8"),
      PAGE_HEADERS,
    ),
  );
  let operations: ReturnType<typeof triedOperations> | null = null;
  router.get("/docs/try/:operation", (c) => {
    operations ??= triedOperations(document());
    const operation = operations.get(c.req.param("operation"));
    if (operation === undefined)
      throw new ApiError("not_found", "See /docs/try for what there is.");
    const location = triedAddress(operation, new URLSearchParams(c.env.address.query));
    return redirect(location, c.env.requestId);
  });
}

/** Redirects to the address that a form represents. Not cached: it depends only on the form. */
function redirect(location: string, requestId: string): Response {
  return new Response(null, {
    status: 303,
    headers: {
      ...PAGE_HEADERS,
      location,
      "cache-control": CACHE_NEVER,
      [REQUEST_ID_HEADER]: requestId,
    },
  });
}

/** A resource that only changes with a release. */
function asset(
  contentType: string,
  chunk: string | Uint8Array<ArrayBuffer>,
  headers: FixedHeaders,
): AnswerContent {
  return {
    chunks: () => [chunk],
    streamed: null,
    contentType,
    cacheControl: CACHE_REVALIDATED,
    vary: "Accept-Encoding",
    headers,
  };
}
