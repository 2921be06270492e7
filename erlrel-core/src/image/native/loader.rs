//! The dynamic loader's search for a shared library, done at build time.
//!
//! GNU, from ld.so(8): a name with a slash is a path. Otherwise `DT_RPATH` of the asking file and of each
//! file that led to it, unless the asking file has a `DT_RUNPATH`; then its `DT_RUNPATH`; then the cache;
//! then the default directories. musl: the search path of the asking file and of each file that led to it,
//! then the default directories. A file for another architecture is passed over.
//!
//! Directories that the loader only tries on certain processors (`glibc-hwcaps`) are not: the image may run
//! on another. The environment (`LD_LIBRARY_PATH`, `LD_PRELOAD`) has no say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::rc::Rc;

use super::NativeError;
use super::cache::LdCache;
use super::host::{Host, HostFile};
use super::path::{crossed, normal, parent};
use super::release::{Release, ReleaseFile};
use super::system::{self, CLibrary};
use crate::elf::{self, Elf};

/// A file that is loaded into a program: one of the release, or one of the host on its way into the image.
#[derive(Debug)]
pub(super) struct Object {
    /// For people: its path in the release, or its absolute path in the image.
    pub(super) name: String,
    /// Its absolute path in the image.
    pub(super) image: String,
    /// Its absolute path on the host, by which it was found; `None` for a file that lies nowhere there.
    pub(super) host: Option<String>,
    pub(super) elf: Rc<Elf>,
    /// The file that asked for it.
    pub(super) parent: Option<Rc<Object>>,
}

impl Object {
    /// A library or program of the host.
    pub(super) fn of_host(library: &HostLibrary, parent: Option<Rc<Object>>) -> Self {
        let (name, image) = (library.image.clone(), library.image.clone());
        Self { name, image, host: Some(library.path.clone()), elf: library.elf.clone(), parent }
    }
}

/// Where a library was found.
pub(super) enum Found<'r, 'a> {
    /// In the release itself.
    Release(&'r ReleaseFile<'a>),
    /// On the host, through a search path in an ELF file or by its path: it keeps its place.
    Path(HostLibrary),
    /// On the host, through the cache or a default directory.
    System(HostLibrary),
}

/// A shared library of the host.
#[derive(Debug, Clone)]
pub(super) struct HostLibrary {
    /// Its absolute path in the image.
    pub(super) image: String,
    /// Its absolute path on the host, by which it was found.
    pub(super) path: String,
    /// Directories that the way to it crosses (see [`crossed`]).
    pub(super) crossed: Vec<String>,
    pub(super) file: HostFile,
    pub(super) elf: Rc<Elf>,
}

/// A directory to search: where it is in the image, and where its files are now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Directory {
    image: String,
    host: Option<String>,
}

