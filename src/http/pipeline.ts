import type { UnreadableAddress } from "./protocol/request-address.ts";
import type { RequestContext, RequestInfo } from "./protocol/request-context.ts";

type Answered = Response | Promise<Response>;

/** A request with its context, passed from step to step. */
export interface Identified extends RequestContext {
  /** UNMATCHED until a route is found. */
  route: string;
  /** Why the address cannot be read; it is empty then. */
  readonly unreadable: UnreadableAddress | null;
}

/** Route label of requests without a route; unknown paths must not create series. */
export const UNMATCHED = "unmatched";

/** The steps of every request, in this order. */
export interface Steps {
  /** Reads client, address and preferred format. Never throws. */
  identify(request: Request, info: RequestInfo): Identified;
  /** Throws the problem if the request is refused: before any work is done for it. */
  limit(request: Request, identified: Identified): void;
  /** The cached answer for this address, or null. Sets the route. */
  cached(request: Request, identified: Identified): Answered | null;
  /** Has a route build the answer. Sets the route. */
  route(request: Request, identified: Identified): Answered;
  /** The response if a step threw. Never throws. */
  failed(error: unknown, identified: Identified): Response;
  /** Counts and logs a response, and returns it. */
  observe(
    request: Request,
    identified: Identified,
    response: Response,
    startedMs: number,
  ): Response;
}

/** Combines the steps into one function, which never throws or rejects. */
export function pipeline(
  steps: Steps,
  monotonicMs: () => number,
): (request: Request, info: RequestInfo) => Answered {
  return (request, info) => {
    const startedMs = monotonicMs();
    const identified = steps.identify(request, info);
    const fail = (error: unknown): Response =>
      steps.observe(request, identified, steps.failed(error, identified), startedMs);
    try {
      steps.limit(request, identified);
      const answer = steps.cached(request, identified) ?? steps.route(request, identified);
      // Synchronous if possible: a promise would cost a cached answer a turn of the event loop.
      return answer instanceof Response
        ? steps.observe(request, identified, answer, startedMs)
        : answer.then((late) => steps.observe(request, identified, late, startedMs)).catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}
