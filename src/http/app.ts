import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Snapshot } from "../domain/market.ts";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import type { Release } from "../lib/semaphore.ts";
import { AnswerCache, HotAnswers } from "./answers/answer-cache.ts";
import { answerLoad } from "./answers/answer-load.ts";
import { Renewal, type RecentRequest } from "./answers/renewal.ts";
import { SnapshotAnswers } from "./answers/snapshot-answers.ts";
import { requestObserver } from "./observe.ts";
import { type Identified, pipeline, type Steps, UNMATCHED } from "./pipeline.ts";
import { addressGroup, clientAddresses } from "./protocol/client-address.ts";
import { headOf } from "./protocol/head.ts";
import { API_HEADERS, cacheUntilNext } from "./protocol/headers.ts";
import { type Accepts, formatOf } from "./protocol/list-format.ts";
import { encodingOf, HeaderChoice } from "./protocol/negotiate.ts";
import { ApiError, problemResponse } from "./protocol/problem.ts";
import { addressReader, type RequestAddress } from "./protocol/request-address.ts";
import {
  type AppEnv,
  REQUEST_ID_HEADER,
  type RequestContext,
  type RequestInfo,
  requestIdOf,
} from "./protocol/request-context.ts";
import { allowedMethods, nothingAt, routeOf } from "./protocol/routing.ts";
import { createRouter, type RouteDeps } from "./routes.ts";

/** Dependencies of the HTTP application. */
export interface AppDeps extends Omit<RouteDeps, "answers" | "load"> {
  readonly clock: Clock;
  readonly log: Log;
  /** Addresses and CIDR ranges whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[];
  /** Aborted when the service is ending: nothing is built without a request any more. */
  readonly ending?: AbortSignal;
  /** Generates request ids; random UUIDs by default. */
  readonly newRequestId?: () => string;
}

export interface App {
  /** Answers one request; never rejects. */
  fetch(request: Request, info?: RequestInfo): Response | Promise<Response>;
  /** Pauses all chunked answers until the returned function is called: none continues or ends. */
  pauseBodies(): Release;
}

/** Longer targets are rejected; this also bounds the number and length of parameters. */
const MAX_TARGET_LENGTH = 8192;

/** Browsers cache a preflight for at most a day. */
const PREFLIGHT_SECONDS = 86_400;
const ALLOWED_REQUEST_HEADERS = "If-None-Match, Last-Event-ID, X-Request-Id";

/** The address of a request whose own one cannot be read. */
const NO_ADDRESS: RequestAddress = { target: "", path: "", query: "" };

/** Builds the HTTP application as one function from Request to Response. */
export function createApp(deps: AppDeps): App {
  const { board, clock, log } = deps;
  const load = answerLoad(clock, (step) => deps.metrics.timeStep("answers", step));
  const cache = new AnswerCache(load);
  const hot = new HotAnswers(cache);
  const answers = new SnapshotAnswers(board, cache, hot, load);
  deps.metrics.watchAnswers(() => ({
    inFlightBytes: load.flight.bytes,
    cachedBytes: cache.sizeBytes,
    making: load.work.running,
    waiting: load.work.waiting,
  }));
  const router = createRouter({ ...deps, answers, load });
  const failed = failures(log, deps.publicUrl);
  const renewal = new Renewal({
    clock,
    until: deps.ending,
    make: async (recent, snapshot) => {
      const request = new Request(`http://localhost${recent.address.target}`);
      const made = await dispatch(router, request, renewalContext(router, recent, snapshot));
      // The bytes are cached now; no one reads this body.
      await made.body?.cancel();
    },
  });
  board.prepareWith((next) => renewal.renew(next));
  router.notFound((c) => failed(nothingAt(router, c.env.address.path), c.env));
  router.onError((error, c) => failed(error, c.env));
  const answer = pipeline(
    {
      identify: identifier(deps),
      limit,
      cached: (request, identified) => {
        const hit = isRead(request)
          ? hot.find(identified.address, identified.accepts, board.current())
          : null;
        if (hit === null) return null;
        identified.route = hit.route;
        renewal.record(identified);
        return sent(request, hit.answer.respond(request, identified));
      },
      route: (request, identified) => {
        identified.route = routeOf(router, request.method, identified.address.path) ?? UNMATCHED;
        const made = dispatch(router, request, identified);
        // The answer may belong to a snapshot that was replaced meanwhile: only renew what is cached for the current
        // one.
        void Promise.resolve(made).then(
          () => {
            if (
              isRead(request) &&
              hot.find(identified.address, identified.accepts, board.current()) !== null
            )
              renewal.record(identified);
          },
          () => {},
        );
        return sent(request, made);
      },
      failed,
      observe: requestObserver(deps),
    },
    () => clock.monotonicMs(),
  );
  return {
    pauseBodies: () => load.flight.pause(),
    fetch: (request, info = {}) => answer(request, info),
  };
}

