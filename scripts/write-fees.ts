/** Writes the table of taker fees into docs/fees.md: `bun scripts/write-fees.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXCHANGE_IDS, type ExchangeId } from "../src/domain/exchange.ts";
import { TAKER_FEES, type TakerFee } from "../src/domain/taker-fees.ts";

const START = "<!-- fees:start -->";
const END = "<!-- fees:end -->";
export const FEES_PAGE = join(import.meta.dir, "../docs/fees.md");

/** The fees as a Markdown table, one line per exchange in the order of EXCHANGE_IDS. */
export function feesTable(fees: Readonly<Record<ExchangeId, TakerFee>>): string {
  const rows = EXCHANGE_IDS.map((id) => `| ${id} | ${cells(fees[id]).join(" | ")} |`);
  return [
    "| exchange | bps | as of | source | note |",
    "| --- | ---: | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** `page` with the table between its two markers. Throws if a marker is missing. */
export function withFees(page: string, table: string): string {
  const from = page.indexOf(START);
  const to = page.indexOf(END);
  if (from < 0 || to < from)
    throw new Error(`docs/fees.md must contain ${START} and, after it, ${END}`);
  return `${page.slice(0, from + START.length)}\n\n${table}\n\n${page.slice(to)}`;
}

function cells(fee: TakerFee): readonly string[] {
  const bps = fee.takerBps === null ? "unknown" : String(fee.takerBps);
  return [bps, fee.asOf, `[${new URL(fee.source).hostname}](${fee.source})`, fee.note ?? ""];
}

if (import.meta.main) {
  writeFileSync(FEES_PAGE, withFees(readFileSync(FEES_PAGE, "utf8"), feesTable(TAKER_FEES)));
}
