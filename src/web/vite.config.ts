/** How the page is built: hashed assets beside an index, each also compressed once, so that the server need not. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const outDir = path.resolve(import.meta.dirname, '../../dist/web');

const inFolder = (name: string): string => path.join(import.meta.dirname, name);

/** The server that `npm run dev` starts, for the page that `npm run dev:page` serves. */
const devServer = 'http://127.0.0.1:8080';

export default defineConfig({
  // The page also works below a path, behind a proxy.
  base: './',
  plugins: [react(), compressed()],
  build: {
    outDir,
    emptyOutDir: true,
    rollupOptions: {
      input: ['index.html', 'inspect/index.html', 'inspect/stately/index.html'].map(inFolder),
    },
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The policy of the page allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/ws': { target: devServer, ws: true },
      '/sse': devServer,
      '/poll': devServer,
      '/rooms': devServer,
      '/inspect/socket': { target: devServer, ws: true },
      '/inspect/recording.jsonl': devServer,
      '/inspect/stately.json': devServer,
      '/inspect/stately/socket': { target: devServer, ws: true },
    },
  },
});

function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle() {
      const names = await readdir(outDir, { recursive: true });
      await Promise.all(names.filter((name) => /\.(?:html|js|css|svg)$/.test(name)).map(compress));
    },
  };
}

async function compress(name: string): Promise<void> {
  const file = path.join(outDir, name);
  const text = await readFile(file);
  await Promise.all([
    writeFile(`${file}.br`, await promisify(brotliCompress)(text)),
    writeFile(`${file}.gz`, await promisify(gzip)(text, { level: 9 })),
  ]);
}
