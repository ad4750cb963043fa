import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import { badEnvelope, decodeEnvelope, numberOf, numeric } from "./wire.ts";

const SUCCESS = 200;
const FIRST_LIMIT_CODE = 23_000;
const LAST_LIMIT_CODE = 23_003;

const envelope = z.object({ code: numeric });
const marketsBody = z.object({ order_book_details: z.unknown() });

/** Throws RequestFailure for a reply whose code is not that of success. */
export function refuseError(body: unknown): void {
  const code = numberOf(decodeEnvelope(envelope, body).code);
  if (code === SUCCESS) return;
  if (code !== null && code >= FIRST_LIMIT_CODE && code <= LAST_LIMIT_CODE) {
    throw new RequestFailure("rate_limited", `code ${code}`);
  }
  throw badEnvelope(`code ${code}`);
}

/** The list of perpetual markets. */
export const MARKETS_PATH = "/api/v1/orderBookDetails";

/** The rows of its reply. */
export function marketsOf(body: unknown): unknown {
  refuseError(body);
  return decodeEnvelope(marketsBody, body).order_book_details;
}
