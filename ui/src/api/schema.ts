// Made by `npm run schema` from openapi/nbpress.json; a test compares them. Do not edit.

/** How the working copies of a job's notebooks differ from what it runs. */
export type Ahead = {
  /** Whether any does. */
  ahead: boolean;
  /** What has changed, by task; absent where nothing has. */
  tasks: { [name: string]: unknown };
};

/** An answer to what a cell asked. */
export type AnswerRequest = {
  /** The line, without its end. */
  answer: string;
  /** The notebook in the served folder. */
  path: string;
  /** The question, by its id. */
  question: string;
};

/** An API token, without its secret. */
export type ApiToken = {
  /** When it was made. */
  created_at: string;
  /** From when on it opens nothing. */
  expires_at?: string | null;
  /** Its id. */
  id: string;
  /** When it was last used, to the minute. */
  last_used_at?: string | null;
  /** What it is for. */
  name: string;
  /** Since when it is revoked. */
  revoked_at?: string | null;
  /** What it may do at most; the user's role may allow less. */
  scopes: Permission[];
  /** The name of the user it acts for. */
  user: string;
};

/** What a cell of a notebook waits for. */
export type Asked = {
  question?: Question | null;
};

/** One try of a run. */
export type Attempt = {
  /** When a worker took it. */
  claimed_at: string;
  class?: FailureClass | null;
  /** A stable word for what happened. */
  code?: string | null;
  /** When it ended. */
  ended_at?: string | null;
  /** From 1. */
  number: number;
  /** The profile it ran on. */
  profile: string;
  /** One sentence for people. */
  reason?: string | null;
  /** Its record. */
  record: string;
  /** The hash of its record, once it is over and if it left one. */
  record_sha256?: string | null;
  /** The run. */
  run: string;
  /** `running`, or how it ended: `succeeded`, `failed`, `cancelled`, `lost`. */
  state: AttemptState;
  /** What it used. */
  usage: Usage;
  /** The worker that has or had it. */
  worker: string;
};

/** How an attempt ended, as the worker says. */
export type AttemptEnd = {
  /** The cell it ended in. */
  cell?: number | null;
  /** Its cells. */
  cells?: CellSummary[];
  class?: FailureClass | null;
  /** A stable word for what happened. */
  code?: string | null;
  /** The exception's type. */
  ename?: string | null;
  /** The exception's text, shortened. */
  evalue?: string | null;
  /** One sentence for people. */
  reason?: string | null;
  /** The hash of its record; absent where nothing was started. */
  record_sha256?: string | null;
  /** The values it reported. */
  scraps?: ScrapValue[];
  /** `succeeded`, `failed` or `cancelled`. */
  state: AttemptState;
  /** What it used. */
  usage?: Usage;
};

/** The state of an attempt. */
export type AttemptState = "running" | "succeeded" | "failed" | "cancelled" | "lost";

/** A change that somebody made. */
export type AuditEntry = {
  /** What was done; of runs, the state they are in now. */
  action: string;
  /** Who: a user, `scheduler`, or `worker:NAME`. */
  actor: string;
  /** When. */
  at: string;
  /** In some words. */
  detail: string;
  /** Of this row and all before it, SHA-256. */
  hash: string;
  /** Its id. */
  object: string;
  /** Its place in the chain, from 1, without gaps. */
  seq: number;
  /** To what: `run`, `job`, `schedule`, `batch`, `pool`, `worker`, `channel`. */
  what: string;
};

/** What a look at the whole chain found. */
export type AuditReport = {
  /** The first row that is not as it was written; absent if all are. */
  damaged?: number | null;
  /** The hash of the last one. */
  hash: string;
  /** Rows looked at. */
  rows: number;
};

/** Runs of a job for the logical times of a range. */
export type BackfillRequest = {
  /** How many run at once; 1 if absent. */
  concurrency?: number | null;
  /** The first instant. */
  from: string;
  /** After this many failures no further one begins. */
  max_failures?: number | null;
  /** Values that replace the job's. */
  parameters?: { [name: string]: unknown };
  /** Whether times that have a run already are run again. */
  reprocess?: Reprocess;
  /** The schedule whose times they are, by name; the job's only one if absent. */
  schedule?: string | null;
  /** The first instant that is not part of it. */
  to: string;
  trigger?: Trigger | null;
};

/** A batch as it is now. */
export type Batch = {
  /** When it was made. */
  created_at: string;
  /** Who made it. */
  created_by: string;
  /** When its last run ended. */
  ended_at?: string | null;
  /** Its id. */
  id: string;
  /** The job, by id. */
  job?: string | null;
  /** What its runs differ by. */
  kind: BatchKind;
  /** For people: what was asked for. */
  label: string;
  /** Runs by state. */
  runs: { [name: string]: number };
  /** Whether it goes on. */
  state: BatchState;
  /** How many run at once. */
  width: number;
  /** The team or person it belongs to. */
  workspace: string;
};

/** Whether runs differ by parameters or by the time they stand for. */
export type BatchKind = "sweep" | "backfill";

/** Whether a batch goes on. */
export type BatchState = "active" | "cancelled" | "done";

/** Some batches. */
export type Batches = {
  /** Newest first. */
  batches: Batch[];
};

/** What a worker is told at each beat. */
export type Beat = {
  /** Whether it is to take no more. */
  draining: boolean;
  /** Everything it should have; whatever else it runs, it must stop. */
  held: Held[];
};

/** Why a run is ended. */
export type CancelRequest = {
  /** For people. */
  reason?: string | null;
};

/** What is made up for after the scheduler was away. */
export type CatchUp = "none" | "latest" | "all";

/** What a list of cells shows of one. */
export type CellSummary = {
  /** How long it took. */
  duration_seconds?: number | null;
  /** Its id. */
  id?: string | null;
  /** Its place, from 0. */
  index: number;
  /** What became of it. */
  status: string;
};

/** Before all cells or none. */
export type Cells = "every" | "off";

/** One way to tell somebody, as it stands in a job's definition. */
export type Channel = {
  kind: "email";
  /** Addresses (RFC 5321), 1 to 50. */
  to: string[];
} | {
  kind: "webhook";
  secret?: SecretRef | null;
  /** Where to. */
  url: HookUrl;
} | {
  kind: "slack";
  /** Where to. Whoever has Slack's address can write to the channel: better a reference. */
  url: HookUrl;
};

/** An attempt that a worker has taken: all it needs to begin. */
export type Claim = {
  /** The attempt, and fencing number. */
  attempt: number;
  /** The job's name. */
  job?: string | null;
  logical?: LogicalTime | null;
  /** The notebook's path in the snapshot. */
  notebook: string;
  /** Values for its parameters cell. */
  parameters: { [name: string]: unknown };
  /** The size it runs in. */
  profile: Profile;
  /** The name its record must have. */
  record: string;
  resume?: Resume | null;
  /** The run. */
  run: string;
  /** How it runs. */
  settings: RunSettings;
  /** What to execute. */
  snapshot: string;
  /** Labels. */
  tags: { [name: string]: string };
  /** The task of the job. */
  task?: string | null;
  /** The request that asked for it, as W3C's `traceparent`, where that is traced. */
  trace?: string | null;
  /** The team or person it belongs to. */
  workspace: string;
};

/** What a worker can take. */
export type ClaimRequest = {
  /** Processors that are free. */
  cpus: number;
  /** Bytes of memory that are free. */
  memory_bytes: number;
  /** How many runs. */
  most: number;
};

/** What a column holds, as far as its header cares. */
export type ColumnKind = "number" | "time" | "text";

/** A setting of the server that answers. */
export type Configured = {
  /** What it is for. */
  about: string;
  /** Its name in a file of settings. */
  name: string;
  /** `default`, `flag`, a variable's name, or a file and a line: `/etc/nbpress/nbpress.toml:7`. */
  origin: string;
  /** Whether its value is never shown. */
  secret: boolean;
  /** What it is, as one would write it; absent where nothing is set, or it is a secret. */
  value?: string | null;
};

/** What a server has of a record. */
export type Copied = {
  /** The large values of it, by their SHA-256. */
  blobs: string[];
  /** How much of its journal, in bytes. */
  length: number;
};

/** How much is in an index. */
export type Counts = {
  /** Bytes of the file. */
  bytes: number;
  /** Notebooks of workspaces. */
  notebooks: number;
  /** Notebooks that runs made. */
  runs: number;
};

