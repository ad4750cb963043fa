import { dlopen } from "bun:ffi";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const DONTWAIT = 0x40;
const MAX_BYTES = 4_096;

/** The socket of a service manager, as systemd opens one. */
export interface ManagerSocket {
  /** What has arrived since the last call: a line for each assignment. Does not wait. */
  received(): string[];
  [Symbol.dispose](): void;
}

/** Listens at a path, or at an abstract name that begins with "@". Throws if it cannot. */
export function openManagerSocket(name: string): ManagerSocket {
  const { symbols } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const address = Buffer.from(`\u0001\u0000${name.replace(/^@/, "\u0000")}`);
  const socket = symbols.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (symbols.bind(socket, address, address.length) !== 0) throw new Error(`cannot bind ${name}`);
  const buffer = Buffer.alloc(MAX_BYTES);
  const next = (): string | null => {
    const length = Number(symbols.recv(socket, buffer, buffer.length, DONTWAIT));
    return length < 0 ? null : buffer.toString("utf8", 0, length);
  };
  return {
    received() {
      const lines: string[] = [];
      for (let message = next(); message !== null; message = next()) {
        lines.push(...message.split("\n"));
      }
      return lines;
    },
    [Symbol.dispose]: () => void symbols.close(socket),
  };
}
