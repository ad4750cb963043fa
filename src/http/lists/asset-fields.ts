import { z } from "@hono/zod-openapi";
import { flagBit } from "../../domain/flags.ts";
import { EXCHANGE_IDS } from "../../domain/exchange.ts";
import { ofExchangesField } from "../openapi/missing-exchanges.ts";
import { MIN_EXCHANGES } from "../../domain/statistics.ts";
import type { AssetListings } from "../../services/finder/asset-listings.ts";

/** Schema parts shared by lists with one row per asset. */

/** Part of the description of every list of assets. */
export const LISTINGS_THAT_COUNT =
  "Filters select the listings that count. Only trusted ones do: no blocking flag (`stale`, `expired`, `interval_unknown`, `identity_conflict`, `suspect`), and an identity shown by prices.";

export const TOO_FEW = `fewer than ${MIN_EXCHANGES} exchanges with a trusted listing`;

const count = z.int().min(0);
const money = (description: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `${description} US dollars.`, example: 1_250_000 });

const UNVERIFIED = flagBit("unverified_rate");

/** Identifies the asset and says how much is known about it. */
export const assetFields = {
  base: z.string().meta({
    description: "Name of the asset; its listings may have other tickers.",
    example: "PEPE",
  }),
  asset_id: z.string().meta({
    description: "The asset, as identified by its price; the same base can be two assets.",
    example: "PEPE",
  }),
  exchanges: count.max(EXCHANGE_IDS.length).meta({
    description: "Exchanges with a trusted listing that matches.",
    example: 12,
  }),
  of_exchanges: ofExchangesField,
  instruments: count.meta({ description: "Trusted listings that match.", example: 17 }),
  untrusted_instruments: count.meta({
    description: "Matching listings left out because of a blocking flag.",
    example: 1,
  }),
  unverified_instruments: count.meta({
    description:
      "Trusted listings flagged `unverified_rate`: it is unproven which of the rates that their exchange publishes is charged next. They count like all others.",
    example: 0,
  }),
  open_interest_usd: money(
    "Total one-sided open interest of the trusted listings, as far as it is known; null if none is known.",
  ),
  open_interest_unknown: count.meta({
    description: "Trusted listings with unknown open interest.",
    example: 2,
  }),
  volume_24h_usd: money(
    "Total 24 h turnover of the trusted listings, as far as it is known; null if none is known.",
  ),
  volume_unknown: count.meta({
    description: "Trusted listings with unknown volume.",
    example: 0,
  }),
} as const;

/** The values of `assetFields`. */
export function assetPart(asset: AssetListings, ofExchanges: number) {
  return {
    base: asset.base,
    asset_id: asset.assetId,
    exchanges: asset.exchanges,
    of_exchanges: ofExchanges,
    instruments: asset.listings.length,
    untrusted_instruments: asset.untrusted,
    unverified_instruments: asset.listings.filter(({ flags }) => (flags & UNVERIFIED) !== 0).length,
    open_interest_usd: asset.openInterestUsd.sum,
    open_interest_unknown: asset.openInterestUsd.unknown,
    volume_24h_usd: asset.volume24hUsd.sum,
    volume_unknown: asset.volume24hUsd.unknown,
  };
}

/** Percent per year, simple (not compounded). */
export const yearlyPct = (description: string) =>
  z.number().meta({
    description: `${description} Percent a year, simple; positive: longs pay shorts.`,
    example: 10.95,
  });
