//! What a registry may do otherwise than others, or wrong. The default is one that does everything well.

use std::time::Duration;

/// The ways of a registry, as they are all the time.
#[derive(Debug, Clone)]
pub(crate) struct Quirks {
    pub(crate) auth: Auth,
    pub(crate) head: Head,
    pub(crate) mount: Mount,
    /// What a PATCH is answered with: 202, 201 or 204.
    pub(crate) patch: u16,
    pub(crate) location: Location,
    pub(crate) redirect: Redirect,
    /// How many requests a token is good for.
    pub(crate) token_uses: usize,
    /// The token's name in the answer: `token` or `access_token`.
    pub(crate) token_name: &'static str,
    /// Whether an identity token can be sent with POST.
    pub(crate) oauth: bool,
    /// The `Content-Type` of every manifest in place of its own.
    pub(crate) manifest_type: Option<&'static str>,
    /// A blob is always sent from its first byte on.
    pub(crate) ignores_range: bool,
    /// Bodies have no length.
    pub(crate) chunked: bool,
    pub(crate) damage: Damage,
    pub(crate) repository: Existence,
    pub(crate) faults: Vec<Fault>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            auth: Auth::Open,
            head: Head::Answered,
            mount: Mount::Done,
            patch: 202,
            location: Location::Absolute,
            redirect: Redirect::No,
            token_uses: usize::MAX,
            token_name: "token",
            oauth: true,
            manifest_type: None,
            ignores_range: false,
            chunked: false,
            damage: Damage::No,
            repository: Existence::Open,
            faults: Vec::new(),
        }
    }
}

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Auth {
    /// Everybody.
    Open,
    /// Who knows the password.
    Basic,
    /// Who brings a token, which somebody else gives for the password.
    Bearer,
}

/// What becomes of HEAD for blobs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Head {
    Answered,
    /// It has this status whatever there is.
    Refused(u16),
}

/// What becomes of `mount`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mount {
    /// 201, if the other repository has the blob.
    Done,
    /// 202: an upload begins, as if nobody had asked for a mount.
    Ignored,
    /// It has this status, and nothing begins.
    Refused(u16),
}

/// How the place of an upload is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Location {
    Absolute,
    /// Without scheme and host.
    Relative,
    /// And with a query, of which every character counts.
    RelativeWithQuery,
    /// At the storage, which takes no credentials.
    OtherHost,
}

/// Where a blob is fetched from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Redirect {
    No,
    /// From the storage, which takes no credentials.
    OtherHost,
    /// From where one is sent again, without end.
    Endless,
}

/// What is wrong with what is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Damage {
    No,
    /// One byte of every blob is another.
    Blob,
    /// The header says another digest than that of the manifest.
    ManifestHeader,
    /// A manifest ends in its middle.
    Manifest,
}

/// Whether the repository is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Existence {
    /// It is, or is made by the first push.
    Open,
    /// Nothing is there, and nothing can be pushed.
    Missing,
    /// It can be read, not written.
    ReadOnly,
}

/// Something that goes wrong now and then.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) on: Step,
    /// So many times, from the first request of the kind on.
    pub(crate) times: usize,
    pub(crate) what: What,
}

impl Fault {
    /// Goes wrong once.
    pub(crate) fn once(on: Step, what: What) -> Self {
        Self { on, times: 1, what }
    }

    /// Goes wrong each time.
    pub(crate) fn always(on: Step, what: What) -> Self {
        Self { on, times: usize::MAX, what }
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    BlobHead,
    BlobGet,
    /// POST, with a mount or without.
    Start,
    Patch,
    Put,
    ManifestGet,
    ManifestPut,
    Token,
    Other,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// An answer with this status and, if there is a text, with it as `Retry-After`.
    Busy(u16, Option<String>),
    /// A page for people, as a proxy in between makes it.
    Page(u16),
    /// A redirect to this place.
    Leads(String),
    /// The end of the connection instead of an answer.
    HangsUp,
    /// No answer, and the connection stays.
    Silent,
    /// The end of the connection after so many bytes of a body, the client's or the server's.
    CutAt(usize),
    /// So many bytes of the server's body, and no more.
    StallsAt(usize),
    /// The server's body in six pieces, with so much time before each.
    Slowly(Duration),
    /// The answer to a request without its body being read, and then the end of the connection.
    Early(u16),
}
