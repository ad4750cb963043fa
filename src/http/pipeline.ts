import type { UnreadableAddress } from "./protocol/request-address.ts";
import type { RequestContext, RequestInfo } from "./protocol/request-context.ts";

type Answered = Response | Promise<Response>;

/** A request as the steps pass it on. */
export interface Identified extends RequestContext {
  /** UNMATCHED until a route is found, and where none is. */
  route: string;
  /** Why the address cannot be read: it is empty then. */
  readonly unreadable: UnreadableAddress | null;
}

/** Label of requests that no route takes; invented paths must not make new series. */
export const UNMATCHED = "unmatched";

/** What every request goes through, in this order. */
export interface Steps {
  /** Reads who asks for what and in which form. Never throws. */
  identify(request: Request, info: RequestInfo): Identified;
  /** Throws the problem of a request that is not let in: who may be refused is refused before any work. */
  limit(request: Request, asked: Identified): void;
  /** The answer that is kept for this address, null where none is. Sets the route. */
  cached(request: Request, asked: Identified): Answered | null;
  /** Has a route make the answer. Sets the route. */
  route(request: Request, asked: Identified): Answered;
  /** What is sent in place of an answer where a step threw. Never throws. */
  failed(error: unknown, asked: Identified): Response;
  /** Counts and logs what is sent, and gives it back. */
  observe(request: Request, asked: Identified, response: Response, startedMs: number): Response;
}

/** The steps as one function, which never throws and never rejects. */
export function pipeline(
  steps: Steps,
  monotonicMs: () => number,
): (request: Request, info: RequestInfo) => Answered {
  return (request, info) => {
    const startedMs = monotonicMs();
    const asked = steps.identify(request, info);
    const fail = (error: unknown): Response =>
      steps.observe(request, asked, steps.failed(error, asked), startedMs);
    try {
      steps.limit(request, asked);
      const answer = steps.cached(request, asked) ?? steps.route(request, asked);
      // What is at hand is sent at once: a promise would cost a kept answer a turn of the event loop.
      return answer instanceof Response
        ? steps.observe(request, asked, answer, startedMs)
        : answer.then((late) => steps.observe(request, asked, late, startedMs)).catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}
