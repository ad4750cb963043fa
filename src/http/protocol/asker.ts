import type { RequestContext } from "./request-context.ts";

/** The client that an answer is built for. */
export interface Asker {
  /** Key of the per-client limits; all requests of one address share it. */
  readonly client: string;
  /** Aborted when the connection is closed. */
  readonly left: AbortSignal;
}

export function askerOf(request: Request, context: RequestContext): Asker {
  return { client: context.client ?? "", left: request.signal };
}
