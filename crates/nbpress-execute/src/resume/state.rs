//! The kernel of a run that goes on: made of a frozen copy, else with the saved variables, else started anew for all
//! cells.

use std::path::Path;

use nbpress_format::notebook::Notebook;
use nbpress_kernel::kept::{self, FrozenCopy, NotKept, Revival, SavedNamespace};
use nbpress_kernel::{Kernel, LaunchRequest, LocalProvisioner, StartError};
use nbpress_record::{Resumption, Way};

use super::{Parent, Place};
use crate::execute::Step;
use crate::options::ExecuteOptions;

/// Variables that say of a kernel for which run it works. All others of a copy are as cells left them.
const OF_THE_RUN: [&str; 10] = [
    "NBPRESS_RUN_ID",
    "NBPRESS_ATTEMPT",
    "NBPRESS_IDEMPOTENCY_KEY",
    "NBPRESS_WORKSPACE",
    "NBPRESS_JOB",
    "NBPRESS_LOGICAL_TIME",
    "NBPRESS_DATA_INTERVAL_START",
    "NBPRESS_DATA_INTERVAL_END",
    "NBPRESS_TIME_ZONE",
    "TRACEPARENT",
];

/// A kernel, and which cells are left for it.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) kernel: Kernel,
    pub(crate) plan: Vec<Step>,
    /// How it has what the cells before did; of a run that goes on from another.
    pub(crate) resumption: Option<Resumption>,
}

/// Makes the kernel of a run.
///
/// # Errors
/// No kernel started.
pub(crate) async fn begin(
    provisioner: &LocalProvisioner,
    request: &LaunchRequest<'_>,
    options: &ExecuteOptions,
    notebook: &Notebook,
    place: Option<&Place>,
    plan: &[Step],
) -> Result<Begun, StartError> {
    let mut lost = Vec::new();
    if let (Some(parent), Some(place)) = (options.resume.as_deref(), place) {
        let going_on = GoingOn {
            provisioner,
            request,
            options,
            parent,
            place,
        };
        let carried = Box::pin(going_on.carry(notebook, plan, &mut lost)).await?;
        if let Some(begun) = carried {
            return Ok(begun);
        }
    }
    Ok(Begun {
        kernel: Box::pin(Kernel::start(provisioner, request, options.start_timeout)).await?,
        plan: plan.to_vec(),
        resumption: place
            .map(|place| place.by(Way::Rerun, 0, lost))
            .or_else(|| anew(options)),
    })
}

/// A run whose parent is not known here.
fn anew(options: &ExecuteOptions) -> Option<Resumption> {
    let why = options.parent_unknown.clone()?;
    Some(Resumption {
        way: Way::Rerun,
        cell: 0,
        first: 0,
        changed: Vec::new(),
        lost: vec![why],
    })
}

/// A run that has a parent.
struct GoingOn<'a> {
    provisioner: &'a LocalProvisioner,
    request: &'a LaunchRequest<'a>,
    options: &'a ExecuteOptions,
    parent: &'a Parent,
    place: &'a Place,
}

impl GoingOn<'_> {
    /// A kernel with what is nearest to the place: a copy, or saved variables where those are nearer. Why something
    /// could not be used is added to `lost`.
    async fn carry(
        &self,
        notebook: &Notebook,
        plan: &[Step],
        lost: &mut Vec<String>,
    ) -> Result<Option<Begun>, StartError> {
        let (parent, place) = (self.parent, self.place);
        let kernel = parent.document.kernel().map(|kernel| kernel.name.as_str());
        if kernel != Some(self.request.kernel.name.as_str()) {
            lost.push("another kernel was asked for".to_owned());
            return Ok(None);
        }
        let (copy, saved) = (nearest(parent, place), nearest_saved(parent, place));
        if copy.is_none() && saved.is_none() {
            lost.push(why_none(parent));
        }
        let begun = |kernel, way, first, lost| {
            Some(Begun {
                kernel,
                plan: place.carried(plan, first),
                resumption: Some(place.by(way, first, lost)),
            })
        };
        if let Some((saved, first)) = &saved
            && copy.as_ref().is_none_or(|(_, copied)| first > copied)
        {
            let code = left(notebook, plan, *first);
            match self.load(saved, &code).await? {
                Ok(kernel) => {
                    lost.extend(not_in(saved));
                    return Ok(begun(kernel, Way::Pickle, *first, lost.clone()));
                }
                Err(why) => lost.push(why),
            }
        }
        let Some((copy, first)) = copy else {
            return Ok(None);
        };
        match self.revive(&copy).await {
            Ok(kernel) => {
                lost.extend(copy.lost);
                Ok(begun(kernel, Way::Fork, first, lost.clone()))
            }
            Err(why) => {
                lost.push(why);
                Ok(None)
            }
        }
    }

    /// A kernel made of a copy; else why there is none.
    async fn revive(&self, copy: &FrozenCopy) -> Result<Kernel, String> {
        let (request, options) = (self.request, self.options);
        let variables = OF_THE_RUN.into_iter();
        let variables = variables.filter_map(|name| request.environment.get_key_value(name));
        let revival = Revival {
            kernel: request.kernel,
            working_directory: options.working_directory.as_deref(),
            environment: &variables
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            limits: options.limits,
        };
        kept::revive(copy, self.provisioner, &revival, options.start_timeout)
            .await
            .map_err(|error| format!("the kept state could not be used: {error}"))
    }

    /// A new kernel with saved variables, unless the code that is left may need others; else why there is none.
    async fn load(
        &self,
        saved: &SavedNamespace,
        left: &str,
    ) -> Result<Result<Kernel, String>, StartError> {
        if let Some(name) = saved.missing_in(left) {
            return Ok(Err(format!("the kept variables lack `{name}`")));
        }
        let timeout = self.options.start_timeout;
        let mut kernel = Kernel::start(self.provisioner, self.request, timeout).await?;
        match saved.load(&mut kernel).await {
            Ok(()) => Ok(Ok(kernel)),
            Err(error) => {
                kernel.kill().await;
                Ok(Err(error.to_string()))
            }
        }
    }
}

