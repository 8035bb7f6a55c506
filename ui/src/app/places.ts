// Addresses of things that have a path.

function parts(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Where a notebook is edited. */
export function editAddress(path: string): string {
  return `/edit/${parts(path)}`;
}

/** Where a notebook or a folder is read; a page of the server, not of ours. */
export function viewAddress(path: string): string {
  return `view/${parts(path)}`;
}
