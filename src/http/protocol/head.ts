import { yieldToEventLoop } from "../../lib/event-loop.ts";

/**
 * A HEAD response as it must be sent: the server would report an empty body as 0 bytes, which is not what GET has. If
 * the length is unknown it is omitted, as RFC 9110 9.3.2 allows.
 */
export async function headOf(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer;
  const isKnown = response.headers.has("content-length");
  return isKnown || response.status === 304 ? response : new Response(emptyStream(), response);
}

/** An empty body that the server cannot recognise as empty: it would if the stream ended at once. */
function emptyStream(): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      await yieldToEventLoop();
      controller.close();
    },
  });
}
