//! Progress as facts: the library reports what happens, the host decides what to show.

/// One thing that happened. Events carry facts, never sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// `rebar3` was started with these arguments.
    CompileStarted {
        /// The arguments after `rebar3`.
        arguments: &'a [String],
    },
    /// A line that a command printed.
    CommandOutput {
        /// The line, without its end.
        line: &'a str,
    },
    /// The release's contents are decided.
    Assembled {
        /// Number of entries in the release's tree.
        entries: usize,
    },
    /// A layer was packed.
    LayerPacked {
        /// The layer's name: `native`, `otp`, `dependency NAME`, `project NAME`, `release` or another (see `LayerPlan`).
        layer: &'a str,
        /// Compressed size in bytes.
        size: u64,
    },
    /// A registry has a blob.
    BlobPushed {
        /// The blob.
        digest: &'a str,
        /// Its size in bytes.
        size: u64,
        /// Whether it had to be sent.
        sent: bool,
    },
    /// A layer was in the cache and did not have to be packed.
    LayerReused {
        /// The layer's name, as above.
        layer: &'a str,
        /// Compressed size in bytes.
        size: u64,
    },
    /// A destination has everything.
    Written {
        /// The destination as the user would write it.
        destination: &'a str,
    },
}

/// Receives [`Event`]s. Both methods have defaults, so `&()` is the observer that does nothing.
pub trait Observer: Sync {
    /// Called when something happened; default: ignored.
    fn event(&self, event: &Event<'_>) {
        let _ = event;
    }

    /// Asked between steps; `true` ends the work with an error and nothing half-written. Default: `false`.
    fn stop_requested(&self) -> bool {
        false
    }
}

impl Observer for () {}