/** A time of day by which a run should be finished: `07:00` in `Europe/Berlin`. */
export type Deadline = {
  /** Hours and minutes, `00:00` to `23:59`. */
  by: string;
  /** A name of the IANA database. */
  time_zone: string;
};

/** What a document is of. */
export type DocumentKind = "notebook" | "run";

/** The text of a cell as somebody types it. */
export type DraftCell = {
  /** The cell, by its id. */
  cell: string;
  /** All of it. */
  source: string;
};

/** What a window has that is not saved yet. */
export type DraftRequest = {
  /** The cells whose text it has changed; none where all is saved. */
  cells: DraftCell[];
  /** The notebook in the served folder. */
  path: string;
  /** What the window calls itself. */
  window: string;
};

/** What a run ran in. */
export type Environment = {
  /** The commit that the notebook's folder was at, where it is under Git. */
  commit?: string | null;
  /** The kernel's own program with its version: `ipython 9.1.0`. */
  implementation?: string | null;
  /** The kernelspec's name; absent where no kernel answered. */
  kernel?: string | null;
  /** The kernel's language with its version: `python 3.11.2`. */
  language?: string | null;
  /** Package and version of everything that could be imported; absent where the language keeps no list. */
  packages?: { [name: string]: string } | null;
  /** The machine's system. */
  platform: string;
};

/** The body of every answer that is an error. */
export type ErrorBody = {
  /** What went wrong. */
  error: Problem;
};

/** Cells of a notebook that are to run. */
export type ExecuteRequest = {
  /** The cells by their ids, in the order they are to run; every cell of code if empty. */
  cells?: string[];
  /** The kernelspec of a kernel that has to be started; the notebook's own if absent. */
  kernel?: string | null;
  /** The notebook in the served folder. */
  path: string;
  /** Whether somebody answers what the cells ask with `input()`; if not, asking is an error. */
  stdin?: boolean;
};

/** Cells that were asked to run. */
export type Executing = {
  /** The cells, in order, with the requests by whose ids the kernel's messages name them. */
  cells: ExecutingCell[];
  /** The kernel; its state is in `/v1/kernels`. */
  kernel: string;
};

/** A cell that was asked to run. */
export type ExecutingCell = {
  /** Its id in the notebook. */
  cell: string;
  /** The request's id. */
  request: string;
};

/** Who must act so that the next run does not fail. */
export type FailureClass = "user" | "timeout" | "resource" | "platform" | "invalid" | "upstream";

/** One version of a file. */
export type FileVersion = {
  /** Who saved it, where that is known. */
  by?: string | null;
  /** SHA-256 of its bytes in hexadecimal digits. */
  hash: string;
  /** Names it among those of its file; `/view/PATH?version=ID` shows it. */
  id: string;
  /** The name somebody gave it. */
  name?: string | null;
  /** When it was saved, or found to have been written by another program. */
  saved_at: string;
  /** Bytes. */
  size: number;
};

/** What became of the report that an attempt ended. */
export type Finish = "recorded" | "repeated" | "fenced";

/** One time for which a run is started. */
export type Fire = {
  /** Where the data it looks at ends, not included: the logical time. */
  interval_end: string;
  /** Where the data it looks at begins: the tick before, even one before the schedule's start. */
  interval_start: string;
  /** The instant the run stands for, whenever it really starts. */
  logical_time: string;
  /** The time zone in which the logical time has its date: an IANA name. */
  zone: string;
};

/** A page of hits. */
export type Found = {
  /** Best first; newest first where nothing was searched for. */
  hits: FoundHit[];
  /** What to ask for the next page with; absent on the last one. */
  next?: string | null;
};

/** A notebook or run that was found. */
export type FoundHit = Hit & {
  /** The path of its page on this server; `#cell-N`, with N the cell's number plus one, is a cell of it. */
  url: string;
};

/** What somebody is to be in a workspace. */
export type GrantRequest = {
  /** The role. */
  role: Role;
};

/** An attempt that a worker should have. */
export type Held = {
  /** The attempt. */
  attempt: number;
  /** Whether it is to be stopped. */
  cancel: boolean;
  /** Its record. */
  record: string;
  /** The run. */
  run: string;
};

/** A window with a notebook. */
export type HereRequest = {
  /** Whether it is just being closed. */
  leaves?: boolean;
  /** The notebook in the served folder. */
  path: string;
  /** What the window calls itself; the same for as long as it is open. */
  window: string;
};

/**
 * How many values lie in each of 20 bins of equal width from the minimum to the maximum. The last
 * bin holds the maximum too.
 */
export type Histogram = {
  /** Values in each bin. */
  bins: number[];
};

/** A document that was found. */
export type Hit = {
  /** Who wrote it. */
  authors: string[];
  /** What its metadata say about it. */
  description: string;
  /** Of a run: `job`, `state`. */
  facts: { [name: string]: string };
  /** What it is of. */
  kind: DocumentKind;
  /** When it last changed. */
  modified: string;
  /** The path that people know it by. */
  path: string;
  /** A notebook's path, or a run's id. */
  place: string;
  /** The places that matched best, or how it begins. */
  snippets: Snippet[];
  /** What it is filed under. */
  tags: string[];
  /** What it is called. */
  title: string;
  /** The title, and what of it matched. */
  title_spans: Span[];
  /** The workspace it belongs to. */
  workspace: string;
};

/** Whether a run is kept whatever the retention says. */
export type HoldRequest = {
  /** Whether. */
  hold: boolean;
};

/**
 * A web address, or the [reference](SecretRef) to a secret that is one. Shown without what comes after
 * the host, where many services put a token.
 */
export type HookUrl = string;

/** What a webhook brought about. */
export type Hooked = {
  /** Whether this call made it, and not an earlier one with the same `Idempotency-Key`. */
  is_new: boolean;
  /** The run. */
  run?: string | null;
};

/** A person as an OpenID provider knows them. */
export type Identity = {
  /** The provider's address (`iss`). */
  issuer: string;
  /** The person's name there, which is never given to another one (`sub`). */
  subject: string;
};

/** A run that another program did. */
export type ImportRequest = {
  /** The executed notebook, in base64, of which the run's record is made. */
  executed?: string | null;
  /** The run. */
  run: PastRun;
};

/** A run that is there now. */
export type Imported = {
  /** Its name: the same whenever it is imported. */
  id: string;
  /** Whether it was not there before. */
  is_new: boolean;
};

/** How far the index is. */
export type IndexState = {
  /** How much is in it. */
  counts: Counts;
  /** Reading notebooks of the served folder. */
  notebooks: ReaderState;
  /** Reading what runs made. */
  runs: ReaderState;
};

/** A user who was made, or is to sign in anew. */
export type Invited = {
  /** The path of a page that signs them in, once: shown only here. The server's address comes before it. */
  link: string;
  /** From when on it does not. */
  link_expires_at: string;
  /** The user. */
  user: User;
};

/** A job and its newest version. */
export type Job = {
  /** When it was made. */
  created_at: string;
  /** What that version says. */
  definition: JobDefinition;
  /** Its id. */
  id: string;
  /** Its name in the workspace. */
  name: string;
  /** When its newest version was made. */
  updated_at: string;
  /** Its newest version, from 1. */
  version: number;
  /** The team or person it belongs to. */
  workspace: string;
};

/** One version of a job: never changed, so that a run can point to it. */
export type JobDefinition = {
  deadline?: Deadline | null;
  /** What people should know about it. */
  description?: string;
  /** Who is told of what. */
  notify?: NotifyRule[];
  /** Named sets of parameters. */
  presets?: { [name: string]: { [name: string]: unknown } };
  /** Labels for finding its runs. */
  tags?: { [name: string]: string };
  /** The notebooks, in any order; one is enough. */
  tasks: Task[];
};

/** What a job is to be. */
export type JobRequest = {
  deadline?: Deadline | null;
  /** What people should know about it. */
  description?: string;
  /** Who is told of what. */
  notify?: NotifyRule[];
  /** Named sets of parameters. */
  presets?: { [name: string]: unknown };
  /** Labels of its runs. */
  tags?: { [name: string]: string };
  /** Its notebooks. */
  tasks?: TaskRequest[];
};

/** A run of a job that is asked for. */
export type JobRunRequest = {
  /** Values that replace the job's. */
  parameters?: { [name: string]: unknown };
  /** One of its presets. */
  preset?: string | null;
};

