//! A file of rows: opened, its schema, and the two ways it is read.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::{RecordBatch, UInt64Array};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use serde_json::Value;

use crate::error::TableError;
use crate::orders::Identity;
use crate::parquet_file::ParquetFile;
use crate::query::Filter;
use crate::resource;

/// The most bytes of a file, and of its rows, that are kept in memory. Parquet is not.
const MAX_BYTES: u64 = 256 << 20;
/// The most columns of a table.
const MAX_COLUMNS: usize = 10_000;
/// Lines looked at to find the types of a CSV file's columns.
const LINES_FOR_TYPES: usize = 10_000;

/// How rows are written in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet; read in place, by row groups.
    Parquet,
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Arrow's IPC, as a file (Feather 2) or as a stream.
    Arrow,
}

impl Format {
    /// The format a file's name says; absent if it says no table.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "parquet" | "pq" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "arrow" | "arrows" | "feather" => Some(Self::Arrow),
            _ => None,
        }
    }
}

/// A table that questions can be asked of.
#[derive(Debug)]
pub struct Table {
    schema: SchemaRef,
    source: Source,
    /// Which bytes it is of; none where that is not sure.
    pub(crate) identity: Option<Identity>,
    stop: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Source {
    Parquet(ParquetFile),
    Memory(RecordBatch),
}

impl Table {
    /// A table in a file of this machine.
    pub fn open(path: &Path, format: Format) -> Result<Self, TableError> {
        Self::read(File::open(path)?, format)
    }

    /// The table in an open file, which is read from its beginning.
    pub fn read(file: File, format: Format) -> Result<Self, TableError> {
        // Before the first byte is read.
        let identity = Identity::of(&file);
        let read = Self::read_new(file, format)?;
        Ok(Self { identity, ..read })
    }

    fn read_new(mut file: File, format: Format) -> Result<Self, TableError> {
        if format == Format::Parquet {
            return Self::of(Source::Parquet(ParquetFile::open(file)?));
        }
        limit("bytes", file.metadata()?.len(), MAX_BYTES)?;
        let (schema, batches) = match format {
            Format::Csv => csv(&mut file)?,
            Format::JsonLines => json_lines(file)?,
            _ => arrow(file)?,
        };
        Self::of(Source::Memory(concat_batches(&schema, &batches)?))
    }

    /// The table in an output of type `application/vnd.dataresource+json`.
    pub fn from_resource(output: &Value) -> Result<Self, TableError> {
        Self::of(Source::Memory(resource::batch(output)?))
    }

    fn of(source: Source) -> Result<Self, TableError> {
        let schema = match &source {
            Source::Parquet(file) => file.schema(),
            Source::Memory(batch) => batch.schema(),
        };
        limit("columns", schema.fields().len() as u64, MAX_COLUMNS as u64)?;
        Ok(Self {
            schema,
            source,
            identity: None,
            stop: Arc::default(),
        })
    }

    /// The same table, which gives a question up with [`TableError::Stopped`] once `stop` is true.
    #[must_use]
    pub fn until(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Names and types of the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        match &self.source {
            Source::Parquet(file) => file.rows(),
            Source::Memory(batch) => batch.num_rows() as u64,
        }
    }

    /// Where a column stands.
    pub(crate) fn column(&self, name: &str) -> Result<usize, TableError> {
        self.schema
            .index_of(name)
            .map_err(|_| TableError::NoColumn(name.to_owned()))
    }

    /// Goes over some columns of all rows that the filter may let through, in the file's order: the
    /// position of a batch's first row, and the batch. Columns are in the schema's order.
    pub(crate) fn scan(
        &self,
        columns: &[usize],
        filter: Option<&Filter>,
        visit: &mut dyn FnMut(u64, RecordBatch) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let mut visit = |first, batch| {
            if self.stop.load(Ordering::Relaxed) {
                return Err(TableError::Stopped);
            }
            visit(first, batch)
        };
        match &self.source {
            Source::Parquet(file) => file.scan(columns, filter, &mut visit),
            Source::Memory(batch) => visit(0, batch.project(columns)?),
        }
    }

    /// Some columns, in the schema's order, of the rows at these positions, which ascend.
    pub(crate) fn take(
        &self,
        columns: &[usize],
        positions: &[u64],
    ) -> Result<RecordBatch, TableError> {
        match &self.source {
            Source::Parquet(file) => file.take(columns, positions),
            Source::Memory(batch) => Ok(take_record_batch(
                &batch.project(columns)?,
                &UInt64Array::from(positions.to_vec()),
            )?),
        }
    }
}

/// Refuses what is more than allowed.
pub(crate) fn limit(what: &'static str, found: u64, limit: u64) -> Result<(), TableError> {
    if found > limit {
        return Err(TableError::TooLarge { what, found, limit });
    }
    Ok(())
}

type Batches = (SchemaRef, Vec<RecordBatch>);

fn csv(file: &mut File) -> Result<Batches, TableError> {
    let format = arrow_csv::reader::Format::default().with_header(true);
    let (schema, _) = format.infer_schema(&mut *file, Some(LINES_FOR_TYPES))?;
    file.rewind()?;
    let schema = Arc::new(schema);
    let reader = arrow_csv::ReaderBuilder::new(Arc::clone(&schema))
        .with_format(format)
        .build(&*file)?;
    Ok((schema, collect(reader)?))
}

fn json_lines(file: File) -> Result<Batches, TableError> {
    let mut file = BufReader::new(file);
    let (schema, _) = arrow_json::reader::infer_json_schema_from_seekable(&mut file, None)?;
    file.rewind()?;
    let schema = Arc::new(schema);
    let reader = arrow_json::ReaderBuilder::new(Arc::clone(&schema)).build(file)?;
    Ok((schema, collect(reader)?))
}

fn arrow(mut file: File) -> Result<Batches, TableError> {
    let mut magic = [0; 6];
    let is_file = file.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
    file.rewind()?;
    let file = BufReader::new(file);
    if is_file {
        let reader = FileReader::try_new(file, None)?;
        Ok((reader.schema(), collect(reader)?))
    } else {
        let reader = StreamReader::try_new(file, None)?;
        Ok((reader.schema(), collect(reader)?))
    }
}

/// All batches, unless they are more than is kept in memory: compressed ones can be larger than the file.
fn collect(
    reader: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
) -> Result<Vec<RecordBatch>, TableError> {
    let mut bytes = 0;
    let mut batches = Vec::new();
    for batch in reader {
        let batch = batch?;
        bytes += batch.get_array_memory_size() as u64;
        limit("bytes", bytes, 4 * MAX_BYTES)?;
        batches.push(batch);
    }
    Ok(batches)
}
