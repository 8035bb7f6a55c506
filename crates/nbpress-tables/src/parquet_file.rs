//! A Parquet file: only the columns, row groups and rows that are asked for are read.

use std::fs::File;
use std::str::FromStr as _;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::timezone::Tz;
use arrow_schema::{DataType, Schema, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use serde_json::{Map, Value};

use crate::error::TableError;
use crate::filter::{self, Bounds};
use crate::query::Filter;
use crate::table::limit;

/// The most bytes of one row group, decompressed: what a reader may have to keep.
const MAX_GROUP_BYTES: u64 = 2 << 30;
const BATCH_ROWS: usize = 65_536;

/// The key under which a file says types that Parquet does not have: `{"t": "zone Europe/Berlin", "d": "duration"}`.
const TOLD_TYPES: &str = "nbpress.types";

/// An open file and what its footer says.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    file: File,
    footer: ArrowReaderMetadata,
}

impl ParquetFile {
    pub(crate) fn open(file: File) -> Result<Self, TableError> {
        let footer = with_told_types(ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?);
        for group in footer.metadata().row_groups() {
            let bytes = u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX);
            limit("bytes in a row group", bytes, MAX_GROUP_BYTES)?;
        }
        Ok(Self { file, footer })
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        SchemaRef::clone(self.footer.schema())
    }

    pub(crate) fn rows(&self) -> u64 {
        self.group_rows().sum()
    }

    fn group_rows(&self) -> impl Iterator<Item = u64> {
        let groups = self.footer.metadata().row_groups().iter();
        groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(0))
    }

    fn reader(
        &self,
        columns: &[usize],
    ) -> Result<ParquetRecordBatchReaderBuilder<File>, TableError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.file.try_clone()?,
            self.footer.clone(),
        );
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        Ok(builder.with_projection(mask).with_batch_size(BATCH_ROWS))
    }

    /// See [`crate::Table::scan`]. Row groups whose bounds exclude every row are not read.
    pub(crate) fn scan(
        &self,
        columns: &[usize],
        filter: Option<&Filter>,
        visit: &mut dyn FnMut(u64, RecordBatch) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let wanted = match filter {
            Some(filter) => filter::possible(filter, self)?,
            None => vec![true; self.footer.metadata().num_row_groups()],
        };
        let mut position = 0;
        for (group, rows) in self.group_rows().enumerate() {
            if wanted.get(group).copied().unwrap_or(true) {
                let mut at = position;
                for batch in self.reader(columns)?.with_row_groups(vec![group]).build()? {
                    let batch = batch?;
                    let read = batch.num_rows() as u64;
                    visit(at, batch)?;
                    at += read;
                }
            }
            position += rows;
        }
        Ok(())
    }

    /// See [`crate::Table::take`].
    pub(crate) fn take(
        &self,
        columns: &[usize],
        positions: &[u64],
    ) -> Result<RecordBatch, TableError> {
        let total = usize::try_from(self.rows()).unwrap_or(usize::MAX);
        let ranges = positions.iter().map(|&at| {
            let at = usize::try_from(at).unwrap_or(usize::MAX - 1);
            at..at + 1
        });
        let selection = RowSelection::from_consecutive_ranges(ranges, total);
        let reader = self
            .reader(columns)?
            .with_row_selection(selection)
            .build()?;
        let schema = Arc::new(self.schema().project(columns)?);
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        Ok(concat_batches(&schema, &batches)?)
    }

    /// The smallest and largest value of a column in each row group; absent if the file does not say.
    pub(crate) fn bounds(&self, column: &str) -> Option<Bounds> {
        let metadata = self.footer.metadata();
        let schema = self.footer.schema();
        let parquet_schema = metadata.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(column, schema, parquet_schema).ok()?;
        Some(Bounds {
            least: converter.row_group_mins(metadata.row_groups()).ok()?,
            most: converter.row_group_maxes(metadata.row_groups()).ok()?,
        })
    }

    pub(crate) fn groups(&self) -> usize {
        self.footer.metadata().num_row_groups()
    }
}

/// The footer, its columns with the types that the file says besides those of Parquet. What cannot be is left.
fn with_told_types(footer: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let schema = told_types(&footer).map(|types| {
        let fields = footer.schema().fields().iter().map(|field| {
            let told = types.get(field.name()).and_then(Value::as_str);
            let told = told.and_then(|told| told_type(field.data_type(), told));
            match told {
                Some(data_type) => Arc::new(field.as_ref().clone().with_data_type(data_type)),
                None => Arc::clone(field),
            }
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    });
    let typed = schema.and_then(|schema| {
        let options = ArrowReaderOptions::new().with_schema(schema);
        ArrowReaderMetadata::try_new(Arc::clone(footer.metadata()), options).ok()
    });
    typed.unwrap_or(footer)
}

fn told_types(footer: &ArrowReaderMetadata) -> Option<Map<String, Value>> {
    let pairs = footer.metadata().file_metadata().key_value_metadata()?;
    let told = pairs.iter().find(|pair| pair.key == TOLD_TYPES)?;
    serde_json::from_str(told.value.as_deref()?).ok()
}

fn told_type(stored: &DataType, told: &str) -> Option<DataType> {
    match (stored, told.strip_prefix("zone ")) {
        (DataType::Timestamp(unit, Some(_)), Some(zone)) => {
            // A zone that nobody knows would refuse every value.
            Tz::from_str(zone).ok()?;
            Some(DataType::Timestamp(*unit, Some(zone.into())))
        }
        (DataType::Int64, None) if told == "duration" => {
            Some(DataType::Duration(TimeUnit::Microsecond))
        }
        _ => None,
    }
}
