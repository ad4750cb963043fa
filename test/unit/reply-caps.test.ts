import { describe, expect, test } from "bun:test";
import { ReplyCaps } from "../../src/collector/reply-caps.ts";
import { ENCODERS } from "../../src/simulator/encoders.ts";
import { EXCHANGES } from "../../src/simulator/listing.ts";
import { JsonScan } from "../../src/lib/json-scan.ts";
import { ask, demoMarket } from "../support/simulator.ts";

const MB = 1024 * 1024;

function capsOf(caps: ReplyCaps, request = "/rates"): readonly [bytes: number, rows: number] {
  const { maxBytes, json } = caps.of(request);
  return [maxBytes, json.maxMembers];
}

describe("the caps of a reply", () => {
  test("are the minimum until something is accepted: 8 MB and 5,000 rows", () => {
    expect(new ReplyCaps(0).of("/rates")).toEqual({
      maxBytes: 8 * MB,
      json: { maxDepth: 32, maxValues: 1_000_000, maxMembers: 5_000 },
    });
  });

  test("follow accepted replies: eight times the bytes up to 32 MB, four times the rows", () => {
    const caps = new ReplyCaps(0);
    caps.accept("/rates", { bytes: MB, mostMembers: 1_250 });
    expect(capsOf(caps)).toEqual([8 * MB, 5_000]);
    caps.accept("/rates", { bytes: 2 * MB, mostMembers: 1_500 });
    expect(capsOf(caps)).toEqual([16 * MB, 6_000]);
    caps.accept("/rates", { bytes: 7 * MB, mostMembers: 1_300 });
    expect(capsOf(caps)).toEqual([32 * MB, 6_000]);
  });

  test("do not shrink after one small reply, and are separate for each request", () => {
    const caps = new ReplyCaps(0);
    caps.accept("/rates", { bytes: 2 * MB, mostMembers: 2_000 });
    caps.accept("/rates", { bytes: 10, mostMembers: 1 });
    expect(capsOf(caps)).toEqual([16 * MB, 8_000]);
    expect(capsOf(caps, "/list")).toEqual([8 * MB, 5_000]);
  });

  test("start from the known instruments of an exchange, so that a restart refuses no genuine list", () => {
    expect(capsOf(new ReplyCaps(2_000))).toEqual([8 * MB, 8_000]);
  });

  test("have room for the rows expected in any case, and do not shrink to them", () => {
    const caps = new ReplyCaps(0);
    const rowsFor = (expectedRows: number) => caps.of("/history", expectedRows).json.maxMembers;
    expect([rowsFor(100), rowsFor(70_000)]).toEqual([5_000, 70_000]);
    caps.accept("/history", { bytes: 1, mostMembers: 20_000 });
    expect(rowsFor(70_000)).toBe(80_000);
  });

  test("are stored for a limited number of requests, the latest", () => {
    const caps = new ReplyCaps(0);
    for (let nth = 0; nth < 1_000; nth += 1)
      caps.accept(`/rates/${nth}`, { bytes: 2 * MB, mostMembers: 1 });
    const raised = Array.from(
      { length: 1_000 },
      (_, nth) => capsOf(caps, `/rates/${nth}`)[0] > 8 * MB,
    );
    expect(raised.indexOf(true)).toBe(1_000 - 64);
  });
});

test("the minimum caps refuse no reply of any exchange at three times its size", async () => {
  const { maxBytes, json } = new ReplyCaps(0).of("");
  const market = demoMarket({ scale: 3.2 });
  const refused: string[] = [];
  for (const exchange of EXCHANGES) {
    for (const request of ENCODERS[exchange].usual) {
      const bytes = await (await ask(market, exchange, request)).bytes();
      const excess = new JsonScan(json).push(bytes);
      if (excess !== null || bytes.length > maxBytes)
        refused.push(`${exchange} ${request.path}: ${excess ?? bytes.length}`);
    }
  }
  expect(refused).toEqual([]);
});
