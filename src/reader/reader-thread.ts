/** The reader thread's entry point: answers questions about the past from the history file, which it never writes. */
import { historyFile } from "../db/history/file.ts";
import { BoardStore } from "../db/history/board-store.ts";
import { PairFrameReader } from "../db/history/pair-frame-repository.ts";
import { PastReader } from "../db/history/past-reader.ts";
import { SampleReader } from "../db/history/sample-reader.ts";
import { databaseFailure } from "../db/failure.ts";
import { openReadOnly } from "../db/open.ts";
import { systemClock } from "../lib/clock.ts";
import { GarbageMeter } from "../lib/garbage.ts";
import { errorText } from "../lib/log.ts";
import { answerTo, type Known } from "./answers.ts";
import {
  type Answer,
  type FromReader,
  type ReaderSettings,
  type ToReader,
  transferOf,
} from "./protocol.ts";
import { Turns } from "./turns.ts";

declare const self: Worker;

/** What an answer is made of is many times as large as the answer: a board of 12,000 rows is handed over as one megabyte. */
const COLLECT_EVERY_BYTES = 1024 * 1024;

const garbage = new GarbageMeter(COLLECT_EVERY_BYTES, () => Bun.gc(true));
const turns = new Turns<Answer>(() => systemClock.monotonicMs());
let settings: ReaderSettings = { databasePath: "", withHistory: [] };
let opened: { readonly close: () => void; readonly known: Known } | null = null;

/** Opened by the first question; and again by the next one after a failure, when the file may have been replaced. */
function knownPast(): Known {
  if (opened === null) {
    const db = openReadOnly(historyFile(settings.databasePath));
    const withHistory = new Set(settings.withHistory);
    const known = {
      past: new PastReader(db),
      samples: new SampleReader(db),
      boards: new BoardStore(db),
      frames: new PairFrameReader(db),
      withHistory,
    };
    opened = { close: () => db.close(), known };
  }
  return opened.known;
}

function post(message: FromReader, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, transfer);
}

function fail(id: number, error: unknown): void {
  const failure = databaseFailure(error);
  if (failure !== null && opened !== null) {
    opened.close();
    opened = null;
    // The others use the same connection.
    turns.fail(error);
  }
  const reason = failure === null ? errorText(error) : `${failure.words} (${failure.code})`;
  post({ type: "failed", id, isUnreadable: failure !== null, reason });
}

self.onmessage = (event: MessageEvent<ToReader>) => {
  const message = event.data;
  switch (message.type) {
    case "start":
      settings = message.settings;
      break;
    case "ask": {
      const { id, question } = message;
      const failed = (error: unknown): void => fail(id, error);
      try {
        const work = answerTo(knownPast(), question);
        const done = (answer: Answer): void => {
          const handedOver = transferOf(answer);
          const bytes = handedOver.reduce((sum, { byteLength }) => sum + byteLength, 0);
          post({ type: "answer", id, answer }, handedOver);
          garbage.add(bytes);
        };
        turns.start(id, { work, done, failed });
      } catch (error) {
        failed(error);
      }
      break;
    }
    case "cancel":
      turns.cancel(message.id);
      break;
  }
};
