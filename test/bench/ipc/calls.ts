/**
 * Calls are what the runner may ask of its children, over Node's IPC channel: one map for servers, one for
 * load generators, each call with what goes in and what comes out.
 */

/** A map of calls: each name's input and output. */
export type Calls<Self> = {
  readonly [Name in keyof Self]: { readonly input: unknown; readonly output: unknown };
};

/** One call on the wire. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

/** Its answer on the wire. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

// Servers

/** What a server process has used so far. */
export interface ServerReport {
  /** User and system time of the whole process, in microseconds. */
  readonly cpuUs: number;
  readonly rssBytes: number;
  /** What this server counts, by name: `messages` taken, `writes` made to sockets, `redisCpuUs` used by its Redis. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface ServerCalls {
  /** With `gc`, garbage is collected first, so that what is left is what is held. */
  report: { input: { readonly gc: boolean }; output: ServerReport };
  /** Ends the process in the ordinary way, which is when Node writes its CPU profile. */
  exit: { input: null; output: null };
}

// Load generators

/** How a server is spoken to. */
export type DialectName = 'hubbub' | 'plain' | 'socket-io';

/** Members to be connected. */
export interface OpenInput {
  readonly dialect: DialectName;
  /** The servers' ports: each room's members are dealt out to all of them. */
  readonly ports: readonly number[];
  readonly members: number;
  /** The members are dealt out to this many rooms in turn. */
  readonly rooms: number;
  /** The number of the first of these rooms. */
  readonly firstRoom: number;
  /** The address that they come from, where it is not the usual one: each has no more than some 28,000 ports to one server. */
  readonly localAddress?: string;
  /** Handshakes under way at one time. */
  readonly concurrency: number;
  /** How many bytes of content each message has. */
  readonly contentBytes: number;
  /** Whether members offer permessage-deflate, as browsers do. */
  readonly compress: boolean;
}

export interface OpenOutput {
  /** From the first connect to the last member that is ready to talk. */
  readonly seconds: number;
  /** From the connect of a member to its 101. */
  readonly handshake: Percentiles;
  /** What the load generator itself used, user and system, in microseconds. */
  readonly cpuUs: number;
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ClosedLoopInput {
  /** The first so many members send. */
  readonly senders: number;
  /** Messages that each of them has under way. */
  readonly inFlight: number;
  /**
   * When the next message is sent: when one of the sender's own came back to it, or when as many deliveries
   * have been made as one message makes. The latter needs no look into messages, which are compressed perhaps.
   */
  readonly next: 'own came back' | 'everyone has one';
  readonly durationMs: number;
  /** One message in so many is stamped, and its latency taken at every member that it reaches. */
  readonly sampleEvery: number;
}

export interface OpenLoopInput {
  /** The first so many members send, in turn. */
  readonly senders: number;
  /** Messages a second, whatever comes back. */
  readonly rate: number;
  readonly durationMs: number;
  readonly sampleEvery: number;
}

export interface LoadOutput {
  /** From the first message sent to the last delivery. */
  readonly seconds: number;
  readonly messages: number;
  readonly deliveries: number;
  /** Deliveries that never came (negative: that came twice). */
  readonly lost: number;
  /** Bytes received by members, of frames of any kind. */
  readonly bytes: number;
  /** Members that the server closed meanwhile. */
  readonly closed: number;
  /** From send to receipt, of the stamped messages, at every member. */
  readonly latency: Percentiles;
  /** What the load generator itself used, user and system, in microseconds. */
  readonly cpuUs: number;
}

/** How those stand who were connected, since then. */
export interface Census {
  readonly connected: number;
  /** Members that the server has closed. */
  readonly closed: number;
  /** Messages other than chat that members have got: welcomes and presence. */
  readonly others: number;
}

export interface LoadCalls {
  /** A further crowd, beside those that are there. */
  open: { input: OpenInput; output: OpenOutput };
  closedLoop: { input: ClosedLoopInput; output: LoadOutput };
  openLoop: { input: OpenLoopInput; output: LoadOutput };
  /** One more member joins the first member's room and never reads. */
  addSlowMember: { input: null; output: null };
  /** The slow member goes. Tells whether the server had closed it. */
  removeSlowMember: { input: null; output: { readonly evicted: boolean } };
  census: { input: null; output: Census };
  /** Every member of every crowd is reset, without a closing handshake. */
  leave: { input: null; output: null };
}
