-- What people may ask with SQL. The same columns as in views.postgres.sql.

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
