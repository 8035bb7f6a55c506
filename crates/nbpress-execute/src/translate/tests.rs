//! Texts of translators.
