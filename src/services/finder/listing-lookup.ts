import type { BoardRow, MarketRecord, Snapshot } from "../../domain/market.ts";

type NamesOf = (record: MarketRecord) => readonly string[];

/** The names of a listing without its uid. */
export const bySymbol: NamesOf = ({ exchange, exchangeSymbol }) => [
  `${exchange}:${exchangeSymbol}`,
];

/** Its uid as well. */
export const byUid: NamesOf = (record) => [record.uid, ...bySymbol(record)];

/** The listing with this name, or the only one with it in another case: symbols may differ in case alone. */
export function findListing({ rows }: Snapshot, asked: string, namesOf: NamesOf): BoardRow | null {
  const lower = asked.toLowerCase();
  // An exchange's id is always in lower case.
  const colon = asked.indexOf(":");
  const name = lower.slice(0, colon) + asked.slice(colon);
  const alike: BoardRow[] = [];
  for (const row of rows) {
    if (!lower.startsWith(`${row.record.exchange}:`)) continue;
    const names = namesOf(row.record);
    if (names.includes(name)) return row;
    if (names.some((one) => one.toLowerCase() === lower)) alike.push(row);
  }
  const [only, ...others] = alike;
  return only === undefined || others.length > 0 ? null : only;
}
