//! What the UI's pages may do.

use axum::http::HeaderValue;

use crate::base_url::BaseUrl;
use crate::guard;

/// Of screens: our own files and our own API, no script in the page, no HTML that was not cleaned.
const SCREENS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; \
    manifest-src 'self'; base-uri 'self'; form-action 'self'; object-src 'none'; \
    require-trusted-types-for 'script'; trusted-types dompurify";

/// Of the frames of outputs: whatever they like, in an origin of nobody and without network.
const FRAMES: &str = "sandbox allow-scripts allow-downloads allow-forms allow-pointer-lock; default-src 'none'; \
    script-src 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'unsafe-inline'; img-src data: blob:; \
    font-src data:; media-src data: blob:; worker-src blob:; connect-src 'none'; frame-src 'none'; \
    form-action 'none'; base-uri 'none'";

pub(super) fn of_screens(base: &BaseUrl) -> HeaderValue {
    both(base, SCREENS)
}

pub(super) fn of_frames(base: &BaseUrl) -> HeaderValue {
    both(base, FRAMES)
}

fn both(base: &BaseUrl, own: &str) -> HeaderValue {
    // A base that no header can carry: then nothing is allowed at all.
    HeaderValue::from_str(&format!("{own}; {}", guard::policy(base)))
        .unwrap_or_else(|_| HeaderValue::from_static("sandbox; default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these would give an output the reader's rights, or a way out.
    #[test]
    fn frames_have_no_way_out() {
        let policy = of_frames(&BaseUrl::new("/"));
        let policy = policy.to_str().unwrap();
        let sandbox = policy.split(';').next().unwrap();
        let expected = "sandbox allow-scripts allow-downloads allow-forms allow-pointer-lock";
        assert_eq!(sandbox, expected);
        for network in ["http:", "https:", "'self';", "ws:", "*"] {
            let allowed = policy.replace("frame-ancestors 'self';", "");
            assert!(!allowed.contains(network), "{network} in {policy}");
        }
    }

    #[test]
    fn no_script_of_a_screen_stands_in_its_page() {
        let policy = of_screens(&BaseUrl::new("/"));
        let policy = policy.to_str().unwrap();
        for forbidden in ["unsafe", "http", "*"] {
            assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
        }
    }
}
