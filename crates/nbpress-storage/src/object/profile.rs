//! The profile in the shared files of the AWS tools
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>): static keys, region and
//! endpoint. Roles, single sign-on and credential processes are not followed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::client_options::first;
use crate::storage::Settings;

/// One profile's settings; empty when there is none.
#[derive(Debug, Default)]
pub(super) struct Profile {
    name: String,
    places: Vec<PathBuf>,
    values: BTreeMap<String, String>,
}

impl Profile {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The files that were looked at, for an error.
    pub(super) fn places(&self) -> String {
        let places: Vec<_> = self
            .places
            .iter()
            .map(|place| format!("`{}`", place.display()))
            .collect();
        if places.is_empty() {
            "no file (`HOME` is not set)".to_owned()
        } else {
            places.join(" and ")
        }
    }
}

/// Reads the profile named by `AWS_PROFILE`, else `default`. Of a key in both files the one in
/// the credentials file counts. A file that is missing or unreadable is as good as empty.
pub(super) async fn load(settings: &Settings) -> Profile {
    let name = first(settings, &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]).unwrap_or("default");
    let mut profile = Profile {
        name: name.to_owned(),
        ..Profile::default()
    };
    let files = [
        ("AWS_CONFIG_FILE", ".aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    ];
    for (variable, in_home) in files {
        let home = first(settings, &["HOME"]).map(|home| Path::new(home).join(in_home));
        let Some(place) = first(settings, &[variable]).map(PathBuf::from).or(home) else {
            continue;
        };
        if let Ok(text) = tokio::fs::read_to_string(&place).await {
            profile.values.extend(section(&text, name));
        }
        profile.places.insert(0, place);
    }
    profile
}

/// The settings of `[name]` or `[profile name]`.
fn section(text: &str, name: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut is_inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(title) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            let title = title.trim();
            let title = title
                .strip_prefix("profile")
                .map(str::trim)
                .filter(|rest| !rest.is_empty())
                .unwrap_or(title);
            is_inside = title == name;
        } else if is_inside && !line.starts_with([' ', '\t', '#', ';']) {
            // Indented lines are settings below a setting.
            if let Some((key, value)) = trimmed.split_once('=') {
                values.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn finds_the_settings_of_one_profile() {
        let text = "# keys\n[default]\naws_access_key_id = A\n; no\n[profile other]\nregion=eu-west-1\ns3 =\n  region = no\n\
                    Aws_Secret_Access_Key = a=b/c+d==\n[third]\nregion = x\n";
        let values = |name| {
            section(text, name)
                .into_iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(values("default"), ["aws_access_key_id=A"]);
        assert_eq!(
            values("other"),
            ["aws_secret_access_key=a=b/c+d==", "region=eu-west-1", "s3="]
        );
        assert!(values("none").is_empty());
    }
}
