//! Limits of log-in and registration.
