import { z } from "@hono/zod-openapi";
import { DECISIONS, REASONS } from "../../domain/decision.ts";
import { FEE_SOURCES } from "../../domain/fees.ts";
import { PRICE_SOURCES } from "../../domain/leg.ts";
import { CAPACITY_REASONS } from "../../services/finder/pair.ts";
import { AssetClassSchema, orNull } from "../openapi/enums.ts";
import { pastFields } from "./past-fields.ts";
import { time } from "./row-fields.ts";
import { ScheduleSchema } from "./schedule-schema.ts";
import { thresholdListSchema } from "./thresholds.ts";
import { FundingRowSchema } from "./funding-schema.ts";

const shape = FundingRowSchema.shape;

const PriceSourceSchema = z.enum(PRICE_SOURCES);

const LegSchema = z
  .strictObject({
    uid: shape.uid,
    exchange: shape.exchange,
    exchange_symbol: shape.exchange_symbol,
    symbol: shape.symbol,
    quote: shape.quote,
    multiplier: shape.multiplier,
    funding_rate: shape.funding_rate,
    funding_interval_hours: shape.funding_interval_hours,
    annualized_pct: shape.annualized_pct,
    rate_8h_pct: shape.rate_8h_pct,
    settled_7d_apr_pct: z.number().nullable().meta({
      description:
        "What was really charged in the last seven days, simple, over the time that it covers: the settlements of the instrument (estimates included), or what continuous funding accrued; positive: longs paid shorts. Null while they cover less than half of the seven days, if an interval among them is unknown, and if it accrues in quote currency. Percent a year.",
      example: 12.4,
    }),
    next_funding_time: shape.next_funding_time,
    accrual: shape.accrual,
    mark_price: shape.mark_price,
    index_price: shape.index_price,
    premium_pct: shape.premium_pct,
    last_price: shape.last_price,
    price_source: PriceSourceSchema.nullable().meta({
      description:
        "The price used for price_gap_pct: a last trade may be older than a mark price. Null if there is none.",
      example: "mark",
    }),
    open_interest_usd: shape.open_interest_usd,
    volume_24h_usd: shape.volume_24h_usd,
    taker_fee_bps: z.number().nullable().meta({
      description:
        "Taker fee used, in basis points of notional per fill. Null if no reliable source states one.",
      example: 5,
    }),
    taker_fee_source: z.enum(FEE_SOURCES).nullable().meta({
      description:
        "Source of taker_fee_bps: `request`: `fees` in this request; `operator`: configured by the operator of this service; `listing`: stated by the exchange for this listing; `exchange`: the standard fee of the exchange. The first one available wins, in this order. Null without a fee.",
      example: "exchange",
    }),
    age_seconds: shape.age_seconds,
    flags: shape.flags,
  })
  .openapi("ArbLeg");

export type ArbLeg = z.infer<typeof LegSchema>;

const usd = (description: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `${description} US dollars.`, example: 12.5 });
const settlements = (side: string) =>
  z
    .int()
    .nullable()
    .meta({
      description: `Settlements of the ${side} leg in the holding time; null for continuous funding and if the next one is unknown.`,
      example: 3,
    });

const CashSchema = z
  .strictObject({
    assumes: z.literal("constant_rates").meta({
      description: "Both rates are assumed to stay unchanged: actual payments follow future rates.",
    }),
    notional_usd: z.number().meta({ description: "Of each leg. US dollars.", example: 10_000 }),
    capital_usd: z.number().meta({
      description: "Capital for both legs: 2 x notional_usd / leverage. US dollars.",
      example: 20_000,
    }),
    leverage: z
      .number()
      .meta({ description: "Notional of both legs divided by capital_usd.", example: 1 }),
    hold_hours: z.number().meta({ description: "Holding time in hours.", example: 24 }),
    long_settlements: settlements("long"),
    short_settlements: settlements("short"),
    long_usd: usd("Funding of the long leg; positive: received."),
    short_usd: usd("Funding of the short leg; positive: received."),
    funding_usd: usd("Funding of both legs."),
    fees_usd: usd("Four taker fills."),
    net_usd: usd("Funding minus fees."),
  })
  .openapi("ExpectedCash");

export type CashBody = z.infer<typeof CashSchema>;

const pct = (description: string, example: number) =>
  z.number().nullable().meta({ description, example });

