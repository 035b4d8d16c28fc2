import { describe, expect, test, vi } from 'vitest';
import { comesBack } from '../../src/client/backoff.ts';
import { roomMachine } from '../../src/client/index.ts';
import { closeCodes } from '../../src/close-codes.ts';
import { chat, ClientStage, pingPeriodMs, pong, system, welcome } from '../support/client-stage.ts';
import { transitionsOf } from '../support/transitions.ts';

const openTimeoutMs = 2_500;
const pongWaitMs = 8_000;

/** What takes each transition: time, the server, the page, or the program. */
const causes: Readonly<Record<string, (stage: ClientStage) => void>> = {
  'connecting (close) -> closing': ({ room }) => void room.close(),
  'connecting (failed) -> closing': (stage) => {
    vi.spyOn(stage.clock, 'now').mockImplementationOnce(() => {
      throw new Error('no clock');
    });
    stage.webSocket.end(1013);
  },
  'connecting (welcomed) -> open': (stage) => void stage.open(),
  'connecting (rejoin) -> connecting': ({ room }) => room.rename('Cleo'),
  'connecting (lost) -> connecting': ({ webSocket }) => webSocket.end(1006),
  'connecting (after openTimeout) -> connecting': ({ clock }) => clock.advance(openTimeoutMs),
  'connecting (after openTimeout) -> backingOff': ({ clock }) => clock.advance(2 * openTimeoutMs + 10_000),
  'open (close) -> closing': (stage) => void stage.open().room.close(),
  'open (lost) -> closed': (stage) => stage.open().webSocket.end(closeCodes.kicked.code),
  'open (lost) -> backingOff': (stage) => stage.open().webSocket.end(1006),
  'open (failed) -> closing': (stage) => {
    stage.open();
    vi.spyOn(stage.clock, 'now').mockImplementationOnce(() => {
      throw new Error('no clock');
    });
    stage.webSocket.end(1006);
  },
  'open (welcomed) stays': (stage) => void stage.open().open({ epoch: 'second' }),
  'open (counted) stays': (stage) => stage.open().webSocket.say(system()),
  'open (draining) stays': (stage) => stage.open().webSocket.say(system({ event: 'draining', spreadMs: 1 })),
  'open (rejoin) -> connecting': (stage) => stage.open().room.rename('Cleo'),
  'open (missed) -> backingOff': (stage) => stage.open().webSocket.say(chat(2)),
  'open (after settle) stays': (stage) => stage.open().clock.advance(5_000),
  'open.alive (online) -> open.probing': (stage) => stage.open().page('online'),
  'open.alive (offline) -> open.probing': (stage) => stage.open().page('offline'),
  'open.alive (visible) -> open.probing': (stage) => stage.open().page('visible'),
  'open.alive (after pingPeriod) -> open.alive': (stage) => {
    stage.open().clock.advance(pingPeriodMs - 1_000);
    stage.webSocket.say(pong);
    stage.clock.advance(1_000);
  },
  'open.alive (after pingPeriod) -> open.probing': (stage) => stage.open().clock.advance(pingPeriodMs),
  'open.probing (heard) -> open.alive': (stage) => {
    stage.open().clock.advance(pingPeriodMs);
    stage.webSocket.say(pong);
  },
  'open.probing (after pongWait) -> backingOff': (stage) =>
    stage.open().clock.advance(pingPeriodMs + pongWaitMs),
  'backingOff (retry) -> connecting': (stage) => {
    stage.open().webSocket.end(1006);
    stage.room.retryNow();
  },
  'backingOff (online) -> connecting': (stage) => {
    stage.open().webSocket.end(1006);
    stage.page('online');
  },
  'backingOff (visible) -> connecting': (stage) => {
    stage.open().webSocket.end(1006);
    stage.page('visible');
  },
  'backingOff (close) -> closed': (stage) => {
    stage.open().webSocket.end(1006);
    void stage.room.close();
  },
  'backingOff (after retryDelay) -> connecting': (stage) => void stage.open().reconnect(),
  'closing (close) stays': ({ room }) => {
    void room.close();
    void room.close();
  },
  'closing (lost) -> closed': (stage) => {
    void stage.open().room.close();
    stage.webSocket.end(1000);
  },
  'closing (after closeTimeout) -> closed': (stage) => {
    void stage.open().room.close();
    stage.clock.advance(1_000);
  },
};

/** On a transport by which the server cannot be asked for a sign of life. */
const deafTransition = 'open.alive (online) -> connecting';

/** Transitions that nothing real can cause: the machine has them in case that a part breaks its promise. */
const neverCaused: Readonly<Record<string, (stage: ClientStage) => void>> = {
  'backingOff (lost) -> closed': ({ room }) =>
    room.actor.send({ type: 'lost', ending: { code: 4503, reason: '' }, comesBack: false }),
  'backingOff (lost) -> backingOff': ({ room }) =>
    room.actor.send({ type: 'lost', ending: { code: 1006, reason: '' }, comesBack: true }),
  'backingOff (failed) -> closing': ({ room }) =>
    room.actor.send({ type: 'failed', ending: { code: 1011, reason: '' } }),
  'closing (failed) -> closing': ({ room }) =>
    room.actor.send({ type: 'failed', ending: { code: 1011, reason: '' } }),
};

