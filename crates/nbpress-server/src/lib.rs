//! HTTP: the product API, its OpenAPI document, and who may pass.
