//! Where a browser may be sent: a path of this server, and nothing that a browser could read as another host.

use crate::base_url::BaseUrl;

/// The address asked for where it is a path beneath the base, and the base itself where it is not.
///
/// Browsers read `\` as `/`, take control characters out before they look, and `//host` as another host
/// (<https://url.spec.whatwg.org/#url-parsing>): so the path has to begin with the base, and with one slash.
pub(crate) fn same_origin_path(base: &BaseUrl, wanted: &str) -> String {
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    let plain = wanted
        .chars()
        .all(|letter| letter.is_ascii_graphic() && letter != '\\' && letter != '"');
    let rooted = path.starts_with('/') && !path.starts_with("//");
    let beneath = rooted && base.strip(path).is_some_and(|rest| rest.starts_with('/'));
    if plain && beneath {
        wanted.to_owned()
    } else {
        base.path().to_owned()
    }
}

#[cfg(test)]
mod tests;
