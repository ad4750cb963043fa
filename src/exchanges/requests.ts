/**
 * Checks an envelope and extracts only what `parse` needs. Throws RequestFailure("bad_envelope", …). `text` is what
 * `body` was parsed from: for the recording of a refresh, not for adapters.
 */
export type Decode<T> = (body: unknown, text?: Uint8Array) => T;

/** Sends requests to this exchange's hosts: paced, bounded, retried, with typed failures. */
export interface ExchangeHttp {
  /** `path` is everything after the origin, including the query. `host` names one of `facts.hosts`. */
  get<T>(path: string, decode: Decode<T>, host?: string): Promise<T>;
  /** For exchanges whose read calls are POST: retried like a GET. */
  postRead<T>(path: string, body: unknown, decode: Decode<T>, host?: string): Promise<T>;
}
