import { checkpoint } from "../src/db/open.ts";
import type { HistoryInFolder } from "../test/support/history.ts";

/** What all tables need: the pages of the file without the free ones. */
export function usedBytes({ db }: HistoryInFolder): number {
  checkpoint(db);
  const number = (pragma: string): number =>
    Object.values(db.query<Record<string, number>, []>(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0;
  return (number("page_count") - number("freelist_count")) * number("page_size");
}
