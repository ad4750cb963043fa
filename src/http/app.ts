import type { OpenAPIHono } from "@hono/zod-openapi";
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
import { formatOf } from "./protocol/list-format.ts";
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

/** Everything that the HTTP surface needs. */
export interface AppDeps extends Omit<RouteDeps, "answers" | "load"> {
  readonly clock: Clock;
  readonly log: Log;
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Makes request ids; random UUIDs by default. */
  readonly newRequestId?: () => string;
}

export interface App {
  /** Answers one request; never rejects. */
  fetch(request: Request, info?: RequestInfo): Response | Promise<Response>;
  /** Until what is returned is called, no answer that is sent in chunks goes on or ends. */
  pauseBodies(): Release;
}

/** Longer addresses are no query of ours; this bounds parameters and their values, too. */
const MAX_TARGET_LENGTH = 8192;

/** A preflight's answer holds for a day: the longest that browsers accept. */
const PREFLIGHT_SECONDS = 86_400;
const ALLOWED_REQUEST_HEADERS = "If-None-Match, Last-Event-ID, X-Request-Id";

/** What a request without a readable address asks for. */
const NO_ADDRESS: RequestAddress = { target: "", path: "", query: "" };

/** Builds the whole HTTP surface as one function from Request to Response. */
export function createApp(deps: AppDeps): App {
  const { board, clock, log } = deps;
  const load = answerLoad(clock);
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
    onPublish: (renew) => board.onPublish(renew),
    isBusy: () => load.work.waiting > 0,
    make: async (recent) => {
      const request = new Request(`http://localhost${recent.address.target}`);
      const made = await deps.metrics.timeStep("answers", () =>
        dispatch(router, request, renewalContext(router, recent)),
      );
      // Its bytes are kept; a reader of them there is not.
      await made.body?.cancel();
    },
  });
  router.notFound((c) => failed(nothingAt(router, c.env.address.path), c.env));
  router.onError((error, c) => failed(error, c.env));
  const answer = pipeline(
    {
      identify: identifier(deps),
      limit,
      cached: (request, asked) => {
        const hit = isRead(request)
          ? hot.find(asked.address, asked.accepts, board.current())
          : null;
        if (hit === null) return null;
        asked.route = hit.route;
        renewal.record(asked);
        return sent(request, hit.answer.respond(request, asked));
      },
      route: (request, asked) => {
        asked.route = routeOf(router, request.method, asked.address.path) ?? UNMATCHED;
        const made = dispatch(router, request, asked);
        // What is remembered now is an answer of the snapshot, which the next one voids.
        void Promise.resolve(made).then(
          () => {
            if (isRead(request) && hot.find(asked.address, asked.accepts, board.current()) !== null)
              renewal.record(asked);
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

/** Who asks, for what, and which form they like best. */
function identifier(deps: AppDeps): Steps["identify"] {
  const { board } = deps;
  const newRequestId = deps.newRequestId ?? (() => crypto.randomUUID());
  const encodings = new HeaderChoice(encodingOf, "identity");
  const formats = new HeaderChoice(formatOf, "json");
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
      // Looking the address up costs more than a kept answer: only who asks pays.
      get client() {
        const client = clients.of(info.remoteAddress, headers);
        return client === null ? null : addressGroup(client);
      },
    };
  };
}

/** The context of an answer that is made before somebody asks for it. */
function renewalContext(router: OpenAPIHono<AppEnv>, recent: RecentRequest): RequestContext {
  const route = routeOf(router, "GET", recent.address.path) ?? UNMATCHED;
  return { ...recent, route, requestId: "", client: null, cacheControl: "" };
}

/** Throws for an address that cannot be read or is too long. Keys and rates are looked at here, too. */
function limit(_request: Request, { address, unreadable }: Identified): void {
  if (unreadable === "host")
    throw new ApiError(
      "bad_request",
      "It needs one Host header: a name or an address, and a port where it has one.",
    );
  if (unreadable === "target")
    throw new ApiError("bad_request", "Its target has a fragment, which stays with the client.");
  if (address.target.length > MAX_TARGET_LENGTH)
    throw new ApiError("uri_too_long", `An address may have ${MAX_TARGET_LENGTH} characters.`);
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
  throw new ApiError("method_not_allowed", `It takes ${allow}.`, { headers: { allow } });
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
