//! What stands in the header of a column: how much is there, between what, how it is distributed.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use arrow_select::filter::filter_record_batch;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::TableError;
use crate::filter::{matches, plain};
use crate::query::Filter;
use crate::table::Table;

/// Hashes kept to estimate how many distinct values there are: the error is about 3 %.
const KEPT_HASHES: usize = 1024;
/// Different texts counted one by one; where there are more, the most frequent are not told.
const COUNTED_TEXTS: usize = 10_000;
const BINS: usize = 20;
const TOP: usize = 10;

/// What a column holds, as far as its header cares.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Integers, floats, decimals.
    Number,
    /// Dates and instants; as numbers they are milliseconds since 1970.
    Time,
    /// Everything else.
    Text,
}

/// One column of the rows a filter lets through.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Summary {
    /// Its name.
    pub column: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Rows with a value.
    pub count: u64,
    /// Rows without one; NaN is none.
    pub nulls: u64,
    /// Distinct values: exact below 1024, estimated to about 3 % above.
    pub distinct: u64,
    /// The smallest finite number or time.
    pub min: Option<f64>,
    /// The largest finite number or time.
    pub max: Option<f64>,
    /// The mean of the finite numbers or times.
    pub mean: Option<f64>,
    /// Of numbers and times.
    pub histogram: Option<Histogram>,
    /// The most frequent texts, at most 10, most frequent first; absent if there are too many to count.
    pub top: Option<Vec<TopValue>>,
}

/// How many values lie in each of 20 bins of equal width from the minimum to the maximum. The last
/// bin holds the maximum too.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Histogram {
    /// Values in each bin.
    pub bins: Vec<u64>,
}

/// A text and how often it comes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopValue {
    /// The text.
    pub value: String,
    /// How many rows have it.
    pub count: u64,
}

impl Table {
    /// A summary of each of these columns, of the rows the filter lets through. Reads them twice
    /// where a histogram is due: its bins are known only after the first time.
    pub fn summary(
        &self,
        columns: &[String],
        filter: Option<&Filter>,
    ) -> Result<Vec<Summary>, TableError> {
        let mut tallies = Vec::new();
        for name in columns {
            let field = self.schema().field(self.column(name)?);
            tallies.push(Tally::new(name, ColumnKind::of(field.data_type())));
        }
        self.visit_matching(columns, filter, &mut |batch| {
            tallies.iter_mut().try_for_each(|tally| tally.add(batch))
        })?;
        let numbers = tallies
            .iter()
            .filter(|tally| tally.finite > 0)
            .map(|tally| tally.name.clone())
            .collect::<Vec<_>>();
        if !numbers.is_empty() {
            self.visit_matching(&numbers, filter, &mut |batch| {
                tallies.iter_mut().try_for_each(|tally| tally.bin(batch))
            })?;
        }
        Ok(tallies.into_iter().map(Tally::finish).collect())
    }

    fn visit_matching(
        &self,
        columns: &[String],
        filter: Option<&Filter>,
        visit: &mut dyn FnMut(&RecordBatch) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let tested = filter.map(Filter::columns).unwrap_or_default();
        let names = columns.iter().map(String::as_str).chain(tested);
        let mut read = names
            .map(|name| self.column(name))
            .collect::<Result<Vec<_>, _>>()?;
        read.sort_unstable();
        read.dedup();
        self.scan(&read, filter, &mut |_, batch| match filter {
            Some(filter) => {
                let mask = matches(filter, &batch)?;
                visit(&filter_record_batch(&batch, &mask.into())?)
            }
            None => visit(&batch),
        })
    }
}

impl ColumnKind {
    /// What a column of this type in Arrow's words holds.
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Dictionary(_, of) => Self::of(of),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Time,
            _ if data_type.is_numeric() => Self::Number,
            _ => Self::Text,
        }
    }
}

/// What is known of a column so far.
struct Tally {
    name: String,
    kind: ColumnKind,
    count: u64,
    nulls: u64,
    hashes: BTreeSet<u64>,
    finite: u64,
    sum: f64,
    min: f64,
    max: f64,
    bins: Vec<u64>,
    texts: Option<HashMap<String, u64>>,
}