/** One version of a job. */
export type JobVersion = {
  /** When it was made. */
  created_at: string;
  /** Who made it. */
  created_by: string;
  /** What it says. */
  definition: JobDefinition;
  /** From 1. */
  version: number;
};

/** One version of a job. */
export type JobVersionRef = {
  /** The job, by id. */
  id: string;
  /** Its name. */
  name: string;
  /** The version, from 1. */
  version: number;
};

/** Some jobs. */
export type Jobs = {
  /** By name. */
  jobs: Job[];
};

/**
 * Before which cells the state of the kernel is kept, should the run fail: `every`, `off`, or a number of
 * seconds, which keeps it before cells that come after so much work.
 */
export type Keep = Cells | number;

/** The state of a run that failed. */
export type Kept = {
  /** When it ends. */
  until: string;
};

/** An interactive kernel. */
export type KernelStatus = {
  /** The cells that run or wait, by their ids, in the order they were asked for. */
  cells: string[];
  /** Clients that are connected. */
  connections: number;
  /** Processor time of everything it started, in seconds. */
  cpu_seconds?: number | null;
  /** Its id. */
  id: string;
  /** When it last sent or was sent a message. */
  last_activity: string;
  /** Resident memory of everything it started, in bytes; what processes share is counted for each. */
  memory_bytes?: number | null;
  /** The kernelspec's name. */
  name: string;
  /** Who asked for it, by name; empty where nobody did. */
  owner: string;
  /** The documents it belongs to. */
  paths: string[];
  /** Its process, while there is one. */
  process_id?: number | null;
  /** How many processes there are. */
  processes?: number | null;
  /** Why it is dead or had to be restarted. */
  reason?: string | null;
  /** `starting`, `idle`, `busy`, `restarting` or `dead`. */
  state: string;
};

/** An author or a tag. */
export type Label = {
  /** How many documents have it. */
  count: number;
  /** As it is written in one of the documents. */
  name: string;
};

/** The authors and tags of what somebody may see. */
export type Labels = {
  /** The most frequent first. */
  authors: Label[];
  /** The most frequent first. */
  tags: Label[];
};

/** The end of the chain. */
export type LastChange = {
  /** The place of the newest change, from 1; 0 where there is none. */
  seq: number;
};

/** How long a copy of a journal is. */
export type Length = {
  /** In bytes. */
  length: number;
};

/** The instant a run stands for, and the data interval that belongs to it. */
export type LogicalTime = {
  /** The instant. */
  at: string;
  /** End of the interval, not part of it. */
  interval_end: string;
  /** Beginning of the interval. */
  interval_start: string;
  /** The time zone in which its date is meant. */
  time_zone: string;
};

/** A share link that was made. */
export type MadeShare = Share & {
  /** The path of the link: shown only here. The server's address comes before it. */
  link: string;
};

/** A token that was made. */
export type MadeToken = ApiToken & {
  /** What is sent as `Authorization: Bearer SECRET`: shown only here. */
  secret: string;
};

/** Who asks, and what they may do. */
export type Me = {
  /** Whether JupyterLab is served here, at `lab`. */
  lab: boolean;
  /** The name in audits. */
  name: string;
  /** What may be done in each workspace with what was shown; `*` is all of them. */
  permissions: { [name: string]: Permission[] };
  /** From when on what was shown opens nothing. */
  until?: string | null;
  user?: User | null;
};

/** A schedule that is to exist. */
export type NewSchedule = {
  /** When it fires. */
  definition: ScheduleDefinition;
  /** Its name in its job. */
  name?: string;
  /** Values that replace the job's. */
  parameters?: { [name: string]: unknown };
};

/** A worker that introduces itself. */
export type NewWorker = {
  /** Its processors. */
  cpus: number;
  /** Its machine. */
  host: string;
  /** Its id, the same after it was started again: what it held it still holds. */
  id: string;
  /** Its memory, in bytes. */
  memory_bytes: number;
  /** Its name for people. */
  name: string;
  /** How many runs it takes at once. */
  slots: number;
  /** Its version. */
  version: string;
};

/** Whether there may be something to do. */
export type News = {
  /** Another number than before when there may be. */
  count: number;
};

/** What people can be told of. */
export type NoticeKind = "started" | "succeeded" | "failed" | "late" | "recovered";

/** Who is told of what. */
export type NotifyRule = {
  /** The channel, by name. */
  channel: string;
  /** Of what. */
  on: NoticeKind[];
};

/** Who else has it open. */
export type Others = {
  /** By name; somebody with two windows twice. */
  others: string[];
};

/** A notice on its way. */
export type Outgoing = {
  /** The channel it goes to, by name; with `/` and a recipient where it goes to one of several. */
  channel: string;
  /** When it was written. */
  created_at: string;
  /** The same at every try, so that receivers can tell repetitions. */
  id: string;
  /** What happened. */
  kind: NoticeKind;
  /** Why the last try failed. */
  last_error?: string | null;
  /** The run it is about. */
  run: string;
  /** When it was delivered. */
  sent_at?: string | null;
  /** `pending`, `sent` or `dead`. */
  state: string;
  /** How often it was tried. */
  tries: number;
};

/** What happens when a run is due and the one before is still on. */
export type Overlap = "queue" | "skip" | "replace" | {
  /** It runs beside the others. */
  allow: {
    /** How many runs may be on at a time. */
    n: number;
  };
};

/** What a notebook's parameters cell says about one parameter. */
export type ParameterSchema = {
  /** Smallest and largest value, as the notebook writes them. */
  bounds?: string | null;
  /** The only values allowed; empty where all are. */
  choices?: unknown[];
  /** The default, where it is a literal. */
  default?: unknown;
  /** What the comment says about it. */
  help?: string;
  /** Its name in the notebook's code. */
  name: string;
  /** Whether it must be given. */
  required?: boolean;
  /** Its type, as the notebook writes it: `int`, `list[str]`, `date | None`. */
  type: string;
};

/** A part of a notebook. */
export type Part = "description" | "parameters" | "markdown" | "source" | "output";

/** A run that another program did. */
export type PastRun = {
  /** The cell it ended in, from 0 in the executed notebook without papermill's error marks. */
  cell?: number | null;
  class?: FailureClass | null;
  /** The exception's type. */
  ename?: string | null;
  /** When it ended. */
  ended_at: string;
  /** The exception's text. */
  evalue?: string | null;
  /** What names the run for all time, wherever it is read: so it is imported once. */
  identity: string;
  /** The job it is listed with, by name. */
  job?: string | null;
  /** The notebook, as the program named it. */
  notebook: string;
  /** Where it was read, without credentials. */
  origin: string;
  /** Values for its parameters cell. */
  parameters?: { [name: string]: unknown };
  /** One sentence for people. */
  reason?: string | null;
  /** When it began. */
  started_at: string;
  /** `succeeded`, `failed` or `cancelled`. */
  state: AttemptState;
  /** Which program. */
  tool: Tool;
};

/** Something that may be done in a workspace. */
export type Permission = "read" | "run" | "write" | "operate" | "admin";

/** A number of slots; a run that names the pool holds one while it runs. */
export type Pool = {
  /** The slots that are held. */
  held: PoolSlot[];
  /** Its name. */
  name: string;
  /** How many runs may run at once. Lowering it lets those that run end first. */
  slots: number;
  /** Runs that wait for one. */
  waiting: number;
};

/** How large a pool is to be. */
export type PoolRequest = {
  /** How many runs may hold a slot at once. */
  slots: number;
};

/** A slot and who holds it. */
export type PoolSlot = {
  /** Its number. */
  n: number;
  /** The run. */
  run: string;
};

/** When a schedule would fire. */
export type Preview = {
  /** The next 20 times. */
  upcoming: Fire[];
};

/** What went wrong with a request. */
export type Problem = {
  /** A stable word for programs. */
  code: string;
  /** The part of the request it is about, as a path. */
  field?: string | null;
  /** What would be right. */
  hint?: string | null;
  /** What happened. */
  message: string;
};

/** How much processor and memory an attempt may use. */
export type Profile = {
  /** Processors; `0.5` is half of one. */
  cpus: number;
  /** Bytes of memory. */
  memory_bytes: number;
  /** Its name. */
  name: string;
  /** The profile a run that ran out of memory is tried on next. */
  next?: string | null;
};

