import { describe, expect, test } from "bun:test";
import { type ManagerSocket, openManagerSocket } from "../support/manager-socket.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

/** Nothing listens there: every exchange is unreachable. */
const NO_EXCHANGES = "http://127.0.0.1:9";

/** Watched closely, so that several pings come within a moment: one each second. */
const WATCHDOG_USEC = "3000000";

/** Collects the service's messages to its manager. */
class Manager {
  readonly lines: string[] = [];
  readonly #socket: ManagerSocket;

  constructor(socket: ManagerSocket) {
    this.#socket = socket;
  }

  /** Waits until a line starts with `start`, and returns the newest one. */
  async line(start: string): Promise<string> {
    const found = (): string | undefined => {
      this.lines.push(...this.#socket.received());
      return this.lines.findLast((line) => line.startsWith(start));
    };
    await until(
      () => found() !== undefined,
      () => `received ${this.lines}`,
    );
    return found() ?? "";
  }
}

// They mostly wait, each for its own services: they wait at the same time.
describe.concurrent("a service under a service manager", () => {
  test(
    "reports when it listens, what it is doing, that it is alive, and that it is stopping",
    async () => {
      using database = temporaryDatabasePath();
      const name = `${database.path}.notify`;
      using socket = openManagerSocket(name);
      const manager = new Manager(socket);
      await using service = await startService({
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: NO_EXCHANGES,
        EXCHANGES: "okx,kraken",
        NOTIFY_SOCKET: name,
        WATCHDOG_USEC,
      });
      expect(await manager.line("READY=")).toBe("READY=1");
      expect((await fetch(`${service.origin}/livez`)).status).toBe(200);
      expect(await manager.line("STATUS=collecting")).toBe(
        "STATUS=collecting 2 exchanges, epoch 1",
      );
      const pings = (): number => manager.lines.filter((line) => line === "WATCHDOG=1").length;
      await until(async () => {
        await manager.line("WATCHDOG=1");
        return pings() >= 3;
      });
      expect(manager.lines).not.toContain("STOPPING=1");
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      expect(await manager.line("STOPPING=")).toBe("STOPPING=1");
      expect(manager.lines.filter((line) => line === "READY=1")).toHaveLength(1);
    },
    LONG_MS,
  );

  test(
    "that waits for the right to collect is alive, and reports what it waits for",
    async () => {
      using database = temporaryDatabasePath();
      const settings = {
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: NO_EXCHANGES,
        EXCHANGES: "okx",
      };
      await using collecting = await startService(settings);
      await until(() => collecting.log().includes('"event":"collecting"'));
      const name = `@${database.path}.notify`;
      using socket = openManagerSocket(name);
      const manager = new Manager(socket);
      await using waiting = await startService({ ...settings, NOTIFY_SOCKET: name, WATCHDOG_USEC });
      const lock = `${database.path}.collector-lock`;
      expect(await manager.line("STATUS=waiting")).toMatch(
        new RegExp(`^STATUS=waiting for ${lock} since \\S+Z; last heartbeat of its holder: \\S+Z$`),
      );
      const standby = waiting
        .log()
        .split("\n")
        .find((line) => line.includes('"event":"standby"'));
      expect(JSON.parse(standby ?? "{}")).toMatchObject({ lock, waiting_seconds: 0 });
      manager.lines.length = 0;
      expect(await manager.line("WATCHDOG=")).toBe("WATCHDOG=1");
      collecting.kill("SIGKILL");
      expect(await manager.line("STATUS=collecting")).toBe(
        "STATUS=collecting 1 exchanges, epoch 2",
      );
    },
    LONG_MS,
  );
});
