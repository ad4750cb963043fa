import { comparePairs, makePairFrame, type PairFrame } from "../../../domain/pair-frame.ts";
import { ByteReader, ByteWriter, MalformedBytes } from "./bytes.ts";

const DELTAS = 0;
const KEY_FRAME = 1;

/** Three times the most that the collector follows in the largest known market. */
const MAX_PAIRS = 1_000_000;

/**
 * A frame as the body of a blob: without the frame before it (null) a key frame, else which pairs of that are gone,
 * which are new, and the yields of all.
 */
export function pairFrameBody(frame: PairFrame, before: PairFrame | null): Uint8Array {
  const out = new ByteWriter();
  out.varint(frame.at);
  out.byte(before === null ? KEY_FRAME : DELTAS);
  const known = before ?? makePairFrame(0, 0);
  const gone: number[] = [];
  const added: number[] = [];
  const changes: number[] = [];
  let at = 0;
  for (let index = 0; index < frame.steps.length; index += 1) {
    let order = 1;
    while (at < known.steps.length && (order = comparePairs(known, at, frame, index)) < 0) {
      gone.push(at);
      at += 1;
    }
    const isSame = order === 0 && known.firstSeen[at] === frame.firstSeen[index];
    if (isSame) changes.push((frame.steps[index] ?? 0) - (known.steps[at] ?? 0));
    else added.push(index);
    if (order !== 0 || at >= known.steps.length) continue;
    if (!isSame) gone.push(at);
    at += 1;
  }
  for (; at < known.steps.length; at += 1) gone.push(at);
  out.ascending(gone);
  for (const change of changes) out.signed(change);
  writePairs(out, frame, added);
  return out.written();
}

/** New pairs: the distances of their ids, their ages in seconds, their yields. */
function writePairs(out: ByteWriter, frame: PairFrame, indexes: readonly number[]): void {
  out.varint(indexes.length);
  let [long, short] = [0, 0];
  for (const index of indexes) {
    const nextLong = frame.longIds[index] ?? 0;
    const nextShort = frame.shortIds[index] ?? 0;
    if (nextLong !== long) short = 0;
    out.varint(nextLong - long);
    out.varint(nextShort - short);
    [long, short] = [nextLong, nextShort];
  }
  for (const index of indexes) out.signed(frame.at - (frame.firstSeen[index] ?? 0));
  for (const index of indexes) out.byte(frame.steps[index] ?? 0);
}

/** The inverse of `pairFrameBody`, given the frame before. Throws MalformedBytes if that is missing. */
export function pairFrameOf(body: Uint8Array, before: PairFrame | null): PairFrame {
  const from = new ByteReader(body);
  const frameAt = from.varint();
  const isKey = from.byte() === KEY_FRAME;
  if (!isKey && before === null) throw new MalformedBytes("the frame before it is missing");
  const known = isKey || before === null ? makePairFrame(0, 0) : before;
  const kept = readKept(from, known);
  const added = readPairs(from, frameAt);
  return merged(frameAt, kept, added);
}

/** Whether a body needs no other one to be read. */
export function isKeyPairFrame(body: Uint8Array): boolean {
  const from = new ByteReader(body);
  from.varint();
  return from.byte() === KEY_FRAME;
}

function readKept(from: ByteReader, known: PairFrame): PairFrame {
  const gone = from.ascending();
  const last = gone.at(-1);
  if (last !== undefined && last >= known.steps.length)
    throw new MalformedBytes("a pair that is gone was not there");
  const kept = makePairFrame(known.at, known.steps.length - gone.length);
  let [next, at] = [0, 0];
  for (let index = 0; index < known.steps.length; index += 1) {
    if (gone[next] === index) {
      next += 1;
      continue;
    }
    copyPair(known, index, kept, at);
    kept.steps[at] = (known.steps[index] ?? 0) + from.signed();
    at += 1;
  }
  return kept;
}

function readPairs(from: ByteReader, frameAt: number): PairFrame {
  const count = from.count(MAX_PAIRS);
  const pairs = makePairFrame(frameAt, count);
  let [long, short] = [0, 0];
  for (let index = 0; index < count; index += 1) {
    const step = from.varint();
    if (step > 0) short = 0;
    long += step;
    short += from.varint();
    pairs.longIds[index] = long;
    pairs.shortIds[index] = short;
  }
  for (let index = 0; index < count; index += 1) pairs.firstSeen[index] = frameAt - from.signed();
  for (let index = 0; index < count; index += 1) pairs.steps[index] = from.byte();
  return pairs;
}

function merged(frameAt: number, left: PairFrame, right: PairFrame): PairFrame {
  const frame = makePairFrame(frameAt, left.steps.length + right.steps.length);
  let [one, other] = [0, 0];
  for (let at = 0; at < frame.steps.length; at += 1) {
    const takesLeft =
      other >= right.steps.length ||
      (one < left.steps.length && comparePairs(left, one, right, other) < 0);
    if (takesLeft) copyPair(left, one++, frame, at);
    else copyPair(right, other++, frame, at);
  }
  return frame;
}

function copyPair(from: PairFrame, index: number, to: PairFrame, at: number): void {
  to.longIds[at] = from.longIds[index] ?? 0;
  to.shortIds[at] = from.shortIds[index] ?? 0;
  to.firstSeen[at] = from.firstSeen[index] ?? 0;
  to.steps[at] = from.steps[index] ?? 0;
}