/// The loader's state: what it knows of the system, and what it has read so far.
pub(super) struct Loader<'a> {
    release: &'a Release<'a>,
    pub(super) host: Host<'a>,
    architecture: &'a str,
    pub(super) c_library: CLibrary,
    cache: LdCache,
    directories: Vec<String>,
    /// The directory in the image where libraries of the system go.
    system_directory: String,
    known: BTreeMap<PathBuf, Option<Rc<Elf>>>,
    system: BTreeMap<String, Option<HostLibrary>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(release: &'a Release<'a>, host: Host<'a>, architecture: &'a str) -> Self {
        let c_library = CLibrary::of(release);
        let cache = match c_library {
            CLibrary::Gnu => LdCache::parse(&host.read("/etc/ld.so.cache").unwrap_or_default()),
            CLibrary::Musl => LdCache::default(),
        };
        let mut loader = Self {
            release,
            host,
            architecture,
            c_library,
            cache,
            directories: system::directories(c_library, architecture, &host),
            system_directory: "/lib".into(),
            known: BTreeMap::new(),
            system: BTreeMap::new(),
        };
        loader.system_directory = loader.directory_of_the_c_library();
        loader
    }

    /// The GNU loader is built with the directory of its own C library; musl always searches `/lib`.
    fn directory_of_the_c_library(&mut self) -> String {
        let found =
            self.paths_in_system("libc.so.6").into_iter().find(|path| self.library_at(path).is_some());
        match found.filter(|_| self.c_library == CLibrary::Gnu) {
            Some(path) => parent(&path).into(),
            None => "/lib".into(),
        }
    }

    /// A program or library of the release as it is loaded.
    pub(super) fn object(&self, file: &ReleaseFile<'_>, parent: Option<Rc<Object>>) -> Object {
        let host = file.source.and_then(|source| self.host.path_of(source));
        let (name, image) = (file.path.to_string(), self.release.place(file.path));
        Object { name, image, host, elf: file.elf.clone(), parent }
    }

    /// The library that `asking` gets when it asks for `name`.
    pub(super) fn find(&mut self, name: &str, asking: &Object) -> Option<Found<'a, 'a>> {
        if name.contains('/') {
            return self.expand(name, asking).and_then(|place| self.at(&place));
        }
        for directory in self.search_path(asking) {
            if let Some(found) = self.at(&directory.join(name)) {
                return Some(self.prefer_system(name, found));
            }
        }
        self.find_in_system(name).map(Found::System)
    }

    /// Search paths often name a directory of the system. Its libraries are in the image once, in the place
    /// where the loader looks when it has not found them there.
    fn prefer_system(&mut self, name: &str, found: Found<'a, 'a>) -> Found<'a, 'a> {
        match (found, self.find_in_system(name)) {
            (Found::Path(library), Some(system)) if library.file == system.file => Found::System(system),
            (found, _) => found,
        }
    }

    /// The file at an absolute path.
    pub(super) fn find_path(&mut self, path: &str) -> Option<Found<'a, 'a>> {
        self.at(&Directory { image: path.into(), host: Some(path.into()) })
    }

    /// The error for a library that [`find`](Self::find) does not find.
    pub(super) fn not_found(&self, name: &str, asking: &Object) -> NativeError {
        let own = self.search_path(asking).into_iter().map(|directory| normal(&directory.image));
        let cache = (self.c_library == CLibrary::Gnu).then_some("/etc/ld.so.cache");
        let system = cache.into_iter().chain(self.directories.iter().map(String::as_str));
        let system = system.map(|path| self.host.below(path).display().to_string());
        let mut searched: Vec<String> = own.chain(system).collect();
        let mut seen = BTreeSet::new();
        searched.retain(|place| seen.insert(place.clone()));
        NativeError::LibraryNotFound { library: name.into(), needed_by: asking.name.clone(), searched }
    }

    /// A library of the system, as a program without any search path gets it.
    fn find_in_system(&mut self, name: &str) -> Option<HostLibrary> {
        if let Some(known) = self.system.get(name) {
            return known.clone();
        }
        let found = self.paths_in_system(name).into_iter().find_map(|path| self.library_at(&path));
        let image = format!("{}/{name}", self.system_directory);
        let library = found.map(|library| HostLibrary { image, crossed: Vec::new(), ..library });
        self.system.insert(name.into(), library.clone());
        library
    }

    /// A file of the host that keeps its path.
    pub(super) fn library_at(&mut self, path: &str) -> Option<HostLibrary> {
        let file = self.host.file(path)?;
        let elf = self.elf(&file)?;
        Some(HostLibrary { image: normal(path), path: path.into(), crossed: crossed(path), file, elf })
    }

    fn at(&mut self, place: &Directory) -> Option<Found<'a, 'a>> {
        if let Some(file) = self.release.find(&place.image) {
            return Some(Found::Release(file));
        }
        let library = self.library_at(place.host.as_deref()?)?;
        let (image, crossed) = (normal(&place.image), crossed(&place.image));
        Some(Found::Path(HostLibrary { image, crossed, ..library }))
    }

    fn paths_in_system(&self, name: &str) -> Vec<String> {
        let default = self.directories.iter().map(|directory| format!("{directory}/{name}"));
        self.cache.paths(name).iter().cloned().chain(default).collect()
    }

    /// What the loader reads of a file, if it is for this architecture.
    fn elf(&mut self, file: &HostFile) -> Option<Rc<Elf>> {
        let architecture = self.architecture;
        let known = self.known.entry(file.file.clone()).or_insert_with(|| {
            let elf = elf::read(File::open(&file.file).ok()?).ok()?;
            (elf.loadable && elf.architecture == architecture).then(|| Rc::new(elf))
        });
        known.clone()
    }

    fn search_path(&self, asking: &Object) -> Vec<Directory> {
        let expand = |part: &String, object: &Object| self.expand(part, object);
        let inherited = self.inherited(asking);
        let inherited =
            inherited.iter().flat_map(|(object, path)| path.iter().map(|part| expand(part, object)));
        let own = asking.elf.runpath.iter().flatten().map(|part| expand(part, asking));
        inherited.chain(own).flatten().collect()
    }

    /// The search paths that count for everything below the file that has them.
    fn inherited<'o>(&self, asking: &'o Object) -> Vec<(&'o Object, &'o [String])> {
        let chain = std::iter::successors(Some(asking), |object| object.parent.as_deref());
        match self.c_library {
            CLibrary::Gnu if asking.elf.runpath.is_some() => Vec::new(),
            CLibrary::Gnu => {
                let with_rpath = chain.filter(|object| object.elf.runpath.is_none());
                with_rpath.map(|object| (object, object.elf.rpath.as_slice())).collect()
            }
            CLibrary::Musl => chain.map(|object| (object, musl_path(&object.elf))).collect(),
        }
    }

    /// Replaces `$ORIGIN`, `$LIB` and `$PLATFORM`; `None` for a path that depends on the current directory.
    fn expand(&self, path: &str, object: &Object) -> Option<Directory> {
        let system = self.system_directory.trim_start_matches("/usr").trim_start_matches('/');
        let path = replace_token(path, "LIB", system);
        let path = replace_token(&path, "PLATFORM", system::machine(self.architecture));
        let from = |origin: &str| replace_token(&path, "ORIGIN", origin);
        let image = from(parent(&object.image));
        let host = match &object.host {
            Some(host) => Some(from(parent(host))),
            None => Some(path.clone()).filter(|path| path.starts_with('/')),
        };
        image.starts_with('/').then_some(Directory { image, host })
    }
}

impl Directory {
    fn join(&self, name: &str) -> Self {
        let join = |directory: &String| format!("{directory}/{name}");
        Self { image: join(&self.image), host: self.host.as_ref().map(join) }
    }
}

fn musl_path(elf: &Elf) -> &[String] {
    elf.runpath.as_deref().unwrap_or(&elf.rpath)
}

fn replace_token(path: &str, token: &str, value: &str) -> String {
    path.replace(&format!("${{{token}}}"), value).replace(&format!("${token}"), value)
}
