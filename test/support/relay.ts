/** A relay is the network between a client and a server: it can be cut, can stall, and can block WebSockets. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

export class Relay {
  /** Refuses what asks for a WebSocket, as some proxies do. */
  blocksWebSockets = false;
  /** Keeps back what asks for a WebSocket or a stream, as other proxies do. */
  swallowsStreams = false;
  /** Refuses everybody, as where there is no network. */
  isDown = false;
  /** How many connections were made through it. */
  connections = 0;
  readonly #server: Server;
  readonly #port: number;
  readonly #open = new Set<Socket>();
  #isDeaf = false;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((near) => this.#join(near));
  }

  /** @param url of the server at the other end, which need not be there yet. */
  static async before(url: string): Promise<Relay> {
    const relay = new Relay(Number(new URL(url).port));
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, without a goodbye. */
  cut(): void {
    this.#isDeaf = false;
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  /** Lets nothing more through the connections that there are, either way, and tells nobody; new ones are as ever. */
  stall(): void {
    for (const socket of this.#open) socket.pause();
  }

  /** Loses what the server says until the connections are cut: it hears the client, and the client does not know. */
  deafen(): void {
    this.#isDeaf = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    this.connections += 1;
    if (this.isDown) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#port, '127.0.0.1');
    this.#keep(near, far);
    this.#keep(far, near);
    near.once('data', (first: Buffer) => {
      const head = first.toString('latin1');
      const isForWebSocket = /upgrade: websocket/i.test(head);
      if (this.swallowsStreams && (isForWebSocket || head.startsWith('GET /sse/'))) return;
      const isBlocked = this.blocksWebSockets && isForWebSocket;
      if (isBlocked) near.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      else far.write(first);
      near.on('data', (bytes) => far.write(bytes));
    });
    far.on('data', (bytes) => {
      if (!this.#isDeaf) near.write(bytes);
    });
  }

  #keep(socket: Socket, other: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => undefined);
    socket.on('end', () => other.end());
    socket.on('close', () => {
      this.#open.delete(socket);
      other.destroy();
    });
  }
}
