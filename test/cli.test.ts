import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showValue } from '../src/config.ts';
import { environmentOf, flagOf, settings } from '../src/settings.ts';
import type { SettingName } from '../src/settings.ts';
import { runHubbub, startHubbub } from './support/processes.ts';
import type { ChildOptions } from './support/processes.ts';

// Each test starts Node anew, which a busy machine does not do within the usual five seconds.
const patient = { timeout: 120_000 };

/** Runs hubbub with a mistake. @returns the one line it gives. */
async function mistakeOf(
  args: readonly string[],
  environment: ChildOptions['environment'] = {},
): Promise<string> {
  const { code, stdout, stderr } = await runHubbub(args, { environment });
  expect({ code, stdout, lines: stderr.length }).toEqual({ code: 2, stdout: [], lines: 1 });
  return stderr.join();
}

describe('help', patient, () => {
  test('lists every flag with its default and its environment variable, within 100 columns', async () => {
    const { code, stdout, stderr } = await runHubbub(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: [] });
    expect(stdout.filter((line) => line.length > 100)).toEqual([]);
    for (const name of Object.keys(settings) as SettingName[]) {
      const first = stdout.findIndex((line) => new RegExp(`^  --${flagOf(name)}( |$)`).test(line));
      expect(first, `--${flagOf(name)} is listed`).toBeGreaterThan(0);
      const shown = showValue(name, settings[name].default) || 'none';
      const details = stdout.slice(first).find((line) => line.includes('(default '));
      expect(details?.trim()).toBe(`(default ${shown}, ${environmentOf(name)})`);
    }
  });

  test('is the same for the serve command, which is the default one', async () => {
    const [whole, serve] = await Promise.all([runHubbub(['--help']), runHubbub(['serve', '--help'])]);
    const flags = serve.stdout.filter((line) => line.startsWith('  -'));
    expect(flags.length).toBeGreaterThan(Object.keys(settings).length);
    expect(whole.stdout).toEqual(expect.arrayContaining(flags));
    expect(serve.code).toBe(0);
    expect(whole.stdout.find((line) => line.startsWith('  serve'))).toContain('without a command');
  });

  test('ends quietly when its reader goes away', async () => {
    const child = startHubbub(['--help']);
    child.closeStdout();
    expect(await child.ended).toMatchObject({ code: 0, stderr: [] });
  });
});

test('--version shows the version of the package', patient, async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await runHubbub(['--version'])).toMatchObject({ code: 0, stdout: [version], stderr: [] });
});

describe('a mistake is one line on stderr and exit code 2', patient, () => {
  test('an unknown flag', async () => {
    expect(await mistakeOf(['--prot', '9000'])).toBe(
      "hubbub: unknown option '--prot' (Did you mean --port?)",
    );
  });

  test('an unknown command', async () => {
    expect(await mistakeOf(['sreve'])).toBe("hubbub: unknown command or argument 'sreve'");
  });

  test('a flag without its value', async () => {
    expect(await mistakeOf(['serve', '--port'])).toBe("hubbub: option '--port <number>' argument missing");
  });

  test('a flag with a bad value', async () => {
    expect(await mistakeOf(['--ping-period', '25'])).toBe(
      'hubbub: --ping-period 25: must be a duration such as 250ms, 25s or 2m',
    );
  });

  test('a variable with a bad value', async () => {
    expect(await mistakeOf([], { HUBBUB_PORT: '99999' })).toBe(
      'hubbub: HUBBUB_PORT=99999: must be from 0 to 65535',
    );
  });

  test('one bad origin among several', async () => {
    expect(await mistakeOf(['--origin', 'https://a.example,b.example'])).toBe(
      'hubbub: --origin https://a.example,b.example: "b.example" is not an exact origin such as https://chat.example.com',
    );
  });

  test('two settings that do not fit together, wherever they come from', async () => {
    expect(await mistakeOf(['--drain-grace', '10s'], { HUBBUB_DRAIN_TIMEOUT: '5s' })).toBe(
      'hubbub: --drain-grace 10s: must not be longer than --drain-timeout 5s',
    );
  });
});
