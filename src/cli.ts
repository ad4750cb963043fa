/** The operator's commands. Each is thin: it reads its arguments, calls what does the work, prints, and ends. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { collectOnce, PERIOD_MS, type OnceResult } from "./collector/collect-once.ts";
import { type Config, loadProcessConfig } from "./config.ts";
import { ExchangeStateRepository } from "./db/exchange-state-repository.ts";
import { asUnusable } from "./db/failure.ts";
import { MIGRATIONS_FOLDER } from "./db/migrate.ts";
import { writeTransaction } from "./db/open.ts";
import { startDatabase } from "./db/start-database.ts";
import { observedAtMs } from "./domain/funding.ts";
import { UNDECIDED } from "./domain/identity.ts";
import { boardRow } from "./domain/market.ts";
import { believed } from "./domain/plausibility.ts";
import { EXCHANGE_IDS, type ExchangeId, isExchangeId } from "./domain/exchange.ts";
import { EXCHANGES } from "./exchanges/registry.ts";
import { exchangeTerms } from "./services/exchange-terms.ts";
import { fundingRow } from "./http/api/funding/list.ts";
import type { FundingRow } from "./http/api/funding/schema.ts";
import { systemClock } from "./lib/clock.ts";
import { requireInstalled, startFailure } from "./lib/start-failure.ts";

/** Exit statuses: all well, an exchange failed, the command was not understood. */
const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const FORMATS = ["ndjson", "table"] as const;
type Format = (typeof FORMATS)[number];

const HELP = `Usage: bun src/cli.ts COMMAND [OPTIONS]

Commands:
  collect   Refresh exchanges once and print their rows, without a database
  accept    Take the size and the units of an exchange's next batch as true
  help      Show this text

bun src/cli.ts COMMAND --help tells more. The service itself is: bun src/main.ts
`;

const COLLECT_HELP = `Usage: bun src/cli.ts collect --once [--exchange ID]... [--format ndjson|table] [--full]

Refreshes exchanges once, without a database. Rows go to standard output with the fields of the API (uid is
null: only a database gives it), a line per exchange to standard error.

  --once           Required: collecting all the time is the service's work
  --exchange ID    Only this exchange; may be repeated. Default: the setting EXCHANGES
  --format FORMAT  ndjson (default): one JSON object a line; table: columns for people
  --full           Also ask for what is fetched instrument by instrument; takes minutes

Known exchanges: ${EXCHANGE_IDS.join(", ")}
Exit status: 0 all exchanges are well or the output is wanted no more (| head), 1 one failed, 2 wrong usage.
`;

const ACCEPT_HELP = `Usage: bun src/cli.ts accept ID

Takes the size and the units of the next batch of exchange ID as true, after the service has refused batches because
they differ too much from before. Works on the database of the setting DATABASE_PATH, beside a running service.

Exit status: 0 noted, 1 there is no such database, it is locked or it does not know the exchange, 2 wrong usage,
3 the database cannot be used as it is.
`;

/** What is wrong with the arguments, in words for the person who typed them. */
class UsageError extends Error {
  readonly exitStatus = EXIT_USAGE;
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "collect":
      return collectCommand(rest);
    case "accept":
      return acceptCommand(rest);
    case "help":
    case "--help":
    case "-h":
      process.stdout.write(HELP);
      return EXIT_OK;
    case undefined:
      throw new UsageError(`no command given\n\n${HELP}`);
    default:
      throw new UsageError(`unknown command ${JSON.stringify(command)}\n\n${HELP}`);
  }
}

async function collectCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, {
    once: { type: "boolean" },
    exchange: { type: "string", multiple: true },
    format: { type: "string", default: "ndjson" },
    full: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    process.stdout.write(COLLECT_HELP);
    return EXIT_OK;
  }
  if (positionals.length > 0)
    throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
  if (!values.once)
    throw new UsageError("collect needs --once: collecting all the time is the service's work");
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

