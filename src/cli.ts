/**
 * The command line: its commands, every setting as a flag and an environment variable, and one line for each error.
 */
import { Command, CommanderError, Help, Option } from 'commander';
import { ConfigError, defineConfig, parseValue, showValue } from './config.ts';
import { environmentOf, flagOf, settings } from './settings.ts';
import type { Config } from './config.ts';
import type { Setting, SettingName } from './settings.ts';
import { defaultUrl } from './load/options.ts';
import type { LoadFlags } from './load/options.ts';
import { statelyRecipe } from './inspector/stately-recipe.ts';
import type { ReplayFlags } from './replay-command.ts';
import type { TerminalFlags } from './terminal-command.ts';
import { packageVersion } from './package-version.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The exit code for a mistake in what was asked: a flag, a variable, a port that cannot be had. */
const usageExitCode = 2;

const helpWidth = 100;

const settingNames = Object.keys(settings) as SettingName[];

/** The headings in --help; each one stands above a setting and holds until the next. */
const headings: Partial<Record<SettingName, string>> = {
  port: 'Listening:',
  maxConnections: 'Limits:',
  rate: 'Rates:',
  handshakeTimeoutMs: 'Timeouts:',
  registerCapacity: 'Channels and outboxes:',
  historyMessages: 'History and recovery:',
  redis: 'Several servers:',
  presenceTtlMs: 'Presence:',
  compress: 'Extras:',
  inspector: 'Inspector:',
  logLevel: 'Logging:',
};

/** What stands for a value in --help; a switch takes none. */
const placeholders: Record<Setting['kind'], string> = {
  duration: ' <time>',
  count: ' <number>',
  text: ' <text>',
  list: ' <text>',
  choice: ' <word>',
  switch: '',
};

/**
 * Runs one command to its end, and sets the process's exit code.
 * @param args what follows the program's name.
 */
export async function runCli(args: readonly string[], environment: Environment = process.env): Promise<void> {
  bearClosedPipes();
  try {
    await createProgram(environment).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // help or version was shown
    if (!(error instanceof CommanderError || error instanceof ConfigError)) throw error;
    process.stderr.write(`hubbub: ${oneLine(error.message)}\n`);
    process.exit(usageExitCode);
  }
}

/** Whoever reads our output may go at any time (`hubbub --help | head -1`): that is no error. */
function bearClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

function oneLine(message: string): string {
  return message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
}

function createProgram(environment: Environment): Command {
  const program = new Command('hubbub')
    .description('A multi-room WebSocket chat server in which every moving part is an actor you can watch.')
    .usage('[command] [options]')
    .version(packageVersion(), '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({
      outputError: () => {}, // runCli says it, in one line
      getOutHelpWidth: () => Math.min(process.stdout.isTTY ? process.stdout.columns : helpWidth, helpWidth),
    });
  const serve = addServeCommand(program, environment);
  addTerminalCommands(program, environment);
  addLoadCommand(program);
  addReplayCommand(program);
  return program.configureHelp({
    // `hubbub --help` is the default command's help too.
    visibleOptions: (command) => [
      ...new Help().visibleOptions(command),
      ...(command === program ? serve.options : []),
    ],
  });
}

function addServeCommand(program: Command, environment: Environment): Command {
  const serve = program
    .command('serve', { isDefault: true })
    .description('run the server: what hubbub does without a command')
    .allowExcessArguments() // to name the word that is too much, below
    .action(async ({ stately }: { stately?: true }) => {
      const [unexpected] = serve.args;
      if (unexpected !== undefined) serve.error(`unknown command or argument '${unexpected}'`);
      const config = defineConfig({ ...readEnvironment(environment), ...readFlags(serve) });
      if (stately === true) {
        process.stdout.write(statelyRecipe(config.port, config.statelyUrl));
        return;
      }
      await runServe(config);
    });
  for (const option of createOptions()) serve.addOption(option);
  serve.addOption(
    new Option('--stately', 'show how the Stately Inspector can show these actors, and yours').helpGroup(
      'Inspector:',
    ),
  );
  return serve;
}

/** Each part is loaded only where it runs: so that help and errors come at once, and a primary is small. */
async function runServe(config: Config): Promise<void> {
  if (config.workers === 0) {
    const { serveUntilSignal } = await import('./serve.ts');
    return serveUntilSignal(config);
  }
  const { Seat } = await import('./workers/seat.ts');
  const seat = Seat.take(config.workers);
  if (seat === undefined) {
    const { serveByWorkers } = await import('./workers/primary.ts');
    return serveByWorkers(config);
  }
  const { serveAsWorker } = await import('./workers/serve.ts');
  return serveAsWorker(config, seat);
}

/** The server that the terminal commands are for, unless `--url` or HUBBUB_URL names another. */
const localUrl = 'http://127.0.0.1:8080';

