import { expect, test } from "bun:test";
import { commonName, isNumbered, nameOfAsset, NAMES } from "../../src/domain/asset-names.ts";
import { baseMatcher } from "../../src/services/finder/base-filter.ts";

const IN_TABLE = NAMES.flatMap(({ name, others }) => [name, ...others]);
const PLAIN = [...IN_TABLE, "BTC", "A", "AB", "STOCK", "0G", "G7", "X~", "~2"];
const TEXTS = PLAIN.flatMap((name) => [
  name,
  `${name}STOCK`,
  `${name}STOCKSTOCK`,
  `${name}~2`,
  `${name}STOCK~13`,
]);

test("a listing matches a base if both have the same common name in the table, or by its ticker or id", () => {
  let matching = 0;
  for (const wanted of TEXTS) {
    const isMeant = baseMatcher([wanted]);
    for (const name of TEXTS) {
      const isAlike = (text: string) => commonName(text) === commonName(wanted);
      const isMatch = name === wanted || isAlike(name);
      if (isMeant({ base: name, assetId: null }) !== isMatch)
        throw new Error(`${name} as ticker, wanted: ${wanted}`);
      const byId = (isNumbered(wanted) && name === wanted) || isAlike(nameOfAsset(name));
      if (isMeant({ base: "OTHER", assetId: name }) !== byId)
        throw new Error(`${name} as asset, wanted: ${wanted}`);
      if (isMeant({ base: wanted, assetId: name }) !== true)
        throw new Error(`${name} with the ticker ${wanted}`);
      if (isMatch && byId) matching += 1;
    }
  }
  expect(matching).toBeGreaterThan(TEXTS.length);
});
