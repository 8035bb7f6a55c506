BEGIN TRANSACTION;
CREATE TABLE attempt (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    worker TEXT NOT NULL,
    record TEXT NOT NULL,
    record_sha256 TEXT,
    state TEXT NOT NULL,
    profile TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    ended_at INTEGER,
    class TEXT,
    code TEXT,
    reason TEXT,
    cpu_seconds REAL,
    peak_memory_bytes INTEGER,
    wall_seconds REAL,
    disk_bytes INTEGER,
    cells TEXT,
    PRIMARY KEY (run, number)
);
INSERT INTO "attempt" VALUES('run_01m8b0mmbxe0vbekxbsw8wgn5k',1,'main','worker-b4BuyiWs','run_01m8b0mmbxe0vbekxbsw8wgn5k','76cdb6055c2d90963c446e673679637352ffc164c2298585312635c18f0a10c8','succeeded','small',1795666104715884,1795666106470081,NULL,NULL,NULL,0.908862,45203456,1.692731166,12288,'[{"index":0,"id":"a","status":"completed","duration_seconds":0.010479}]');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    what TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    link INTEGER,
    hash TEXT
);
INSERT INTO "audit" VALUES(1,1795666103162679,'worker:worker-b4BuyiWs','registered','worker','worker-b4BuyiWs','vm',1,'ad67de630156757ab9a778089c74686a0738cccb5d2cdaf309617c8886671667');
INSERT INTO "audit" VALUES(2,1795666104603865,'owner','published','job','job_01m8b0mm8wex6vc94np60dktqf','daily version 1',2,'e950f92a5346149fce2114e7044ba0f67f82cd7f01df1381e69390ac143326f8');
INSERT INTO "audit" VALUES(3,1795666104653780,'owner','set','schedule','sched_01m8b0mmaeej7v45cx1k7ncdnj','daily',3,'ddd96c00145cb67bd6a41f8b920d9179086f9027d41afffac7ba927ef548a6de');
INSERT INTO "audit" VALUES(4,1795666104701910,'owner','queued','run','run_01m8b0mmbxe0vbekxbsw8wgn5k','manual',4,'cd3463ed26b73609bba609938415da22b7d9a13ecc1e81549834d8cf3d7c66dc');
INSERT INTO "audit" VALUES(5,1795666104715884,'worker:worker-b4BuyiWs','running','run','run_01m8b0mmbxe0vbekxbsw8wgn5k','attempt 1',5,'4f3c53fc50890dfaf7f59521d2b573262170837e917dcbe1e6f1f84ed631eb0d');
INSERT INTO "audit" VALUES(6,1795666106470081,'worker:worker-b4BuyiWs','succeeded','run','run_01m8b0mmbxe0vbekxbsw8wgn5k','',NULL,NULL);
CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    job TEXT,
    label TEXT NOT NULL,
    definition TEXT NOT NULL,
    width INTEGER NOT NULL,
    max_failures INTEGER,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    ended_at INTEGER
);
CREATE TABLE channel (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    archived_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (workspace, name)
);
INSERT INTO "job" VALUES('job_01m8b0mm8wex6vc94np60dktqf','main','daily',1,NULL,1795666104603865,1795666104603865);
CREATE TABLE job_version (
    job TEXT NOT NULL,
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (job, version)
);
INSERT INTO "job_version" VALUES('job_01m8b0mm8wex6vc94np60dktqf',1,'{"tasks":[{"key":"main","snapshot":"6f601898ee167aa7b03492d4f16cf07918b8dabe023a237bd1c2fb215b1cd698","notebook":"report.ipynb","source":"/tmp/s1/report.ipynb","rule":"all_success","settings":{"priority":0,"retry":{"user":0,"platform":3,"timeout":0,"resource":1,"delay_seconds":10},"timeouts":{"run_seconds":86400,"start_seconds":120}}}]}',1795666104603865,'owner');
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "meta" VALUES('version','2');
INSERT INTO "meta" VALUES('audit_head','5 4f3c53fc50890dfaf7f59521d2b573262170837e917dcbe1e6f1f84ed631eb0d');
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
);
CREATE TABLE pool (name TEXT PRIMARY KEY, slots INTEGER NOT NULL);
CREATE TABLE profile (
    name TEXT PRIMARY KEY,
    cpus REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    next TEXT
);
INSERT INTO "profile" VALUES('small',1.0,2147483648,'medium');
INSERT INTO "profile" VALUES('medium',2.0,8589934592,'large');
INSERT INTO "profile" VALUES('large',4.0,34359738368,NULL);
CREATE TABLE ready (
    run TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    rank INTEGER NOT NULL,
    -- '' for none.
    pool TEXT NOT NULL,
    profile TEXT NOT NULL,
    cpus REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    ready_at INTEGER NOT NULL
);
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    job TEXT,
    job_version INTEGER,
    task TEXT,
    parent TEXT,
    is_flow INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    notebook TEXT NOT NULL,
    parameters TEXT NOT NULL,
    tags TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    triggered_by TEXT NOT NULL,
    logical_at INTEGER,
    logical TEXT,
    lane TEXT,
    batch TEXT,
    point INTEGER,
    idempotency_key TEXT,
    start_at INTEGER,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    class TEXT,
    code TEXT,
    reason TEXT,
    cell INTEGER,
    ename TEXT,
    evalue TEXT,
    record TEXT,
    record_sha256 TEXT,
    cpu_seconds REAL,
    peak_memory_bytes INTEGER,
    wall_seconds REAL,
    disk_bytes INTEGER,
    late INTEGER NOT NULL DEFAULT 0,
    legal_hold INTEGER NOT NULL DEFAULT 0,
    profile TEXT,
    spec TEXT NOT NULL
);
INSERT INTO "run" VALUES('run_01m8b0mmbxe0vbekxbsw8wgn5k','main','job_01m8b0mm8wex6vc94np60dktqf',1,NULL,NULL,0,'6f601898ee167aa7b03492d4f16cf07918b8dabe023a237bd1c2fb215b1cd698','report.ipynb','{}','{}','manual','owner',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'succeeded',1,1795666104701910,1795666104715884,1795666106470081,NULL,NULL,NULL,NULL,NULL,NULL,'run_01m8b0mmbxe0vbekxbsw8wgn5k','76cdb6055c2d90963c446e673679637352ffc164c2298585312635c18f0a10c8',0.908862,45203456,1.692731166,12288,0,0,'small','{"settings":{"priority":0,"retry":{"user":0,"platform":3,"timeout":0,"resource":1,"delay_seconds":10},"timeouts":{"run_seconds":86400,"start_seconds":120}},"rule":"all_success"}');
CREATE TABLE run_param (
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, name)
);
CREATE TABLE run_tag (
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, name)
);
CREATE TABLE schedule (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    parameters TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    after_job TEXT,
    hook_sha256 TEXT,
    last_at INTEGER NOT NULL,
    next_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (job, name)
);
INSERT INTO "schedule" VALUES('sched_01m8b0mmaeej7v45cx1k7ncdnj','main','job_01m8b0mm8wex6vc94np60dktqf','main','{"trigger":{"kind":"cron","expression":"@daily","time_zone":"Europe/Berlin"},"catch_up":"latest","catch_up_window_seconds":86400,"overlap":"queue","max_queued":10,"jitter_seconds":0}','{}',0,NULL,NULL,1795666104653780,1795734000000000,1795666104653780);
CREATE TABLE scrap (
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    number REAL,
    PRIMARY KEY (run, name)
);
CREATE TABLE share (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE TABLE sign_in (
    sha256 TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    token TEXT,
    created_at INTEGER NOT NULL,
    until INTEGER NOT NULL
);
CREATE TABLE sign_in_link (
    sha256 TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    until INTEGER NOT NULL,
    used_at INTEGER
);
CREATE TABLE slot (
    pool TEXT NOT NULL,
    n INTEGER NOT NULL,
    run TEXT,
    PRIMARY KEY (pool, n)
);
CREATE TABLE tick (
    schedule TEXT NOT NULL,
    moment TEXT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (schedule, moment)
);
CREATE TABLE timer (
    run TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (run, kind)
);
CREATE TABLE token (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
);
INSERT INTO "token" VALUES('token_01m8b0mmbxe0vbekxbsw8wgn5n','user_01m8b0mmbxe0vbekxbsw8wgn5m','ci','d757a1d15da0f3bd30208be39521ffbaae9d50a477a1734627f9604b96a320ae','["read"]',1795600000000000,NULL,NULL,NULL);
CREATE TABLE upstream (
    run TEXT NOT NULL,
    waits_for TEXT NOT NULL,
    PRIMARY KEY (run, waits_for)
);
CREATE TABLE user_role (
    user_id TEXT NOT NULL,
    workspace TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, workspace)
);
INSERT INTO "user_role" VALUES('user_01m8b0mmbxe0vbekxbsw8wgn5m','main','editor');
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    email TEXT,
    issuer TEXT,
    subject TEXT,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL
);
INSERT INTO "users" VALUES('user_01m8b0mmbxe0vbekxbsw8wgn5m','ada','Ada',NULL,NULL,NULL,NULL,1795600000000000);
CREATE TABLE worker (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    slots INTEGER NOT NULL,
    cpus REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    state TEXT NOT NULL,
    beats INTEGER NOT NULL DEFAULT 0,
    registered_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);
