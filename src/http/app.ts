import { OpenAPIHono } from "@hono/zod-openapi";
import { getPath } from "hono/utils/url";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import type { FeeTable } from "../domain/fees.ts";
import type { BoardView } from "../services/board-view.ts";
import type { AssetGroups } from "../services/asset-groups.ts";
import type { AskForOrigin } from "../services/explain.ts";
import type { HealthReport } from "../services/health.ts";
import type { IntervalChanges } from "../services/interval-changes.ts";
import type { Metrics } from "../services/metrics.ts";
import type { StreamHub } from "../services/stream-hub.ts";
import { AnswerCache, HotAnswers, type HotAnswer } from "./answer-cache.ts";
import { addArbRoutes } from "./api/arb/routes.ts";
import { addCalendarRoutes } from "./api/calendar/routes.ts";
import { addVolumeRoutes } from "./api/by-volume/routes.ts";
import { addDivergenceRoutes } from "./api/divergence/routes.ts";
import { addExchangeRoutes, type ExchangeInfo } from "./api/exchanges/routes.ts";
import { addExplainRoutes, type ExchangeRules } from "./api/explain/routes.ts";
import { addExtremesRoutes } from "./api/extremes/routes.ts";
import { addFundingRoutes } from "./api/funding/routes.ts";
import { addHeatmapRoutes } from "./api/heatmap/routes.ts";
import { addHealthRoutes } from "./api/health/routes.ts";
import { addInstrumentRoutes } from "./api/instruments/routes.ts";
import { addIntervalRoutes } from "./api/intervals/routes.ts";
import { addQualityRoutes } from "./api/quality/routes.ts";
import { addSentimentRoutes } from "./api/sentiment/routes.ts";
import { addStreamRoutes } from "./api/stream/routes.ts";
import { clientAddresses } from "./client-address.ts";
import { addDocumentRoutes } from "./documents.ts";
import { headOf } from "./head.ts";
import { API_HEADERS, cacheUntilNext } from "./headers.ts";
import { formatOf } from "./list-format.ts";
import { encodingOf, HeaderChoice } from "./negotiate.ts";
import { addPageRoutes } from "./pages.ts";
import { ApiError, problemResponse } from "./problem.ts";
import {
  REQUEST_ID_HEADER,
  requestIdOf,
  targetOf,
  type AppEnv,
  type RequestContext,
} from "./request-context.ts";
import { allowedMethods, badParameters, routeOf } from "./routing.ts";
import { SnapshotAnswers } from "./snapshot-answers.ts";

/** Everything that the HTTP surface needs. */
export interface AppDeps {
  readonly board: BoardView;
  readonly health: () => HealthReport;
  readonly exchanges: readonly (ExchangeInfo & ExchangeRules)[];
  readonly intervalChanges: IntervalChanges;
  /** Shared with whoever else compares a snapshot's listings. */
  readonly groups: AssetGroups;
  /** Taker fees of this installation. */
  readonly fees: FeeTable;
  /** Asks the collector where a row came from. */
  readonly askForOrigin: AskForOrigin;
  readonly streams: StreamHub;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Origin under which people reach the service; null where it is not known. */
  readonly publicUrl: string | null;
  /** Makes request ids; random UUIDs by default. */
  readonly newRequestId?: () => string;
}

/** What the server knows of a request besides the request. Read only when it is needed. */
export interface RequestInfo {
  readonly remoteAddress?: string | undefined;
  /** Cuts the connection off when nothing moves on it for this long; 0: never. */
  limitIdle?(seconds: number): void;
}

export interface App {
  /** Answers one request; never rejects. */
  fetch(request: Request, info?: RequestInfo): Response | Promise<Response>;
}

/** Longer addresses are no query of ours; this bounds parameters and their values, too. */
const MAX_TARGET_LENGTH = 8192;

/** Labels of requests that no route takes; invented methods and paths must not make new series. */
const UNMATCHED = "unmatched";
const KNOWN_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** A preflight's answer holds for a day: the longest that browsers accept. */
const PREFLIGHT_SECONDS = 86_400;
const ALLOWED_REQUEST_HEADERS = "If-None-Match, Last-Event-ID, X-Request-Id";

/** Builds the whole HTTP surface as one function from Request to Response. The only place that knows the order. */
export function createApp(deps: AppDeps): App {
  const { board, clock } = deps;
  const newRequestId = deps.newRequestId ?? (() => crypto.randomUUID());
  const encodings = new HeaderChoice(encodingOf, "identity");
  const formats = new HeaderChoice(formatOf, "json");
  const cache = new AnswerCache();
  const hot = new HotAnswers(cache);
  const router = createRouter(deps, new SnapshotAnswers(board, cache, hot));
  const finish = requestObserver(deps);

  const answer = (request: Request, context: RequestContext, hit: HotAnswer | null) => {
    const made =
      hit === null ? dispatch(router, request, context) : hit.answer.respond(request, context);
    return request.method === "HEAD" ? headOf(made) : made;
  };

  return {
    fetch(request, info = {}) {
      const startedMs = clock.monotonicMs();
      const { headers } = request;
      const target = targetOf(request.url);
      const requestId = requestIdOf(headers, newRequestId);
      const encoding = encodings.of(headers.get("accept-encoding"));
      const accepts = formats.of(headers.get("accept"));
      // Whoever may be refused (keys, rate limits) is refused here, before any work.
      const hit = isRead(request) ? hot.find(target, accepts, board.current()) : null;
      const route = hit?.route ?? matchedRoute(router, request, target) ?? UNMATCHED;
      const cacheControl = cacheUntilNext(board.freshForMs());
      const context = {
        requestId,
        target,
        route,
        encoding,
        accepts,
        cacheControl,
        connection: info,
      };
      const fail = (error: unknown): Response =>
        finish(request, info, context, internalError(deps.log, error, context), startedMs);
      try {
        const made = answer(request, context, hit);
        return made instanceof Response
          ? finish(request, info, context, made, startedMs)
          : made.then((late) => finish(request, info, context, late, startedMs)).catch(fail);
      } catch (error) {
        return fail(error);
      }
    },
  };
}