/** Identifies the client, the address and the preferred encoding and format. */
function identifier(deps: AppDeps): Steps["identify"] {
  const { board } = deps;
  const newRequestId = deps.newRequestId ?? (() => crypto.randomUUID());
  const encodings = new HeaderChoice(encodingOf, "identity");
  const formats = new HeaderChoice<Accepts>(formatOf, "json");
  const addressOf = addressReader();
  const clients = clientAddresses(deps.trustedProxies);
  return (request, info) => {
    const { headers } = request;
    const address = addressOf(request);
    const isUnreadable = typeof address === "string";
    return {
      requestId: requestIdOf(headers, newRequestId),
      address: isUnreadable ? NO_ADDRESS : address,
      unreadable: isUnreadable ? address : null,
      route: UNMATCHED,
      encoding: encodings.of(headers.get("accept-encoding")),
      accepts: formats.of(headers.get("accept")),
      cacheControl: cacheUntilNext(board.freshForMs()),
      connection: info,
      // Resolving the client costs more than a cached answer, so it is done on demand.
      get client() {
        const client = clients.of(info.remoteAddress, headers);
        return client === null ? null : addressGroup(client);
      },
    };
  };
}

/** The request context for an answer that is built before it is requested. */
function renewalContext(
  router: OpenAPIHono<AppEnv>,
  recent: RecentRequest,
  snapshot: Snapshot,
): RequestContext {
  const route = routeOf(router, "GET", recent.address.path) ?? UNMATCHED;
  return { ...recent, route, requestId: "", client: null, cacheControl: "", snapshot };
}

/** Throws for an address that is unreadable or too long. Runs before cached answers: a check of API keys would go here. */
function limit(_request: Request, { address, unreadable }: Identified): void {
  if (unreadable === "host")
    throw new ApiError(
      "bad_request",
      "Send exactly one Host header: a name or an address, optionally with a port.",
    );
  if (unreadable === "target")
    throw new ApiError(
      "bad_request",
      "The target contains a fragment, which clients must not send.",
    );
  if (address.target.length > MAX_TARGET_LENGTH)
    throw new ApiError(
      "uri_too_long",
      `An address may have at most ${MAX_TARGET_LENGTH} characters.`,
    );
}

function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

function sent(
  { method }: Request,
  made: Response | Promise<Response>,
): Response | Promise<Response> {
  return method === "HEAD" ? headOf(made) : made;
}

function dispatch(
  router: OpenAPIHono<AppEnv>,
  request: Request,
  context: RequestContext,
): Response | Promise<Response> {
  if (context.route !== UNMATCHED) return router.fetch(request, context);
  const allowed = allowedMethods(router, context.address.path);
  if (allowed.length === 0) return router.fetch(request, context);
  const allow = allowed.join(", ");
  if (request.method === "OPTIONS") return preflight(allow, context);
  throw new ApiError("method_not_allowed", `Allowed methods: ${allow}.`, { headers: { allow } });
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

/** Renders errors. A caller sees only what an ApiError says, otherwise just the request id; the log has the error. */
function failures(
  log: Log,
  publicUrl: string | null,
): (error: unknown, context: RequestContext) => Response {
  return (error, context) => {
    if (error instanceof ApiError) return problemResponse(error, context, publicUrl);
    log.error("request_failed", {
      requestId: context.requestId,
      route: context.route,
      error: errorText(error),
    });
    return problemResponse(
      new ApiError("internal", "The operator can find it by request_id."),
      context,
      publicUrl,
    );
  };
}
