import type { RequestContext } from "./request-context.ts";

/** The client that an answer is built for. */
export interface Requester {
  /** Key of the per-client limits; all requests of one address share it. */
  readonly client: string;
  /** Aborted when the connection is closed. */
  readonly disconnected: AbortSignal;
}

export function requesterOf(request: Request, context: RequestContext): Requester {
  return { client: context.client ?? "", disconnected: request.signal };
}
