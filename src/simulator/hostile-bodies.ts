import { gzipSync } from "node:zlib";

/** Bodies meant to fill a reader's memory. All are sent in chunks, so that they cost the simulator nothing. */

const MB = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** Well over every reader's limit. */
const HUGE_BYTES = 64 * MB;
const SPACES = new Uint8Array(CHUNK_BYTES).fill(0x20);

/** Each opening bracket costs a parser some 80 bytes. */
const DEEP_BYTES = 10 * MB;
const BRACKETS = new Uint8Array(CHUNK_BYTES).fill("[".charCodeAt(0));

/** A gigabyte: the same compressed megabyte of a list of zeros, repeated. */
const BOMB_MEMBERS = 1_024;
let bombMember: Uint8Array<ArrayBuffer> | null = null;

/** 64 MB of spaces. */
export function hugeBody(): ReadableStream<Uint8Array> {
  return repeated(SPACES, HUGE_BYTES / CHUNK_BYTES);
}

/** 10 MB of opening brackets. */
export function deepJson(): ReadableStream<Uint8Array> {
  return repeated(BRACKETS, DEEP_BYTES / CHUNK_BYTES);
}

/** Five megabytes of gzip that inflate to a gigabyte of JSON. */
export function gzipBomb(): ReadableStream<Uint8Array> {
  bombMember ??= gzipSync("[0],".repeat(MB / 4));
  return repeated(bombMember, BOMB_MEMBERS);
}

function repeated(chunk: Uint8Array, times: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk);
      sent += 1;
      if (sent >= times) controller.close();
    },
  });
}
