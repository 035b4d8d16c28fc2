/**
 * How the tests run: with the program and the page built before them, and two files at a time, for they wait more than they work.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { globalSetup: 'test/support/build.ts', maxWorkers: 2 } });