test('every transition of the machine has its cause here, and there are no others', () => {
  const known = [...Object.keys(causes), ...Object.keys(neverCaused), deafTransition];
  expect(known.toSorted()).toEqual(transitionsOf(roomMachine).toSorted());
});

test.each(Object.entries(causes))('%s', (transition, cause) => {
  const stage = new ClientStage();
  cause(stage);
  expect(stage.transitions.names).toContain(transition);
});

test.each([deafTransition])('%s', async (transition) => {
  const stage = new ClientStage({ transports: ['sse'] });
  const stream = stage.request.stream();
  stream.say(welcome());
  await stage.until(() => stage.room.state.status === 'open');
  stage.page('online');
  expect(stage.transitions.names).toContain(transition);
  expect(stage.requests).toHaveLength(2);
});

test.each(Object.entries(neverCaused))('%s, whatever part breaks its promise', (transition, cause) => {
  const stage = new ClientStage().open();
  if (transition.startsWith('backingOff')) stage.webSocket.end(1006);
  else void stage.room.close();
  cause(stage);
  expect(stage.transitions.names).toContain(transition);
});

/** The paths that were tried: by WebSocket first, then by HTTP. */
const tried = ({ webSockets, requests }: ClientStage) => [
  ...webSockets.map(({ url }) => url.pathname),
  ...requests.map(({ url }) => url.pathname),
];

describe('the transport', () => {
  test('is the next one after 2.5 s without a welcome, and the old socket is closed first', () => {
    const stage = new ClientStage();
    stage.clock.advance(openTimeoutMs - 1);
    expect(stage.room.state).toMatchObject({ status: 'connecting', transport: 'websocket' });
    stage.clock.advance(1);
    expect(stage.room.state).toMatchObject({ status: 'connecting', transport: 'sse' });
    expect(stage.webSocket.endedBy).toBe('terminate');
    stage.clock.advance(openTimeoutMs);
    expect(stage.room.state).toMatchObject({ status: 'connecting', transport: 'longpoll' });
    expect(stage.requests[0]?.settings.signal.aborted).toBe(true);
    expect(tried(stage)).toEqual(['/ws/tea', '/sse/tea', '/poll/tea']);
  });

  test('the last one has longer, for slow networks', () => {
    const stage = new ClientStage({ transports: ['websocket'] });
    stage.clock.advance(9_999);
    expect(stage.room.state.status).toBe('connecting');
    stage.clock.advance(1);
    expect(stage.room.state).toMatchObject({ status: 'backingOff', close: { reason: 'no answer' } });
  });

  test('is the next one at once where it fails at once', () => {
    const stage = new ClientStage();
    stage.webSocket.end(1006);
    expect(stage.room.state.transport).toBe('sse');
  });

  test('is the next one where the page may not even make a WebSocket', () => {
    const stage = new ClientStage();
    stage.forbidsWebSockets = true;
    stage.open().reconnect().clock.advance(60_000);
    expect(stage.requests[0]?.url.pathname).toBe('/sse/tea');
  });

  test('stays where the server itself has refused: another one would hear the same', () => {
    const stage = new ClientStage();
    stage.webSocket.end(closeCodes.atCapacity.code);
    expect(stage.room.state).toMatchObject({ status: 'backingOff', transport: 'websocket' });
  });

  test('that has worked is given more than one try, and is tried first again', () => {
    const stage = new ClientStage().open();
    stage.reconnect();
    stage.webSocket.end(1006);
    expect(stage.room.state).toMatchObject({ status: 'backingOff', transport: 'websocket', attempt: 2 });
    stage.waitForRetry();
    stage.webSocket.end(1006);
    expect(stage.room.state).toMatchObject({ status: 'connecting', transport: 'sse' });
    stage.clock.advance(openTimeoutMs + 10_000);
    expect(stage.room.state).toMatchObject({ status: 'backingOff', transport: 'websocket', attempt: 3 });
  });

  test('that has worked is remembered for the session', async () => {
    const first = new ClientStage();
    first.webSocket.end(1006);
    first.request.stream().say(welcome());
    await first.until(() => first.room.state.status === 'open');
    expect(first.storage).toEqual({ 'hubbub http://chat.example': 'sse' });
    const second = new ClientStage({ storage: first.storage });
    expect(tried(second)).toEqual(['/sse/tea']);
    const other = new ClientStage({ storage: first.storage, transports: ['websocket'] });
    expect(tried(other)).toEqual(['/ws/tea']);
  });

  test('is found though nothing can be stored', () => {
    const storage = new Proxy(
      {},
      {
        set: () => {
          throw new Error('full');
        },
      },
    );
    expect(new ClientStage({ storage }).open().room.state.status).toBe('open');
  });

  test('is SSE where there is no WebSocket', () => {
    vi.stubGlobal('WebSocket', undefined);
    const stage = new ClientStage({ WebSocket: undefined });
    vi.unstubAllGlobals();
    expect(tried(stage)).toEqual(['/sse/tea']);
  });
});

