//! The notebook document: parse, validate, upgrade, edit and write .ipynb files; the parameters cell and its typed schema.
