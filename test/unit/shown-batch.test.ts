import { describe, expect, test } from "bun:test";
import { isPreIpo } from "../../src/domain/pre-ipo.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import { shownBatch } from "../../src/domain/shown-batch.ts";
import { pacifica } from "../../src/exchanges/pacifica.ts";
import { collectRows } from "../../src/exchanges/wire-rows.ts";
import { memorySource } from "../support/memory-source.ts";
import { quoteOf } from "../support/quote.ts";
import { batchOf } from "../support/scripted-exchange.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);

describe("a contract on shares that are not yet traded", () => {
  test.each([
    ["OPENAI", null, true],
    ["OPENAI", "stock", true],
    ["ANTHROPICX", null, true],
    ["ANTHROPICIPO", "stock", true],
    ["ANDURILSTOCK", null, true],
    ["ANTH", "index", true],
    ["PREOPENAI", null, true],
    ["OPENAIUSD", "stock", true],
    ["OPENAIPRE", null, true],
    ["PREOPENAIX", "index", true],
    ["PRE-ANDURIL-USDT", null, true],
    ["ANTHROPICSTOCKUSDC", null, true],
    // The word alone does not make a coin of a company.
    ["OPENAI", "crypto", true],
    ["PREANTHROPIC", "crypto", true],
    // SpaceX is traded by now.
    ["SPCX", "stock", false],
    ["SPACEX", null, false],
    ["OPENAIA", null, false],
    ["XOPENAI", null, false],
    ["STOCK", null, false],
    ["X", null, false],
    ["IPO", null, false],
    ["PRE", null, false],
    ["PREX", "crypto", false],
    ["ANTHILL", "crypto", false],
    ["USDANTH", null, false],
  ] as const)("%s of class %s: %p", (base, assetClass, isOne) => {
    expect(isPreIpo({ base, assetClass })).toBe(isOne);
    expect(isPreIpo({ identity: { base, assetClass } })).toBe(isOne);
  });

  test.each([
    // What gate, bybit and aevo quoted in September 2026, and a tenth of it.
    ["ANDURIL", { markPrice: 124 }, true],
    ["OPENAI", { indexPrice: 1_503.54, markPrice: 0.5 }, true],
    ["OPENAI", { markPrice: 150.3 }, true],
    ["ANTHROPICX", { lastPrice: 2_078.7 }, true],
    ["OPENAI", { indexPrice: null, markPrice: null }, true],
    ["OPENAI", { indexPrice: 0.000_1 }, false],
    ["ANTH", { indexPrice: null, markPrice: 0.99 }, false],
  ] as const)("%s that is called crypto at %p: %p", (base, prices, isOne) => {
    expect(isPreIpo({ base, assetClass: "crypto", ...prices })).toBe(isOne);
    expect(isPreIpo({ identity: { base, assetClass: "crypto" }, ...prices })).toBe(isOne);
    // A price does not prove a coin if the exchange does not call it one.
    expect(isPreIpo({ base, assetClass: null, ...prices })).toBe(true);
  });

  test("is distinguished from a coin by the price of one, not of a thousand", () => {
    const thousand = { base: "OPENAI", assetClass: "crypto", multiplier: 1000 } as const;
    expect(isPreIpo({ ...thousand, markPrice: 3 })).toBe(false);
    expect(isPreIpo({ ...thousand, markPrice: 124_000 })).toBe(true);
  });

  test("is neither among the live instruments nor among the quotes of any adapter", () => {
    const rows = ["BTC", "OPENAI", "ANTHROPIC"];
    const flat = collectRows(
      rows,
      (row) => row,
      (base) => ({ exchangeSymbol: base, base }),
    );
    const nested = collectRows(
      rows,
      (row) => row,
      (base) => ({ exchangeSymbol: base, identity: { base } }),
    );
    for (const { quotes, rejects } of [flat, nested]) {
      expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["BTC"]);
      expect(rejects).toEqual([]);
    }
  });

  test("is not reported missing if its exchange does not say what it is", async () => {
    const reply = (data: unknown) => ({ success: true, data, error: null, code: null });
    const symbols = ["BTC", "ANTHROPIC", "OPENAI"];
    const source = memorySource(
      {
        "/api/v1/info/prices": reply(
          symbols.map((symbol) => ({
            symbol,
            funding: "0.0000125",
            next_funding: "0.0000125",
            mark: "100",
            oracle: "100",
            open_interest: "1",
            volume_24h: "1",
            timestamp: AT,
          })),
        ),
        "/api/v1/info": reply(
          symbols.map((symbol) => ({
            symbol,
            instrument_type: "perpetual",
            base_asset: symbol,
          })),
        ),
      },
      { nowMs: AT },
    );
    const { quotes, rejects, expected, unlisted, explain } = await pacifica.refresh(source);
    expect(quotes.map(({ base }) => base)).toEqual(["BTC"]);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 1, unlisted: 0 });
    expect([explain("BTC")?.quote.base, explain("OPENAI")]).toEqual(["BTC", null]);
  });
});

describe("the class of a disputed name", () => {
  test.each<[string, AssetClass | null, AssetClass | null]>([
    ["PAXG", "metal", "crypto"],
    ["XAUT", "stock", "crypto"],
    ["USDC", "forex", "crypto"],
    ["XAU", "commodity", "metal"],
    ["XAG", "commodity", "metal"],
    ["SPY", "index", "etf"],
    ["SPY", "stock", "etf"],
    ["QQQ", "index", "etf"],
    ["PAXG", "crypto", "crypto"],
    ["BTCDOM", "stock", "index"],
    // Letters override no class of another family: a coin or a share may have that ticker, and its price decides.
    ["XAU", "crypto", "crypto"],
    ["SPY", "crypto", "crypto"],
    ["DEFI", "crypto", "crypto"],
    ["EUR", "stock", "stock"],
    // What no exchange states is unknown, and a ticker of two assets is not in the table.
    ["XAU", null, null],
    ["GOLD", "stock", "stock"],
    ["CAT", "crypto", "crypto"],
  ])("%s, stated to be %p, is shown as %p", (base, stated, shown) => {
    const { quotes } = shownBatch(batchOf([quoteOf(base, { assetClass: stated })]));
    expect(quotes.map(({ assetClass }) => assetClass)).toEqual([shown]);
  });
});

test("a symbol in two families of an exchange is shown once if both agree, and otherwise not at all", () => {
  const [btc, eth, sol] = ["BTC", "ETH", "SOL"].map((base) => quoteOf(base));
  if (btc === undefined || eth === undefined || sol === undefined) throw new Error("no quotes");
  const other = { ...eth, fundingRate: eth.fundingRate + 0.0001 };
  const later = { ...btc, receivedAtMs: btc.receivedAtMs + 1000 };
  const { quotes, rejects } = shownBatch(batchOf([btc, eth, sol, later, other]));
  expect(quotes.map(({ base }) => base)).toEqual(["BTC", "SOL"]);
  expect(rejects.map(({ exchangeSymbol, reason }) => [exchangeSymbol, reason])).toEqual([
    [eth.exchangeSymbol, "ambiguous"],
    [eth.exchangeSymbol, "ambiguous"],
  ]);
});