function addTerminalCommands(program: Command, environment: Environment): void {
  const create = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .usage('[room] [options]')
      .argument('[room]', 'the room', 'general')
      .option('--url <url>', `the server\n(default ${localUrl}, HUBBUB_URL)`)
      .option('--name <text>', 'your display name\n(default one that the server makes up)')
      .allowExcessArguments(); // to name the word that is too much, below
  const chat = create(
    'chat',
    'chat in a room on the terminal; says each line of its input where that is a pipe',
  )
    .option('--wait <time>', 'how long a pipe tries to get through\n(default 30s)')
    .action(async (room: string, flags: Partial<TerminalFlags>) => {
      const { runChat } = await import('./terminal-command.ts');
      await runChat(room, withUrl(chat, flags, environment));
    });
  const tail = create('tail', 'print what is said in a room as JSON, one message a line').action(
    async (room: string, flags: Partial<TerminalFlags>) => {
      const { runTail } = await import('./terminal-command.ts');
      await runTail(room, withUrl(tail, flags, environment));
    },
  );
}

function withUrl(command: Command, flags: Partial<TerminalFlags>, environment: Environment): TerminalFlags {
  const [, unexpected] = command.args;
  if (unexpected !== undefined) command.error(`unexpected argument '${unexpected}'`);
  return { ...flags, url: flags.url ?? (environment['HUBBUB_URL'] || localUrl) };
}

function addLoadCommand(program: Command): void {
  const load = program
    .command('load')
    .description('test how much a hubbub server bears, with virtual users who talk in its rooms')
    .usage('[url] [options]')
    .argument('[url]', 'the server', defaultUrl)
    .option('--vus <number>', 'virtual users\n(default 1000)')
    .option('--duration <time>', 'how long it takes, the ramp included\n(default 60s)')
    .option('--ramp <time>', 'in which the users come, evenly\n(default a sixth of the duration)')
    .option('--rooms <number>', 'rooms that the users are spread over: load-0, load-1 …\n(default 10)')
    .option('--rate <number>', 'messages a second of each user; 0 only listens\n(default 1)')
    .option('--payload <bytes>', 'size of what a message says\n(default 64)')
    .option(
      '--threshold <condition>',
      'what has to be, or the exit code is 99: p95<200, p99<=500, max<1000, avg<50, lost==0, checks==100; ' +
        'several by repeating it',
      (text, previous?: readonly string[]) => [...(previous ?? []), text],
    )
    .option('--json', 'print the report as one JSON document instead of the summary')
    .option('--html <file>', 'write the report as one self-contained page')
    .allowExcessArguments() // to name the word that is too much, below
    .action(async (url: string, flags: LoadFlags) => {
      const [, unexpected] = load.args;
      if (unexpected !== undefined) load.error(`unexpected argument '${unexpected}'`);
      const { runLoad } = await import('./load-command.ts');
      await runLoad(url, flags);
    });
}

function addReplayCommand(program: Command): void {
  const replay = program
    .command('replay')
    .description("show what --record has recorded on the inspector's page, offline")
    .usage('<file> [options]')
    .argument('<file>', 'the recording')
    .option('--port <number>', 'port to listen on\n(default a free one)')
    .allowExcessArguments() // to name the word that is too much, below
    .action(async (file: string, flags: ReplayFlags) => {
      const [, unexpected] = replay.args;
      if (unexpected !== undefined) replay.error(`unexpected argument '${unexpected}'`);
      const { runReplay } = await import('./replay-command.ts');
      await runReplay(file, flags);
    });
}

function createOptions(): Option[] {
  let heading = '';
  return settingNames.map((name) => {
    heading = headings[name] ?? heading;
    return createOption(name).helpGroup(heading);
  });
}

function createOption(name: SettingName): Option {
  const { kind } = settings[name];
  const option = new Option(`--${flagOf(name)}${placeholders[kind]}`, describe(name));
  if (kind === 'list') {
    return option.argParser((text, previous?: readonly string[]) => [
      ...(previous ?? []),
      ...(parseValue(name, text) as readonly string[]),
    ]);
  }
  return kind === 'switch' ? option : option.argParser((text) => parseValue(name, text));
}

function describe(name: SettingName): string {
  const setting: Setting = settings[name];
  const shown = showValue(name, setting.default) || 'none';
  const meaning =
    setting.kind === 'choice' ? `${setting.meaning}: ${setting.choices.join(', ')}` : setting.meaning;
  const repeats = setting.kind === 'list' ? '; several by repeating it or with commas' : '';
  return `${meaning}${repeats}\n(default ${shown}, ${environmentOf(name)})`;
}

function readFlags(command: Command): Partial<Config> {
  const options = new Map(command.options.map((option) => [option.name(), option]));
  const given = settingNames.flatMap((name) => {
    const option = options.get(flagOf(name));
    const value: unknown = option && command.getOptionValue(option.attributeName());
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

/** @throws ConfigError naming the variable whose text is no value of its setting. */
function readEnvironment(environment: Environment): Partial<Config> {
  const given = settingNames.flatMap((name) => {
    const text = environment[environmentOf(name)];
    // An empty variable is how container and unit files say "not set".
    return text === undefined || text === '' ? [] : [[name, parseValue(name, text, 'environment')] as const];
  });
  return Object.fromEntries(given);
}
