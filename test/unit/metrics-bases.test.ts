import { describe, expect, test } from "bun:test";
import { describeConfig, loadConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/lib/config-error.ts";

const load = (METRICS_BASES: string, readFile: (path: string) => string = () => "") =>
  loadConfig({ METRICS_BASES, FF_CONFIG: "f" }, readFile).metricsBases;

function problemsOf(text: string): readonly string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `A${n}`);

describe("METRICS_BASES", () => {
  test("accepts names like the API's lists: any case, aliases, each once", () => {
    expect(load("BTC,eth, xbt ,XBT,ETH")).toEqual(["BTC", "ETH"]);
    expect(load("LIT~2,1INCH,BRK.B,币安人生")).toEqual(["LIT~2", "1INCH", "BRK.B", "币安人生"]);
    expect(load("", () => 'METRICS_BASES = ["BTC", "SOL"]')).toEqual(["BTC", "SOL"]);
    expect(load("")).toEqual([]);
  });

  test.each([
    ["BTC/USDT", "BTC/USDT"],
    ["BTC ETH", "BTC ETH"],
    ['BTC,"ETH"', '"ETH"'],
    ["*", "*"],
    ["all,-1", "-1"],
    ["B".repeat(33), "B".repeat(33)],
  ])("invalid names stop the start, by name: %s", (text, bad) => {
    expect(problemsOf(text)).toEqual([`METRICS_BASES: unknown asset name: ${bad}`]);
  });

  test("no names, or more than 20, are an error", () => {
    expect(problemsOf(",")).toEqual(["METRICS_BASES: must name at least one asset name"]);
    expect(load(names(20).join())).toHaveLength(20);
    expect(load(`${names(20).join()},a0`)).toHaveLength(20);
    expect(problemsOf(names(21).join())).toEqual([
      "METRICS_BASES: may name at most 20 assets, not 21",
    ]);
  });

  test("appears in the startup log as a list", () => {
    const config = loadConfig({ METRICS_BASES: "BTC,ETH" }, () => "");
    expect(describeConfig(config)).toMatchObject({ METRICS_BASES: "BTC,ETH" });
  });
});
