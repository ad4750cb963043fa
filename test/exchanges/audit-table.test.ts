import { describe, expect, test } from "bun:test";
import { ALL_FACTS, EXCHANGES_FILE, exchangesPage } from "../../scripts/write-exchanges.ts";
import { EXCHANGE_IDS, DISABLED_BY_DEFAULT } from "../../src/domain/exchange.ts";
import type { ExchangeFacts } from "../../src/exchanges/exchange.ts";

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
    const texts = ALL_FACTS.flatMap((facts) =>
      [facts.rateRule, facts.intervalRule, facts.unverifiedRate ?? [], facts.caveats]
        .flat()
        .map((text) => `${facts.id}: ${text}`),
    );
    expect(texts.filter((text) => !/: \S[^\n]*\.$/.test(text))).toEqual([]);
  });
});

describe("docs/exchanges.md", () => {
  test("equals the page generated from the registry; `bun scripts/write-exchanges.ts` writes it", async () => {
    expect(await Bun.file(EXCHANGES_FILE).text()).toBe(exchangesPage(ALL_FACTS));
  });

  test("has a row and a section for each exchange, with texts that Markdown shows as they are", () => {
    const page = exchangesPage([FACTS]);
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
      { ...FACTS, requestsPerInstrument: 1, disabledReason: "it is closed", caveats: [] },
    ]);
    expect(page).toContain("| 2 + 1 per instrument |");
    expect(page).toContain("| off: it is closed |");
    expect(page).toContain("No caveats are known.");
    expect(page).not.toContain("Unverified:");
    const unverified = exchangesPage([{ ...FACTS, unverifiedRate: "Either a_ or b is charged." }]);
    expect(unverified).toContain(
      "\n\nUnverified: Either a\\_ or b is charged. All rows are flagged `unverified_rate`.\n\n",
    );
    expect(page).toContain("1 of them disabled by default.");
  });
});
