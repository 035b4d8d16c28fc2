/**
 * The close codes: one closed catalogue of every reason for which a connection ends.
 *
 * The ranges are the contract with clients, which decide by range alone: 4000–4499 come back, 4500–4999 stay
 * away. Codes below 4000 are those of RFC 6455 section 7.4.1 and the IANA registry that it founded.
 *
 * 1001, 1005 and 1006 are only ever the peer's, or what is recorded when it left without a word. This server says none
 * of them, so a client that hears one was cut off by something between them, and comes back.
 */
export interface CloseCode {
  readonly code: number;
  readonly name: string;
  /** What the close frame says, at most 123 bytes of UTF-8 (RFC 6455 section 5.5). */
  readonly reason: string;
  /** Whether a client should come back: never, at once, spread over time, or after a while. */
  readonly reconnect: 'no' | 'yes' | 'spread' | 'later';
}

export const closeCodes = {
  normal: { code: 1000, name: 'normal', reason: 'normal closure', reconnect: 'no' },
  goingAway: { code: 1001, name: 'going away', reason: 'going away', reconnect: 'yes' },
  protocolError: { code: 1002, name: 'protocol error', reason: 'protocol error', reconnect: 'no' },
  noStatus: { code: 1005, name: 'no status', reason: '', reconnect: 'yes' },
  abnormal: { code: 1006, name: 'abnormal closure', reason: '', reconnect: 'yes' },
  invalidData: { code: 1007, name: 'invalid data', reason: 'invalid data', reconnect: 'no' },
  policyViolation: { code: 1008, name: 'policy violation', reason: 'policy violation', reconnect: 'no' },
  messageTooBig: { code: 1009, name: 'message too big', reason: 'message too big', reconnect: 'no' },
  internalError: { code: 1011, name: 'internal error', reason: 'internal error', reconnect: 'yes' },
  restarting: { code: 1012, name: 'restarting', reason: 'server restarting', reconnect: 'spread' },
  atCapacity: { code: 1013, name: 'at capacity', reason: 'server at capacity', reconnect: 'later' },
  slowConsumer: { code: 4001, name: 'slow consumer', reason: 'slow consumer', reconnect: 'yes' },
  noPong: { code: 4002, name: 'no pong', reason: 'no pong', reconnect: 'yes' },
  tokenExpired: { code: 4003, name: 'token expired', reason: 'token expired', reconnect: 'yes' },
  handshakeTimeout: { code: 4004, name: 'handshake timeout', reason: 'handshake timeout', reconnect: 'yes' },
  sessionReplaced: { code: 4005, name: 'session replaced', reason: 'session replaced', reconnect: 'yes' },
  roomUnavailable: { code: 4006, name: 'room unavailable', reason: 'room unavailable', reconnect: 'yes' },
  badRequest: { code: 4500, name: 'bad request', reason: 'bad request or room name', reconnect: 'no' },
  unauthorized: { code: 4501, name: 'unauthorized', reason: 'unauthorized', reconnect: 'no' },
  rateLimitAbuse: { code: 4502, name: 'rate limit abuse', reason: 'rate limit abuse', reconnect: 'no' },
  kicked: { code: 4503, name: 'kicked', reason: 'kicked', reconnect: 'no' },
  limitReached: { code: 4504, name: 'limit reached', reason: 'limit reached', reconnect: 'no' },
} as const satisfies Record<string, CloseCode>;

/** The bytes of UTF-8 that a close reason may take: a control frame's 125 less the code's two (RFC 6455 section 5.5). */
export const maxCloseReasonBytes = 123;

/** From here on codes mean what their users agree on (RFC 6455 section 7.4.2). */
export const firstPrivateCode = 3_000;

/** Stands in counts for all codes that peers made up. */
export const otherCode = 0;

const names = new Map<number, string>(Object.values(closeCodes).map(({ code, name }) => [code, name]));

/** @returns the name that the catalogue has for a code; a peer may close with one that it does not have. */
export function nameOfCode(code: number): string {
  return code === otherCode ? 'other' : (names.get(code) ?? 'unknown');
}
