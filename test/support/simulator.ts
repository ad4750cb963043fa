import { handle } from "../../src/simulator/handler.ts";
import { Market } from "../../src/simulator/running-market.ts";

/** On a market step, away from every settlement and its minute. */
export const DEMO_START_MS = Date.UTC(2026, 10, 2, 12, 17, 0);

export type Json = Readonly<Record<string, unknown>>;

/** A market whose wall time is stopped; `step` advances it. */
export function demoMarket(
  options: { readonly seed?: number; readonly atMs?: number; readonly scale?: number } = {},
): Market {
  const { seed = 1, atMs = DEMO_START_MS, scale = 1 } = options;
  // While its time stands still all requests are at once: the limit of a history would ban them.
  return new Market({ nowMs: () => atMs, seed, scale, historyLimitFactor: 1e6 });
}

/** One request of an exchange: path with query, or a JSON body for the one that uses POST. */
export interface DemoRequest {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to the simulator without a socket, as `/<exchange><path>`. */
export function ask(market: Market, exchange: string, request: DemoRequest): Promise<Response> {
  const { path, body, headers = {} } = request;
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return handle(market, new Request(`http://simulator/${exchange}${path}`, { headers, ...post }));
}

export async function askJson(
  market: Market,
  exchange: string,
  request: DemoRequest,
): Promise<unknown> {
  const response = await ask(market, exchange, request);
  return response.json();
}

/** The object at a place, {} if there is none: what a test reads next is then undefined. */
export function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The value at a path of keys and indexes in an answer. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((inner: unknown, key) => objectOf(inner)[String(key)], value);
}

/** The list at a path, as rows. Throws if there is none: nothing could be checked about its rows. */
export function rowsAt(value: unknown, ...path: readonly (string | number)[]): readonly Json[] {
  const list = at(value, ...path);
  if (!Array.isArray(list)) throw new Error(`no list at ${path.join(".")}`);
  return list.map(objectOf);
}
