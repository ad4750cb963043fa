import { describe, expect, test } from "bun:test";
import {
  ALL_FACTS,
  DOCUMENTED,
  EXCHANGES_FILE,
  exchangesPage,
} from "../../scripts/write-exchanges.ts";
import { EXCHANGE_IDS, DISABLED_BY_DEFAULT } from "../../src/domain/exchange.ts";
import type { ExchangeFacts } from "../../src/exchanges/exchange.ts";
import type { ExchangeHistory, HistoryPaging } from "../../src/exchanges/history.ts";

const FACTS: ExchangeFacts = {
  id: "binance",
  name: "Sample",
  kind: "centralised",
  hosts: { main: "https://api.example.com" },
  pacing: { requests: 1, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://docs.example.com/a_b",
  requestsPerRefresh: 2,
  rateRule: "rate * 2, taken as it is.",
  intervalRule: "hours of <rates>, 4 | 8.",
  providedFields: ["nextFundingAtMs", "volume24hUsd"],
  caveats: ["What last_rate means is open."],
};

type Settlements = Extract<ExchangeHistory, { kind: "settlements" }>;

const HISTORY: Settlements = {
  kind: "settlements",
  paging: { by: "nothing" },
  maxRows: 400,
  order: "newest_first",
  bounds: { from: "none", to: "exclusive" },
  depth: { words: "three months", days: 90, rows: null },
  pacing: { requests: 8, perMs: 2000 },
  caveats: ["Rows lag."],
  load: () => Promise.resolve({ rows: [] }),
};

describe("the registry", () => {
  test("has 41 exchanges, each under its own id", () => {
    expect(ALL_FACTS.map(({ id }) => id)).toEqual([...EXCHANGE_IDS]);
    expect(ALL_FACTS).toHaveLength(41);
  });

  test("aevo, drift and hashkey are disabled with a reason, and so in the settings", () => {
    const off = ALL_FACTS.filter(({ disabledReason }) => disabledReason !== undefined);
    expect(off.map(({ id }) => id)).toEqual(["aevo", "drift", "hashkey"]);
    expect(off.map(({ id }) => id)).toEqual([...DISABLED_BY_DEFAULT]);
    expect(off.filter(({ disabledReason }) => (disabledReason ?? "").length < 20)).toEqual([]);
  });

  test("states its rules and open points in sentences, as the page prints them", () => {
    const texts = DOCUMENTED.flatMap(({ facts, history }) =>
      [
        [facts.rateRule, facts.intervalRule, facts.unverifiedRate ?? [], facts.caveats],
        history?.kind === "none" ? history.reason : (history?.caveats ?? []),
      ]
        .flat(2)
        .map((text) => `${facts.id}: ${text}`),
    );
    expect(texts.filter((text) => !/: \S[^\n]*\.$/.test(text))).toEqual([]);
  });
});

describe("docs/exchanges.md", () => {
  test("equals the page generated from the registry; `bun scripts/write-exchanges.ts` writes it", async () => {
    expect(await Bun.file(EXCHANGES_FILE).text()).toBe(exchangesPage(DOCUMENTED));
  });

  test("has a row and a section for each exchange, with texts that Markdown shows as they are", () => {
    const page = exchangesPage([{ facts: FACTS }]);
    expect(page).toContain(
      [
        "| [Sample](#binance) | `binance` | centralised | 2 | hours of \\<rates\\>, 4 \\| 8. ",
        "| `next_funding_time`, `volume_24h_usd` | periodic | on | [link](<https://docs.example.com/a_b>) |",
      ].join(""),
    );
    expect(page).toContain("## binance\n\nSample. Rate: rate \\* 2, taken as it is.\n\nInterval: ");
    expect(page).toContain("Caveats:\n\n- What last_rate means is open.\n");
    expect(page).toContain("1 exchanges, 0 of them disabled by default.");
  });

  test("mentions requests for single instruments, a disabled exchange and one without open points", () => {
    const page = exchangesPage([
      {
        facts: { ...FACTS, requestsPerInstrument: 1, disabledReason: "it is closed", caveats: [] },
      },
    ]);
    expect(page).toContain("| 2 + 1 per instrument |");
    expect(page).toContain("| off: it is closed |");
    expect(page).toContain("No caveats are known.");
    expect(page).not.toContain("Unverified:");
    const unverified = exchangesPage([
      { facts: { ...FACTS, unverifiedRate: "Either a_ or b is charged." } },
    ]);
    expect(unverified).toContain(
      "\n\nUnverified: Either a\\_ or b is charged. All rows are flagged `unverified_rate`.\n\n",
    );
    expect(page).toContain("1 of them disabled by default.");
  });

  test.each([
    [
      { by: "time", sends: "newest" },
      { maxRangeMs: 7 * 86_400_000 },
      "payments, by time, the newest of a longer range; up to 400 rows per reply; newest first; at most 7 days at once; depth: three months; pace: 8 requests in 2 seconds.",
    ],
    [
      { by: "time", sends: "oldest" },
      { order: "oldest_first", maxRangeMs: 90 * 3_600_000 },
      "payments, by time, the oldest of a longer range; up to 400 rows per reply; oldest first; at most 90 hours at once; depth: three months; pace: 8 requests in 2 seconds.",
    ],
    [
      { by: "page" },
      { order: "unknown", pacing: { requests: 1, perMs: 60_000 } },
      "payments, by page number; up to 400 rows per reply; depth: three months; pace: 1 request in 1 minute.",
    ],
    [
      { by: "cursor" },
      { pacing: { requests: 1, perMs: 1_500 } },
      "payments, by cursor; up to 400 rows per reply; newest first; depth: three months; pace: 1 request in 1.5 seconds.",
    ],
    [
      { by: "nothing" },
      { depth: { words: "the newest_ 100", days: null, rows: 100 } },
      "payments, all in one reply; up to 400 rows per reply; newest first; depth: the newest\\_ 100; pace: 8 requests in 2 seconds.",
    ],
  ] satisfies [HistoryPaging, Partial<Settlements>, string][])(
    "describes a history read by %p",
    (paging, extra, text) => {
      const page = exchangesPage([{ facts: FACTS, history: { ...HISTORY, paging, ...extra } }]);
      expect(page).toContain(`\n\nHistory: ${text}\n\nCaveats of its history:\n\n- Rows lag.\n\n`);
    },
  );

  test("says why there is no history, or nothing about one that is not known", () => {
    const none: ExchangeHistory = { kind: "none", reason: "It publishes a_ day only." };
    const page = exchangesPage([{ facts: FACTS, history: none }]);
    expect(page).toContain("\n\nHistory: none. It publishes a\\_ day only.\n\n");
    expect(exchangesPage([{ facts: FACTS }])).not.toContain("History:");
  });
});
