import { z } from "@hono/zod-openapi";
import { EXCHANGE_IDS } from "../../../domain/exchange.ts";
import { DIVERGENCE_DEFAULTS } from "../../../services/finder/divergence.ts";
import { ofExchangesField } from "../../openapi/missing-exchanges.ts";
import { countParam, countThresholdParam, thresholdParam } from "../../openapi/params.ts";
import { instrumentFilters, fieldsParam, pageParams } from "../../lists/row-fields.ts";
import { thresholdListSchema } from "../../lists/thresholds.ts";
import { ArbQuerySchema } from "../../lists/pair-query.ts";
import { ArbPairSchema } from "../../lists/pair-schema.ts";
import { listParams, MAX_MINIMUM_USD } from "../../lists/funding-schema.ts";

const pair = ArbPairSchema.shape;
const count = (description: string, example: number) =>
  z.int().min(0).meta({ description, example });
const points = (description: string, example: number) =>
  z.number().nullable().meta({ description, example });

export const DivergenceSchema = z
  .strictObject({
    base: pair.base,
    asset_id: pair.asset_id,
    asset_class: pair.asset_class,
    decision: pair.decision.meta({
      description:
        "As in /api/funding/arb for a holding time of 24 hours: `usable`; `watch`: check `reasons` first.",
    }),
    reasons: pair.reasons,
    exchanges: count("Exchanges whose listings pass the filters.", 6),
    of_exchanges: ofExchangesField,
    instruments: count("Listings that pass the filters.", 8),
    positive: count("Of these, listings with a rate above 0: longs pay shorts.", 5),
    negative: count("Of these, listings with a rate below 0: shorts pay longs.", 3),
    long: pair.long,
    short: pair.short,
    gross_apr_pct: points(
      "annualized_pct of the short leg minus that of the long leg: both sides receive funding.",
      48.2,
    ),
    fees_pct: pair.fees_pct,
    net_apr_pct: points(
      "gross_apr_pct less fees_pct paid once per 24 hours: fees_pct x 365. Percent a year.",
      -24.8,
    ),
    inflation: pair.inflation,
    capacity_usd: pair.capacity_usd,
    capacity_reason: pair.capacity_reason,
    mean_annualized_pct: points("Mean annualized_pct of the listings. Percent a year.", 3.1),
    standard_deviation_pct: points(
      "Standard deviation of annualized_pct over the listings (population). Percentage points a year.",
      14.7,
    ),
    price_gap_pct: pair.price_gap_pct,
    first_seen_at: pair.first_seen_at,
    lasted_seconds: pair.lasted_seconds,
    unobserved_seconds: pair.unobserved_seconds,
    peak_gross_apr_pct: pair.peak_gross_apr_pct,
  })
  .openapi("Divergence");

export type DivergenceRow = z.infer<typeof DivergenceSchema>;

export const DivergenceListSchema = thresholdListSchema("DivergenceList", DivergenceSchema, [
  "min_volume",
  "min_open_interest",
  "min_exchanges",
  "min_lasted",
  "min_yield",
  "min_deviation_pct",
  "max_price_gap_pct",
]);

export type DivergenceList = z.infer<typeof DivergenceListSchema>;

const arb = ArbQuerySchema.shape;

const PAIRS = DIVERGENCE_DEFAULTS.pairs;
const MAX_POINTS = 1_000_000;

export const DivergenceQuerySchema = z.strictObject({
  exchange: arb.exchange,
  exclude: arb.exclude,
  base: instrumentFilters.base,
  asset_id: instrumentFilters.asset_id,
  quote: instrumentFilters.quote,
  asset_class: instrumentFilters.asset_class,
  min_volume: thresholdParam(
    { unit: "US dollars", min: 0, max: MAX_MINIMUM_USD },
    {
      description:
        "Minimum volume_24h_usd of each listing, in US dollars. An unknown volume fails every minimum above 0.",
      fallback: PAIRS.legs.minVolumeUsd,
      example: 1_000_000,
    },
  ),
  min_open_interest: listParams.min_open_interest,
  min_exchanges: countParam(
    { unit: null, min: 2, max: EXCHANGE_IDS.length },
    {
      description: "Minimum number of exchanges whose listings pass the filters.",
      fallback: PAIRS.minExchanges,
      example: 2,
    },
  ),
  min_lasted: countThresholdParam(
    { unit: "seconds", min: 0, max: 315_360_000 },
    {
      description:
        "Minimum time for which the straddle has lasted (lasted_seconds). An unknown time, as for a gross_apr_pct below 5, fails every minimum above 0: `0` also shows those and new ones. Seconds.",
      fallback: PAIRS.minAgeSeconds,
      example: 0,
    },
  ),
  min_yield: thresholdParam(
    { unit: "percent a year", min: 0, max: MAX_POINTS },
    {
      description: "Minimum gross_apr_pct, percent a year.",
      fallback: PAIRS.minYieldPct,
      example: 1,
    },
  ),
  min_deviation_pct: thresholdParam(
    { unit: "percent a year", min: 0, max: MAX_POINTS },
    {
      description: "Minimum standard_deviation_pct, percentage points a year.",
      fallback: DIVERGENCE_DEFAULTS.minDeviationPct,
      example: 1,
    },
  ),
  max_price_gap_pct: arb.max_price_gap_pct,
  ...pageParams,
  fields: fieldsParam(["base", "gross_apr_pct", "long_exchange", "short_exchange"]),
});

export type DivergenceParams = z.output<typeof DivergenceQuerySchema>;
