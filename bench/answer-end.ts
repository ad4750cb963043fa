/** Finds the end of an answer, for clients that cost less than a server and read no more of it than necessary. */

export const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");

/** Takes the body as it arrives; true once it is complete. Nothing follows it before the next request. */
export type AnswerEnd = (part: Buffer) => boolean;

/** Throws for an unexpected response: a refusal must not count as served. */
export function endOf(head: string): AnswerEnd {
  const status = head.slice(9, 12);
  if (status === "304") return () => true;
  if (status !== "200") throw new Error(`answered ${status}`);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    let left = Number(length);
    return (part) => (left -= part.byteLength) <= 0;
  }
  let tail = Buffer.alloc(0);
  return (part) => {
    tail = Buffer.concat([tail, part.subarray(-LAST_CHUNK.length)]).subarray(-LAST_CHUNK.length);
    return tail.equals(LAST_CHUNK);
  };
}
