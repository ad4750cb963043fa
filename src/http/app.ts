import { OpenAPIHono } from "@hono/zod-openapi";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import type { FeeTable } from "../domain/fees.ts";
import type { BoardView } from "../services/board-view.ts";
import type { AssetGroups } from "../services/asset-groups.ts";
import type { AskForOrigin } from "../services/explain.ts";
import type { HealthReport } from "../services/health.ts";
import type { IntervalChanges } from "../services/interval-changes.ts";
import type { Release } from "../lib/semaphore.ts";
import type { Metrics } from "../services/metrics.ts";
import type { Readiness } from "../services/readiness.ts";
import type { StreamHub } from "../services/stream-hub.ts";
import { AnswerCache, HotAnswers } from "./answer-cache.ts";
import { answerLoad, type AnswerLoad } from "./answer-load.ts";
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
import { addressGroup, clientAddresses } from "./client-address.ts";
import { addDocumentRoutes } from "./documents.ts";
import { headOf } from "./head.ts";
import { API_HEADERS, cacheUntilNext } from "./headers.ts";
import { formatOf } from "./list-format.ts";
import { encodingOf, HeaderChoice } from "./negotiate.ts";
import { requestObserver } from "./observe.ts";
import { addPageRoutes } from "./pages.ts";
import { ApiError, problemResponse } from "./problem.ts";
import { addressReader, type RequestAddress, type UnreadableAddress } from "./request-address.ts";
import {
  REQUEST_ID_HEADER,
  requestIdOf,
  type AppEnv,
  type RequestContext,
} from "./request-context.ts";
import { allowedMethods, requireParameters, routeOf } from "./routing.ts";
import { SnapshotAnswers } from "./snapshot-answers.ts";

/** Everything that the HTTP surface needs. */
export interface AppDeps {
  readonly board: BoardView;
  readonly health: () => HealthReport;
  readonly readiness: Readiness;
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
  /** Until what is returned is called, no answer that is sent in pieces goes on or ends. */
  holdBodies(): Release;
}

/** Longer addresses are no query of ours; this bounds parameters and their values, too. */
const MAX_TARGET_LENGTH = 8192;

/** Label of requests that no route takes; invented paths must not make new series. */
const UNMATCHED = "unmatched";

/** A preflight's answer holds for a day: the longest that browsers accept. */
const PREFLIGHT_SECONDS = 86_400;
const ALLOWED_REQUEST_HEADERS = "If-None-Match, Last-Event-ID, X-Request-Id";

/** Builds the whole HTTP surface as one function from Request to Response. The only place that knows the order. */
export function createApp(deps: AppDeps): App {
  const { board, clock } = deps;
  const newRequestId = deps.newRequestId ?? (() => crypto.randomUUID());
  const encodings = new HeaderChoice(encodingOf, "identity");
  const formats = new HeaderChoice(formatOf, "json");
  const addressOf = addressReader();
  const load = answerLoad(clock);
  const cache = new AnswerCache(load);
  const hot = new HotAnswers(cache);
  const router = createRouter(deps, new SnapshotAnswers(board, cache, hot, load), load);
  const finish = requestObserver(deps);
  const clients = clientAddresses(deps.trustedProxies);
  deps.metrics.watchAnswers(() => ({
    inFlightBytes: load.flight.bytes,
    keptBytes: cache.sizeBytes,
    making: load.work.running,
    waiting: load.work.waiting,
  }));

  const contextOf = (request: Request, info: RequestInfo, address: RequestAddress) => {
    const { headers } = request;
    return {
      requestId: requestIdOf(headers, newRequestId),
      address,
      encoding: encodings.of(headers.get("accept-encoding")),
      accepts: formats.of(headers.get("accept")),
      cacheControl: cacheUntilNext(board.freshForMs()),
      connection: info,
      // Looking the address up costs more than a kept answer: only who asks pays.
      get client() {
        const client = clients.of(info.remoteAddress, headers);
        return client === null ? null : addressGroup(client);
      },
    };
  };

  return {
    holdBodies: () => load.flight.hold(),
    fetch(request, info = {}) {
      const startedMs = clock.monotonicMs();
      const address = addressOf(request);
      if (typeof address === "string") {
        const context = { ...contextOf(request, info, NO_ADDRESS), route: UNMATCHED };
        return finish(request, context, unreadable(address, context), startedMs);
      }
      const parts = contextOf(request, info, address);
      // Whoever may be refused (keys, rate limits) is refused here, before any work.
      const hit = isRead(request) ? hot.find(address, parts.accepts, board.current()) : null;
      const route = hit?.route ?? matchedRoute(router, request, address) ?? UNMATCHED;
      const context = Object.assign(parts, { route });
      const fail = (error: unknown): Response =>
        finish(request, context, failed(deps.log, error, context), startedMs);
      try {
        const made =
          hit === null ? dispatch(router, request, context) : hit.answer.respond(request, context);
        const answer = request.method === "HEAD" ? headOf(made) : made;
        return answer instanceof Response
          ? finish(request, context, answer, startedMs)
          : answer.then((late) => finish(request, context, late, startedMs)).catch(fail);
      } catch (error) {
        return fail(error);
      }
    },
  };
}

/** What a request without a readable address asks for. */
const NO_ADDRESS: RequestAddress = { target: "", path: "", query: "" };

function unreadable(what: UnreadableAddress, context: RequestContext): Response {
  const detail =
    what === "host"
      ? "It needs one Host header: a name or an address, and a port where it has one."
      : "Its target has a fragment, which stays with the client.";
  return problemResponse(new ApiError("bad_request", detail), context);
}

function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** All routes. Every one of them is registered before the first request. */
function createRouter(
  deps: AppDeps,
  answers: SnapshotAnswers,
  load: AnswerLoad,
): OpenAPIHono<AppEnv> {
  const router = new OpenAPIHono<AppEnv>({
    // The router reads no address by itself: what the cache saw is what is routed.
    getPath: (_request, options) => pathOf(options?.env),
    defaultHook: (result, c) => requireParameters(result, c.env.address.query),
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
  addExplainRoutes(router, answers, deps);
  addDocumentRoutes(router, deps.publicUrl, load);
  addPageRoutes(router, answers, { infos: deps.exchanges, fees: deps.fees, load });
  router.notFound((c) =>
    problemResponse(new ApiError("not_found", "See /docs for what there is."), c.env),
  );
  router.onError((error, c) => failed(deps.log, error, c.env));
  return router;
}

/** Every request is dispatched with its context as environment; the library's types do not know it here. */
function pathOf(env: unknown): string {
  return (env as RequestContext).address.path;
}

function matchedRoute(
  router: OpenAPIHono<AppEnv>,
  request: Request,
  { target, path }: RequestAddress,
): string | null {
  return target.length > MAX_TARGET_LENGTH ? null : routeOf(router, request.method, path);
}

function dispatch(
  router: OpenAPIHono<AppEnv>,
  request: Request,
  context: RequestContext,
): Response | Promise<Response> {
  if (context.route !== UNMATCHED) return router.fetch(request, context);
  if (context.address.target.length > MAX_TARGET_LENGTH) {
    const detail = `An address may have ${MAX_TARGET_LENGTH} characters.`;
    return problemResponse(new ApiError("uri_too_long", detail), context);
  }
  const allowed = allowedMethods(router, context.address.path);
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

/** What may be known of a failure is rendered; of any other the caller learns the request id only, the log the error. */
function failed(log: Log, error: unknown, context: RequestContext): Response {
  if (error instanceof ApiError) return problemResponse(error, context);
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