function acceptCommand(args: readonly string[]): number {
  const { values, positionals } = parse(args, { help: { type: "boolean", short: "h" } });
  if (values.help) {
    process.stdout.write(ACCEPT_HELP);
    return EXIT_OK;
  }
  const [id] = exchangeIds(positionals);
  if (id === undefined || positionals.length !== 1)
    throw new UsageError("accept needs one exchange id");
  const { databasePath } = loadProcessConfig();
  // Opening would make it: a wrong path must not leave a database behind that nobody uses.
  if (!existsSync(databasePath)) {
    console.error(`no database at ${databasePath} (setting DATABASE_PATH)`);
    return EXIT_FAILED;
  }
  requireInstalled(MIGRATIONS_FOLDER);
  const db = startDatabase(databasePath, console.error);
  try {
    const states = new ExchangeStateRepository(db);
    const noted = writeTransaction(db, () => states.acceptNextSize(id));
    console.error(
      noted
        ? `${id}: the size and the units of the next batch will be taken as true`
        : `${id}: not collected here yet`,
    );
    return noted ? EXIT_OK : EXIT_FAILED;
  } catch (error) {
    throw asUnusable(databasePath, error) ?? error;
  } finally {
    db.close();
  }
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

function parse<const O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function exchangeIds(texts: readonly string[]): ExchangeId[] {
  return texts.map((text) => {
    if (isExchangeId(text)) return text;
    throw new UsageError(
      `unknown exchange ${JSON.stringify(text)}; known: ${EXCHANGE_IDS.join(", ")}`,
    );
  });
}

/** A row of the API as it is without a database: nothing has given the instrument a uid. */
type OnceRow = Omit<FundingRow, "uid"> & { readonly uid: null };

/** The rows of one refresh with the fields and units of the API, in the order of exchange_symbol. */
function onceRows(result: OnceResult, nowMs: number): OnceRow[] {
  const terms = exchangeTerms(result.exchange, PERIOD_MS);
  const rows = result.quotes.map((quote) => {
    const record = {
      ...quote,
      lastPrice: quote.lastPrice ?? null,
      ...believed(quote, 0),
      ...UNDECIDED,
      instrumentId: 0,
      uid: "",
      exchange: result.exchange,
      tickerMultiplier: quote.multiplier,
      takerFeeBps: quote.takerFeeBps ?? null,
      firstSeenMs: nowMs,
      intervalChangedAtMs: null,
      frozen: false,
      observedAtMs: observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs),
    };
    const row = fundingRow(boardRow(record, nowMs, terms), Math.floor(nowMs / 1000));
    return { ...row, uid: null };
  });
  return rows.toSorted((left, right) => (left.exchange_symbol < right.exchange_symbol ? -1 : 1));
}

const COLUMNS = [
  "exchange",
  "exchange_symbol",
  "base",
  "funding_rate_pct",
  "funding_interval_hours",
  "annualized_pct",
  "next_funding_time",
  "volume_24h_usd",
  "flags",
] as const satisfies readonly (keyof OnceRow)[];

/** Rows in aligned columns, numbers to the right; unknown is a dash. */
function rowsTable(rows: readonly OnceRow[]): string {
  const lines = [
    COLUMNS as readonly string[],
    ...rows.map((row) => COLUMNS.map((column) => cell(row, column))),
  ];
  const widths = COLUMNS.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((text, index) => align(text, widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
    .concat("\n");
}

function cell(row: OnceRow, column: (typeof COLUMNS)[number]): string {
  const value = row[column];
  if (value === null) return "-";
  if (Array.isArray(value)) return value.join(" ") || "-";
  if (column === "next_funding_time")
    return new Date(Number(value) * 1000).toISOString().slice(0, 16);
  if (typeof value !== "number") return String(value);
  return column === "volume_24h_usd"
    ? String(Math.round(value))
    : String(Number(value.toPrecision(6)));
}

function align(text: string, width: number): string {
  return /^-?\d/.test(text) ? text.padStart(width) : text.padEnd(width);
}

/** Ends the program when its output is taken no more: in silence by whoever stops reading, as `head` does. */
function endWithOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_OK);
    console.error(`standard output cannot be written: ${error.message}`);
    process.exit(EXIT_FAILED);
  });
}

endWithOutput();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const failure = startFailure(error);
  if (failure === null) throw error;
  console.error(failure.message);
  process.exitCode = failure.exitStatus;
}
