import { describe, expect, test } from "bun:test";
import { canonicalAsset, canonicalBase, type MultiplierForm } from "../../src/domain/symbol.ts";

const ALL: readonly MultiplierForm[] = [
  "numeric_prefix",
  "million_prefix",
  "numeric_suffix",
  "kilo_prefix",
];

describe("a ticker", () => {
  test.each([
    ["1000PEPE", "PEPE", 1_000],
    ["10000CAT", "CAT", 10_000],
    ["1000000MOG", "MOG", 1_000_000],
    ["1MBABYDOGE", "BABYDOGE", 1_000_000],
    ["SHIB1000", "SHIB", 1_000],
    ["kBONK", "BONK", 1_000],
    ["XBT", "BTC", 1],
    ["BTC", "BTC", 1],
  ])("%s is %s times %p", (ticker, base, multiplier) => {
    expect(canonicalAsset(ticker, ALL)).toEqual({ base, multiplier });
  });

  test.each(["1INCH", "0G", "4", "KAS", "MART", "KSM", "1000", "100X", "US500", "SPX6900", "1MT"])(
    "%s is unchanged: letters and digits are never stripped blindly",
    (ticker) => {
      expect(canonicalAsset(ticker, ALL)).toEqual({ base: ticker, multiplier: 1 });
    },
  );

  test("keeps a multiplier form that its exchange does not document", () => {
    expect(canonicalAsset("1000PEPE", [])).toEqual({ base: "1000PEPE", multiplier: 1 });
    expect(canonicalAsset("kPEPE", ["numeric_prefix"])).toEqual({ base: "KPEPE", multiplier: 1 });
  });

  test("in another script is unchanged", () => {
    expect(canonicalAsset("龙虾", ALL)).toEqual({ base: "龙虾", multiplier: 1 });
    expect(canonicalAsset("1000龙虾", ALL)).toEqual({ base: "龙虾", multiplier: 1_000 });
  });
});

test("a base is accepted as people type it", () => {
  expect([" btc ", "xbt", "Pepe"].map(canonicalBase)).toEqual(["BTC", "BTC", "PEPE"]);
});
