//! A SQLite connection that can read the views and nothing else.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::str::FromStr as _;
use std::time::Instant;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Row as _, TypeInfo as _, ValueRef as _,
};

use super::{Answer, QueryLimits, QueryResult, VIEWS, refused};
use crate::error::StoreError;

/// Steps of the virtual machine between two looks at the clock.
const STEPS: i32 = 10_000;

pub(super) async fn query(
    url: &str,
    sql: &str,
    limits: QueryLimits,
) -> Result<QueryResult, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .read_only(true)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    sqlx::raw_sql("PRAGMA temp_store = MEMORY; PRAGMA hard_heap_limit = 268435456;")
        .execute(&mut connection)
        .await?;
    restrict(&mut connection, limits).await?;
    let mut answer = Answer::new(limits);
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch(&mut connection);
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows
        .try_next()
        .await
        .map_err(|error| refused(&error, limits))?
    {
        if answer.result.columns.is_empty() {
            answer.result.columns = row.columns().iter().map(|c| c.name().to_owned()).collect();
        }
        let values = (0..row.columns().len()).map(|at| value(&row, at)).collect();
        if !answer.push(values) {
            break;
        }
    }
    Ok(answer.result)
}

async fn restrict(
    connection: &mut SqliteConnection,
    limits: QueryLimits,
) -> Result<(), StoreError> {
    let end = Instant::now() + limits.time;
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS, move || Instant::now() < end);
    #[expect(
        unsafe_code,
        reason = "the one thing of SQLite that sqlx does not offer"
    )]
    // SAFETY: the connection is open and locked; the callback has no state and outlives it.
    unsafe {
        libsqlite3_sys::sqlite3_set_authorizer(
            handle.as_raw_handle().as_ptr(),
            Some(authorize),
            std::ptr::null_mut(),
        );
    }
    Ok(())
}

/// <https://www.sqlite.org/c3ref/set_authorizer.html>: tables are read only for the sake of a view,
/// whose name is the last argument.
extern "C" fn authorize(
    _state: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    inside: *const c_char,
) -> c_int {
    let is_view = |name| text(name).is_some_and(|name| VIEWS.contains(&name));
    let allowed = match action {
        libsqlite3_sys::SQLITE_SELECT | libsqlite3_sys::SQLITE_RECURSIVE => true,
        // A read of no column only counts rows; names of common table expressions come this way.
        libsqlite3_sys::SQLITE_READ => {
            is_view(first) || is_view(inside) || text(second) == Some("")
        }
        libsqlite3_sys::SQLITE_FUNCTION => text(second) != Some("load_extension"),
        _ => false,
    };
    if allowed {
        libsqlite3_sys::SQLITE_OK
    } else {
        libsqlite3_sys::SQLITE_DENY
    }
}

fn text<'a>(pointer: *const c_char) -> Option<&'a str> {
    if pointer.is_null() {
        return None;
    }
    #[expect(unsafe_code, reason = "a name that SQLite hands to the authorizer")]
    // SAFETY: SQLite passes NUL-terminated names that live as long as the call.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().ok()
}

fn value(row: &SqliteRow, at: usize) -> Value {
    let Ok(raw) = row.try_get_raw(at) else {
        return Value::Null;
    };
    if raw.is_null() {
        return Value::Null;
    }
    match raw.type_info().name() {
        "INTEGER" => row.try_get::<i64, _>(at).map_or(Value::Null, Value::from),
        "REAL" => row.try_get::<f64, _>(at).map_or(Value::Null, Value::from),
        "BLOB" => row
            .try_get::<Vec<u8>, _>(at)
            .map_or(Value::Null, |v| hex::encode(v).into()),
        _ => row
            .try_get::<String, _>(at)
            .map_or(Value::Null, Value::from),
    }
}
