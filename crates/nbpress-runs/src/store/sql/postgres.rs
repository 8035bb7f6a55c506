//! A Postgres transaction that can read and nothing else.

use std::str::FromStr as _;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::{Answer, QueryLimits, QueryResult, refused};
use crate::error::{Invalid, StoreError};

pub(super) async fn query(
    url: &str,
    sql: &str,
    limits: QueryLimits,
) -> Result<QueryResult, StoreError> {
    let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
    let mut connection = options.connect().await?;
    refuse_superuser(&mut connection).await?;
    let millis = limits.time.as_millis();
    let begin = format!(
        "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL statement_timeout = {millis}; SET LOCAL work_mem = '64MB'"
    );
    sqlx::raw_sql(AssertSqlSafe(begin))
        .execute(&mut connection)
        .await?;
    let columns = columns(&mut connection, sql, limits).await?;
    let mut answer = Answer::new(limits);
    answer.result.columns = columns;
    let sql = sql.trim().trim_end_matches(';');
    let wrapped = format!(
        "SELECT (SELECT json_agg(f.value ORDER BY f.ordinality)::text FROM
             ROWS FROM (json_each(row_to_json(answer))) WITH ORDINALITY AS f (key, value, ordinality))
         AS cells FROM (\n{sql}\n) AS answer"
    );
    {
        let rows = sqlx::query(AssertSqlSafe(wrapped)).fetch(&mut connection);
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows
            .try_next()
            .await
            .map_err(|error| refused(&error, limits))?
        {
            let text: Option<String> = row.try_get("cells")?;
            let values = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
            if !answer.push(values) {
                break;
            }
        }
    }
    let _closed = connection.close().await;
    Ok(answer.result)
}

async fn columns(
    connection: &mut PgConnection,
    sql: &str,
    limits: QueryLimits,
) -> Result<Vec<String>, StoreError> {
    use sqlx::{Column as _, Executor as _, SqlSafeStr as _, Statement as _};
    let sql = AssertSqlSafe(sql.trim().trim_end_matches(';').to_owned()).into_sql_str();
    let statement = connection
        .prepare(sql)
        .await
        .map_err(|error| refused(&error, limits))?;
    Ok(statement
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect())
}

/// Functions that read files are open to superusers even in a read-only transaction.
async fn refuse_superuser(connection: &mut PgConnection) -> Result<(), StoreError> {
    let sql = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
    let superuser: Option<(bool,)> = sqlx::query_as(sql).fetch_optional(connection).await?;
    if superuser.is_some_and(|(is,)| is) {
        let message = "the server is connected to Postgres as a superuser, who could read files";
        return Err(Invalid::new("sql", message)
            .with_hint("connect it as a user that owns its database and is no superuser")
            .into());
    }
    Ok(())
}
