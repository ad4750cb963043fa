import { expect, test } from "bun:test";
import { heapStats } from "bun:jsc";
import { BackgroundWrites } from "../../src/collector/background-writes.ts";
import { WriteQueueFull } from "../../src/db/write-queue.ts";

function objects(): number {
  Bun.gc(true);
  return heapStats().objectCount;
}

const noneLost = (): void => {
  throw new Error("lost");
};

test("writes that are done leave nothing, however many there were", async () => {
  const writes = new BackgroundWrites();
  const add = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      writes.add(Promise.resolve(n), noneLost);
      await Promise.resolve();
    }
    await Bun.sleep(0);
  };
  await add(1_000);
  const before = objects();
  await add(20_000);
  expect(objects() - before).toBeLessThan(5_000);
});

test("a write for which there is no room is lost, any other failure ends them all", async () => {
  const writes = new BackgroundWrites();
  let lost = 0;
  writes.add(Promise.reject(new WriteQueueFull("full")), () => (lost += 1));
  await Bun.sleep(0);
  const lifetime = new AbortController();
  lifetime.abort();
  await writes.run(lifetime.signal);
  expect(lost).toBe(1);
  writes.add(Promise.reject(new Error("broken")), noneLost);
  await Bun.sleep(0);
  await expect(writes.run(new AbortController().signal)).rejects.toThrow("broken");
});
