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
use crate::elf::Elf;
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
    /// A program that was asked for: the shell, and what goes with it.
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
    programs: &[String],
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
    /// By file name.
    interpreters: BTreeMap<String, Loaded>,
    /// Libraries of the release that another file of the release needs.
    reached: BTreeSet<&'a TreePath>,
}

/// A library that is in memory.
#[derive(Clone)]
struct Loaded {
    /// Its path in the image, if it comes from the host.
    image: Option<String>,
    elf: Rc<Elf>,
}

/// One program or plugin with all that it loads, by name: what is loaded is not searched for again (ld.so(8)).
struct Process {
    loaded: BTreeMap<String, Loaded>,
    queue: VecDeque<Rc<Object>>,
}

impl<'a> Walk<'a> {
    /// The interpreters of all programs. They come first: a plugin is loaded into a program, whose
    /// interpreter is then there already.
    fn interpreters(&mut self, release: &'a Release<'a>) -> Result<(), NativeError> {
        let mut programs = release.files().filter_map(|file| Some((file, file.elf.interpreter.as_ref()?)));
        programs.try_for_each(|(file, interpreter)| self.interpreter(interpreter, file.path.as_str()))
    }

    fn interpreter(&mut self, path: &str, needed_by: &str) -> Result<(), NativeError> {
        let missing =
            || NativeError::InterpreterNotFound { interpreter: path.into(), needed_by: needed_by.into() };
        let loaded = match self.loader.find_path(path).ok_or_else(missing)? {
            Found::Release(file) => Loaded { image: None, elf: file.elf.clone() },
            Found::Path(library) | Found::System(library) => {
                self.add(&library, LibraryPlace::Interpreter)?;
                Loaded { image: Some(library.image), elf: library.elf }
            }
        };
        self.note(&loaded, needed_by, &BTreeSet::new());
        self.interpreters.insert(file_name(path).into(), loaded);
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
        let counts = failed.into_iter().find(|(path, _)| !self.reached.contains(path));
        counts.map_or(Ok(()), |(_, error)| Err(error))
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
        let queue = VecDeque::from([Rc::new(root)]);
        let mut process = Process { loaded: self.interpreters.clone(), queue };
        while let Some(object) = process.queue.pop_front() {
            object.elf.needed.iter().try_for_each(|name| self.need(&mut process, name, &object))?;
        }
        Ok(())
    }

    fn need(&mut self, process: &mut Process, name: &str, asking: &Rc<Object>) -> Result<(), NativeError> {
        if self.loader.c_library.is_builtin(name) {
            return Ok(());
        }
        let loaded = match process.loaded.get(name) {
            Some(loaded) => loaded.clone(),
            None => match self.loader.find(name, asking) {
                Some(found) => self.load(process, name, found, asking)?,
                None => return Err(self.loader.not_found(name, asking)),
            },
        };
        let versions = asking.elf.needed_versions.get(name).cloned().unwrap_or_default();
        check_versions(name, &loaded.elf, &versions, asking)?;
        self.note(&loaded, &asking.name, &versions);
        Ok(())
    }

    fn load(
        &mut self,
        process: &mut Process,
        name: &str,
        found: Found<'a, 'a>,
        asking: &Rc<Object>,
    ) -> Result<Loaded, NativeError> {
        self.closure.names.insert(name.into());
        let parent = Some(asking.clone());
        match found {
            Found::Release(file) => {
                self.reached.insert(file.path);
                Ok(process.load(name, self.loader.object(file, parent), None).0)
            }
            Found::System(library) => {
                self.load_library(process, name, &library, LibraryPlace::System, parent)
            }
            Found::Path(library) => self.load_library(process, name, &library, LibraryPlace::Path, parent),
        }
    }

    fn load_library(
        &mut self,
        process: &mut Process,
        name: &str,
        library: &HostLibrary,
        place: LibraryPlace,
        parent: Option<Rc<Object>>,
    ) -> Result<Loaded, NativeError> {
        let (loaded, object) =
            process.load(name, Object::of_host(library, parent), Some(library.image.clone()));
        if self.add(library, place)? {
            self.open(process, library, &object)?;
        }
        Ok(loaded)
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
            if let Some(found) = self.loader.find(&name, object).filter(|_| !known) {
                let loaded = self.load(process, &name, found, object)?;
                self.note(&loaded, &object.name, &BTreeSet::new());
            }
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
    fn note(&mut self, loaded: &Loaded, asking: &str, versions: &BTreeSet<String>) {
        let library = loaded.image.as_ref().and_then(|image| self.closure.libraries.get_mut(image));
        if let Some(library) = library {
            library.needed_by.entry(asking.into()).or_default().extend(versions.iter().cloned());
        }
    }
}

impl Process {
    fn load(&mut self, name: &str, object: Object, image: Option<String>) -> (Loaded, Rc<Object>) {
        let loaded = Loaded { image, elf: object.elf.clone() };
        let object = Rc::new(object);
        self.loaded.insert(name.into(), loaded.clone());
        self.queue.push_back(object.clone());
        (loaded, object)
    }
}

/// A library without any version is accepted by the loader, with a message at most.
fn check_versions(
    library: &str,
    elf: &Elf,
    versions: &BTreeSet<String>,
    asking: &Object,
) -> Result<(), NativeError> {
    let missing = versions.difference(&elf.provided_versions).next();
    match missing.filter(|_| !elf.provided_versions.is_empty()) {
        None => Ok(()),
        Some(version) => Err(NativeError::VersionNotFound {
            library: library.into(),
            version: version.clone(),
            needed_by: asking.name.clone(),
        }),
    }
}
