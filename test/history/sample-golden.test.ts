import { describe, expect, test } from "bun:test";
import type { SampleColumns } from "../../src/db/history/codec/columns.ts";
import { unseal } from "../../src/db/history/codec/envelope.ts";
import { type RefreshColumns, refreshOf } from "../../src/db/history/codec/refresh.ts";
import { axisOf, openSections } from "../../src/db/history/codec/sections.ts";
import noise from "./blobs-of-noise-version-1.json" with { type: "json" };
import steady from "./blobs-version-1.json" with { type: "json" };

/** Blobs as the first version wrote them, with what they hold. They never change: users have such files. */
const blobOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** Columns as plain lists, NaN as null. */
function plain(columns: SampleColumns | RefreshColumns | null): unknown {
  const text = JSON.stringify(columns, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Array.from(value as unknown as Float64Array) : value,
  );
  return JSON.parse(text);
}

describe.each([
  ["steady", steady],
  ["noise, as Rice codes", noise],
])("blobs of the first version stay readable: %s,", (_, stored) => {
  const axisBody = unseal("axis", blobOf(stored.axis.blob));
  const axis = axisOf(axisBody);

  test("the times of a period", () => {
    expect([...axis]).toEqual(stored.axis.times);
  });

  test.each(["withAxis", "withoutAxis"] as const)("series, %s", (kind) => {
    const sections = openSections(blobOf(stored[kind]), (sum) =>
      sum === Bun.hash.crc32(axisBody) ? axis : null,
    );
    const ids = Object.keys(stored.series).map(Number);
    expect([...sections.ids]).toEqual(ids);
    for (const [id, columns] of Object.entries(stored.series))
      expect(plain(sections.read(Number(id)))).toEqual(columns);
  });

  test("refreshes, the second from the first", () => {
    let before: RefreshColumns | null = null;
    for (const { blob, columns } of stored.refreshes) {
      before = refreshOf(unseal("refresh", blobOf(blob)), before);
      expect(plain(before)).toEqual(columns);
    }
  });
});
