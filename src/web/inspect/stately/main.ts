/**
 * The page that relays to the Stately Inspector: it opens that in a frame after a click, and hands on what the server
 * says in Stately's own words. Before the click nothing is loaded from anywhere else.
 */

/** What the Stately Inspector says once it listens. */
const connectedType = '@statelyai.connected';

const open = document.querySelector<HTMLButtonElement>('#open');
const target = document.querySelector<HTMLAnchorElement>('#target');
const status = document.querySelector<HTMLElement>('#status');

async function prepare(): Promise<void> {
  const response = await fetch(`../stately.json${location.search}`);
  const { url } = (await response.json()) as { url: string };
  if (open === null || target === null) return;
  target.href = url;
  target.textContent = url;
  open.disabled = false;
  open.addEventListener('click', () => relay(url, open), { once: true });
}

function relay(url: string, button: HTMLButtonElement): void {
  button.disabled = true;
  const { origin } = new URL(url);
  const frame = document.createElement('iframe');
  frame.title = 'Stately Inspector';
  let events = 0;
  // Once more whenever the frame's page was loaded: it has to be told everything from the beginning.
  let socket: WebSocket | undefined;
  window.addEventListener('message', (message: MessageEvent<{ type?: string } | null>) => {
    if (message.source !== frame.contentWindow || message.origin !== origin) return;
    if (message.data?.type !== connectedType) return;
    socket?.close();
    socket = new WebSocket(new URL(`socket${location.search}`, location.href));
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      events += 1;
      frame.contentWindow?.postMessage(JSON.parse(data), origin);
      say(`${events} events handed to ${origin}`);
    });
    socket.addEventListener('close', () =>
      say(`The server is gone; ${events} events were handed to ${origin}`),
    );
  });
  say(`Waiting for ${origin} …`);
  frame.src = url;
  document.body.append(frame);
}

function say(text: string): void {
  if (status !== null) status.textContent = text;
}

void prepare();
