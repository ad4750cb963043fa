import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PastFiles } from "../../scripts/demo-past/past-files.ts";
import { historyFile } from "../../src/db/history/file.ts";

const folder = mkdtempSync(join(tmpdir(), "funding-finder-past-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the files of a past", () => {
  const filesOf = (name: string) => {
    const database = join(folder, name, "demo.db");
    mkdirSync(join(folder, name), { recursive: true });
    return {
      database,
      files: new PastFiles(database),
      there: () => readdirSync(join(folder, name)).toSorted(),
    };
  };
  const write = (files: PastFiles): void => {
    writeFileSync(files.market, "market");
    writeFileSync(historyFile(files.market).path, "history");
  };

  test("are where the service looks for them when they are complete", () => {
    const { files, there } = filesOf("complete");
    expect(files.begin()).toBe(true);
    write(files);
    expect(there()).toEqual(["demo.db.past"]);
    files.finish();
    expect(there()).toEqual(["demo.db", "demo.history.db"]);
    expect(files.begin()).toBe(false);
  });

  test("are written again after an attempt that was killed", () => {
    const { files, there } = filesOf("killed");
    files.begin();
    write(files);
    expect(files.begin()).toBe(true);
    expect([there(), existsSync(files.market)]).toEqual([["demo.db.past"], false]);
  });

  test("are completed if only the market is still to be moved", () => {
    const { database, files, there } = filesOf("moving");
    files.begin();
    write(files);
    renameSync(historyFile(files.market).path, historyFile(database).path);
    expect(files.begin()).toBe(false);
    expect(there()).toEqual(["demo.db", "demo.history.db"]);
  });

  test.each(["demo.db", "demo.history.db", "demo.accounts.db"])("replace no %s", (name) => {
    const { files, there } = filesOf(`with ${name}`);
    writeFileSync(join(folder, `with ${name}`, name), "data");
    expect(files.begin()).toBe(false);
    expect(there()).toEqual([name]);
  });
});
