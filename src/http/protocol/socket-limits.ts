import { dlopen } from "bun:ffi";
import { readdirSync } from "node:fs";
import { errorText, type Log } from "../../lib/log.ts";

/**
 * With so much unsent the kernel takes no more of a connection; what is on the way does not count. Left alone it takes
 * megabytes, hence most answers whole, whether or not they are read: nobody could count them, and a slow reader would
 * give no sign of life for longer than the 10 s that a stalled one is given. A bound of the send buffer would also do
 * that, and would slow down those who read fast: it counts what is on the way.
 */
const UNSENT_BYTES = 128 * 1024;

/**
 * What was sent and not taken for so long ends the connection, also one that the service has closed before: what waits
 * there would be kept for minutes. Longer than the service's own rules: 10 s for answers, 30 to 35 s for streams.
 */
const UNTAKEN_AFTER_MS = 40_000;

/** Linux numbers of setsockopt(2), socket(7) and tcp(7), as on every machine that Bun runs on. */
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_USER_TIMEOUT = 18;
const TCP_NOTSENT_LOWAT = 25;

/** The largest that an option can be: no bound. */
const UNBOUNDED = 0x7f_ff_ff_ff;

/** sockaddr_in and sockaddr_in6 both have the port in their third and fourth byte, high byte first. */
const PORT_AT_BYTE = 2;
const ADDRESS_BYTES = 128;

type Library = ReturnType<typeof openLibrary>;

/**
 * Bounds what the kernel holds for a connection to `port` of this process, and for how long, by options of the listening
 * socket that those it accepts inherit. It is looked for, as the runtime does not name it. One warning where that cannot
 * be done: without Linux and glibc, or where nothing listens on a TCP port.
 */
export function limitSockets(port: number | undefined, log: Log): void {
  try {
    const library = openLibrary();
    const sockets = socketsOn(library, port).filter((socket) => listens(library, socket));
    if (sockets.length === 0) throw new Error(`no socket of this process listens on ${port}`);
    for (const socket of sockets) {
      setOption(library, socket, IPPROTO_TCP, TCP_USER_TIMEOUT, UNTAKEN_AFTER_MS);
      setOption(library, socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
    }
  } catch (error) {
    log.warn("socket_limits_not_set", { reason: errorText(error) });
  }
}

/**
 * Lifts the bound, as far as the system lets a program, so that the kernel takes what is left of answers that are over
 * at the next turn of the event loop. One warning where that cannot be done.
 */
export function makeRoomInSockets(port: number | undefined, log: Log): void {
  try {
    const library = openLibrary();
    const sockets = socketsOn(library, port);
    for (const socket of sockets)
      setOption(library, socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNBOUNDED);
    const largestBytes = largestSendBuffer(library, sockets);
    for (const socket of sockets) {
      // The kernel lets it grow further than a program may ask for: none is made smaller.
      const bytes = option(library, socket, SOL_SOCKET, SO_SNDBUF) ?? largestBytes;
      if (bytes < largestBytes) setOption(library, socket, SOL_SOCKET, SO_SNDBUF, largestBytes);
    }
  } catch (error) {
    log.warn("sockets_without_room", { reason: errorText(error) });
  }
}

/** What the system makes of the largest wish: /proc does not say it in every container. */
function largestSendBuffer(library: Library, sockets: readonly number[]): number {
  const listening = sockets.find((socket) => listens(library, socket));
  if (listening === undefined) return 0;
  setOption(library, listening, SOL_SOCKET, SO_SNDBUF, UNBOUNDED);
  return option(library, listening, SOL_SOCKET, SO_SNDBUF) ?? 0;
}

function openLibrary() {
  return dlopen("libc.so.6", {
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  }).symbols;
}

/** The TCP sockets of this process whose own port is `port`: the listening one and those that it has accepted. */
function socketsOn(library: Library, port: number | undefined): number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((descriptor) => portOf(library, descriptor) === port);
}

/** Null where it is no TCP socket. */
function portOf(library: Library, descriptor: number): number | null {
  if (option(library, descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT) === null) return null;
  const address = new Uint8Array(ADDRESS_BYTES);
  const addressBytes = new Uint32Array([ADDRESS_BYTES]);
  if (library.getsockname(descriptor, address, addressBytes) !== 0) return null;
  return new DataView(address.buffer).getUint16(PORT_AT_BYTE);
}

function listens(library: Library, socket: number): boolean {
  return option(library, socket, SOL_SOCKET, SO_ACCEPTCONN) === 1;
}

/** Null where the socket has no such option. */
function option(library: Library, socket: number, level: number, name: number): number | null {
  const value = new Int32Array(1);
  const valueBytes = new Uint32Array([value.byteLength]);
  return library.getsockopt(socket, level, name, value, valueBytes) === 0 ? (value[0] ?? 0) : null;
}

function setOption(
  library: Library,
  socket: number,
  level: number,
  name: number,
  value: number,
): void {
  const given = new Int32Array([value]);
  if (library.setsockopt(socket, level, name, given, given.byteLength) !== 0)
    throw new Error(`option ${name} of level ${level} is refused`);
}
