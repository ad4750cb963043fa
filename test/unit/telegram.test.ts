import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Messenger } from "../../src/gateways/messenger.ts";
import { createOutbound } from "../../src/gateways/outbound.ts";
import {
  createTelegram,
  escapeHtml,
  MAX_MESSAGE_CHARS,
  splitMessage,
  type PostJson,
} from "../../src/gateways/telegram.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { Secret } from "../../src/lib/secret.ts";
import { startBotApi, type BotApi } from "../support/bot-api.ts";
import { ManualClock } from "../support/manual-clock.ts";

const TOKEN = "123456:an-AAA-secret_token";
const CHAT = "-10042";

let api: BotApi;
let clock: ManualClock;

beforeEach(() => {
  api = startBotApi({ token: TOKEN, chatId: CHAT });
  clock = new ManualClock();
});

afterEach(() => api.stop());

function telegram(over: { post?: PostJson; token?: string; chatId?: string } = {}): Messenger {
  return createTelegram({
    post: over.post ?? createOutbound({ clock, random: () => 0.5, userAgent: "test" }).post,
    botToken: new Secret(over.token ?? TOKEN),
    chatId: over.chatId ?? CHAT,
    apiOrigin: api.origin,
  });
}

describe("a message", () => {
  test("arrives in the chat as it was written, including markup characters", async () => {
    const text = 'okx: <b>no</b> fresh data & "more" — 15 min 🧊\nsecond line &amp; &lt;';
    expect(await telegram().send(text)).toEqual({ kind: "sent" });
    expect(api.messages).toEqual([{ chatId: CHAT, text }]);
  });

  test("longer than Telegram's limit is sent as several, in order, nothing lost", async () => {
    const lines = Array.from({ length: 700 }, (_, index) => `line ${index} <&>`);
    expect(await telegram().send(lines.join("\n"))).toEqual({ kind: "sent" });
    expect(api.messages.length).toBeGreaterThan(1);
    expect(api.messages.flatMap((message) => message.text.split("\n"))).toEqual(lines);
  });

  test("without text is permanently refused and not sent", async () => {
    expect(await telegram().send(" \n ")).toMatchObject({ kind: "failed", retryable: false });
    expect(api.calls).toBe(0);
  });

  test("disables link previews and names the chat", async () => {
    const bodies: unknown[] = [];
    const post: PostJson = (_url, body) => {
      bodies.push(body);
      return Promise.resolve({ status: 200, body: { ok: true }, retryAfterMs: null });
    };
    await telegram({ post }).send("a < b");
    expect(bodies).toEqual([
      {
        chat_id: CHAT,
        text: "a &lt; b",
        parse_mode: "HTML",
        link_preview_options: { is_disabled: true },
      },
    ]);
  });
});

