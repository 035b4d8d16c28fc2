/** Real proxies in front of a server: found on this machine, run as the README says, each on a port of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export type ProxyName = 'nginx' | 'haproxy';

interface ProxyKind {
  /** @returns the arguments to run in the foreground with this configuration. */
  readonly run: (folder: string, configuration: string) => readonly string[];
  /** What it logs once it listens. */
  readonly ready: RegExp;
  /** @returns the whole configuration around what the README shows. */
  readonly whole: (folder: string, snippet: string) => string;
}

const kinds: Readonly<Record<ProxyName, ProxyKind>> = {
  nginx: {
    run: (folder, configuration) => ['-p', folder, '-c', configuration, '-e', 'stderr'],
    ready: /start worker process/,
    whole: (folder, snippet) => `
      daemon off;
      pid ${folder}/nginx.pid;
      error_log stderr notice;
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`).join('\n')}
        ${snippet}
      }`,
  },
  haproxy: {
    run: (_, configuration) => ['-W', '-db', '-f', configuration],
    ready: /Loading success/,
    whole: (_, snippet) => `${snippet}\n`,
  },
};

export function isInstalled(name: ProxyName): boolean {
  return spawnSync(name, ['-v']).error === undefined;
}

/** @returns the README's configuration for this proxy, as it stands there. */
export async function shownInReadme(name: ProxyName): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const snippet = new RegExp(`\`\`\`${name}\n(.*?)\`\`\``, 's').exec(readme)?.[1];
  if (snippet === undefined) throw new Error(`the README shows no configuration of ${name}`);
  return snippet;
}

/**
 * Puts a proxy in front of a server until the test ends.
 * @param snippet its configuration, in which the server is at 127.0.0.1:8080 and the proxy listens on port 80.
 * @returns the URL of the proxy
 */
export async function proxyBefore(
  server: { url: string },
  name: ProxyName,
  snippet: string,
): Promise<string> {
  const { run, ready, whole } = kinds[name];
  const folder = await mkdtemp(join(tmpdir(), `hubbub-${name}-`));
  const address = `127.0.0.1:${await freePort()}`;
  const adapted = snippet
    .replace('127.0.0.1:8080', new URL(server.url).host)
    .replace(/(listen |bind :)80\b/, (_, directive: string) => `${directive.replace(':', '')}${address}`);
  const configuration = join(folder, `${name}.conf`);
  await writeFile(configuration, whole(folder, adapted));

  const child = spawn(name, run(folder, configuration), { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await closed;
    await rm(folder, { recursive: true });
  });
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (ready.test(line)) resolve();
    });
    child.once('error', reject);
    void closed.then(() => reject(new Error(`${name} ended: ${log.join('\n')}`)));
  });
  return `http://${address}`;
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}
