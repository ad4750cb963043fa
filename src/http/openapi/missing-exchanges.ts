import { z } from "@hono/zod-openapi";
import {
  EXCHANGE_IDS,
  MISSING_STATUSES,
  type MissingExchange,
  type MissingStatus,
} from "../../domain/exchange.ts";
import type { Coverage } from "../../services/board/coverage.ts";
import { ExchangeIdSchema } from "./enums.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import { ApiError } from "../protocol/problem.ts";

/** How answers list the exchanges without data. */

export const MISSING_SAMPLE = [
  { exchange: "okx", status: "down", reason: "No new rates: it cannot be reached." },
] as const satisfies readonly MissingExchange[];

const MissingExchangeSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    status: z.enum(MISSING_STATUSES).meta({
      description: "As /api/exchanges has it in this snapshot.",
      example: "down",
    }),
    reason: z.string().meta({
      description: "The reason in words, which may change: programs should read `status`.",
      example: MISSING_SAMPLE[0].reason,
    }),
  })
  .openapi("MissingExchange");

export const missingField = z.array(MissingExchangeSchema).meta({
  description:
    "The requested exchanges that have no current rates, ordered by id: `starting` (no batch yet), `stale`, `down`, `geo_blocked`, and `off` if `exchange` names it. A `degraded` exchange delivers and is not listed. Rows that are left of a missing exchange stay in the answer and are flagged once they are old. As of the snapshot.",
  example: MISSING_SAMPLE,
});

/** Accompanies a number of exchanges. */
export const ofExchangesField = z.int().min(0).max(EXCHANGE_IDS.length).meta({
  description: "Number of exchanges requested, including missing ones.",
  example: 38,
});

/**
 * Coverage as headers, for formats without an envelope: how many exchanges were requested, and which of them are
 * missing as an RFC 9651 list (structured fields), absent if none is.
 */
export function coverageHeaders({
  asked,
  missing,
}: Pick<Coverage, "asked" | "missing">): FixedHeaders {
  const members = missing.map(({ exchange, status }) => `${exchange};status=${status}`);
  return {
    "x-of-exchanges": String(asked),
    ...(members.length > 0 && { "x-missing-exchanges": members.join(", ") }),
  };
}

/** When a retry makes sense, by the exchange's status. Seconds. */
const RETRY_SECONDS = {
  starting: 5,
  stale: 60,
  down: 60,
  geo_blocked: 120,
  off: 3_600,
} as const satisfies Record<MissingStatus, number>;

/** The problem if nothing requested can be known: an empty list would claim that there is nothing. */
export function noData(missing: readonly MissingExchange[]): ApiError {
  const names = missing.map(({ exchange, status }) => `${exchange} (${status})`);
  const seconds = Math.min(...missing.map(({ status }) => RETRY_SECONDS[status]));
  return new ApiError("no_data", `There are no rates of ${names.join(", ")}.`, {
    headers: { "retry-after": String(seconds) },
    missing,
  });
}
