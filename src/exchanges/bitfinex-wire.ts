import { RequestFailure } from "../lib/request-failure.ts";
import { badEnvelope } from "./wire.ts";

const RATE_LIMIT_CODE = 11010;
/** Documented: exceeding the limit blocks the address for a minute. */
export const RATE_LIMIT_WAIT_MS = 60_000;

/** A success is a bare list; an error is a list that begins with "error", or an object. */
export function successOf(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) {
    throw failureOf(String(Reflect.get(Object(body), "error")) === "ERR_RATE_LIMIT");
  }
  const list: readonly unknown[] = body;
  if (list[0] === "error") throw failureOf(Number(list[1]) === RATE_LIMIT_CODE);
  return list;
}

function failureOf(isRateLimit: boolean): RequestFailure {
  return isRateLimit
    ? new RequestFailure("rate_limited", "rate limit", { retryAfterMs: RATE_LIMIT_WAIT_MS })
    : badEnvelope("an error in place of a list");
}
