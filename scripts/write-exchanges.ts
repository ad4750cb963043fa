/** Writes docs/exchanges.md from the facts of the adapters: `bun scripts/write-exchanges.ts`. */
import { join } from "node:path";
import type { OptionalField } from "../src/domain/quote.ts";
import type { Exchange, ExchangeFacts } from "../src/exchanges/exchange.ts";
import type { ExchangeHistory, HistoryPaging, HistoryProfile } from "../src/exchanges/history.ts";
import { EXCHANGES } from "../src/exchanges/registry.ts";

export const EXCHANGES_FILE = join(import.meta.dir, "../docs/exchanges.md");

/** What the page says about one exchange. */
export type Documented = Pick<Exchange, "facts" | "history">;

/** Every exchange, in the order of the registry. */
export const DOCUMENTED: readonly Documented[] = Object.values(EXCHANGES);

/** The facts of every exchange, in the order of the registry. */
export const ALL_FACTS: readonly ExchangeFacts[] = DOCUMENTED.map(({ facts }) => facts);

/** The API's names of the fields; the introduction says which of them are not served directly. */
const FIELD_NAMES: Readonly<Record<OptionalField, string>> = {
  nextFundingAtMs: "next_funding_time",
  predictedRate: "predicted_rate",
  instantRate: "instant_rate",
  settledRate: "settled_rate",
  settledAtMs: "settled_at",
  rateCap: "rate_cap",
  rateFloor: "rate_floor",
  baselineRate: "baseline_rate",
  markPrice: "mark_price",
  indexPrice: "index_price",
  lastPrice: "last_price",
  takerFeeBps: "taker_fee_bps",
  openInterestUsd: "open_interest_usd",
  volume24hUsd: "volume_24h_usd",
  assetClass: "asset_class",
  listedAtMs: "listed_at",
  exchangeTimeMs: "exchange_time",
};

const INTRODUCTION = `From the facts in the adapters: where each number comes from, what an exchange does not publish, and what is unconfirmed.

- **requests**: per refresh. Instrument lists and other slow payloads have their own period and are not included.
- **rate**: which published field becomes \`funding_rate\`, and how it is converted. A fraction *per contract interval* is a fraction of notional per \`funding_interval_hours\` of that contract.
- **interval**: where \`funding_interval_hours\` comes from.
- **fields**: the optional fields that are filled on at least some rows; the rate and the names are on all. \`rate_cap\`, \`rate_floor\` and \`baseline_rate\` are not served directly, only as the flags \`pinned_cap\`, \`pinned_floor\` and \`pinned_baseline\`. \`baseline_rate\` is the resting rate: the rate without a premium, i.e. the interest component. If it is documented for coins only, no other contract is flagged \`pinned_baseline\`; what is a coin follows from the asset class that the exchange states or, if it states none, from the one that others state. \`exchange_time\` is the exchange's own timestamp and becomes \`observed_at\`; without it, that is the time of the reply.
- **accrual**: \`periodic\` is charged at \`next_funding_time\`, \`continuous\` every second.
- **unverified**: why it is not proven which of two published rates is charged next. The rows have the flag \`unverified_rate\`, and no pair with such a leg is \`usable\`.
- **history**: how its past payments are read: how it pages through them, the rows of one reply, how far back it reaches, and the pace at which it is requested, below its own limit.
- **default**: whether the exchange is collected when \`EXCHANGES\` is not set.`;

const COLUMNS = [
  "exchange",
  "id",
  "kind",
  "requests",
  "interval",
  "fields",
  "accrual",
  "default",
  "documentation",
] as const;

/**
 * The whole page as Markdown. Its body is excluded from formatting: a table padded to the width of its
 * longest text would be unreadable as source, and every change would touch every line.
 */
export function exchangesPage(documented: readonly Documented[]): string {
  const all = documented.map(({ facts }) => facts);
  const off = all.filter(({ disabledReason }) => disabledReason !== undefined).length;
  return [
    "# Exchanges",
    "<!-- Written by `bun scripts/write-exchanges.ts` from the facts in `src/exchanges`. -->\n<!-- prettier-ignore-start -->",
    INTRODUCTION,
    `${all.length} exchanges, ${off} of them disabled by default.`,
    auditTable(all),
    ...documented.map(section),
    "<!-- prettier-ignore-end -->\n",
  ].join("\n\n");
}

