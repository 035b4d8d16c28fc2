import './support/dom.ts';
import { act, render, renderHook, waitFor } from '@testing-library/react';
import { Activity, Component, createElement, StrictMode, type ReactNode } from 'react';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { joinRoom } from '../src/client/index.ts';
import { trackActors, type LeakTracker } from '../src/leaks.ts';
import { useRoom, useRoomState, type UsedRoom, type UseRoomOptions } from '../src/react.ts';
import { ack, chat, epoch, FakeWebSocket, system, welcome } from './support/client-stage.ts';
import { SimulatedClock } from './support/simulated-clock.ts';
import { patient, serve } from './support/test-server.ts';

/** A WebSocket that knows whether it is over. */
class FakeSocket extends FakeWebSocket {
  isEndedByServer = false;

  get isOver(): boolean {
    return this.isEndedByServer || this.endedBy !== undefined;
  }

  override end(code: number): void {
    this.isEndedByServer = true;
    super.end(code);
  }
}

/** A component that uses a room, on fakes of the network: the test plays the server. */
class Stage {
  readonly sockets: FakeSocket[] = [];
  readonly clock = new SimulatedClock();
  readonly options: UseRoomOptions;

  constructor() {
    const { sockets, clock } = this;
    const leaks = trackActors({ clock, processResources: false });
    this.options = {
      url: 'http://chat.example',
      room: 'tea',
      clock,
      random: () => 0.5,
      storage: {},
      pageEvents: () => () => undefined,
      inspect: leaks.inspect,
      WebSocket: class extends FakeSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
    };
    onTestFinished(() => expectAllOver(this, leaks));
  }

  /** The one that was opened last. */
  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error('there is no WebSocket');
    return last;
  }

  /** Renders it in strict mode, as React's own templates do, and waits until it has joined. */
  async use(more: Partial<UseRoomOptions> = {}): Promise<{
    readonly now: UsedRoom;
    /** What each rendering has shown, and of which room. */
    readonly shown: readonly { readonly room: string | undefined; readonly contents: string[] }[];
    with(other: Partial<UseRoomOptions>): Promise<void>;
    unmount(): void;
  }> {
    const initialProps = { ...this.options, ...more };
    const shown: { room: string | undefined; contents: string[] }[] = [];
    const useAndNote = (options: UseRoomOptions): UsedRoom => {
      const used = useRoom(options);
      shown.push({ room: options.room, contents: used.messages.map(({ content }) => content) });
      return used;
    };
    const { result, rerender, unmount } = await act(async () =>
      renderHook(useAndNote, { initialProps, wrapper: StrictMode }),
    );
    onTestFinished(unmount);
    return {
      shown,
      get now() {
        return result.current;
      },
      with: (other) => act(async () => rerender({ ...initialProps, ...other })),
      unmount,
    };
  }

  async say(...messages: Parameters<FakeWebSocket['say']>[0][]): Promise<void> {
    await act(async () => {
      for (const message of messages) this.socket.say(message);
    });
  }
}

/** Lets the goodbyes go unanswered, and checks that nothing is left. */
async function expectAllOver({ clock, sockets }: Stage, leaks: LeakTracker): Promise<void> {
  clock.advance(1_000);
  await leaks.expectNone();
  leaks.stop();
  expect(clock.pending).toBe(0);
  expect(sockets.filter(({ isOver }) => !isOver)).toEqual([]);
}

const offsets = ({ messages }: UsedRoom) => messages.map(({ offset }) => offset);