/** How runs fit the profiles. */
export type ProfileFit = {
  /** How many of them would have fit the default profile. */
  fit_default: number;
  /** The most memory one of those 20 held, in bytes. */
  peak_memory_bytes?: number | null;
  /** Runs that were looked at: those of the last 30 days whose use is known. */
  runs: number;
  /** Their share, from 0 to 1; absent without runs. */
  share?: number | null;
  /** The smallest profile that would have held this notebook's last 20 runs, with a fifth to spare. */
  suggested?: string | null;
};

/** What a statement answered. */
export type QueryResult = {
  /** Names of the columns. */
  columns: string[];
  /** Values: texts, numbers and nulls. */
  rows: { [name: string]: unknown }[][];
  /** Whether there were more rows than the limit lets through. */
  truncated: boolean;
};

/** What a running cell waits for. */
export type Question = {
  /** The cell, by its id. */
  cell: string;
  /** Which request asks, to tell two questions apart. */
  id: string;
  /** Whether what is written must not be shown. */
  password: boolean;
  /** What stands before the place to write in; may be empty. */
  prompt: string;
};

/** How far one kind of documents is read. */
export type ReaderState = {
  /** When the last look ended. */
  finished_at?: string | null;
  /** How many were compared with the index since this look began. */
  looked_at: number;
  /** How many of these were read, because they had changed. */
  read: number;
  /** Whether it is being looked for changes now. */
  works: boolean;
};

/** Kernels that were started ahead, each to be used once. */
export type ReadyKernels = {
  /** How many were handed over since it began. */
  handed_over: number;
  /** How many of these live. */
  in_use: number;
  /** Why somebody had to start a kernel of their own, last. */
  last_reason?: string | null;
  /** By kernelspec and environment. */
  shelves: ReadyShelf[];
};

/** What is kept ready of one kernelspec and environment. */
export type ReadyShelf = {
  /** The kernelspec's name. */
  kernel: string;
  /** What they and their template hold, in bytes; what they share counts once. */
  memory_bytes: number;
  /** How many wait. */
  ready: number;
  /** Why none is kept ready. */
  refused?: string | null;
  /** Whether they are forked from a template, which has done what they all would do. */
  template: boolean;
};

/** How an attempt ended, on its way to the server. */
export type Report = {
  /** The attempt. */
  attempt: number;
  /** How it ended. */
  end: AttemptEnd;
  /** Its record. */
  record: string;
  /** The run. */
  run: string;
};

/** Which times of a backfill that have a run already are run again. */
export type Reprocess = "none" | "failed" | "all";

/** How a run is done again. */
export type RestartRequest = {
  /** Values that replace the run's. */
  parameters?: { [name: string]: unknown };
  /** Of the run of a whole job: also the tasks that succeeded. */
  whole?: boolean;
};

/**
 * Where a run goes on from: with the kernel's state, where that is kept and the same worker has it, else by
 * running the cells before again.
 */
export type Resume = {
  /** The cell to go on at, from 0 in the executed notebook; the one it ended in when absent. */
  from?: number | null;
  /** The record of its last attempt. */
  record: string;
  /** The run that ended before all its cells had run. */
  run: string;
  /** What it executed. */
  snapshot: string;
};

/**
 * With which notebook a run goes on, and where. Without any, with the one that failed: for a table that was
 * not there yet.
 */
export type ResumeRequest = {
  /** Patterns of files that `source` needs; the job's if there are none. */
  files?: string[];
  /** The cell to go on at, from 0 in the executed notebook, instead of the one that failed; never a later one. */
  from?: number | null;
  /** The folder that `files` are relative to; the job's if absent. */
  root?: string | null;
  /** The notebook as it is now, where the server can read it: an absolute path, `s3://…`, `https://…`. */
  source?: string | null;
  upload?: UploadRequest | null;
};

/** What a run that goes on has of the one before. */
export type Resumed = {
  /** The cell it was to go on at, from 0 in the executed notebook. */
  cell?: number | null;
  /** Cells before the one that had failed whose code is not what ran. */
  changed: number[];
  /** The first cell that ran; those before were carried over. */
  first?: number | null;
  /** What could not be carried over, or not be used, each in words. */
  lost: string[];
  /** That run; the same one where an attempt goes on from the attempt before. */
  run: string;
  /**
   * How it has what the cells before did: `fork` from the kept state, `rerun` by running them again. Absent
   * until that is known, and where its worker had nothing of that run.
   */
  way?: string | null;
};

/** How long runs are kept. */
export type Retention = {
  /** Days that runs which failed are kept. */
  keep_failed_days: number;
  /**
   * Days that runs which succeeded, were cancelled or skipped are kept; the last 20 good ones of a job
   * always are.
   */
  keep_succeeded_days: number;
  /** Whether nothing may be forgotten. */
  legal_hold?: boolean;
};

/** How often a run is tried again, by who must act. */
export type RetryPolicy = {
  /** Seconds before the first; doubled each time, ten minutes at most. */
  delay_seconds?: number;
  /** After the kernel died or the worker was lost. */
  platform?: number;
  /** After memory ran out; each on the next larger profile. */
  resource?: number;
  /** Go on where the attempt before failed, where its state is kept, instead of from the beginning. */
  resume?: boolean;
  /** After a time limit. */
  timeout?: number;
  /** After an exception in a cell. */
  user?: number;
};

/** What somebody is in a workspace. Each role may do what the one before it may, and more. */
export type Role = "viewer" | "editor" | "operator" | "admin";

/** A run as it is now. */
export type Run = {
  /** Its current or last attempt, from 1; 0 before the first. Also the fencing number. */
  attempt: number;
  /** The sweep or backfill it belongs to. */
  batch?: string | null;
  /** The cell it ended in, from 0 in the executed notebook. */
  cell?: number | null;
  class?: FailureClass | null;
  /** A stable word for what happened: `exception`, `oom`, `worker_lost`. */
  code?: string | null;
  /** When it was made. */
  created_at: string;
  /** The exception's type. */
  ename?: string | null;
  /** When it ended. */
  ended_at?: string | null;
  /** The exception's text. */
  evalue?: string | null;
  /** Its name. */
  id: string;
  /** Whether it only holds the runs of its tasks. */
  is_flow: boolean;
  job?: JobVersionRef | null;
  /** Whether its deadline passed before it was over. */
  late: boolean;
  /** Whether it is kept whatever the retention says. */
  legal_hold: boolean;
  logical?: LogicalTime | null;
  /** The notebook's path in the snapshot. */
  notebook: string;
  /** Values for its parameters cell. */
  parameters: { [name: string]: unknown };
  /** The run of the whole job. */
  parent?: string | null;
  /** Its place in it. */
  point?: number | null;
  /** One sentence for people. */
  reason?: string | null;
  /** The record of its last attempt. */
  record?: string | null;
  /** The hash of that record, once the run is over. */
  record_sha256?: string | null;
  /** What it executes. */
  snapshot: string;
  /** How it runs and who is told. */
  spec: RunSpec;
  /** When its first attempt began. */
  started_at?: string | null;
  /** What state it is in. */
  state: RunState;
  /** Labels. */
  tags: { [name: string]: string };
  /** The task of the job. */
  task?: string | null;
  /** What brought it about. */
  trigger: TriggerKind;
  /** Who asked, or the schedule, batch or run that did. */
  triggered_by: string;
  /** What its last attempt used. */
  usage: Usage;
  /** The team or person it belongs to. */
  workspace: string;
};

/** A run with everything known about it. */
export type RunDetails = Run & {
  /** Its attempts, first to last. */
  attempts: Attempt[];
  /** The cells of its last attempt that is over. */
  cells: CellSummary[];
  kept?: Kept | null;
  /** What people were told of it. */
  notices: Outgoing[];
  resumed?: Resumed | null;
  /** One sentence that says what it waits for. */
  waiting?: string | null;
};

/** Some runs, and where the next ones are. */
export type RunPage = {
  /** What to ask for the next page with; absent on the last one. */
  next?: string | null;
  /** Newest first. */
  runs: Run[];
};

