import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

/** A row that states, like a leg, which of its prices is compared. */
export function withSource(row: FundingRow) {
  const { mark_price: mark, index_price: index, last_price: last } = row;
  const known = [
    { price: mark, source: "mark" },
    { price: index, source: "index" },
    { price: last, source: "last" },
  ].find(({ price }) => price !== null);
  return { ...row, price_source: known?.source ?? null };
}
