import { expect, test } from "bun:test";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { startBotApi } from "../support/bot-api.ts";
import { makeOldDatabase, oldMessage, type OldMessage, rowsOf } from "../support/old-database.ts";
import { PART } from "../support/part-of-market.ts";
import { LONG_MS } from "../support/patience.ts";
import { healthAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";

const EXCHANGES = ["okx", "kraken", "bybit", "gate"] as const;
const BOT = { token: "987654:TOKEN", chatId: "42" };
const DAY_MS = 86_400_000;

test(
  "a service on a database of the previous version sends the messages queued there, once, and repeats nothing",
  async () => {
    using database = temporaryDatabasePath();
    const nowMs = Date.now();
    const waiting = { key: "collector", created_at: nowMs - 1_000, not_before: nowMs - 1_000 };
    makeOldDatabase(
      database.path,
      [
        oldMessage(1, { ...waiting, text: "collector: sent", attempts: 1, sent_at: nowMs }),
        oldMessage(2, { ...waiting, text: "collector: of one chat", destination: null }),
        oldMessage(3, { ...waiting, text: "collector: for 42", attempts: 3, failure: "HTTP 502" }),
        oldMessage(4, { ...waiting, text: "collector: for 43", destination: "telegram:43" }),
      ],
      [
        { key: "exchange:okx", state: "geo_blocked", queued_at: nowMs - DAY_MS },
        { key: "exchange:kraken", state: "ok", queued_at: nowMs },
      ],
    );
    using stack = new DisposableStack();
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
      one.stop(),
    );
    const bot = stack.adopt(startBotApi(BOT), (one) => void one.stop());
    const settings = {
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      REFRESH_SECONDS: "2",
      TELEGRAM_BOT_TOKEN: BOT.token,
      TELEGRAM_CHAT_ID: BOT.chatId,
      TELEGRAM_API_ORIGIN: bot.origin,
    };
    const outbox = () => rowsOf<OldMessage>(accountsFile(database.path).path, "alert_outbox");
    const sent = () => outbox().filter(({ sent_at: at }) => at !== null);
    const sentTexts = () => bot.messages.map(({ text }) => text.replace(/,.*/s, ""));
    // Blocked as reported a day ago, and blocked within the time since the last message about it: neither is new.
    for (const id of ["okx", "kraken"] as const) simulator.market.setFault(id, { name: "http451" });
    const isBlocked = async (origin: string) => {
      const { exchanges } = await healthAt(origin);
      const blocked = exchanges.filter(({ status }) => status === "geo_blocked");
      return ["okx", "kraken"].every((id) => blocked.some(({ exchange }) => exchange === id));
    };
    {
      await using service = await startService(settings);
      await until(() => bot.messages.length >= 2, service.log);
      await until(() => isBlocked(service.origin), service.log);
      // The check that finds this one judges the others, too.
      simulator.market.setFault("bybit", { name: "http451" });
      await until(() => sent().length === 4, service.log);
      await until(
        async () => (await fetch(`${service.origin}/readyz`)).status === 200,
        service.log,
      );
      service.kill("SIGKILL");
      await service.exited;
    }
    const first = ["collector: of one chat", "collector: for 42", "bybit: geo-blocked"];
    expect(sentTexts()).toEqual(first);

    await using next = await startService(settings);
    await until(() => isBlocked(next.origin), next.log);
    simulator.market.setFault("gate", { name: "http451" });
    await until(() => sent().length === 5, next.log);
    expect(sentTexts()).toEqual([...first, "gate: geo-blocked"]);

    expect(outbox().map(({ id, key }) => [id, key])).toEqual([
      [1, "collector"],
      [2, "collector"],
      [3, "collector"],
      [4, "collector"],
      [5, "exchange:bybit"],
      [6, "exchange:gate"],
    ]);
    expect(sent().map(({ id }) => id)).toEqual([1, 2, 3, 5, 6]);
  },
  LONG_MS,
);
