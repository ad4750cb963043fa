import { describe } from "bun:test";
import { join } from "node:path";

/** Reads one recorded payload of an exchange. Throws if the folder or the file is missing. */
export type ReadRecorded = (exchange: string, file: string) => Promise<unknown>;

/**
 * Tests over payloads as sent by the exchanges, read in place: the folder named by RECORDED_PAYLOADS. Without that
 * setting there is nothing to test; a folder that is set but missing fails.
 */
export function describeRecorded(title: string, tests: (read: ReadRecorded) => void): void {
  const folder = Bun.env["RECORDED_PAYLOADS"];
  if (folder === undefined || folder === "") return;
  describe(title, () => {
    tests((exchange, file) => Bun.file(join(folder, exchange, file)).json());
  });
}
