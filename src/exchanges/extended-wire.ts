import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { anyValue, badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

/** The code of an error may be an HTTP status. */
const RATE_LIMIT_CODE = 429;

const envelope = z.object({
  status: z.string(),
  error: z.object({ code: numeric }).nullish().catch(null),
  data: anyValue,
});

/** The data of a success; an error may come with HTTP 200. */
export function dataOf(body: unknown): unknown {
  const { status, error, data } = decodeEnvelope(envelope, body);
  if (status === "OK") return data;
  const message = `status ${status}, code ${error?.code ?? "unknown"}`.slice(0, 200);
  if (numberOf(error?.code) === RATE_LIMIT_CODE) throw new RequestFailure("rate_limited", message);
  throw badEnvelope(message);
}