/** A run that is asked for: of a job, of a notebook that is sent, or of one the server can read. */
export type RunRequest = {
  /** Patterns of files the notebook needs. */
  files?: string[];
  /** The job, by name. */
  job?: string | null;
  /** Values for its parameters. */
  parameters?: { [name: string]: unknown };
  /** One of the job's presets. */
  preset?: string | null;
  /** The folder that `files` are relative to; the notebook's if absent. */
  root?: string | null;
  settings?: RunSettings | null;
  /** A notebook where the server can read it: an absolute path, `s3://…`, `https://…`. */
  source?: string | null;
  /** Not before this. */
  start_at?: string | null;
  /** Labels. */
  tags?: { [name: string]: string };
  upload?: UploadRequest | null;
  /** The workspace; `main` if absent. */
  workspace?: string | null;
};

/** How a notebook runs; the same for a task of a job and for a run without one. */
export type RunSettings = {
  /** Variables of the kernel's environment, besides the worker's. */
  environment?: { [name: string]: string };
  /**
   * When the state of its kernel is kept. Its limits then hold for each process by itself: a control group
   * would end with the kernel.
   */
  keep?: Keep;
  /** A kernel other than the notebook's. */
  kernel?: string | null;
  /** The pool a slot is taken from while it runs. */
  pool?: string | null;
  /** From -10 to 10; a run one higher goes before runs that have waited 15 minutes longer. */
  priority?: number;
  /** The profile, by name; the default one when absent. */
  profile?: string | null;
  /** How often it is tried again. */
  retry?: RetryPolicy;
  /** Secret parameters by where the worker finds their value: `env:NAME` or `file:PATH`. */
  secrets?: { [name: string]: string };
  /** How long things may take. */
  timeouts?: Timeouts;
};

/** How a run runs and who is told: fixed when the run is made. */
export type RunSpec = {
  deadline?: Deadline | null;
  /** Who is told of what. */
  notify?: NotifyRule[];
  resume?: Resume | null;
  /** When it runs, once the runs it waits for are over. */
  rule?: UpstreamRule;
  /** How it runs. */
  settings?: RunSettings;
  /** The request that asked for it, as W3C's `traceparent`, where that is traced. */
  trace?: string | null;
};

/**
 * The state of a run.
 *
 * blocked ─► queued ─► running ─► succeeded | failed
 *    │          │  ◄─────┘ │ (retry)
 *    │          │          └─► cancelling ─► cancelled
 *    └─► skipped └─► cancelled
 */
export type RunState = "blocked" | "queued" | "running" | "cancelling" | "succeeded" | "failed" | "cancelled" | "skipped";

/** A schedule as it is now. */
export type Schedule = {
  /** When it fires. */
  definition: ScheduleDefinition;
  /** Its id. */
  id: string;
  /** The job, by id. */
  job: string;
  /** The job's name. */
  job_name: string;
  /** Its name in its job. */
  name: string;
  /** When it fires next; absent for triggers that are no times. */
  next_at?: string | null;
  /** Values that replace the job's. */
  parameters: { [name: string]: unknown };
  /** Whether it fires at all. */
  paused: boolean;
  /** The team or person it belongs to. */
  workspace: string;
};

/** A schedule as a user gives it. */
export type ScheduleDefinition = {
  /** What is made up for after the scheduler was away. */
  catch_up?: CatchUp;
  /**
   * How old a missed time may be to be made up for; at most 366 days. Less than a minute counts as
   * one.
   */
  catch_up_window_seconds?: number;
  /** The first instant at which it may no longer fire. */
  end_at?: string | null;
  /**
   * Starts are spread over this long, each schedule's and time's by an amount of its own; at most a
   * day.
   */
  jitter_seconds?: number;
  /** How many runs may wait with overlap `queue`; the oldest beyond that are skipped. */
  max_queued?: number;
  /** What happens when the run before is still on. */
  overlap?: Overlap;
  /** The first instant at which it may fire. */
  start_at?: string | null;
  /** What makes the job run. */
  trigger: Trigger;
};

/** A schedule, when it fires next, and, once, the address of its webhook. */
export type ScheduleDetails = Schedule & {
  /** The secret path of its webhook: shown when it is made, and never again. */
  hook?: string | null;
};

/** Some schedules. */
export type Schedules = {
  /** By job and name. */
  schedules: Schedule[];
};

/** A value a run reported. */
export type ScrapValue = {
  /** Its name. */
  name: string;
  /** The number it is, where it is one. */
  number?: number | null;
  /** The value. */
  value: { [name: string]: unknown };
};

/** The manifest that closes a copy of a record. */
export type Seal = {
  /** The manifest's text; absent where the runner was killed. */
  manifest?: string | null;
  /** The hash of the record, as the report has it. */
  sha256: string;
};

/**
 * Where a secret is: `env:NBPRESS_SECRET_…`, a variable of the server, or `file:/path`, a file in one of
 * its folders for secrets. Whoever may define a channel may use each of them, and nothing else that the
 * server knows.
 */
export type SecretRef = string;

/** A share link, without its secret. */
export type Share = {
  /** When it was made. */
  created_at: string;
  /** By whom. */
  created_by: string;
  /** From when on it shows nothing. */
  expires_at: string;
  /** Its id. */
  id: string;
  /** Since when it is revoked. */
  revoked_at?: string | null;
  /** What it shows. */
  target: ShareTarget;
  /** The workspace its target is in. */
  workspace: string;
};

/** A share link that is to exist. */
export type ShareRequest = {
  /** From when on it shows nothing. */
  expires_at: string;
  /** What it shows. */
  target: ShareTarget;
  /** The workspace; `main` if absent. */
  workspace?: string | null;
};

/** What a share link shows. */
export type ShareTarget = {
  kind: "file";
  /** Its path, without a slash before it. */
  path: string;
} | {
  kind: "folder";
  /** Its path, without slashes around it. */
  path: string;
} | {
  kind: "version";
  /** The file's path. */
  path: string;
  /** The version, by id. */
  version: string;
} | {
  kind: "run";
  /** The run, by id. */
  run: string;
} | {
  /** The job, by name. */
  job: string;
  kind: "job";
};

/** A piece of a notebook around what was found. */
export type Snippet = {
  /** The cell, from 0; absent where it is of no cell. */
  cell?: number | null;
  /** Where it is from. */
  part: Part;
  /** The text in pieces, without line ends. */
  spans: Span[];
};

/** Some text, and what of it matched. */
export type Span = {
  /** Whether it is what was searched for. */
  is_match: boolean;
  /** The text. */
  text: string;
};

/** A question. */
export type SqlRequest = {
  /** One `SELECT` over the views `runs`, `params`, `scraps` and `cells`. */
  sql: string;
};

/** A channel of a workspace, as it was defined. */
export type StoredChannel = {
  /** What the scheduler reads as a channel. */
  definition: { [name: string]: unknown };
  /** Its name in its workspace. */
  name: string;
};

/** One column of the rows a filter lets through. */
export type Summary = {
  /** Its name. */
  column: string;
  /** Rows with a value. */
  count: number;
  /** Distinct values: exact below 1024, estimated to about 3 % above. */
  distinct: number;
  histogram?: Histogram | null;
  /** What it holds. */
  kind: ColumnKind;
  /** The largest finite number or time. */
  max?: number | null;
  /** The mean of the finite numbers or times. */
  mean?: number | null;
  /** The smallest finite number or time. */
  min?: number | null;
  /** Rows without one; NaN is none. */
  nulls: number;
  /** The most frequent texts, at most 10, most frequent first; absent if there are too many to count. */
  top?: TopValue[] | null;
};

/** Runs of a job at many points of its parameters. */
export type SweepRequest = {
  /** How many run at once; 1 if absent. */
  concurrency?: number | null;
  /** For people. */
  label?: string;
  /** After this many failures no further one begins. */
  max_failures?: number | null;
  /** The points, each a set of values that replace the job's. */
  points?: { [name: string]: unknown }[];
};

/** A column. */
export type TableColumn = {
  /** What it holds, in one word. */
  kind: ColumnKind;
  /** Its name. */
  name: string;
  /** Its type in Arrow's words. */
  type: string;
};

/** A part of a table. */
export type TablePage = {
  /** The columns of the rows, in order. */
  columns: TableColumn[];
  /** How many rows the filter lets through. */
  matching: number;
  /**
   * Each an array in the order of the columns. Integers beyond 2^53 and decimals are text, times are ISO 8601,
   * NaN and infinities are null. There can be fewer than asked for where there are many columns.
   */
  rows: unknown[][];
  /** Of each of the columns, where it was asked for. */
  summary?: Summary[] | null;
  /** How many rows the table has. */
  total: number;
  /**
   * Names the bytes that were asked: an answer with another version is one of another table. Null where a table
   * cannot become another one.
   */
  version?: string | null;
};

