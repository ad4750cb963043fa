import type { z } from "@hono/zod-openapi";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import type { VolumeRankListSchema } from "../../src/http/api/by-volume/schema.ts";
import type { CalendarList } from "../../src/http/api/calendar/schema.ts";
import type { DivergenceList } from "../../src/http/api/divergence/schema.ts";
import type { ExtremeListSchema } from "../../src/http/api/extremes/schema.ts";
import type { FundingList, FundingRow } from "../../src/http/lists/funding-schema.ts";
import type { Heatmap } from "../../src/http/api/heatmap/schema.ts";
import type { SentimentListSchema } from "../../src/http/api/sentiment/schema.ts";
import {
  cellsOf,
  differences,
  divergenceFigures,
  pairFigures,
  pairsOf,
  type Plan,
  refusedByAsset,
  sentimentFigures,
  settlementsOf,
  trustedByAsset,
  volumeFigures,
  yearlyPct,
} from "./finder-recount.ts";
import { withSource } from "./price-source.ts";
import { feeOf, type Fees, moneyReasons, moneyReasonsIn } from "./money-recount.ts";

const HOLD_HOURS = 72;
const NOTIONAL_USD = 25_000;
const EXTREMES = 1_000;
const SETTLEMENTS = 5_000;
const CALENDAR_HOURS = 3;

/** What is compared: every complete list, or as much of it as is served at once. */
export const FINDER_PATHS = {
  current: "/api/funding/current",
  arb: `/api/funding/arb?min_volume=0&limit=5000&hold_hours=${HOLD_HOURS}&notional=${NOTIONAL_USD}`,
  extremes: `/api/funding/extremes?limit=${EXTREMES}`,
  sentiment: "/api/funding/sentiment",
  divergence: "/api/funding/divergence?min_volume=0&min_lasted=0&min_exchanges=2",
  heatmap: "/api/funding/heatmap?min_exchanges=0",
  byVolume: "/api/funding/by_volume",
  calendar: `/api/funding/calendar?hours=${CALENDAR_HOURS}&limit=${SETTLEMENTS}`,
} as const;

/** The answers at FINDER_PATHS, of one snapshot. */
export interface FinderLists {
  readonly current: FundingList;
  readonly arb: ArbList;
  readonly extremes: z.infer<typeof ExtremeListSchema>;
  readonly sentiment: z.infer<typeof SentimentListSchema>;
  readonly divergence: DivergenceList;
  readonly heatmap: Heatmap;
  readonly byVolume: z.infer<typeof VolumeRankListSchema>;
  readonly calendar: CalendarList;
}

/** For checks that do not depend on a plan. */
const NO_PLAN: Plan = { fetchedAt: 0, holdHours: 1, notionalUsd: 0 };

type Trusted = ReadonlyMap<string, readonly FundingRow[]>;

/**
 * Where these lists differ from what follows from the rows of /api/funding/current. Each line names the list and the
 * asset.
 */
export function finderDifferences(lists: FinderLists, fees: Fees): readonly string[] {
  const trusted = trustedByAsset(lists.current.rows);
  return [
    ...lists.current.rows.flatMap((row) =>
      differences(row.annualized_pct, yearlyPct(row), `current ${row.uid}`),
    ),
    ...arbDifferences(lists, trusted, fees),
    ...extremeDifferences(lists),
    ...sentimentDifferences(lists, trusted),
    ...divergenceDifferences(lists, trusted, fees),
    ...heatmapDifferences(lists, trusted),
    ...volumeDifferences(lists, trusted),
    ...calendarDifferences(lists),
  ];
}

function arbDifferences({ current, arb }: FinderLists, trusted: Trusted, fees: Fees): string[] {
  const plan: Plan = {
    fetchedAt: current.fetched_at,
    holdHours: HOLD_HOURS,
    notionalUsd: NOTIONAL_USD,
  };
  const assets = [...trusted].filter(([, rows]) => pairsOf(rows).next().done !== true);
  const served = arb.rows.flatMap((row) => {
    const rows = trusted.get(row.asset_id) ?? [];
    const long = rows.find(({ uid }) => uid === row.long.uid);
    const short = rows.find(({ uid }) => uid === row.short.uid);
    const path = `arb ${row.asset_id}`;
    if (long === undefined || short === undefined) return [`${path}: a leg is not trusted`];
    if (long.exchange === short.exchange) return [`${path}: one exchange on both sides`];
    let best: number | null = null;
    for (const [low, high] of pairsOf(rows)) {
      const net = pairFigures(low, high, fees, plan).net_apr_pct;
      if (net !== null && (best === null || net > best)) best = net;
    }
    const figures = pairFigures(long, short, fees, plan);
    const reasons = moneyReasons(long, short, rows, figures).join(" ");
    return [
      ...differences(row, figures, path),
      ...differences(moneyReasonsIn(row.reasons), reasons, `${path} reasons`),
      ...legDifferences(row, withSource(long), withSource(short), fees, path),
      ...differences(row.net_apr_pct, best, `${path}: best net`),
      ...differences(row.inflation, multipleOf(row), `${path}: inflation`),
    ];
  });
  return [
    ...differences(arb.total, assets.length, "arb total"),
    ...falls(arb.rows, "arb"),
    ...served,
  ];
}