impl Tally {
    fn new(name: &str, kind: ColumnKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            count: 0,
            nulls: 0,
            hashes: BTreeSet::new(),
            finite: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            bins: vec![0; BINS],
            texts: (kind == ColumnKind::Text).then(HashMap::new),
        }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let Some(values) = batch.column_by_name(&self.name) else {
            return Ok(());
        };
        let values = plain(values)?;
        let nulls = values.logical_null_count() as u64;
        self.nulls += nulls;
        self.count += values.len() as u64 - nulls;
        match self.kind {
            ColumnKind::Number | ColumnKind::Time => {
                for number in numbers(&values, self.kind)? {
                    self.remember(number.to_bits());
                    if number.is_finite() {
                        self.finite += 1;
                        self.sum += number;
                        self.min = self.min.min(number);
                        self.max = self.max.max(number);
                    }
                }
            }
            ColumnKind::Text => self.add_texts(&values)?,
        }
        Ok(())
    }

    /// Of values without a text, such as structs, only the number is told.
    fn add_texts(&mut self, values: &ArrayRef) -> Result<(), TableError> {
        if values.data_type().is_nested() {
            self.texts = None;
            return Ok(());
        }
        let texts = cast(values, &DataType::Utf8)?;
        for text in texts.as_string::<i32>().iter().flatten() {
            self.remember(text);
            if let Some(counts) = &mut self.texts {
                if let Some(count) = counts.get_mut(text) {
                    *count += 1;
                } else {
                    counts.insert(text.to_owned(), 1);
                }
                if counts.len() > COUNTED_TEXTS {
                    self.texts = None;
                }
            }
        }
        Ok(())
    }

    /// Keeps the smallest hashes: how far apart they are says how many there would be.
    fn remember(&mut self, value: impl Hash) {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let hash = hasher.finish();
        if self.hashes.len() < KEPT_HASHES {
            self.hashes.insert(hash);
        } else if self.hashes.last().is_some_and(|&last| hash < last) && self.hashes.insert(hash) {
            self.hashes.pop_last();
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the fraction is in 0..=1, and what a cast does to others is a bin too"
    )]
    fn bin(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let Some(values) = batch.column_by_name(&self.name) else {
            return Ok(());
        };
        // Halves, because the difference of two large numbers can be infinite.
        let width = self.max / 2.0 - self.min / 2.0;
        for number in numbers(&plain(values)?, self.kind)? {
            if number.is_finite() {
                let part = (number / 2.0 - self.min / 2.0) / width;
                let bin = (part * BINS as f64) as usize;
                if let Some(count) = self.bins.get_mut(bin.min(BINS - 1)) {
                    *count += 1;
                }
            }
        }
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, never negative"
    )]
    fn distinct(&self) -> u64 {
        match self.hashes.last() {
            Some(&last) if self.hashes.len() == KEPT_HASHES => {
                let share = last as f64 / u64::MAX as f64;
                ((KEPT_HASHES - 1) as f64 / share) as u64
            }
            _ => self.hashes.len() as u64,
        }
    }

    fn finish(self) -> Summary {
        let distinct = self.distinct().min(self.count);
        let any = |number| (self.finite > 0).then_some(number);
        Summary {
            kind: self.kind,
            count: self.count,
            nulls: self.nulls,
            distinct,
            min: any(self.min),
            max: any(self.max),
            mean: any(self.sum / self.finite.max(1) as f64),
            histogram: (self.finite > 0).then_some(Histogram { bins: self.bins }),
            top: self.texts.map(most_frequent),
            column: self.name,
        }
    }
}

fn most_frequent(texts: HashMap<String, u64>) -> Vec<TopValue> {
    let mut top = texts
        .into_iter()
        .map(|(value, count)| TopValue { value, count })
        .collect::<Vec<_>>();
    top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    top.truncate(TOP);
    top
}

/// The values that are there, as numbers.
fn numbers(values: &ArrayRef, kind: ColumnKind) -> Result<Vec<f64>, TableError> {
    let numbers = match kind {
        ColumnKind::Time => {
            let instants = cast(values, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
            cast(&cast(&instants, &DataType::Int64)?, &DataType::Float64)?
        }
        _ => cast(values, &DataType::Float64)?,
    };
    Ok(numbers
        .as_primitive::<Float64Type>()
        .iter()
        .flatten()
        .collect())
}