/** One notebook of a job. */
export type Task = {
  /** The tasks it waits for. */
  depends_on?: string[];
  /** The files published with it, as patterns. */
  files?: string[];
  /** Its name within the job. */
  key?: string;
  /** The notebook's path in the snapshot. */
  notebook: string;
  /** Values for it. A text `${tasks.load.scraps.rows}` stands for a value an earlier task reported. */
  parameters?: { [name: string]: unknown };
  /** The folder its files are relative to, if it is not the notebook's. */
  root?: string | null;
  /** When it runs, once they are over. */
  rule?: UpstreamRule;
  /** What the notebook's parameters cell declares. */
  schema?: ParameterSchema[];
  /** How it runs. */
  settings?: RunSettings;
  /** The snapshot it runs, by SHA-256. */
  snapshot: string;
  /** Where the notebook was published from; editing it there changes no run. */
  source?: string | null;
};

/**
 * A notebook of a job: one the server can read, one of the folder it serves, one that is sent, or a snapshot that is
 * there.
 */
export type TaskRequest = {
  /** The tasks it waits for. */
  depends_on?: string[];
  /** Patterns of files it needs. */
  files?: string[];
  /** Its name in the job; `main` if absent. */
  key?: string | null;
  /** Values for its parameters; `${tasks.KEY.scraps.NAME}` for what an earlier task reports. */
  parameters?: { [name: string]: unknown };
  /** A notebook of the served folder, by its path there. */
  path?: string | null;
  /** The folder that `files` are relative to; the notebook's if absent. */
  root?: string | null;
  /** When it runs, once they are over. */
  rule?: UpstreamRule;
  /** How it runs. */
  settings?: RunSettings;
  /** A snapshot, by SHA-256. */
  snapshot?: string | null;
  /** A notebook where the server can read it. */
  source?: string | null;
  upload?: UploadRequest | null;
};

/** How long things may take, in seconds. */
export type Timeouts = {
  /** One cell. */
  cell_seconds?: number | null;
  /** Waiting for a worker. */
  queue_seconds?: number | null;
  /** One attempt, from the start of its kernel. */
  run_seconds?: number;
  /** The kernel's start. */
  start_seconds?: number;
};

/** A token that is to exist. */
export type TokenRequest = {
  /** From when on it opens nothing; absent for never. */
  expires_at?: string | null;
  /** What it is for. */
  name?: string;
  /** What it may do at most; the user's role may allow less. */
  scopes?: Permission[];
  /** The user it acts for; whoever asks, where absent. That of somebody else only admins make. */
  user?: string | null;
};

/** The program that did a run. */
export type Tool = "papermill" | "jupyter-scheduler";

/** A text and how often it comes. */
export type TopValue = {
  /** How many rows have it. */
  count: number;
  /** The text. */
  value: string;
};

/** Runs by state. */
export type Totals = {
  /** Runs that are not over, by state. */
  live: { [name: string]: number };
};

/** What makes a job run. */
export type Trigger = {
  /**
   * Five fields, minute hour day month weekday, or `@hourly`, `@daily`, `@midnight`, `@weekly`,
   * `@monthly`, `@yearly`, `@annually`.
   */
  expression: string;
  kind: "cron";
  /** A name of the IANA database. */
  time_zone: string;
} | {
  /**
   * An instant at which it fires; others are counted from it, both ways. Without it the
   * schedule's start, or else 1970.
   */
  anchor?: string | null;
  /** From 1 to ten years. */
  every_seconds: number;
  kind: "interval";
} | {
  /** The other job's name. */
  job: string;
  kind: "after";
  /** Which ends count. */
  on?: UpstreamEnd;
} | {
  kind: "webhook";
};

/** What brought a run about. */
export type TriggerKind = "manual" | "schedule" | "after" | "webhook" | "sweep" | "backfill" | "restart" | "import";

/** A notebook, or a `.sql`, `.py`, `.R` or `.sh` file that becomes one, with the files it needs. */
export type UploadRequest = {
  /** Its bytes, in base64. */
  content: string;
  /** The files beside it. */
  files?: UploadedFile[];
  /** Its path: what people see. */
  name: string;
};

/** A file that a notebook needs. */
export type UploadedFile = {
  /** Its bytes, in base64. */
  content: string;
  /** Its path, relative to where the notebook's path is relative to. */
  path: string;
};

/** After which ends of another job a job runs. */
export type UpstreamEnd = "success" | "any";

/** When a task runs, given how the tasks before it ended. */
export type UpstreamRule = "all_success" | "all_done" | "any_failed";

/** What an attempt used. */
export type Usage = {
  /** Processor time, in seconds. */
  cpu_seconds?: number | null;
  /** What it wrote, in bytes. */
  disk_bytes?: number | null;
  /** The most memory it held, in bytes. */
  peak_memory_bytes?: number | null;
  /** From its start to its end, in seconds. */
  wall_seconds?: number | null;
};

/** Somebody who may use the server. */
export type User = {
  /** Since when there is such a user. */
  created_at: string;
  /** Whether they may do nothing at all. */
  disabled: boolean;
  /** What people are shown. */
  display_name: string;
  /** Where they can be written to. */
  email?: string | null;
  /** Its id. */
  id: string;
  identity?: Identity | null;
  /** The name in audits and addresses; it never changes. */
  name: string;
  /** Their role in each workspace; `*` is all of them. */
  roles: { [name: string]: Role };
};

/** What is to change of a user; what is absent stays. */
export type UserChange = {
  /** Whether they may do nothing at all. */
  disabled?: boolean | null;
  /** What people are shown. */
  display_name?: string | null;
  /** Where they can be written to; empty for nowhere. */
  email?: string | null;
};

/** A user who is to exist. */
export type UserRequest = {
  /** What people are shown; the name where empty. */
  display_name?: string;
  /** Where they can be written to. */
  email?: string | null;
  identity?: Identity | null;
  /** The name in audits and addresses; it never changes. */
  name?: string;
  /** Their role in each workspace; `*` is all of them. */
  roles?: { [name: string]: Role };
};

/** A name for a version of a file. */
export type VersionName = {
  /** The version's id. */
  id: string;
  /** Its new name; empty for none. */
  name: string;
  /** The file in the served folder. */
  path: string;
};

/** A version of a file. */
export type VersionRequest = {
  /** The version's id. */
  id: string;
  /** The file in the served folder. */
  path: string;
};

/** A worker as it is now. */
export type Worker = NewWorker & {
  /** How often it was heard. */
  beats: number;
  /** Runs it has. */
  running: number;
  /** When it was heard last, by the server's clock. */
  seen_at: string;
  /** Whether it takes runs. */
  state: WorkerState;
};

/** Whether a worker takes runs. */
export type WorkerState = "up" | "draining" | "gone";

