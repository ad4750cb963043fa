/** A message as its reader sees it: entities decoded. */
export interface BotMessage {
  readonly chatId: string;
  readonly text: string;
}

export interface BotApi {
  /** Origin to use as TELEGRAM_API_ORIGIN. */
  readonly origin: string;
  readonly messages: readonly BotMessage[];
  /** Every call of sendMessage, including refused ones. */
  readonly calls: number;
  /** The next calls get these answers instead, one each. `hang` never answers. */
  answerNext(...answers: ScriptedAnswer[]): void;
  stop(): Promise<void>;
}

export type ScriptedAnswer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | "hang"
  | "drop_after_sending";

const DECODED: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
};

/**
 * The Telegram Bot API's sendMessage over real HTTP on loopback, as strict as the documentation:
 * core.telegram.org/bots/api. Not covered: entities other than the four that plain text needs.
 */
export function startBotApi(bot: { readonly token: string; readonly chatId: string }): BotApi {
  const messages: BotMessage[] = [];
  const script: ScriptedAnswer[] = [];
  let calls = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const match = /^\/bot([^/]+)\/sendMessage$/.exec(pathname);
      if (request.method !== "POST" || match === null) return refuse(404, "Not Found");
      calls += 1;
      const scripted = script.shift();
      if (scripted === "hang") return await new Promise<Response>(() => {});
      if (scripted !== undefined && scripted !== "drop_after_sending") {
        const { status, body, headers = {} } = scripted;
        return typeof body === "string"
          ? new Response(body, { status, headers })
          : Response.json(body, { status, headers });
      }
      if (match[1] !== bot.token) return refuse(401, "Unauthorized");
      const accepted = accept(await request.json(), bot.chatId);
      if ("refusal" in accepted) return refuse(400, `Bad Request: ${accepted.refusal}`);
      messages.push(accepted);
      if (scripted === "drop_after_sending") return refuse(502, "Bad Gateway");
      return Response.json({ ok: true, result: { message_id: messages.length, date: 0 } });
    },
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    messages,
    get calls() {
      return calls;
    },
    answerNext: (...answers) => void script.push(...answers),
    stop: () => server.stop(true),
  };
}

function refuse(status: number, description: string): Response {
  return Response.json({ ok: false, error_code: status, description }, { status });
}

function accept(body: unknown, chatId: string): BotMessage | { readonly refusal: string } {
  if (typeof body !== "object" || body === null) return { refusal: "object expected as body" };
  const fields: Record<string, unknown> = { ...body };
  if (String(fields["chat_id"]) !== chatId) return { refusal: "chat not found" };
  if (fields["parse_mode"] !== "HTML") return { refusal: "the stand-in reads HTML only" };
  const html = typeof fields["text"] === "string" ? fields["text"] : "";
  if (html.includes("<") || html.replaceAll(/&(lt|gt|amp|quot);/g, "").includes("&")) {
    return { refusal: "can't parse entities" };
  }
  if (!html.isWellFormed()) return { refusal: "strings must be encoded in UTF-8" };
  const text = html.replaceAll(/&(lt|gt|amp|quot);/g, (entity) => DECODED[entity] ?? entity);
  if (text.trim() === "") return { refusal: "message text is empty" };
  if (text.length > 4_096) return { refusal: "message is too long" };
  return { chatId, text };
}
