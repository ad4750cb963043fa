import { isNumbered, nameOfAsset, namesAlike } from "../../domain/asset-names.ts";

/** The fields that identify a listing's asset. */
interface Named {
  readonly base: string;
  readonly assetId: string | null;
}

/**
 * Matches the listings that someone means who filters by `bases`: those with that ticker, and those of an asset with
 * any of the names that the table has for it. So GOLD finds the asset XAU and all its listings, and SP500 the index
 * even if all its listings, and hence the asset, are called SPX500. Listings that merely share a name are included:
 * asset_id distinguishes them, and is null until prices have identified a listing. An id with a number (LIT~2) matches
 * the listings of that asset only.
 */
export function baseMatcher(bases: readonly string[]): (listing: Named) => boolean {
  const asked = new Set(bases);
  const ids = new Set(bases.filter(isNumbered));
  const names = new Set(bases.flatMap(namesAlike));
  return ({ base, assetId }) =>
    asked.has(base) ||
    (assetId !== null && ids.has(assetId)) ||
    names.has(assetId === null ? base : nameOfAsset(assetId));
}
