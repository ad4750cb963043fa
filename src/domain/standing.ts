import { type Cluster, fits } from "./asset-cluster.ts";
import { firstWhere } from "./sorted-search.ts";

/** Larger first. Exchanges count before listings: listings of one exchange confirm nothing. */
export function compareSize(left: Cluster, right: Cluster): number {
  return right.exchanges - left.exchanges || right.members.length - left.members.length;
}

interface Ranked {
  readonly cluster: Cluster;
  readonly center: number;
  /** 0 for the highest-ranked asset. */
  readonly rank: number;
}

/**
 * Ranks assets by exchanges, listings, then name, a total order, so that of two with the same price one joins the other;
 * and finds assets by price. The assets must not change meanwhile.
 */
export class Standing {
  readonly #rankOf: ReadonlyMap<Cluster, number>;
  readonly #byCenter: readonly Ranked[];

  constructor(clusters: readonly Cluster[]) {
    const ranked = clusters.toSorted(
      (left, right) => compareSize(left, right) || (nameOf(left) < nameOf(right) ? -1 : 1),
    );
    this.#rankOf = new Map(ranked.map((cluster, rank) => [cluster, rank]));
    this.#byCenter = ranked
      .flatMap((cluster, rank) => {
        const { center } = cluster;
        // Skip unusable prices.
        return center !== null && center > 0 && Number.isFinite(center)
          ? [{ cluster, center, rank }]
          : [];
      })
      .toSorted((left, right) => left.center - right.center);
  }

  /** Whether `unitPrice` fits an asset that ranks before `own` and for which `holds` is true. */
  isFitBefore(
    own: Cluster,
    unitPrice: number,
    holds: (cluster: Cluster) => boolean = () => true,
  ): boolean {
    const assets = this.#byCenter;
    const ownRank = this.#rankOf.get(own) ?? assets.length;
    const from = firstWhere(0, assets.length, (at) => {
      const asset = assets[at];
      return asset !== undefined && (fits(unitPrice, asset.cluster) || asset.center > unitPrice);
    });
    for (let at = from; at < assets.length; at += 1) {
      const asset = assets[at];
      if (asset === undefined || !fits(unitPrice, asset.cluster)) return false;
      if (asset.rank < ownRank && holds(asset.cluster)) return true;
    }
    return false;
  }
}

function nameOf({ assetId }: Cluster): string {
  return assetId ?? "";
}
