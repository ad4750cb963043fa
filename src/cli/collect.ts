import { collectOnce, type OnceResult } from "../collector/collect-once.ts";
import { type Config, loadProcessConfig } from "../config/config.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../domain/exchange.ts";
import { EXCHANGES } from "../exchanges/registry.ts";
import { systemClock } from "../lib/clock.ts";
import { type Command, EXIT_FAILED, EXIT_OK, exchangeIds, parsed, UsageError } from "./command.ts";
import { onceRows, rowsTable } from "./once-rows.ts";

const FORMATS = ["ndjson", "table"] as const;
type Format = (typeof FORMATS)[number];

const HELP = `Usage: bun src/cli/main.ts collect --once [--exchange ID]... [--format ndjson|table] [--full]

Refreshes exchanges once, without a database. Prints rows to standard output with the fields of the API (uid is
null: it needs a database), and a line per exchange to standard error.

  --once           Required: continuous collection is done by the service
  --exchange ID    Only this exchange; may be repeated. Default: the setting EXCHANGES
  --format FORMAT  ndjson (default): one JSON object per line; table: aligned columns
  --full           Also fetch what needs a request per instrument; takes minutes

Known exchanges: ${EXCHANGE_IDS.join(", ")}
Exit status: 0 all exchanges succeeded or the reader closed the output (| head), 1 one failed, 2 wrong usage.
`;

export const collect: Command = {
  summary: "Refresh exchanges once and print their rows, without a database",
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args, {
    once: { type: "boolean" },
    exchange: { type: "string", multiple: true },
    format: { type: "string", default: "ndjson" },
    full: { type: "boolean", default: false },
  });
  if (positionals.length > 0)
    throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
  if (!values.once)
    throw new UsageError("collect needs --once: continuous collection is done by the service");
  const format = FORMATS.find((known) => known === values.format);
  if (format === undefined)
    throw new UsageError(`--format ${values.format}: must be ${FORMATS.join(" or ")}`);
  const config = loadProcessConfig();
  const ids = values.exchange === undefined ? config.exchanges : exchangeIds(values.exchange);
  const results = await runOnce(ids, values.full, config);
  printRows(results, format);
  for (const result of results) console.error(summaryOf(result));
  return results.some((result) => result.failure !== null) ? EXIT_FAILED : EXIT_OK;
}

function runOnce(ids: readonly ExchangeId[], full: boolean, config: Config): Promise<OnceResult[]> {
  const exchanges = [...new Set(ids)].map((id) => EXCHANGES[id]);
  const deps = { clock: systemClock, random: Math.random, lifetime: new AbortController().signal };
  return collectOnce(exchanges, { originOverride: config.exchangeOrigin, full }, deps);
}

function printRows(results: readonly OnceResult[], format: Format): void {
  const rows = results.flatMap((result) => onceRows(result, systemClock.nowMs()));
  if (format === "table") {
    process.stdout.write(rowsTable(rows));
    return;
  }
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
}

function summaryOf(result: OnceResult): string {
  const took = `${Math.round(result.tookMs)} ms`;
  if (result.failure !== null) return `${result.exchange}: failed in ${took}: ${result.failure}`;
  const rejects = Object.entries(result.rejects).map(([reason, count]) => `${count} ${reason}`);
  const parts = [
    `${result.quotes.length} rows${result.expected === null ? "" : ` of ${result.expected} listed`} in ${took}`,
    ...(rejects.length > 0 ? [`rejected ${rejects.join(", ")}`] : []),
    ...(result.degradedBy === null ? [] : [`degraded: ${result.degradedBy}`]),
  ];
  return `${result.exchange}: ${parts.join("; ")}`;
}
