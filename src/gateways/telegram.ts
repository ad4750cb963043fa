import { z } from "zod";
import { RequestFailure } from "../lib/request-failure.ts";
import type { Secret } from "../lib/secret.ts";
import type { Messenger, SendResult } from "./messenger.ts";

/**
 * Sends one JSON POST and returns whatever status it got; `body` is the parsed response, or its text if it is
 * not JSON. Throws RequestFailure (time-out, no connection, …), whose message never contains the URL.
 */
export type PostJson = (
  url: string,
  body: unknown,
) => Promise<{
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number | null;
}>;

export interface TelegramDeps {
  readonly post: PostJson;
  readonly botToken: Secret;
  readonly chatId: string;
  /** Origin of the Bot API, without a trailing slash. */
  readonly apiOrigin: string;
}

/** "1-4096 characters after entities parsing": core.telegram.org/bots/api#sendmessage. */
export const MAX_MESSAGE_CHARS = 4_096;

/** Used when Telegram says "too many requests" without a duration: its limit for one group is per minute. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

/**
 * Telegram's waits for a chat are seconds to minutes; an hour or a day is a mistake or caused by someone else's flood,
 * and a retry every 15 minutes prolongs neither. An alert that waits longer is of no use.
 */
const MAX_RETRY_AFTER_MS = 15 * 60_000;

/** Fits every description in the Bot API and a log line. */
const MAX_REASON_CHARS = 200;

/** Temporary statuses below 500: they say nothing about the message itself. */
const PASSING_STATUSES: readonly number[] = [408, 425];

const ReplySchema = z.object({
  ok: z.boolean(),
  description: z.string().optional().catch(undefined),
  parameters: z
    .object({
      retry_after: z.number().nonnegative().optional().catch(undefined),
      migrate_to_chat_id: z.number().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

type Reply = z.output<typeof ReplySchema>;

/** Sends messages to one chat as a Telegram bot. */
export function createTelegram(deps: TelegramDeps): Messenger {
  return {
    destination: `telegram:${deps.chatId}`,
    async send(text) {
      const parts = splitMessage(text);
      if (parts.length === 0) return failed(false, "the message is empty");
      for (const part of parts) {
        const result = await sendPart(deps, part);
        if (result.kind !== "sent") return result;
      }
      return { kind: "sent" };
    },
  };
}

async function sendPart(deps: TelegramDeps, part: string): Promise<SendResult> {
  const url = `${deps.apiOrigin}/bot${deps.botToken.reveal()}/sendMessage`;
  try {
    const answer = await deps.post(url, {
      chat_id: deps.chatId,
      text: escapeHtml(part),
      parse_mode: "HTML",
      link_preview_options: { is_disabled: true },
    });
    const reply = ReplySchema.safeParse(answer.body);
    return resultOf(answer.status, reply.data ?? null, answer.retryAfterMs, deps.botToken);
  } catch (error) {
    // Any error but our own type may contain the URL with the token, so it is not quoted.
    if (!(error instanceof RequestFailure)) return failed(true, "sending failed unexpectedly");
    if (error.status !== null) {
      return resultOf(error.status, null, error.retryAfterMs, deps.botToken);
    }
    return failed(true, safeReason(`${error.kind}: ${error.message}`, deps.botToken));
  }
}

/** Interprets the response: core.telegram.org/bots/api#making-requests, #responseparameters. */
function resultOf(
  status: number,
  reply: Reply | null,
  headerRetryMs: number | null,
  token: Secret,
): SendResult {
  if (reply?.ok === true && status >= 200 && status < 300) return { kind: "sent" };
  const description =
    reply?.description ?? (reply === null ? "not a response of the Bot API" : "no reason given");
  const reason = safeReason(`HTTP ${status}: ${description}`, token);
  const retrySeconds = reply?.parameters?.retry_after;
  if (status === 429 || retrySeconds !== undefined) {
    const waitMs = retrySeconds === undefined ? headerRetryMs : retrySeconds * 1000;
    return {
      kind: "retry_after",
      waitMs: Math.min(waitMs ?? DEFAULT_RETRY_AFTER_MS, MAX_RETRY_AFTER_MS),
      reason,
    };
  }
  const movedTo = reply?.parameters?.migrate_to_chat_id;
  if (movedTo !== undefined)
    return failed(false, `the chat moved: set TELEGRAM_CHAT_ID to ${movedTo}`);
  const permanent = status >= 400 && status < 500 && !PASSING_STATUSES.includes(status);
  return failed(!permanent, reason);
}

function failed(retryable: boolean, reason: string): SendResult {
  return { kind: "failed", retryable, reason };
}

/** One short line without the token or its secret half (after the bot's id), whatever the remote text contains. */
function safeReason(text: string, token: Secret): string {
  const secretPart = token.reveal().split(":").at(-1) || token.reveal();
  return text
    .replaceAll(token.reveal(), token.toString())
    .replaceAll(secretPart, token.toString())
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .slice(0, MAX_REASON_CHARS)
    .toWellFormed();
}

/** Plain text as Telegram's HTML: "All <, > and & symbols … must be replaced" (#html-style). */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * Splits plain text into messages of at most `limit` UTF-16 units: at the last line break that fits, else at the
 * last space, else inside a word, but never inside a surrogate pair. Split before escaping, so that no entity is
 * broken. Blank parts, which Telegram rejects, are dropped.
 */
export function splitMessage(text: string, limit: number = MAX_MESSAGE_CHARS): readonly string[] {
  const parts: string[] = [];
  let rest = text.toWellFormed();
  while (rest.length > 0) {
    const cut = rest.length <= limit ? rest.length : cutBefore(rest, limit);
    const part = rest.slice(0, cut).trim();
    if (part !== "") parts.push(part);
    rest = rest.slice(cut);
  }
  return parts;
}

/** Length of the first part of `text`, which is longer than `limit`: 1 to `limit` units. */
function cutBefore(text: string, limit: number): number {
  for (const separator of ["\n", " "]) {
    // The separator stays at the end of the part and is trimmed there.
    const at = text.lastIndexOf(separator, limit - 1);
    if (at > 0 && text.slice(0, at).trim() !== "") return at + 1;
  }
  const splitsPair = (text.codePointAt(limit - 1) ?? 0) > 0xffff;
  return splitsPair && limit > 1 ? limit - 1 : limit;
}
