/**
 * The guard says who may watch. Without a token that is whoever is on this machine, by a name of this machine: a page
 * from elsewhere whose name leads here (DNS rebinding) is not, nor is whoever comes through a proxy. With a token it is
 * whoever has it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { HttpRefusal } from '../admission.ts';
import { isOriginAllowed } from '../origin.ts';
import { parseTarget } from '../target.ts';

export interface GuardOptions {
  /** The address that is listened on. */
  readonly host: string;
  /** Empty where none was given. */
  readonly token: string;
  /** How whoever runs it gives a token, which refusals name: left out where nobody can. */
  readonly tokenSetting?: string | undefined;
  /** How it is turned off, likewise. */
  readonly offSetting?: string | undefined;
}

/** What proxies add to the requests that they hand on, beside what begins with `x-forwarded`. */
const proxyHeaders: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
]);

export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Whether anybody may watch at all. */
  get isOpen(): boolean {
    return this.hasToken || isLoopbackName(this.#options.host);
  }

  get hasToken(): boolean {
    return this.#options.token !== '';
  }

  /** @returns why a request may not watch, or undefined where it may. */
  refusal(request: IncomingMessage): HttpRefusal | undefined {
    if (!this.isOpen) return { status: 403, reason: this.#closedReason() };
    if (!isOriginAllowed(request.headers, [])) {
      return { status: 403, reason: `pages of ${request.headers.origin} may not watch this server` };
    }
    if (this.hasToken) return this.#knowsToken(request) ? undefined : { status: 401, reason: tokenReason };
    return isLocal(request) ? undefined : { status: 403, reason: this.#localReason() };
  }

  #closedReason(): string {
    const { tokenSetting, offSetting } = this.#options;
    const off = offSetting === undefined ? '' : `: by ${offSetting}, or`;
    const without = tokenSetting === undefined ? '' : ` without ${tokenSetting}`;
    return `the inspector is off${off} because this server listens beyond its own machine${without}`;
  }

  #localReason(): string {
    const { tokenSetting } = this.#options;
    const unless = tokenSetting === undefined ? '' : `, unless ${tokenSetting} is given`;
    return `the inspector is for this machine alone, by its name localhost or 127.0.0.1${unless}`;
  }

  #knowsToken(request: IncomingMessage): boolean {
    const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const given = bearer ?? parseTarget(request.url).query.get('token') ?? '';
    // Digests have one length, so that the comparison tells nothing of the token's.
    return timingSafeEqual(digest(given), digest(this.#options.token));
  }
}

const tokenReason = 'the inspector asks for its token: /inspect/?token=…';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isLocal(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  return (
    isLoopbackName(hostName(headers.host)) &&
    isLoopbackName(socket.remoteAddress ?? '') &&
    !isHandedOn(request)
  );
}

function isProxys(headerName: string): boolean {
  return proxyHeaders.has(headerName) || headerName.startsWith('x-forwarded');
}

/** One that is not told to say so may look like whoever is on its machine, but for the version that nginx speaks then. */
function isHandedOn({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.0' || Object.keys(headers).some(isProxys);
}

/** The name in a Host header, without its port and the brackets of IPv6. */
function hostName(host = ''): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}

/** Whether a name or an address can only be this machine's (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
export function isLoopbackName(name: string): boolean {
  const plain = name.toLowerCase().replace(/^::ffff:/, '');
  if (plain === 'localhost' || plain.endsWith('.localhost') || plain === '::1') return true;
  return /^127(?:\.\d{1,3}){3}$/.test(plain);
}
