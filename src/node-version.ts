/**
 * The oldest Node that runs hubbub, and what to say to an older one.
 *
 * An old Node has to read this file to say so: it keeps to syntax that every Node with modules knows.
 */
const oldest = { major: 20, minor: 19 };

/**
 * @param version as in `process.versions.node`: `20.19.0`.
 * @returns one line saying that this Node is too old, or undefined where it is not.
 */
export function nodeProblem(version: string): string | undefined {
  const [major, minor] = version.split('.').map(Number);
  if (major === undefined || minor === undefined) return undefined;
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `Node ${oldest.major}.${oldest.minor} or newer is needed, and this is Node ${version}`;
}