export const ArbPairSchema = z
  .strictObject({
    base: shape.base,
    asset_id: z.string().meta({
      description: "The asset of both legs; for a refused pair, the one whose name they share.",
      example: "PEPE",
    }),
    asset_class: orNull(AssetClassSchema).meta({
      description:
        "Class of the asset of both legs; until it is confirmed, as the exchange of the long leg states, else as that of the short leg.",
    }),
    decision: z.enum(DECISIONS).meta({
      description:
        "`usable`; `watch`: check `reasons` first; `refuse`: one of its numbers cannot be trusted.",
    }),
    reasons: z.array(z.enum(REASONS)).meta({
      description:
        "Why it is not usable. Refuse: `stale`, `expired`, `interval_unknown`, `identity_conflict`, `identity_unknown` (no price has shown that both are the same asset), `suspect`, `price_gap` over 10 %. Watch: `pinned_cap`, `pinned_floor`, `pinned_baseline` (a rate at its cap, floor or resting value), `thin` (24 h volume under 100,000 USD or unknown), `settling`, `unverified_rate` (which of the rates that the exchange of a leg publishes is charged next is not proven), `price_gap` over 1 %, `price_unknown`, `fee_unknown`, `young` (lasted under 10 minutes, or for an unknown time; never with `as_of`, because ages are not kept), `outlier` (the annualized rate of a leg is 50 % or more and over 100 times the median absolute rate of its asset, given at least three other listings), `settlement_unknown` (the next settlement of a leg is unknown, hence expected_cash as well), `no_settlement_in_hold` (neither leg settles or accrues within hold_hours), `not_profitable` (net_apr_pct is 0 or less, or expected_cash.net_usd is although funding is paid within hold_hours).",
    }),
    long: LegSchema,
    short: LegSchema,
    gross_apr_pct: pct("annualized_pct of the short leg minus that of the long leg.", 31.2),
    fees_pct: pct("Four taker fills (each leg opened and closed), in percent of notional.", 0.2),
    net_apr_pct: pct(
      "gross_apr_pct minus fees_pct paid once per hold_hours: fees_pct x 8760 / hold_hours.",
      -41.8,
    ),
    inflation: z.number().nullable().meta({
      description:
        "How many times what the last seven days paid this pair its live yield is: net_apr_pct / (settled_7d_apr_pct of the short leg - settled_7d_apr_pct of the long leg). 1: as much; 3: three times as much, so it will probably not last; negative: a live loss. Null if one of the three is unknown, or if the seven days paid the pair nothing or cost it money.",
      example: 2.5,
    }),
    net_on_capital_apr_pct: pct(
      "net_apr_pct, which is relative to the notional of one leg, as percent a year of the capital for both legs: net_apr_pct x leverage / 2.",
      -20.9,
    ),
    capacity_usd: z.number().nullable().meta({
      description:
        "Rough capacity per leg: 1 % of the open interest or of the 24 h volume of either leg, whichever is smallest. Null, with capacity_reason, if one of these four is unknown. Not based on order books, and no promise about them. US dollars.",
      example: 25_000,
    }),
    capacity_reason: orNull(z.enum(CAPACITY_REASONS)).meta({
      description:
        "Why capacity_usd is null: the figure that a leg lacks, `open_interest_unknown` if both are missing. Null if it is known.",
    }),
    breakeven_hours: pct(
      "Hours after fetched_at until the funding received has first covered all fees, if both rates stay unchanged: until a settlement, or a moment between two if a leg accrues. 0 without fees; null if 90 days are not enough, or if a fee, an interval or a next settlement is unknown.",
      60,
    ),
    breakeven_hours_smooth: pct(
      "The same if the gross yield accrued evenly: 0 without fees, null if it never covers them or a fee is unknown.",
      56.2,
    ),
    price_gap_pct: pct(
      "How much higher the price per unit is on the short leg, in percent of the midpoint of both prices (mark, else index, else last trade: `price_source` of each leg). Null if a price is unknown.",
      0.04,
    ),
    expected_cash: CashSchema,
    schedule: ScheduleSchema.nullable().meta({
      description:
        "The payments until expected_cash.hold_hours are over. Null without `schedule=1`, and if an interval or a next settlement is unknown.",
    }),
    first_seen_at: time("Since when the pair has yielded 5 percent a year or more.").nullable(),
    lasted_seconds: z.int().min(0).nullable().meta({
      description:
        "fetched_at minus first_seen_at. Null below 5 percent a year, and for a new pair until it is stored, at most a minute.",
      example: 5400,
    }),
    unobserved_seconds: z.int().min(0).nullable().meta({
      description: "How much of that time was not observed because this service was down.",
      example: 0,
    }),
    peak_gross_apr_pct: pct(
      "The highest gross_apr_pct since first_seen_at; values of earlier snapshots are rounded to hundredths.",
      44.1,
    ),
  })
  .openapi("ArbPair");

export type ArbRow = z.infer<typeof ArbPairSchema>;

export const ArbListSchema = z
  .strictObject({
    ...thresholdListSchema("ArbList", ArbPairSchema, [
      "min_volume",
      "min_open_interest",
      "min_yield",
      "min_net",
      "min_net_usd",
      "min_lasted",
      "max_price_gap_pct",
    ]).shape,
    ...pastFields,
  })
  .openapi("ArbList");

export type ArbList = z.infer<typeof ArbListSchema>;
