//! WebSocket framings.