/// The code from a cell on.
fn left(notebook: &Notebook, plan: &[Step], first: usize) -> String {
    let cells = notebook.cells.iter().zip(plan).skip(first);
    let run = cells.filter(|(_, step)| **step == Step::Run);
    let code: Vec<&str> = run.map(|(cell, _)| cell.source.as_str()).collect();
    code.join("\n")
}

/// What a kernel with saved variables lacks, in words.
fn not_in(saved: &SavedNamespace) -> Vec<String> {
    let missing = saved.missing.iter();
    let missing = missing.map(|missing| format!("`{}`: {}", missing.name, missing.why));
    let no_copy = format!("no copy was made: {}", saved.instead_of);
    let general = saved.lost.iter().cloned();
    std::iter::once(no_copy)
        .chain(missing)
        .chain(general)
        .collect()
}

/// The last copy that has nothing of a cell that changed, with the cell that is next for it; the parent's, or one of
/// a run before it.
pub(super) fn nearest(parent: &Parent, place: &Place) -> Option<(FrozenCopy, usize)> {
    nearest_of(parent, place, kept::list, |copy| copy.execution_count)
}

/// The same of saved variables.
fn nearest_saved(parent: &Parent, place: &Place) -> Option<(SavedNamespace, usize)> {
    if !parent.has_files {
        return None;
    }
    nearest_of(parent, place, kept::saved, |saved| saved.execution_count)
}

fn nearest_of<T>(
    parent: &Parent,
    place: &Place,
    list: fn(&Path) -> Vec<T>,
    count: fn(&T) -> u64,
) -> Option<(T, usize)> {
    let counted = parent.by_count();
    let next_of = |cell: usize| {
        let among = place.same.iter().find(|(_, parents)| *parents == cell);
        let at_place = place.parents.filter(|parents| *parents == cell);
        among
            .map(|(mine, _)| *mine)
            .or(at_place.map(|_| place.cell))
    };
    let earlier = parent.earlier.iter().flat_map(|earlier| {
        let states = list(&earlier.copies).into_iter();
        states.filter(move |state| count(state) <= earlier.last)
    });
    let usable = earlier.chain(list(&parent.copies)).filter_map(|state| {
        let next = next_of(*counted.get(&count(&state))?)?;
        Some((state, next))
    });
    // Of those that are as near, the parent's own.
    usable.max_by_key(|(_, next)| *next)
}

fn why_none(parent: &Parent) -> String {
    let kernel = parent.document.kernel();
    if let Some(kernel) = kernel.filter(|kernel| kernel.implementation != "ipython") {
        let name = kernel.implementation.clone();
        return format!("no state was kept: {}", NotKept::Implementation(name));
    }
    let Some(outcome) = kept::outcome(&parent.copies) else {
        return "no state is kept of the cells before".to_owned();
    };
    match (outcome.not_kept, outcome.not_saved) {
        (Some(reason), Some(why)) => format!("no state was kept: {reason}; {why}"),
        (Some(reason), None) => format!("no state was kept: {reason}"),
        (None, _) => "no state is kept of the cells before".to_owned(),
    }
}

impl Place {
    pub(super) fn by(&self, way: Way, first: usize, lost: Vec<String>) -> Resumption {
        Resumption {
            way,
            cell: self.cell,
            first,
            changed: self.changed.clone(),
            lost,
        }
    }
}
