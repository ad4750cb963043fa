import type { TrueInstrument } from "../../src/simulator/truth.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

type Class = TrueInstrument["asset_class"];

/** Of assets on as many exchanges at least two agree about the kind of class, or say nothing: these are confirmed. */
const SURELY_CONFIRMED = 5;

/**
 * Which served classes cannot be, in words. Exchanges tell different ones of the same asset: a confirmed one has one
 * class on all its rows, and it is one that an exchange tells; of others each row has its own exchange's.
 */
export function classDifferences(
  served: readonly FundingRow[],
  truths: Readonly<Record<string, { readonly instruments: readonly TrueInstrument[] }>>,
): string[] {
  const told = new Map(
    Object.values(truths).flatMap(({ instruments }) =>
      instruments.map((one) => [`${one.exchange} ${one.exchange_symbol}`, one.asset_class]),
    ),
  );
  const toldOf = (row: FundingRow): Class =>
    told.get(`${row.exchange} ${row.exchange_symbol}`) ?? null;
  return [...Map.groupBy(served, (row) => row.asset_id ?? row.uid)].flatMap(([asset, rows]) => {
    const words = new Set(rows.map(toldOf)).difference(new Set([null]));
    const possible = words.size === 0 ? new Set<Class>([null]) : words;
    const shown = new Set(rows.map((row) => row.asset_class));
    const exchanges = new Set(rows.map((row) => row.exchange)).size;
    const isWrong =
      exchanges >= SURELY_CONFIRMED
        ? shown.size !== 1 || !shown.isSubsetOf(possible)
        : rows.some((row) => row.asset_class !== toldOf(row) && !possible.has(row.asset_class));
    return isWrong ? [`${asset}: ${[...shown].join(", ")} of ${[...possible].join(", ")}`] : [];
  });
}