/** Every route: what is in its path, query and body, and what it answers. */
export interface Routes {
  /** Changes, oldest first. */
  "GET /v1/audit": { path: object; query: { after?: number; object?: string; limit?: number; workspace?: string }; body: undefined; answer: AuditEntry[] };
  /** Computes the chain of all changes again. */
  "GET /v1/audit/verify": { path: object; query: { workspace?: string }; body: undefined; answer: AuditReport };
  /** Lists sweeps and backfills, newest first. */
  "GET /v1/batches": { path: object; query: { workspace?: string }; body: undefined; answer: Batches };
  /** A sweep or backfill. */
  "GET /v1/batches/{batch}": { path: { batch: string }; query: { workspace?: string }; body: undefined; answer: Batch };
  /** Ends a sweep or backfill and its runs. */
  "POST /v1/batches/{batch}/cancel": { path: { batch: string }; query: { workspace?: string }; body: undefined; answer: Batch };
  /** What the runs of a sweep or backfill reported, by run: numbers, and values of at most 200 bytes. */
  "GET /v1/batches/{batch}/scraps": { path: { batch: string }; query: { workspace?: string }; body: undefined; answer: { [name: string]: ScrapValue[] } };
  /** Lists a workspace's channels. */
  "GET /v1/channels": { path: object; query: { workspace?: string }; body: undefined; answer: StoredChannel[] };
  /** Makes or changes a channel. Secrets are named (`env:NBPRESS_SECRET_NAME`, `file:PATH`), never given. */
  "PUT /v1/channels/{name}": { path: { name: string }; query: { workspace?: string }; body: Channel; answer: StoredChannel };
  /** Removes a channel. */
  "DELETE /v1/channels/{name}": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /**
   * Follows what happens to files directly in a directory (`path`; empty for the top), as server-sent events of JSON:
   * `path`, `kind` (`created`, `changed`, `deleted`, `renamed`), `etag`, and `from` where it was renamed. Told are
   * changes by other programs and by every client; a client knows its own by the etag that its save was answered
   * with. An event named `missed` says that some were, and that the directory is worth another look. Of notebooks
   * there are `cells` (`path`, and the `cells` that run or wait) and `draft`: what a `window` has that is not saved.
   */
  "GET /v1/contents/events": { path: object; query: { path: string; notebook?: string; workspace?: string }; body: undefined; answer: undefined };
  /** Changes from any place on, live: an event's id is its place in the chain. */
  "GET /v1/events": { path: object; query: { after?: number; workspace?: string }; body: undefined; answer: undefined };
  /** The newest change's place: `/v1/events?after=` it brings what comes then. */
  "GET /v1/events/last": { path: object; query: { workspace?: string }; body: undefined; answer: LastChange };
  /** Whether the server answers. */
  "GET /v1/health": { path: object; query: { workspace?: string }; body: undefined; answer: unknown };
  /** Fires the schedule whose webhook this is; the body is the run's parameters. */
  "POST /v1/hooks/{secret}": { path: { secret: string }; query: { workspace?: string }; body: unknown; answer: Hooked };
  /** Adds a run that another program did, with its own times, only to be read. Adding it again changes nothing. */
  "POST /v1/import": { path: object; query: { workspace?: string }; body: ImportRequest; answer: Imported };
  /** Lists jobs by name. */
  "GET /v1/jobs": { path: object; query: { workspace?: string }; body: undefined; answer: Jobs };
  /** A job and its newest version. */
  "GET /v1/jobs/{name}": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: Job };
  /** Publishes a job: takes snapshots of its notebooks and their files, and makes a version. */
  "PUT /v1/jobs/{name}": { path: { name: string }; query: { workspace?: string }; body: JobRequest; answer: Job };
  /** Hides a job and ends its schedules; its runs stay. */
  "DELETE /v1/jobs/{name}": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** Whether a job's notebooks were edited since it was published, and how. */
  "GET /v1/jobs/{name}/ahead": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: Ahead };
  /** Runs a job for every logical time of a range that has no run yet. */
  "POST /v1/jobs/{name}/backfill": { path: { name: string }; query: { workspace?: string }; body: BackfillRequest; answer: Batch };
  /** The newest run of a job that succeeded. */
  "GET /v1/jobs/{name}/last-good": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: Run };
  /** Publishes a job's notebooks as they are now. */
  "POST /v1/jobs/{name}/republish": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: Job };
  /** Runs a job now. */
  "POST /v1/jobs/{name}/run": { path: { name: string }; query: { workspace?: string }; body: JobRunRequest; answer: Run };
  /** Makes a schedule of a job, or changes it: it fires from now on, never back. */
  "PUT /v1/jobs/{name}/schedules": { path: { name: string }; query: { workspace?: string }; body: NewSchedule; answer: ScheduleDetails };
  /** Runs a job at many points. */
  "POST /v1/jobs/{name}/sweep": { path: { name: string }; query: { workspace?: string }; body: SweepRequest; answer: Batch };
  /** The versions of a job, newest first. */
  "GET /v1/jobs/{name}/versions": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: JobVersion[] };
  /**
   * Lists interactive kernels. They are started, interrupted and restarted at Jupyter's own
   * `/api/kernels`.
   */
  "GET /v1/kernels": { path: object; query: { workspace?: string }; body: undefined; answer: KernelStatus[] };
  /** What is kept ready on the server's machine; nothing where no pool runs there (`nbpress ready start`). */
  "GET /v1/kernels/ready": { path: object; query: { workspace?: string }; body: undefined; answer: ReadyKernels | null };
  /** Ends a kernel with everything it started. */
  "DELETE /v1/kernels/{kernel}": { path: { kernel: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** Says who asks, and what they may do. */
  "GET /v1/me": { path: object; query: { workspace?: string }; body: undefined; answer: Me };
  /**
   * Shows the others who have a notebook open what is being typed. It is for them to see and kept nowhere: what counts
   * is what is saved.
   */
  "POST /v1/notebooks/draft": { path: object; query: { workspace?: string }; body: DraftRequest; answer: undefined };
  /**
   * Runs cells of a notebook in its kernel, which is started if there is none. Their outputs are written into
   * the notebook as they come, whether or not anybody is connected. No cell runs after one that fails.
   */
  "POST /v1/notebooks/execute": { path: object; query: { workspace?: string }; body: ExecuteRequest; answer: Executing };
  /** Says that a window has a notebook open, and who else has. A window that does not say so again is forgotten. */
  "POST /v1/notebooks/here": { path: object; query: { workspace?: string }; body: HereRequest; answer: Others };
  /** What a running cell of a notebook asks for with `input()`. It is asked until somebody answers, or the cell ends. */
  "GET /v1/notebooks/input": { path: object; query: { path: string; workspace?: string }; body: undefined; answer: Asked };
  /** Answers what a running cell asks for. */
  "POST /v1/notebooks/input": { path: object; query: { workspace?: string }; body: AnswerRequest; answer: undefined };
  /** What a notebook declares in its parameters cell, as it is saved. */
  "GET /v1/notebooks/parameters": { path: object; query: { path: string; workspace?: string }; body: undefined; answer: ParameterSchema[] };
  /** Lists pools, with who holds their slots: empty for runs that one may not see. */
  "GET /v1/pools": { path: object; query: { workspace?: string }; body: undefined; answer: Pool[] };
  /** Makes a pool, or changes its number of slots. */
  "PUT /v1/pools/{name}": { path: { name: string }; query: { workspace?: string }; body: PoolRequest; answer: Pool[] };
  /** Removes a pool that no run needs. */
  "DELETE /v1/pools/{name}": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** Which share of runs fits the default profile, and which profile a notebook needs. */
  "GET /v1/profile-fit": { path: object; query: { workspace?: string; notebook?: string }; body: undefined; answer: ProfileFit };
  /** Lists profiles, smallest first. */
  "GET /v1/profiles": { path: object; query: { workspace?: string }; body: undefined; answer: Profile[] };
  /** Makes or changes a profile. */
  "PUT /v1/profiles": { path: object; query: { workspace?: string }; body: Profile; answer: Profile[] };
  /** Removes a profile. */
  "DELETE /v1/profiles/{name}": { path: { name: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** Whether the server can do its work. */
  "GET /v1/ready": { path: object; query: { workspace?: string }; body: undefined; answer: unknown };
  /** How long the runs of a workspace are kept. */
  "GET /v1/retention": { path: object; query: { workspace?: string }; body: undefined; answer: Retention };
  /** Sets how long the runs of a workspace are kept. */
  "PUT /v1/retention": { path: object; query: { workspace?: string }; body: Retention; answer: Retention };
  /** Lists runs, newest first. `param.NAME=VALUE` and `tag.NAME=VALUE` filter by parameters and labels. */
  "GET /v1/runs": { path: object; query: { workspace?: string; job?: string; state?: string; class?: string; batch?: string; parent?: string; since?: string; until?: string; cursor?: string; limit?: number }; body: undefined; answer: RunPage };
  /** Submits a run. A repeated request with the same `Idempotency-Key` answers with the first one's run. */
  "POST /v1/runs": { path: object; query: { workspace?: string }; body: RunRequest; answer: Run };
  /** A run, by its name, the beginning of it, or `latest`. */
  "GET /v1/runs/{run}": { path: { run: string }; query: { workspace?: string }; body: undefined; answer: RunDetails };
  /** Ends a run: at once, or as soon as its worker has stopped it. */
  "POST /v1/runs/{run}/cancel": { path: { run: string }; query: { workspace?: string }; body: CancelRequest; answer: Run };
  /** The platform, the kernel and the packages of a run. */
  "GET /v1/runs/{run}/environment": { path: { run: string }; query: { workspace?: string }; body: undefined; answer: Environment };
  /**
   * The journal of a run's attempt from any event on, live until its end, or with `follow=false` as it is. An event's id is its number in the
   * journal, from 1; its data is the event as JSON. Another attempt begins with a new request.
   */
  "GET /v1/runs/{run}/events": { path: { run: string }; query: { after?: number; attempt?: number; follow?: boolean; workspace?: string }; body: undefined; answer: undefined };
  /** Keeps a run whatever the retention says, or lets it go. */
  "POST /v1/runs/{run}/hold": { path: { run: string }; query: { workspace?: string }; body: HoldRequest; answer: Run };
  /** The executed notebook of a run as far as it has come, as `.ipynb`. */
  "GET /v1/runs/{run}/notebook": { path: { run: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /**
   * Does a run that is over again, from the same snapshot: of a job of several tasks, those that did not
   * succeed.
   */
  "POST /v1/runs/{run}/restart": { path: { run: string }; query: { workspace?: string }; body: RestartRequest; answer: Run };
  /**
   * Makes a run that goes on where one that is over failed: from the kept state of its kernel, where there is
   * one, else by running the cells before again. A repeated request with the same `Idempotency-Key` answers with the
   * first one's run.
   */
  "POST /v1/runs/{run}/resume": { path: { run: string }; query: { workspace?: string }; body: ResumeRequest; answer: Run };
  /**
   * A page of the table that a cell of a run has shown as `application/vnd.dataresource+json`. `cell` is the cell's
   * id or its place from 0, `output` the place of its output from 0; the query is that of `/v1/tables`. Where all rows
   * are kept beside the record, they are asked, else those in the output.
   */
  "GET /v1/runs/{run}/tables/{cell}/{output}": { path: { run: string; cell: string; output: number }; query: { offset?: number; limit?: number; sort?: string; filter?: string; columns?: string; sample?: boolean; summary?: boolean; workspace?: string }; body: undefined; answer: TablePage };
  /** The runs of a run's tasks. */
  "GET /v1/runs/{run}/tasks": { path: { run: string }; query: { workspace?: string }; body: undefined; answer: RunPage };
  /** Lists schedules. */
  "GET /v1/schedules": { path: object; query: { workspace?: string; job?: string }; body: undefined; answer: Schedules };
  /** The next 20 times of a schedule that is not saved. */
  "POST /v1/schedules/preview": { path: object; query: { workspace?: string }; body: ScheduleDefinition; answer: Preview };
  /** A schedule and its next 20 times. */
  "GET /v1/schedules/{schedule}": { path: { schedule: string }; query: { workspace?: string }; body: undefined; answer: ScheduleDetails };
  /** Removes a schedule; its runs stay. */
  "DELETE /v1/schedules/{schedule}": { path: { schedule: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** Pauses a schedule. */
  "POST /v1/schedules/{schedule}/pause": { path: { schedule: string }; query: { workspace?: string }; body: undefined; answer: Schedule };
  /** Lets a schedule go on from now: times that passed meanwhile are not made up for. */
  "POST /v1/schedules/{schedule}/resume": { path: { schedule: string }; query: { workspace?: string }; body: undefined; answer: Schedule };
  /**
   * Finds notebooks of the served folder and what runs made: words and `"phrases"` that are all there, `-` before what
   * is not, `title:`, `author:`, `tag:`, `path:`, and `in:text`, `in:source` or `in:output`. Without words the newest.
   */
  "GET /v1/search": { path: object; query: { q?: string; kind?: DocumentKind; tag?: string; author?: string; cursor?: string; limit?: number; workspace?: string }; body: undefined; answer: Found };
  /** How far the search index is. */
  "GET /v1/search/index": { path: object; query: { workspace?: string }; body: undefined; answer: IndexState };
  /** Forgets what the search index has and reads everything again, in the background. */
  "POST /v1/search/index/rebuild": { path: object; query: { workspace?: string }; body: undefined; answer: IndexState };
  /** Lists the authors and tags that the most notebooks (or runs) have. */
  "GET /v1/search/labels": { path: object; query: { kind?: DocumentKind; workspace?: string }; body: undefined; answer: Labels };
  /**
   * Lists the settings of the server, in the order of its help. They are set by flags, variables and a file, and
   * read once, when it starts.
   */
  "GET /v1/settings": { path: object; query: { workspace?: string }; body: undefined; answer: Configured[] };
  /** Lists the share links of a workspace, oldest first, without their secrets. */
  "GET /v1/shares": { path: object; query: { workspace?: string }; body: undefined; answer: Share[] };
  /** Makes a link with which whoever has it reads one thing and nothing else, without signing in. */
  "POST /v1/shares": { path: object; query: { workspace?: string }; body: ShareRequest; answer: MadeShare };
  /** Ends a share link. */
  "DELETE /v1/shares/{share}": { path: { share: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** Answers read-only SQL, within limits of rows, bytes and time. */
  "POST /v1/sql": { path: object; query: { workspace?: string }; body: SqlRequest; answer: QueryResult };
  /**
   * A page of the table in a file of the served folder: Parquet, Arrow, CSV or lines of JSON; or in an output of a
   * notebook there, of type `application/vnd.dataresource+json`, which `cell` and `output` name.
   */
  "GET /v1/tables": { path: object; query: { path: string; cell?: string; output?: number; offset?: number; limit?: number; sort?: string; filter?: string; columns?: string; sample?: boolean; summary?: boolean; workspace?: string }; body: undefined; answer: TablePage };
  /** Lists tokens, oldest first, without their secrets. */
  "GET /v1/tokens": { path: object; query: { user?: string; workspace?: string }; body: undefined; answer: ApiToken[] };
  /** Makes a token. With a token one makes none that may do more, or lasts longer. */
  "POST /v1/tokens": { path: object; query: { workspace?: string }; body: TokenRequest; answer: MadeToken };
  /** Ends a token, and the sign-ins that were made with it. */
  "DELETE /v1/tokens/{token}": { path: { token: string }; query: { workspace?: string }; body: undefined; answer: undefined };
  /** How many runs are not over, by state. */
  "GET /v1/totals": { path: object; query: { workspace?: string }; body: undefined; answer: Totals };
  /** Lists users, by name. */
  "GET /v1/users": { path: object; query: { workspace?: string }; body: undefined; answer: User[] };
  /** Makes a user with their roles, and a link that signs them in. */
  "POST /v1/users": { path: object; query: { workspace?: string }; body: UserRequest; answer: Invited };
  /** A user. */
  "GET /v1/users/{user}": { path: { user: string }; query: { workspace?: string }; body: undefined; answer: User };
  /** Changes a user. One who is disabled is signed out everywhere at once, and their tokens open nothing. */
  "PATCH /v1/users/{user}": { path: { user: string }; query: { workspace?: string }; body: UserChange; answer: User };
  /** Gives a user a role in a workspace, or in all of them (`*`), instead of the one they have there. */
  "PUT /v1/users/{user}/grants/{workspace}": { path: { user: string; workspace: string }; query: { workspace?: string }; body: GrantRequest; answer: User };
  /** Takes a user's role in a workspace away. */
  "DELETE /v1/users/{user}/grants/{workspace}": { path: { user: string; workspace: string }; query: { workspace?: string }; body: undefined; answer: User };
  /** Makes another link that signs a user in; those before it are void. */
  "POST /v1/users/{user}/link": { path: { user: string }; query: { workspace?: string }; body: undefined; answer: Invited };
  /** Lists the versions of a file, newest first: also those from before it was renamed, and of one that is deleted. */
  "GET /v1/versions": { path: object; query: { path: string; workspace?: string }; body: undefined; answer: FileVersion[] };
  /** Gives a version a name. */
  "PUT /v1/versions/name": { path: object; query: { workspace?: string }; body: VersionName; answer: undefined };
  /** Makes a version what the file is. What it was before is a version too. */
  "POST /v1/versions/restore": { path: object; query: { workspace?: string }; body: VersionRequest; answer: undefined };
  /** Lists workers. */
  "GET /v1/workers": { path: object; query: { workspace?: string }; body: undefined; answer: Worker[] };
  /** Lets a worker end what it has and take no more. */
  "POST /v1/workers/{worker}/drain": { path: { worker: string }; query: { workspace?: string }; body: undefined; answer: Worker[] };
  /** Lets a worker take runs again. */
  "POST /v1/workers/{worker}/resume": { path: { worker: string }; query: { workspace?: string }; body: undefined; answer: Worker[] };
}
