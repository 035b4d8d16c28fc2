/**
 * How the tests run: with the program and the page built before them and Redis there, and two files at a time, for they
 * wait more than they work. Files share their modules, which takes half the time and lets no file leave anything behind
 * for the next; but for the one that makes a document of its own.
 */
import { defineConfig } from 'vitest/config';

const withDocument = 'test/react.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts', 'test/support/install-redis.ts'],
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'document', include: [withDocument] } },
      {
        extends: true,
        test: { name: 'node', include: ['test/**/*.test.ts'], exclude: [withDocument], isolate: false },
      },
    ],
  },
});