describe("refusals", () => {
  test("429 waits as long as parameters.retry_after states, not the header", async () => {
    api.answerNext({
      status: 429,
      body: {
        ok: false,
        error_code: 429,
        description: "Too Many Requests",
        parameters: { retry_after: 17 },
      },
      headers: { "retry-after": "3" },
    });
    expect(await telegram().send("x")).toMatchObject({ kind: "retry_after", waitMs: 17_000 });
    expect(api.calls).toBe(1);
  });

  test.each([
    [{ "retry-after": "3" }, 3_000],
    [{}, 60_000],
    [{ "retry-after": "9999999" }, 900_000],
  ])(
    "429 without parameters waits by the header %j, otherwise a minute, at most a quarter of an hour",
    async (headers, waitMs) => {
      api.answerNext({ status: 429, body: "slow down", headers });
      expect(await telegram().send("x")).toMatchObject({ kind: "retry_after", waitMs });
    },
  );

  test.each([
    [900, 900_000],
    [86_400, 900_000],
    [1e300, 900_000],
  ])(
    "a retry_after of %d s is honoured for a quarter of an hour at most",
    async (seconds, waitMs) => {
      const body = { ok: false, description: "flood", parameters: { retry_after: seconds } };
      api.answerNext({ status: 429, body });
      expect(await telegram().send("x")).toMatchObject({ kind: "retry_after", waitMs });
    },
  );

  test("an unknown chat and a wrong token are permanently refused, with Telegram's reason", async () => {
    expect(await telegram({ chatId: "1" }).send("x")).toEqual({
      kind: "failed",
      retryable: false,
      reason: "HTTP 400: Bad Request: chat not found",
    });
    expect(await telegram({ token: "1:x" }).send("x")).toEqual({
      kind: "failed",
      retryable: false,
      reason: "HTTP 401: Unauthorized",
    });
  });

  test("a group that became a supergroup reports its new id", async () => {
    api.answerNext({
      status: 400,
      body: {
        ok: false,
        description: "Bad Request: group chat was upgraded to a supergroup chat",
        parameters: { migrate_to_chat_id: -100987 },
      },
    });
    expect(await telegram().send("x")).toEqual({
      kind: "failed",
      retryable: false,
      reason: "the chat moved: set TELEGRAM_CHAT_ID to -100987",
    });
  });

  test.each([500, 502, 503, 408])("%d is retried", async (status) => {
    api.answerNext({ status, body: "<html>oops</html>" });
    expect(await telegram().send("x")).toMatchObject({ kind: "failed", retryable: true });
  });

  test.each([
    ["a page that is not from the Bot API", "<html>log in to the hotel's network</html>"],
    ["a negative answer", { ok: false }],
    ["a list", []],
  ])("200 with %s does not count as sent", async (_name, body) => {
    api.answerNext({ status: 200, body });
    expect(await telegram().send("x")).toMatchObject({ kind: "failed", retryable: true });
  });

  test("time-outs and unreachable servers are retried", async () => {
    api.answerNext("hang");
    const hanging = telegram().send("x");
    while (api.calls === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    const hung = await hanging;
    expect(hung).toMatchObject({ kind: "failed", retryable: true });
    expect(JSON.stringify(hung)).toContain("timeout");
    await api.stop();
    const gone = await telegram().send("x");
    expect(gone).toMatchObject({ kind: "failed", retryable: true });
    expect(JSON.stringify(gone)).toContain("network");
  });

  test("a RequestFailure with a status is treated like an answer with it", async () => {
    const failing = (failure: Error): Messenger =>
      telegram({ post: () => Promise.reject(failure) });
    const limited = new RequestFailure("rate_limited", "HTTP 429", {
      status: 429,
      retryAfterMs: 9_000,
    });
    expect(await failing(limited).send("x")).toMatchObject({ kind: "retry_after", waitMs: 9_000 });
    const forbidden = new RequestFailure("http", "HTTP 403", { status: 403 });
    expect(await failing(forbidden).send("x")).toMatchObject({ kind: "failed", retryable: false });
  });
});

describe("the token", () => {
  const secretHalf = TOKEN.split(":")[1] ?? TOKEN;

  test("is in no result, whatever the server or a raw error contains", async () => {
    const echoes = [`/bot${TOKEN}/sendMessage`, `token ${secretHalf} is bad`, `a\nb\u0000${TOKEN}`];
    for (const description of echoes) {
      api.answerNext({ status: 404, body: { ok: false, description } });
      expect(JSON.stringify(await telegram().send("x"))).not.toContain(secretHalf);
    }
    const raw = new TypeError(`fetch failed: ${api.origin}/bot${TOKEN}/sendMessage`);
    const post: PostJson = () => Promise.reject(raw);
    expect(await telegram({ post }).send("x")).toEqual({
      kind: "failed",
      retryable: true,
      reason: "sending failed unexpectedly",
    });
    await api.stop();
    expect(JSON.stringify(await telegram().send("x"))).not.toContain(secretHalf);
  });

  test("is not printed with the messenger", () => {
    expect(Bun.inspect(telegram()) + JSON.stringify(telegram())).not.toContain(secretHalf);
  });
});

describe("splitting", () => {
  /** Text full of what is hard to split: pairs, line ends, blanks, markup, lone surrogates. */
  const tricky = fc.string({
    unit: fc.oneof(
      fc.constantFrom("🧊", "👩‍👩‍👧", "\n", " ", "<", "&", "é", "\ud800", "a", "bcd"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 200,
  });

  test("loses nothing but blanks at the cuts, and no part is blank, too long or cut within a character", () => {
    fc.assert(
      fc.property(tricky, fc.integer({ min: 2, max: 40 }), (text, limit) => {
        const parts = splitMessage(text, limit);
        const bare = (value: string): string => value.replaceAll(/\s/g, "");
        expect(bare(parts.join(""))).toBe(bare(text.toWellFormed()));
        for (const part of parts) {
          expect(part.trim()).not.toBe("");
          expect(part.length).toBeLessThanOrEqual(limit);
          expect(part.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("escaped parts decode to what was split, so no entity was cut", () => {
    fc.assert(
      fc.property(tricky, (text) => {
        const decoded = splitMessage(text, 10).map((part) =>
          escapeHtml(part).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
        );
        expect(decoded).toEqual([...splitMessage(text, 10)]);
        expect(escapeHtml(text)).not.toMatch(/[<>]|&(?!(lt|gt|amp);)/);
      }),
    );
  });

  test("prefers line ends, then blanks", () => {
    expect(splitMessage("aaa bbb\nccc ddd", 12)).toEqual(["aaa bbb", "ccc ddd"]);
    expect(splitMessage("aaa bbb ccc", 8)).toEqual(["aaa bbb", "ccc"]);
    expect(splitMessage("aaaaaaaa", 3)).toEqual(["aaa", "aaa", "aa"]);
    expect(splitMessage("a🧊🧊", 2)).toEqual(["a", "🧊", "🧊"]);
  });

  test("sends a message of exactly the limit whole", () => {
    expect(splitMessage("x".repeat(MAX_MESSAGE_CHARS))).toHaveLength(1);
    expect(splitMessage("x".repeat(MAX_MESSAGE_CHARS + 1))).toHaveLength(2);
  });
});
