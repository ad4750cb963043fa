import { expect, test } from "bun:test";
import { orderly } from "../../src/exchanges/orderly.ts";
import { memorySource } from "../support/memory-source.ts";
import { type Exemption, mutationBreaches } from "../support/mutations.ts";
import { AT, BODIES, INFO, RATES, reply, type Row, SETTLED, settled } from "./orderly-payloads.ts";

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const may = (
  where: string,
  mutations: Exemption["mutations"],
  ...fields: Exemption["fields"]
): Exemption => ({ at: where, mutations, fields, why: LEGAL });
const exemptions: readonly Exemption[] = [
  may("rates.est_funding_rate", ["negative"], "fundingRate"),
  may("rates.last_funding_rate", ["negative"], "settledRate"),
  may("settled.last_funding_rate", ["negative"], "settledRate"),
  may("rates.mark_price", ["huge"], "markPrice", "openInterestUsd"),
  // A null that becomes a price is the price of a market that had none.
  may("rates.index_price", ["huge", "flipped", "negative"], "indexPrice"),
  may("rates.open_interest", ["huge"], "openInterestUsd"),
  may("rates.24h_amount", ["huge"], "volume24hUsd"),
];

test("orderly: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly Row[] => Object(body).data.rows;
  // Except those that a single field keeps from being shown: the price of one, the status of the others.
  const hidden = new Set<unknown>(["PERP_OLD_USDC", "PERP_PRE_USDC", "PERP_HALT_USDC_alpix"]);
  const alive = (key: string) =>
    reply(rows(BODIES[key]).filter((row) => !hidden.has(row["symbol"])));
  const same = { last_funding_rate: 0.00010041 };
  const settlements = [
    settled("PERP_BTC_USDC", 8, 16, same),
    settled("PERP_XAU_USDC", 8, 16, same),
  ];
  const breaches = await mutationBreaches({
    bodies: { [RATES]: alive(RATES), [INFO]: alive(INFO), [SETTLED]: reply(settlements) },
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "info", request: INFO, rows },
      { name: "settled", request: SETTLED, rows },
    ],
    refresh: (bodies) => orderly.refresh(memorySource(bodies, { nowMs: AT })),
    exemptions,
  });
  expect(breaches).toEqual([]);
});
