import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { badEnvelope, numberOf, numeric } from "./wire.ts";

const RATE_LIMIT_CODES: ReadonlySet<number | null> = new Set([-1003, -1015]);

const failure = z.object({ code: numeric });

/** The body, unless it is `{code, msg}`: lists are bare, and an error may come with HTTP 200. */
export function successOf(body: unknown): unknown {
  const code = numberOf(failure.safeParse(body).data?.code);
  if (RATE_LIMIT_CODES.has(code)) throw new RequestFailure("rate_limited", `code ${code}`);
  if (code !== null && code !== 0 && code !== 200) throw badEnvelope(`code ${code}`);
  return body;
}