describe('a component that uses a room', () => {
  test('joins it once, though strict mode mounts twice', async () => {
    const stage = new Stage();
    const used = await stage.use();
    expect(stage.sockets).toHaveLength(1);
    expect(used.now.state.status).toBe('connecting');
    await stage.say(welcome());
    expect(used.now.state).toMatchObject({ status: 'open', name: 'Ann', members: 1 });
    expect(stage.sockets).toHaveLength(1);
  });

  test('leaves it when it goes', async () => {
    const stage = new Stage();
    const used = await stage.use();
    await stage.say(welcome());
    const { room } = used.now;
    used.unmount();
    expect(stage.socket.endedBy).toBe('close');
    expect(room?.state.status).toBe('closed');
  });

  test('that goes at once opens nothing', async () => {
    const stage = new Stage();
    await act(async () => renderHook(useRoom, { initialProps: stage.options }).unmount());
    expect(stage.sockets).toEqual([]);
  });

  test('shows what is said and how many there are, over lost connections', async () => {
    const stage = new Stage();
    const used = await stage.use();
    await stage.say(welcome(), chat(1), system({ members: 2 }), chat(2));
    expect(offsets(used.now)).toEqual([1, 2]);
    expect(used.now.state.members).toBe(2);
    await act(async () => stage.socket.end(1006));
    expect(used.now.state).toMatchObject({ status: 'backingOff', attempt: 1 });
    await act(async () => used.now.room?.retryNow());
    await stage.say(welcome({ offset: 3, recovered: true }), chat(3));
    expect(offsets(used.now)).toEqual([1, 2, 3]);
    expect(used.now.state).toMatchObject({ status: 'open', position: { epoch, offset: 3 } });
    expect(used.now.gap).toBeUndefined();
  });

  test('keeps the last messages alone', async () => {
    const stage = new Stage();
    const used = await stage.use({ messagesKept: 2 });
    await stage.say(welcome(), chat(1), chat(2), chat(3));
    expect(offsets(used.now)).toEqual([2, 3]);
  });

  test('can do without messages', async () => {
    const stage = new Stage();
    const used = await stage.use({ messagesKept: 0 });
    await stage.say(welcome(), chat(1));
    expect(offsets(used.now)).toEqual([]);
    const { length } = used.shown;
    await stage.say(chat(2));
    expect(used.shown).toHaveLength(length);
  });

  test('is told what was missed for good', async () => {
    const stage = new Stage();
    const used = await stage.use({ after: { epoch, offset: 4 } });
    await stage.say(welcome({ offset: 9 }));
    expect(used.now.gap).toEqual({ from: { epoch, offset: 4 }, to: { epoch, offset: 9 } });
  });

  test('says things, and knows when they are said', async () => {
    const stage = new Stage();
    const used = await stage.use();
    await stage.say(welcome());
    const sent = used.now.send('hello', { id: 'm1' });
    expect(stage.socket.ids).toEqual(['m1']);
    await stage.say(ack('m1', 1));
    await expect(sent).resolves.toEqual({ id: 'm1', epoch, offset: 1 });
  });

  test('cannot say anything before it has joined', async () => {
    const stage = new Stage();
    const rendered: UsedRoom[] = [];
    const { unmount } = await act(async () => renderHook(() => void rendered.push(useRoom(stage.options))));
    onTestFinished(unmount);
    const [first] = rendered;
    expect(first?.room).toBeUndefined();
    await expect(first?.send('too early')).rejects.toMatchObject({ code: 'closed' });
  });

  test('goes from room to room, and shows nothing of the one in the other', async () => {
    const stage = new Stage();
    const used = await stage.use();
    await stage.say(welcome(), chat(1));
    const tea = stage.socket;
    await used.with({ room: 'coffee' });
    expect(tea.endedBy).toBe('close');
    expect(stage.sockets).toHaveLength(2);
    expect(stage.socket.url.pathname).toBe('/ws/coffee');
    expect(stage.socket.url.searchParams.get('after')).toBeNull();
    expect(used.now).toMatchObject({ messages: [], state: { status: 'connecting' } });
    tea.say(chat(2));
    await stage.say(welcome({ room: 'coffee' }), chat(1, 'black'));
    expect(used.now.messages.map(({ content }) => content)).toEqual(['black']);
    const inCoffee = used.shown.filter(({ room }) => room === 'coffee');
    expect(new Set(inCoffee.flatMap(({ contents }) => contents))).toEqual(new Set(['black']));
  });

  test('under another name comes back to the same place, and to no other', async () => {
    const stage = new Stage();
    const used = await stage.use({ name: 'Ann' });
    await stage.say(welcome(), chat(1));
    const { room } = used.now;
    await used.with({ name: 'Ann' });
    expect(stage.sockets).toHaveLength(1);
    await used.with({ name: 'Beth' });
    expect(stage.sockets).toHaveLength(2);
    expect(Object.fromEntries(stage.socket.url.searchParams)).toEqual({ name: 'Beth', after: '1', epoch });
    await stage.say(welcome({ name: 'Beth', offset: 1, recovered: true }), chat(2));
    expect(used.now).toMatchObject({ room, state: { name: 'Beth' } });
    expect(offsets(used.now)).toEqual([1, 2]);
  });

  test('with another token joins anew from the last message on, as the same guest', async () => {
    const stage = new Stage();
    const used = await stage.use({ token: 'old' });
    await stage.say(welcome({ name: 'brave-otter' }), chat(1));
    const [old] = stage.sockets;
    await used.with({ token: 'new' });
    expect(old?.endedBy).toBe('close');
    const query = Object.fromEntries(stage.socket.url.searchParams);
    expect(query).toEqual({ name: 'brave-otter', after: '1', epoch, token: 'new' });
    await stage.say(welcome({ name: 'brave-otter', offset: 2, recovered: true }), chat(2));
    expect(offsets(used.now)).toEqual([1, 2]);
    expect(used.now.gap).toBeUndefined();
  });

  test('with the same transports, written anew each time, stays; with others it joins anew', async () => {
    const stage = new Stage();
    const used = await stage.use({ transports: ['websocket', 'sse'] });
    await stage.say(welcome());
    await used.with({ transports: ['websocket', 'sse'] });
    expect(stage.sockets).toHaveLength(1);
    await used.with({ transports: ['websocket'] });
    expect(stage.sockets).toHaveLength(2);
    expect(stage.sockets[0]?.endedBy).toBe('close');
  });

  test('that is hidden for a while comes back to where it was, and has what came meanwhile', async () => {
    const stage = new Stage();
    const shown: UsedRoom[] = [];
    const Tea = () => {
      shown.push(useRoom(stage.options));
      return null;
    };
    const page = (mode: 'visible' | 'hidden') => {
      const props = { mode, children: createElement(Tea) };
      return createElement(Activity, props);
    };
    const { rerender, unmount } = await act(async () => render(page('visible')));
    onTestFinished(unmount);
    await stage.say(welcome(), chat(1));
    await act(async () => rerender(page('hidden')));
    expect(stage.socket.endedBy).toBe('close');
    await stage.say(chat(2));
    await act(async () => rerender(page('visible')));
    expect(stage.sockets).toHaveLength(2);
    // What came after the goodbye was for nobody, so it is asked for again.
    expect(stage.socket.url.searchParams.get('after')).toBe('1');
    await stage.say(welcome({ offset: 3, recovered: true }), chat(2), chat(3));
    expect(shown.at(-1)?.messages.map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  test('with options that make no sense hands the error to the boundary around it', async () => {
    const stage = new Stage();
    const caught: unknown[] = [];
    const Room = () => {
      useRoom({ ...stage.options, url: 'ftp://chat.example' });
      return null;
    };
    class Boundary extends Component<{ readonly children: ReactNode }> {
      override readonly state = { failed: false };
      static getDerivedStateFromError = () => ({ failed: true });
      override componentDidCatch(error: unknown): void {
        caught.push(error);
      }
      override render(): ReactNode {
        return this.state.failed ? null : this.props.children;
      }
    }
    const { unmount } = await act(async () =>
      render(createElement(Boundary, null, createElement(Room)), { onCaughtError: () => undefined }),
    );
    expect(caught).toEqual([new TypeError('no server is at ftp://chat.example')]);
    unmount();
  });
});

test('a component can show the state of a room that is not its own, and leaves it alone', async () => {
  const stage = new Stage();
  const room = joinRoom(stage.options);
  const { result, unmount } = renderHook(() => useRoomState(room), { wrapper: StrictMode });
  expect(result.current.status).toBe('connecting');
  await stage.say(welcome({ members: 3 }));
  expect(result.current).toMatchObject({ status: 'open', members: 3 });
  unmount();
  expect(room.state.status).toBe('open');
  void room.close();
});

test('two components talk by a real server, which nobody is left on', patient, async () => {
  const server = await serve();
  const options = { url: server.url, room: 'tea', WebSocket, storage: {}, pageEvents: () => () => undefined };
  const [ann, bob] = ['Ann', 'Bob'].map((name) =>
    renderHook(useRoom, { initialProps: { ...options, name }, wrapper: StrictMode }),
  );
  if (ann === undefined || bob === undefined) throw new Error('two were rendered');
  await waitFor(() => expect(bob.result.current.state).toMatchObject({ status: 'open', members: 2 }));
  await waitFor(() => expect(ann.result.current.state).toMatchObject({ status: 'open', members: 2 }));
  expect([...server.connections]).toHaveLength(2);
  await ann.result.current.send('hello');
  await bob.result.current.send('hi');
  const dialogue = [
    { sender: 'Ann', content: 'hello', offset: 1 },
    { sender: 'Bob', content: 'hi', offset: 2 },
  ];
  for (const { result } of [ann, bob]) {
    await waitFor(() => expect(result.current.messages).toMatchObject(dialogue));
  }
  const { room } = ann.result.current;
  ann.unmount();
  bob.unmount();
  await room?.close();
  await expect.poll(() => [...server.connections]).toEqual([]);
});
