import { describe, expect, test } from "bun:test";
import { ByteBudget } from "../../src/lib/byte-budget.ts";

/** A budget of 100 bytes, and the holders that gave up, in order. */
function setUp(): { budget: ByteBudget; gaveUp: string[]; hold: (name: string) => Holding } {
  const budget = new ByteBudget(100);
  const gaveUp: string[] = [];
  return { budget, gaveUp, hold: (name) => budget.hold(() => gaveUp.push(name)) };
}
type Holding = ReturnType<ByteBudget["hold"]>;

describe("a shared byte budget", () => {
  test("within the budget no holder gives up", () => {
    const { budget, gaveUp, hold } = setUp();
    hold("a").add(60);
    hold("b").add(40);
    expect([budget.held, gaveUp]).toEqual([100, []]);
  });

  test("beyond it the largest holder gives up, not the latest", () => {
    const { budget, gaveUp, hold } = setUp();
    hold("small").add(20);
    hold("large").add(70);
    const late = hold("late");
    late.add(5);
    expect(gaveUp).toEqual([]);
    late.add(6);
    expect([budget.held, gaveUp]).toEqual([31, ["large"]]);
  });

  test("a holder that gave up no longer counts and cannot give up twice", () => {
    const { budget, gaveUp, hold } = setUp();
    const glutton = hold("glutton");
    glutton.add(101);
    glutton.add(500);
    glutton.release();
    expect([budget.held, gaveUp]).toEqual([0, ["glutton"]]);
  });

  test("released bytes are available to others, once", () => {
    const { budget, gaveUp, hold } = setUp();
    const first = hold("first");
    first.add(90);
    first.release();
    first.release();
    const second = hold("second");
    second.add(90);
    expect([budget.held, gaveUp]).toEqual([90, []]);
  });
});
