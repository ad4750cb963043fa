import { describe, expect, test } from "bun:test";
import { nameFault, withSafeTexts } from "../../src/domain/safe-text.ts";
import { quoteOf } from "../support/quote.ts";
import { batchOf } from "../support/scripted-exchange.ts";

describe("a name from an exchange", () => {
  test.each([
    "BTC-USDT-SWAP",
    "1000PEPEUSDT",
    "币安人生USDT",
    "tBTCF0:USTF0",
    "xyz:GOLD",
    "Ω",
    "a b",
  ])("%j is safe", (name) => expect(nameFault(name)).toBeNull());

  test.each([
    ["", "is empty"],
    [" ", "is empty"],
    ["BTC\nUSDT", "contains U+000A"],
    ["BTC\u0000", "contains U+0000"],
    ["BTC\u0085", "contains U+0085"],
    ["\u001b[31mBTC", "contains U+001B"],
    ["BTC\u2028USDT", "contains U+2028"],
    ["\u202eTDSUCTB", "contains U+202E"],
    ["BTC\u200fUSDT", "contains U+200F"],
    ["BTC\u2066USDT", "contains U+2066"],
    ["BTC\u200bUSDT", "contains U+200B"],
    ["\ufeffBTC", "contains U+FEFF"],
    ["BTC\ud800", "contains U+D800"],
    ["\udc00BTC", "contains U+DC00"],
    ["BTC\ufffd", "contains U+FFFD"],
    ["BTC\uffff", "contains U+FFFF"],
    ["B".repeat(65), "is longer than 64 characters"],
    ["B".repeat(1_000_000), "is longer than 64 characters"],
    ["𝔹".repeat(65), "is longer than 64 characters"],
  ])("%j %s", (name, fault) => expect(nameFault(name)).toBe(fault));

  test("may have 64 characters, as counted by a reader", () => {
    expect(nameFault("B".repeat(64))).toBeNull();
    expect(nameFault("𝔹".repeat(64))).toBeNull();
  });
});

describe("a batch", () => {
  test.each(["base", "quote", "settle"] as const)(
    "rejects a row with the list separator in its %s as an unsupported kind",
    (field) => {
      const bad = { ...quoteOf("AERO"), [field]: "AERO,DEX" };
      const { quotes, rejects } = withSafeTexts(batchOf([bad, quoteOf("ETH")]));
      expect(quotes.map(({ base }) => base)).toEqual(["ETH"]);
      const { exchangeSymbol } = bad;
      const detail = `${field} contains the list separator`;
      expect(rejects).toEqual([{ exchangeSymbol, reason: "unknown_kind", detail }]);
    },
  );

  test("rejects a ticker that would pass for another asset under a name", () => {
    const numbered = { ...quoteOf("LIT"), base: "LIT~2" };
    const { quotes, rejects } = withSafeTexts(batchOf([numbered, quoteOf("ETH")]));
    expect(quotes.map(({ base }) => base)).toEqual(["ETH"]);
    expect(rejects).toMatchObject([{ reason: "unknown_kind", detail: "base contains a ~" }]);
  });

  test("keeps a symbol with a comma: it is shown as the exchange sends it", () => {
    const isolated = { ...quoteOf("AERO"), exchangeSymbol: "AERO,UNISWAP_V3,0X94-USD" };
    expect(withSafeTexts(batchOf([isolated])).quotes).toEqual([isolated]);
  });

  test.each(["exchangeSymbol", "base", "quote", "settle"] as const)(
    "rejects and counts a row with an unsafe %s, and no other",
    (field) => {
      const bad = { ...quoteOf("BTC"), [field]: "BTC\u202e" };
      const { quotes, rejects, expected } = withSafeTexts(
        batchOf([quoteOf("ETH"), bad, quoteOf("SOL")], { expected: 3 }),
      );
      expect(quotes.map(({ base }) => base)).toEqual(["ETH", "SOL"]);
      expect(expected).toBe(3);
      const exchangeSymbol = field === "exchangeSymbol" ? null : bad.exchangeSymbol;
      expect(rejects).toEqual([
        { exchangeSymbol, reason: "bad_symbol", detail: `${field} contains U+202E` },
      ]);
    },
  );

  test("contains no unsafe symbol in its other rejects, and nothing unsafe from a payload", () => {
    const rejects = [
      { exchangeSymbol: "BTC\nETH", reason: "bad_rate", detail: `kind \u202e\n${"x".repeat(500)}` },
      { exchangeSymbol: "ETHUSDT", reason: "bad_row", detail: "rate is missing" },
    ] as const;
    const safe = withSafeTexts(batchOf([], { rejects }));
    expect(safe.rejects[0]?.exchangeSymbol).toBeNull();
    expect(safe.rejects[0]?.detail).toBe(`kind \ufffd\ufffd${"x".repeat(193)}`);
    expect(safe.rejects[1]).toEqual(rejects[1]);
  });
});
