//! Due, enqueue, claim, runner, finalize: what brings runs about, and what becomes of them.
