import { z } from "@hono/zod-openapi";
import { AssetClassSchema, orNull } from "../../enums.ts";
import { DECISIONS, REASONS } from "../../../domain/decision.ts";
import { EXCHANGE_IDS, type ExchangeId, isExchangeId } from "../../../domain/exchange.ts";
import { MAX_TAKER_BPS } from "../../../domain/fees.ts";
import { PRICE_SOURCES } from "../../../services/asset-groups.ts";
import { PAIR_SORTS } from "../../../services/pair.ts";
import {
  choiceParam,
  closedListParam,
  countParam,
  countThresholdParam,
  numberParam,
  openListParam,
  thresholdParam,
} from "../../params.ts";
import { assetFilters, pageParams, time } from "../../row-fields.ts";
import { thresholdListSchema } from "../../thresholds.ts";
import { decimalOf } from "../../query-text.ts";
import { FundingRowSchema, MAX_MINIMUM_USD } from "../funding/schema.ts";

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
    next_funding_time: shape.next_funding_time,
    accrual: shape.accrual,
    mark_price: shape.mark_price,
    index_price: shape.index_price,
    last_price: shape.last_price,
    price_source: PriceSourceSchema.nullable().openapi({
      description:
        "Which of these prices price_gap_pct is made from: a last trade may be older than a mark. Null where there is none.",
      example: "mark",
    }),
    open_interest_usd: shape.open_interest_usd,
    volume_24h_usd: shape.volume_24h_usd,
    fee_bps: z.number().nullable().openapi({
      description:
        "Taker fee that was reckoned with, basis points of notional per fill. Null where nobody vouches for one.",
      example: 5,
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
    .openapi({ description: `${description} US dollars.`, example: 12.5 });
const settlements = (side: string) =>
  z
    .int()
    .nullable()
    .openapi({
      description: `Settlements of the ${side} leg in the holding time; null for continuous funding and where the next one is not known.`,
      example: 3,
    });

const CashSchema = z
  .strictObject({
    assumes: z.literal("constant_rates").openapi({
      description: "Both rates stay as they are: what is paid in fact follows the rates to come.",
    }),
    notional_usd: z.number().openapi({ description: "Of each leg. US dollars.", example: 10_000 }),
    hold_hours: z.number().openapi({ description: "Holding time in hours.", example: 24 }),
    long_settlements: settlements("long"),
    short_settlements: settlements("short"),
    long_usd: usd("Funding of the long leg, received where positive."),
    short_usd: usd("Funding of the short leg, received where positive."),
    funding_usd: usd("Funding of both legs."),
    fees_usd: usd("Four taker fills."),
    net_usd: usd("Funding less fees."),
  })
  .openapi("ExpectedCash");

export type CashBody = z.infer<typeof CashSchema>;

const pct = (description: string, example: number) =>
  z.number().nullable().openapi({ description, example });

export const ArbPairSchema = z
  .strictObject({
    base: shape.base,
    asset_id: z.string().openapi({
      description: "The asset of both legs; for a refused pair the one whose name they bear.",
      example: "PEPE",
    }),
    asset_class: orNull(AssetClassSchema).openapi({
      description:
        "As either leg's exchange says, else those of the asset's other listings where they agree.",
    }),
    decision: z.enum(DECISIONS).openapi({
      description:
        "`usable`; `watch`: look at `reasons` first; `refuse`: a number of it cannot be relied on.",
    }),
    reasons: z.array(z.enum(REASONS)).openapi({
      description:
        "Why it is not usable. Refused: `stale_leg`, `expired_leg`, `interval_unknown`, `identity_conflict`, `identity_unknown` (no price has told that both are one asset), `suspect`. To watch: `pinned` (a rate at its cap, floor or resting value), `thin` (24 h volume under 100,000 USD or unknown), `settling`, `price_gap` (over 1 %), `price_unknown`, `fee_unknown`, `young` (lasted under 10 minutes, or not known how long).",
    }),
    long: LegSchema,
    short: LegSchema,
    gross_apr_pct: pct("annualized_pct of the short leg less that of the long leg.", 31.2),
    fees_pct: pct("Four taker fills (each leg opened and closed), percent of notional.", 0.2),
    net_apr_pct: pct(
      "gross_apr_pct less fees_pct paid once per hold_hours: fees_pct x 8760 / hold_hours.",
      -41.8,
    ),
    breakeven_hours: pct(
      "Hours until the gross yield has paid the fees: 0 where there are none, null when it never does or a fee is unknown.",
      56.2,
    ),
    price_gap_pct: pct(
      "How much dearer one unit is on the short leg, percent of the middle of both prices (mark, else index, else last trade: `price_source` of each leg). Null where a price is unknown.",
      0.04,
    ),
    expected_cash: CashSchema,
    first_seen: time("Since when the pair has yielded 5 percent a year or more.").nullable(),
    age_seconds: z.int().min(0).nullable().openapi({
      description:
        "fetched_at minus first_seen. Null below 5 percent a year, and for a new pair until it is stored, at most a minute.",
      example: 5400,
    }),
    unobserved_seconds: z.int().min(0).nullable().openapi({
      description: "How much of that time nobody looked, because this service was down.",
      example: 0,
    }),
    peak_gross_apr_pct: pct(
      "The highest gross_apr_pct since first_seen; those of earlier snapshots to a hundredth.",
      44.1,
    ),
  })
  .openapi("ArbPair");

export type ArbRow = z.infer<typeof ArbPairSchema>;

export const ArbListSchema = thresholdListSchema("ArbList", ArbPairSchema, [
  "min_volume",
  "min_open_interest",
  "min_yield",
  "min_age",
  "max_price_gap_pct",
]);

export type ArbList = z.infer<typeof ArbListSchema>;

const FEE = /^([a-z]+):(.+)$/;

/** Exchange and basis points of each member; null: the table's. */
const feesParam = openListParam((text) => text, {
  description: `Taker fees in basis points per fill, as exchange:bps (0 to ${MAX_TAKER_BPS}); exchanges that are not named keep the fee that /api/exchanges shows. \`default\`: all keep theirs.`,
  example: ["okx:3.5", "bybit:5"],
  fallback: ["default"],
})
  .transform((members, context): ReadonlyMap<ExchangeId, number> => {
    const fees = new Map<ExchangeId, number>();
    if (members.length === 1 && members[0] === "default") return fees;
    for (const member of members) {
      const [, exchange = "", text = ""] = FEE.exec(member) ?? [];
      const bps = decimalOf(text);
      if (!isExchangeId(exchange) || !(bps <= MAX_TAKER_BPS) || fees.has(exchange)) {
        const message = `${JSON.stringify(member.slice(0, 64))} is not exchange:bps of a known exchange, once, from 0 to ${MAX_TAKER_BPS}`;
        context.addIssue({ code: "custom", message });
      } else {
        fees.set(exchange, bps);
      }
    }
    return fees;
  })
  .openapi({
    type: "array",
    items: { type: "string", pattern: String.raw`^(default|[a-z]+:\d+(\.\d+)?(e[+-]?\d+)?)$` },
  });

const MAX_PCT = 1_000_000;
/** Ten years: nobody plans a trade for longer, and a time in seconds is refused. */
const MAX_HOLD_HOURS = 87_600;
const MAX_AGE_SECONDS = 315_360_000;
const DEFAULT_MIN_VOLUME_USD = 1_000_000;
const DEFAULT_NOTIONAL_USD = 10_000;
const DEFAULT_HOLD_HOURS = 24;
const DEFAULT_LIMIT = 100;
/** A pair is some 1.5 KB: more at once would hold other requests up. */
const MAX_LIMIT = 5_000;

export const ArbQuerySchema = z.strictObject({
  exchange: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges that either leg may be on. Default: all.",
    example: ["binance", "okx", "bybit"],
    fallback: null,
  }),
  exclude: closedListParam(EXCHANGE_IDS, {
    component: "ExchangeId",
    description: "Exchanges that no leg may be on. Default: none.",
    example: ["lbank"],
    fallback: null,
  }),
  base: assetFilters.base,
  quote: assetFilters.quote,
  asset_class: assetFilters.asset_class,
  min_volume: thresholdParam(
    { min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Least volume_24h_usd of each leg, in US dollars. An unknown volume fails every minimum above 0.",
      fallback: DEFAULT_MIN_VOLUME_USD,
      example: 5_000_000,
    },
  ),
  min_open_interest: thresholdParam(
    { min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Least open_interest_usd of each leg, in US dollars. An unknown one fails every minimum above 0.",
      fallback: 0,
      example: 500_000,
    },
  ),
  min_yield: thresholdParam(
    { min: 0, max: MAX_PCT },
    { description: "Least gross_apr_pct, percent a year.", fallback: 0, example: 1 },
  ),
  min_age: countThresholdParam(
    { min: 0, max: MAX_AGE_SECONDS },
    {
      description:
        "Least age_seconds: 3600 shows what has lasted for an hour. An age that is not known, as below 5 percent a year, fails every minimum above 0. Seconds.",
      fallback: 0,
      example: 0,
    },
  ),
  max_price_gap_pct: thresholdParam(
    { min: 0, max: 100 },
    {
      description:
        "Largest price_gap_pct, either way; an unknown gap fails every maximum. Percent. Default: any.",
      fallback: null,
      example: 0.5,
    },
  ),
  notional: numberParam(
    { above: 0, max: MAX_MINIMUM_USD },
    {
      description: "Notional of each leg for expected_cash, in US dollars.",
      fallback: DEFAULT_NOTIONAL_USD,
      example: 25_000,
    },
  ),
  hold_hours: numberParam(
    { above: 0, max: MAX_HOLD_HOURS },
    {
      description:
        "Holding time over which the fees are spread and whose settlements expected_cash counts, in hours.",
      fallback: DEFAULT_HOLD_HOURS,
      example: 72,
    },
  ),
  fees: feesParam,
  decision: closedListParam(DECISIONS, {
    description: "Decisions.",
    fallback: ["usable", "watch"],
    example: ["refuse"],
  }),
  pairs: choiceParam(["best", "all"], {
    description: "`best`: the first of each asset by `sort`. `all`: every pair of exchanges.",
    fallback: "best",
    example: "best",
  }),
  sort: choiceParam(PAIR_SORTS, {
    description:
      "`net`: highest net_apr_pct; `gross`: highest gross_apr_pct; `breakeven`: shortest breakeven_hours; `age`: longest age_seconds. Unknown last; ties by the long leg's exchange and exchange_symbol, then the short leg's.",
    fallback: "net",
    example: "net",
  }),
  limit: countParam(
    { min: 1, max: MAX_LIMIT },
    { description: "Most rows in one answer.", fallback: DEFAULT_LIMIT, example: 20 },
  ),
  cursor: pageParams.cursor,
  format: pageParams.format,
});

export type ArbParams = z.output<typeof ArbQuerySchema>;