/** Whether the legs are the rows that they name, with the fees of their exchanges. */
function legDifferences(
  row: Pick<ArbList["rows"][number], "long" | "short">,
  long: FundingRow,
  short: FundingRow,
  fees: Fees,
  path: string,
): string[] {
  return [
    ...differences({ ...long, ...feeOf(long, fees) }, withoutPast(row.long), `${path} long`),
    ...differences({ ...short, ...feeOf(short, fees) }, withoutPast(row.short), `${path} short`),
  ];
}

type Leg = ArbList["rows"][number]["long"];

/** What the last days paid is not in the rows of /api/funding/current. */
function withoutPast({ settled_7d_apr_pct: _past, ...leg }: Leg): Partial<Leg> {
  return leg;
}

/** How many times what the last seven days paid the live net yield is. */
function multipleOf(row: ArbList["rows"][number]): number | null {
  const [long, short] = [row.long.settled_7d_apr_pct, row.short.settled_7d_apr_pct];
  if (row.net_apr_pct === null || long === null || short === null) return null;
  return short > long ? row.net_apr_pct / (short - long) : null;
}

/** Whether the best net yield comes first, unknown ones last. */
function falls(rows: ArbList["rows"], path: string): string[] {
  const nets = rows.map((row) => row.net_apr_pct ?? Number.NEGATIVE_INFINITY);
  return nets.every((net, index) => net <= (nets[index - 1] ?? net)) ? [] : [`${path}: no order`];
}

function extremeDifferences({ current, extremes }: FinderLists): string[] {
  const blocking = ["stale", "expired", "interval_unknown", "identity_conflict", "suspect"];
  const rates = current.rows
    .filter(({ flags }) => !flags.some((flag) => blocking.includes(flag)))
    .map((row) => ({ row, yearly: row.annualized_pct ?? 0 }));
  const ends = [1, -1].flatMap((sign) =>
    rates
      .filter(({ yearly }) => sign * yearly > 0)
      .toSorted((left, right) => sign * (right.yearly - left.yearly))
      .slice(0, EXTREMES)
      .map(({ row, yearly }, index) => ({
        ...row,
        side: sign > 0 ? "most_positive" : "most_negative",
        rank: index + 1,
        value_pct: yearly,
        rate_per_hour_pct: (100 * row.funding_rate) / (row.funding_interval_hours ?? Number.NaN),
      })),
  );
  return [
    ...differences(extremes.rows.length, ends.length, "extremes count"),
    ...differences(extremes.rows, ends, "extremes"),
  ];
}

function sentimentDifferences({ current, sentiment }: FinderLists, trusted: Trusted): string[] {
  const untrusted = Map.groupBy(
    current.rows.filter(
      (row) => row.asset_id !== null && !(trusted.get(row.asset_id) ?? []).includes(row),
    ),
    (row) => row.asset_id ?? "",
  );
  const withListings = sentiment.rows.filter(({ instruments: listings }) => listings > 0);
  return [
    ...differences(withListings.length, trusted.size, "sentiment assets"),
    ...differences(
      sentiment.rows.length,
      new Set([...trusted.keys(), ...untrusted.keys()]).size,
      "sentiment assets, untrusted ones included",
    ),
    ...sentiment.rows.flatMap((row) =>
      differences(
        row.untrusted_instruments,
        untrusted.get(row.asset_id)?.length ?? 0,
        `sentiment ${row.asset_id}`,
      ),
    ),
    ...withListings.flatMap((row) =>
      differences(
        row,
        sentimentFigures(trusted.get(row.asset_id) ?? []),
        `sentiment ${row.asset_id}`,
      ),
    ),
  ];
}

