import type { Snapshot } from "../../domain/market.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import { baseMatcher } from "../../services/finder/base-filter.ts";
import { type SeriesNames, seriesNames } from "../../services/history/series-filter.ts";

/** What a snapshot knows about the series that a history answer is about. */
interface PastNames {
  readonly names: SeriesNames | null;
  /** The asset ids of current listings among them, by uid. */
  readonly assetIds: ReadonlyMap<string, string | null>;
}

/**
 * The series meant by `bases` (resolved names) and `assets` (asset ids; only current listings have one), null for all;
 * and the assets of those that are listed now.
 */
export function* pastNames(
  { rows }: Snapshot,
  bases: readonly string[] | null,
  assets: readonly string[] | null,
): Stepwise<PastNames> {
  const isMeantBy = bases === null ? () => true : baseMatcher(bases);
  const judged: { uid: string; base: string; isMeant: boolean }[] = [];
  const assetIds = new Map<string, string | null>();
  yield* visitEach(rows, ({ record }) => {
    const { uid, base, assetId } = record;
    const isOfAsset = assets === null || (assetId !== null && assets.includes(assetId));
    const isMeant = isOfAsset && isMeantBy(record);
    judged.push({ uid, base, isMeant });
    if (isMeant) assetIds.set(uid, assetId);
  });
  if (assets !== null)
    return {
      names: { bases: [], exceptUids: [], uids: [...assetIds.keys()].toSorted() },
      assetIds,
    };
  return { names: bases === null ? null : seriesNames(bases, judged), assetIds };
}
