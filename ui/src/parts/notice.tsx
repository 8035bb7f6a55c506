// What a screen says while there is nothing to show: loading, empty, failed.
import type { ReactNode } from "react";

import type { ApiError } from "../api/client.ts";
import { retry } from "../api/query.ts";

export function Loading({ what }: { what: string }) {
  return (
    <div className="skeleton" role="status" aria-label={`Loading ${what}`}>
      <i /><i /><i />
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="notice"><b>{title}</b>{children}</div>;
}

export function Failure({ error }: { error: ApiError }) {
  return (
    <div className="notice wrong" role="alert">
      <b>{error.status === 404 ? "Not found" : error.offline ? "The server cannot be reached" : "That did not work"}</b>
      {error.offline ? null : <span>{error.message}</span>}
      {typeof error.problem.hint === "string" ? <span>{error.problem.hint}</span> : null}
      {error.status === 404 ? null : <button type="button" className="button" onClick={retry}>Try again</button>}
    </div>
  );
}
