//! Where spans go and which, by the variables of OpenTelemetry
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

/// How long a collector may take for a batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans go, and which.
#[derive(Clone, PartialEq)]
pub struct TraceSettings {
    /// The collector's address for spans.
    pub endpoint: Url,
    /// Sent with each request; values may be secret.
    pub headers: Vec<(String, String)>,
    /// What the spans come from.
    pub resource: Vec<(String, String)>,
    /// The share of new traces that are kept, from 0 to 1.
    pub ratio: f64,
    /// How long a collector may take for a batch.
    pub timeout: Duration,
}

/// Why traces cannot be sent as it was said.
#[derive(Debug, thiserror::Error)]
#[error("`{variable}`: {problem}")]
pub struct SettingsError {
    variable: &'static str,
    problem: String,
}

impl SettingsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self.variable {
            "otlp_endpoint" | ENDPOINT | TRACES_ENDPOINT => "write `http://127.0.0.1:4318`",
            PROTOCOL => "collectors take `http/protobuf` at port 4318",
            SAMPLER => {
                "write `parentbased_traceidratio`, and the share in `OTEL_TRACES_SAMPLER_ARG`"
            }
            SAMPLER_ARGUMENT => "write a number from 0 to 1",
            HEADERS => "write `name=value,name=value`",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

impl TraceSettings {
    /// What the environment says, or `None` where nobody wants traces. `endpoint` is a collector's address that
    /// was given otherwise and counts before the variables.
    ///
    /// # Errors
    /// A variable says what cannot be done.
    pub fn read(
        environment: &BTreeMap<String, String>,
        endpoint: Option<&Url>,
        service: &str,
    ) -> Result<Option<Self>, SettingsError> {
        let get = |name: &str| {
            let value = environment.get(name).map(|value| value.trim());
            value.filter(|value| !value.is_empty())
        };
        let is_off =
            get("OTEL_SDK_DISABLED") == Some("true") || get("OTEL_TRACES_EXPORTER") == Some("none");
        let endpoint = match endpoint {
            Some(base) => Some(beneath(&checked("otlp_endpoint", base.clone())?)),
            None => match (get(TRACES_ENDPOINT), get(ENDPOINT)) {
                (Some(whole), _) => Some(address(TRACES_ENDPOINT, whole)?),
                (None, Some(base)) => Some(beneath(&address(ENDPOINT, base)?)),
                (None, None) => None,
            },
        };
        let Some(endpoint) = endpoint.filter(|_| !is_off) else {
            return Ok(None);
        };
        if let Some(other) = get(PROTOCOL).filter(|name| *name != "http/protobuf") {
            return Err(failed(PROTOCOL, format!("`{other}` is not spoken")));
        }
        let headers = get("OTEL_EXPORTER_OTLP_TRACES_HEADERS").or_else(|| get(HEADERS));
        let timeout = get("OTEL_EXPORTER_OTLP_TIMEOUT").and_then(|text| text.parse().ok());
        Ok(Some(Self {
            endpoint,
            headers: pairs(headers.unwrap_or_default())
                .ok_or_else(|| failed(HEADERS, "it has a part without `=`".to_owned()))?,
            resource: resource(
                get("OTEL_SERVICE_NAME"),
                get("OTEL_RESOURCE_ATTRIBUTES"),
                service,
            ),
            ratio: ratio(get(SAMPLER), get(SAMPLER_ARGUMENT))?,
            timeout: timeout.map_or(TIMEOUT, Duration::from_millis),
        }))
    }
}

impl std::fmt::Debug for TraceSettings {
    /// Without the headers.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TraceSettings")
            .field("resource", &self.resource)
            .field("ratio", &self.ratio)
            .finish_non_exhaustive()
    }
}

fn failed(variable: &'static str, problem: String) -> SettingsError {
    SettingsError { variable, problem }
}

fn address(variable: &'static str, text: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(text).map_err(|error| failed(variable, error.to_string()))?;
    checked(variable, url)
}

fn checked(variable: &'static str, url: Url) -> Result<Url, SettingsError> {
    if !["http", "https"].contains(&url.scheme()) {
        let problem = "it does not begin with `http://` or `https://`".to_owned();
        return Err(failed(variable, problem));
    }
    Ok(url)
}

