import { commonName, isNumbered, nameOfAsset } from "../../domain/asset-names.ts";

/** What tells which asset a listing is of. */
interface Named {
  readonly base: string;
  readonly assetId: string | null;
}

/**
 * Whether a listing is one of those that somebody means who asks for `bases`: it has that ticker, or it is of an asset
 * that bears any of the names which the table has for one thing. So GOLD finds the asset XAU and all its listings, and
 * SP500 the index also where all its listings, and so the asset, are called SPX500. What only shares a name comes along:
 * asset_id tells it apart, and is null while no price has told which asset a listing is of. An id with a number (LIT~2)
 * means the listings of that asset alone.
 */
export function baseMatcher(bases: readonly string[]): (listing: Named) => boolean {
  const asked = new Set(bases);
  const ids = new Set(bases.filter(isNumbered));
  const names = new Set(bases.map(commonName));
  return ({ base, assetId }) =>
    asked.has(base) ||
    (assetId !== null && ids.has(assetId)) ||
    names.has(commonName(assetId === null ? base : nameOfAsset(assetId)));
}
