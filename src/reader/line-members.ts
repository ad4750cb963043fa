import type { SeriesRow } from "../db/history/past-reader.ts";
import type { SeriesState, SeriesStates } from "../db/history/series-states.ts";
import { flagBit } from "../domain/flags.ts";
import type { LineAsset, LineQuery, SeveralAssets } from "../services/history/line-page.ts";

/** The instruments of a line. */
type LineMembers =
  | (LineAsset & { readonly found: "line"; readonly of: readonly SeriesRow[] })
  | (SeveralAssets & { readonly found: "several" });

/**
 * The series that prices have identified as one asset, the same as far as is known at the time of the question: what
 * merely shares a ticker is left out. If there are several assets, it is the one called as asked.
 */
export function lineMembers(
  states: SeriesStates,
  series: readonly SeriesRow[],
  { asked, asOfMs }: Pick<LineQuery, "asked" | "asOfMs">,
): LineMembers {
  const ids = series.map(({ id }) => id);
  const assets = new Map<number, string | null>();
  for (const state of states.at(ids, Math.floor(asOfMs / 1000))) {
    assets.set(state.id, identified(state));
  }
  const assetIds = [...new Set(assets.values())].filter((id) => id !== null);
  const assetId = assetIds.find((id) => id === asked) ?? assetIds[0] ?? null;
  if (assetIds.length > 1 && assetId !== asked)
    return { found: "several", assetIds: assetIds.toSorted() };
  const of = series.filter(({ id }) => assetId !== null && assets.get(id) === assetId);
  return { found: "line", assetId, of, leftOut: series.length - of.length };
}

const CONFLICT = flagBit("identity_conflict");

function identified({ flags, assetId }: SeriesState): string | null {
  return (flags & CONFLICT) === 0 ? assetId : null;
}
