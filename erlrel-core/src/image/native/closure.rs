//! The closure: every file of the host that the programs and libraries of a release load.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;

use super::NativeError;
use super::dlopened;
use super::host::{Host, HostFile};
use super::loader::{Found, HostLibrary, Loader, Object};
use super::path::file_name;
use super::release::Release;
use crate::tree::TreePath;

/// A program, program interpreter or shared library that the image takes from the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeLibrary {
    /// Its path in the image.
    pub path: TreePath,
    /// The file on this machine.
    pub file: PathBuf,
    /// How the image's loader finds it.
    pub place: LibraryPlace,
    /// The files that load it, each with the symbol versions that it needs, for example `GLIBC_2.34`: paths
    /// in the release, or absolute paths of other files in the image.
    pub needed_by: BTreeMap<String, BTreeSet<String>>,
    /// Its path on the host, without links.
    pub(super) real: String,
}

/// How a file of the closure is found in the image, and so whether another system's may stand in for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LibraryPlace {
    /// By its name in the loader's default directory. Any system that has a library of this name with
    /// these versions will do.
    System,
    /// At exactly this path, since a program names it as its interpreter.
    Interpreter,
    /// At exactly this path, since a search path leads there or a library opens it there.
    Path,
    /// A program that was asked for: the shell.
    Program,
}

/// What the release needs of the host.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// By absolute path in the image.
    pub(super) libraries: BTreeMap<String, NativeLibrary>,
    /// Directories that must exist in the image, for search paths with `..` in them.
    pub(super) directories: BTreeSet<String>,
    /// The names of all libraries that are loaded, those of the release included.
    pub(super) names: BTreeSet<String>,
}

/// Walks from every program and library of the release, and from `programs` of the host.
pub(super) fn walk<'a>(
    release: &'a Release<'a>,
    host: Host<'a>,
    architecture: &'a str,
    programs: &[&str],
) -> Result<Closure, NativeError> {
    let mut walk = Walk {
        loader: Loader::new(release, host, architecture),
        closure: Closure::default(),
        interpreters: BTreeMap::new(),
        reached: BTreeSet::new(),
    };
    walk.interpreters(release)?;
    walk.release(release)?;
    programs.iter().try_for_each(|program| walk.program(program))?;
    Ok(walk.closure)
}

struct Walk<'a> {
    loader: Loader<'a>,
    closure: Closure,
    /// File name of each program interpreter → its path in the image, if it comes from the host.
    interpreters: Loaded,
    /// Libraries of the release that another file of the release needs.
    reached: BTreeSet<&'a TreePath>,
}

/// Name of a loaded library → its path in the image, if it comes from the host.
type Loaded = BTreeMap<String, Option<String>>;

/// One program or plugin with all that it loads: a name that is loaded is not searched for again (ld.so(8)).
struct Process {
    loaded: Loaded,
    queue: VecDeque<Rc<Object>>,
}

impl<'a> Walk<'a> {
    /// The interpreters of all programs. They come first: a plugin is loaded into a program, whose
    /// interpreter is then there already.
    fn interpreters(&mut self, release: &'a Release<'a>) -> Result<(), NativeError> {
        let files = release.files().filter_map(|file| Some((file, file.elf.interpreter.as_ref()?)));
        files
            .into_iter()
            .try_for_each(|(file, interpreter)| self.interpreter(interpreter, file.path.as_str()))
    }

    fn interpreter(&mut self, path: &str, needed_by: &str) -> Result<(), NativeError> {
        let missing =
            || NativeError::InterpreterNotFound { interpreter: path.into(), needed_by: needed_by.into() };
        let image = match self.loader.find_path(path).ok_or_else(missing)? {
            Found::Release(_) => None,
            Found::Path(library) | Found::System(library) => {
                self.add(&library, LibraryPlace::Interpreter)?;
                Some(library.image)
            }
        };
        self.note(image.as_deref(), path, needed_by, &BTreeMap::new());
        self.interpreters.insert(file_name(path).into(), image);
        Ok(())
    }

    /// A library that works only when another file of the release loads it is no plugin but a part of
    /// that file, so its own failure does not count.
    fn release(&mut self, release: &'a Release<'a>) -> Result<(), NativeError> {
        let mut failed = Vec::new();
        for file in release.files() {
            if let Err(error) = self.process(self.loader.object(file, None)) {
                failed.push((file.path, error));
            }
        }
        failed
            .into_iter()
            .find(|(path, _)| !self.reached.contains(path))
            .map_or(Ok(()), |(_, error)| Err(error))
    }

