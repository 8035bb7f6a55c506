-- What people may ask with SQL. The same columns as in views.sqlite.sql.

CREATE FUNCTION nbpress_iso(micros BIGINT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS
$$ SELECT to_char(to_timestamp(micros / 1000000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

CREATE VIEW runs AS SELECT
    run.id AS run_id, run.workspace, job.name AS job, run.job_version, run.task, run.parent AS parent_run,
    run.notebook, run.snapshot, run.state, run.class, run.code, run.reason, run.cell, run.ename, run.evalue,
    run.trigger_kind AS trigger, run.triggered_by, run.batch, run.point, run.attempt AS attempts,
    nbpress_iso(run.logical_at) AS logical_time,
    nbpress_iso(run.created_at) AS created_at,
    nbpress_iso(run.started_at) AS started_at,
    nbpress_iso(run.ended_at) AS ended_at,
    run.wall_seconds, run.cpu_seconds, run.peak_memory_bytes, run.disk_bytes, run.profile, run.late,
    run.record, run.record_sha256
FROM run LEFT JOIN job ON job.id = run.job;

CREATE VIEW params AS SELECT run AS run_id, name, value FROM run_param;

CREATE VIEW scraps AS SELECT run AS run_id, name, value, number FROM scrap;

CREATE VIEW cells AS SELECT
    attempt.run AS run_id, attempt.number AS attempt,
    (cell.value ->> 'index')::BIGINT AS cell,
    cell.value ->> 'id' AS cell_id,
    cell.value ->> 'status' AS status,
    (cell.value ->> 'duration_seconds')::DOUBLE PRECISION AS duration_seconds
FROM attempt, jsonb_array_elements(attempt.cells::jsonb) AS cell WHERE attempt.cells IS NOT NULL;
