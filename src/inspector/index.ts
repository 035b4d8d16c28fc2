/**
 * The inspector for any XState v5 system in Node: it shows every actor on a local page, with its statechart and its story.
 *
 * ```ts
 * const inspector = createInspector();
 * const actor = createActor(machine, { inspect: inspector.inspect }).start();
 * const { url } = await inspector.listen({ port: 4000 });
 * ```
 */
import type { InspectionEvent } from 'xstate';
import { systemClock } from '../clock.ts';
import { Inspector as Engine } from './inspector.ts';
import { servePageAlone, type PageServer } from './page-server.ts';
import { SystemSubject } from './system-subject.ts';

export type { Recording, RecordingLimits } from './recording.ts';
export { readRecording, RecordingError } from './recording.ts';
export type * from './messages.ts';

export interface InspectorOptions {
  /** What the page calls the program: `xstate` unless given. */
  readonly title?: string;
  /** What is kept: 20,000 records and 16 MiB unless given. */
  readonly keep?: { readonly records: number; readonly bytes: number };
  /** The Stately Inspector that a click on the page opens. */
  readonly statelyUrl?: string;
  /** Is told, once, when something went wrong in the inspector itself; the actors never notice. */
  readonly onFault?: (thrown: unknown) => void;
}

export interface ListenOptions {
  /** 0, or nothing, takes a free one. */
  readonly port?: number;
  /** `127.0.0.1` unless given; any other than this machine's needs a token. */
  readonly host?: string;
  /** A secret that the page's URL has to have as `?token=`. */
  readonly token?: string;
}

export interface Inspector {
  /**
   * The observer for `createActor(machine, { inspect })`. While nobody watches it adds next to nothing to what having an
   * observer costs in XState itself.
   */
  readonly inspect: (event: InspectionEvent) => void;
  /** Serves the page. @returns where. @throws the system's error where it cannot listen. */
  listen(options?: ListenOptions): Promise<{ readonly url: string }>;
  /** Writes all that happens from now on to `write`, as the lines of a recording. @returns how to end it. */
  record(write: (line: string) => void): () => void;
  /** Lets go of every actor, viewer and port. */
  close(): Promise<void>;
}

const statelyInspectorUrl = 'https://stately.ai/inspect';

export function createInspector(options: InspectorOptions = {}): Inspector {
  const { title = 'xstate', keep, statelyUrl = statelyInspectorUrl, onFault = () => undefined } = options;
  const subject = new SystemSubject(title);
  const engine = new Engine({
    subject,
    clock: systemClock,
    onFault,
    statelyUrl,
    ...(keep === undefined ? {} : { limits: keep }),
  });
  const servers: PageServer[] = [];
  return {
    inspect: (event) => subject.observe(event),
    listen: async ({ port = 0, host = '127.0.0.1', token = '' } = {}) => {
      const server = await servePageAlone({
        host,
        port,
        token,
        tokenSetting: 'listen({ token })',
        statelyUrl,
        clock: systemClock,
        watched: engine,
        recording: () => engine.export(),
      });
      servers.push(server);
      return {
        url: token === '' ? server.url : `${server.url}?${new URLSearchParams({ token }).toString()}`,
      };
    },
    record: (write) => engine.record({ write: (line) => write(line) }),
    close: async () => {
      await Promise.all(servers.map(async (server) => server.close()));
      await engine.close();
    },
  };
}
