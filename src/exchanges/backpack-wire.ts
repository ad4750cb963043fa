import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { badEnvelope } from "./wire.ts";

export const RATE_LIMIT_CODE = "TOO_MANY_REQUESTS";

const errorBody = z.object({ code: z.string() });

/** A success is a bare list; an object with a code is an error. */
export function listOf(body: unknown): unknown {
  const error = errorBody.safeParse(body);
  if (!error.success) return body;
  const { code } = error.data;
  throw code === RATE_LIMIT_CODE
    ? new RequestFailure("rate_limited", code)
    : badEnvelope("an error in place of a list");
}
