// Addresses of things that have a path.

function parts(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Where a notebook is edited. */
export function editAddress(path: string): string {
  return `/edit/${parts(path)}`;
}

/** Where a folder's notebooks are; the top has the empty path. */
export function folderAddress(path: string): string {
  return path === "" ? "/notebooks" : `/notebooks/${parts(path)}`;
}

/** The way to a folder: every folder on it, with its address. */
export function folderCrumbs(folder: string): [label: string, to: string][] {
  const names = folder === "" ? [] : folder.split("/");
  return [["Notebooks", "/notebooks"], ...names.map((name, index): [string, string] => [name, folderAddress(names.slice(0, index + 1).join("/"))])];
}

/** Where a notebook or a folder is read; a page of the server, not of ours. */
export function viewAddress(path: string): string {
  return `view/${parts(path)}`;
}