/** How long it waits after each of so many failures in a row. */
const delays = (chance: number, failures: number, code = 1006) => {
  const stage = new ClientStage({ transports: ['websocket'] });
  stage.chance = chance;
  return Array.from({ length: failures }, () => {
    stage.webSocket.end(code);
    const delayMs = (stage.room.state.retryAt ?? 0) - stage.clock.now();
    stage.clock.advance(delayMs);
    return delayMs;
  });
};

describe('the backoff', () => {
  test('waits 500 ms at least, and at most twice as long each time, up to 20 s', () => {
    expect(delays(0, 8)).toEqual(Array.from({ length: 8 }, () => 500));
    expect(delays(1, 8)).toEqual([1_000, 1_500, 2_500, 4_500, 8_500, 16_500, 20_000, 20_000]);
  });

  test('waits longer where the server had no place', () => {
    expect(delays(0, 1, closeCodes.atCapacity.code)).toEqual([5_000]);
  });

  test('spreads the return over the time that a draining server asked for', () => {
    const stage = new ClientStage({ transports: ['websocket'] }).open();
    stage.webSocket.say(system({ event: 'draining', spreadMs: 60_000 }));
    expect(stage.room.state.status).toBe('open');
    stage.chance = 0.9;
    stage.webSocket.end(closeCodes.restarting.code);
    expect(stage.room.state.retryAt).toBe(stage.clock.now() + 54_000);
    stage.clock.advance(54_000);
    stage.webSocket.end(1006);
    expect(stage.room.state.retryAt).toBe(stage.clock.now() + 1_400);
  });

  test('begins anew once a connection was up for 5 s, and not before', () => {
    const stage = new ClientStage().open();
    stage.reconnect().open().clock.advance(4_999);
    expect(stage.room.state.attempt).toBe(1);
    stage.clock.advance(1);
    expect(stage.room.state.attempt).toBe(0);
  });

  test('ends at once when somebody does not want to wait', () => {
    const stage = new ClientStage().open();
    stage.webSocket.end(1006);
    stage.room.retryNow();
    expect(stage.room.state).toMatchObject({ status: 'connecting', attempt: 1 });
    expect(stage.room.state.retryAt).toBeUndefined();
  });
});

describe('a close code', () => {
  test.each(Object.values(closeCodes))(
    '$code $name: comes back or not, as the catalogue says',
    ({ code, reconnect }) => expect(comesBack(code)).toBe(reconnect !== 'no'),
  );

  test('that nobody has named: by its range', () => {
    expect([4006, 4499].map(comesBack)).toEqual([true, true]);
    expect([1003, 3000, 3999, 4500, 4999].map(comesBack)).toEqual([false, false, false, false, false]);
  });

  test('that says to stay away closes the room, and is shown', () => {
    const stage = new ClientStage().open();
    stage.webSocket.end(closeCodes.kicked.code, 'kicked');
    expect(stage.room.state).toMatchObject({ status: 'closed', close: { code: 4503, reason: 'kicked' } });
    stage.clock.advance(60_000);
    expect(stage.webSockets).toHaveLength(1);
  });
});

describe('the watchdog', () => {
  test('asks a server that was silent for its ping period, and gives it 8 s', () => {
    const stage = new ClientStage().open();
    stage.clock.advance(pingPeriodMs - 1);
    expect(stage.webSocket.sent).toEqual([]);
    stage.clock.advance(1);
    expect(stage.webSocket.sent).toEqual([{ type: 'ping' }]);
    stage.clock.advance(pongWaitMs - 1);
    expect(stage.room.state.status).toBe('open');
    stage.clock.advance(1);
    expect(stage.room.state).toMatchObject({ status: 'backingOff', close: { reason: 'no sign of life' } });
    expect(stage.webSocket.endedBy).toBe('terminate');
  });

  test('takes anything for a sign of life', () => {
    const stage = new ClientStage().open();
    stage.clock.advance(pingPeriodMs);
    stage.webSocket.say(chat(1));
    stage.clock.advance(pongWaitMs);
    expect(stage.room.state.status).toBe('open');
  });

  test('asks at once when the page comes into view', () => {
    const stage = new ClientStage().open();
    stage.page('visible');
    expect(stage.webSocket.sent).toEqual([{ type: 'ping' }]);
  });

  test('takes a clock that was set back for a reason to ask', () => {
    const stage = new ClientStage().open();
    const past = stage.clock.now() - 3_600_000;
    const now = vi.spyOn(stage.clock, 'now').mockImplementation(() => past);
    stage.clock.advance(pingPeriodMs);
    now.mockRestore();
    expect(stage.webSocket.sent).toEqual([{ type: 'ping' }]);
  });
});

test('an old socket is mute, whatever it still says', () => {
  const stage = new ClientStage().open();
  const [old] = stage.webSockets;
  stage.room.rename('Cleo');
  old?.say(chat(1));
  old?.end(4503);
  expect(stage.heard).toEqual([]);
  expect(stage.room.state.status).toBe('connecting');
});
