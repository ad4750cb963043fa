import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS, type ExchangeId } from "../../../domain/exchange.ts";
import { FEE_SOURCES } from "../../../domain/fees.ts";
import { ORIGIN_GAPS } from "../../../domain/origin.ts";
import { unverifiedRateField } from "../../openapi/exchange-status.ts";
import { orNull } from "../../openapi/enums.ts";
import { missingField } from "../../openapi/missing-exchanges.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { echo, refuse } from "../../protocol/query-text.ts";
import { time } from "../../lists/row-fields.ts";
import { FundingRowSchema } from "../../lists/funding-schema.ts";

/** Longer than any symbol of any exchange. */
const MAX_SYMBOL_LENGTH = 128;

export const ExplainPathSchema = z.object({
  exchange: z
    .string()
    .transform((text, context): ExchangeId => {
      const id = EXCHANGE_IDS.find((known) => known === text.toLowerCase());
      if (id !== undefined) return id;
      const nearest = didYouMean(text, EXCHANGE_IDS);
      refuse(context, `${echo(text)} must be one of ${EXCHANGE_IDS.join(", ")}${nearest}`);
      return z.NEVER;
    })
    .meta({
      param: { name: "exchange", in: "path" },
      type: "string",
      enum: [...EXCHANGE_IDS],
      description: "The exchange's id, case-insensitive.",
      example: "binance",
    }),
  exchange_symbol: z
    .string()
    .max(MAX_SYMBOL_LENGTH, `must not be longer than ${MAX_SYMBOL_LENGTH} characters`)
    .meta({
      param: { name: "exchange_symbol", in: "path" },
      description:
        "The exchange's own symbol, case-insensitive if only one matches; percent-encoded, a slash as %2F.",
      example: "BTCUSDT",
    }),
});

const WorkingSchema = z
  .strictObject({
    formula: z.string().meta({
      description:
        "The formula. Names in braces are fields of the row, or of `raw` as payload.field.",
      example: "{tickers.fundingRate} / {tickers.indexPrice}",
    }),
    with_numbers: z.string().meta({
      description: "The same with the values filled in.",
      example: "0.81 / 81000.5",
    }),
    value: z.number().meta({ description: "The result.", example: 0.00001 }),
  })
  .openapi("Working");

export const ExplanationSchema = z
  .strictObject({
    fetched_at: time("The time that the snapshot represents."),
    snapshot: z.string().meta({ description: "Id of the snapshot.", example: "7-1042" }),
    missing: missingField,
    row: FundingRowSchema,
    raw: z.record(z.string(), z.unknown()).nullable().meta({
      description:
        "The parts of the exchange's payloads that this row was read from, by payload, with values as received; null for a payload without a part for this symbol. Null as a whole with `raw_reason`.",
    }),
    raw_reason: orNull(z.enum(ORIGIN_GAPS)).meta({
      description:
        "Why `raw` is null. `not_in_memory`: another process collects, or this one has just started and has not refreshed the exchange yet. `being_replaced`: the row is from older payloads than those kept; retry in a few seconds. `not_in_last_batch`: the exchange's last accepted reply does not contain the instrument; the row is from an earlier one. `too_large`: the payloads are larger than what is kept in memory. `busy`: too many such requests at once, or the collector did not reply within two seconds; retry. `unreadable`: an error of this service, recorded in its log.",
    }),
    raw_observed_at: time("When the raw values were current on the exchange.").nullable(),
    rate_rule: z.string().meta({ description: "What the exchange publishes, and in which unit." }),
    unverified_rate: unverifiedRateField,
    rate: WorkingSchema.nullable().meta({
      description:
        "How funding_rate is computed from `raw`; null without it. A fraction per interval.",
    }),
    interval_rule: z.string().meta({ description: "Where the interval comes from." }),
    interval_source: z
      .enum(["published", "derived", "documented_default"])
      .nullable()
      .meta({ description: "How this row's interval is known; null if it is not." }),
    interval_changed_at: time("When the interval last changed.").nullable(),
    annualized: WorkingSchema.nullable().meta({
      description: "How annualized_pct is computed from the row; null if the interval is unknown.",
    }),
    observed_at: time("When the row was current on the exchange."),
    taker_fee_bps: z.number().nullable().meta({
      description:
        "The taker fee used for pairs with this listing unless a request gives another, in basis points of notional per fill. Null if it is unknown.",
      example: 5,
    }),
    taker_fee_source: orNull(z.enum(FEE_SOURCES)).meta({
      description:
        "`operator`: configured by the operator of this service; `listing`: stated by the exchange for this listing; `exchange`: its standard fee, see /api/exchanges.",
    }),
    documentation: z.string().meta({ description: "Website of the exchange." }),
    caveats: z
      .array(z.string())
      .meta({ description: "What the exchange's documentation does not settle." }),
  })
  .openapi("Explanation");

export type ExplanationBody = z.infer<typeof ExplanationSchema>;
