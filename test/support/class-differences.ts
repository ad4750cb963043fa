import type { TrueInstrument } from "../../src/simulator/truth.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

type Class = TrueInstrument["asset_class"];

/** If an asset is on this many exchanges, at least two agree about the class family, or state none: it is confirmed. */
const SURELY_CONFIRMED = 5;

/**
 * Served classes that cannot be right, in words. Exchanges state different ones for the same asset: a confirmed asset
 * has one class on all its rows, and it is one that an exchange states; rows of others have their own exchange's.
 */
export function classDifferences(
  served: readonly FundingRow[],
  truths: Readonly<Record<string, { readonly instruments: readonly TrueInstrument[] }>>,
): string[] {
  const stated = new Map(
    Object.values(truths).flatMap(({ instruments }) =>
      instruments.map((one) => [`${one.exchange} ${one.exchange_symbol}`, one.asset_class]),
    ),
  );
  const statedClass = (row: FundingRow): Class =>
    stated.get(`${row.exchange} ${row.exchange_symbol}`) ?? null;
  return [...Map.groupBy(served, (row) => row.asset_id ?? row.uid)].flatMap(([asset, rows]) => {
    const words = new Set(rows.map(statedClass)).difference(new Set([null]));
    const possible = words.size === 0 ? new Set<Class>([null]) : words;
    const shown = new Set(rows.map((row) => row.asset_class));
    const exchanges = new Set(rows.map((row) => row.exchange)).size;
    const isWrong =
      exchanges >= SURELY_CONFIRMED
        ? shown.size !== 1 || !shown.isSubsetOf(possible)
        : rows.some(
            (row) => row.asset_class !== statedClass(row) && !possible.has(row.asset_class),
          );
    return isWrong ? [`${asset}: ${[...shown].join(", ")} of ${[...possible].join(", ")}`] : [];
  });
}
