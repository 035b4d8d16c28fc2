#!/usr/bin/env node
/**
 * The executable: asks whether this Node is new enough, then hands over to the command line.
 *
 * What is imported statically here must load on a Node that is too old, or its own syntax error would come first.
 */
import { nodeProblem } from './node-version.ts';

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  void import('./cli.ts').then(({ runCli }) => runCli(process.argv.slice(2)));
} else {
  process.stderr.write(`hubbub: ${problem}\n`);
  process.exitCode = 2;
}
