/**
 * ProcessResources is what keeps the process running beyond a baseline: its open handles by name, the rest by count.
 *
 * Node tells only of handles and timers that are ref'ed, and of timers only how many: one that has ended since the baseline
 * hides a new one. Stdin, stdout and stderr are the process's own and never count.
 */
import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';
import { beyond } from './names.ts';

/** Handles, and the requests on them (`TCPSocketWrap`, `WriteWrap`): told as handles, by name. DNS look-ups are no handles. */
const HANDLE_TYPE = /(?<!Req)Wrap$|^MessagePort$/;
/** The timers are counted apart, and a turn of the loop is what a check is itself in. */
const UNCOUNTED_TYPE = /^(?:Timeout|Immediate)$/;

export class ProcessResources {
  #handles = new WeakSet<object>();
  #others: readonly string[] = [];
  #timers = 0;
  #namedTimers = 0;

  constructor() {
    this.baseline(0);
  }

  /** @param namedTimers how many of the pending timers are known by name elsewhere. */
  baseline(namedTimers: number): void {
    this.#handles = new WeakSet(activeHandles());
    this.#others = otherTypes();
    this.#timers = timerCount();
    this.#namedTimers = namedTimers;
  }

  /** Names what is there beyond the baseline, but for the timers that are named elsewhere. */
  alive(namedTimers: number): string[] {
    const handles = activeHandles().filter((handle) => !this.#handles.has(handle));
    // Named timers may be of a simulated clock, of which the process knows nothing: they can explain a rise, and not a fall.
    const timers = timerCount() - this.#timers - Math.max(0, namedTimers - this.#namedTimers);
    return [
      ...handles.map(describeHandle),
      ...beyond(this.#others, otherTypes()).map((type) => `process resource ${type}`),
      ...(timers > 0 ? [`${timers} × timer of the process, set through no tracked clock`] : []),
    ];
  }
}

function activeHandles(): object[] {
  // Node's public list has only the types. This is where the open handles themselves are; where it is missing, types must do.
  const { _getActiveHandles: get } = process as { _getActiveHandles?: () => object[] };
  return (get?.() ?? []).filter((handle) => !isStandardStream(handle));
}

function isStandardStream(handle: object): boolean {
  return 'fd' in handle && typeof handle.fd === 'number' && handle.fd <= 2;
}

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
}

/** The types of what is neither a handle nor a timer: files being read, names being looked up, … */
function otherTypes(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((type) => !HANDLE_TYPE.test(type) && !UNCOUNTED_TYPE.test(type));
}

function describeHandle(handle: object): string {
  if (handle instanceof Server) return describeServer(handle);
  if (handle instanceof Socket) return describeSocket(handle);
  if (handle instanceof ChildProcess) return `child process ${handle.pid} (${handle.spawnfile})`;
  return `process resource ${handle.constructor.name}`;
}

function describeServer(server: Server): string {
  const address = server.address();
  if (address === null) return 'server that is closing';
  return `server listening on ${typeof address === 'string' ? address : place(address.address, address.port)}`;
}

function describeSocket(socket: Socket): string {
  const local = place(socket.localAddress, socket.localPort);
  const remote = place(socket.remoteAddress, socket.remotePort);
  if (local !== undefined || remote !== undefined) return `TCP socket ${local ?? '?'} → ${remote ?? '?'}`;
  if (socket.connecting) return 'socket that is connecting';
  return socket.destroyed ? 'socket that is closing' : 'pipe';
}

function place(address: string | undefined, port: number | undefined): string | undefined {
  if (address === undefined || port === undefined) return undefined;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
