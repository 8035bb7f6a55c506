-- Version 1. {id}, {int}, {real} and {auto} are what the database calls them.
-- Times are microseconds since 1970-01-01T00:00:00Z. JSON is text.

CREATE TABLE meta (name {id} PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE workspace (
    name {id} PRIMARY KEY,
    weight {int} NOT NULL DEFAULT 1,
    keep_succeeded_days {int} NOT NULL DEFAULT 90,
    keep_failed_days {int} NOT NULL DEFAULT 365,
    legal_hold {int} NOT NULL DEFAULT 0
);

CREATE TABLE job (
    id {id} PRIMARY KEY,
    workspace {id} NOT NULL,
    name {id} NOT NULL,
    version {int} NOT NULL,
    archived_at {int},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    UNIQUE (workspace, name)
);

CREATE TABLE job_version (
    job {id} NOT NULL,
    version {int} NOT NULL,
    definition TEXT NOT NULL,
    created_at {int} NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (job, version)
);

CREATE TABLE schedule (
    id {id} PRIMARY KEY,
    workspace {id} NOT NULL,
    job {id} NOT NULL,
    name {id} NOT NULL,
    definition TEXT NOT NULL,
    parameters TEXT NOT NULL,
    paused {int} NOT NULL DEFAULT 0,
    after_job {id},
    hook_sha256 {id},
    last_at {int} NOT NULL,
    next_at {int},
    created_at {int} NOT NULL,
    UNIQUE (job, name)
);
-- With the id: very many are due at the same instant, and are taken in order.
CREATE INDEX schedule_due ON schedule (next_at, id) WHERE paused = 0 AND next_at IS NOT NULL;
CREATE INDEX schedule_after ON schedule (after_job) WHERE after_job IS NOT NULL;
CREATE INDEX schedule_hook ON schedule (hook_sha256) WHERE hook_sha256 IS NOT NULL;

-- What a schedule has triggered: makes triggering exactly-once recorded.
CREATE TABLE tick (
    schedule {id} NOT NULL,
    moment {id} NOT NULL,
    run {id} NOT NULL,
    PRIMARY KEY (schedule, moment)
);

CREATE TABLE batch (
    id {id} PRIMARY KEY,
    workspace {id} NOT NULL,
    kind TEXT NOT NULL,
    job {id},
    label TEXT NOT NULL,
    definition TEXT NOT NULL,
    width {int} NOT NULL,
    max_failures {int},
    state TEXT NOT NULL,
    created_at {int} NOT NULL,
    created_by TEXT NOT NULL,
    ended_at {int}
);

CREATE TABLE run (
    id {id} PRIMARY KEY,
    workspace {id} NOT NULL,
    job {id},
    job_version {int},
    task {id},
    parent {id},
    is_flow {int} NOT NULL,
    snapshot {id} NOT NULL,
    notebook TEXT NOT NULL,
    parameters TEXT NOT NULL,
    tags TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    triggered_by TEXT NOT NULL,
    logical_at {int},
    logical TEXT,
    lane {id},
    batch {id},
    point {int},
    idempotency_key {id},
    start_at {int},
    state {id} NOT NULL,
    attempt {int} NOT NULL DEFAULT 0,
    created_at {int} NOT NULL,
    started_at {int},
    ended_at {int},
    class TEXT,
    code TEXT,
    reason TEXT,
    cell {int},
    ename TEXT,
    evalue TEXT,
    record {id},
    record_sha256 {id},
    cpu_seconds {real},
    peak_memory_bytes {int},
    wall_seconds {real},
    disk_bytes {int},
    late {int} NOT NULL DEFAULT 0,
    legal_hold {int} NOT NULL DEFAULT 0,
    profile {id},
    spec TEXT NOT NULL
);
CREATE UNIQUE INDEX run_idempotency ON run (workspace, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX run_point ON run (batch, point) WHERE batch IS NOT NULL AND parent IS NULL;
CREATE INDEX run_of_workspace ON run (workspace, id DESC);
CREATE INDEX run_of_job ON run (job, id DESC) WHERE job IS NOT NULL;
CREATE INDEX run_of_job_state ON run (job, state, id DESC) WHERE job IS NOT NULL;
CREATE INDEX run_of_state ON run (workspace, state, id DESC);
CREATE INDEX run_of_class ON run (workspace, class, id DESC) WHERE class IS NOT NULL;
CREATE INDEX run_of_parent ON run (parent) WHERE parent IS NOT NULL;
CREATE INDEX run_live ON run (workspace, state) WHERE state IN ('blocked', 'queued', 'running', 'cancelling');
CREATE INDEX run_lane ON run (lane, state, id) WHERE lane IS NOT NULL;
CREATE INDEX run_of_job_ended ON run (job, ended_at DESC, id DESC) WHERE ended_at IS NOT NULL AND parent IS NULL;
CREATE INDEX run_ended ON run (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE run_param (
    run {id} NOT NULL,
    name {id} NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, name)
);
CREATE INDEX run_param_value ON run_param (name, value, run);

CREATE TABLE run_tag (
    run {id} NOT NULL,
    name {id} NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, name)
);
CREATE INDEX run_tag_value ON run_tag (name, value, run);

CREATE TABLE upstream (
    run {id} NOT NULL,
    waits_for {id} NOT NULL,
    PRIMARY KEY (run, waits_for)
);
CREATE INDEX upstream_downstream ON upstream (waits_for);

-- Small: a row leaves when its run is claimed.
CREATE TABLE ready (
    run {id} PRIMARY KEY,
    workspace {id} NOT NULL,
    rank {int} NOT NULL,
    -- '' for none.
    pool {id} NOT NULL,
    profile {id} NOT NULL,
    cpus {real} NOT NULL,
    memory_bytes {int} NOT NULL,
    ready_at {int} NOT NULL
);
CREATE INDEX ready_order ON ready (workspace, pool, rank, run);

CREATE TABLE attempt (
    run {id} NOT NULL,
    number {int} NOT NULL,
    workspace {id} NOT NULL,
    worker {id} NOT NULL,
    record {id} NOT NULL,
    record_sha256 {id},
    state TEXT NOT NULL,
    profile {id} NOT NULL,
    claimed_at {int} NOT NULL,
    ended_at {int},
    class TEXT,
    code TEXT,
    reason TEXT,
    cpu_seconds {real},
    peak_memory_bytes {int},
    wall_seconds {real},
    disk_bytes {int},
    cells TEXT,
    PRIMARY KEY (run, number)
);
CREATE UNIQUE INDEX attempt_record ON attempt (record);
CREATE INDEX attempt_running ON attempt (workspace) WHERE state = 'running';
CREATE INDEX attempt_of_worker ON attempt (worker) WHERE state = 'running';

CREATE TABLE scrap (
    run {id} NOT NULL,
    name {id} NOT NULL,
    value TEXT NOT NULL,
    number {real},
    PRIMARY KEY (run, name)
);

-- Moments at which something must happen to a run.
CREATE TABLE timer (
    run {id} NOT NULL,
    kind TEXT NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (run, kind)
);
CREATE INDEX timer_at ON timer (at, run, kind);

CREATE TABLE profile (
    name {id} PRIMARY KEY,
    cpus {real} NOT NULL,
    memory_bytes {int} NOT NULL,
    next {id}
);

CREATE TABLE pool (name {id} PRIMARY KEY, slots {int} NOT NULL);

-- A pool's slots are rows, so that no two claims can take the same one.
CREATE TABLE slot (
    pool {id} NOT NULL,
    n {int} NOT NULL,
    run {id},
    PRIMARY KEY (pool, n)
);
CREATE INDEX slot_of_run ON slot (run) WHERE run IS NOT NULL;

CREATE TABLE worker (
    id {id} PRIMARY KEY,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    slots {int} NOT NULL,
    cpus {real} NOT NULL,
    memory_bytes {int} NOT NULL,
    state TEXT NOT NULL,
    beats {int} NOT NULL DEFAULT 0,
    registered_at {int} NOT NULL,
    seen_at {int} NOT NULL
);

CREATE TABLE channel (
    workspace {id} NOT NULL,
    name {id} NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (workspace, name)
);

CREATE TABLE outbox (
    id {id} PRIMARY KEY,
    run {id} NOT NULL,
    kind TEXT NOT NULL,
    channel {id} NOT NULL,
    state TEXT NOT NULL,
    tries {int} NOT NULL DEFAULT 0,
    next_at {int} NOT NULL,
    last_error TEXT,
    created_at {int} NOT NULL,
    sent_at {int}
);
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state = 'pending';
CREATE INDEX outbox_of_run ON outbox (run);

-- Append-only. A row gets its place in the chain, and the chain's hash, shortly after it was written.
CREATE TABLE audit (
    id {auto},
    at {int} NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    what TEXT NOT NULL,
    object {id} NOT NULL,
    detail TEXT NOT NULL,
    link {int},
    hash {id}
);
CREATE UNIQUE INDEX audit_link ON audit (link) WHERE link IS NOT NULL;
CREATE INDEX audit_unlinked ON audit (id) WHERE link IS NULL;
CREATE INDEX audit_object ON audit (object, id);