function auditTable(all: readonly ExchangeFacts[]): string {
  return [COLUMNS, COLUMNS.map(() => "---"), ...all.map(cells)]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function cells(facts: ExchangeFacts): readonly string[] {
  return [
    `[${plain(facts.name)}](#${facts.id})`,
    `\`${facts.id}\``,
    facts.kind,
    requestsOf(facts),
    plain(facts.intervalRule),
    fieldsOf(facts),
    facts.accrual,
    facts.disabledReason === undefined ? "on" : `off: ${plain(facts.disabledReason)}`,
    `[link](<${facts.documentation}>)`,
  ];
}

function requestsOf({ requestsPerRefresh, requestsPerInstrument }: ExchangeFacts): string {
  if (requestsPerInstrument === undefined) return String(requestsPerRefresh);
  return `${requestsPerRefresh} + ${requestsPerInstrument} per instrument`;
}

function fieldsOf({ providedFields }: ExchangeFacts): string {
  return providedFields.map((field) => `\`${FIELD_NAMES[field]}\``).join(", ") || "none";
}

/** The heading is the id, so that its anchor is the id, too. */
function section({ facts, history }: Documented): string {
  return [
    `## ${facts.id}`,
    `${plain(facts.name)}. Rate: ${plain(facts.rateRule)}`,
    `Interval: ${plain(facts.intervalRule)}`,
    ...(facts.interestOf === "coins" ? ["Its resting rate is documented for coins only."] : []),
    ...(facts.unverifiedRate === undefined
      ? []
      : [`Unverified: ${plain(facts.unverifiedRate)} All rows are flagged \`unverified_rate\`.`]),
    facts.caveats.length === 0 ? "No caveats are known." : listOf("Caveats", facts.caveats),
    ...(history === undefined ? [] : historyOf(history)),
  ].join("\n\n");
}

function listOf(title: string, texts: readonly string[]): string {
  return [`${title}:`, "", ...texts.map((text) => `- ${plain(text)}`)].join("\n");
}

/** One line about the past of an exchange, and what is open about it. */
function historyOf(history: ExchangeHistory): readonly string[] {
  if (history.kind === "none") return [`History: none. ${plain(history.reason)}`];
  const rows = history.kind === "settlements" ? "payments" : "accrued amounts per hour";
  const line = `History: ${rows}, ${profileText(history)}.`;
  return history.caveats.length === 0
    ? [line]
    : [line, listOf("Caveats of its history", history.caveats)];
}

function profileText(profile: Omit<HistoryProfile<never>, "load" | "keys">): string {
  const { paging, maxRows, maxRangeMs, order, depth, pacing } = profile;
  return [
    pagingText(paging),
    `up to ${counted(maxRows, "row")} per reply`,
    ...(order === "unknown" ? [] : [order.replaceAll("_", " ")]),
    ...(maxRangeMs === undefined ? [] : [`at most ${durationText(maxRangeMs)} at once`]),
    `depth: ${plain(depth.words)}`,
    `pace: ${counted(pacing.requests, "request")} in ${durationText(pacing.perMs)}`,
  ].join("; ");
}

function pagingText(paging: HistoryPaging): string {
  switch (paging.by) {
    case "time":
      return `by time, the ${paging.sends} of a longer range`;
    case "page":
      return "by page number";
    case "cursor":
      return "by cursor";
    case "nothing":
      return "all in one reply";
  }
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** The largest unit in which it is a whole number, or seconds. */
function durationText(ms: number): string {
  for (const [unit, unitMs] of UNITS) if (ms % unitMs === 0) return counted(ms / unitMs, unit);
  return `${ms / 1000} seconds`;
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** Escapes a text for Markdown. An underscore inside a word needs no escaping. */
function plain(text: string): string {
  return text
    .replaceAll(/[\\`*[\]<>|]/g, "\\$&")
    .replaceAll(/(?<!\w)_|_(?!\w)/g, "\\_")
    .replaceAll("\n", " ");
}

if (import.meta.main) await Bun.write(EXCHANGES_FILE, exchangesPage(DOCUMENTED));