INSERT INTO "worker" VALUES('worker-b4BuyiWs','vm','vm','0.1.0',2,2.0,25276063744,'up',5,1795666103162679,1795666106476950);
CREATE TABLE workspace (
    name TEXT PRIMARY KEY,
    weight INTEGER NOT NULL DEFAULT 1,
    keep_succeeded_days INTEGER NOT NULL DEFAULT 90,
    keep_failed_days INTEGER NOT NULL DEFAULT 365,
    legal_hold INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX schedule_due ON schedule (next_at, id) WHERE paused = 0 AND next_at IS NOT NULL;
CREATE INDEX schedule_after ON schedule (after_job) WHERE after_job IS NOT NULL;
CREATE INDEX schedule_hook ON schedule (hook_sha256) WHERE hook_sha256 IS NOT NULL;
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
CREATE INDEX run_param_value ON run_param (name, value, run);
CREATE INDEX run_tag_value ON run_tag (name, value, run);
CREATE INDEX upstream_downstream ON upstream (waits_for);
CREATE INDEX ready_order ON ready (workspace, pool, rank, run);
CREATE UNIQUE INDEX attempt_record ON attempt (record);
CREATE INDEX attempt_running ON attempt (workspace) WHERE state = 'running';
CREATE INDEX attempt_of_worker ON attempt (worker) WHERE state = 'running';
CREATE INDEX timer_at ON timer (at, run, kind);
CREATE INDEX slot_of_run ON slot (run) WHERE run IS NOT NULL;
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state = 'pending';
CREATE INDEX outbox_of_run ON outbox (run);
CREATE UNIQUE INDEX audit_link ON audit (link) WHERE link IS NOT NULL;
CREATE INDEX audit_unlinked ON audit (id) WHERE link IS NULL;
CREATE INDEX audit_object ON audit (object, id);
CREATE VIEW runs AS SELECT
    run.id AS run_id, run.workspace, job.name AS job, run.job_version, run.task, run.parent AS parent_run,
    run.notebook, run.snapshot, run.state, run.class, run.code, run.reason, run.cell, run.ename, run.evalue,
    run.trigger_kind AS trigger, run.triggered_by, run.batch, run.point, run.attempt AS attempts,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.logical_at / 1000000.0, 'unixepoch') AS logical_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.created_at / 1000000.0, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.started_at / 1000000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.ended_at / 1000000.0, 'unixepoch') AS ended_at,
    run.wall_seconds, run.cpu_seconds, run.peak_memory_bytes, run.disk_bytes, run.profile, run.late,
    run.record, run.record_sha256
FROM run LEFT JOIN job ON job.id = run.job;
CREATE VIEW params AS SELECT run AS run_id, name, value FROM run_param;
CREATE VIEW scraps AS SELECT run AS run_id, name, value, number FROM scrap;
CREATE VIEW cells AS SELECT
    attempt.run AS run_id, attempt.number AS attempt,
    json_extract(cell.value, '$.index') AS cell,
    json_extract(cell.value, '$.id') AS cell_id,
    json_extract(cell.value, '$.status') AS status,
    CAST(json_extract(cell.value, '$.duration_seconds') AS REAL) AS duration_seconds
FROM attempt, json_each(attempt.cells) AS cell WHERE attempt.cells IS NOT NULL;
CREATE UNIQUE INDEX users_identity ON users (issuer, subject) WHERE issuer IS NOT NULL;
CREATE INDEX token_of_user ON token (user_id, id);
CREATE INDEX sign_in_link_until ON sign_in_link (until);
CREATE INDEX sign_in_of_user ON sign_in (user_id);
CREATE INDEX sign_in_until ON sign_in (until);
CREATE INDEX share_of_workspace ON share (workspace, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',6);
COMMIT;
