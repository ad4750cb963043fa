import { dlopen } from "bun:ffi";
import { errorText, type Log } from "../lib/log.ts";

/** Tells whoever runs this process as a service (systemd) how it is. */
export interface ServiceManager {
  /**
   * Sends assignments such as `READY=1` in one message. Neither waits nor throws; false when it could not be
   * delivered now. sd_notify(3) lists the assignments.
   */
  send(assignments: readonly string[]): boolean;
}

/** Linux numbers of socket(2) and send(2). */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2_000_000;
/** A manager that does not read must not hold the main loop, nor its end raise SIGPIPE. */
const DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

/** sockaddr_un: two bytes of family, then the name. */
const FAMILY_BYTES = 2;
const MAX_NAME_BYTES = 107;

/**
 * Sends to the socket that NOTIFY_SOCKET named: a path, or `@name` of Linux's abstract names. Neither Node's nor
 * Bun's sockets know Unix datagrams, so the C library is called. Null, and one warning, when that cannot be done.
 */
export function openServiceManager(socketName: string, log: Log): ServiceManager | null {
  try {
    const address = addressOf(socketName);
    const { symbols } = dlopen("libc.so.6", {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    });
    const socket = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (socket < 0) throw new Error("no socket could be made");
    return {
      send(assignments) {
        const bytes = Buffer.from(assignments.join("\n"));
        const sent = symbols.sendto(
          socket,
          bytes,
          bytes.length,
          DONTWAIT_NOSIGNAL,
          address,
          address.length,
        );
        return Number(sent) === bytes.length;
      },
    };
  } catch (error) {
    log.warn("service_manager_unreachable", { socket: socketName, reason: errorText(error) });
    return null;
  }
}

/** The name as the kernel wants it; an abstract one begins with a zero byte. Throws for any other kind. */
function addressOf(socketName: string): Uint8Array {
  const name = Buffer.from(socketName);
  if (!/^[/@]./.test(socketName) || name.length > MAX_NAME_BYTES) {
    throw new Error("neither a path nor an abstract name of a Unix socket");
  }
  if (socketName.startsWith("@")) name[0] = 0;
  const address = new Uint8Array(FAMILY_BYTES + name.length);
  // The family is in the byte order of the machine; those that Bun runs on begin with the low byte.
  address[0] = AF_UNIX;
  address.set(name, FAMILY_BYTES);
  return address;
}