/// Where a collector takes spans.
fn beneath(base: &Url) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/v1/traces", base.path().trim_end_matches('/')));
    url
}

fn ratio(sampler: Option<&str>, argument: Option<&str>) -> Result<f64, SettingsError> {
    let sampler = sampler.unwrap_or("parentbased_always_on");
    match sampler.trim_start_matches("parentbased_") {
        "always_on" => Ok(1.0),
        "always_off" => Ok(0.0),
        "traceidratio" => {
            let share = argument.map_or(Ok(1.0), str::parse::<f64>);
            let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
            share.ok_or_else(|| failed(SAMPLER_ARGUMENT, "it is no share".to_owned()))
        }
        other => Err(failed(SAMPLER, format!("there is no sampler `{other}`"))),
    }
}

fn resource(name: Option<&str>, others: Option<&str>, service: &str) -> Vec<(String, String)> {
    // What cannot be read is left out, as the standard has it.
    let mut all: BTreeMap<String, String> = pairs(others.unwrap_or_default())
        .unwrap_or_default()
        .into_iter()
        .collect();
    let mut default = |key: &str, value: &str| {
        all.entry(key.to_owned())
            .or_insert_with(|| value.to_owned());
    };
    default("service.name", service);
    default("service.version", env!("CARGO_PKG_VERSION"));
    default(
        "host.name",
        &rustix::system::uname().nodename().to_string_lossy(),
    );
    if let Some(name) = name {
        all.insert("service.name".to_owned(), name.to_owned());
    }
    all.into_iter().collect()
}

/// `name=value,name=value`, of which the values are percent-encoded.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split(',').map(str::trim);
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_owned(), decoded(value.trim())))
    };
    parts.filter(|part| !part.is_empty()).map(pair).collect()
}

fn decoded(text: &str) -> String {
    // A form has blanks as `+`, which stands for itself here.
    let form = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    let value = url::form_urlencoded::parse(form.as_bytes()).next();
    value.map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<TraceSettings>, SettingsError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = variables.iter().map(owned).collect();
        TraceSettings::read(&environment, None, "nbpress")
    }

    #[test]
    fn the_standards_variables_are_understood() {
        let to = (ENDPOINT, "http://collector:4318/base/");
        let both = (TRACES_ENDPOINT, "https://other/x");
        for (variables, endpoint) in [
            (vec![], None),
            (vec![to], Some("http://collector:4318/base/v1/traces")),
            (vec![to, both], Some("https://other/x")),
            (vec![to, ("OTEL_SDK_DISABLED", "true")], None),
            (vec![to, ("OTEL_TRACES_EXPORTER", "none")], None),
        ] {
            let read = read(&variables).unwrap();
            let found = read.as_ref().map(|read| read.endpoint.as_str());
            assert_eq!(found, endpoint, "{variables:?}");
        }
        let read = read(&[
            to,
            (HEADERS, "api-key=a%20b+c, x=1&2="),
            ("OTEL_SERVICE_NAME", "team"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=lost,deployment.environment.name=prod",
            ),
            (SAMPLER, "parentbased_traceidratio"),
            (SAMPLER_ARGUMENT, "0.25"),
        ]);
        let read = read.unwrap().unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read.headers, [pair("api-key", "a b+c"), pair("x", "1&2=")]);
        assert!(read.resource.contains(&pair("service.name", "team")));
        let deployed = pair("deployment.environment.name", "prod");
        assert!(read.resource.contains(&deployed));
        assert!((read.ratio - 0.25).abs() < f64::EPSILON);
        assert!(!format!("{read:?}").contains("a b+c"));
    }

    #[test]
    fn what_cannot_be_done_is_said_with_the_way_out() {
        let to = (ENDPOINT, "http://collector:4318");
        for variables in [
            vec![(ENDPOINT, "collector:4318")],
            vec![to, (PROTOCOL, "grpc")],
            vec![to, (SAMPLER, "sometimes")],
            vec![to, (SAMPLER, "traceidratio"), (SAMPLER_ARGUMENT, "2")],
            vec![to, (HEADERS, "secret")],
        ] {
            let error = read(&variables).unwrap_err();
            assert!(error.hint().is_some(), "{error}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
