import type { Asset, AssetTable } from "../assets.ts";

/** Everything that is not a coin: the most traded underlyings first, then shares. */
export function tradfiAssets(assets: AssetTable): readonly Asset[] {
  const { metal, index, commodity, forex, stock } = assets.byKind;
  return [
    ...metal.slice(0, 4),
    ...index.slice(0, 4),
    ...commodity.slice(0, 3),
    ...stock.slice(0, 100),
    ...metal.slice(4),
    ...index.slice(4),
    ...commodity.slice(3),
    ...forex,
    ...stock.slice(100),
  ];
}
