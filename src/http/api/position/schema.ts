import { z } from "@hono/zod-openapi";
import { BLOCKING_FLAGS } from "../../../domain/flags.ts";
import {
  ALTERNATIVE_REASONS,
  POSITION_DEFAULTS,
  POSITION_SIDES,
} from "../../../services/finder/position.ts";
import { FundingRowSchema, MAX_MINIMUM_USD } from "../../lists/funding-schema.ts";
import { formatParam, instrumentFields, plainListSchema, time } from "../../lists/row-fields.ts";
import { orNull } from "../../openapi/enums.ts";
import { numberParam } from "../../openapi/params.ts";
import { requiredChoiceParam, requiredTextParam } from "../../openapi/required-params.ts";

const shape = FundingRowSchema.shape;

const usd = (description: string, example: number) =>
  z.number().meta({ description: `${description} US dollars.`, example });

const rateFields = {
  funding_rate: shape.funding_rate,
  funding_interval_hours: shape.funding_interval_hours,
  annualized_pct: shape.annualized_pct,
  rate_8h_pct: shape.rate_8h_pct,
  next_funding_time: shape.next_funding_time,
  accrual: shape.accrual,
  open_interest_usd: shape.open_interest_usd,
  volume_24h_usd: shape.volume_24h_usd,
  flags: shape.flags,
} as const;

const AlternativeSchema = z
  .strictObject({
    uid: instrumentFields.uid,
    exchange: instrumentFields.exchange,
    exchange_symbol: instrumentFields.exchange_symbol,
    symbol: instrumentFields.symbol,
    quote: instrumentFields.quote,
    ...rateFields,
    is_outlier: z.boolean().meta({
      description:
        "Its annualized rate is 50 % or more and over 100 times the median absolute rate of its asset: check it first.",
    }),
    yearly_gain_usd: usd(
      "How much more the position would earn per year there than here if both rates stay unchanged, before the fees of moving. Negative: here is better.",
      212.4,
    ),
  })
  .openapi("PositionAlternative");

/** Whether a side receives or pays. */
const DIRECTIONS = ["receive", "pay", "nothing"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const PositionSchema = z
  .strictObject({
    ...instrumentFields,
    side: z.enum(POSITION_SIDES).meta({ description: "As requested." }),
    notional_usd: usd("As requested.", 10_000),
    ...rateFields,
    assumes: z.literal("constant_rates").meta({
      description: "Rates are assumed to stay unchanged: actual payments follow future rates.",
    }),
    direction: orNull(z.enum(DIRECTIONS)).meta({
      description:
        "Whether this side receives or pays funding at the current rate. Null with `reasons`.",
    }),
    next_payment_at: time(
      "When the next payment is made. Null for continuous funding, which accrues every second, and with `reasons`.",
    ).nullable(),
    next_payment_usd: usd(
      "Amount of the next payment; positive: received. Null if next_payment_at is null.",
      -1.25,
    ).nullable(),
    day_usd: usd(
      "Funding over the next 24 hours, from settlements or accrual; positive: received. Null with `reasons`.",
      -3.75,
    ).nullable(),
    thirty_days_usd: usd("The same for the next 30 days.", -112.5).nullable(),
    reasons: z.array(z.enum(BLOCKING_FLAGS)).meta({
      description:
        "Why its numbers are null: the blocking flags of the row. Empty if they are not.",
      example: [],
    }),
    alternative: AlternativeSchema.nullable().meta({
      description:
        "The listing of the same asset on another exchange that currently pays this side most, or costs it least, by annualized_pct. Only trusted listings whose price is within 10 % are considered; advisory flags such as `thin` are in its flags. Null with alternative_reason.",
    }),
    alternative_reason: orNull(z.enum(ALTERNATIVE_REASONS)).meta({
      description:
        "`blocked`: see `reasons`; `identity_unknown`: no price has identified the asset; `no_other_exchange`: no other exchange has a trusted listing of it.",
    }),
  })
  .openapi("Position");

export type PositionRow = z.infer<typeof PositionSchema>;

export const PositionListSchema = plainListSchema("PositionList", PositionSchema);

/** Longer than any uid. */
const MAX_UID_LENGTH = 200;

export const PositionQuerySchema = z.strictObject({
  uid: requiredTextParam(MAX_UID_LENGTH, {
    description:
      "The instrument: a uid from any list, or exchange:exchange_symbol for the one that currently has this symbol. Case-insensitive if only one matches.",
    example: "binance:BTCUSDT",
  }),
  side: requiredChoiceParam(POSITION_SIDES, {
    description:
      "Side of the position. `long` pays funding at a rate above 0 and receives it below; `short` the other way round.",
    example: "long",
  }),
  notional: numberParam(
    { unit: "US dollars", above: 0, max: MAX_MINIMUM_USD },
    {
      description: "Notional of the position, in US dollars.",
      fallback: POSITION_DEFAULTS.notionalUsd,
      example: 25_000,
    },
  ),
  ...formatParam,
});
