/** A throttle is a slow network: so many bytes a second go through it each way, and what is over waits. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const sliceMs = 20;

export class Throttle {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #bytesPerSlice: number;

  private constructor(port: number, bytesPerSecond: number) {
    this.#bytesPerSlice = Math.ceil((bytesPerSecond * sliceMs) / 1_000);
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  static async before(port: number, bytesPerSecond: number): Promise<Throttle> {
    const throttle = new Throttle(port, bytesPerSecond);
    throttle.#server.listen(0, '127.0.0.1');
    await once(throttle.#server, 'listening');
    return throttle;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket): void {
    this.#open.add(from);
    from.on('readable', () => undefined);
    const timer = setInterval(() => {
      const bytes = (from.read(Math.min(this.#bytesPerSlice, from.readableLength)) ?? undefined) as
        | Buffer
        | undefined;
      if (bytes !== undefined) to.write(bytes);
    }, sliceMs);
    from.on('error', () => undefined);
    from.on('end', () => to.end());
    from.on('close', () => {
      clearInterval(timer);
      this.#open.delete(from);
      to.destroy();
    });
  }
}