    fn program(&mut self, path: &str) -> Result<(), NativeError> {
        let missing = || NativeError::ProgramNotFound { program: path.into() };
        let program = self.loader.library_at(path).ok_or_else(missing)?;
        if let Some(interpreter) = &program.elf.interpreter {
            self.interpreter(interpreter, path)?;
        }
        self.add(&program, LibraryPlace::Program)?;
        self.process(Object::of_host(&program, None))
    }

    fn process(&mut self, root: Object) -> Result<(), NativeError> {
        let mut process =
            Process { loaded: self.interpreters.clone(), queue: VecDeque::from([Rc::new(root)]) };
        while let Some(object) = process.queue.pop_front() {
            object.elf.needed.iter().try_for_each(|name| self.need(&mut process, name, &object))?;
        }
        Ok(())
    }

    fn need(&mut self, process: &mut Process, name: &str, asking: &Rc<Object>) -> Result<(), NativeError> {
        if self.loader.c_library.is_builtin(name) {
            return Ok(());
        }
        if !process.loaded.contains_key(name) {
            let Some(found) = self.loader.find(name, asking) else {
                return Err(self.loader.not_found(name, asking));
            };
            self.load(process, name, found, asking)?;
        }
        let image = process.loaded.get(name).and_then(Option::as_deref);
        self.note(image, name, &asking.name, &asking.elf.needed_versions);
        Ok(())
    }

    fn load(
        &mut self,
        process: &mut Process,
        name: &str,
        found: Found<'a, 'a>,
        asking: &Rc<Object>,
    ) -> Result<(), NativeError> {
        self.closure.names.insert(name.into());
        let (library, place) = match found {
            Found::Release(file) => {
                self.reached.insert(file.path);
                process.loaded.insert(name.into(), None);
                process.queue.push_back(Rc::new(self.loader.object(file, Some(asking.clone()))));
                return Ok(());
            }
            Found::System(library) => (library, LibraryPlace::System),
            Found::Path(library) => (library, LibraryPlace::Path),
        };
        let object = Rc::new(Object::of_host(&library, Some(asking.clone())));
        process.loaded.insert(name.into(), Some(library.image.clone()));
        process.queue.push_back(object.clone());
        if self.add(&library, place)? {
            self.open(process, &library, &object)?;
        }
        Ok(())
    }

    /// Takes what the library opens by itself, as far as the host has it.
    fn open(
        &mut self,
        process: &mut Process,
        library: &HostLibrary,
        object: &Rc<Object>,
    ) -> Result<(), NativeError> {
        for name in dlopened::by(library, &self.loader.host) {
            let known = process.loaded.contains_key(&name);
            let Some(found) = self.loader.find(&name, object).filter(|_| !known) else { continue };
            self.load(process, &name, found, object)?;
            let image = process.loaded.get(&name).and_then(Option::as_deref);
            self.note(image, &name, &object.name, &BTreeMap::new());
        }
        Ok(())
    }

    /// Adds a file of the host; false if it is there already.
    fn add(&mut self, library: &HostLibrary, place: LibraryPlace) -> Result<bool, NativeError> {
        if self.closure.libraries.contains_key(&library.image) {
            return Ok(false);
        }
        self.closure.directories.extend(library.crossed.iter().cloned());
        let HostFile { real, file } = library.file.clone();
        let path = TreePath::new(library.image.trim_start_matches('/'))?;
        let entry = NativeLibrary { path, file, place, needed_by: BTreeMap::new(), real };
        self.closure.libraries.insert(library.image.clone(), entry);
        Ok(true)
    }

    /// Notes who needs a file of the host, in which versions.
    fn note(&mut self, image: Option<&str>, name: &str, asking: &str, versions: &Versions) {
        if let Some(library) = image.and_then(|image| self.closure.libraries.get_mut(image)) {
            let versions = versions.get(name).into_iter().flatten().cloned();
            library.needed_by.entry(asking.into()).or_default().extend(versions);
        }
    }
}

/// Name of a library → symbol versions.
type Versions = BTreeMap<String, BTreeSet<String>>;
