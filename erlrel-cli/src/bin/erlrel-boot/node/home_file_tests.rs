use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{HomeFile, find, of_owner};
use crate::environment::Environment;

fn home(dir: &Path) -> Environment {
    Environment::from([("HOME", dir.to_str().unwrap())])
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The cookie that is found, or why it is not used.
fn found(dir: &Path) -> Result<Option<String>, String> {
    match find(&home(dir)).map_err(|error| error.to_string())? {
        HomeFile::Nothing => Ok(None),
        HomeFile::Cookie { value, .. } => Ok(value.into_string().ok()),
        HomeFile::Unfit { problem, .. } => Err(problem),
    }
}

#[test]
fn only_a_closed_file_of_this_user_counts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".erlang.cookie");
    assert_eq!(found(dir.path()), Ok(None));
    fs::write(&path, "c\n").unwrap();
    mode(&path, 0o644);
    assert_eq!(found(dir.path()), Err("is not closed to others (mode 644)".into()));
    mode(&path, 0o400);
    assert_eq!(found(dir.path()), Ok(Some("c".into())));
    chown(&path, Some(12345), None).unwrap();
    assert!(found(dir.path()).unwrap_err().starts_with("belongs to the user 12345, and this is the user "));
    fs::remove_file(&path).unwrap();
    mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    assert_eq!(found(dir.path()), Err("cannot be read: it is no regular file".into()));
}

#[test]
fn a_link_counts_where_not_everybody_may_make_one() {
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("secret"), dir.path().join(".erlang.cookie"));
    symlink(&target, &link).unwrap();
    assert_eq!(found(dir.path()), Ok(None), "it leads nowhere");
    fs::write(&target, "c").unwrap();
    mode(&target, 0o600);
    assert_eq!(found(dir.path()), Ok(Some("c".into())));
    mode(dir.path(), 0o1777);
    assert!(found(dir.path()).unwrap_err().starts_with("is a symbolic link"));
}

#[test]
fn what_the_vm_would_find_first_decides() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join(".config/erlang");
    fs::create_dir_all(&config).unwrap();
    let (first, second) = (dir.path().join(".erlang.cookie"), config.join(".erlang.cookie"));
    fs::write(&second, "second").unwrap();
    mode(&second, 0o600);
    assert_eq!(found(dir.path()), Ok(Some("second".into())));
    fs::write(&first, "a\nb").unwrap();
    mode(&first, 0o600);
    let refused = format!("the cookie that {} gives cannot be used", first.display());
    assert!(found(dir.path()).unwrap_err().starts_with(&refused));
    fs::write(&first, "").unwrap();
    assert_eq!(found(dir.path()), Err("is empty".into()));
}

#[test]
fn root_takes_from_a_home_what_only_its_owner_can_have_put_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".erlang.cookie");
    fs::write(&path, "c").unwrap();
    mode(&path, 0o600);
    chown(&path, Some(12345), None).unwrap();
    assert_eq!(of_owner(&home(dir.path())), None, "the home directory is another user's");
    chown(dir.path(), Some(12345), None).unwrap();
    assert_eq!(of_owner(&home(dir.path())), Some("c".into()));
    mode(dir.path(), 0o1777);
    assert_eq!(of_owner(&home(dir.path())), None);
}
