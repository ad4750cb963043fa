import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openServiceManager } from "../../src/gateways/service-manager.ts";
import { openManagerSocket } from "../support/manager-socket.ts";
import { memoryLog } from "../support/memory-log.ts";

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "manager-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

describe("messages to the service manager", () => {
  test("arrive whole at a path and at an abstract name", () => {
    using folder = temporaryFolder();
    for (const name of [join(folder.path, "notify"), `@${folder.path}/abstract`]) {
      using socket = openManagerSocket(name);
      const manager = openServiceManager(name, memoryLog());
      expect(manager?.send(["READY=1", "STATUS=läuft"])).toBe(true);
      expect(manager?.send(["WATCHDOG=1"])).toBe(true);
      expect(socket.received()).toEqual(["READY=1", "STATUS=läuft", "WATCHDOG=1"]);
    }
  });

  test("that are not received are reported as lost, without waiting: no socket, or a full one", () => {
    using folder = temporaryFolder();
    const name = join(folder.path, "notify");
    const manager = openServiceManager(name, memoryLog());
    expect(manager?.send(["READY=1"])).toBe(false);
    using socket = openManagerSocket(name);
    // The system queues dozens or hundreds for a receiver that does not read.
    const sent = Array.from({ length: 10_000 }, () => manager?.send(["WATCHDOG=1"]));
    expect(sent.at(-1)).toBe(false);
    expect(socket.received()).toHaveLength(sent.filter(Boolean).length);
    expect(manager?.send(["WATCHDOG=1"])).toBe(true);
  });

  test.each(["vsock:2:1234", "relative/path", "@", `/${"x".repeat(107)}`])(
    "cannot be sent to %s: one warning, and the service runs without",
    (name) => {
      const log = memoryLog();
      expect(openServiceManager(name, log)).toBeNull();
      expect(log.events()).toEqual(["service_manager_unreachable"]);
    },
  );
});
