import { expect, test } from "bun:test";
import { type Encoding, encodingOf, HeaderChoice } from "../../src/http/negotiate.ts";

const CASES: readonly (readonly [header: string | null, chosen: Encoding])[] = [
  [null, "identity"],
  ["", "identity"],
  ["identity", "identity"],
  ["gzip", "gzip"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, br", "br"],
  ["deflate", "identity"],
  ["*", "zstd"],
  ["*;q=0", "identity"],
  ["zstd;q=0, *", "br"],
  ["gzip;q=1.0, zstd;q=0.5", "gzip"],
  ["zstd;q=0, br;q=0, gzip;q=0", "identity"],
  ["gzip;q=0.5, identity", "identity"],
  ["gzip;q=0.5, identity;q=0.5", "gzip"],
  ["br;q=0.8, gzip;q=0.8", "br"],
  [",,;;q=", "identity"],
];

test.each(CASES)("Accept-Encoding %p means %s, asked once or again", (header, chosen) => {
  const choice = new HeaderChoice(encodingOf, "identity");
  expect(choice.of(header)).toBe(chosen);
  expect(choice.of(header)).toBe(chosen);
});
