import { describe, expect, test } from "bun:test";
import { flagBit } from "../../src/domain/flags.ts";
import type { QualityRow } from "../../src/http/api/quality/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const suspect = flagBit("suspect");
const thin = flagBit("thin");

const ROWS = [
  rowOf("okx", "BTC"),
  rowOf("okx", "ETH", { implausible: 3 }, suspect | thin),
  rowOf("okx", "LIT", { identity: "conflict" }, flagBit("identity_conflict")),
  rowOf("gate", "BTC", { implausible: 4, identity: "probable" }, suspect),
];

function app() {
  const snapshot = snapshotOf("1-1", ROWS);
  const exchanges = snapshot.exchanges.map((view) =>
    view.exchange === "okx"
      ? {
          ...view,
          state: {
            ...view.state,
            expected: 4,
            rejects: { bad_rate: 1 },
            rateScale: 1.1,
            evenShare: 1,
            refusedAtMs: NOON_MS - 5_000,
            refusal: "1 instruments, 4 in the exchange's own list",
          },
        }
      : view,
  );
  return testApp(new TestBoard({ ...snapshot, exchanges }));
}

async function rowsOf(query: string): Promise<readonly QualityRow[]> {
  const response = await app().get(`/api/quality${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { rows: QualityRow[] }).rows;
}

describe("/api/quality", () => {
  test("shows what was expected, seen, rejected, flagged, implausible and refused for an exchange", async () => {
    const [okx] = await rowsOf("?exchange=okx");
    expect(okx).toEqual({
      exchange: "okx",
      status: "ok",
      instruments: 3,
      expected: 4,
      rejects: { bad_rate: 1 },
      flagged: {
        stale: 0,
        expired: 0,
        interval_unknown: 0,
        identity_conflict: 1,
        suspect: 1,
        pinned_cap: 0,
        pinned_floor: 0,
        pinned_baseline: 0,
        thin: 1,
        settling: 0,
        unverified_rate: 0,
      },
      identities: { confirmed: 2, probable: 0, conflict: 1 },
      implausible: { volume: 1, open_interest: 1, rate: 0 },
      rate_scale: 1.1,
      open_interest_even_share: 1,
      last_refused_at: NOON_MS / 1000 - 5,
      last_refusal_reason: "1 instruments, 4 in the exchange's own list",
    });
  });

  test("a whole exchange in another unit shows up as implausible rates", async () => {
    const [gate] = await rowsOf("?exchange=gate");
    expect(gate?.implausible).toEqual({ volume: 0, open_interest: 0, rate: 1 });
    expect(gate?.last_refused_at).toBeNull();
  });

  test("can be filtered by exchanges with a flag", async () => {
    const ids = async (query: string) => (await rowsOf(query)).map(({ exchange }) => exchange);
    expect(await ids("?flag=thin")).toEqual(["okx"]);
    expect(await ids("?flag=suspect")).toEqual(["gate", "okx"]);
    expect(await ids("?flag=stale")).toEqual([]);
    expect((await app().get("/api/quality?flag=odd")).status).toBe(400);
  });
});