function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** All routes. Every one of them is registered before the first request. */
function createRouter(deps: AppDeps, answers: SnapshotAnswers): OpenAPIHono<AppEnv> {
  const router = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw badParameters(result.error);
    },
  });
  const { groups } = deps;
  addHealthRoutes(router, deps);
  addExchangeRoutes(router, answers, deps.exchanges, deps.fees);
  addFundingRoutes(router, answers, deps.board);
  addHeatmapRoutes(router, answers, groups);
  addCalendarRoutes(router, answers);
  addExtremesRoutes(router, answers);
  addSentimentRoutes(router, answers, groups);
  addVolumeRoutes(router, answers, groups);
  addArbRoutes(router, answers, groups, deps.fees);
  addDivergenceRoutes(router, answers, groups, deps.fees);
  addInstrumentRoutes(router, answers);
  addIntervalRoutes(router, answers, deps.intervalChanges);
  addQualityRoutes(router, answers);
  addStreamRoutes(router, answers, deps.streams);
  addExplainRoutes(router, answers, deps.exchanges, deps.askForOrigin);
  addDocumentRoutes(router, deps.publicUrl);
  addPageRoutes(router, answers, deps.exchanges);
  router.notFound((c) =>
    problemResponse(new ApiError("not_found", "See /docs for what there is."), c.env),
  );
  router.onError((error, c) =>
    error instanceof ApiError
      ? problemResponse(error, c.env)
      : internalError(deps.log, error, c.env),
  );
  return router;
}

/** Reads the path as the router does: a letter that came percent-encoded is that letter. */
function matchedRoute(
  router: OpenAPIHono<AppEnv>,
  request: Request,
  target: string,
): string | null {
  return target.length > MAX_TARGET_LENGTH
    ? null
    : routeOf(router, request.method, getPath(request));
}

function dispatch(
  router: OpenAPIHono<AppEnv>,
  request: Request,
  context: RequestContext,
): Response | Promise<Response> {
  if (context.route !== UNMATCHED) return router.fetch(request, context);
  if (context.target.length > MAX_TARGET_LENGTH) {
    const detail = `An address may have ${MAX_TARGET_LENGTH} characters.`;
    return problemResponse(new ApiError("uri_too_long", detail), context);
  }
  const allowed = allowedMethods(router, getPath(request));
  if (allowed.length === 0) return router.fetch(request, context);
  const allow = allowed.join(", ");
  if (request.method === "OPTIONS") return preflight(allow, context);
  return problemResponse(
    new ApiError("method_not_allowed", `It takes ${allow}.`, { headers: { allow } }),
    context,
  );
}

function preflight(allow: string, context: RequestContext): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...API_HEADERS,
      allow,
      "access-control-allow-methods": allow,
      "access-control-allow-headers": ALLOWED_REQUEST_HEADERS,
      "access-control-max-age": String(PREFLIGHT_SECONDS),
      [REQUEST_ID_HEADER]: context.requestId,
    },
  });
}

/** The caller learns the request id only; the log has the error. */
function internalError(log: Log, error: unknown, context: RequestContext): Response {
  log.error("request_failed", {
    requestId: context.requestId,
    route: context.route,
    error: errorText(error),
  });
  return problemResponse(
    new ApiError("internal", "The operator can find it by request_id."),
    context,
  );
}

type Finish = (
  request: Request,
  info: RequestInfo,
  context: RequestContext,
  response: Response,
  startedMs: number,
) => Response;

/** Counts and logs each answered request, then passes the answer on. */
function requestObserver(deps: AppDeps): Finish {
  const { metrics, log, clock } = deps;
  const clients = clientAddresses(deps.trustedProxies);
  return (request, info, context, response, startedMs) => {
    const { status } = response;
    const tookMs = clock.monotonicMs() - startedMs;
    const method = KNOWN_METHODS.has(request.method) ? request.method : "other";
    metrics.request(context.route, method, status, tookMs);
    const fields = {
      requestId: context.requestId,
      method,
      route: context.route,
      status,
      tookMs,
      // Read by a log that writes this line, not by one that skips it.
      get client() {
        return clients.of(info.remoteAddress, request.headers);
      },
    };
    if (status >= 500) log.info("request", fields);
    else log.debug("request", fields);
    return response;
  };
}
