/** Where the package's own files are: this one is one folder below its root both as source and as built, alone or bundled. */
const root = new URL('../', import.meta.url);

/** @param name as seen from the root, such as `dist/web/` */
export function packageFile(name: string): URL {
  return new URL(name, root);
}
