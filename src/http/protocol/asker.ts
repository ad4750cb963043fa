import type { RequestContext } from "./request-context.ts";

/** For whom an answer is made. */
export interface Asker {
  /** Whose bounds hold: all requests of one address have the same. */
  readonly client: string;
  /** Aborted when the connection is closed. */
  readonly left: AbortSignal;
}

export function askerOf(request: Request, context: RequestContext): Asker {
  return { client: context.client ?? "", left: request.signal };
}
