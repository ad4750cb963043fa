import type { Decode, ExchangeHttp, Load, Reply, Source } from "../exchanges/exchange.ts";

/** The fastest level: on the payloads of exchanges, higher levels take more CPU and save nothing. */
const ZSTD_LEVEL = 1;

/** Per refresh; the largest exchange sends 2 MB, 0.3 MB compressed. */
const MAX_REFRESH_BYTES = 8 * 1024 * 1024;

/** Of all exchanges: 12,000 instruments take 2 to 3 MB, so this is enough for 50,000 and for texts being compressed. */
const MAX_TOTAL_BYTES = 24 * 1024 * 1024;

/** Counts the bytes of stored payloads, of all exchanges together, against a maximum. */
export class PayloadBudget {
  readonly #maxBytes: number;
  #keptBytes = 0;

  constructor(maxBytes: number = MAX_TOTAL_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Returns false, and takes nothing, if fewer bytes are left. */
  take(bytes: number): boolean {
    if (this.#keptBytes + bytes > this.#maxBytes) return false;
    this.#keptBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#keptBytes -= bytes;
  }
}

/** How one request ended: the received text, compressed (null if it was not stored), or what was thrown. */
type Ended = { readonly text: Promise<Uint8Array | null> } | { readonly thrown: unknown };

/** A payload requested in every cycle: its requests in the order of sending. */
interface Loaded {
  readonly kind: "loaded";
  readonly requests: (Ended | null)[];
  /** Null if it failed and the refresh continued without it. */
  receivedAtMs: number | null;
}

/** A payload that the source caches for longer than a cycle: stored by reference. */
interface Held {
  readonly kind: "held";
  readonly reply: Promise<unknown>;
}

/**
 * What one refresh received, so that the adapter can be run on it again: the same replies give the same rows. Texts are
 * compressed off this thread and parsed again only for an explanation. Replaying never sends a request.
 */
export class RecordedRefresh {
  readonly #budget: PayloadBudget;
  /** By name, in the order of the calls: a name may be requested twice. */
  readonly #replies = new Map<string, (Loaded | Held)[]>();
  #nowMs: number | null = null;
  #bytes = 0;
  #isComplete = true;
  #isReleased = false;

  constructor(budget: PayloadBudget) {
    this.#budget = budget;
  }

  /** False if a bound left texts out: the refresh cannot be replayed then. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether it was released. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** `source`, with all its replies recorded. */
  recording(source: Source): Source {
    return {
      nowMs: () => {
        const nowMs = source.nowMs();
        this.#nowMs ??= nowMs;
        return nowMs;
      },
      essential: (name, load) =>
        this.#load(name, load, (recorded) => source.essential(name, recorded)),
      instruments: (name, everyMs, load) =>
        this.#hold(name, source.instruments(name, everyMs, load)),
      intervals: (name, everyMs, load) => this.#hold(name, source.intervals(name, everyMs, load)),
      secondary: (name, load, everyMs = 0, carries) =>
        everyMs > 0
          ? this.#hold(name, source.secondary(name, load, everyMs, carries))
          : this.#load(name, load, (recorded) =>
              source.secondary(name, recorded, everyMs, carries),
            ),
      rotation: (name, keys, rotationMs, loadOne) =>
        this.#hold(name, source.rotation(name, keys, rotationMs, loadOne)),
      sweep: (name, keys, loadOne) => this.#hold(name, source.sweep(name, keys, loadOne)),
    };
  }

  /** A source that replies as the recorded one did, without a request. Its calls reject if a text was not stored. */
  replaying(): Source {
    const turns = new Map<string, number>();
    const next = (name: string): Loaded | Held => {
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      const reply = this.#replies.get(name)?.[turn];
      if (reply === undefined) throw new Error(`assertion failed: ${name} was not requested`);
      return reply;
    };
    const loaded = async <T>(name: string, load: Load<T>): Promise<Reply<T> | null> => {
      const reply = next(name);
      if (reply.kind === "held") return heldReply<Reply<T> | null>(reply);
      const { receivedAtMs, requests } = reply;
      if (receivedAtMs === null) return null;
      return { value: await load(replayedHttp(requests)), receivedAtMs };
    };
    const held = async <T>(name: string): Promise<T> => {
      const reply = next(name);
      if (reply.kind === "loaded") throw new Error(`assertion failed: ${name} is not held`);
      return heldReply<T>(reply);
    };
    return {
      nowMs: () => this.#nowMs ?? 0,
      essential: async (name, load) => {
        const reply = await loaded(name, load);
        if (reply === null) throw new Error(`assertion failed: ${name} had failed`);
        return reply;
      },
      instruments: (name) => held(name),
      intervals: (name) => held(name),
      secondary: loaded,
      rotation: (name) => held(name),
      sweep: (name) => held(name),
    };
  }

  /** Drops all payloads. Calling it again does nothing. */
  release(): void {
    this.#isReleased = true;
    this.#forget();
  }

  async #load<T, R extends Reply<T> | null>(
    name: string,
    load: Load<T>,
    ask: (recorded: Load<T>) => Promise<R>,
  ): Promise<R> {
    const loaded: Loaded = { kind: "loaded", requests: [], receivedAtMs: null };
    this.#note(name, loaded);
    const reply = await ask((http) => load(this.#recordedHttp(http, loaded.requests)));
    loaded.receivedAtMs = reply?.receivedAtMs ?? null;
    return reply;
  }

  #hold<T>(name: string, reply: Promise<T>): Promise<T> {
    this.#note(name, { kind: "held", reply });
    return reply;
  }

  #note(name: string, reply: Loaded | Held): void {
    if (this.#isReleased || !this.#isComplete) return;
    const known = this.#replies.get(name);
    if (known === undefined) this.#replies.set(name, [reply]);
    else known.push(reply);
  }

  #recordedHttp(http: ExchangeHttp, requests: Loaded["requests"]): ExchangeHttp {
    const recorded = async <T>(
      decode: Decode<T>,
      send: (noting: Decode<T>) => Promise<T>,
    ): Promise<T> => {
      const turn = requests.push(null) - 1;
      try {
        return await send((body, text) => {
          const value = decode(body);
          requests[turn] = { text: this.#keep(text) };
          return value;
        });
      } catch (error) {
        requests[turn] = { thrown: error };
        throw error;
      }
    };
    return {
      get: (path, decode, host) => recorded(decode, (noting) => http.get(path, noting, host)),
      postRead: (path, body, decode, host) =>
        recorded(decode, (noting) => http.postRead(path, body, noting, host)),
    };
  }

  /** Compresses a text on another thread. Null if a bound leaves no room for it. */
  async #keep(text: Uint8Array | undefined): Promise<Uint8Array | null> {
    if (text === undefined || !this.#take(text.byteLength)) return this.#leaveOut();
    const compressed = await Bun.zstdCompress(text, { level: ZSTD_LEVEL }).catch(() => null);
    // If it was dropped meanwhile, its bytes are given back already.
    if (compressed === null || this.#isReleased || !this.#isComplete) return this.#leaveOut();
    const savedBytes = text.byteLength - compressed.byteLength;
    this.#bytes -= savedBytes;
    this.#budget.giveBack(savedBytes);
    return compressed;
  }

  #take(bytes: number): boolean {
    if (this.#isReleased || !this.#isComplete) return false;
    if (this.#bytes + bytes > MAX_REFRESH_BYTES || !this.#budget.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  #leaveOut(): null {
    this.#isComplete = false;
    this.#forget();
    return null;
  }

  #forget(): void {
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
    this.#replies.clear();
  }
}

function replayedHttp(requests: Loaded["requests"]): ExchangeHttp {
  let turn = 0;
  const again = async <T>(decode: Decode<T>): Promise<T> => {
    const ended = requests[turn];
    turn += 1;
    if (ended === undefined || ended === null)
      throw new Error("assertion failed: another request than before");
    if ("thrown" in ended) throw ended.thrown;
    const text = await ended.text;
    if (text === null) throw new Error("assertion failed: a text that was not stored");
    return decode(JSON.parse(new TextDecoder().decode(await Bun.zstdDecompress(text))));
  };
  return {
    get: (_path, decode) => again(decode),
    postRead: (_path, _body, decode) => again(decode),
  };
}

/** Sound because an adapter requests one type by one name. */
function heldReply<T>({ reply }: Held): Promise<T> {
  return reply as Promise<T>;
}