function divergenceDifferences(
  { divergence }: FinderLists,
  trusted: Trusted,
  fees: Fees,
): string[] {
  const reckoned = [...trusted].flatMap(([asset, rows]) => {
    const figures = divergenceFigures(rows);
    return figures === null ? [] : [{ asset_id: asset, ...figures }];
  });
  const served = new Map(divergence.rows.map((row) => [row.asset_id, row]));
  return [
    ...differences(divergence.total, reckoned.length, "divergence total"),
    ...reckoned.flatMap((row) =>
      differences(served.get(row.asset_id), row, `divergence ${row.asset_id}`),
    ),
    ...divergence.rows.flatMap((row) => {
      const path = `divergence ${row.asset_id}`;
      const rows = trusted.get(row.asset_id) ?? [];
      const [long, short] = [row.long, row.short].map(({ uid }) =>
        rows.find((one) => one.uid === uid),
      );
      if (long === undefined || short === undefined) return [`${path}: a leg is not trusted`];
      const { gross_apr_pct: spread, price_gap_pct: gap } = pairFigures(long, short, fees, NO_PLAN);
      return [
        ...differences(row, { gross_apr_pct: spread, price_gap_pct: gap }, path),
        ...legDifferences(row, withSource(long), withSource(short), fees, path),
      ];
    }),
  ];
}

function heatmapDifferences({ current, heatmap }: FinderLists, trusted: Trusted): string[] {
  const refused = refusedByAsset(current.rows);
  const assets = new Set([...trusted.keys(), ...refused.keys()]);
  return [
    ...differences(heatmap.total, assets.size, "heatmap total"),
    ...heatmap.rows.flatMap((row) => {
      const cells = cellsOf(trusted.get(row.asset_id) ?? []);
      const bearers = new Set((refused.get(row.asset_id) ?? []).map(({ exchange }) => exchange));
      const marked = heatmap.exchanges.filter((id) => bearers.has(id) && !cells.has(id));
      const path = `heatmap ${row.asset_id}`;
      return [
        ...differences(
          row.values,
          heatmap.exchanges.map((id) => cells.get(id) ?? null),
          path,
        ),
        ...differences(
          row.marks.map(({ exchange }) => exchange),
          marked,
          `${path} marks`,
        ),
        ...differences(row.marks.length, marked.length, `${path} marks`),
      ];
    }),
  ];
}

function volumeDifferences({ current, byVolume }: FinderLists, trusted: Trusted): string[] {
  const yearly = new Map(
    current.rows.map((row) => [`${row.exchange} ${row.exchange_symbol}`, row.annualized_pct]),
  );
  const volumes = byVolume.rows.map((row) => row.volume_24h_usd ?? -1);
  const isFalling = volumes.every((usd, index) => usd <= (volumes[index - 1] ?? usd));
  return [
    ...(isFalling ? [] : ["by_volume: no order"]),
    ...differences(byVolume.total, trusted.size, "by_volume total"),
    ...byVolume.rows.flatMap((row, index) => [
      ...differences(
        row,
        { rank: index + 1, ...volumeFigures(trusted.get(row.asset_id) ?? []) },
        `by_volume ${row.asset_id}`,
      ),
      ...differences(
        [
          yearly.get(`${row.lowest_exchange} ${row.lowest_exchange_symbol}`),
          yearly.get(`${row.highest_exchange} ${row.highest_exchange_symbol}`),
        ],
        [row.lowest_annualized_pct, row.highest_annualized_pct],
        `by_volume ${row.asset_id} ends`,
      ),
    ]),
  ];
}

function calendarDifferences({ current, calendar }: FinderLists): string[] {
  // One whose settlement has just passed continues in the calendar with no rate, or the predicted one.
  const passed = new Set(
    current.rows.filter(({ flags }) => flags.includes("settling")).map(({ uid }) => uid),
  );
  const rows = new Map(current.rows.map((row) => [row.uid, row]));
  const reckoned = current.rows
    .filter(({ uid }) => !passed.has(uid))
    .flatMap((row) => settlementsOf(row, current.fetched_at, CALENDAR_HOURS))
    .toSorted(
      (left, right) =>
        left.settles_at - right.settles_at ||
        (rows.get(right.uid)?.open_interest_usd ?? -1) -
          (rows.get(left.uid)?.open_interest_usd ?? -1),
    )
    .slice(0, SETTLEMENTS);
  const served = calendar.rows.filter(({ uid }) => !passed.has(uid));
  const guessed = calendar.rows.filter(
    ({ uid, rate_source: source }) => passed.has(uid) && source === "live",
  );
  return [
    ...guessed.map(({ uid }) => `calendar ${uid}: a live rate of a time that has passed`),
    ...differences(served, reckoned.slice(0, served.length), "calendar"),
    ...(calendar.next_cursor === null
      ? differences(served.length, reckoned.length, "calendar count")
      : []),
  ];
}
