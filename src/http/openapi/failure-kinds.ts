import { z } from "@hono/zod-openapi";
import type { FailureKind } from "../../domain/exchange.ts";
import { HOUR_MS, MAX_ABS_RATE, NEXT_TIME_LIMIT_MS } from "../../domain/funding.ts";
import { REJECT_REASONS, type RejectReason } from "../../domain/quote.ts";
import { MAX_NAME_CHARS } from "../../domain/safe-text.ts";

/** Why a refresh or a row of an exchange could not be used: for the document and for /docs/terms. */

/** The meaning of each kind of failure. A new kind without a meaning does not compile. */
export const FAILURE_MEANINGS = {
  timeout: "no complete answer in time",
  network: "no connection, or it broke off",
  http: "an HTTP error that none of the other kinds describes",
  rate_limited: "the exchange limits how often it may be asked",
  banned: "the exchange refuses this server's address for a while",
  geo_blocked: "the exchange says that it blocks the country of this server",
  bad_envelope: "the answer as a whole is not in the documented format",
  too_large: "the answer has more bytes, levels, values or rows than is plausible",
  refused_batch:
    "the answer could be read, but too many instruments are missing or unreadable, or a unit has changed",
} satisfies Record<FailureKind, string>;

const kinds = Object.keys(FAILURE_MEANINGS) as [FailureKind, ...FailureKind[]];

export const FailureKindSchema = z.enum(kinds).openapi("FailureKind", {
  description: `${Object.entries(FAILURE_MEANINGS)
    .map(([kind, meaning]) => `\`${kind}\`: ${meaning}`)
    .join("; ")}.`,
});

const LIMIT_HOURS = NEXT_TIME_LIMIT_MS / HOUR_MS;

/** The meaning of each reason why a row was rejected. A new reason without a meaning does not compile. */
export const REJECT_MEANINGS = {
  bad_row: "a field that the row cannot do without is missing or not as documented",
  bad_rate: `the funding rate is not a number, or it is over ${LIMIT_HOURS} h old`,
  bad_next_time: `the next settlement is over ${LIMIT_HOURS} h ahead, or so long ago that its unit must be wrong`,
  bad_price:
    "the price that turns the published amount into a rate is missing, or far from the mark price",
  bad_symbol: `the symbol or a currency is empty, longer than ${MAX_NAME_CHARS} characters, or has characters that are unsafe to show`,
  ambiguous: "several rows have the same symbol and different figures",
  implausible_rate: `the rate is over ${MAX_ABS_RATE * 100} % of the notional for one interval`,
  unknown_kind:
    "a name or kind of contract that this version does not know; not counted as unreadable",
} satisfies Record<RejectReason, string>;

/** Rejected rows by reason; reasons without rows are absent. */
export const RejectCountsSchema = z
  .partialRecord(z.enum(REJECT_REASONS), z.int().min(0))
  .openapi("RejectCounts", {
    description:
      "Rejected rows of the last accepted batch, by reason; a reason without rows is absent.",
    example: { bad_rate: 2 },
    properties: Object.fromEntries(
      REJECT_REASONS.map((reason) => [
        reason,
        { type: "integer", minimum: 0, description: `Rows rejected: ${REJECT_MEANINGS[reason]}.` },
      ]),
    ),
  });
