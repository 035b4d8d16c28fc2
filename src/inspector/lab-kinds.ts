/** The kinds of virtual clients that the lab makes, and what can be done to one: what it does, and what to watch for. */

/** How long virtual clients stay when nobody watches them any more. */
export const labGraceMs = 60_000;

interface Kind {
  readonly title: string;
  /** What it does, in words. */
  readonly does: string;
  /** What a student sees happen. */
  readonly watchFor: string;
}

export const labKinds = {
  polite: {
    title: 'Polite',
    does: 'says something every two seconds, reads everything and answers pings',
    watchFor: 'heartbeat stays in alive: each message it sends is a sign of life, so no ping is needed',
  },
  chatty: {
    title: 'Chatty',
    does: 'says five things a second',
    watchFor: 'inbound stays flowing: that is below the rate limit; the broadcast channel rises and falls',
  },
  silent: {
    title: 'Silent',
    does: 'says nothing and never answers a ping',
    watchFor: 'alive → probing after the ping period, then closing with 4002, then closed',
  },
  slow: {
    title: 'Slow',
    does: 'never reads, while others talk',
    watchFor:
      'its outbox rises; outbound goes clear → congested, then closing with 4001 and no goodbye flushed',
  },
  flooding: {
    title: 'Flooding',
    does: 'says a hundred things at once, every second',
    watchFor: 'inbound goes flowing → throttled and back, until it is closed with 4502',
  },
  flapping: {
    title: 'Flapping',
    does: 'leaves without a goodbye and comes back, every second',
    watchFor:
      'connections end with 1006, one after the other, and their actors with them: nothing is left behind',
  },
  malformed: {
    title: 'Malformed',
    does: 'says what is no JSON, what is no message, and what is empty, every second',
    watchFor: 'errors come back to it and it stays open: a bad message never ends a connection by itself',
  },
  throwing: {
    title: 'Throwing',
    does: 'has a transition of its connection throw, after two seconds',
    watchFor:
      'the event failed takes it to closing with 1011: its reader and writer stop, nothing is orphaned',
  },
} as const satisfies Record<string, Kind>;

export const labDoings = {
  stall: {
    title: 'Stall',
    does: 'has the client stop reading',
    watchFor: 'its outbox rises as others talk; outbound goes to congested, and 4001 after the write wait',
  },
  cut: {
    title: 'Go half-open',
    does: 'pulls the plug: nothing comes through either way, and nobody is told',
    watchFor: 'nothing at first; then alive → probing → closing with 4002, terminating, closed',
  },
  resume: {
    title: 'Resume',
    does: 'has a stalled client read again; a plug that was pulled stays pulled',
    watchFor: 'its outbox empties in one write, and outbound goes congested → clear',
  },
  kick: {
    title: 'Kick',
    does: 'closes the connection from the server, with 4503',
    watchFor: 'open → closing → closed: reader and writer stop, and its client is told to stay away',
  },
} as const satisfies Record<string, Kind>;

export type LabDoing = keyof typeof labDoings;

export type LabKind = keyof typeof labKinds;
