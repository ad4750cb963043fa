import { describe, expect, test } from "bun:test";
import type { BoardRow } from "../../src/domain/market.ts";
import { RowTexts, type RowWriting } from "../../src/http/lists/row-texts.ts";
import { yieldToEventLoop } from "../../src/lib/event-loop.ts";
import type { TimeStep } from "../../src/lib/time-step.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SECOND_MS = 1_000;

/** Texts of a separate board; `made` has every row that was serialised, in JSON or in CSV. */
function setUp() {
  const board = new TestBoard();
  const clock = new ManualClock();
  const made: string[] = [];
  const write = (format: string) => (row: BoardRow) => {
    made.push(`${row.record.base} ${format}`);
    return { before: `<${row.record.base} `, after: ">" };
  };
  const writing: RowWriting = {
    age: (_, fetchedAt) => fetchedAt,
    json: write("json"),
    csv: write("csv"),
  };
  const onPublish = (keep: Parameters<TestBoard["onPublish"]>[0]) => board.onPublish(keep);
  const steps: string[] = [];
  const timeStep: TimeStep = (work, step) => {
    steps.push(work);
    return step();
  };
  const texts = new RowTexts({ writing, clock, timeStep, onPublish });
  const [btc, eth] = [rowOf("okx", "BTC"), rowOf("okx", "ETH")];
  let published = 0;
  /** Without waiting for the step that discards texts. */
  const publishNow = (...rows: BoardRow[]): void =>
    board.publish(snapshotOf(`1-${++published}`, rows));
  const publish = async (...rows: BoardRow[]): Promise<void> => {
    publishNow(...rows);
    await yieldToEventLoop();
  };
  return { board, clock, made, steps, texts, btc, eth, publish, publishNow };
}

describe("the texts of rows", () => {
  test("are built once for an unchanged row, with the age of each snapshot", async () => {
    const { texts, made, btc, eth, publish } = setUp();
    await publish(btc, eth);
    expect(texts.at(1).json(btc)).toBe("<BTC 1>");
    expect(texts.at(1).json(eth)).toBe("<ETH 1>");
    const after = { ...eth };
    await publish(btc, after);
    expect(texts.at(6).json(btc)).toBe("<BTC 6>");
    expect(texts.at(6).json(after)).toBe("<ETH 6>");
    expect(made).toEqual(["BTC json", "ETH json", "ETH json"]);
  });

  test("are built only in the requested format", async () => {
    const { texts, made, btc, publish } = setUp();
    await publish(btc);
    expect(texts.at(1).csv(btc) + texts.at(2).csv(btc)).toBe("<BTC 1><BTC 2>");
    expect(made).toEqual(["BTC csv"]);
  });

  test("are discarded with their rows: no more are cached than the board has", async () => {
    const { texts, btc, eth, publish } = setUp();
    await publish(btc, eth);
    for (const row of [btc, eth]) texts.at(1).json(row);
    expect(texts.size).toBe(2);
    for (let round = 0; round < 5; round += 1) {
      const row = { ...btc };
      await publish(row);
      expect(texts.size).toBe(0);
      texts.at(2).json(row);
    }
    expect(texts.size).toBe(1);
  });

  test("are discarded in a separate step, and only for the newest snapshot", async () => {
    const { texts, steps, btc, eth, publishNow } = setUp();
    publishNow(btc, eth);
    for (const row of [btc, eth]) texts.at(1).json(row);
    publishNow(btc);
    publishNow(eth);
    expect([texts.size, steps]).toEqual([2, []]);
    await yieldToEventLoop();
    expect([texts.size, steps]).toEqual([1, ["row_texts"]]);
    expect(texts.at(2).json(eth)).toBe("<ETH 2>");
  });

  test("are discarded in steps of 2,000 rows: what is written in between stays, and a newer snapshot restarts it", async () => {
    const { texts, made, steps, btc, publish, publishNow } = setUp();
    const first = rowOf("aster", "ETH");
    const many = Array.from({ length: 5_000 }, (_, n) => rowOf("gate", `B${n}`));
    await publish(...many, btc);
    for (const row of many) texts.at(1).json(row);
    publishNow(first, ...many.slice(0, 4_500), btc);
    await yieldToEventLoop();
    expect([texts.size, steps.length]).toEqual([5_000, 1]);
    // One had already been visited, the other one had not.
    for (const row of [btc, first]) texts.at(2).json(row);
    await yieldToEventLoop();
    await yieldToEventLoop();
    expect([texts.size, steps.length]).toEqual([4_502, 3]);
    publishNow(...many.slice(0, 4_000));
    await yieldToEventLoop();
    publishNow(btc, first);
    for (let turn = 0; turn < 4; turn += 1) await yieldToEventLoop();
    expect([texts.size, steps.length]).toEqual([2, 5]);
    for (const row of [btc, first]) texts.at(3).json(row);
    expect(made).toHaveLength(5_002);
  });

  test("are all discarded after a minute without a request, and the board is no longer subscribed to", async () => {
    const { board, clock, texts, made, btc, publish } = setUp();
    await publish(btc);
    expect(board.listening).toBe(0);
    texts.at(1).json(btc);
    await clock.advance(59 * SECOND_MS);
    await publish(btc);
    expect([texts.size, board.listening]).toEqual([1, 1]);
    await clock.advance(SECOND_MS);
    await publish(btc);
    expect([texts.size, board.listening]).toEqual([0, 0]);
    expect(texts.at(9).json(btc)).toBe("<BTC 9>");
    expect(made).toHaveLength(2);
    expect(board.listening).toBe(1);
  });
});
