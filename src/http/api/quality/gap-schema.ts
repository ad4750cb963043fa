import { z } from "@hono/zod-openapi";
import { LEDGER_DEFAULTS, LEDGER_SPANS } from "../../../services/history/ledger-table.ts";
import { MAX_LACKING_RANGES } from "../../../services/history/settled-page.ts";
import { MAX_CURSOR_LENGTH } from "../../lists/cursor.ts";
import { LackingRangeSchema } from "../../lists/lacking.ts";
import {
  fieldsParam,
  formatParam,
  instrumentFields,
  instrumentFilters,
  plainListShape,
  pageParams,
  time,
} from "../../lists/row-fields.ts";
import { AccrualSchema, ExchangeIdSchema } from "../../openapi/enums.ts";
import { choiceParam, opaqueParam, openListParam } from "../../openapi/params.ts";

const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });

/** Slots of the range by state. */
const counts = {
  expected_settlements: z.int().nullable().meta({
    description:
      "Payments (or accrued hours) that were due. Null if the interval of some of the time is unknown.",
    example: 63_000,
  }),
  present: count("Those that are there, as the exchange charged them.", 62_500),
  estimated: count("Those that are there as estimated from live rates.", 20),
  pending: count(
    "Those of the last ten minutes that are not there yet: exchanges publish a payment within minutes.",
    0,
  ),
  being_backfilled: count("Those that were not read from the exchange yet.", 480),
  missing: count(
    "Those that its answer lacks; without a history of the exchange, those that no live row showed.",
    0,
  ),
  absent_at_source: count(
    "Those older than what it keeps; without a history of the exchange, older than the first one known.",
    0,
  ),
  completeness_share: z
    .number()
    .nullable()
    .meta({ description: "present / expected_settlements.", example: 0.992 }),
};

export const ExchangeGapsSchema = z
  .strictObject({
    exchange: ExchangeIdSchema,
    has_history: z.boolean().meta({
      description: "Whether the payments of this exchange can be read from its own history.",
    }),
    instruments: count("Instruments that existed in the range.", 300),
    complete_instruments: count(
      "Those of them with every payment that was due, as the exchange charged it.",
      290,
    ),
    ...counts,
    instruments_read: count("Instruments whose whole past has been read, whatever the range.", 280),
    instruments_failing: count("Instruments whose last attempt to read it failed.", 0),
    requests: count("Requests for it so far.", 1_200),
    oldest_at: time("The oldest stored payment; null if there is none.").nullable(),
  })
  .openapi("ExchangeGaps");

export type ExchangeGaps = z.infer<typeof ExchangeGapsSchema>;

export const InstrumentGapsSchema = z
  .strictObject({
    ...instrumentFields,
    accrual: AccrualSchema,
    has_history: z.boolean().meta({
      description: "Whether its payments can be read from its exchange's own history.",
    }),
    complete: z.boolean().meta({
      description: "Whether every payment that was due is there, as the exchange charged it.",
    }),
    ...counts,
    lacking: z.array(LackingRangeSchema).meta({
      description: `What is not there, or only as an estimate, at most ${MAX_LACKING_RANGES} ranges.`,
    }),
    listed_at: time("When it was listed, if the exchange states it.").nullable(),
    ended_at: time("When it was found delisted; null while it is listed.").nullable(),
    oldest_at: time("The oldest stored payment; null if there is none.").nullable(),
    read_from_at: time(
      "Its past has been read from here, whatever the range; null before the first page.",
    ).nullable(),
    read_to_at: time("… to here, not included.").nullable(),
    read_completely: z
      .boolean()
      .meta({ description: "Whether there is nothing older to be read." }),
    available_from_at: time(
      "The oldest payment that the exchange still has, if that is not the first one.",
    ).nullable(),
    requests: count("Requests for it so far.", 12),
    failures_in_row: count("Attempts that failed since the last success.", 0),
    failure: z.string().nullable().meta({ description: "How the last one failed." }),
    attempted_at: time("The last attempt; null before the first.").nullable(),
  })
  .openapi("InstrumentGaps");

export type InstrumentGaps = z.infer<typeof InstrumentGapsSchema>;

const LedgerSpanSchema = z
  .enum(LEDGER_SPANS)
  .openapi("LedgerRange", { description: "How far back the ledger goes." });

export const GapListSchema = z
  .strictObject({
    ...plainListShape(z.union([ExchangeGapsSchema, InstrumentGapsSchema])),
    range: LedgerSpanSchema,
    from_at: time("The start of the range; null: whatever is known.").nullable(),
    to_at: time("Its end, not included."),
  })
  .openapi("GapList");

export const GapQuerySchema = z.strictObject({
  range: choiceParam(LEDGER_SPANS, {
    description:
      "The time up to `fetched_at`, or everything since each listing, as far as that is known. A long one of many instruments is refused: narrow it by exchange or uid.",
    example: "90d",
    fallback: LEDGER_DEFAULTS.range,
  }),
  exchange: instrumentFilters.exchange,
  uid: openListParam((text) => text, {
    description: "Instruments by `uid`, past ones included. Default: all.",
    fallback: null,
  }),
  limit: pageParams.limit,
  cursor: opaqueParam(
    MAX_CURSOR_LENGTH,
    "`next_cursor` of the previous page, with the same query: all pages are computed for the same time. It never expires.",
  ),
  ...formatParam,
  fields: fieldsParam(["exchange", "missing"]),
});
