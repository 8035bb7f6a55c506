//! What is a name.

/// Letters, digits and underscores, not beginning with a digit, and none of the reserved words.
pub(super) fn is_word(name: &str, reserved: &[&str]) -> bool {
    let start = |character: char| character.is_alphabetic() || character == '_';
    let part = |character: char| character.is_alphanumeric() || character == '_';
    name.starts_with(start) && name.chars().all(part) && !reserved.contains(&name)
}

/// The same in ASCII only.
pub(super) fn is_ascii_word(name: &str, reserved: &[&str]) -> bool {
    name.is_ascii() && is_word(name, reserved)
}
