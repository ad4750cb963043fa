import { yieldToEventLoop } from "../../lib/event-loop.ts";

/**
 * The answer to HEAD as it must be sent: the server says that no body has 0 bytes, which is not what GET would send.
 * Where the length is not known it is left out, as RFC 9110 9.3.2 allows.
 */
export async function headOf(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer;
  const isKnown = response.headers.has("content-length");
  return isKnown || response.status === 304 ? response : new Response(emptyStream(), response);
}

/** A body of which the server does not know that it is empty: it would see that of one that ends at once. */
function emptyStream(): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      await yieldToEventLoop();
      controller.close();
    },
  });
}
