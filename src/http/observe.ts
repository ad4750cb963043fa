import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { RequestContext } from "./protocol/request-context.ts";

/** Unknown methods must not create series. */
const KNOWN_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

interface ObserverDeps {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
}

/** Called with each response before it is sent. */
type Finish = (
  request: Request,
  context: RequestContext,
  response: Response,
  startedMs: number,
) => Response;

/** Counts and logs each request, then passes the response on. */
export function requestObserver({ metrics, log, clock }: ObserverDeps): Finish {
  return (request, context, response, startedMs) => {
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
      // Evaluated only by a log that writes this line.
      get client() {
        return context.client;
      },
    };
    // 503 means no capacity or no data, possibly for thousands of requests at once: metrics count them.
    if (status >= 500 && status !== 503) log.info("request", fields);
    else log.debug("request", fields);
    return response;
  };
}
